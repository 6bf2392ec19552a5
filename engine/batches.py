"""Working off batches. Law: a few items in a transaction, a savepoint each; what was not committed is still to be done.

Any number of workers share a batch: each takes items that nobody holds. An item whose instance is in somebody's hands
just now is passed over and comes again. A worker that dies leaves its items as they were; a batch that was paused or
cancelled is looked at before every few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import audit, identity, instances
from engine.api.actions import ACTIONS
from engine.crashpoints import reached
from engine.errors import Contended, DatabaseUnavailable, DealflowError, NotFound, StorageFull, both
from engine.execution import Runtime, runtime_of
from engine.identity import SYSTEM, Actor
from engine.log import logger
from engine.store import fault_of, require_whole
from engine.store import tables as t

log = logger("batches")
CHUNK = 25
"""Items in one transaction."""
b, item = t.batch.c, t.batch_item.c


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What one transaction did: items with an outcome, and where the next look begins (None: at the end)."""

    done: int
    last: int | None


def run_batches(runtime: Runtime, limit: int = CHUNK) -> int:
    """Work off a few items of every running batch; returns how many got their outcome."""
    with runtime.reading() as session:
        running = session.scalars(sa.select(b.id).where(b.state == "running").order_by(b.created_at, b.id)).all()
    return sum(_some(runtime, id, limit) for id in running)


def _some(runtime: Runtime, batch_id: int, limit: int) -> int:
    """The next items of one batch that can be worked on just now."""
    after = 0
    while True:
        try:
            chunk = runtime.unit(partial(_work, batch_id=batch_id, after=after, limit=limit))
        except Contended:  # they are waiting still
            return 0
        if chunk.done:
            return chunk.done
        if chunk.last is None:
            runtime.unit(partial(_finish, batch_id=batch_id))
            return 0
        after = chunk.last


def _work(session: Session, batch_id: int, after: int, limit: int) -> _Chunk:
    batch = session.execute(sa.select(t.batch).where(b.id == batch_id, b.state == "running")).mappings().first()
    if batch is None:
        return _Chunk(0, None)
    rows: Sequence[Any] = session.execute(
        sa.select(item.subject_id, item.instance_id)
        .where(item.batch_id == batch_id, item.state == "waiting", item.subject_id > after)
        .order_by(item.subject_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return _Chunk(0, None)
    known = dict(batch)
    done = sum(_one(session, known, row.subject_id, row.instance_id) for row in rows)
    return _Chunk(done, rows[-1].subject_id)


def _one(session: Session, batch: dict[str, Any], subject: int, instance_id: int) -> int:
    """One item in its savepoint; 0 when it must wait. The database's own trouble ends the chunk."""
    try:
        with session.begin_nested():
            if _held_elsewhere(session, instance_id):
                return 0
            result = ACTIONS[batch["kind"]].run(session, _actor(session, batch), subject, batch["parameters"])
            require_whole(session)
            reached("cases.between")
    except (StorageFull, DatabaseUnavailable):
        raise
    except Contended:
        return 0
    except Exception as fault:
        trouble = fault_of(fault) if isinstance(fault, DBAPIError) else None
        if isinstance(trouble, Contended):
            return 0
        if trouble is not None:
            raise
        if not isinstance(fault, DealflowError):
            log.error("batch_item_failed", batch=batch["id"], subject=subject, exc_info=fault)
        en, zh = both(fault)
        _note(session, batch["id"], subject, "failed", code=type(fault).__name__, text=en, text_zh=zh)
        return 1
    _note(session, batch["id"], subject, "done", result=result)
    return 1


def _held_elsewhere(session: Session, instance_id: int) -> bool:
    """Whether somebody has the instance in hand just now; one that is gone is held by nobody."""
    try:
        live = instances.load(session, instance_id, skip_locked=True)
    except NotFound:
        return False
    if live is not None:
        return False
    return session.scalar(sa.select(t.instance.c.id).where(t.instance.c.id == instance_id)) is not None


def _actor(session: Session, batch: dict[str, Any]) -> Actor:
    """Who began it, with the rights of today; asked once a transaction."""
    if "actor" not in batch:
        name = batch["started_by"]
        batch["actor"] = SYSTEM if name == SYSTEM.id else identity.actor(session, name)
    found: Actor = batch["actor"]
    return found


def _note(session: Session, batch_id: int, subject: int, state: str, **outcome: Any) -> None:
    session.execute(
        sa.update(t.batch_item)
        .where(item.batch_id == batch_id, item.subject_id == subject)
        .values(state=state, at=runtime_of(session).now(), **outcome)
    )


def _finish(session: Session, batch_id: int) -> None:
    """Nothing is left: the batch is over, once, with its counts in the audit."""
    waiting = sa.exists().where(item.batch_id == batch_id, item.state == "waiting")
    over = (
        sa.update(t.batch)
        .where(b.id == batch_id, b.state == "running", ~waiting)
        .values(state="finished", finished_at=runtime_of(session).now())
        .returning(b.started_by)
    )
    started_by = session.scalar(over)
    if started_by is None:
        return
    counts = sa.select(item.state, sa.func.count()).where(item.batch_id == batch_id).group_by(item.state)
    told = {state: number for state, number in session.execute(counts).all()}
    audit.append(session, f"batch:{batch_id}", started_by, "batch_finished", told)
    log.info("batch_finished", batch=batch_id, **told)
