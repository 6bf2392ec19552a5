"""Inquiries as they came in, each under the business key of the process instance that it started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers import names
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import inquiry as inquiries
from handlers.records.tables import project as projects

OUTCOMES = ("approved", "held", "declined", "ineligible", "kyc_rejected", "withdrawn", "not_pursued")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One matter that a client brought; `content` is what came in."""

    id: int
    business_key: str
    party_id: int
    project_id: int | None
    client_role: str
    source: str
    campaign: str | None
    state: str
    outcome: str | None
    received_at: datetime
    closed_at: datetime | None
    content: Mapping[str, Any]


_INQUIRY = [inquiries.c[field.name] for field in fields(Inquiry)]


def find(session: Session, business_key: str) -> Inquiry | None:
    """The inquiry of a process instance."""
    row = session.execute(sa.select(*_INQUIRY).where(inquiries.c.business_key == business_key)).mappings().first()
    return None if row is None else Inquiry(**row)


def of_party(session: Session, party_id: int) -> tuple[Inquiry, ...]:
    """A client's inquiries, newest first."""
    rows = session.execute(sa.select(*_INQUIRY).where(inquiries.c.party_id == party_id).order_by(inquiries.c.id.desc()))
    return tuple(Inquiry(**row) for row in rows.mappings())


def open_matter(session: Session, party_id: int, project_name: str | None) -> Inquiry | None:
    """The client's open inquiry about the same project (names compared without legal form, width and script).

    Without a project name only an inquiry without a project is the same matter.
    """
    statement = (
        sa.select(*_INQUIRY)
        .outerjoin(projects, projects.c.id == inquiries.c.project_id)
        .where(inquiries.c.party_id == party_id, inquiries.c.state == "open")
        .order_by(inquiries.c.id)
        .limit(1)
    )
    same = projects.c.name_key == names.name_key(project_name) if project_name else inquiries.c.project_id.is_(None)
    row = session.execute(statement.where(same)).mappings().first()
    return None if row is None else Inquiry(**row)


def create(session: Session, values: Mapping[str, Any], stamp: Stamp) -> Inquiry:
    """A new open inquiry; the same business key again gives the one that stands."""
    known = find(session, values["business_key"])
    if known is not None:
        return known
    row = dict(values) | {"state": "open", "received_at": stamp.at, "source": stamp.source}
    insert(session, inquiries, row, stamp)
    made = find(session, values["business_key"])
    assert made is not None
    return made


def close(session: Session, business_key: str, outcome: str, stamp: Stamp) -> None:
    """Close the inquiry of an instance with its outcome; a closed one keeps the first."""
    known = find(session, business_key)
    if known is not None and known.state == "open":
        values = {"state": "closed", "outcome": outcome, "closed_at": stamp.at}
        update(session, inquiries, known.id, values, stamp)
