"""Messages to people that did not go out by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.store import tables as t

State = Literal["held", "failed"]


@dataclass(frozen=True, slots=True)
class MailRow:
    """One message: `held` waits for a person's word, `failed` was refused for good."""

    id: int
    state: str
    channel: str
    recipient: str
    template: str
    business_key: str | None
    created_at: datetime
    reason: str | None


def mails(session: Session, *states: State) -> tuple[MailRow, ...]:
    """Messages in these states, oldest first."""
    o = t.outbox.c
    rows = session.execute(
        sa.select(
            o.id, o.state, o.channel, o.recipient, o.template, t.instance.c.business_key, o.created_at, o.last_error
        )
        .join_from(t.outbox, t.instance, t.instance.c.id == o.instance_id, isouter=True)
        .where(o.state.in_(states))
        .order_by(o.created_at, o.id)
    ).all()
    return tuple(MailRow(*row) for row in rows)


def held(session: Session) -> int:
    """How many messages wait for a person's word."""
    return int(session.scalar(sa.select(sa.func.count()).where(t.outbox.c.state == "held")) or 0)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at handing a message over: `sent`, `delayed` (comes again) or `failed` (for good)."""

    at: datetime
    attempt: int
    outcome: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Logged:
    """A message with everything that became of it. `state`: waiting, sent, failed, held or dropped."""

    id: int
    state: str
    channel: str
    recipient: str
    template: str
    language: str
    business_key: str | None
    created_at: datetime
    due_at: datetime
    attempts: tuple[Attempt, ...]


def delivery_log(
    session: Session,
    *,
    recipient: str | None = None,
    business_key: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> tuple[Logged, ...]:
    """Messages to a recipient or of a case, newest first, each with its attempts in their order; with `before` those
    that were written before the message of that id."""
    o, d = t.outbox.c, t.delivery.c
    asked = {o.recipient: recipient, t.instance.c.business_key: business_key}
    rows = session.execute(
        sa.select(
            o.id, o.state, o.channel, o.recipient, o.template, o.language, t.instance.c.business_key,
            o.created_at, o.due_at,
        )
        .join_from(t.outbox, t.instance, t.instance.c.id == o.instance_id, isouter=True)
        .where(*(column == value for column, value in asked.items() if value is not None))
        .where(o.id < before if before is not None else sa.true())
        .order_by(o.id.desc())  # ids grow with time, and need no sorting
        .limit(limit)
    ).all()  # fmt: skip
    tried: dict[int, list[Attempt]] = {}
    for row in session.execute(
        sa.select(d.message_id, d.at, d.attempt, d.outcome, d.detail)
        .where(d.message_id.in_([row.id for row in rows]))
        .order_by(d.at, d.id)
    ):
        tried.setdefault(row.message_id, []).append(Attempt(row.at, row.attempt, row.outcome, row.detail))
    return tuple(Logged(*row, tuple(tried.get(row.id, ()))) for row in rows)


@dataclass(frozen=True, slots=True)
class Unsent:
    """A letter that has not left yet, with what is written in it."""

    template: str
    language: str
    recipient: str
    data: Mapping[str, Any]
    created_at: datetime


def newest_unsent(session: Session, recipient: str) -> Unsent | None:
    """The newest mail to an address among those that wait or are held; None when there is none."""
    o = t.outbox.c
    row = session.execute(
        sa.select(o.template, o.language, o.recipient, o.data, o.created_at)
        .where(o.recipient == recipient, o.channel == "email", o.state.in_(("waiting", "held")))
        .order_by(o.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Unsent(*row)
