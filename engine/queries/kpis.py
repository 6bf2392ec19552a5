"""The KPIs of the house, from the engine's own figures. Law: each says its parts, so that a share can be checked.

What they mean is defined in the business's process handbook; `docs/operations.md` tells how each is counted here.
Those about the content of the business (`OF_THE_BOOK`) need the book: the engine sees tasks and cases, not alerts,
covenants or fields that are filled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.errors import NotFound
from engine.execution import runtime_of
from engine.queries import figures
from engine.queries.figures import Durations, Range
from engine.queries.statistics import merged
from engine.statistics.keeping import PUNCTUAL
from engine.statistics.spread import Spread
from engine.store import figures as f
from engine.store import tables as t

OF_THE_BOOK = ("true-alert share", "lead time", "completeness")
"""KPIs that need what the book knows: alerts and what came of them, dates of breaches, mandatory fields."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure. Of a share `part` ÷ `whole`; of a duration its `value` as median or percentile of `whole` cases."""

    id: str
    name: str
    name_en: str
    value: Decimal | timedelta | None
    part: int | None
    whole: int


def kpis(
    session: Session,
    key: str,
    version: int | None = None,
    since: date | None = None,
    until: date | None = None,
    *,
    milestone: str | None = None,
) -> tuple[Kpi, ...]:
    """The KPIs of a process over a range of days.

    milestone: the element whose reaching is the conversion; without it the process's property `milestone`, and
    without that no conversion is told. NotFound when there is no such process, version or element.
    """
    asked = figures.within(session, key, version, since, until)
    return _told(session, [asked], {key: milestone} if milestone else {})[key]


def kpis_of(
    session: Session, keys: Collection[str], since: date | None = None, until: date | None = None
) -> dict[str, tuple[Kpi, ...]]:
    """Key -> the KPIs of a process over all its versions, counted together: many cost as many statements as one."""
    ranges = list(figures.within_all(session, keys, since, until).values())
    return _told(session, ranges, {}) if ranges else {}


def _told(session: Session, ranges: Sequence[Range], milestones: Mapping[str, str]) -> dict[str, tuple[Kpi, ...]]:
    named = {
        one.key: milestones.get(one.key) or str(one.newest.definition.properties.get("milestone") or "")
        for one in ranges
    }
    for one in ranges:
        if named[one.key]:
            _known(session, one, named[one.key])
    all_of_them = tuple(id for one in ranges for id in one.definitions)
    counts = _counted(session, replace(ranges[0], definitions=all_of_them), {*named.values()} - {""})
    return {one.key: _of(one, counts, named[one.key]) for one in ranges}


def _known(session: Session, asked: Range, element: str) -> None:
    if all(element not in definitions.package(session, id).definition.nodes for id in asked.definitions):
        raise NotFound(what="element", id=element)


@dataclass(frozen=True, slots=True)
class _Counts:
    """What was counted, by definition (and what else stands first in a key)."""

    cases: Mapping[tuple[int, str], Mapping[str, Any]]
    spreads: Mapping[tuple[int, str], Spread]
    tasks: Mapping[int, Mapping[str, int]]
    due: Mapping[int, Mapping[str, int]]
    overdue: Mapping[int, int]
    again: Mapping[tuple[int, str], int]
    begun: Mapping[tuple[int, date], int]
    reached: Mapping[tuple[int, str, date], int]
    planned: Mapping[int, int]
    punctual: Mapping[int, int]


def _counted(session: Session, asked: Range, milestones: Collection[str]) -> _Counts:
    now, zone = runtime_of(session).now(), runtime_of(session).zone
    today = now.astimezone(zone).date()
    by_now = replace(asked, until=today if asked.until is None else min(asked.until, today))
    u, e, c = t.user_task.c, f.element.c, f.case.c
    late = sa.select(u.definition_id, sa.func.count()).where(*figures.overdue(session, asked))
    again = sa.select(e.definition_id, e.element, sa.func.sum(e.again)).where(*figures.where(f.element, asked))
    begun, reached = {}, {}
    if milestones:
        started = sa.select(c.definition_id, c.day, sa.func.sum(c.cases)).where(
            *figures.where(f.case, asked), c.what == "started"
        )
        came = sa.select(e.definition_id, e.element, e.day, sa.func.sum(e.reached)).where(
            *figures.where(f.element, asked), e.element.in_(milestones)
        )
        begun = _numbers(session, started.group_by(c.definition_id, c.day))
        reached = _numbers(session, came.group_by(e.definition_id, e.element, e.day))
    planned, punctual = _reminded(session, asked)
    return _Counts(
        cases=figures.sums(session, f.case, asked, "definition_id", "what"),
        spreads=figures.spreads(session, f.case, asked, "definition_id", "what"),
        tasks=figures.sums(session, f.task, asked, "definition_id"),
        due=figures.sums(session, f.task, by_now, "definition_id"),
        overdue=_numbers(session, late.group_by(u.definition_id)),
        again=_numbers(session, again.where(e.again > 0).group_by(e.definition_id, e.element)),
        begun=begun,
        reached=reached,
        planned=planned,
        punctual=punctual,
    )


