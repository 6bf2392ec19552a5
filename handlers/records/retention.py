"""Retention cases. Law: one open case for a client, which a unique column holds also against two at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.ids import new_id
from engine.store import upsert
from handlers.records import keys
from handlers.records.changes import Stamp, update
from handlers.records.parties import Party
from handlers.records.tables import retention_case as cases

PREFIX = "RT"


@dataclass(frozen=True, slots=True)
class RetentionCase:
    """An attempt to keep a client; amounts in units of `currency`."""

    id: int
    business_key: str
    party_id: int
    state: str
    points: int
    reasons: Sequence[Mapping[str, Any]]
    owner: str | None
    cause: str | None
    cause_text: str | None
    offer: str | None
    offer_text: str | None
    offer_amount: Decimal | None
    currency: str | None
    approved: bool | None
    approved_by: str | None
    contact_result: str | None
    contact_text: str | None
    points_after: int | None
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None


_CASE = [cases.c[field.name] for field in fields(RetentionCase)]


def of_party(session: Session, party_id: int) -> tuple[RetentionCase, ...]:
    """A client's cases, newest first."""
    rows = session.execute(sa.select(*_CASE).where(cases.c.party_id == party_id).order_by(cases.c.id.desc()))
    return tuple(RetentionCase(**row) for row in rows.mappings())


def open_of(session: Session, party_id: int) -> RetentionCase | None:
    """The client's open case."""
    return next((one for one in of_party(session, party_id) if one.state == "open"), None)


def clients_with_open_case(session: Session) -> frozenset[int]:
    """Clients somebody tries to keep just now."""
    return frozenset(session.execute(sa.select(cases.c.party_id).where(cases.c.state == "open")).scalars())


def get(session: Session, business_key: str) -> RetentionCase:
    """By its key. NotFound."""
    row = session.execute(sa.select(*_CASE).where(cases.c.business_key == business_key)).mappings().first()
    if row is None:
        raise NotFound(what="retention case", what_zh="挽留案件", id=business_key)
    return RetentionCase(**row)


def begin(
    session: Session,
    party: Party,
    points: int,
    reasons: Iterable[Mapping[str, Any]],
    owner: str | None,
    stamp: Stamp,
    year: int,
    instance: str | None = None,
) -> tuple[RetentionCase, bool]:
    """Open a case for the client; (the case that stands, False) when one is open."""
    known = open_of(session, party.id)
    if known is not None:
        return known, False
    row = {
        "id": new_id(),
        "business_key": keys.next_key(session, PREFIX, year),
        "open_key": party.business_key,
        "party_id": party.id,
        "state": "open",
        "points": points,
        "reasons": list(reasons),
        "owner": owner,
        "opened_at": stamp.at,
        "instance": instance,
    }
    one = upsert(session, cases).values(**row).on_conflict_do_nothing(index_elements=[cases.c.open_key])
    made = session.execute(one.returning(cases.c.business_key)).scalar()
    if made is not None:
        return get(session, str(made)), True
    stands = session.execute(sa.select(cases.c.business_key).where(cases.c.open_key == party.business_key)).scalar_one()
    return get(session, str(stands)), False


def change(session: Session, business_key: str, values: Mapping[str, Any], stamp: Stamp) -> RetentionCase:
    """Write what was found, offered and answered."""
    update(session, cases, get(session, business_key).id, values, stamp)
    return get(session, business_key)


def close(session: Session, business_key: str, outcome: str, points_after: int | None, stamp: Stamp) -> RetentionCase:
    """End the case with its outcome; a closed one keeps the first."""
    present = get(session, business_key)
    if present.state == "closed":
        return present
    values = {"state": "closed", "open_key": None, "outcome": outcome, "points_after": points_after}
    return change(session, business_key, values | {"closed_at": stamp.at}, stamp)
