"""Doing what is due, many in one transaction. Law: a savepoint a trigger; one that fails stops none of the others.

What is due and needs nothing but the database (timers, transactional handlers, decisions, calls, `async`
continuations) is done in batches: a commit a batch, which is what a step costs most. A batch takes locks only by
passing over what is held, so it waits for nobody before it begins; what a step then meets (two batches that reach for
each other's cases) ends one savepoint, and that trigger is due still. What is due of one instance is done in the order
of its moments. A batch is as large as fits into a tenth of a second: people who
wait for its locks hardly notice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import advance, handling, instances, jobs, metrics, shards, timers
from engine.bulk import Stumbled, at_once
from engine.crashpoints import reached
from engine.errors import Contended, DatabaseUnavailable, StorageFull, WaitClosed
from engine.execution import Runtime, runtime_of
from engine.jobs import Job
from engine.log import logger
from engine.process.triggers import TimerFired
from engine.store import after_commit, fault_of, require_whole, savepoint
from engine.subscriptions import Target
from engine.unit import unit_of

log = logger("firing")
BATCH, MOST = 50, 500
"""Triggers in a batch: at first, and at most."""
GOAL_SECONDS, LONGEST_SECONDS = 0.1, 1.0
"""How long a batch is meant to last, and when it is committed as it stands: what is left is due still."""
Due = timers.Due | jobs.Due


@dataclass(slots=True)
class Pace:
    """How large the next batch is, from how long the last one took."""

    size: int = BATCH

    def took(self, done: int, seconds: float) -> None:
        """A batch of `done` triggers took so long."""
        fits = int(GOAL_SECONDS * done / seconds) if seconds else MOST
        self.size = max(1, min(fits, self.size * 2, MOST))


def drain(runtime: Runtime, shard: int | None = None, most: int = 100_000) -> int:
    """Do what is due of a shard (None: of all), batch after batch; returns how much was done.

    When another process drains the shard just now, nothing is.
    """
    done, pace = 0, Pace()
    while done < most:
        began = time.monotonic()
        batch = sweep(runtime, pace.size, shard)
        if not batch:
            break
        pace.took(batch, time.monotonic() - began)
        done += batch
    return done


def due_shards(runtime: Runtime) -> list[int]:
    """Shards in which something is due, found by a look into each."""
    every = shards.numbers()
    with runtime.reading() as session:
        due = sa.or_(timers.due_in(session, every.c.shard), jobs.due_in(session, every.c.shard))
        return list(session.scalars(sa.select(every.c.shard).where(due)))


def sweep(runtime: Runtime, limit: int = BATCH, shard: int | None = None) -> int:
    """Do one batch of what is due; returns how much was done.

    A batch in which nothing can be done just now (its instances are held by somebody) does not hide what is due
    behind it: the next one is taken, until something was done or nothing is left.
    """
    timer: timers.Due | None = None
    job: jobs.Due | None = None
    while True:
        with runtime.reading() as session:
            found_timers = timers.due(session, limit, timer, shard)
            found_jobs = jobs.due(session, limit, job, shard)
        due: list[Due] = [*found_timers, *found_jobs]
        due = sorted(due, key=_order)[:limit]
        if not due:
            return 0
        done = fire(runtime, due, shard)
        if done is None:
            return 0
        if done:
            return done
        timer = max((one for one in due if isinstance(one, timers.Due)), key=_order, default=timer)
        job = max((one for one in due if isinstance(one, jobs.Due)), key=_order, default=job)


def _order(due: Due) -> tuple[int, float, int]:
    """Urgent work first; a timer is as urgent as work that says nothing; then by moment."""
    return (-due.priority if isinstance(due, jobs.Due) else -jobs.PRIORITY, due.due_at.timestamp(), due.id)


def fire(runtime: Runtime, due: Sequence[Due], shard: int | None = None) -> int | None:
    """Do these in one unit of work; returns how many were done, None when another process drains their shard.

    Timers hardly ever fail, and a savepoint each would be in the way of writing in lists: they are fired without
    first (`engine.bulk`). When one stumbles, all of it is undone and done again, each in its savepoint.
    """
    trusted = all(isinstance(one, timers.Due) for one in due)
    try:
        try:
            return runtime.unit(partial(_batch, due=due, shard=shard, trusted=trusted))
        except Stumbled:
            return runtime.unit(partial(_batch, due=due, shard=shard, trusted=False))
    except Contended:  # they are due still
        return 0


Guard = Callable[[Session, Due, Job | int | None], int]
Ready = tuple[Due, Job | int | None]
"""What is due still, with the job or the timer's wait."""


