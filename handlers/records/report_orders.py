"""Reports that come by themselves: what, about whom, how often, to whom (requirement A22).

Law: an order names its next day; what was due while nothing ran comes once, not once a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.ids import new_id
from handlers.records.changes import Stamp
from handlers.records.tables import report_order as orders

FREQUENCIES = ("daily", "weekly", "monthly", "quarterly")
FORMATS = ("pdf", "xlsx")


@dataclass(frozen=True, slots=True)
class Order:
    """A report by itself. `recipients`: addresses, sign-in names, `team:<group>`; `next_on`: when it is next due;
    `selection`: what `handlers.reports.choosing` narrows a report of figures to."""

    id: int
    name: str
    kind: str
    subject_key: str
    language: str
    format: str
    frequency: str
    recipients: Sequence[str]
    next_on: date
    active: bool
    selection: Mapping[str, Any] | None
    created_by: str


_ORDER = [orders.c[field.name] for field in fields(Order)]


def put(
    session: Session,
    name: str,
    kind: str,
    subject_key: str,
    recipients: Sequence[str],
    frequency: str,
    stamp: Stamp,
    *,
    today: date,
    language: str = "zh",
    format: str = "pdf",
    selection: Mapping[str, Any] | None = None,
) -> Order:
    """A new order, or the one of that name as it is to be from now on; first due at the next period's first day.
    InvalidInput for an unknown frequency or format, and without recipients."""
    if frequency not in FREQUENCIES or format not in FORMATS:
        listed = ", ".join((*FREQUENCIES, *FORMATS))
        raise InvalidInput(place="frequency", reason=f"one of {listed}", reason_zh=f"应为以下之一：{listed}")
    if not recipients:
        raise InvalidInput(place="recipients", reason="are missing", reason_zh="缺少收件人")
    values = {
        "kind": kind,
        "subject_key": subject_key,
        "language": language,
        "format": format,
        "frequency": frequency,
        "recipients": list(recipients),
        "next_on": following(frequency, today),
        "active": True,
        "selection": dict(selection) if selection else None,
    }
    standing = session.execute(sa.select(orders.c.id).where(orders.c.name == name)).scalar()
    if standing is None:
        made = {"id": new_id(), "name": name, "created_at": stamp.at, "created_by": stamp.by}
        session.execute(orders.insert().values(**made, **values))
    else:
        session.execute(orders.update().where(orders.c.id == standing).values(**values))
    return next(one for one in every(session) if one.name == name)


def get(session: Session, order_id: int | str) -> Order:
    """By id. NotFound."""
    row = session.execute(sa.select(*_ORDER).where(orders.c.id == int(order_id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="report order", what_zh="定期报告", id=order_id)
    return Order(**row)


def every(session: Session) -> tuple[Order, ...]:
    """All orders by name."""
    rows = session.execute(sa.select(*_ORDER).order_by(orders.c.name)).mappings()
    return tuple(Order(**row) for row in rows)


def due(session: Session, today: date) -> tuple[Order, ...]:
    """Those to be sent today or before, in order of their day."""
    wanted = (orders.c.active, orders.c.next_on <= today)
    rows = session.execute(sa.select(*_ORDER).where(*wanted).order_by(orders.c.next_on, orders.c.id)).mappings()
    return tuple(Order(**row) for row in rows)


def sent(session: Session, order: Order, today: date) -> None:
    """It went out: due again at the beginning of the next period after today."""
    session.execute(orders.update().where(orders.c.id == order.id).values(next_on=following(order.frequency, today)))


def stop(session: Session, name: str) -> bool:
    """Send it no more; returns whether it was running."""
    done = session.execute(orders.update().where(orders.c.name == name, orders.c.active).values(active=False))
    return bool(getattr(done, "rowcount", 0))


def following(frequency: str, day: date) -> date:
    """The first day of the next period: tomorrow, the next Monday, the first of the next month or quarter."""
    match frequency:
        case "daily":
            return day + timedelta(days=1)
        case "weekly":
            return day + timedelta(days=7 - day.weekday())
        case "monthly":
            return _first(day, 1)
    return _first(day, 3 - (day.month - 1) % 3)


def period(frequency: str, day: date) -> tuple[date, date]:
    """First and last day of the period that ended before the one that `day` is in."""
    match frequency:
        case "daily":
            return day - timedelta(days=1), day - timedelta(days=1)
        case "weekly":
            monday = day - timedelta(days=day.weekday())
            return monday - timedelta(days=7), monday - timedelta(days=1)
        case "monthly":
            begin = day.replace(day=1)
            return _first(begin, -1), begin - timedelta(days=1)
    begin = day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    return _first(begin, -3), begin - timedelta(days=1)


def _first(day: date, months: int) -> date:
    """The first of the month so many months on."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
