"""How much work waits, and since when: for metrics and alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class Queue:
    """What stands in the rows just now. Ages are in seconds, 0 when nothing waits."""

    oldest_timer: float
    oldest_job: float
    jobs: Mapping[str, int]
    """Of handlers and transactions, by state: ready, leased, failed."""
    incidents: int
    mails: int


def queue(session: Session) -> Queue:
    """Ages of the oldest due timer and job of active instances, and counts."""
    now = runtime_of(session).now()
    timers = _oldest(t.timer).where(t.timer.c.due_at <= now)
    jobs = _oldest(t.job).where(t.job.c.state == "ready", t.job.c.due_at <= now, t.job.c.kind != "external")
    by_state = sa.select(t.job.c.state, sa.func.count()).where(t.job.c.kind != "external").group_by(t.job.c.state)
    incidents = sa.select(sa.func.count()).where(t.incident.c.resolved_at.is_(None))
    mails = sa.select(sa.func.count()).where(t.outbox.c.state == "waiting")
    return Queue(
        _age(session.scalar(timers), now),
        _age(session.scalar(jobs), now),
        {"ready": 0, "leased": 0, "failed": 0} | {state: count for state, count in session.execute(by_state)},
        session.scalar(incidents) or 0,
        session.scalar(mails) or 0,
    )


def _oldest(table: sa.Table) -> sa.Select[Any]:
    """Of instances that go on: what rests with its case is not late."""
    return (
        sa.select(table.c.due_at)
        .join(t.instance, t.instance.c.id == table.c.instance_id)
        .where(t.instance.c.state == "active")
        .order_by(table.c.due_at)
        .limit(1)
    )


def _age(moment: datetime | None, now: datetime) -> float:
    return (now - moment).total_seconds() if moment is not None else 0.0
