"""The unit of work. Law: one trigger, one transaction: state, waits, history, messages and handlers' writes together.

    load under lock → step → answer what can be answered here → step again … → write rows → deliver what was thrown

A unit works through a queue of (instance, trigger). What a step throws reaches other instances in the same unit: a
message starts or continues one, a called process starts, a caller goes on when its call ends. Instances are written
before messages are delivered, so that a place opened in this unit can be found. Nothing here commits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import (
    answers,
    calendars,
    definitions,
    gathering,
    history,
    incidents,
    instances,
    jobs,
    subscriptions,
    timers,
    usertasks,
)
from engine.crashpoints import reached
from engine.definitions import Package
from engine.errors import AmbiguousMessage, CallerError, CallTooDeep, InternalError, ModelError, WaitClosed, both
from engine.execution import Runtime, runtime_of
from engine.ids import new_id
from engine.instances import Live
from engine.log import logger
from engine.process.beginnings import Came, gathers
from engine.process.contract import Closed, Env, Step, Threw
from engine.process.migration import Migrated
from engine.process.native import step as native_step
from engine.process.spiff import step as spiff_step
from engine.process.state import new_state
from engine.process.stepping import step_with
from engine.process.triggers import (
    CallEnded,
    CallEscalated,
    Cancelled,
    CarriedOver,
    Delivered,
    MessageArrived,
    SignalRaised,
    Started,
    Trigger,
)
from engine.process.waits import (
    CallWait,
    IncidentWait,
    JobWait,
    MessageWait,
    SignalWait,
    ThrowWait,
    TimerWait,
    UserWait,
    Wait,
)
from engine.store import tables as t
from engine.subscriptions import Mail, Target

log = logger("advance")
KERNELS = {"native": native_step, "spiff": spiff_step}
MOST_TRIGGERS = 10_000
"""A unit that goes on and on is a loop between instances: it ends as an error, not as a hung process."""
MOST_CALLS = 50
"""How deep processes call each other before anything else happens."""


@dataclass(slots=True)
class Unit:
    """One unit of work: who acts, the instances in hand, what is still to be done."""

    session: Session
    actor: str
    runtime: Runtime
    now: datetime
    lives: dict[int, Live] = field(default_factory=dict)
    pending: deque[tuple[int, Trigger]] = field(default_factory=deque)
    thrown: deque[tuple[Live, Threw | ThrowWait]] = field(default_factory=deque)
    """What goes out, in the order of throwing; a ThrowWait behind its signal lets the thrower move on."""
    failures: dict[tuple[int, int], BaseException] = field(default_factory=dict)
    done: int = 0
    most: int = MOST_TRIGGERS


def unit_of(session: Session, actor: str) -> Unit:
    """A fresh unit of work in this transaction."""
    runtime = runtime_of(session)
    return Unit(session, actor, runtime, runtime.now())


def advance(session: Session, actor: str, live: Live, trigger: Trigger) -> Live:
    """Carry one trigger through, and all that follows from it. WaitClosed when what it answers is gone."""
    unit = unit_of(session, actor)
    unit.lives[live.id] = live
    _step(unit, live, trigger)
    finish(unit)
    return live


def start(
    session: Session,
    actor: str,
    definition_id: int,
    variables: Mapping[str, object],
    business_key: str | None = None,
    start_event: str | None = None,
) -> Live:
    """Start an instance and carry it as far as it goes."""
    unit = unit_of(session, actor)
    live = _begin(unit, definition_id, business_key)
    unit.pending.append((live.id, Started(start_event, variables)))
    finish(unit)
    return live


def start_within(
    session: Session,
    actor: str,
    definition_id: int,
    variables: Mapping[str, object],
    business_key: str | None,
    at: tuple[str, ...],
    restarted_from: int,
) -> Live:
    """Start an instance at elements in the middle, in place of one that has ended."""
    unit = unit_of(session, actor)
    live = _begin(unit, definition_id, business_key)
    live.restarted_from = restarted_from
    unit.pending.append((live.id, Started(None, variables, at)))
    finish(unit)
    return live


def finish(unit: Unit) -> None:
    """Work the queue empty: triggers first, then rows, then the next of what was thrown, until nothing is left.

    One at a time: each message finds the places as the one before it left them.
    """
    while True:
        while unit.pending:
            instance_id, trigger = unit.pending.popleft()
            _step_if_open(unit, instance_id, trigger)
        for live in list(unit.lives.values()):
            if live.dirty:
                _write(unit, live)
        if unit.pending:
            continue
        if not unit.thrown:
            return
        reached("step.written")
        _deliver(unit, *unit.thrown.popleft())


def _begin(unit: Unit, definition_id: int, business_key: str | None, parent: Live | None = None, wait: int = 0) -> Live:
    id = new_id()
    live = Live(
        id=id,
        package=definitions.package(unit.session, definition_id),
        state=new_state(),
        version=0,
        business_key=business_key,
        parent_id=parent.id if parent else None,
        parent_wait=wait if parent else None,
        root_id=parent.root_id if parent else id,
        started_by=unit.actor,
        facts={},
        new=True,
        dirty=True,
    )
    unit.lives[id] = live
    return live


def _live(unit: Unit, instance_id: int) -> Live:
    live = unit.lives.get(instance_id)
    if live is None:
        found = instances.load(unit.session, instance_id)
        if found is None:
            raise InternalError(reason=f"instance {instance_id} is locked")
        live = unit.lives[instance_id] = found
    return live


def _step_if_open(unit: Unit, instance_id: int, trigger: Trigger) -> None:
    """What follows from a step may find its place closed meanwhile: then there is nothing to do."""
    live = _live(unit, instance_id)
    if live.status == "suspended" and isinstance(trigger, Cancelled):
        live.status = "active"
    if live.status != "active":
        log.info("follow_up_dropped", instance=instance_id, trigger=type(trigger).__name__, state=live.status)
        return
    try:
        _step(unit, live, trigger)
    except WaitClosed:
        log.info("follow_up_dropped", instance=instance_id, trigger=type(trigger).__name__)


def _env(unit: Unit, live: Live) -> Env:
    return Env(
        now=unit.now,
        zone=unit.runtime.zone,
        calendar=calendars.calendar(unit.session, live.package.definition.properties.get("calendar")),
        calendars=calendars.calendars(unit.session),
        decisions=live.package.decisions,
        business_key=live.business_key,
        instance=str(live.id),
        initiator=live.started_by,
    )


def _step(unit: Unit, live: Live, first: Trigger) -> None:
    """Step, then answer inside the transaction what can be, one wait at a time, and step again with each answer."""
    _go_on(unit, live, deque([first]), first)


def _go_on(unit: Unit, live: Live, queue: deque[Trigger | JobWait], first: Trigger | None) -> None:
    env = _env(unit, live)
    kernel, fetch = KERNELS[live.package.kernel], partial(instances.fetch, unit.session, live)
    while queue:
        item = queue.popleft()
        trigger = _answer(unit, live, item) if isinstance(item, JobWait) else item
        if trigger is None:
            continue
        unit.done += 1
        if unit.done > unit.most:
            raise InternalError(reason=f"more than {unit.most} steps follow from one trigger")
        try:
            result = step_with(kernel, live.package.definition, live.state, trigger, env, fetch)
        except WaitClosed:
            if trigger is first:
                raise
            continue
        live.triggers.append(trigger)
        queue.extend(_take_in(unit, live, result))


def _take_in(unit: Unit, live: Live, result: Step | Migrated) -> list[JobWait]:
    """What a step gave, noted for the rows to write; returns the work that it opened."""
    live.state, live.dirty = result.state, True
    live.events.extend(result.events)
    for closed in result.closed:
        _close(live, closed)
    live.opened.update((wait.id, wait) for wait in result.opened)
    unit.thrown.extend((live, e) for e in result.events if isinstance(e, Threw))
    unit.thrown.extend((live, wait) for wait in result.opened if isinstance(wait, ThrowWait))
    if result.ended is not None:
        live.ended, live.status = result.ended, result.ended.state
        _tell_caller(unit, live)
    return [wait for wait in result.opened if isinstance(wait, JobWait)]


# ── another version ────────────────────────────────────────────────────────────────────────────────────────────


def environment(session: Session, live: Live) -> Env:
    """What a step of the instance may know of the world now."""
    return _env(unit_of(session, ""), live)


def carry_over(session: Session, actor: str, live: Live, package: Package, done: Migrated, told: CarriedOver) -> None:
    """Write a migrated instance: its version, the waits that closed, opened or changed their name, and what follows."""
    unit = unit_of(session, actor)
    unit.lives[live.id] = live
    instances.rebind(session, live, package)
    live.triggers.append(told)
    work = _take_in(unit, live, done)
    for wait in done.renamed:
        _rename_row(session, live, wait)
    _go_on(unit, live, deque(work), None)
    finish(unit)


def _rename_row(session: Session, live: Live, wait: Wait) -> None:
    if isinstance(wait, UserWait):
        usertasks.describe(session, live, wait)
    for table in dict.fromkeys((_TABLES.get(type(wait)), t.job if isinstance(wait, CallWait) else None, t.incident)):
        if table is not None:
            mine = sa.and_(table.c.instance_id == live.id, table.c.wait == wait.id)
            session.execute(sa.update(table).where(mine).values(element=wait.element))


def _close(live: Live, closed: Closed) -> None:
    if live.opened.pop(closed.wait.id, None) is None:
        live.closed.append(closed)


def _answer(unit: Unit, live: Live, wait: JobWait) -> Trigger | None:
    """The answer that can be given here. A wait that the answers before it took away is not worked on at all."""
    if wait.id not in live.opened:
        return None
    found = answers.answer(unit.session, live, wait)
    if isinstance(found, answers.Failed):
        unit.failures[live.id, wait.id] = found.error
        return None
    return found


def _tell_caller(unit: Unit, live: Live) -> None:
    if live.parent_id is None or live.parent_wait is None or live.ended is None:
        return
    ended = live.ended
    if ended.state == "cancelled":
        return
    outcome = CallEnded(live.parent_wait, live.state.variables(), ended.error, ended.message)
    unit.pending.append((live.parent_id, outcome))


# ── rows ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _write(unit: Unit, live: Live) -> None:
    """Everything that happened to one instance since it was last written, as rows."""
    session, connection = unit.session, unit.session.connection()
    before, is_new = live.facts, live.new
    if live.triggers:
        seq = live.version + 1
        step = live.triggers, live.events
        live.chain = history.record(connection, live.id, seq, unit.now, unit.actor, *step, live.chain)
    instances.write(connection, live, unit.now)
    closed, opened = live.closed, list(live.opened.values())
    facts_changed = not is_new and live.facts != before
    live.clear()
    if closed:
        _close_rows(unit, live, closed)
    if facts_changed:
        usertasks.refresh_facts(session, live)
    usertasks.open_tasks(session, live, [wait for wait in opened if isinstance(wait, UserWait)])
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


def call(session: Session, actor: str, live: Live, wait: CallWait) -> None:
    """Start what a call activity calls, at a later attempt. Raises what stands against it."""
    unit = unit_of(session, actor)
    unit.lives[live.id] = live
    _call(unit, live, wait)
    finish(unit)


def _call_or_job(unit: Unit, live: Live, wait: CallWait) -> None:
    """A called process that cannot be started is an incident of the caller, which stands as it is."""
    try:
        _call(unit, live, wait)
    except (CallerError, ModelError, ValueError) as error:
        jobs.open_call(unit.session, live, wait, error)


def _call(unit: Unit, live: Live, wait: CallWait) -> None:
    version = int(wait.binding.removeprefix("version:")) if wait.binding.startswith("version:") else None
    definition_id = _called_definition(unit, live, wait, version)
    definitions.require_not_suspended(unit.session, definition_id)
    _require_end(unit, live, wait)
    child = _begin(unit, definition_id, wait.business_key or live.business_key, live, wait.id)
    instances.write(unit.session.connection(), child, unit.now)
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
        elif kind in _DELETES:
            gone = unit.session.connection().execute(_DELETES[kind], {"instance": live.id, "places": ids})
            failed = [row.wait for row in gone if row.last_error is not None]
            if failed:
                incidents.resolve(unit.session, unit.actor, instance_id=live.id, waits=failed)


_TABLES: dict[type, sa.Table] = {
    TimerWait: t.timer,
    JobWait: t.job,
    MessageWait: t.subscription,
    SignalWait: t.subscription,
}


def _delete(table: sa.Table) -> sa.Executable:
    """Only what once failed can have an incident."""
    mine = table.c.instance_id == sa.bindparam("instance"), table.c.wait.in_(sa.bindparam("places", expanding=True))
    error = table.c.last_error if "last_error" in table.c else sa.null().label("last_error")
    return sa.delete(table).where(*mine).returning(table.c.wait, error)


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


# ── what was thrown ────────────────────────────────────────────────────────────────────────────────────────────


def _deliver(unit: Unit, live: Live, thrown: Threw | ThrowWait) -> None:
    """Hand one thing that was thrown to the other instances."""
    if isinstance(thrown, ThrowWait):
        unit.pending.append((live.id, Delivered(thrown.id)))
        return
    match thrown.kind:
        case "message" if not thrown.handled:
            mail = Mail(thrown.name, live.business_key, thrown.correlation, thrown.variables, live.package.key)
            post(unit, mail, live, thrown.element)
        case "signal":
            broadcast(unit, thrown.name, thrown.variables, live.id)
        case "escalation" if not thrown.handled and live.parent_id is not None and live.parent_wait is not None:
            escalated = CallEscalated(live.parent_wait, thrown.name, thrown.variables)
            unit.pending.append((live.parent_id, escalated))


def post(unit: Unit, mail: Mail, thrower: Live, element: str) -> None:
    """Bring a thrown message to the one place that waits for it, or keep it.

    One that fits twice is kept with an incident of the thrower: its step stands. Once only one place is left (or a
    new one alone fits), it is delivered like every kept message.
    """
    message = subscriptions.remember(unit.session, mail, None)
    assert message is not None
    found = locate(unit, mail)
    if len(found) == 1:
        subscriptions.mark_delivered(unit.session, message, send_to(unit, found[0], mail))
        return
    subscriptions.keep(unit.session, message)
    if found:
        fault = AmbiguousMessage(name=mail.name, count=len(found))
        incidents.raise_incident(
            unit.session, "message", element, "AMBIGUOUS_MESSAGE", both(fault), instance_id=thrower.id
        )


def locate(unit: Unit, mail: Mail) -> list[Target]:
    """The places that the message fits. A single one's instance is locked, and was looked at again under the lock."""
    while True:
        found = subscriptions.matches(unit.session, mail)
        if len(found) != 1 or found[0].instance_id is None or found[0].instance_id in unit.lives:
            return found
        _live(unit, found[0].instance_id)


