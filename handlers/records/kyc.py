"""Know-your-client cases, ownership, and credit records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from handlers.records.changes import Stamp, insert, remove, update
from handlers.records.changes import verify as mark_verified
from handlers.records.tables import credit_record, ownership_edge
from handlers.records.tables import kyc_case as cases
from handlers.records.tables import party as parties

DECISIONS = ("approved", "rejected")


@dataclass(frozen=True, slots=True)
class KycCase:
    """One check of a client; `rating` 1 low … 4 very high."""

    id: int
    party_id: int
    project_id: int | None
    state: str
    rating: int | None
    hits: Sequence[Mapping[str, Any]]
    ubos: Sequence[Mapping[str, Any]]
    documents: Sequence[Mapping[str, Any]]
    source_of_funds: str | None
    comment: str | None
    opened_at: datetime
    opened_by: str
    decided_at: datetime | None
    decided_by: str | None
    next_review: date | None
    instance: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    """`owner_name` holds `share` (a fraction as written: 3/5, 0.6, 60%) of `owned_name`."""

    owner_name: str
    owned_name: str
    share: str
    owner_kind: str = "company"
    control: str = "shares"
    owner_party_id: int | None = None
    evidence: str | None = None
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class CreditRecord:
    """A bureau report as pulled."""

    id: int
    party_id: int
    source: str
    pulled_at: datetime
    authorisation: str
    events: Mapping[str, Any]
    raw_sha256: str


_CASE = [cases.c[field.name] for field in fields(KycCase)]
_EDGE = [ownership_edge.c[field.name] for field in fields(Edge)]
_CREDIT = [credit_record.c[field.name] for field in fields(CreditRecord)]


def case(session: Session, case_id: int) -> KycCase:
    """By id. NotFound."""
    row = session.execute(sa.select(*_CASE).where(cases.c.id == case_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="KYC case", what_zh="尽调案件", id=case_id)
    return KycCase(**row)


def cases_of(session: Session, party_id: int) -> tuple[KycCase, ...]:
    """The client's cases, newest first."""
    rows = session.execute(sa.select(*_CASE).where(cases.c.party_id == party_id).order_by(cases.c.id.desc()))
    return tuple(KycCase(**row) for row in rows.mappings())


def open_case(
    session: Session, party_id: int, stamp: Stamp, project_id: int | None = None, instance: str | None = None
) -> KycCase:
    """The client's open case of this instance, or a new one."""
    known = session.execute(
        sa.select(cases.c.id).where(
            cases.c.party_id == party_id,
            cases.c.state == "open",
            cases.c.instance == instance if instance is not None else cases.c.instance.is_(None),
        )
    ).scalar()
    if known is not None:
        return case(session, known)
    values: dict[str, Any] = {
        "party_id": party_id,
        "project_id": project_id,
        "state": "open",
        "hits": [],
        "ubos": [],
        "documents": [],
        "opened_at": stamp.at,
        "opened_by": stamp.by,
        "instance": instance,
    }
    return case(session, insert(session, cases, values, stamp))


def note(session: Session, case_id: int, values: Mapping[str, Any], stamp: Stamp) -> KycCase:
    """Write findings (hits, ubos, documents, rating, source_of_funds, comment) into an open case."""
    allowed = {"hits", "ubos", "documents", "rating", "source_of_funds", "comment"}
    unknown = sorted(set(values) - allowed)
    if unknown:
        raise InvalidInput(place="kyc", reason=f"unknown {unknown}", reason_zh=f"未知字段 {unknown}")
    update(session, cases, case_id, values, stamp)
    return case(session, case_id)


def decide(
    session: Session,
    case_id: int,
    decision: str,
    stamp: Stamp,
    *,
    rating: int | None = None,
    next_review: date | None = None,
    comment: str | None = None,
) -> KycCase:
    """Close a case as approved or rejected and carry the rating to the client. A closed case keeps its
    decision.
    """
    if decision not in DECISIONS:
        raise InvalidInput(place="decision", reason=f"unknown: {decision}", reason_zh=f"未知结论 {decision}")
    present = case(session, case_id)
    if present.state != "open":
        return present
    values: dict[str, Any] = {
        "state": decision,
        "rating": rating if rating is not None else present.rating,
        "next_review": next_review,
        "comment": comment if comment is not None else present.comment,
        "decided_at": stamp.at,
        "decided_by": stamp.by,
    }
    update(session, cases, case_id, values, stamp)
    if values["rating"] is not None:
        update(session, parties, present.party_id, {"risk_rating": values["rating"]}, stamp)
    return case(session, case_id)


def set_ownership(session: Session, party_id: int, edges: Iterable[Edge], stamp: Stamp) -> None:
    """Make what is known of who owns the client (and its owners in turn) exactly this; who left is in the log."""
    known: dict[tuple[str, str, str], list[int]] = {}
    for row in session.execute(
        sa.select(ownership_edge).where(ownership_edge.c.owned_party_id == party_id).order_by(ownership_edge.c.id)
    ):
        known.setdefault((row.owner_name, row.owned_name, row.control), []).append(row.id)
    for edge in edges:
        values = {name: getattr(edge, name) for name in Edge.__dataclass_fields__}
        same = known.get((edge.owner_name, edge.owned_name, edge.control))
        if same:
            update(session, ownership_edge, same.pop(0), values, stamp)
        else:
            insert(session, ownership_edge, values | {"owned_party_id": party_id}, stamp)
    for left in known.values():
        for row_id in left:
            remove(session, ownership_edge, row_id, stamp)


def verify_ownership(session: Session, party_id: int, stamp: Stamp, evidence: str | None = None) -> int:
    """Mark the known ownership as verified by `stamp.by`; returns how many values."""
    ids = session.execute(sa.select(ownership_edge.c.id).where(ownership_edge.c.owned_party_id == party_id)).scalars()
    return sum(mark_verified(session, "ownership_edge", one, stamp, evidence) for one in ids.all())


def ownership(session: Session, party_id: int) -> tuple[Edge, ...]:
    """The known ownership of a client."""
    rows = session.execute(
        sa.select(*_EDGE).where(ownership_edge.c.owned_party_id == party_id).order_by(ownership_edge.c.id)
    )
    return tuple(Edge(**row) for row in rows.mappings())


def add_credit_record(
    session: Session, party_id: int, authorisation: str, events: Mapping[str, Any], stamp: Stamp
) -> CreditRecord:
    """Keep a bureau report under the authorisation it was pulled with."""
    values = {
        "party_id": party_id,
        "source": stamp.source,
        "pulled_at": stamp.at,
        "authorisation": authorisation,
        "events": dict(events),
        "raw_sha256": stamp.raw_sha256 or "",
    }
    row_id = insert(session, credit_record, values, stamp)
    row = session.execute(sa.select(*_CREDIT).where(credit_record.c.id == row_id)).mappings().one()
    return CreditRecord(**row)


def credit_records(session: Session, party_id: int) -> tuple[CreditRecord, ...]:
    """Reports on a client, newest first."""
    rows = session.execute(
        sa.select(*_CREDIT).where(credit_record.c.party_id == party_id).order_by(credit_record.c.pulled_at.desc())
    )
    return tuple(CreditRecord(**row) for row in rows.mappings())