def _batch(session: Session, due: Sequence[Due], shard: int | None, *, trusted: bool) -> int | None:
    if shard is not None and not shards.take(session, shard):
        return None
    held = instances.hold(session, [(one.instance_id, one.root_id) for one in due])
    waits = timers.still_there(session, [one.id for one in due if isinstance(one, timers.Due)])
    work = jobs.take(session, [one.id for one in due if isinstance(one, jobs.Due)])
    ready: list[Ready] = []
    for one in due:
        what: Mapping[int, Job] | Mapping[int, int | None] = work if isinstance(one, jobs.Due) else waits
        if one.id in what and (one.instance_id is None or one.instance_id in held):
            ready.append((one, what[one.id]))
    if not trusted:
        return _one_by_one(session, ready, _guarded)
    with at_once(session):
        return _one_by_one(session, ready, _do)


def _one_by_one(session: Session, ready: Sequence[Ready], guard: Guard) -> int:
    until, done = time.monotonic() + LONGEST_SECONDS, 0
    for one, what in ready:
        done += guard(session, one, what)
        reached("due.between")
        if time.monotonic() > until:
            break
    return done


def _guarded(session: Session, due: Due, what: Job | int | None) -> int:
    """One trigger in its savepoint. The database's own trouble ends the batch; a fault of the trigger is its own."""
    try:
        with savepoint(session):
            done = _do(session, due, what)
            require_whole(session)
            return done
    except (StorageFull, DatabaseUnavailable):
        raise
    except (Contended, WaitClosed):  # somebody has it, or a trigger before this one took it away
        return 0
    except Exception as fault:
        trouble = fault_of(fault) if isinstance(fault, DBAPIError) else None
        if isinstance(trouble, Contended):
            return 0
        if trouble is not None:
            raise
        return _failed(session, due, what, fault)


def _failed(session: Session, due: Due, what: Job | int | None, fault: Exception) -> int:
    """It comes again later, or is an incident: handled by itself, beside what else the batch did."""
    if isinstance(what, Job):
        log.warning("job_failed", job=what.id, topic=what.topic, attempt=what.attempt, error=str(fault))
        counted = metrics.JOBS.labels(what.topic, jobs.fail(session, what.id, what.fence, fault))
        after_commit(session, counted.inc)
        return 1
    log.error("timer_failed", timer=due.id, instance=due.instance_id, exc_info=fault)
    timers.postpone(session, due.id, fault)
    return 0


def _do(session: Session, due: Due, what: Job | int | None) -> int:
    if isinstance(what, Job):
        done = handling.inside(session, what)
        after_commit(session, partial(metrics.JOBS.labels(what.topic, jobs.Outcome.DONE).inc, done))
        return done
    if due.instance_id is None:
        return _start(session, due.id)
    live = instances.load(session, due.instance_id, skip_locked=True)
    if live is None or live.status != "active" or what is None:
        return 0
    advance.advance(session, "timer", live, TimerFired(what))
    late = max(0.0, (runtime_of(session).now() - due.due_at).total_seconds())
    after_commit(session, partial(metrics.LATENESS.observe, late))
    return 1


def _start(session: Session, timer_id: int) -> int:
    taken = timers.take_start(session, timer_id)
    if taken is None:
        return 0
    definition_id, element, text = taken
    unit = unit_of(session, "timer")
    advance.begin_by(unit, Target(None, None, definition_id, element), "timer", text, {})
    advance.finish(unit)
    return 1