def _numbers(session: Session, query: sa.Select[Any]) -> dict[Any, int]:
    """What comes before the last column -> that number."""
    return {row[0] if len(row) == 2 else tuple(row[:-1]): int(row[-1] or 0) for row in session.execute(query)}


def _reminded(session: Session, asked: Range) -> tuple[Counter[int], Counter[int]]:
    """Definition -> reminders whose moment came while their task was open, and those of them sent in time."""
    r, u = t.reminder.c, t.user_task.c
    came = r.due_at <= sa.func.coalesce(u.completed_at, sa.literal(runtime_of(session).now(), t.Moment))
    query = sa.select(u.definition_id, r.due_at, r.sent_at).join(t.user_task, u.id == r.task_id)
    planned: Counter[int] = Counter()
    punctual: Counter[int] = Counter()
    for id, due, sent in session.execute(
        query.where(u.definition_id.in_(asked.definitions), came, *figures.moments(session, r.due_at, asked))
    ):
        planned[id] += 1
        punctual[id] += sent is not None and sent - due <= PUNCTUAL
    for id, row in figures.sums(session, f.reminder, asked, "definition_id").items():
        planned[id] += row["planned"]
        punctual[id] += row["punctual"]
    return planned, punctual


def _of(asked: Range, counts: _Counts, milestone: str) -> tuple[Kpi, ...]:
    """The KPIs of one process out of what was counted."""
    ids = asked.definitions
    found = [
        _on_time(ids, counts),
        *_times("first_response", "首次响应", "first response", _durations(ids, counts, ("responded",), True)),
        *_times("cycle_time", "周期时间", "cycle time", _durations(ids, counts, ("started", "responded"), False)),
    ]
    if milestone:
        known = figures.milestone(asked)
        place, place_en = known[1:] if known and known[0] == milestone else figures.names(asked, milestone)
        part, whole = _conversion(ids, counts, milestone)
        found.append(_share("conversion", f"转化率（{place}）", f"conversion ({place_en})", part, whole))
    planned, punctual = (sum(one.get(id, 0) for id in ids) for one in (counts.planned, counts.punctual))
    reminders = _share("reminders", "催办准时率", "reminder accuracy", punctual, planned)
    return (*found, _rework(asked, counts), reminders)


def _durations(ids: Collection[int], counts: _Counts, kinds: Collection[str], those: bool) -> Durations:
    """Of the cases of these kinds, or of all others."""
    chosen = [at for at in counts.cases if at[0] in ids and (at[1] in kinds) is those]
    return merged([counts.cases[at] for at in chosen], [counts.spreads[at] for at in chosen if at in counts.spreads])


def _conversion(ids: Collection[int], counts: _Counts, milestone: str) -> tuple[int, int]:
    """Cases that reached the milestone, and cases, of the months in which any began."""
    begun: Counter[date] = Counter()
    reached: Counter[date] = Counter()
    for (id, day), number in counts.begun.items():
        if id in ids:
            begun[day.replace(day=1)] += number
    for (id, element, day), number in counts.reached.items():
        if id in ids and element == milestone:
            reached[day.replace(day=1)] += number
    return sum(reached[month] for month, number in begun.items() if number), begun.total()


def _share(id: str, name: str, name_en: str, part: int, whole: int) -> Kpi:
    return Kpi(id, name, name_en, figures.share(part, whole), part, whole)


def _times(id: str, name: str, name_en: str, found: Durations) -> list[Kpi]:
    return [
        Kpi(f"{id}_median", f"{name}（中位数）", f"{name_en} (median)", found.median, None, found.count),
        Kpi(f"{id}_p90", f"{name}（90 分位）", f"{name_en} (90th percentile)", found.p90, None, found.count),
    ]


def _on_time(ids: Collection[int], counts: _Counts) -> Kpi:
    """Tasks done by their due date ÷ tasks due in the range; what is open and overdue counts as late.

    What is not due yet is not asked about, even if it is done."""
    rows = [counts.due[id] for id in ids if id in counts.due]
    on_time, late = sum(row["on_time"] for row in rows), sum(row["late"] for row in rows)
    whole = on_time + late + sum(counts.overdue.get(id, 0) for id in ids)
    return _share("on_time", "按时完成率", "on-time share", on_time, whole)


def _rework(asked: Range, counts: _Counts) -> Kpi:
    """User tasks entered again in the same scope ÷ user tasks done."""
    tasks = {id for id, node in asked.newest.definition.nodes.items() if node.type == "userTask"}
    again = sum(
        number for (id, element), number in counts.again.items() if id in asked.definitions and element in tasks
    )
    done = sum(counts.tasks[id]["completed"] for id in asked.definitions if id in counts.tasks)
    return _share("rework", "返工率", "rework", again, done)
