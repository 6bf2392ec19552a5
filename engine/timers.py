"""Timer rows and their sweep. Law: a due timer is a row; it fires once, under its instance's lock.

The sweep (`engine.firing`) lists due rows without locking them, then takes the instances' locks (passing over those
that are held) and looks whether the rows are still there: a person completing the task and the timer cannot both win,
and no lock is ever taken in the other order.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars, incidents, instances, shards
from engine.definitions import Package
from engine.definitions import package as package_of
from engine.errors import DealflowError, ExpressionFailed, Fault, ModelRefused, both
from engine.execution import runtime_of
from engine.feel import Moment
from engine.ids import new_id
from engine.instances import Live
from engine.process.beginnings import beginnings, trigger_name
from engine.process.businesstime_functions import HostFunctions
from engine.process.contract import Env
from engine.process.model import Definition, EventDefinition, Node
from engine.process.timing import FOREVER, add, first_due, following, read_cycle, read_moment, read_period
from engine.process.waits import TimerWait
from engine.store import Prepared, listed
from engine.store import tables as t

TRIES_BEFORE_INCIDENT = 5


def open_timer(session: Session, live: Live, wait: TimerWait) -> None:
    """Write the row of a TimerWait."""
    row = {"id": new_id(), "instance_id": live.id, "wait": wait.id, "element": wait.element, "shard": live.shard}
    _OPEN.later(session, {**row, "due_at": wait.due})
    if wait.due <= runtime_of(session).now():
        shards.hint(session, live.shard)


_NAMES = ("id", "instance_id", "wait", "element", "shard", "due_at")
_ROW = sa.insert(t.timer).values({**{name: sa.bindparam(name) for name in _NAMES}, "attempts": 0})
_OPEN = Prepared(_ROW, of="instance_id")


@dataclass(frozen=True, slots=True)
class Due:
    """A timer whose moment has come: of an instance, or (instance None) of a start event."""

    id: int
    instance_id: int | None
    due_at: datetime
    root_id: int | None = None


def due(session: Session, limit: int, after: Due | None = None, shard: int | None = None) -> list[Due]:
    """What is due (of one shard), oldest first, behind `after`. Timers of suspended instances and processes rest until
    they are resumed."""
    values: dict[str, Any] = {"now": runtime_of(session).now(), "most": limit}
    if shard is not None:
        values["shard"] = shard
    if after is not None:
        values |= {"after_at": after.due_at, "after_id": after.id}
    rows = _due(shard is not None, after is not None).all(session, values)
    return [Due(row["id"], row["instance_id"], row["due_at"], row["root_id"]) for row in rows]


_NOW = sa.bindparam("now", type_=t.Moment)


@lru_cache
def _due(of_shard: bool, behind: bool) -> Prepared:
    goes_on = sa.or_(t.definition.c.suspended.is_(False), t.instance.c.state == "active")
    query = (
        sa.select(t.timer.c.id, t.timer.c.instance_id, t.timer.c.due_at, t.instance.c.root_id)
        .outerjoin(t.instance, t.instance.c.id == t.timer.c.instance_id)
        .outerjoin(t.definition, t.definition.c.id == t.timer.c.definition_id)
        .where(t.timer.c.due_at <= _NOW, goes_on)
    )
    if of_shard:
        query = query.where(t.timer.c.shard == sa.bindparam("shard"))
    if behind:
        place = sa.tuple_(sa.bindparam("after_at", type_=t.Moment), sa.bindparam("after_id", type_=t.Id))
        query = query.where(sa.tuple_(t.timer.c.due_at, t.timer.c.id) > place)
    return Prepared(query.order_by(t.timer.c.due_at, t.timer.c.id).limit(sa.bindparam("most", type_=sa.Integer)))


def due_in(session: Session, shard: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a timer of the shard is due: one look into the index."""
    return sa.exists().where(t.timer.c.shard == shard, t.timer.c.due_at <= runtime_of(session).now())


