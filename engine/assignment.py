"""Who gets the task. Law: decided in the step's own transaction, with the reason kept beside the task.

Order: a person named by the model → keep the existing owner → the team's strategy among its members who are
active, present, skilled and not excluded (four eyes, earlier refusals). Nobody left: the task stands in the team's
queue and says why. The team's row is locked while a choice is made, so that choices made at once stay fair.

| strategy | whom it takes, of those who can |
|---|---|
| `keep_owner` | the existing owner; where there is none, as the team chooses |
| `least_busy` | who has the fewest points of open tasks; at equal load whose turn it is |
| `capacity` | the least share of a full load; nobody beyond it (`team.full_load` points × the person's per cent) |
| `round_robin` | in turn |
| `skill`, `region` | as `least_busy`; in every strategy a skill is asked of all, people of the region come first |
| `queue` | nobody: the team's members claim it |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import identity, supposing
from engine.execution import runtime_of
from engine.store import Prepared
from engine.store import tables as t
from engine.supposing import Supposition

STRATEGIES = ("keep_owner", "least_busy", "capacity", "round_robin", "skill", "region", "queue")
NOBODY = frozenset({"no_candidate", "no_team", "full", "no_skill"})
"""Rules under which the task stands in a queue because nobody could be given it: the lead is told."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The person (None: the team's queue), for whom they stand in, and why."""

    person: str | None
    owner: str | None
    why: Mapping[str, object]


def _why(rule: str, en: str, zh: str, **more: object) -> dict[str, object]:
    return {"rule": rule, "en": en, "zh": zh, **more}


def called(session: Session, person: str | None) -> tuple[str, str]:
    """What a person is called in English and in Chinese; the id when nobody knows them."""
    row = session.execute(sa.select(t.person.c.name, t.person.c.name_en).where(t.person.c.id == person)).first()
    return (row.name_en or row.name, row.name) if row is not None else (str(person), str(person))


def named(session: Session, person: str, excluded: Collection[str]) -> Choice | None:
    """The person whom the model names, or whoever stands in for them while they are away; None when nobody may act.

    A substitute who is away too is followed to their own substitute.
    """
    if not identity.is_active(session, person) or person in excluded:
        return None
    now, substitute, passed = runtime_of(session).now(), person, {person}
    while substitute in (away := identity.absent(session, [substitute], now)):
        following = away[substitute]
        if following is None or following in passed:
            return None
        passed.add(following)
        substitute = following
    if substitute == person:
        en, zh = called(session, person)
        return Choice(person, None, _why("named", f"{en} is named by the process.", f"流程指定由{zh}办理。"))
    if substitute in excluded or not identity.is_active(session, substitute):
        return None
    (away_en, away_zh), (en, zh) = called(session, person), called(session, substitute)
    why = _why("substitute", f"{en} stands in for {away_en}, who is away.", f"{away_zh}不在岗，由代理人{zh}办理。")
    return Choice(substitute, person, why)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of whoever gets the task. `keep`: the existing owner; `points`: the task's weight."""

    strategy: str | None = None
    keep: str | None = None
    exclude: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    region: str | None = None
    points: int = 1


@dataclass(slots=True)
class Field:
    """Those of a group among whom a choice is made, and why the others are not."""

    able: dict[str, Any] = field(default_factory=dict)
    """Sign-in name -> row of the person."""
    passed_over: dict[str, str] = field(default_factory=dict)

    def keep_only(self, fits: Collection[str], reason: str) -> None:
        """The others are passed over for this reason."""
        for person in [person for person in self.able if person not in fits]:
            self.passed_over[person] = reason
            del self.able[person]


def choose(
    session: Session,
    team: str,
    *,
    strategy: str | None = None,
    keep: str | None = None,
    exclude: Iterable[str] = (),
) -> Choice:
    """A member of the team by its strategy. `keep` is the existing owner, kept when able."""
    return choose_of_team(session, team, Wish(strategy, keep, frozenset(exclude)))


