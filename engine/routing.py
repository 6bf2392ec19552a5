"""Which team gets a task, and how it chooses. Law: what the model says is asked in one order, and never left silent.

    assignee → decision table → candidate groups, in their order → lane → people named as candidates → default queue

| property of the user task | what it says |
|---|---|
| `assign` | a strategy (see `engine.assignment`), or `decision:<id>`: a table names `person`, `team`, `strategy`, … |
| `keep` | the variable that holds the existing owner |
| `skill` | skills that are asked for, with commas between them; text or expression |
| `region` | people of this region come first; text or expression |
| `points` | how heavy the task weighs in a load (1); text or expression |

A group that there is not is passed over; when none is there the task stands in the default queue: the process's
`defaultTeam`, else `admin`. Where four eyes (`notSameUserAs`, `exclude`) bar everybody of the group, its lead gets the
task, or the default queue. What could not be asked (a table or an expression fails) is kept in the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import assignment, deciding
from engine.assignment import Choice, Wish
from engine.errors import DealflowError
from engine.execution import runtime_of
from engine.feel import Moment
from engine.instances import Live
from engine.process.expressions import compile_expression
from engine.process.model import Expr
from engine.process.waits import UserWait
from engine.store import tables as t

LAST_RESORT = "admin"
"""The team that gets what names nobody: a task is never unassigned silently."""
_DECISION = "decision:"
_MOST_POINTS = 1_000


@dataclass(frozen=True, slots=True)
class Routed:
    """The team in whose queue the task stands, who got it and why, and how heavy it weighs."""

    team: str
    choice: Choice
    points: int = 1


@dataclass(slots=True)
class Asking:
    """One task on its way to somebody: what the model says of it, evaluated as it is asked for."""

    session: Session
    live: Live
    wait: UserWait
    exclude: frozenset[str]
    variables: Mapping[str, Any]
    trouble: list[tuple[str, str]] = field(default_factory=list)
    """What could not be asked, in English and Chinese."""

    def said(self, name: str) -> Any:
        """The value of a property: a text, or what its expression gives."""
        text = self.wait.properties.get(name)
        if not text:
            return None
        try:
            return _compiled(text)(self.variables, self.moment())
        except DealflowError as error:
            self.trouble.append((f"{name}: {error.text('en')}", f"{name}：{error.text('zh')}"))
            return None

    def moment(self) -> Moment:
        """The present, for expressions and tables."""
        runtime = runtime_of(self.session)
        return Moment(now=runtime.now(), zone=runtime.zone)


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Expr:
    return compile_expression(text)


def route(session: Session, live: Live, wait: UserWait, exclude: frozenset[str]) -> Routed:
    """Team, person and reason for a task that opens. `exclude`: who may not do it."""
    asking = Asking(session, live, wait, exclude, {**live.state.variables(), **wait.variables})
    wish = _wish(asking)
    routed = _by_decision(asking, wish) or _by_model(asking, wish)
    if asking.trouble:
        why = {**routed.choice.why, "trouble": [{"en": en, "zh": zh} for en, zh in asking.trouble]}
        routed = replace(routed, choice=replace(routed.choice, why=why))
    return replace(routed, points=wish.points)


def _wish(asking: Asking) -> Wish:
    wait = asking.wait
    keep = asking.variables.get(wait.properties.get("keep", ""))
    strategy = wait.properties.get("assign", "")
    return Wish(
        strategy=None if strategy.startswith(_DECISION) else strategy or None,
        keep=str(keep) if keep else None,
        exclude=asking.exclude,
        skills=frozenset(_listed(asking.said("skill"))),
        region=_text(asking.said("region")),
        points=_points(asking.said("points")),
    )


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _listed(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else str(value or "").replace("，", ",").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def _points(value: Any) -> int:
    try:
        return min(max(int(value), 0), _MOST_POINTS)
    except (TypeError, ValueError, ArithmeticError):
        return 1


# ── the model ──────────────────────────────────────────────────────────────────────────────────────────────────


def _by_model(asking: Asking, wish: Wish) -> Routed:
    session, wait = asking.session, asking.wait
    teams = _teams(asking)
    if wait.assignee:
        choice = assignment.named(session, wait.assignee, wish.exclude)
        if choice is not None:
            return Routed(teams[0] if teams else _default(asking), choice)
    if wait.candidate_users and not wait.candidate_groups:
        team = next((team for team in teams if _is_team(session, team)), None) or _default(asking)
        return Routed(team, assignment.choose_among(session, wait.candidate_users, team, wish))
    return _of_teams(asking, teams, wish)


def _of_teams(asking: Asking, teams: list[str], wish: Wish) -> Routed:
    """The first team that has somebody, or keeps a queue; else, when nobody in it may ever do the task, its lead or the
    default queue; else the first one's queue, with its reason."""
    first: Routed | None = None
    barred = True
    for team in teams:
        choice = assignment.choose_of_team(asking.session, team, wish)
        if choice.person is not None or choice.why["rule"] == "queue":
            return Routed(team, choice)
        if choice.why["rule"] != "no_team":
            first = first or Routed(team, choice)
            barred = barred and assignment.all_barred(choice)
            wish = replace(wish, keep=None)
    if first is not None and barred:
        return _above(asking, first, wish)
    return first or _default_queue(asking, teams, wish)


