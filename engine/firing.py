"""Firing due timers, many in one transaction. Law: a savepoint a timer; one that fails stops none of the others.

A batch commits once, which is what a step costs most. It takes locks only by passing over what is held, so a batch
waits for nobody before it fires; what a step then meets (two batches that reach for each other's cases) ends one
savepoint, and that timer is due still. Timers of one instance fire in the order of their moments.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import advance, instances, timers
from engine.crashpoints import reached
from engine.errors import Contended, DatabaseUnavailable, StorageFull, WaitClosed
from engine.execution import Runtime
from engine.log import logger
from engine.process.triggers import TimerFired
from engine.store import fault_of, require_whole
from engine.subscriptions import Target
from engine.timers import Due

log = logger("firing")
BATCH = 50


def sweep(runtime: Runtime, limit: int = BATCH) -> int:
    """Fire one batch of due timers; returns how many fired.

    A batch in which nothing can be fired just now (its instances are held by somebody) does not hide what is due
    behind it: the next one is taken, until something fired or nothing is left.
    """
    fired, last = 0, None
    while not fired:
        with runtime.reading() as session:
            due = timers.due(session, limit, last)
        if not due:
            break
        fired, last = fire(runtime, due), due[-1]
    return fired


def fire(runtime: Runtime, due: Sequence[Due]) -> int:
    """Fire these timers in one unit of work; returns how many fired."""
    try:
        return runtime.unit(lambda session: _batch(session, due))
    except Contended:  # they are due still
        return 0


def _batch(session: Session, due: Sequence[Due]) -> int:
    return sum(_guarded(session, timer, wait) for timer, wait in timers.claim(session, due))


def _guarded(session: Session, timer: Due, wait: int | None) -> int:
    """One timer in its savepoint. The database's own trouble ends the batch; a fault of the timer is its own."""
    try:
        with session.connection().begin_nested():  # the session holds no objects that a savepoint must know of
            done = _start(session, timer.id) if timer.instance_id is None else _go_on(session, timer.instance_id, wait)
            require_whole(session)
            reached("timers.between")
            return done
    except (StorageFull, DatabaseUnavailable):
        raise
    except (Contended, WaitClosed):  # somebody has it, or a timer before this one took it away
        return 0
    except Exception as fault:
        trouble = fault_of(fault) if isinstance(fault, DBAPIError) else None
        if isinstance(trouble, Contended):
            return 0
        if trouble is not None:
            raise
        log.error("timer_failed", timer=timer.id, instance=timer.instance_id, exc_info=fault)
        timers.postpone(session, timer.id, fault)
        return 0


def _go_on(session: Session, instance_id: int, wait: int | None) -> int:
    live = instances.load(session, instance_id, skip_locked=True)
    if live is None or live.status != "active" or wait is None:
        return 0
    advance.advance(session, "timer", live, TimerFired(wait))
    return 1


def _start(session: Session, timer_id: int) -> int:
    taken = timers.take_start(session, timer_id)
    if taken is None:
        return 0
    definition_id, element, text = taken
    unit = advance.unit_of(session, "timer")
    advance.begin_by(unit, Target(None, None, definition_id, element), "timer", text, {})
    advance.finish(unit)
    return 1
