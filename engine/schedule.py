"""Dates of clients and facilities as rows that send a message when they are due. Law: each dedupe key once.

A loan of fifteen years is no token that loops: its test dates, reviews and reports are rows here, and each of them
sends the message that starts a short case of its own. So a changed diagram takes effect at the next date, and no old
case stays behind on an old diagram. BPMN's own timer starts are for what happens to the house as a whole.

What is due on a day is due at the beginning of work on it, or on the next working day when it is none; a change of the
calendar moves what still waits. What was missed is sent when the house is open again, each row once.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars, incidents
from engine.errors import InvalidInput, both
from engine.execution import runtime_of
from engine.ids import new_id
from engine.process.businesstime import BusinessCalendar
from engine.store import upsert
from engine.store.dates import schedule as rows

TRIES = 5
"""After so many failures a row rests and people are told."""
FIRST_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A row that is due: the message it sends."""

    id: int
    message: str
    business_key: str
    variables: Mapping[str, Any]
    dedupe_key: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """`registry.Schedule` for one handler: rows written in its own transaction."""

    session: Session
    instance_id: int | None = None

    def add(
        self,
        message: str,
        *,
        due: date | datetime,
        business_key: str,
        dedupe_key: str,
        variables: Mapping[str, object] | None = None,
    ) -> bool:
        """See `add`."""
        return add(
            self.session,
            message,
            due=due,
            business_key=business_key,
            dedupe_key=dedupe_key,
            variables=variables,
            instance_id=self.instance_id,
        )

    def cancel(self, prefix: str) -> int:
        """See `cancel`."""
        return cancel(self.session, prefix)


def add(
    session: Session,
    message: str,
    *,
    due: date | datetime,
    business_key: str,
    dedupe_key: str,
    variables: Mapping[str, object] | None = None,
    instance_id: int | None = None,
) -> bool:
    """Plan a message; False when the dedupe key is planned or was sent before (one that was cancelled is free again).

    `due`: a moment (aware), or a day of the firm's calendar. InvalidInput for a moment without a zone.
    """
    runtime = runtime_of(session)
    day = None if isinstance(due, datetime) else due
    if isinstance(due, datetime) and due.tzinfo is None:
        raise InvalidInput(place="due", reason=f"{due} has no zone", reason_zh=f"{due} 没有时区")
    values = {
        "message": message,
        "business_key": business_key,
        "variables": dict(variables or {}),
        "day": day,
        "due_at": due if isinstance(due, datetime) else opening(calendars.calendar(session), due),
        "state": "waiting",
        "attempts": 0,
        "last_error": None,
        "instance_id": instance_id,
        "created_at": runtime.now(),
        "sent_at": None,
    }
    insert = upsert(session, rows).values(id=new_id(), dedupe_key=dedupe_key, **values)
    planned = insert.on_conflict_do_update(
        index_elements=["dedupe_key"], set_=values, where=rows.c.state == "cancelled"
    ).returning(rows.c.id)
    return session.execute(planned).scalar() is not None


def cancel(session: Session, prefix: str) -> int:
    """Take back what still waits under dedupe keys that begin so; returns how many. InvalidInput without a prefix."""
    if not prefix:
        raise InvalidInput(place="prefix", reason="would cancel everything", reason_zh="不能取消全部排期")
    taken = sa.update(rows).where(rows.c.dedupe_key.startswith(prefix, autoescape=True), rows.c.state == "waiting")
    return len(session.execute(taken.values(state="cancelled").returning(rows.c.id)).all())


def opening(calendar: BusinessCalendar, day: date) -> datetime:
    """When work begins on a day, or on the next working day after it."""
    return datetime.combine(calendar.add_working_days(day, 0), calendar.day_start, calendar.zone)


def recompute(session: Session) -> int:
    """The firm's calendar changed: what waits for a day is due by the new one. Returns how many rows moved."""
    calendar, moved = calendars.calendar(session), 0
    found = session.execute(
        sa.select(rows.c.id, rows.c.day, rows.c.due_at).where(rows.c.state == "waiting", rows.c.day.is_not(None))
    ).all()
    for row in found:
        due = opening(calendar, row.day)
        if due != row.due_at:
            session.execute(sa.update(rows).where(rows.c.id == row.id).values(due_at=due))
            moved += 1
    return moved


def due(session: Session, limit: int) -> Sequence[Scheduled]:
    """What is due, oldest first."""
    s = rows.c
    query = sa.select(s.id, s.message, s.business_key, s.variables, s.dedupe_key)
    query = query.where(s.state == "waiting", s.due_at <= runtime_of(session).now()).order_by(s.due_at, s.id)
    return [Scheduled(*row) for row in session.execute(query.limit(limit))]


def mark_sent(session: Session, id: int) -> bool:
    """Close a row; False when somebody cancelled or sent it meanwhile: then nothing may be sent.

    Called behind the sending, for a step locks its instance before it touches these rows.
    """
    closed = sa.update(rows).where(rows.c.id == id, rows.c.state == "waiting")
    sent = closed.values(state="sent", sent_at=runtime_of(session).now()).returning(rows.c.id)
    return session.execute(sent).scalar() is not None


def postpone(session: Session, one: Scheduled, error: Exception) -> None:
    """The message could not be sent: try again later, ever later; after TRIES the row rests and an incident tells."""
    row = session.execute(sa.select(rows).where(rows.c.id == one.id).with_for_update()).first()
    if row is None or row.state != "waiting":
        return
    now, attempts = runtime_of(session).now(), row.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "last_error": str(error)[:2000]}
    values |= {"state": "failed"} if attempts >= TRIES else {"due_at": now + FIRST_PAUSE * 2**attempts}
    session.execute(sa.update(rows).where(rows.c.id == one.id).values(**values))
    if attempts >= TRIES:
        stack = "".join(traceback.format_exception(error))[-8000:]
        incidents.raise_incident(session, "message", one.message, type(error).__name__, both(error), stack=stack)
