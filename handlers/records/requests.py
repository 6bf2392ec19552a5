"""Changes that wait for a second person (maker-checker). Law: who a client is, once verified, changes only when
somebody other than the maker approves; until then the book says what it said.

A first value, and a change of what nobody has verified, are written at once: the verification of the whole profile is
their second pair of eyes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import FourEyes, InvalidInput, NotFound
from engine.ids import new_id
from handlers.records import parties
from handlers.records.changes import Stamp, origins
from handlers.records.changes import verify as mark_verified
from handlers.records.tables import change_request as requests

CRITICAL = frozenset({"kind", "legal_name", "reg_no", "lei", "country", "legal_rep", "ownership_type", "group_id"})
"""Fields that say who the client is and whose: contracts, screening and the limit of a group rest on them."""

CLIENT_STAGES = frozenset({"client", "former"})
"""Of these every critical value counts as verified: business was done on it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A change asked for; `state` open, approved, rejected or superseded (a later one of the same field, or none
    needed any more)."""

    id: int
    party_id: int
    field: str
    before: Any
    after: Any
    source: str
    raw_sha256: str | None
    at: datetime
    by: str
    why: str | None
    state: str
    decided_at: datetime | None
    decided_by: str | None
    comment: str | None


_REQUEST = [requests.c[field.name] for field in fields(Request)]


def propose(session: Session, party_id: int, values: Mapping[str, Any], stamp: Stamp) -> tuple[Request, ...]:
    """Write what may be written, ask for the rest; returns the party's requests that are open now.

    Asking again for a field replaces the earlier request; a value that stands already withdraws it. Errors as
    parties.change.
    """
    wanted = parties.checked(values)
    guarded = _guarded(session, party_id, wanted)
    parties.change(session, party_id, {name: values[name] for name in values if name not in guarded}, stamp)
    for field in sorted(CRITICAL & set(wanted)):
        session.execute(
            requests.update()
            .where(requests.c.party_id == party_id, requests.c.field == field, requests.c.state == "open")
            .values(state="superseded", decided_at=stamp.at, decided_by=stamp.by)
        )
    for field, before in sorted(guarded.items()):
        values_of = {"party_id": party_id, "field": field, "before": before, "after": wanted[field], "state": "open"}
        made = {
            "source": stamp.source,
            "raw_sha256": stamp.raw_sha256,
            "at": stamp.at,
            "by": stamp.by,
            "why": stamp.why,
        }
        session.execute(requests.insert().values(id=new_id(), **values_of, **made))
    return open_of(session, party_id)


def _guarded(session: Session, party_id: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Field -> the value that stands and that only a second person may change."""
    party = parties.get(session, party_id)
    present = parties.values_of(session, party_id, CRITICAL)
    known = origins(session, "party", party_id)
    settled = party.lifecycle_stage in CLIENT_STAGES
    return {
        field: present[field]
        for field in CRITICAL & set(wanted)
        if present[field] is not None
        and present[field] != wanted[field]
        and (settled or (field in known and known[field].verifier is not None))
    }


def open_of(session: Session, party_id: int) -> tuple[Request, ...]:
    """What waits for a second person, oldest first."""
    rows = session.execute(
        sa.select(*_REQUEST).where(requests.c.party_id == party_id, requests.c.state == "open").order_by(requests.c.id)
    )
    return tuple(Request(**row) for row in rows.mappings())


def approve(session: Session, request_id: int, stamp: Stamp, evidence: str | None = None) -> Request:
    """Write the change, from the source that it came from, verified by `stamp.by`.

    FourEyes when the maker approves their own; InvalidInput when it was decided already, or the number is another
    client's by now. NotFound.
    """
    one = _undecided(session, request_id, stamp)
    if one.field == "reg_no":
        holder = parties.by_reg_no(session, one.after)
        if holder is not None and holder.id != one.party_id:
            key = holder.business_key
            raise InvalidInput(place="reg_no", reason=f"is {key}'s: merge the two", reason_zh=f"已属于 {key}，请合并")
    made = Stamp(stamp.at, one.by, one.source, one.raw_sha256, one.why)
    parties.change(session, one.party_id, {one.field: one.after}, made)
    mark_verified(session, "party", one.party_id, stamp, evidence, [one.field])
    return _decide(session, one, "approved", stamp, evidence)


def reject(session: Session, request_id: int, stamp: Stamp, comment: str | None = None) -> Request:
    """Leave the book as it is. FourEyes, InvalidInput and NotFound as `approve`."""
    return _decide(session, _undecided(session, request_id, stamp), "rejected", stamp, comment)


def _undecided(session: Session, request_id: int, stamp: Stamp) -> Request:
    one = find(session, request_id, lock=True)
    if one.state != "open":
        raise InvalidInput(place="change", reason=f"was {one.state} already", reason_zh="该变更已处理")
    if one.by == stamp.by:
        raise FourEyes(person=stamp.by, other=f"{one.field} → {one.after}")
    return one


def _decide(session: Session, one: Request, state: str, stamp: Stamp, comment: str | None) -> Request:
    session.execute(
        requests.update()
        .where(requests.c.id == one.id)
        .values(state=state, decided_at=stamp.at, decided_by=stamp.by, comment=comment)
    )
    return find(session, one.id)


def find(session: Session, request_id: int, *, lock: bool = False) -> Request:
    """By id. NotFound."""
    query = sa.select(*_REQUEST).where(requests.c.id == request_id)
    row = session.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    if row is None:
        raise NotFound(what="change request", what_zh="变更申请", id=request_id)
    return Request(**row)
