"""Amendments, the versions of a facility's terms that they make, waivers, and restrictions of service.

Law: terms are never overwritten; an amendment adds a version, and taking it back makes the version before it count
again. Version 1 is what was agreed at first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import amendment as amendments
from handlers.records.tables import repayment as repayments
from handlers.records.tables import service_restriction as restrictions
from handlers.records.tables import term_version as versions
from handlers.records.tables import waiver as waivers

AMENDMENT = "AM"


@dataclass(frozen=True, slots=True)
class Amendment:
    """`options` of topup, waiver, schedule; `state` proposed … active, or rejected, lapsed, restored."""

    id: int
    business_key: str
    subject_key: str
    facility_key: str | None
    project_key: str | None
    party_id: int | None
    options: Sequence[str]
    reason: str | None
    materiality: str | None
    proposal: Mapping[str, Any]
    comparison: Mapping[str, Any] | None
    approval: Mapping[str, Any] | None
    state: str
    opened_at: datetime
    opened_by: str
    decided_at: datetime | None
    activated_at: datetime | None
    closed_at: datetime | None
    instance: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of a facility's terms; one is active."""

    id: int
    facility_key: str
    version: int
    terms: Mapping[str, Any]
    state: str
    amendment_id: int | None
    since: datetime
    by: str


_AMENDMENT = [amendments.c[field.name] for field in fields(Amendment)]
_TERMS = [versions.c[field.name] for field in fields(Terms)]


def open_amendment(session: Session, values: Mapping[str, Any], stamp: Stamp, year: int) -> Amendment:
    """A new one under a business key of its own."""
    key = keys.next_key(session, AMENDMENT, year)
    blank = {"options": [], "proposal": {}, "state": "proposed", "opened_at": stamp.at, "opened_by": stamp.by}
    insert(session, amendments, {**blank, **values, "business_key": key}, stamp)
    return get(session, key)


def get(session: Session, key: str) -> Amendment:
    """By business key. NotFound."""
    row = session.execute(sa.select(*_AMENDMENT).where(amendments.c.business_key == key)).mappings().first()
    if row is None:
        raise NotFound(what="amendment", what_zh="变更", id=key)
    return Amendment(**row)


def change(session: Session, key: str, values: Mapping[str, Any], stamp: Stamp) -> Amendment:
    """Write what has become of it."""
    update(session, amendments, get(session, key).id, values, stamp)
    return get(session, key)


def amendments_of(session: Session, subject_key: str) -> tuple[Amendment, ...]:
    """Of a facility or project, newest first."""
    query = sa.select(*_AMENDMENT).where(amendments.c.subject_key == subject_key)
    rows = session.execute(query.order_by(amendments.c.id.desc())).mappings()
    return tuple(Amendment(**row) for row in rows)


# ── versions of terms ──────────────────────────────────────────────────────────────────────────────────────────


def terms_of(session: Session, facility_key: str) -> tuple[Terms, ...]:
    """Every version, newest first."""
    query = sa.select(*_TERMS).where(versions.c.facility_key == facility_key).order_by(versions.c.version.desc())
    return tuple(Terms(**row) for row in session.execute(query).mappings())


def active_terms(session: Session, facility_key: str) -> Terms | None:
    """The version that counts."""
    return next((one for one in terms_of(session, facility_key) if one.state == "active"), None)


def activate(
    session: Session, facility_key: str, terms: Mapping[str, Any], stamp: Stamp, amendment_id: int | None = None
) -> Terms:
    """A new version that counts from now on; the same amendment's stands once."""
    known = terms_of(session, facility_key)
    for one in known:
        if amendment_id is not None and one.amendment_id == amendment_id and one.state == "active":
            return one
        if one.state == "active":
            update(session, versions, one.id, {"state": "superseded"}, stamp)
    number = known[0].version + 1 if known else 1
    row = {"facility_key": facility_key, "version": number, "terms": dict(terms), "state": "active"}
    insert(session, versions, {**row, "amendment_id": amendment_id, "since": stamp.at, "by": stamp.by}, stamp)
    return terms_of(session, facility_key)[0]


