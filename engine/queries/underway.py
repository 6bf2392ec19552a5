"""What an instance has under way outside people's hands: jobs, timers, subscriptions, messages, letters; and the same
for the whole house. Rows as they stand at the moment of asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.definitions import package
from engine.errors import NotFound
from engine.execution import runtime_of
from engine.queries.cases import MessageRow
from engine.queries.standing import english, names_of
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class JobRow:
    """Work for a handler. `state`: ready, leased, failed."""

    id: int
    instance_id: int
    business_key: str | None
    process_key: str
    element: str
    name: str
    name_en: str
    kind: str
    topic: str
    state: str
    due_at: datetime
    attempts: int
    max_attempts: int
    lease_by: str | None
    lease_until: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A timer of an instance, or (no instance) of a start event."""

    id: int
    instance_id: int | None
    business_key: str | None
    process_key: str | None
    element: str
    name: str
    name_en: str
    due_at: datetime
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A message, signal or condition that is listened for."""

    id: int
    kind: str
    what: str
    element: str
    name: str
    name_en: str
    business_key: str | None


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A message on its way to somebody outside the engine. `state`: waiting, sent, failed, held, dropped."""

    id: int
    instance_id: int | None
    business_key: str | None
    channel: str
    recipient: str
    template: str
    state: str
    created_at: datetime
    sent_at: datetime | None
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Lease:
    """A duty that one process of the house holds for now."""

    duty: str
    holder: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Hand:
    """A worker with jobs in its hands: how many, and how long it has them at most."""

    name: str
    jobs: int
    until: datetime


j, m, u, o, i = t.job.c, t.timer.c, t.subscription.c, t.outbox.c, t.instance.c


def _words(session: Session, definition_id: int | None, element: str) -> tuple[str, str]:
    if definition_id is None:
        return element, element
    model = package(session, definition_id)
    name = names_of(model).get(element, element)
    return name, english(model, element, name)


def jobs(
    session: Session, *, instance_id: int | None = None, state: str | None = None, page: int = 1, size: int = 50
) -> list[JobRow]:
    """Jobs, those due longest first."""
    query = sa.select(t.job, i.business_key, i.key, i.definition_id).join(t.instance, i.id == j.instance_id)
    query = query.where(*_asked({j.instance_id: instance_id, j.state: state})).order_by(j.due_at, j.id)
    return [
        JobRow(
            row.id, row.instance_id, row.business_key, row.key, row.element,
            *_words(session, row.definition_id, row.element),
            row.kind, row.topic, row.state, row.due_at, row.attempts, row.max_attempts, row.lease_by, row.lease_until,
            row.last_error,
        )
        for row in session.execute(query.limit(size).offset((page - 1) * size)).all()
    ]  # fmt: skip


def timers(session: Session, *, instance_id: int | None = None, page: int = 1, size: int = 50) -> list[TimerRow]:
    """Timers, the next first."""
    d = t.definition.c
    definition = sa.func.coalesce(m.definition_id, i.definition_id)
    query = (
        sa.select(t.timer, i.business_key, d.key, definition.label("model"))
        .outerjoin(t.instance, i.id == m.instance_id)
        .outerjoin(t.definition, d.id == definition)
        .where(*_asked({m.instance_id: instance_id}))
        .order_by(m.due_at, m.id)
    )
    return [
        TimerRow(
            row.id, row.instance_id, row.business_key, row.key, row.element, *_words(session, row.model, row.element),
            row.due_at, row.attempts, row.last_error,
        )
        for row in session.execute(query.limit(size).offset((page - 1) * size)).all()
    ]  # fmt: skip


def counts(session: Session) -> dict[str, int]:
    """How many timers, jobs by state and letters by state there are: `timers`, `jobs.ready`, `letters.held`…"""
    found = {"timers": session.scalar(sa.select(sa.func.count()).select_from(t.timer)) or 0}
    for name, column in (("jobs", j.state), ("letters", o.state)):
        rows = session.execute(sa.select(column, sa.func.count()).group_by(column))
        found |= {f"{name}.{state}": number for state, number in rows}
    return found


def subscriptions(session: Session, instance_id: int) -> list[SubscriptionRow]:
    """What an instance listens for."""
    definition_id = session.scalar(sa.select(i.definition_id).where(i.id == instance_id))
    rows = session.execute(sa.select(t.subscription).where(u.instance_id == instance_id).order_by(u.id)).all()
    return [
        SubscriptionRow(
            row.id, row.kind, row.name, row.element, *_words(session, definition_id, row.element), row.business_key
        )
        for row in rows
    ]


def messages(session: Session, instance_id: int, limit: int = 100) -> list[MessageRow]:
    """Messages that were delivered to an instance or started it, and those kept under its business key; newest first.
    NotFound when there is no such instance."""
    key = session.execute(sa.select(i.business_key).where(i.id == instance_id)).first()
    if key is None:
        raise NotFound(what="instance", id=instance_id)
    c = t.message.c
    mine = c.instance_id == instance_id
    if key.business_key:
        mine = sa.or_(mine, sa.and_(c.state == "kept", c.business_key == key.business_key))
    query = sa.select(t.message).where(mine).order_by(c.received_at.desc(), c.id.desc()).limit(limit)
    return [
        MessageRow(r.id, r.name, r.business_key, r.state, r.received_at, r.expires_at, r.source, r.variables or {})
        for r in session.execute(query)
    ]


def letters(
    session: Session, *, instance_id: int | None = None, state: str | None = None, page: int = 1, size: int = 50
) -> list[LetterRow]:
    """What the outbox holds, newest first."""
    query = sa.select(t.outbox, i.business_key).outerjoin(t.instance, i.id == o.instance_id)
    query = query.where(*_asked({o.instance_id: instance_id, o.state: state}))
    rows = session.execute(query.order_by(o.created_at.desc(), o.id.desc()).limit(size).offset((page - 1) * size))
    return [
        LetterRow(
            row.id, row.instance_id, row.business_key, row.channel, row.recipient, row.template, row.state,
            row.created_at, row.sent_at, row.attempts, row.last_error,
        )
        for row in rows.all()
    ]  # fmt: skip


def leases(session: Session) -> list[Lease]:
    """Duties that are held just now; a lease that ran out is nobody's."""
    c = t.lease.c
    query = sa.select(t.lease).where(c.until >= runtime_of(session).now()).order_by(c.name)
    return [Lease(row.name, row.holder, row.until) for row in session.execute(query)]


def hands(session: Session) -> list[Hand]:
    """Workers that have jobs in their hands just now."""
    number, until = sa.func.count(), sa.type_coerce(sa.func.max(j.lease_until), t.Moment)
    query = sa.select(j.lease_by, number, until).where(j.state == "leased", j.lease_by.is_not(None))
    return [Hand(*row) for row in session.execute(query.group_by(j.lease_by).order_by(j.lease_by))]


def _asked(wanted: dict[Any, Any]) -> list[sa.ColumnElement[bool]]:
    return [column == value for column, value in wanted.items() if value is not None]
