"""Messages to people that did not go out by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

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
