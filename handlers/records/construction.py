"""A project while it is built: progress reports and issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import progress_report as reports
from handlers.records.tables import project_issue as issues

ISSUE = "IS"


@dataclass(frozen=True, slots=True)
class Report:
    """How far the works are, what they cost, and whether the money lasts."""

    id: int
    project_id: int
    as_of: date
    physical_pct: Decimal
    spent: Decimal
    cost_to_complete: Decimal
    equity_paid: Decimal | None
    equity_to_come: Decimal
    undrawn_debt: Decimal
    delay_days: int | None
    contingency_used_pct: Decimal | None
    passed: bool
    gap: Decimal
    lag_pct: Decimal
    reported_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Issue:
    """A problem of a running project, with its owner and day."""

    id: int
    business_key: str
    project_id: int
    title: str
    text: str
    severity: str
    owner: str | None
    due: date | None
    state: str
    solution: str | None
    raised_by: str
    raised_at: datetime
    closed_at: datetime | None


_REPORT = [reports.c[field.name] for field in fields(Report)]
_ISSUE = [issues.c[field.name] for field in fields(Issue)]


def latest_report(session: Session, project_id: int) -> Report | None:
    """The report of the latest day."""
    query = sa.select(*_REPORT).where(reports.c.project_id == project_id)
    row = session.execute(query.order_by(reports.c.as_of.desc(), reports.c.id.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else Report(**row)


def reports_of(session: Session, project_id: int) -> tuple[Report, ...]:
    """All reports, oldest first."""
    rows = session.execute(sa.select(*_REPORT).where(reports.c.project_id == project_id).order_by(reports.c.id))
    return tuple(Report(**row) for row in rows.mappings())


def report(session: Session, project_id: int, values: Mapping[str, Any], stamp: Stamp) -> int:
    """Enter a report; returns its id."""
    return insert(session, reports, {"project_id": project_id, "at": stamp.at} | dict(values), stamp)


def raise_issue(session: Session, project_id: int, values: Mapping[str, Any], stamp: Stamp, year: int) -> Issue:
    """A new issue under the next `IS-` key."""
    key = keys.next_key(session, ISSUE, year)
    row = {"business_key": key, "project_id": project_id, "state": "open", "raised_at": stamp.at}
    insert(session, issues, row | dict(values), stamp)
    return issue(session, key)


def issue(session: Session, business_key: str) -> Issue:
    """By business key. NotFound."""
    row = session.execute(sa.select(*_ISSUE).where(issues.c.business_key == business_key)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="issue", what_zh="问题", id=business_key)
    return Issue(**row)


def issues_of(session: Session, project_id: int) -> tuple[Issue, ...]:
    """A project's issues, oldest first."""
    rows = session.execute(sa.select(*_ISSUE).where(issues.c.project_id == project_id).order_by(issues.c.id))
    return tuple(Issue(**row) for row in rows.mappings())


def change_issue(session: Session, business_key: str, values: Mapping[str, Any], stamp: Stamp) -> Issue:
    """Write what became of an issue. NotFound."""
    update(session, issues, issue(session, business_key).id, values, stamp)
    return issue(session, business_key)