def claim(session: Session, due: Sequence[Due]) -> list[tuple[Due, int | None]]:
    """Those of the timers that may fire in this transaction, in their order, each with its wait (None: a start).

    The instances are locked, passing over what somebody else holds; then the rows are looked at again.
    """
    held = instances.hold(session, [(one.instance_id, one.root_id) for one in due])
    there = still_there(session, [timer.id for timer in due])
    return [
        (timer, None if timer.instance_id is None else there[timer.id])
        for timer in due
        if timer.id in there and (timer.instance_id is None or timer.instance_id in held)
    ]


def still_there(session: Session, ids: Sequence[int]) -> dict[int, int | None]:
    """Those of the timers that are due still, with their waits: what was fired, moved or cancelled is left out."""
    now = runtime_of(session).now()
    if instances.is_sqlite(session):
        rows = _STILL_LISTED.all(session, {"ids": json.dumps(list(ids)), "now": now})
    else:
        rows = _STILL.all(session, {"ids": list(ids), "now": now})
    session.info[_SOUND] = {(row["instance_id"], row["wait"]) for row in rows if row["last_error"] is None}
    return {row["id"]: row["wait"] for row in rows}


_SOUND = "timers.sound"
"""Timers of instances, of which this transaction knows that they never failed."""
_HELD = sa.select(t.timer.c.id, t.timer.c.instance_id, t.timer.c.wait, t.timer.c.last_error).where(
    t.timer.c.due_at <= _NOW
)
_STILL = Prepared(_HELD.where(t.timer.c.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(t.Id)))))
_STILL_LISTED = Prepared(_HELD.where(t.timer.c.id.in_(listed("ids"))))


def never_failed(session: Session, instance_id: int, waits: Sequence[int]) -> bool:
    """Whether all of these are timers of which this transaction knows, under their lock, that they never failed."""
    sound: Set[tuple[int, int]] = session.info.get(_SOUND, frozenset())
    return bool(sound) and all((instance_id, wait) in sound for wait in waits)


def close(session: Session, instance_id: int, waits: Sequence[int]) -> None:
    """Take the rows of timers that never failed away."""
    for wait in waits:
        _CLOSE.later(session, {"instance": instance_id, "place": wait})


_THAT = sa.and_(
    t.timer.c.instance_id == sa.bindparam("instance"), t.timer.c.wait == sa.bindparam("place", type_=t.Wait)
)
_CLOSE = Prepared(sa.delete(t.timer).where(_THAT), of="instance")


def postpone(session: Session, timer_id: int, error: Exception) -> None:
    """Firing failed: the timer comes again a little later, ever later, with the reason beside it.

    After TRIES_BEFORE_INCIDENT failures people are told, once; it goes on being tried.
    """
    row = session.execute(sa.select(t.timer).where(t.timer.c.id == timer_id).with_for_update()).first()
    if row is None:
        return
    session.info.get(_SOUND, set()).discard((row.instance_id, row.wait))
    runtime = runtime_of(session)
    text = error.text(runtime.settings.language) if isinstance(error, DealflowError) else repr(error)
    later = runtime.now() + min(timedelta(seconds=5) * 2 ** min(row.attempts, 20), timedelta(hours=1))
    session.execute(
        sa.update(t.timer)
        .where(t.timer.c.id == timer_id)
        .values(attempts=row.attempts + 1, due_at=later, last_error=text[:2000])
    )
    if row.attempts + 1 == TRIES_BEFORE_INCIDENT:
        incidents.raise_incident(
            session,
            "timer",
            row.element,
            type(error).__name__,
            both(error),
            instance_id=row.instance_id,
            wait=row.wait if row.instance_id is not None else None,
            stack="".join(traceback.format_exception(error))[-8000:],
        )


def hurry(session: Session, instance_id: int, wait: int) -> None:
    """A person retries a timer that failed: it is due at once."""
    now = runtime_of(session).now()
    shard = session.scalar(
        sa.update(t.timer)
        .where(t.timer.c.instance_id == instance_id, t.timer.c.wait == wait, t.timer.c.due_at > now)
        .values(due_at=now, attempts=0)
        .returning(t.timer.c.shard)
    )
    if shard is not None:
        shards.hint(session, shard)


# ── timers that start a process ────────────────────────────────────────────────────────────────────────────────


