"""The case library: closed projects with their structure, outcome and lessons. Law: one case a project; archived again
it is completed, and what changed is in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import case_item as cases

OUTCOMES = ("repaid", "prepaid", "restructured", "defaulted", "lost")
"""How a closed case ended; `lost`: never financed here."""
GOOD = frozenset({"repaid", "prepaid"})
BAD = frozenset({"restructured", "defaulted"})
"""Of the financed ones; a restructuring in distress counts as a default (Basel Framework, CRE36)."""


@dataclass(frozen=True, slots=True)
class Case:
    """A closed project; amounts in units of `currency`, `…_pct` from 0 to 100."""

    id: int
    business_key: str
    project_id: int | None
    party_id: int | None
    name: str
    client_name: str | None
    sector: str | None
    country: str | None
    region: str | None
    currency: str
    amount: Decimal | None
    capex: Decimal | None
    tenor_months: int | None
    equity_pct: Decimal | None
    offtake_type: str | None
    sponsor_record: str | None
    profile: str | None
    min_dscr: Decimal | None
    equator_category: str | None
    source: str | None
    structure: Mapping[str, Any]
    outcome: str
    lessons: str | None
    confidential: bool
    release_consent: bool
    closed_on: date
    archived_at: datetime
    archived_by: str


_CASE = [cases.c[field.name] for field in fields(Case)]
_KEPT = frozenset({"id", "business_key", "archived_at", "archived_by"})


def find(session: Session, business_key: str) -> Case | None:
    """By the project's business key."""
    row = session.execute(sa.select(*_CASE).where(cases.c.business_key == business_key)).mappings().one_or_none()
    return None if row is None else Case(**row)


def get(session: Session, case_id: int) -> Case:
    """By id. NotFound."""
    row = session.execute(sa.select(*_CASE).where(cases.c.id == case_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="case", what_zh="案例", id=case_id)
    return Case(**row)


def library(session: Session, *, released: bool = False) -> tuple[Case, ...]:
    """All cases, last closed first; only those with consent to be shown outside when `released`."""
    statement = sa.select(*_CASE).order_by(cases.c.closed_on.desc(), cases.c.business_key)
    if released:
        statement = statement.where(cases.c.release_consent.is_(True), cases.c.confidential.is_(False))
    return tuple(Case(**row) for row in session.execute(statement).mappings())


def ended(session: Session) -> tuple[int, int]:
    """How many of the house's own financings are closed, and how many of those went bad."""
    query = sa.select(cases.c.outcome, sa.func.count()).where(cases.c.project_id.is_not(None)).group_by(cases.c.outcome)
    counted = {outcome: number for outcome, number in session.execute(query)}
    good, bad = (sum(counted.get(one, 0) for one in kind) for kind in (GOOD, BAD))
    return good + bad, bad


def archive(session: Session, business_key: str, values: Mapping[str, Any], stamp: Stamp) -> Case:
    """Put a closed project into the library, or complete what is there. InvalidInput: an unknown outcome, no name or
    day of closing, or consent to release what is confidential."""
    known = find(session, business_key)
    row = {name: value for name, value in values.items() if name not in _KEPT}
    _checked(row, known)
    if known is None:
        defaults = {"structure": {}, "confidential": True, "release_consent": False, "currency": "CNY"}
        identity = {"business_key": business_key, "archived_at": stamp.at, "archived_by": stamp.by}
        insert(session, cases, defaults | row | identity, stamp)
    else:
        update(session, cases, known.id, row, stamp)
    made = find(session, business_key)
    assert made is not None
    return made


def _checked(row: Mapping[str, Any], known: Case | None) -> None:
    outcome = row.get("outcome") or (known.outcome if known else None)
    if outcome not in OUTCOMES:
        raise InvalidInput(place="outcome", reason=f"unknown: {outcome}", reason_zh=f"未知结果：{outcome}")
    if known is None and (not row.get("name") or row.get("closed_on") is None):
        raise InvalidInput(place="case", reason="name and day of closing are needed", reason_zh="缺少名称或结项日期")
    secret = row.get("confidential", known.confidential if known else True)
    if row.get("release_consent") and secret:
        raise InvalidInput(
            place="release_consent",
            reason="a confidential case cannot be released",
            reason_zh="保密案例不得对外展示",
        )
