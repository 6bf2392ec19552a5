"""Instalments as planned, and what was paid of them. Law: a new plan supersedes what is unpaid, never what is paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import repayment as repayments


@dataclass(frozen=True, slots=True)
class Repayment:
    """One instalment as planned, and what was paid of it."""

    id: int
    facility_id: int
    version: int
    period: int
    due: date
    opening: Decimal
    interest: Decimal
    principal: Decimal
    payment: Decimal
    balance: Decimal
    paid: Decimal
    paid_on: date | None
    state: str


_REPAYMENT = [repayments.c[field.name] for field in fields(Repayment)]


def plan(session: Session, facility_id: int, rows: Iterable[Mapping[str, Any]], version: int, stamp: Stamp) -> int:
    """The instalments of a facility in a version of its plan; unpaid ones of earlier versions are superseded. Returns
    how many there are. A version that is there already stays as it is."""
    known = session.execute(
        sa.select(sa.func.count()).where(repayments.c.facility_id == facility_id, repayments.c.version == version)
    ).scalar_one()
    if known:
        return int(known)
    end(session, facility_id)
    made = [
        insert(
            session,
            repayments,
            {"facility_id": facility_id, "version": version, "paid": Decimal(0), "state": "planned"} | dict(row),
            stamp,
        )
        for row in rows
    ]
    return len(made)


def end(session: Session, facility_id: int) -> None:
    """What is unpaid of a facility's plan is superseded."""
    unpaid = repayments.update().where(repayments.c.facility_id == facility_id, repayments.c.state == "planned")
    session.execute(unpaid.values(state="superseded"))


def next_version(session: Session, facility_id: int) -> int:
    """The number of the next version of a facility's plan."""
    latest = sa.select(sa.func.max(repayments.c.version)).where(repayments.c.facility_id == facility_id)
    return (session.execute(latest).scalar() or 0) + 1


def of_facility(session: Session, facility_id: int) -> tuple[Repayment, ...]:
    """The instalments in force, by due date."""
    rows = session.execute(
        sa.select(*_REPAYMENT)
        .where(repayments.c.facility_id == facility_id, repayments.c.state != "superseded")
        .order_by(repayments.c.due, repayments.c.id)
    )
    return tuple(Repayment(**row) for row in rows.mappings())


def pay(session: Session, one: Repayment, amount: Decimal, day: date, stamp: Stamp) -> None:
    """Money for an instalment came in; it is paid once all of it is there."""
    paid = one.paid + amount
    done = {"state": "paid", "paid_on": day} if paid >= one.payment else {}
    update(session, repayments, one.id, {"paid": paid} | done, stamp)
