"""How far the stored time has come: a clock that stands before it was moved back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.store import tables as t

_HAPPENED = (
    t.deployment.c.at,
    t.instance.c.started_at,
    t.instance.c.ended_at,
    t.user_task.c.created_at,
    t.user_task.c.completed_at,
    t.message.c.received_at,
    t.reminder.c.sent_at,
    t.outbox.c.created_at,
    t.notification.c.created_at,
)
"""Moments that were the present when they were written; what is planned (due dates, timers) is not among them."""


def latest_moment(session: Session) -> datetime | None:
    """The latest present that the database has seen; None where nothing has happened yet."""
    found = [session.scalar(sa.select(sa.func.max(column))) for column in _HAPPENED]
    return max((moment for moment in found if moment is not None), default=None)
