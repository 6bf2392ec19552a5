"""One action over many instances or jobs, begun and steered. Law: whom it concerns is written down when it begins.

The rows are worked off by the workers, a few in a transaction (`engine.batches`); each acts with the rights that the
person who began it has at that moment. What is begun, held, let go on or given up is audited under `batch:<id>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit
from engine.api.actions import require
from engine.api.processes import _require_owner
from engine.errors import AlreadyHandled, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.ids import new_id
from engine.queries.selection import Selection, document
from engine.store import tables as t

b, item = t.batch.c, t.batch_item.c


def start_batch(
    session: Session,
    actor: Actor,
    kind: str,
    wanted: Selection,
    parameters: Mapping[str, Any] | None = None,
    why: str = "",
) -> int:
    """Begin doing `kind` (see `engine.api.actions`) to all that the selection finds now; returns the batch's id.

    InvalidInput when kind, selection and parameters do not fit each other.
    """
    _require_owner(actor)
    given = dict(parameters or {})
    require(kind, wanted, given)
    id, now = new_id(), runtime_of(session).now()
    head = {"id": id, "kind": kind, "criteria": document(wanted), "parameters": given, "state": "running"}
    session.execute(
        sa.insert(t.batch).values(**head, total=0, started_by=actor.id, why=why, created_at=now, finished_at=None)
    )
    meant = wanted.rows().subquery()
    rows = sa.select(sa.literal(id, t.Id), meant.c.subject_id, meant.c.instance_id, sa.literal("waiting"))
    columns = ["batch_id", "subject_id", "instance_id", "state"]
    session.execute(sa.insert(t.batch_item).from_select(columns, rows))
    total = session.scalar(sa.select(sa.func.count()).where(item.batch_id == id)) or 0
    session.execute(sa.update(t.batch).where(b.id == id).values(total=total))
    told = {"kind": kind, "criteria": head["criteria"], "parameters": given, "total": total, "why": why}
    audit.append(session, f"batch:{id}", actor.id, "batch_started", told)
    return id


def pause_batch(session: Session, actor: Actor, batch_id: int) -> None:
    """Begin no further items; those in a worker's hands are finished."""
    _turn(session, actor, batch_id, ("running",), "paused")


def resume_batch(session: Session, actor: Actor, batch_id: int) -> None:
    """Let a paused batch go on where it stood."""
    _turn(session, actor, batch_id, ("paused",), "running")


def cancel_batch(session: Session, actor: Actor, batch_id: int) -> int:
    """Give up what is not done yet; what is done stands. Returns how many items were dropped."""
    _turn(session, actor, batch_id, ("running", "paused"), "cancelled")
    values = {"state": "dropped", "at": runtime_of(session).now()}
    left = sa.and_(item.batch_id == batch_id, item.state == "waiting")
    done = session.execute(sa.update(t.batch_item).where(left).values(values))
    return int(getattr(done, "rowcount", 0))


def repeat_batch(session: Session, actor: Actor, batch_id: int) -> int:
    """Try again what failed in a finished, paused or running batch; returns how many items."""
    _turn(session, actor, batch_id, ("finished", "paused", "running"), "running")
    values = {"state": "waiting", "at": None, "code": None, "text": "", "text_zh": ""}
    failed = sa.and_(item.batch_id == batch_id, item.state == "failed")
    done = session.execute(sa.update(t.batch_item).where(failed).values(values))
    return int(getattr(done, "rowcount", 0))


def _turn(session: Session, actor: Actor, batch_id: int, before: tuple[str, ...], after: str) -> None:
    _require_owner(actor)
    row = session.execute(sa.select(t.batch).where(b.id == batch_id).with_for_update()).first()
    if row is None:
        raise NotFound(what="batch", id=batch_id)
    if row.state not in before:
        raise AlreadyHandled(what=f"batch {batch_id}", by=row.state, at=row.finished_at or row.created_at)
    now = runtime_of(session).now()
    over = {"finished_at": now if after == "cancelled" else None}
    session.execute(sa.update(t.batch).where(b.id == batch_id).values(state=after, **over))
    words = {"paused": "batch_paused", "cancelled": "batch_cancelled", "running": "batch_resumed"}
    audit.append(session, f"batch:{batch_id}", actor.id, words[after], {"before": row.state})
