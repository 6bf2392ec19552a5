"""The KPIs of the house, from the engine's own figures. Law: each says its parts, so that a share can be checked.

What they mean is defined in the business's process handbook; `docs/operations.md` tells how each is counted here.
Those about the content of the business (`OF_THE_BOOK`) need the book: the engine sees tasks and cases, not alerts,
covenants or fields that are filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.queries import figures
from engine.queries.figures import Durations, Range
from engine.queries.statistics import cohorts, cycle_time, first_response
from engine.statistics.keeping import PUNCTUAL
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
    found = [
        _on_time(session, asked),
        *_times("first_response", "首次响应", "first response", first_response(session, asked)),
    ]
    found += _times("cycle_time", "周期时间", "cycle time", cycle_time(session, asked))
    named = milestone or asked.newest.definition.properties.get("milestone")
    if named:
        months = cohorts(session, key, named, version, since, until)
        cases, reached = sum(one.cases for one in months), sum(one.reached for one in months)
        place, place_en = figures.names(asked, named)
        found.append(_share("conversion", f"转化率（{place}）", f"conversion ({place_en})", reached, cases))
    return (*found, _rework(session, asked), _reminders(session, asked))


def _share(id: str, name: str, name_en: str, part: int, whole: int) -> Kpi:
    return Kpi(id, name, name_en, figures.share(part, whole), part, whole)


def _times(id: str, name: str, name_en: str, found: Durations) -> list[Kpi]:
    return [
        Kpi(f"{id}_median", f"{name}（中位数）", f"{name_en} (median)", found.median, None, found.count),
        Kpi(f"{id}_p90", f"{name}（90 分位）", f"{name_en} (90th percentile)", found.p90, None, found.count),
    ]


def _on_time(session: Session, asked: Range) -> Kpi:
    """Tasks done by their due date ÷ tasks due in the range; what is open and overdue counts as late.

    What is not due yet is not asked about, even if it is done."""
    today = runtime_of(session).now().astimezone(runtime_of(session).zone).date()
    sums = figures.total(session, f.task, asked, f.task.c.day <= today)
    open_late = session.scalar(
        sa.select(sa.func.count()).select_from(t.user_task).where(*figures.overdue(session, asked))
    )
    whole = sums["on_time"] + sums["late"] + (open_late or 0)
    return _share("on_time", "按时完成率", "on-time share", sums["on_time"], whole)


def _rework(session: Session, asked: Range) -> Kpi:
    """User tasks entered again in the same scope ÷ user tasks done."""
    tasks = {id for id, node in asked.newest.definition.nodes.items() if node.type == "userTask"}
    again = sum(row["again"] for id, row in figures.sums(session, f.element, asked, "element").items() if id in tasks)
    return _share("rework", "返工率", "rework", again, figures.total(session, f.task, asked)["completed"])


def _reminders(session: Session, asked: Range) -> Kpi:
    """Reminders sent within five minutes of their plan ÷ those whose moment came while their task was open."""
    r, u = t.reminder.c, t.user_task.c
    came = r.due_at <= sa.func.coalesce(u.completed_at, sa.literal(runtime_of(session).now(), t.Moment))
    query = sa.select(r.due_at, r.sent_at).join(t.user_task, u.id == r.task_id)
    rows = session.execute(
        query.where(u.definition_id.in_(asked.definitions), came, *figures.moments(session, r.due_at, asked))
    ).all()
    settled = figures.total(session, f.reminder, asked)
    punctual = sum(1 for row in rows if row.sent_at is not None and row.sent_at - row.due_at <= PUNCTUAL)
    return _share(
        "reminders",
        "催办准时率",
        "reminder accuracy",
        punctual + settled["punctual"],
        len(rows) + settled["planned"],
    )
