"""Greetings: which occasions were found, and what became of each. Law: an occasion has one row for ever, found by its
key; so nobody is congratulated twice, whatever finds it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.ids import new_id
from engine.store import upsert
from handlers.records.changes import Stamp, update
from handlers.records.tables import care_occasion as occasions


@dataclass(frozen=True, slots=True)
class Occasion:
    """One day worth a greeting: `found` until it was sent or suppressed."""

    id: int
    key: str
    party_id: int
    contact_id: int | None
    project_id: int | None
    kind: str
    day: date
    years: int | None
    state: str
    reason: str | None
    channel: str | None
    template: str | None
    text: str | None
    gift: str | None
    gift_cost: Decimal | None
    approved_by: str | None
    found_at: datetime
    sent_at: datetime | None
    by: str | None


_OCCASION = [occasions.c[field.name] for field in fields(Occasion)]


def claim(session: Session, key: str, values: Mapping[str, Any], stamp: Stamp, instance: str | None) -> Occasion | None:
    """Enter an occasion; None when it was found before."""
    row = dict(values) | {"id": new_id(), "key": key, "state": "found", "found_at": stamp.at, "instance": instance}
    one = upsert(session, occasions).values(**row).on_conflict_do_nothing(index_elements=[occasions.c.key])
    made = session.execute(one.returning(occasions.c.id)).scalar()
    return None if made is None else get(session, int(made))


def get(session: Session, occasion_id: int, *, lock: bool = False) -> Occasion:
    """By id. NotFound."""
    query = sa.select(*_OCCASION).where(occasions.c.id == occasion_id)
    row = session.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise NotFound(what="occasion", what_zh="关怀事项", id=occasion_id)
    return Occasion(**row)


def settle(session: Session, occasion_id: int, values: Mapping[str, Any], stamp: Stamp) -> Occasion:
    """Write what became of an occasion."""
    update(session, occasions, occasion_id, dict(values) | {"by": stamp.by}, stamp)
    return get(session, occasion_id)


def of_party(session: Session, party_id: int) -> tuple[Occasion, ...]:
    """A client's occasions, newest first."""
    query = sa.select(*_OCCASION).where(occasions.c.party_id == party_id)
    rows = session.execute(query.order_by(occasions.c.day.desc(), occasions.c.id.desc())).mappings()
    return tuple(Occasion(**row) for row in rows)
