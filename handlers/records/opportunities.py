"""Opportunities that were found at clients, and where they went."""

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
from handlers.records.changes import Stamp, insert
from handlers.records.tables import opportunity as opportunities

PREFIX = "OP"


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A need for finance that somebody found; `route` evaluation while KYC is valid, else intake."""

    id: int
    business_key: str
    party_id: int
    project_id: int | None
    title: str
    kind: str
    amount: Decimal | None
    currency: str
    need: str | None
    state: str
    route: str
    kyc_until: date | None
    owner: str | None
    found_at: datetime
    by: str


_OPPORTUNITY = [opportunities.c[field.name] for field in fields(Opportunity)]


def create(session: Session, values: Mapping[str, Any], stamp: Stamp, year: int, instance: str | None) -> Opportunity:
    """A new opportunity under the next `OP-` key."""
    key = keys.next_key(session, PREFIX, year)
    row = dict(values) | {"business_key": key, "state": "open", "found_at": stamp.at, "by": stamp.by}
    insert(session, opportunities, row | {"instance": instance}, stamp)
    return get(session, key)


def get(session: Session, business_key: str) -> Opportunity:
    """By its key. NotFound."""
    query = sa.select(*_OPPORTUNITY).where(opportunities.c.business_key == business_key)
    row = session.execute(query).mappings().first()
    if row is None:
        raise NotFound(what="opportunity", what_zh="商机", id=business_key)
    return Opportunity(**row)


def of_party(session: Session, party_id: int) -> tuple[Opportunity, ...]:
    """A client's opportunities, newest first."""
    query = sa.select(*_OPPORTUNITY).where(opportunities.c.party_id == party_id)
    rows = session.execute(query.order_by(opportunities.c.id.desc())).mappings()
    return tuple(Opportunity(**row) for row in rows)
