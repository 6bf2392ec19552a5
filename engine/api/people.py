"""What a person does with their own notices."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.identity import Actor
from engine.store import tables as t


def read_notification(session: Session, actor: Actor, id: int) -> None:
    """Mark one of the actor's notices as read."""
    session.execute(
        sa.update(t.notification)
        .where(
            t.notification.c.id == id,
            t.notification.c.person_id == actor.id,
            t.notification.c.read_at.is_(None),
        )
        .values(read_at=runtime_of(session).now())
    )


def read_all_notifications(session: Session, actor: Actor) -> None:
    """Mark all of the actor's notices as read."""
    session.execute(
        sa.update(t.notification)
        .where(t.notification.c.person_id == actor.id, t.notification.c.read_at.is_(None))
        .values(read_at=runtime_of(session).now())
    )