def choose_of_team(session: Session, team: str, wish: Wish) -> Choice:
    """A member of the team who fits the wish, by the wish's strategy or the team's own."""
    if wish.keep is not None:
        kept = named(session, wish.keep, wish.exclude)
        if kept is not None:
            en, zh = called(session, kept.person)
            why = _why("keep_owner", f"{en} already looks after this client.", f"{zh}已是该客户的负责人。")
            return Choice(kept.person, kept.owner, why)
    row, how = _locked(session, team, wish.strategy)
    if row is None:
        return Choice(None, None, _why("no_team", f"There is no team {team}.", f"没有团队 {team}。", team=team))
    if how == "queue":
        why = _why("queue", "It waits in the team's queue.", "任务在团队队列中等待领取。", team=team)
        return Choice(None, None, why)
    choice = _choose(session, _members(session, team), how, wish, row)
    return Choice(choice.person, choice.owner, {**choice.why, "team": team})


def choose_among(session: Session, people: Collection[str], team: str, wish: Wish) -> Choice:
    """One of the people whom the model names as candidates; the row of the team where the task stands is the lock."""
    row, how = _locked(session, team, wish.strategy)
    if how == "queue":
        why = _why("queue", "It waits for one of the people named.", "任务等待指定人员领取。", team=team)
        return Choice(None, None, why)
    rows = session.execute(_PEOPLE.where(t.person.c.id.in_(people)).order_by(t.person.c.id)).all()
    return _choose(session, rows, how, wish, row)


def _locked(session: Session, team: str, asked: str | None) -> tuple[Mapping[str, Any] | None, str]:
    """(the team's row, the strategy); locked where a choice is to be made, so that the next one sees its outcome."""
    asked = asked if asked in STRATEGIES and asked != "keep_owner" else None
    queues = _counted(session).queues
    if (team, asked) in queues:
        return queues[team, asked], "queue"
    row = supposing.row(session, _LIKELY_TEAM, {"team": team})
    if row is None:
        return None, asked or "least_busy"
    how = asked or row["strategy"]
    if how == "queue":
        queues[team, asked] = row
    else:
        row = _LOCKED_TEAM.one(session, {"team": team}) if _locks(session) else row
    return row, how


def _locks(session: Session) -> bool:
    """SQLite has one writer, who is us."""
    return session.get_bind().dialect.name != "sqlite"


_OF_TEAM = sa.select(t.team).where(t.team.c.id == sa.bindparam("team"))
_TEAM, _LOCKED_TEAM = Prepared(_OF_TEAM), Prepared(_OF_TEAM.with_for_update())
_SAME_TEAM = sa.select(t.team.c.id).where(
    t.team.c.id == sa.bindparam("id"), t.team.c.strategy == sa.bindparam("strategy")
)
_NO_TEAM = sa.select(sa.literal(1).label("none")).where(~sa.exists().where(t.team.c.id == sa.bindparam("team")))
_LIKELY_TEAM = Supposition(read=_TEAM, still=Prepared(_SAME_TEAM), matter=("id", "strategy"), absent=Prepared(_NO_TEAM))


_PEOPLE = sa.select(
    t.person.c.id, t.person.c.name, t.person.c.name_en, t.person.c.capacity, t.person.c.region, t.person.c.skills
).where(t.person.c.active.is_(True))


def _members(session: Session, team: str) -> Sequence[Any]:
    inside = sa.select(t.membership.c.person_id).where(t.membership.c.team_id == team)
    return session.execute(_PEOPLE.where(t.person.c.id.in_(inside)).order_by(t.person.c.id)).all()


