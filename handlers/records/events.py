"""Marketing events and what came of them. Law: an event's leads are the inquiries whose campaign is its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from handlers.finance.exact import INSIDE, rounded
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import inquiry
from handlers.records.tables import marketing_event as events

EVENT = "EV"
KINDS = ("exhibition", "seminar", "report", "visit", "csr")
STATES = ("planned", "rejected", "approved", "cancelled", "closed")


@dataclass(frozen=True, slots=True)
class Event:
    """An event; amounts in units of `currency`."""

    id: int
    business_key: str
    name: str
    kind: str
    held_on: date | None
    place: str | None
    purpose: str | None
    currency: str
    budget: Decimal | None
    cost: Decimal | None
    expected_leads: int | None
    leads: int | None
    cost_per_lead: Decimal | None
    claim: str | None
    evidence: str | None
    state: str
    decided_by: str | None
    decided_at: datetime | None
    review: str | None


@dataclass(frozen=True, slots=True)
class Yield:
    """What an event brought: its leads, those approved of them, and the cost of one of each (cents; None of none)."""

    leads: int
    won: int
    cost_per_lead: Decimal | None
    cost_per_won: Decimal | None


_EVENT = [events.c[field.name] for field in fields(Event)]


def get(session: Session, business_key: str) -> Event:
    """By key. NotFound."""
    row = session.execute(sa.select(*_EVENT).where(events.c.business_key == business_key)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="event", what_zh="活动", id=business_key)
    return Event(**row)


def plan(session: Session, values: Mapping[str, Any], stamp: Stamp, year: int, business_key: str | None) -> Event:
    """A new event under its key, or the one that stands under it, planned anew."""
    known = (
        business_key and session.execute(sa.select(events.c.id).where(events.c.business_key == business_key)).scalar()
    )
    row = dict(values) | {"state": "planned"}
    if known:
        update(session, events, known, row, stamp)
        return get(session, business_key or "")
    key = business_key if (business_key or "").startswith(f"{EVENT}-") else keys.next_key(session, EVENT, year)
    made = {"business_key": key, "created_at": stamp.at, "created_by": stamp.by}
    insert(session, events, {"currency": "CNY"} | row | made, stamp)
    return get(session, str(key))


def change(session: Session, business_key: str, values: Mapping[str, Any], stamp: Stamp) -> Event:
    """Write what happened to an event."""
    update(session, events, get(session, business_key).id, values, stamp)
    return get(session, business_key)


def brought(session: Session, event: Event) -> Yield:
    """Counted from the inquiries that carry the event's key."""
    rows = session.execute(sa.select(inquiry.c.outcome).where(inquiry.c.campaign == event.business_key)).scalars().all()
    leads, won = len(rows), sum(one == "approved" for one in rows)
    return Yield(leads, won, each(event.cost, leads), each(event.cost, won))


def each(cost: Decimal | None, number: int) -> Decimal | None:
    """Cost of one, to cents; None of none."""
    return None if cost is None or not number else rounded(INSIDE.divide(cost, Decimal(number)))


def listed(session: Session) -> tuple[Event, ...]:
    """All events, newest first."""
    return tuple(Event(**row) for row in session.execute(sa.select(*_EVENT).order_by(events.c.id.desc())).mappings())
