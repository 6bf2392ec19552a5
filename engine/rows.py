"""What a step gave, as rows: instance, history, tasks, timers, jobs, subscriptions, calls. Law: written by the unit.

Waits that open become rows, waits that close take theirs away; a called process begins when its call is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions, history, incidents, instances, jobs, subscriptions, timers, usertasks
from engine.errors import CallerError, CallTooDeep, ModelError
from engine.instances import Live
from engine.process.contract import Closed
from engine.process.triggers import Cancelled, MessageArrived, Started
from engine.process.waits import (
    CallWait,
    IncidentWait,
    JobWait,
    MessageWait,
    SignalWait,
    TimerWait,
    UserWait,
    Wait,
)
from engine.store import Prepared
from engine.store import tables as t
from engine.unit import Unit, begin

MOST_CALLS = 50
"""How deep processes call each other before anything else happens."""


def write(unit: Unit, live: Live) -> None:
    """Everything that happened to one instance since it was last written, as rows."""
    session, is_new, before = unit.session, live.new, live.facts
    live.facts = live.current_facts()
    facts_changed = live.facts != before
    if live.closed:
        _close_rows(unit, live, live.closed)
    opened = list(live.opened.values())
    # Asked before anything is written: what is written then goes to the database together.
    tasks = usertasks.routed(session, live, [wait for wait in opened if isinstance(wait, UserWait)])
    if live.triggers:
        seq = live.version + 1
        step = live.triggers, live.events
        live.chain = history.record(session, live.id, seq, unit.now, unit.actor, *step, live.chain)
    instances.write(session, live, unit.now, facts=is_new or facts_changed)
    live.clear()
    if facts_changed and not is_new:
        usertasks.refresh_facts(session, live)
    usertasks.open_tasks(session, tasks)
    for wait in opened:
        _open_row(unit, live, wait)


def _open_row(unit: Unit, live: Live, wait: Wait) -> None:
    session = unit.session
    match wait:
        case TimerWait():
            timers.open_timer(session, live, wait)
        case JobWait():
            jobs.open_job(session, live, wait, failed=unit.failures.pop((live.id, wait.id), None))
        case MessageWait():
            subscriptions.open_wait(session, live, wait)
            _take_kept(unit, live, wait)
        case SignalWait():
            subscriptions.open_wait(session, live, wait)
        case CallWait():
            _call_or_job(unit, live, wait)
        case IncidentWait():
            texts = (wait.message, wait.message_zh)
            incidents.raise_incident(
                session, "model", wait.element, wait.code, texts, instance_id=live.id, wait=wait.id
            )


def _take_kept(unit: Unit, live: Live, wait: MessageWait) -> None:
    """A message that came too early finds the place that now waits for it, if it fits no other."""
    for id, mail in subscriptions.kept_for(unit.session, wait.name, live.business_key):
        places = [(target.instance_id, target.wait) for target in subscriptions.matches(unit.session, mail)]
        if places == [(live.id, wait.id)] and subscriptions.take(unit.session, id):
            subscriptions.mark_delivered(unit.session, id, live.id)
            unit.pending.append((live.id, MessageArrived(wait.id, mail.variables)))
            return


def _call_or_job(unit: Unit, live: Live, wait: CallWait) -> None:
    """A called process that cannot be started is an incident of the caller, which stands as it is."""
    try:
        call(unit, live, wait)
    except (CallerError, ModelError, ValueError) as error:
        jobs.open_call(unit.session, live, wait, error)


def call(unit: Unit, live: Live, wait: CallWait) -> None:
    version = int(wait.binding.removeprefix("version:")) if wait.binding.startswith("version:") else None
    definition_id = _called_definition(unit, live, wait, version)
    definitions.require_not_suspended(unit.session, definition_id)
    _require_end(unit, live, wait)
    child = begin(unit, definition_id, wait.business_key or live.business_key, live, wait.id)
    instances.write(unit.session, child, unit.now, facts=True)
    child.new = False
    unit.session.execute(sa.insert(t.call).values(instance_id=live.id, wait=wait.id, child_id=child.id))
    unit.pending.append((child.id, Started(None, wait.inputs)))


def _require_end(unit: Unit, live: Live, wait: CallWait) -> None:
    """Calls within one unit of work end somewhere: nobody acts between them."""
    depth, caller = 1, live
    while caller.parent_id in unit.lives:
        depth, caller = depth + 1, unit.lives[caller.parent_id]
    if depth > MOST_CALLS:
        raise CallTooDeep(called=wait.called, depth=depth)


def _called_definition(unit: Unit, live: Live, wait: CallWait, version: int | None) -> int:
    if wait.binding.startswith("tag:"):
        return definitions.tagged(unit.session, wait.called, wait.binding.removeprefix("tag:"))
    if wait.binding == "deployment":
        found: int | None = unit.session.scalar(
            sa.select(t.definition.c.id).where(
                t.definition.c.key == wait.called, t.definition.c.deployment_id == live.package.deployment_id
            )
        )
        if found is not None:
            return found
    return definitions.newest(unit.session, wait.called, version)


def _close_rows(unit: Unit, live: Live, closed: list[Closed]) -> None:
    by_kind: dict[type, list[Closed]] = {}
    for item in closed:
        by_kind.setdefault(type(item.wait), []).append(item)
    for kind, items in by_kind.items():
        ids = [item.wait.id for item in items]
        if kind is UserWait:
            waits = [w.wait for w in items if w.reason == "cancelled"]  # the verb closed what a person did
            usertasks.close_cancelled(unit.session, live, waits)
        elif kind is CallWait:
            _end_calls(unit, live, items)
            incidents.resolve(unit.session, unit.actor, instance_id=live.id, waits=ids)
        elif kind is IncidentWait:
            incidents.resolve(unit.session, unit.actor, instance_id=live.id, waits=ids)
        elif kind is TimerWait and timers.never_failed(unit.session, live.id, ids):
            timers.close(unit.session, live.id, ids)
        elif kind in _DELETES:
            told = partial(_resolve_failed, unit, live.id)
            for first in range(0, len(ids), _TOGETHER):
                places = ids[first : first + _TOGETHER]
                padded = places + places[-1:] * (_TOGETHER - len(places))
                _DELETES[kind].later(
                    unit.session, {"instance": live.id, **dict(zip(_PLACES, padded, strict=True))}, told
                )


def _resolve_failed(unit: Unit, instance_id: int, failed: Sequence[int | None]) -> None:
    """Only what once failed can have an incident."""
    waits = [wait for wait in failed if wait is not None]
    if waits:
        incidents.resolve(unit.session, unit.actor, instance_id=instance_id, waits=waits)


_TABLES: dict[type, sa.Table] = {
    TimerWait: t.timer,
    JobWait: t.job,
    MessageWait: t.subscription,
    SignalWait: t.subscription,
}


_TOGETHER = 4
"""Rows that one statement takes away; fewer are asked for twice."""
_PLACES = [f"place_{number}" for number in range(_TOGETHER)]


def _delete(table: sa.Table) -> Prepared:
    """Gives the wait of each row that once failed, and nothing of the others."""
    places = table.c.wait.in_([sa.bindparam(name, type_=t.Wait) for name in _PLACES])
    # Not `IS NOT NULL`: in a RETURNING, SQLite (3.40) answers that by another column that may not be null.
    failed = sa.func.length(table.c.last_error) >= 0 if "last_error" in table.c else sa.false()
    gone = sa.case((failed, table.c.wait)).label("failed")
    theirs = table.c.instance_id == sa.bindparam("instance")
    return Prepared(sa.delete(table).where(theirs, places).returning(gone), of="instance")


_DELETES = {kind: _delete(table) for kind, table in _TABLES.items()}


def _end_calls(unit: Unit, live: Live, items: list[Closed]) -> None:
    for item in items:
        child = unit.session.scalar(
            sa.delete(t.call)
            .where(t.call.c.instance_id == live.id, t.call.c.wait == item.wait.id)
            .returning(t.call.c.child_id)
        )
        if child is None:  # it never began: what was to start it goes
            jobs.close(unit.session, live.id, [item.wait.id])
        elif item.reason == "cancelled":
            unit.pending.append((child, Cancelled("called process interrupted")))


def rename(session: Session, live: Live, wait: Wait) -> None:
    if isinstance(wait, UserWait):
        usertasks.describe(session, live, wait)
    for table in dict.fromkeys((_TABLES.get(type(wait)), t.job if isinstance(wait, CallWait) else None, t.incident)):
        if table is not None:
            mine = sa.and_(table.c.instance_id == live.id, table.c.wait == wait.id)
            session.execute(sa.update(table).where(mine).values(element=wait.element))
