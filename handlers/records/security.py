"""Security as agreed, registered and released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import collateral as security

GUARANTEE = "completion_guarantee"
"""The kind of security that falls away at completion."""


@dataclass(frozen=True, slots=True)
class Security:
    """One item of security; `haircut_pct` from 0 to 100."""

    id: int
    project_id: int
    type: str
    description: str
    owner: str | None
    value: Decimal | None
    currency: str
    valuer: str | None
    valued_at: date | None
    haircut_pct: Decimal | None
    rank: int | None
    registration_no: str | None
    registered_on: date | None
    expiry: date | None
    state: str


_SECURITY = [security.c[field.name] for field in fields(Security)]


def of_project(session: Session, project_id: int) -> tuple[Security, ...]:
    """A project's security, in the order of the plan."""
    rows = session.execute(sa.select(*_SECURITY).where(security.c.project_id == project_id).order_by(security.c.id))
    return tuple(Security(**row) for row in rows.mappings())


def add(session: Session, project_id: int, values: Mapping[str, Any], stamp: Stamp) -> int:
    """An item of security as agreed; returns its id."""
    row = {"project_id": project_id, "state": "agreed", "created_at": stamp.at, "created_by": stamp.by}
    return insert(session, security, row | dict(values), stamp)


def change(session: Session, security_id: int, values: Mapping[str, Any], stamp: Stamp) -> None:
    """Write an item of security: a new valuation, its registration, its release."""
    update(session, security, security_id, values, stamp)


def register_agreed(session: Session, project_id: int, day: date, stamp: Stamp) -> int:
    """What was agreed and has its registration number is registered; returns how many items became so."""
    agreed = [one for one in of_project(session, project_id) if one.state == "agreed" and one.registration_no]
    for one in agreed:
        change(session, one.id, {"state": "registered", "registered_on": one.registered_on or day}, stamp)
    return len(agreed)


def release_guarantees(session: Session, project_id: int, stamp: Stamp) -> int:
    """The sponsor's completion guarantees end; returns how many did."""
    ended = [one for one in of_project(session, project_id) if one.type == GUARANTEE and one.state != "released"]
    for one in ended:
        change(session, one.id, {"state": "released"}, stamp)
    return len(ended)
