"""Timer rows and their sweep. Law: a due timer is a row; it fires once, under its instance's lock.

The sweep lists due rows without locking them, then takes each instance's lock (passing over one that is held) and
looks whether the row is still there: a person completing the task and the timer cannot both win, and no lock is
ever taken in the other order.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.ids import new_id
from engine.instances import Live
from engine.process.waits import TimerWait
from engine.store import tables as t


def open_timer(session: Session, live: Live, wait: TimerWait) -> None:
    """Write the row of a TimerWait."""
    session.execute(
        sa.insert(t.timer).values(
            id=new_id(), instance_id=live.id, wait=wait.id, element=wait.element, due_at=wait.due, attempts=0
        )
    )


def due(session: Session, limit: int) -> list[tuple[int, int]]:
    """(timer, instance) of what is due, oldest first."""
    now = runtime_of(session).now()
    rows = session.execute(
        sa.select(t.timer.c.id, t.timer.c.instance_id)
        .where(t.timer.c.due_at <= now, t.timer.c.instance_id.is_not(None))
        .order_by(t.timer.c.due_at, t.timer.c.id)
        .limit(limit)
    )
    return [(row.id, row.instance_id) for row in rows]


def still_open(session: Session, timer_id: int) -> int | None:
    """The wait of a timer that is still there; asked under the instance's lock."""
    return session.scalar(sa.select(t.timer.c.wait).where(t.timer.c.id == timer_id))


def postpone(session: Session, timer_id: int, error: Exception) -> None:
    """Firing failed: the timer comes again a little later, ever later, with the reason beside it."""
    attempts = session.scalar(sa.select(t.timer.c.attempts).where(t.timer.c.id == timer_id))
    if attempts is None:
        return
    later = runtime_of(session).now() + min(timedelta(seconds=5) * 2**attempts, timedelta(hours=1))
    session.execute(
        sa.update(t.timer)
        .where(t.timer.c.id == timer_id)
        .values(attempts=attempts + 1, due_at=later, last_error=str(error)[:2000])
    )
