"""What the book itself says to early warning: progress, payments and reporting, as readings. Law: a feed reads and
writes readings, nothing else; what is the same as yesterday is told again after a week, so that it stays fresh.

Other feeds (accounts, ratings, insurance, valuations) come from outside as message `metric_readings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from engine.registry import Context, handles
from handlers import inputs
from handlers.finance.exact import INSIDE
from handlers.records import monitoring as book
from handlers.records.covenants import LIVE
from handlers.records.tables import covenant_breach as breaches
from handlers.records.tables import facility as facilities
from handlers.records.tables import progress_report as reports
from handlers.records.tables import project as projects
from handlers.records.tables import repayment as repayments

WEEK = timedelta(days=7)
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Told:
    """One reading of a subject."""

    subject: str
    metric: str
    day: date
    value: Decimal
    source: str


@handles("metric.gather", transactional=True)
def metric_gather(ctx: Context) -> Mapping[str, Any]:
    """Readings out of the book: completion_cover, delay_days, contingency_used_pct of a project's newest progress
    report; days_past_due and late_reports (in a year) of every live facility.

    Out: gathered: how many readings are new. Idempotent: the same value of a day stands once.
    """
    today = inputs.today(ctx)
    told = [*_progress(ctx), *_arrears(ctx, today), *_late(ctx, today)]
    known = book.newest(ctx.session, {one.subject for one in told})
    fresh = [one for one in told if _new(one, known.get((one.subject, one.metric)))]
    for one in fresh:
        stamp = inputs.stamp(ctx, one.source)
        book.add_reading(ctx.session, one.subject, one.metric, one.day, one.value, one.source, stamp)
    return {"gathered": len(fresh)}


def _new(one: Told, known: tuple[Decimal, date] | None) -> bool:
    if known is None:
        return True
    value, day = known
    return one.day > day and (one.value != value or one.source == "progress" or one.day - day >= WEEK)


def _progress(ctx: Context) -> Iterator[Told]:
    newest = sa.select(reports.c.project_id, sa.func.max(reports.c.as_of).label("as_of")).group_by(reports.c.project_id)
    last = newest.subquery()
    query = (
        sa.select(projects.c.business_key, reports)
        .join(reports, reports.c.project_id == projects.c.id)
        .join(last, sa.and_(last.c.project_id == reports.c.project_id, last.c.as_of == reports.c.as_of))
        .where(projects.c.phase == "execution")
        .order_by(reports.c.id)
    )
    for row in ctx.session.execute(query).mappings():
        key, day = row["business_key"], row["as_of"]
        if row["cost_to_complete"] > 0:
            funds = row["equity_to_come"] + row["undrawn_debt"]
            yield Told(key, "completion_cover", day, INSIDE.divide(funds, row["cost_to_complete"]), "progress")
        for metric in ("delay_days", "contingency_used_pct"):
            if row[metric] is not None:
                yield Told(key, metric, day, Decimal(row[metric]), "progress")


def _arrears(ctx: Context, today: date) -> Iterator[Told]:
    unpaid = sa.and_(
        repayments.c.facility_id == facilities.c.id, repayments.c.state == "planned", repayments.c.due < today
    )
    query = (
        sa.select(facilities.c.business_key, sa.func.min(repayments.c.due))
        .outerjoin(repayments, unpaid)
        .where(facilities.c.state.in_(LIVE))
        .group_by(facilities.c.business_key)
    )
    for key, oldest in ctx.session.execute(query):
        days = (today - oldest).days if oldest is not None else 0
        yield Told(key, "days_past_due", today, Decimal(days), "ledger")


def _late(ctx: Context, today: date) -> Iterator[Told]:
    since = ctx.now - YEAR
    late = sa.and_(
        breaches.c.facility_key == facilities.c.business_key,
        breaches.c.kind == "information",
        breaches.c.opened_at >= since,
    )
    query = (
        sa.select(facilities.c.business_key, sa.func.count(breaches.c.id))
        .outerjoin(breaches, late)
        .where(facilities.c.state.in_(LIVE))
        .group_by(facilities.c.business_key)
    )
    for key, number in ctx.session.execute(query):
        yield Told(key, "late_reports", today, Decimal(number), "covenants")
