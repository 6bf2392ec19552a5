"""Figures for people: heat map, tasks, funnel, cohorts, KPIs. Law: sums of a few rows a day, whatever history holds.

Ranges are days of the business zone, both included; empty means from the beginning, or until now. What the figures
count stands as of `as_of`; incidents, overdue tasks and reminders of cases that are still kept are counted from their
own rows at the moment of asking. Durations of elements are by the wall clock; those of tasks and cases are working
time without pauses. Quantiles are at most 2.5 % off (`engine.statistics.spread`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.errors import NotFound
from engine.execution import runtime_of
from engine.process.model import Definition, ScopeSpec
from engine.queries import figures
from engine.queries.figures import MS, Durations, Range
from engine.statistics.fold import YEAR_2024
from engine.statistics.keeping import mark
from engine.statistics.spread import Spread, added
from engine.store import figures as f
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class ElementFigures:
    """One element. `again`: entered after it had been left in the same scope; `present`: who is there now, and for
    how long on average; `iterations`: of a multi-instance body, whose visit is counted once."""

    element: str
    name: str
    name_en: str
    type: str
    entered: int
    iterations: int
    left: int
    cancelled: int
    again: int
    present: int
    present_for: timedelta | None
    durations: Durations
    incidents: int
    open_incidents: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Where the cases of a process pass, wait and fail. `flows`: sequence flow -> how often it was taken."""

    range: Range
    as_of: datetime | None
    started: int
    ended: Mapping[str, int]
    """completed, terminated, cancelled, failed -> cases."""
    elements: tuple[ElementFigures, ...]
    flows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TaskFigures:
    """User tasks of one element, team or person. `late` counts what was due and done late, `overdue` what is due and
    still open; `worked`: since it opened; `held`: on average since somebody took it."""

    element: str
    name: str
    name_en: str
    team: str
    person: str
    completed: int
    on_time: int
    late: int
    overdue: int
    worked: Durations
    held: timedelta | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How cases ended: state and end event, with their cycle time."""

    state: str
    element: str
    name: str
    name_en: str
    cycle: Durations


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the funnel: of the cases begun in the range, those that came here at some time."""

    element: str
    name: str
    name_en: str
    type: str
    cases: int
    share: Decimal | None


def heat_map(
    session: Session, key: str, version: int | None = None, since: date | None = None, until: date | None = None
) -> HeatMap:
    """Element -> how many came, are there, took how long and failed; flow -> how often it was taken."""
    asked = figures.within(session, key, version, since, until)
    sums = figures.sums(session, f.element, asked, "element")
    present = _present(session, asked)
    spreads = figures.spreads(session, f.element, asked, "element")
    incidents = _incidents(session, asked)
    ids = dict.fromkeys([*sums, *(id for id, (count, _) in present.items() if count), *incidents])
    order = {id: number for number, id in enumerate(asked.newest.definition.nodes)}
    elements = tuple(
        _element(
            asked, id, sums.get(id, {}), present.get(id, (0, None)), spreads.get(id, {}), incidents.get(id, (0, 0))
        )
        for id in sorted(ids, key=lambda id: (order.get(id, len(order)), id))
    )
    flows = {id: row["taken"] for id, row in figures.sums(session, f.flow, asked, "flow").items()}
    cases = figures.sums(session, f.case, asked, "what")
    ended = {what: row["cases"] for what, row in cases.items() if what not in ("started", "responded")}
    started = cases.get("started", {}).get("cases", 0)
    return HeatMap(asked, mark(session).until, started, ended, elements, flows)


def tasks(
    session: Session,
    key: str,
    version: int | None = None,
    since: date | None = None,
    until: date | None = None,
    *,
    by: Sequence[str] = ("element",),
) -> tuple[TaskFigures, ...]:
    """User tasks by `element`, `team` and `person`, in any combination, most completed first."""
    asked = figures.within(session, key, version, since, until)
    sums = figures.sums(session, f.task, asked, *by)
    spreads = figures.spreads(session, f.task, asked, *by)
    late = _overdue(session, asked, by)
    found = []
    for at in dict.fromkeys([*sums, *late]):
        place = dict(zip(by, at if isinstance(at, tuple) else (at,), strict=True))
        row, element = sums.get(at, {}), place.get("element", "")
        name, name_en = figures.names(asked, element) if element else ("", "")
        done = row.get("completed", 0)
        found.append(
            TaskFigures(
                element=element,
                name=name,
                name_en=name_en,
                team=place.get("team", ""),
                person=place.get("person", ""),
                completed=done,
                on_time=row.get("on_time", 0),
                late=row.get("late", 0),
                overdue=late.get(at, 0),
                worked=figures.durations(row, spreads.get(at, {}), "worked_ms", done),
                held=row.get("held_ms", 0) * MS / done if done else None,
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.completed, one.element, one.team, one.person)))


