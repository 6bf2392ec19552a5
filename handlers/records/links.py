"""One-time links, by the hash of their token: who reads the database cannot use them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.ids import new_id
from handlers.records import documents, parties, projects
from handlers.records.documents import Document
from handlers.records.tables import client_link as links

TOKEN_BYTES = 24
PAPER = "paper"
"""What a process gives a link beside the form's fields: the document that its reader is to see."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a token opens. Usable until `expires_at` and while `used_at` is empty."""

    id: int
    business_key: str
    party_id: int | None
    form: str
    message: str
    process: str | None
    """Whose form it is; of links from before there was more than one: client intake."""
    correlation: Mapping[str, Any] | None
    given: Mapping[str, Any] | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether the client may still use it."""
        return self.used_at is None and now < self.expires_at


_LINK = [links.c[field.name] for field in fields(Link)]


def create(
    session: Session,
    *,
    business_key: str,
    party_id: int | None,
    form: str,
    message: str,
    now: datetime,
    expires_at: datetime,
    process: str | None = None,
    correlation: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
) -> tuple[int, str]:
    """A new link; returns its id and the token, which is told this once."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link_id = new_id()
    session.execute(
        links.insert().values(
            id=link_id,
            token_sha256=_digest(token),
            business_key=business_key,
            party_id=party_id,
            form=form,
            message=message,
            process=process,
            correlation=dict(correlation) if correlation else None,
            given=dict(given) if given is not None else None,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return link_id, token


def find(session: Session, token: str) -> Link | None:
    """The link of a token, open or not; None for an unknown one."""
    row = session.execute(sa.select(*_LINK).where(links.c.token_sha256 == _digest(token))).mappings().first()
    return None if row is None else Link(**row)


def use(session: Session, link: Link, now: datetime) -> bool:
    """Use the link up, in one statement: of two at once one gets True, the other False (as after its last day)."""
    used = session.execute(
        links.update()
        .where(links.c.id == link.id, links.c.used_at.is_(None), links.c.expires_at > now)
        .values(used_at=now)
        .returning(links.c.id)
    ).first()
    return used is not None


def paper(session: Session, link: Link) -> Document | None:
    """The document that a link shows: one of its own matter, or none."""
    number = (link.given or {}).get(PAPER)
    try:
        found = documents.get(session, str(number)) if number else None
    except NotFound:
        return None
    return found if found is not None and found.subject_key == link.business_key else None


def prefill(session: Session, link: Link) -> dict[str, Any]:
    """What is known already: what the process gave the link; else what the book knows, under the names of form
    `client_profile`: the client need not type it again."""
    if link.given is not None:
        return dict(link.given)
    party = parties.find(session, link.party_id) if link.party_id is not None else None
    project = projects.find(session, link.business_key)
    known: dict[str, Any] = {}
    if party is not None:
        known |= {"client_name": party.legal_name, "registered_capital": party.capital}
        for name in ("reg_no", "legal_rep", "address", "founded", "ownership_type", "website"):
            known[name] = getattr(party, name)
        known["industry"] = (party.industry or "")[:3]  # the form asks for the division
        known["people"] = [
            {"name": one.name, "title": one.title, "mobile": one.mobile, "email": one.email, "role": "contact"}
            for one in parties.contacts_of(session, party.id)
        ]
    if project is not None:
        known |= {"project_name": project.name, "project_stage": project.stage}
        for name in ("sector", "location", "capex", "equity_pct", "permits", "cod_planned"):
            known[name] = getattr(project, name)
    return {name: value for name, value in known.items() if value not in (None, "", [])}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
