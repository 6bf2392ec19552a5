"""Timers moved by hand. Law: a timer keeps its place in the case; its moment alone changes, and the audit says both."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, instances, shards
from engine.api.processes import _require_owner
from engine.errors import AlreadyHandled, InvalidInput
from engine.execution import runtime_of
from engine.identity import Actor
from engine.store import tables as t


def move_timer(session: Session, actor: Actor, timer_id: int, due_at: datetime) -> None:
    """Let a timer of a case fire at another moment; one behind us is due at once.

    AlreadyHandled when it fired or was taken away meanwhile; InvalidInput for a moment without zone and for the timer
    of a start event, which the model alone sets.
    """
    _require_owner(actor)
    if due_at.tzinfo is None:
        raise InvalidInput(place="due_at", reason="a moment with its zone", reason_zh="须为带时区的时刻")
    row = session.execute(sa.select(t.timer).where(t.timer.c.id == timer_id)).first()
    if row is None:
        raise AlreadyHandled(what=f"timer {timer_id}", by=actor.id, at=runtime_of(session).now())
    if row.instance_id is None:
        raise InvalidInput(
            place=f"timer {timer_id}",
            reason="it starts cases: its moments are the model's",
            reason_zh="这是启动流程的定时器，时刻由流程模型决定",
        )
    instances.load(session, row.instance_id)  # locked, so that it cannot fire beside this
    changed = session.execute(
        sa.update(t.timer)
        .where(t.timer.c.id == timer_id)
        .values(due_at=due_at, attempts=0, last_error=None)
        .returning(t.timer.c.shard)
    ).first()
    if changed is None:
        raise AlreadyHandled(what=f"timer {timer_id}", by=actor.id, at=runtime_of(session).now())
    if due_at <= runtime_of(session).now():
        shards.hint(session, changed.shard)
    data = {"element": row.element, "before": row.due_at, "after": due_at}
    audit.append(session, f"instance:{row.instance_id}", actor.id, "timer_moved", data)


def fire_timer(session: Session, actor: Actor, timer_id: int) -> None:
    """Let a timer of a case fire now: a worker does it within moments."""
    move_timer(session, actor, timer_id, runtime_of(session).now())