def outcomes(
    session: Session, key: str, version: int | None = None, since: date | None = None, until: date | None = None
) -> tuple[Outcome, ...]:
    """How cases ended in the range, and their cycle time; the commonest first."""
    asked = figures.within(session, key, version, since, until)
    spreads = figures.spreads(session, f.case, asked, "what", "element")
    found = []
    for (what, element), row in figures.sums(session, f.case, asked, "what", "element").items():
        if what in ("started", "responded"):
            continue
        name, name_en = figures.names(asked, element) if element else ("", "")
        cycle = figures.durations(row, spreads.get((what, element), {}), "total_ms", row["cases"])
        found.append(Outcome(what, element, name, name_en, cycle))
    return tuple(sorted(found, key=lambda one: (-one.cycle.count, one.state, one.element)))


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a process: cases that began and that ended on it."""

    day: date
    started: int
    ended: int


def daily(
    session: Session, key: str, version: int | None = None, since: date | None = None, until: date | None = None
) -> tuple[Day, ...]:
    """What began and what ended, day by day; days without either are left out."""
    asked = figures.within(session, key, version, since, until)
    found: dict[date, list[int]] = {}
    for (day, what), row in figures.sums(session, f.case, asked, "day", "what").items():
        if what != "responded":
            found.setdefault(day, [0, 0])[what != "started"] += row["cases"]
    return tuple(Day(day, *found[day]) for day in sorted(found) if any(found[day]))


def cycle_time(session: Session, asked: Range) -> Durations:
    """Working time from start to end without pauses, of the cases that ended in the range, however they did."""
    return _of_cases(session, asked, lambda what: what not in ("started", "responded"))


def first_response(session: Session, asked: Range) -> Durations:
    """Working time from the start of a case to its first answer (`firstResponse` of the process; else any task)."""
    return _of_cases(session, asked, lambda what: what == "responded")


def _of_cases(session: Session, asked: Range, wanted: Any) -> Durations:
    rows = [row for what, row in figures.sums(session, f.case, asked, "what").items() if wanted(what)]
    spreads = figures.spreads(session, f.case, asked, "what").items()
    return merged(rows, [one for what, one in spreads if wanted(what)])


def merged(rows: Sequence[Mapping[str, Any]], spreads: Sequence[Spread]) -> Durations:
    """The durations of several rows of cases as one."""
    spread: Spread = {}
    for one in spreads:
        added(spread, one)
    whole = {name: sum(row[name] for row in rows) for name in ("cases", "total_ms")}
    shortest = [row["shortest"] for row in rows if row["shortest"] is not None]
    longest = [row["longest"] for row in rows if row["longest"] is not None]
    ends = {"shortest": min(shortest, default=None), "longest": max(longest, default=None)}
    return figures.durations(whole | ends, spread, "total_ms", whole["cases"])


MILESTONES = frozenset({"userTask", "callActivity", "endEvent"})
"""Kinds of elements that a funnel shows."""


def on_the_way(process: Definition) -> frozenset[str]:
    """The elements that a case comes to on its way, not those to which only a reminder or another event beside it leads
    (non-interrupting boundary events, event sub-processes)."""
    nodes, found = process.nodes, set[str]()
    links = [id for id, node in nodes.items() if node.type == "intermediateCatchEvent" and not node.incoming]
    ahead = [*_begun(process, process.scope), *links]
    while ahead:
        if (id := ahead.pop()) in found:
            continue
        found.add(id)
        node = nodes[id]
        ahead += [process.flows[flow].target for flow in node.outgoing]
        ahead += [one for one in node.boundaries if nodes[one].interrupting]
        ahead += _begun(process, node.inner) if node.inner is not None else ()
    return frozenset(found)


def _begun(process: Definition, scope: ScopeSpec) -> list[str]:
    """Where a scope begins, and where events begin that end what is under way in it."""
    inner = [one for id in scope.event_subprocesses if (one := process.nodes[id].inner) is not None]
    return [*scope.starts, *(id for one in inner for id in one.starts if process.nodes[id].interrupting)]


def funnel(
    session: Session,
    key: str,
    version: int | None = None,
    since: date | None = None,
    until: date | None = None,
    *,
    elements: Sequence[str] | None = None,
) -> tuple[Stage, ...]:
    """Of the cases begun in the range, how many came to each task, call and end on their way (or to `elements`, in that
    order)."""
    asked = figures.within(session, key, version, since, until)
    begun = figures.sums(session, f.case, asked, "what").get("started", {}).get("cases", 0)
    reached = {
        id: row["reached"] for id, row in figures.sums(session, f.element, asked, "element").items() if row["reached"]
    }
    if elements is None:
        kinds = {id: node.type for id, node in asked.newest.definition.nodes.items()}
        way = on_the_way(asked.newest.definition)
        stages = (id for id in reached if kinds.get(id) in MILESTONES and id in way)
        elements = sorted(stages, key=lambda id: (-reached[id], id))
    found = []
    for id in elements:
        name, name_en = figures.names(asked, id)
        found.append(
            Stage(
                id,
                name,
                name_en,
                figures.type_of(asked, id),
                reached.get(id, 0),
                figures.share(reached.get(id, 0), begun),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Cases begun in one month, and how many of them reached the milestone at some time."""

    month: date
    cases: int
    reached: int
    share: Decimal | None


