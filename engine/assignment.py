"""Who gets the task. Law: decided in the step's own transaction, with the reason kept beside the task.

Order: a person named by the model → keep the existing owner → the team's strategy among its members who are
active, present and not excluded (four eyes, earlier refusals). Nobody left: the task stands in the team's queue and
says why. The team's row is locked while a choice is made, so that choices made at once stay fair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import identity
from engine.execution import runtime_of
from engine.store import tables as t

STRATEGIES = ("keep_owner", "least_busy", "round_robin", "queue")


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
    why = _why(
        "substitute", f"{en} stands in for {away_en}, who is away.", f"{away_zh}不在岗，由代理人{zh}办理。"
    )
    return Choice(substitute, person, why)


def choose(
    session: Session,
    team: str,
    *,
    strategy: str | None = None,
    keep: str | None = None,
    exclude: Iterable[str] = (),
) -> Choice:
    """A member of the team by its strategy. `keep` is the existing owner, kept when able."""
    excluded = frozenset(exclude)
    row = session.execute(sa.select(t.team).where(t.team.c.id == team).with_for_update()).mappings().first()
    if row is None:
        return Choice(None, None, _why("no_team", f"There is no team {team}.", f"没有团队 {team}。", team=team))
    if keep is not None:
        kept = named(session, keep, excluded)
        if kept is not None:
            en, zh = called(session, kept.person)
            why = _why("keep_owner", f"{en} already looks after this client.", f"{zh}已是该客户的负责人。")
            return Choice(kept.person, kept.owner, why)
    how = strategy if strategy in STRATEGIES and strategy != "keep_owner" else row["strategy"]
    able, passed_over = _able(session, team, excluded)
    if not able:
        why = _why(
            "no_candidate",
            f"Nobody in {row['name_en'] or team} can take it now; it stands in the team's queue.",
            f"{row['name']}目前无人可接，任务留在团队队列。",
            team=team,
            passed_over=passed_over,
        )
        return Choice(None, None, why)
    if how == "queue":
        why = _why("queue", "It waits in the team's queue.", "任务在团队队列中等待认领。", team=team)
        return Choice(None, None, why)
    if how == "round_robin":
        person, why = _round_robin(session, able, row["last_assigned"])
    else:
        person, why = _least_busy(session, able, row["last_assigned"])
    session.execute(sa.update(t.team).where(t.team.c.id == team).values(last_assigned=person))
    return Choice(person, None, {**why, "team": team, "passed_over": passed_over})


def _able(session: Session, team: str, excluded: frozenset[str]) -> tuple[list[str], dict[str, str]]:
    people = identity.members(session, team)
    away = identity.absent(session, people, runtime_of(session).now())
    passed_over = {p: "excluded" for p in people if p in excluded} | {p: "absent" for p in people if p in away}
    return [p for p in people if p not in passed_over], passed_over


def _after(able: list[str], last: str | None) -> list[str]:
    """The members in turn order, beginning behind the one who was served last."""
    return sorted(able, key=lambda p: (last is not None and p <= last, p))


def _round_robin(session: Session, able: list[str], last: str | None) -> tuple[str, dict[str, object]]:
    person = _after(able, last)[0]
    en, zh = called(session, person)
    return person, _why("round_robin", f"It was the turn of {en}.", f"按轮流顺序轮到{zh}。")


def _least_busy(session: Session, able: list[str], last: str | None) -> tuple[str, dict[str, object]]:
    loads = load_of(session, able)
    person = min(_after(able, last), key=lambda p: loads[p])
    en, zh = called(session, person)
    why = _why(
        "least_busy",
        f"{en} has the fewest open tasks ({loads[person]}).",
        f"{zh}当前未结任务最少（{loads[person]} 项）。",
        loads=loads,
    )
    return person, why


def load_of(session: Session, people: Collection[str]) -> dict[str, int]:
    """Open tasks per person."""
    rows = session.execute(
        sa.select(t.user_task.c.assignee, sa.func.count())
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