def send_to(unit: Unit, target: Target, mail: Mail) -> int | None:
    """Queue the message for its target; returns the instance that gets it (a new one for a start event), or None when
    the start event still waits for other triggers."""
    if target.instance_id is not None and target.wait is not None:
        unit.pending.append((target.instance_id, MessageArrived(target.wait, mail.variables)))
        return target.instance_id
    return begin_by(unit, target, "message", mail.name, mail.variables, mail.business_key)


def begin_by(
    unit: Unit,
    target: Target,
    kind: str,
    name: str,
    variables: Mapping[str, Any],
    business_key: str | None = None,
) -> int | None:
    """Begin an instance by a trigger of its start event; None when that event still waits for other triggers.

    kind: message, signal, timer or conditional; name: what tells the trigger from others of its kind.
    """
    if target.definition_id is None:
        raise InternalError(reason="a subscription names neither instance nor definition")
    package = definitions.package(unit.session, target.definition_id)
    node = package.definition.nodes[target.element]
    if gathers(node):
        chosen = gathering.gather(unit.session, package, node, Came(kind, name, business_key, variables))
        if chosen is None:
            return None
        variables = {key: value for one in chosen for key, value in one.variables.items()}
        business_key = next((one.key for one in chosen if one.key is not None), None)
    live = _begin(unit, target.definition_id, business_key)
    unit.pending.append((live.id, Started(target.element, variables)))
    return live.id


def broadcast(unit: Unit, name: str, variables: Mapping[str, Any], thrower: int | None) -> int:
    """Raise a signal in every instance that waits for it (the thrower has caught its own), and start others."""
    running, starts = subscriptions.signal_targets(unit.session, name)
    reached = [id for id in running if id != thrower]
    unit.most += len(reached)
    unit.pending.extend((id, SignalRaised(name, variables)) for id in reached)
    for target in starts:
        begin_by(unit, target, "signal", name, variables)
    return len(reached) + len(starts)
