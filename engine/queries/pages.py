"""Lists for programs, page by page. Law: a page goes on after the last row seen, so nothing is skipped or doubled while
rows are added; reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.execution import runtime_of
from engine.queries.cases import IncidentRow, incident_rows, told_events
from engine.queries.inbox import TaskRow, task_row, with_names
from engine.queries.selection import Cases
from engine.queries.standing import InstanceRow, instance_rows
from engine.store import tables as t

SETTLED = timedelta(seconds=5)
"""An event is told this long after it happened; later while a transaction is still at work that began before."""
_OLDEST_WRITER = sa.text(
    "SELECT extract(epoch FROM clock_timestamp() - min(xact_start)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
)
"""For how many seconds the longest transaction that writes has been at work (PostgreSQL)."""


@dataclass(frozen=True, slots=True)
class Tasks:
    """Which tasks are meant; empty: any."""

    state: str | None = None
    assignee: str | None = None
    team: str | None = None
    process: str | None = None
    element: str | None = None
    business_key: str | None = None
    instance_id: int | None = None
    due_before: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What is said, as conditions on the task."""
        u = t.user_task.c
        asked: dict[Any, object] = {
            u.state: self.state,
            u.assignee: self.assignee,
            u.team: self.team,
            u.process_key: self.process,
            u.element: self.element,
            u.business_key: self.business_key,
            u.instance_id: self.instance_id,
        }
        found = [column == value for column, value in asked.items() if value is not None]
        return found if self.due_before is None else [*found, u.due_at < self.due_before]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened in an instance. `at`, `instance_id`, `seq` and `number` tell its place in the feed."""

    at: datetime
    instance_id: int
    seq: int
    number: int
    process_key: str
    business_key: str | None
    kind: str
    element: str
    name: str
    actor: str | None


Place = tuple[datetime, int, int]
"""Where a feed stands: the moment, the instance and the number of the last step told."""


def instances_after(session: Session, wanted: Cases, before: int | None, limit: int) -> list[InstanceRow]:
    """Instances, newest first, from the one after `before` on."""
    i = t.instance.c
    query = sa.select(t.instance).where(*wanted.conditions()).order_by(i.id.desc()).limit(limit)
    if before is not None:
        query = query.where(i.id < before)
    return instance_rows(session, [dict(row) for row in session.execute(query).mappings().all()])


def tasks_after(session: Session, wanted: Tasks, before: int | None, limit: int) -> list[TaskRow]:
    """Tasks, newest first, from the one after `before` on; who may act on one is asked of `queries.task`."""
    u = t.user_task.c
    query = with_names().where(*wanted.conditions()).order_by(u.id.desc()).limit(limit)
    if before is not None:
        query = query.where(u.id < before)
    now = runtime_of(session).now()
    return [task_row(session, dict(row), now) for row in session.execute(query).mappings().all()]


def incidents_after(session: Session, open: bool | None, before: int | None, limit: int) -> list[IncidentRow]:
    """Incidents, newest first: open ones, resolved ones, or all (None)."""
    n = t.incident.c
    said: list[sa.ColumnElement[bool]] = [] if before is None else [n.id < before]
    if open is not None:
        said.append(n.resolved_at.is_(None) if open else n.resolved_at.is_not(None))
    return incident_rows(session, said, [n.id.desc()], limit)


def events_after(session: Session, place: Place | None, limit: int) -> tuple[list[EventRow], Place | None]:
    """What happened in all instances after a place of the feed, oldest first, and the place where it goes on.

    Steps are told whole, so a page may hold some more than `limit` events. What is younger than `SETTLED` waits, and
    so does what came after the beginning of a transaction that has not ended: its steps would be passed over.
    """
    h, i = t.history.c, t.instance.c
    query = (
        sa.select(t.history, i.definition_id, i.key, i.business_key)
        .join(t.instance, i.id == h.instance_id)
        .where(h.at < runtime_of(session).now() - _unsettled(session))
        .order_by(h.at, h.instance_id, h.seq)
        .limit(limit)
    )
    if place is not None:
        query = query.where(sa.tuple_(h.at, h.instance_id, h.seq) > sa.tuple_(*_typed(place)))
    found: list[EventRow] = []
    for step in session.execute(query):
        place = (step.at, step.instance_id, step.seq)
        found += _events(session, step)
        if len(found) >= limit:
            break
    return found, place


def _unsettled(session: Session) -> timedelta:
    """How far back somebody may still add a step. SQLite's one writer adds none behind another's."""
    if session.get_bind().dialect.name != "postgresql":
        return SETTLED
    at_work = session.scalar(_OLDEST_WRITER)
    return SETTLED if at_work is None else max(SETTLED, timedelta(seconds=float(at_work) + 1))


def _typed(place: Place) -> Sequence[sa.ColumnElement[Any]]:
    columns = (t.history.c.at, t.history.c.instance_id, t.history.c.seq)
    return [sa.literal(value, column.type) for value, column in zip(place, columns, strict=True)]


def _events(session: Session, step: Any) -> list[EventRow]:
    package = definitions.package(session, step.definition_id)
    return [
        EventRow(
            at=step.at,
            instance_id=step.instance_id,
            seq=step.seq,
            number=number,
            process_key=step.key,
            business_key=step.business_key,
            kind=row.kind,
            element=row.element,
            name=row.name,
            actor=row.actor,
        )
        for number, row in enumerate(told_events(package, step))
    ]
