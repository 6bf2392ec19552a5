"""Parties and their contacts: find, create, change. Joining two entries of one is in merging.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from handlers import names, reg_no
from handlers.records import groups, keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.changes import verify as mark_verified
from handlers.records.tables import contact as contacts
from handlers.records.tables import party as parties

KINDS = ("company", "spv", "person", "fund", "authority")


@dataclass(frozen=True, slots=True)
class Party:
    """A client or other party as it stands in the book; amounts in units of their currency."""

    id: int
    business_key: str
    kind: str
    legal_name: str
    reg_no: str | None
    lei: str | None
    country: str
    region: str | None
    address: str | None
    legal_rep: str | None
    founded: date | None
    capital: Decimal | None
    capital_currency: str | None
    industry: str | None
    ownership_type: str | None
    website: str | None
    phone: str | None
    email: str | None
    risk_rating: int | None
    lifecycle_stage: str
    tier: str | None
    score: int | None
    owner: str | None
    consent: Mapping[str, Any] | None
    source: str
    created_at: datetime
    created_by: str
    last_verified_at: datetime | None
    merged_into: int | None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at a party."""

    id: int
    party_id: int
    name: str
    title: str | None
    mobile: str | None
    email: str | None
    birthday: date | None
    birthday_calendar: str
    preferred_channel: str | None
    language: str
    consent: bool
    consent_at: datetime | None
    public_official: bool


_PARTY = [parties.c[field.name] for field in fields(Party)]
_CONTACT = [contacts.c[field.name] for field in fields(Contact)]

WRITABLE = frozenset(c.name for c in parties.c) - {
    "id",
    "business_key",
    "name_key",
    "created_at",
    "created_by",
    "source",
    "merged_into",
}


def get(session: Session, party: int | str) -> Party:
    """By id or business key (a merged party gives its survivor). NotFound."""
    found = find(session, party)
    if found is None:
        raise NotFound(what="client", what_zh="客户", id=party)
    return found


def find(session: Session, party: int | str) -> Party | None:
    """By id or business key (a merged party gives its survivor); None when there is none."""
    where = parties.c.business_key == party if not keys.is_id(party) else parties.c.id == int(party)
    row = session.execute(sa.select(*_PARTY).where(where)).mappings().one_or_none()
    if row is None:
        return None
    found = Party(**row)
    return found if found.merged_into is None else find(session, found.merged_into)


def by_reg_no(session: Session, code: str) -> Party | None:
    """The party with a registration number (compared in compact form)."""
    row = session.execute(sa.select(*_PARTY).where(parties.c.reg_no == reg_no.compact(code))).mappings().one_or_none()
    return None if row is None else Party(**row)


def create(
    session: Session, values: Mapping[str, Any], stamp: Stamp, year: int, business_key: str | None = None
) -> Party:
    """A new party, under the key that was drawn for it, else the next `CL-` key of `year`.

    Needs `legal_name`; unknown fields are refused (InvalidInput).
    """
    row = checked(values)
    if not row.get("legal_name"):
        raise InvalidInput(place="legal_name", reason="is missing", reason_zh="缺少企业名称")
    row = {"kind": "company", "country": "CN", "lifecycle_stage": "lead"} | row
    row |= {
        "business_key": business_key or keys.next_key(session, keys.CLIENT, year),
        "source": stamp.source,
        "created_at": stamp.at,
        "created_by": stamp.by,
    }
    return get(session, insert(session, parties, row, stamp))


def change(session: Session, party_id: int, values: Mapping[str, Any], stamp: Stamp) -> Party:
    """Write fields of a party; those that differ are logged with their source."""
    row = checked(values)
    if row.get("group_id") is not None:
        groups.refuse_ring(session, party_id, int(row["group_id"]))
    update(session, parties, party_id, row, stamp)
    return get(session, party_id)