def withdraw(session: Session, amendment_id: int, stamp: Stamp) -> Terms | None:
    """Take an amendment's version back: the one before counts again. None when there is nothing to take back."""
    query = sa.select(*_TERMS).where(versions.c.amendment_id == amendment_id, versions.c.state == "active")
    row = session.execute(query).mappings().first()
    if row is None:
        return None
    update(session, versions, row["id"], {"state": "withdrawn"}, stamp)
    earlier = [one for one in terms_of(session, row["facility_key"]) if one.state == "superseded"]
    if not earlier:
        return None
    update(session, versions, earlier[0].id, {"state": "active"}, stamp)
    return active_terms(session, row["facility_key"])


def version_of(session: Session, amendment_id: int) -> Terms | None:
    """The version that an amendment made."""
    row = session.execute(sa.select(*_TERMS).where(versions.c.amendment_id == amendment_id)).mappings().first()
    return None if row is None else Terms(**row)


def next_instalments(session: Session, facility_id: int) -> int:
    """The version that a new schedule's instalments get."""
    newest = sa.select(sa.func.max(repayments.c.version)).where(repayments.c.facility_id == facility_id)
    return (session.execute(newest).scalar() or 0) + 1


def restore_instalments(session: Session, facility_id: int, version: int) -> None:
    """Take a schedule's unpaid instalments back; those that it superseded are due again."""
    own = repayments.c.facility_id == facility_id
    session.execute(
        repayments.update()
        .where(own, repayments.c.version == version, repayments.c.state == "planned")
        .values(state="superseded")
    )
    before = sa.select(sa.func.max(repayments.c.version)).where(own, repayments.c.version < version).scalar_subquery()
    session.execute(
        repayments.update()
        .where(own, repayments.c.version == before, repayments.c.state == "superseded")
        .values(state="planned")
    )


def grant_waiver(
    session: Session,
    facility_key: str,
    party_id: int | None,
    amendment_id: int,
    codes: Sequence[str],
    until: date,
    vote: Mapping[str, Any] | None,
    stamp: Stamp,
) -> None:
    """Covenants that need not be kept until a day, with the lenders' vote behind it; once an amendment."""
    if session.execute(sa.select(waivers.c.id).where(waivers.c.amendment_id == amendment_id)).first() is not None:
        return
    row = {"facility_key": facility_key, "party_id": party_id, "amendment_id": amendment_id, "covenants": list(codes)}
    insert(session, waivers, {**row, "vote": vote, "until": until, "granted_at": stamp.at, "by": stamp.by}, stamp)


# ── restrictions of service ────────────────────────────────────────────────────────────────────────────────────


def restrict(session: Session, party_id: int, reason: str, stamp: Stamp) -> bool:
    """No new business with a client for a reason; False when it is so already."""
    if reason in restricted(session, party_id):
        return False
    row = {"party_id": party_id, "reason": reason, "since": stamp.at, "by": stamp.by, "why": stamp.why}
    insert(session, restrictions, row, stamp)
    return True


def restricted(session: Session, party_id: int) -> tuple[str, ...]:
    """The reasons for which a client is restricted now."""
    query = sa.select(restrictions.c.reason).where(
        restrictions.c.party_id == party_id, restrictions.c.lifted_at.is_(None)
    )
    return tuple(session.execute(query.order_by(restrictions.c.id)).scalars())


def lift(session: Session, party_id: int, reason: str, stamp: Stamp) -> int:
    """End a restriction; returns how many there were."""
    query = sa.select(restrictions.c.id).where(
        restrictions.c.party_id == party_id, restrictions.c.reason == reason, restrictions.c.lifted_at.is_(None)
    )
    ids = session.execute(query).scalars().all()
    for one in ids:
        update(session, restrictions, one, {"lifted_at": stamp.at, "lifted_by": stamp.by}, stamp)
    return len(ids)