def _choose(session: Session, rows: Sequence[Any], how: str, wish: Wish, team: Mapping[str, Any] | None) -> Choice:
    found = _able(session, rows, wish)
    loads = load_of(session, found.able) if how != "round_robin" and found.able else {}
    full_load = team["full_load"] if team is not None else None
    if how == "capacity" and full_load:
        roomy = [p for p, r in found.able.items() if loads[p] + wish.points <= Fraction(full_load * r.capacity, 100)]
        found.keep_only(roomy, "full")
    if not found.able:
        return _nobody(found, wish, team)
    if wish.region:
        there = [person for person, row in found.able.items() if row.region == wish.region]
        if there:
            found.keep_only(there, "elsewhere")
    last = team["last_assigned"] if team is not None else None
    person, why = _pick(found, how, loads, last)
    if team is not None:
        session.execute(sa.update(t.team).where(t.team.c.id == team["id"]).values(last_assigned=person))
    more: dict[str, object] = {"region": wish.region} if wish.region else {}
    more |= {"skills": sorted(wish.skills)} if wish.skills else {}
    return Choice(person, None, {**why, **more, "passed_over": found.passed_over})


def _able(session: Session, rows: Sequence[Any], wish: Wish) -> Field:
    """Of these people those who may, are here, work at all, and have the skills."""
    found = Field({row.id: row for row in rows})
    away = identity.absent(session, list(found.able), runtime_of(session).now())
    found.keep_only([p for p in found.able if p not in wish.exclude], "excluded")
    found.keep_only([p for p in found.able if p not in away], "absent")
    found.keep_only([p for p, row in found.able.items() if row.capacity > 0], "capacity")
    found.keep_only([p for p, row in found.able.items() if wish.skills <= set(row.skills or ())], "skill")
    return found


def _nobody(found: Field, wish: Wish, team: Mapping[str, Any] | None) -> Choice:
    reasons = set(found.passed_over.values())
    en, zh = (team["name_en"] or team["id"], team["name"]) if team is not None else ("the people named", "指定人员")
    more = {"passed_over": found.passed_over}
    if "full" in reasons:
        text_en, text_zh = f"Everybody in {en} who could take it has a full load", f"{zh}中可办理的人员均已满负荷"
        why = _why("full", f"{text_en}; it stands in the team's queue.", f"{text_zh}，任务留在团队队列。", **more)
    elif "skill" in reasons:
        wanted = ", ".join(sorted(wish.skills))
        text_en, text_zh = f"Nobody in {en} who is here has the skills {wanted}", f"{zh}在岗人员均不具备技能 {wanted}"
        why = _why("no_skill", f"{text_en}; it stands in the team's queue.", f"{text_zh}，任务留在团队队列。", **more)
    else:
        why = _why(
            "no_candidate",
            f"Nobody in {en} can take it now; it stands in the team's queue.",
            f"{zh}目前无人可接，任务留在团队队列。",
            **more,
        )
    return Choice(None, None, why)


def all_barred(choice: Choice) -> bool:
    """Whether nobody was chosen because everybody of the group may not do the task, today or later."""
    passed = choice.why.get("passed_over")
    return choice.person is None and isinstance(passed, Mapping) and set(passed.values()) == {"excluded"}


def lead_instead(session: Session, team: str, excluded: Collection[str]) -> Choice | None:
    """The team's lead, or who stands in for them, where its members may not; None when the lead may not either."""
    row = _TEAM.one(session, {"team": team})
    choice = named(session, row["lead"], frozenset(excluded)) if row is not None and row["lead"] else None
    if row is None or choice is None:
        return None
    (en, zh), called_en, called_zh = called(session, choice.person), row["name_en"] or row["id"], row["name"]
    text_en = f"Everybody in {called_en} took part before, so it goes to {en}, who leads the team."
    text_zh = f"{called_zh}成员均已参与前序任务，由团队负责人{zh}办理。"
    if choice.owner is not None:
        text_en, text_zh = f"{text_en} {choice.why['en']}", f"{text_zh}{choice.why['zh']}"
    return Choice(choice.person, choice.owner, _why("lead", text_en, text_zh, team=team))


