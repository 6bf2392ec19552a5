"""The clock of a task stands while the house waits for the client. Law: what was paused is given back, no more.

A paused task reminds nobody, and the timers that hang on its due date rest. When it goes on, the due date moves by
the working time that passed meanwhile (of the task's calendar), and reminders and timers move with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import advance, audit, calendars, reminders
from engine.api.tasks import Task, locked, require
from engine.execution import runtime_of
from engine.identity import Actor
from engine.instances import Live
from engine.process.triggers import DueMoved
from engine.store import tables as t


def pause(session: Session, actor: Actor, task_id: int, reason: str = "", message: str | None = None) -> None:
    """The case waits for the client: the task's clock stands. `message`: the message whose arrival ends the pause.

    Whoever may complete the task may do it; a task that is paused already keeps its beginning.
    """
    task, live = locked(session, task_id)
    require(session, actor, task, "complete")
    if task["waiting_since"] is not None:
        return
    _set(session, task_id, waiting_since=runtime_of(session).now(), waiting_for=message)
    reminders.move(session, task_id, None, task["properties"] or {})
    advance.advance(session, actor.id, live, DueMoved(task["wait"], None))
    audit.append(session, f"task:{task_id}", actor.id, "paused", {"reason": reason, "for": message})


def go_on(session: Session, actor: Actor, task_id: int) -> datetime | None:
    """The client answered: the clock goes on. Returns the new due date; one that is not paused keeps its own."""
    task, live = locked(session, task_id)
    require(session, actor, task, "complete")
    return _go_on(session, actor.id, task, live)


def _go_on(session: Session, by: str, task: Task, live: Live) -> datetime | None:
    before: datetime | None = task["due_at"]
    if task["waiting_since"] is None:
        return before
    properties = task["properties"] or {}
    calendar, now = calendars.calendar(session, properties.get("calendar")), runtime_of(session).now()
    paused = calendar.working_time_between(task["waiting_since"], now)
    due = calendar.add_working_time(before, paused) if before is not None and paused else before
    _set(session, task["id"], waiting_since=None, waiting_for=None, due_at=due)
    reminders.move(session, task["id"], due, properties)
    advance.advance(session, by, live, DueMoved(task["wait"], due))
    data = {"from": before, "to": due, "working_seconds": int(paused / timedelta(seconds=1))}
    audit.append(session, f"task:{task['id']}", by, "went_on", data)
    return due


def _set(session: Session, task_id: int, **values: Any) -> None:
    session.execute(sa.update(t.user_task).where(t.user_task.c.id == task_id).values(values))


def answered(session: Session, by: str, message: str, business_key: str | None, instance_id: int | None) -> int | None:
    """A message came: the tasks of its case that wait for it go on. Returns the instance of one of them."""
    waits = t.user_task.c.waiting_since.is_not(None), t.user_task.c.waiting_for == message
    root = sa.select(t.instance.c.root_id).where(t.instance.c.id == instance_id).scalar_subquery()
    tree = sa.select(t.instance.c.id).where(t.instance.c.root_id == root)
    case: list[sa.ColumnElement[bool]] = [t.user_task.c.instance_id.in_(tree)] if instance_id is not None else []
    if business_key is not None:
        case.append(t.user_task.c.business_key == business_key)
    if not case:
        return None
    query = (
        sa.select(t.user_task.c.id, t.user_task.c.instance_id)
        .join(t.instance, sa.and_(t.instance.c.id == t.user_task.c.instance_id, t.instance.c.state == "active"))
        .where(*waits, t.user_task.c.state == "open", sa.or_(*case))
    )
    found = session.execute(query.order_by(t.user_task.c.instance_id, t.user_task.c.id)).all()
    for row in found:
        task, live = locked(session, row.id)
        _go_on(session, by, task, live)
    return found[0].instance_id if found else None
