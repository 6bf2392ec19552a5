"""Facilities as agreed and as they stand: opened from the approved plan, signed, drawn, operational, closed.

Law: amounts of a facility change only through the verbs here, its row held; what is drawn less what is repaid is the
balance. Terms are those of the plan version that was approved; a changed plan is another version (monitoring).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import covenant as covenants
from handlers.records.tables import facility as facilities
from handlers.records.tables import project as projects

FACILITY = "FA"
STATES = ("approved", "signed", "available", "operational", "closed", "lapsed")
LIVE = ("signed", "available", "operational")


@dataclass(frozen=True, slots=True)
class Facility:
    """One facility; amounts in units of `currency`, `…_pct` from 0 to 100, months counted from signing."""

    id: int
    business_key: str
    project_id: int
    project_key: str
    party_id: int
    plan_id: str | None
    plan_version: int | None
    limit_id: int | None
    name: str
    type: str
    currency: str
    amount: Decimal
    months: int
    grace_months: int
    availability_months: int
    profile: str
    rate_pct: Decimal
    margin_pct: Decimal | None
    upfront_fee_pct: Decimal | None
    commitment_fee_pct: Decimal | None
    day_count: str | None
    dsra_months: int | None
    target_dscr: Decimal | None
    period_months: int | None
    balloon: Decimal | None
    state: str
    drawn: Decimal
    repaid: Decimal
    signed_on: date | None
    availability_end: date | None
    maturity: date | None
    drawstop: str | None
    default_since: date | None
    created_at: datetime
    created_by: str

    @property
    def undrawn(self) -> Decimal:
        """What may still be drawn; nothing once the time for it is over."""
        return self.amount - self.drawn if self.state in ("approved", "signed", "available") else Decimal(0)

    @property
    def balance(self) -> Decimal:
        """Principal outstanding."""
        return self.drawn - self.repaid


@dataclass(frozen=True, slots=True)
class Covenant:
    """One covenant; levels as the metric is told, `watch_pct` from 0 to 100."""

    id: int
    facility_id: int
    code: str
    name: str
    kind: str
    metric: str | None
    direction: str | None
    default_level: Decimal | None
    lockup_level: Decimal | None
    watch_pct: Decimal | None
    frequency: str | None
    due_days: int | None
    cure_days: int | None
    look: str | None
    state: str


_FACILITY = [
    projects.c.business_key.label("project_key") if field.name == "project_key" else facilities.c[field.name]
    for field in fields(Facility)
]
_FROM = facilities.join(projects, projects.c.id == facilities.c.project_id)
_COVENANT = [covenants.c[field.name] for field in fields(Covenant)]

TERMS = frozenset(c.name for c in facilities.c) - {
    "id", "business_key", "project_id", "party_id", "state", "drawn", "repaid", "created_at", "created_by",
}  # fmt: skip


def find(session: Session, facility: int | str, *, lock: bool = False) -> Facility | None:
    """By id or business key; None when there is none."""
    is_key = not keys.is_id(facility)
    where = facilities.c.business_key == facility if is_key else facilities.c.id == int(facility)
    if lock:
        session.execute(sa.select(facilities.c.id).where(where).with_for_update())
    row = session.execute(sa.select(*_FACILITY).select_from(_FROM).where(where)).mappings().one_or_none()
    return None if row is None else Facility(**row)


def get(session: Session, facility: int | str, *, lock: bool = False) -> Facility:
    """By id or business key, its row held when asked. NotFound."""
    found = find(session, facility, lock=lock)
    if found is None:
        raise NotFound(what="facility", what_zh="融资工具", id=facility)
    return found


def of_project(session: Session, project_id: int) -> tuple[Facility, ...]:
    """The facilities of a project, in the order in which they were opened."""
    rows = session.execute(
        sa.select(*_FACILITY).select_from(_FROM).where(facilities.c.project_id == project_id).order_by(facilities.c.id)
    )
    return tuple(Facility(**row) for row in rows.mappings())


def of_party(session: Session, party_id: int) -> tuple[Facility, ...]:
    """The facilities whose borrower the party is, newest first."""
    rows = session.execute(
        sa.select(*_FACILITY)
        .select_from(_FROM)
        .where(facilities.c.party_id == party_id)
        .order_by(facilities.c.id.desc())
    )
    return tuple(Facility(**row) for row in rows.mappings())


def open_(
    session: Session, project_id: int, party_id: int, terms: Mapping[str, Any], stamp: Stamp, year: int
) -> Facility:
    """A facility as approved, under the next `FA-` key. InvalidInput for unknown or missing terms."""
    unknown = sorted(set(terms) - TERMS)
    if unknown:
        listed = ", ".join(unknown)
        raise InvalidInput(place="facility", reason=f"unknown fields {listed}", reason_zh=f"未知字段 {listed}")
    for name in ("name", "type", "currency", "amount", "months", "rate_pct"):
        if terms.get(name) is None:
            raise InvalidInput(place=f"facility.{name}", reason="is missing", reason_zh="缺失")
    if terms["amount"] <= 0 or terms["months"] <= 0:
        raise InvalidInput(place="facility", reason="amount and months must be above nought", reason_zh="须大于零")
    row = {"grace_months": 0, "availability_months": 0, "profile": "annuity"} | dict(terms)
    row |= {
        "business_key": keys.next_key(session, FACILITY, year),
        "project_id": project_id,
        "party_id": party_id,
        "state": "approved",
        "drawn": Decimal(0),
        "repaid": Decimal(0),
        "created_at": stamp.at,
        "created_by": stamp.by,
    }
    return get(session, insert(session, facilities, row, stamp))


def change(session: Session, facility_id: int, values: Mapping[str, Any], stamp: Stamp) -> Facility:
    """Write terms or dates of a facility; what differs is logged."""
    unknown = sorted(set(values) - TERMS)
    if unknown:
        listed = ", ".join(unknown)
        raise InvalidInput(place="facility", reason=f"unknown fields {listed}", reason_zh=f"未知字段 {listed}")
    update(session, facilities, facility_id, values, stamp)
    return get(session, facility_id)


def enter(session: Session, facility_id: int, state: str, stamp: Stamp) -> Facility:
    """Move a facility into a state. InvalidInput for an unknown one."""
    if state not in STATES:
        raise InvalidInput(place="state", reason=f"unknown: {state}", reason_zh=f"未知状态 {state}")
    update(session, facilities, facility_id, {"state": state}, stamp)
    return get(session, facility_id)


def draw(session: Session, facility_id: int, amount: Decimal, stamp: Stamp) -> Facility:
    """Money went out, or came back (a negative amount). InvalidInput beyond the facility or below nought."""
    held = get(session, facility_id, lock=True)
    after = held.drawn + amount
    if not 0 <= after <= held.amount:
        raise InvalidInput(place="amount", reason=f"{after} of {held.amount}", reason_zh=f"提款后 {after}，超出范围")
    update(session, facilities, facility_id, {"drawn": after}, stamp)
    return get(session, facility_id)


def repay(session: Session, facility_id: int, principal: Decimal, stamp: Stamp) -> Facility:
    """Principal came back. InvalidInput beyond the balance or below nought."""
    held = get(session, facility_id, lock=True)
    if not 0 <= principal <= held.balance:
        raise InvalidInput(place="principal", reason=f"{principal} of {held.balance}", reason_zh="超过未偿本金")
    update(session, facilities, facility_id, {"repaid": held.repaid + principal}, stamp)
    return get(session, facility_id)


def add_covenant(session: Session, facility_id: int, values: Mapping[str, Any], stamp: Stamp) -> int:
    """A covenant of a facility, in force; one that is there under the same code stays as it is."""
    where = (covenants.c.facility_id == facility_id, covenants.c.code == values.get("code"))
    known = session.execute(sa.select(covenants.c.id).where(*where)).scalar()
    if known is not None:
        return int(known)
    return insert(session, covenants, {"facility_id": facility_id, "state": "in_force"} | dict(values), stamp)


def covenants_of(session: Session, facility_id: int, *, in_force: bool = True) -> tuple[Covenant, ...]:
    """The covenants of a facility, in the order of the plan."""
    query = sa.select(*_COVENANT).where(covenants.c.facility_id == facility_id).order_by(covenants.c.id)
    if in_force:
        query = query.where(covenants.c.state == "in_force")
    return tuple(Covenant(**row) for row in session.execute(query).mappings())


def set_drawstop(session: Session, project_id: int, reason: str | None, stamp: Stamp) -> int:
    """Stop draws of every facility of a project with a reason, or allow them again (None); returns how many changed."""
    changed = 0
    for one in of_project(session, project_id):
        changed += bool(update(session, facilities, one.id, {"drawstop": reason}, stamp))
    return changed