def values_of(session: Session, party_id: int, names: Iterable[str]) -> dict[str, Any]:
    """Columns of a party as they stand, by name."""
    row = session.execute(sa.select(*(parties.c[name] for name in names)).where(parties.c.id == party_id))
    return {str(name): value for name, value in row.mappings().one().items()}


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they are kept (numbers compact, the comparable name beside the name). InvalidInput: unknown fields."""
    unknown = sorted(set(values) - WRITABLE)
    if unknown:
        listed = ", ".join(unknown)
        raise InvalidInput(place="party", reason=f"unknown fields {listed}", reason_zh=f"未知字段 {listed}")
    row = dict(values)
    if row.get("legal_name"):
        row["name_key"] = names.name_key(row["legal_name"])
    if row.get("reg_no"):
        row["reg_no"] = reg_no.compact(row["reg_no"])
    return row


def by_name(session: Session, name: str) -> Party | None:
    """The oldest party with this very name (width and blanks apart)."""
    rows = session.execute(
        sa.select(*_PARTY)
        .where(parties.c.name_key == names.name_key(name), parties.c.merged_into.is_(None))
        .order_by(parties.c.id)
    ).mappings()
    plain = names.half_width(name)
    return next((Party(**row) for row in rows if names.half_width(row["legal_name"]) == plain), None)


def verify(session: Session, party_id: int, stamp: Stamp, evidence: str | None = None) -> int:
    """Mark the party's present values as verified by `stamp.by`; returns how many there were."""
    session.execute(parties.update().where(parties.c.id == party_id).values(last_verified_at=stamp.at))
    return mark_verified(session, "party", party_id, stamp, evidence)


def verify_people(session: Session, party_id: int, stamp: Stamp, evidence: str | None = None) -> int:
    """Mark what the book says of the party's people as verified by `stamp.by`; returns how many values."""
    people = contacts_of(session, party_id)
    return sum(mark_verified(session, "contact", one.id, stamp, evidence) for one in people)


def name_index(session: Session) -> Mapping[int, str]:
    """Id -> comparable name of every party that stands (merged ones left out)."""
    rows = session.execute(sa.select(parties.c.id, parties.c.name_key).where(parties.c.merged_into.is_(None)))
    return {row.id: row.name_key for row in rows}


def with_phone(session: Session, phones: Iterable[str]) -> frozenset[int]:
    """Parties that have one of the numbers (in `phone_key` form), their own or a contact's."""
    wanted = sorted(set(phones))
    if not wanted:
        return frozenset()
    own = sa.select(parties.c.id).where(parties.c.phone.in_(wanted), parties.c.merged_into.is_(None))
    theirs = sa.select(contacts.c.party_id).where(contacts.c.mobile.in_(wanted))
    return frozenset(session.execute(own.union(theirs)).scalars())


def add_contact(session: Session, party_id: int, values: Mapping[str, Any], stamp: Stamp) -> Contact:
    """A person at the party. The same mobile, e-mail or (lacking both) name again completes the one that
    stands.
    """
    row = {key: value for key, value in values.items() if value is not None}
    if row.get("mobile"):
        row["mobile"] = names.phone_key(str(row["mobile"])) or names.half_width(str(row["mobile"]))
    if row.get("email"):
        row["email"] = names.email_key(str(row["email"])) or names.half_width(str(row["email"]))
    if row.get("consent"):
        row.setdefault("consent_at", stamp.at)
    known = _same_contact(session, party_id, row)
    if known is not None:
        update(session, contacts, known, row, stamp)
        return _contact(session, known)
    defaults = {"birthday_calendar": "solar", "language": "zh", "consent": False, "public_official": False}
    identity = {"party_id": party_id, "created_at": stamp.at}
    return _contact(session, insert(session, contacts, defaults | row | identity, stamp))


def _same_contact(session: Session, party_id: int, row: Mapping[str, Any]) -> int | None:
    same = [contacts.c[field] == row[field] for field in ("mobile", "email") if row.get(field)]
    condition = sa.or_(*same) if same else contacts.c.name == row.get("name")
    found = session.execute(
        sa.select(contacts.c.id).where(contacts.c.party_id == party_id, condition).order_by(contacts.c.id).limit(1)
    )
    return found.scalar()


def _contact(session: Session, contact_id: int) -> Contact:
    row = session.execute(sa.select(*_CONTACT).where(contacts.c.id == contact_id)).mappings().one()
    return Contact(**row)


def contacts_of(session: Session, party_id: int) -> tuple[Contact, ...]:
    """The party's people, oldest entry first."""
    rows = session.execute(sa.select(*_CONTACT).where(contacts.c.party_id == party_id).order_by(contacts.c.id))
    return tuple(Contact(**row) for row in rows.mappings())