def plan_starts(session: Session, package: Package) -> None:
    """The newest version takes over the timers that start its process: those of the versions before it go.

    The row of a start timer keeps in `wait` how many occurrences are left (-1: without end).
    """
    versions = sa.select(t.definition.c.id).where(t.definition.c.key == package.key)
    session.execute(sa.delete(t.timer).where(t.timer.c.definition_id.in_(versions)))
    for node, number, event in _start_timers(package.definition):
        try:
            found = _first(session, event)
        except (ValueError, ExpressionFailed) as error:
            raise ModelRefused([_unreadable(node, error)]) from error
        if found is not None:
            row = {"definition_id": package.id, "element": node.id, "number": number}
            row["shard"] = shards.shard_of(package.id)
            due, left = found
            session.execute(sa.insert(t.timer).values(id=new_id(), **row, due_at=due, wait=left, attempts=0))


def _unreadable(node: Node, error: Exception) -> Fault:
    return Fault(
        "timer-unreadable",
        node.id,
        None,
        f"The timer of “{node.name or node.id}” gives no moment: {error}.",
        f"“{node.name or node.id}”的定时无法得出时刻：{error}。",
        "Write a date, a duration or a cycle.",
        "请填写日期、时长或周期。",
    )


def take_start(session: Session, timer_id: int) -> tuple[int, str, str] | None:
    """(definition, start event, the timer's text) of a due start timer, moved on to its next occurrence; None when it
    is taken, or its process was suspended meanwhile."""
    now = runtime_of(session).now()
    awake = sa.select(t.definition.c.id).where(t.definition.c.suspended.is_(False))
    query = sa.select(t.timer).where(
        t.timer.c.id == timer_id, t.timer.c.due_at <= now, t.timer.c.definition_id.in_(awake)
    )
    row = session.execute(query.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    starts = _start_timers(package_of(session, row.definition_id).definition)
    node, _, event = next(one for one in starts if one[0].id == row.element and row.number in (None, one[1]))
    left = row.wait if row.wait == FOREVER else row.wait - 1
    upcoming = _following(session, node, event, row.due_at, left) if event.timer == "cycle" else None
    if upcoming is None:
        session.execute(sa.delete(t.timer).where(t.timer.c.id == timer_id))
    else:
        values = {"due_at": upcoming[0], "wait": upcoming[1], "attempts": 0, "last_error": None}
        session.execute(sa.update(t.timer).where(t.timer.c.id == timer_id).values(values))
    return row.definition_id, row.element, trigger_name(event)


def _start_timers(definition: Definition) -> list[tuple[Node, int, EventDefinition]]:
    return [found for found in beginnings(definition) if found[2].kind == "timer"]


def _value(session: Session, event: EventDefinition) -> Any:
    """What the timer's text says; no variable exists yet."""
    runtime = runtime_of(session)
    env = Env(runtime.now(), runtime.zone, calendars.calendar(session))
    at = Moment(now=env.now, zone=env.zone, functions=HostFunctions(env, None))
    return event.expr({}, at) if event.expr is not None else None


def _first(session: Session, event: EventDefinition) -> tuple[datetime, int] | None:
    """(first moment, occurrences left), or None when the moment lies behind us."""
    runtime = runtime_of(session)
    now, zone, calendar, value = runtime.now(), runtime.zone, calendars.calendar(session), _value(session, event)
    if event.timer == "cycle":
        cycle = read_cycle(value, zone)
        first = first_due(cycle, now, zone, calendar) if cycle.count else None
        return (first, cycle.count) if first is not None else None
    if event.timer == "duration":
        return add(now, read_period(value), zone, calendar), 1
    moment = read_moment(value, zone)
    return (moment, 1) if moment > now else None


def _following(
    session: Session, node: Node, event: EventDefinition, due_at: datetime, left: int
) -> tuple[datetime, int] | None:
    """The next occurrence of a cycle and what is left; what was missed is caught up by the event's `catchUp`."""
    runtime = runtime_of(session)
    cycle, calendar = read_cycle(_value(session, event), runtime.zone), calendars.calendar(session)
    each = node.properties.get("catchUp") == "each"
    return following(cycle, due_at, left, runtime.now(), runtime.zone, calendar, each=each)