def _above(asking: Asking, blocked: Routed, wish: Wish) -> Routed:
    """Four eyes leave nobody of the team: its lead, when they may; else the default queue, to be given on."""
    led = assignment.lead_instead(asking.session, blocked.team, wish.exclude)
    if led is not None:
        return Routed(blocked.team, replace(led, why={**led.why, **_passed(blocked)}))
    team = _default(asking)
    if team == blocked.team or not _is_team(asking.session, team):
        return blocked
    why = {
        "rule": "barred",
        "en": f"Everybody in {blocked.team} took part before; it stands in the default queue {team}.",
        "zh": f"{blocked.team} 的成员均已参与前序任务，任务进入默认队列 {team}。",
        "team": team,
        **_passed(blocked),
    }
    return Routed(team, Choice(None, None, why))


def _passed(blocked: Routed) -> dict[str, object]:
    return {"passed_over": blocked.choice.why["passed_over"]}


def _default_queue(asking: Asking, teams: list[str], wish: Wish) -> Routed:
    team = _default(asking)
    if not teams:
        choice = assignment.choose_of_team(asking.session, team, wish)
        if choice.why["rule"] == "no_team":  # and so there is nobody whom it could be told
            choice = replace(choice, why={**choice.why, "rule": "no_default_team"})
        return Routed(team, choice)
    names = ", ".join(teams)
    why = {
        "rule": "no_team",
        "en": f"There is no team {names}; it stands in the default queue {team}.",
        "zh": f"没有团队 {names}，任务进入默认队列 {team}。",
        "team": team,
    }
    return Routed(team, Choice(None, None, why))


def _teams(asking: Asking) -> list[str]:
    """Where the model wants the task: its candidate groups, else its lane's group."""
    wait, definition = asking.wait, asking.live.package.definition
    if wait.candidate_groups:
        return list(wait.candidate_groups)
    return [definition.lane_groups.get(wait.lane, wait.lane)] if wait.lane else []


def _default(asking: Asking) -> str:
    return asking.live.package.definition.properties.get("defaultTeam", LAST_RESORT)


def _is_team(session: Session, team: str) -> bool:
    return session.scalar(sa.select(t.team.c.id).where(t.team.c.id == team)) is not None


# ── the decision table ─────────────────────────────────────────────────────────────────────────────────────────


def _by_decision(asking: Asking, wish: Wish) -> Routed | None:
    """What the table of `assign="decision:…"` says; None when there is none, or it names nobody."""
    strategy = asking.wait.properties.get("assign", "")
    if not strategy.startswith(_DECISION):
        return None
    decision = strategy.removeprefix(_DECISION).strip()
    try:
        package = asking.live.package
        model = package.decisions.get(decision) or deciding.latest_decision(asking.session, decision)
        result = model.evaluate(decision, asking.variables, asking.moment())
    except DealflowError as error:
        asking.trouble.append((f"{decision}: {error.text('en')}", f"{decision}：{error.text('zh')}"))
        return None
    rows = sorted({fired.rule for fired in result.fired if fired.decision == result.decision})
    for answer in result.value if isinstance(result.value, list) else [result.value]:
        routed = _as_answered(asking, answer, wish)
        if routed is not None:
            how = {"decision": decision, "rows": rows, "model_hash": result.model_hash}
            why = {**routed.choice.why, **how}
            why["en"] = f"The table {decision} says: {answer_text(answer)}. {why['en']}"
            why["zh"] = f"决策表 {decision} 的结果为 {answer_text(answer)}。{why['zh']}"
            return replace(routed, choice=replace(routed.choice, why=why))
    asking.trouble.append((f"{decision} names nobody who can take it", f"{decision} 未给出可办理的人员或团队"))
    return None


def answer_text(answer: Any) -> str:
    """A table's answer as people read it."""
    if isinstance(answer, Mapping):
        return ", ".join(f"{name}={value}" for name, value in answer.items() if value is not None)
    return str(answer)


def _as_answered(asking: Asking, answer: Any, wish: Wish) -> Routed | None:
    """A person, a team, or both with a strategy: {person, team (or group), strategy, skill, region}."""
    said = answer if isinstance(answer, Mapping) else {"person": answer, "team": answer}
    team, person = _text(said.get("team") or said.get("group")), _text(said.get("person"))
    teams = _teams(asking)
    if person is not None:
        choice = assignment.named(asking.session, person, wish.exclude)
        if choice is not None:
            stands = team if team and team != person else (teams[0] if teams else _default(asking))
            return Routed(stands, choice)
    if team is None or not _is_team(asking.session, team):
        return None
    wish = replace(
        wish,
        strategy=_text(said.get("strategy")) or wish.strategy,
        skills=frozenset(_listed(said.get("skill"))) or wish.skills,
        region=_text(said.get("region")) or wish.region,
    )
    return _of_teams(asking, [team], wish)