def cohorts(
    session: Session,
    key: str,
    element: str,
    version: int | None = None,
    since: date | None = None,
    until: date | None = None,
) -> tuple[Cohort, ...]:
    """Conversion by month of the beginning. NotFound when no version has the element."""
    asked = figures.within(session, key, version, since, until)
    if all(element not in definitions.package(session, id).definition.nodes for id in asked.definitions):
        raise NotFound(what="element", id=element)
    begun: dict[date, int] = {}
    reached: dict[date, int] = {}
    started = sa.select(f.case.c.day, f.case.c.cases).where(*figures.where(f.case, asked), f.case.c.what == "started")
    came = sa.select(f.element.c.day, f.element.c.reached).where(
        *figures.where(f.element, asked), f.element.c.element == element
    )
    for into, query in ((begun, started), (reached, came)):
        for day, count in session.execute(query):
            month = day.replace(day=1)
            into[month] = into.get(month, 0) + count
    return tuple(
        Cohort(month, begun[month], reached.get(month, 0), figures.share(reached.get(month, 0), begun[month]))
        for month in sorted(begun)
        if begun[month]
    )


# ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _present(session: Session, asked: Range) -> dict[str, tuple[int, timedelta | None]]:
    """Who is at each element now, whenever they came, and for how long on average."""
    c, now = f.element.c, runtime_of(session).now().timestamp()
    query = sa.select(c.element, sa.func.sum(c.present), sa.func.sum(c.present_since))
    found: dict[str, tuple[int, timedelta | None]] = {}
    for element, count, since in session.execute(
        query.where(c.definition_id.in_(asked.definitions)).group_by(c.element)
    ):
        here = int(count or 0)
        age = timedelta(seconds=max(0, int(now) - YEAR_2024 - int(since) // here)) if here > 0 else None
        found[element] = max(0, here), age
    return found


def _incidents(session: Session, asked: Range) -> dict[str, tuple[int, int]]:
    """Element -> incidents of the range, and those of them that are open; of cases that are still kept."""
    n, i = t.incident.c, t.instance.c
    query = (
        sa.select(n.element, sa.func.count(), sa.func.count().filter(n.resolved_at.is_(None)))
        .join(t.instance, i.id == n.instance_id)
        .where(i.definition_id.in_(asked.definitions), *figures.moments(session, n.at, asked))
        .group_by(n.element)
    )
    return {element: (count, open) for element, count, open in session.execute(query)}


def _overdue(session: Session, asked: Range, by: Sequence[str]) -> dict[Any, int]:
    """Open tasks that were due in the range and are late by now."""
    u = t.user_task.c
    columns = {"element": u.element, "team": sa.func.coalesce(u.team, ""), "person": sa.func.coalesce(u.assignee, "")}
    group = [columns[name].label(name) for name in by]
    query = sa.select(*group, sa.func.count().label("tasks")).where(*figures.overdue(session, asked)).group_by(*group)
    return {figures.place(row, by): row["tasks"] for row in session.execute(query).mappings()}


def _element(
    asked: Range,
    id: str,
    sums: Mapping[str, Any],
    present: tuple[int, timedelta | None],
    spread: Spread,
    incidents: tuple[int, int],
) -> ElementFigures:
    name, name_en = figures.names(asked, id)
    counts = ("entered", "iterations", "left", "cancelled", "again")
    return ElementFigures(
        element=id,
        name=name,
        name_en=name_en,
        type=figures.type_of(asked, id),
        **{one: sums.get(one, 0) for one in counts},
        present=present[0],
        present_for=present[1],
        durations=figures.durations(sums, spread, "total_ms", sum(spread.values())) if sums else Durations(),
        incidents=incidents[0] + sums.get("incidents", 0),
        open_incidents=incidents[1],
    )
