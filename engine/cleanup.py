"""What has ended goes when its time is over. Law: whole trees of calls, in small batches, and never unsealed.

How long a case is kept after its end is said by its process (`camunda:historyTimeToLive`: days, or a duration such as
P180D); without it, it is kept for ever. What a case called goes with it. The rows go; the audit stays, and `cleaned`
keeps the end of the chain, so that `dealflow verify` still knows what was there. The figures stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions, seals
from engine.crashpoints import reached
from engine.execution import Runtime, runtime_of
from engine.log import logger
from engine.retry import duration
from engine.statistics import keeping
from engine.store import tables as t

log = logger("cleanup")
BATCH = 100
"""Trees of calls that go in one transaction."""
WINDOW = (time(1), time(5))
"""Hours of the business zone in which the clean-up works by itself."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """Cases of one definition that may go."""

    definition_id: int
    key: str
    version: int
    keep: timedelta
    before: datetime


def time_to_live(text: str | None) -> timedelta | None:
    """`180` (days) or `P180D` as a span; None when the process says nothing. ValueError when it is neither."""
    if not text or not text.strip():
        return None
    return timedelta(days=int(text)) if text.strip().isdigit() else duration(text)


def overdue(session: Session) -> Iterator[Overdue]:
    """The definitions that let their ended cases go, with the moment before which those must have ended."""
    now = runtime_of(session).now()
    for row in session.execute(sa.select(t.definition.c.id, t.definition.c.key, t.definition.c.version)).all():
        keep = time_to_live(definitions.package(session, row.id).definition.history_ttl)
        if keep is not None:
            yield Overdue(row.id, row.key, row.version, keep, now - keep)


def count(session: Session) -> dict[tuple[str, int], int]:
    """(process, version) -> ended cases that may go, without what they called."""
    found = {(o.key, o.version): session.scalar(sa.select(sa.func.count()).where(_ready(o))) for o in overdue(session)}
    return {which: number for which, number in found.items() if number}


def sweep(runtime: Runtime, *, any_hour: bool = False) -> int:
    """Let go of one batch; returns how many cases went, 0 when none is due or outside of the window."""
    if not any_hour and not _in_window(runtime.now().astimezone(runtime.zone).time()):
        return 0
    return runtime.unit(_sweep)


def _in_window(now: time) -> bool:
    begin, end = WINDOW
    return begin <= now < end


def _sweep(session: Session) -> int:
    last = seals.newest(session)
    if last is None:
        return 0
    for one in overdue(session):
        roots = session.scalars(
            sa.select(t.instance.c.id)
            .where(_ready(one), t.instance.c.ended_at <= last.until)
            .order_by(t.instance.c.ended_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if roots:
            _let_go(session, list(roots))
            log.info("cleaned", process=one.key, version=one.version, cases=len(roots))
            return len(roots)
    return 0


def _ready(one: Overdue) -> sa.ColumnElement[bool]:
    i = t.instance.c
    member = t.instance.alias()
    goes_on = sa.exists().where(member.c.root_id == i.id, member.c.ended_at.is_(None))
    return sa.and_(i.definition_id == one.definition_id, i.root_id == i.id, i.ended_at < one.before, ~goes_on)


def _let_go(session: Session, roots: list[int]) -> None:
    i, h = t.instance.c, t.history.c
    tree = sa.select(i.id).where(i.root_id.in_(roots))
    last = (
        sa.select(h.instance_id, sa.func.max(h.seq).label("seq")).where(h.instance_id.in_(tree)).group_by(h.instance_id)
    )
    ends = last.subquery()
    now = sa.literal(runtime_of(session).now(), t.Moment)
    kept = sa.select(i.id, i.key, ends.c.seq, i.chain, i.ended_at, now).join(ends, ends.c.instance_id == i.id)
    session.execute(sa.insert(t.cleaned).from_select(["instance_id", "key", "seq", "hash", "ended_at", "at"], kept))
    keeping.settle(session, session.scalars(tree).all())
    tasks = sa.select(t.user_task.c.id).where(t.user_task.c.instance_id.in_(tree))
    for table in _hanging_on("user_task.id"):
        session.execute(sa.delete(table).where(table.c.task_id.in_(tasks)))
    for table in (*_hanging_on("instance.id"), *_WITHOUT_A_KEY):
        session.execute(sa.delete(table).where(table.c.instance_id.in_(tree)))
    reached("cleanup.between")
    session.execute(sa.delete(t.instance).where(i.root_id.in_(roots)))


def _hanging_on(column: str) -> list[sa.Table]:
    """The tables whose rows need a row there, those that others need last."""
    tables = reversed(t.metadata.sorted_tables)
    return [table for table in tables if any(key.target_fullname == column for key in table.foreign_keys)]


_WITHOUT_A_KEY = (t.outbox, t.delivery, t.message, t.decision_log, t.history)
"""What belongs to an instance without the database holding it to it."""
