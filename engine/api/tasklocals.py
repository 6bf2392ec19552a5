"""Variables of a task alone, set from outside. Law: they lie over those of the case in its form, and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit
from engine.api.processes import _require_owner
from engine.api.tasks import locked
from engine.identity import Actor
from engine.store import tables as t


def set_task_variables(
    session: Session, actor: Actor, task_id: int, values: Mapping[str, object], without: Collection[str] = ()
) -> None:
    """Set or take away variables of an open task alone: its form sees them over those of the case, its output mapping
    does not. For process owners, as what a form shows read-only may come from them. Audited with before and after."""
    _require_owner(actor)
    task, _ = locked(session, task_id)
    own = task["locals"] or {}
    after = {name: value for name, value in {**own, **values}.items() if name not in without}
    if after == own:
        return
    session.execute(sa.update(t.user_task).where(t.user_task.c.id == task_id).values(locals=after))
    touched = sorted({*values, *without})
    was, now = ({name: side[name] for name in touched if name in side} for side in (own, after))
    data = {"before": was, "after": now}
    audit.append(session, f"task:{task_id}", actor.id, "variables_set", data)
