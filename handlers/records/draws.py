"""Drawdowns as asked for, checked, approved and paid. Law: a draw counts as drawn only while its money is out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import drawdown as draws

DRAW = "DR"


@dataclass(frozen=True, slots=True)
class Draw:
    """One request and where it stands."""

    id: int
    business_key: str
    facility_id: int
    amount: Decimal
    purpose: str
    payee: str
    payee_account: str
    payee_bank: str | None
    contract_no: str | None
    invoice_no: str | None
    mode: str | None
    state: str
    failures: Any
    waived_by: str | None
    checked_by: str | None
    approved_by: str | None
    requested_at: datetime
    requested_by: str
    closed_at: datetime | None
    reason: str | None


_DRAW = [draws.c[field.name] for field in fields(Draw)]


def find(session: Session, business_key: str) -> Draw | None:
    """By business key; None for one that is not there."""
    row = session.execute(sa.select(*_DRAW).where(draws.c.business_key == business_key)).mappings().one_or_none()
    return None if row is None else Draw(**row)


def get(session: Session, business_key: str) -> Draw:
    """By business key. NotFound."""
    found = find(session, business_key)
    if found is None:
        raise NotFound(what="drawdown", what_zh="提款", id=business_key)
    return found


def of_facility(session: Session, facility_id: int) -> tuple[Draw, ...]:
    """The draws of a facility, oldest first."""
    rows = session.execute(sa.select(*_DRAW).where(draws.c.facility_id == facility_id).order_by(draws.c.id))
    return tuple(Draw(**row) for row in rows.mappings())


def request(session: Session, facility_id: int, values: Mapping[str, Any], stamp: Stamp, year: int) -> Draw:
    """A request under the next `DR-` key."""
    key = keys.next_key(session, DRAW, year)
    row = {"business_key": key, "facility_id": facility_id, "state": "requested"} | dict(values)
    insert(session, draws, row | {"requested_at": stamp.at}, stamp)
    return get(session, key)


def change(session: Session, draw: Draw, values: Mapping[str, Any], stamp: Stamp) -> Draw:
    """Write what became of a draw; what differs is logged."""
    update(session, draws, draw.id, values, stamp)
    return get(session, draw.business_key)