def _after(able: Iterable[str], last: str | None) -> list[str]:
    """The members in turn order, beginning behind the one who was served last."""
    return sorted(able, key=lambda p: (last is not None and p <= last, p))


def _pick(found: Field, how: str, loads: Mapping[str, int], last: str | None) -> tuple[str, dict[str, object]]:
    turns = _after(found.able, last)
    if how == "round_robin":
        person = turns[0]
        en, zh = _names(found.able[person])
        return person, _why("round_robin", f"It was the turn of {en}.", f"按轮流顺序轮到{zh}。")
    loads = {person: loads[person] for person in found.able}
    if how == "capacity":
        person = min(turns, key=lambda p: Fraction(loads[p], found.able[p].capacity))
        en, zh = _names(found.able[person])
        share = f"{loads[person]}/{found.able[person].capacity} %"
        text = f"{en} has the most room ({share}).", f"{zh}当前余量最大（{share}）。"
        return person, _why("capacity", *text, loads=loads)
    person = min(turns, key=lambda p: loads[p])
    en, zh = _names(found.able[person])
    text = f"{en} has the fewest open tasks ({loads[person]}).", f"{zh}当前未结任务最少（{loads[person]} 项）。"
    return person, _why("least_busy", *text, loads=loads)


def _names(row: Any) -> tuple[str, str]:
    return row.name_en or row.name, row.name


@contextmanager
def counting(session: Session) -> Iterator[None]:
    """While many tasks open in one go, before their rows are written: loads are read once, and counted on by `count`.

    So the ten-thousandth task of a step does not add up the other 9,999 again.
    """
    session.info[_COUNTED] = _Counted()
    try:
        yield
    finally:
        del session.info[_COUNTED]


_COUNTED = "assignment.counting"


@dataclass(slots=True)
class _Counted:
    """What is known while tasks open together. A team's strategy stays as it was when the first of them came."""

    read: dict[str, int] = field(default_factory=dict)
    """Person -> points of open tasks in rows."""
    given: Counter[str] = field(default_factory=Counter)
    """Points of tasks whose rows are not written yet."""
    queues: dict[tuple[str, str | None], Mapping[str, Any]] = field(default_factory=dict)
    """(team, strategy that was asked for) -> its row, of those that keep a queue."""


def _counted(session: Session) -> _Counted:
    """What is known by now; nothing, unless tasks open together."""
    found: _Counted | None = session.info.get(_COUNTED)
    return found or _Counted()


def count(session: Session, person: str, points: int) -> None:
    """A task that opens was given to somebody."""
    _counted(session).given[person] += points


def load_of(session: Session, people: Collection[str]) -> dict[str, int]:
    """Points of open tasks per person (a task weighs one point unless its model says otherwise)."""
    known = _counted(session)
    if missing := [person for person in people if person not in known.read]:
        known.read |= _open_points(session, missing)
    return {person: known.read[person] + known.given[person] for person in people}


def _open_points(session: Session, people: Collection[str]) -> dict[str, int]:
    rows = session.execute(
        sa.select(t.user_task.c.assignee, sa.func.sum(t.user_task.c.points))
        .where(t.user_task.c.assignee.in_(people), t.user_task.c.state == "open")
        .group_by(t.user_task.c.assignee)
    )
    counts = {person: int(count) for person, count in rows}
    return {person: counts.get(person, 0) for person in people}


@dataclass(frozen=True, slots=True)
class Directory:
    """People and teams for handlers (`registry.Directory`)."""

    session: Session

    def members(self, team: str) -> tuple[str, ...]:
        """Active members of a team."""
        return identity.members(self.session, team)

    def choose(
        self, team: str, *, strategy: str | None = None, keep: str | None = None, exclude: Iterable[str] = ()
    ) -> tuple[str | None, Mapping[str, object]]:
        """Whom to give a new piece of work, and why."""
        choice = choose(self.session, team, strategy=strategy, keep=keep, exclude=exclude)
        return choice.person, choice.why
