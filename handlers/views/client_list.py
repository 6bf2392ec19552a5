"""The list of clients: by text, stage, role, tier, owner, region and the house's own fields; with the number of each.

A client with two roles is counted and found under both. Entries that became part of another one are not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers import client_facts, segments
from handlers.records import cards, custom
from handlers.records.tables import facility as facilities
from handlers.records.tables import kyc_case as cases
from handlers.records.tables import party as parties
from handlers.records.tables import party_role as roles

Sort = Literal["latest", "name", "tier", "owner"]
FILTERS = ("stage", "role", "tier", "owner", "region")
"""What is filtered by one value each."""
_COLUMN = {
    "stage": parties.c.lifecycle_stage,
    "tier": parties.c.tier,
    "owner": parties.c.owner,
    "region": parties.c.region,
}
RELATED = "related"
"""The stage of who is no client and will not be one."""
NOBODY = "-"
"""The value of a filter that asks for clients without one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for. `chosen`: filter -> value; `own`: key of a custom field -> value that it has."""

    text: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    sort: Sort = "latest"
    roles: frozenset[str] | None = None
    """For somebody whose business are clients of these roles, and those without a role yet; None: all."""
    related: bool = True
    """Whether those are listed as well who only take part in a client's project: suppliers, advisers, contractors."""


@dataclass(frozen=True, slots=True)
class ClientLine:
    """One client in the list; `owed` by currency, `own` the custom fields by key."""

    id: int
    business_key: str
    kind: str
    legal_name: str
    reg_no: str | None
    region: str | None
    industry: str | None
    lifecycle_stage: str
    tier: str | None
    owner: str | None
    risk_rating: int | None
    phone: str | None
    created_at: datetime
    roles: tuple[str, ...] = ()
    owed: Mapping[str, Decimal] = field(default_factory=dict)
    last_contact: datetime | None = None
    next_review: date | None = None
    own: Mapping[str, Any] = field(default_factory=dict)


_PLAIN = ("roles", "owed", "last_contact", "next_review", "own")
_LINE = [parties.c[name] for name in ClientLine.__dataclass_fields__ if name not in _PLAIN]


def clients(session: Session, wanted: Wanted, *, page: int = 1, size: int = 50) -> list[ClientLine]:
    """One page of the clients that are wanted."""
    order = {
        "latest": (parties.c.id.desc(),),
        "name": (parties.c.name_key, parties.c.id),
        "tier": (parties.c.tier.is_(None), parties.c.tier, parties.c.id.desc()),
        "owner": (parties.c.owner.is_(None), parties.c.owner, parties.c.id.desc()),
    }[wanted.sort]
    query = sa.select(*_LINE).where(*_conditions(session, wanted)).order_by(*order)
    rows = session.execute(query.limit(size).offset((page - 1) * size)).mappings().all()
    return _completed(session, rows)


def count(session: Session, wanted: Wanted) -> int:
    """How many there are on all pages."""
    query = sa.select(sa.func.count()).select_from(parties).where(*_conditions(session, wanted))
    return session.scalar(query) or 0


def numbers(session: Session, wanted: Wanted, name: str) -> dict[str, int]:
    """Value of a filter -> how many clients it would leave, the other filters staying as they are; most first."""
    where = _conditions(session, wanted, without=name)
    number = sa.func.count(sa.distinct(parties.c.id))
    if name == "role":
        query = sa.select(roles.c.role, number).join(parties, parties.c.id == roles.c.party_id).where(*where)
        query = query.group_by(roles.c.role)
    else:
        query = sa.select(_COLUMN[name], number).where(*where).group_by(_COLUMN[name])
    rows = sorted(session.execute(query).all(), key=lambda row: (-row[1], str(row[0])))
    return {NOBODY if value is None else str(value): found for value, found in rows}


def _conditions(session: Session, wanted: Wanted, without: str = "") -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [parties.c.merged_into.is_(None)]
    if wanted.roles is not None:
        found.append(segments.clients_with(wanted.roles))
    if not wanted.related and without not in ("stage", "role"):
        found.append(parties.c.lifecycle_stage != RELATED)
    if wanted.text:
        found.append(sa.or_(*cards.client_conditions(wanted.text)))
    for name, value in wanted.chosen.items():
        if not value or name == without:
            continue
        if name == "role":
            found.append(parties.c.id.in_(sa.select(roles.c.party_id).where(roles.c.role == value)))
        else:
            found.append(_COLUMN[name].is_(None) if value == NOBODY else _COLUMN[name] == value)
    for key, value in wanted.own.items():
        found.append(parties.c.id.in_(_own(session, key, value)))
    return found


def _own(session: Session, key: str, value: str) -> sa.Select[tuple[int]]:
    kind = next((one.type for one in custom.fields_of(session, "party") if one.key == key), "text")
    return custom.matching(session, "party", key, "contains" if kind == "text" else "=", value)


def _completed(session: Session, rows: Sequence[Any]) -> list[ClientLine]:
    ids = [row["id"] for row in rows]
    held = _roles(session, ids)
    owed = _owed(session, ids)
    talks = client_facts.last_contacts_of(session, ids)
    reviews = _reviews(session, ids)
    own = custom.values_by_subject(session, "party", ids)
    return [
        ClientLine(
            **row,
            roles=held.get(row["id"], ()),
            owed=owed.get(row["id"], {}),
            last_contact=talks.get(row["id"]),
            next_review=reviews.get(row["id"]),
            own=own.get(row["id"], {}),
        )
        for row in rows
    ]


def _roles(session: Session, ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    query = sa.select(roles.c.party_id, roles.c.role).where(roles.c.party_id.in_(ids)).order_by(roles.c.id)
    found: dict[int, list[str]] = {}
    for party_id, role in session.execute(query):
        if role not in found.setdefault(party_id, []):
            found[party_id].append(role)
    return {id: tuple(ones) for id, ones in found.items()}


def _owed(session: Session, ids: Iterable[int]) -> dict[int, dict[str, Decimal]]:
    """What is drawn and not repaid."""
    query = sa.select(facilities.c.party_id, facilities.c.currency, facilities.c.drawn, facilities.c.repaid).where(
        facilities.c.party_id.in_(ids), facilities.c.state.not_in(("closed", "lapsed"))
    )
    found: dict[int, dict[str, Decimal]] = {}
    for row in session.execute(query):
        if balance := row.drawn - row.repaid:
            of = found.setdefault(row.party_id, {})
            of[row.currency] = of.get(row.currency, Decimal(0)) + balance
    return found


def _reviews(session: Session, ids: Iterable[int]) -> dict[int, date]:
    query = (
        sa.select(cases.c.party_id, cases.c.next_review)
        .where(cases.c.party_id.in_(ids), cases.c.state == "approved", cases.c.next_review.is_not(None))
        .order_by(cases.c.decided_at)
    )
    return {row.party_id: row.next_review for row in session.execute(query)}
