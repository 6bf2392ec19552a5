"""The unit of work. Law: one trigger, one transaction: state, waits, history, messages and handlers' writes together.

    load under lock → step → answer what can be answered here → step again … → write rows → deliver what was thrown

A unit works through a queue of (instance, trigger). What a step throws reaches other instances in the same unit: a
message starts or continues one, a called process starts, a caller goes on when its call ends. Instances are written
before messages are delivered, so that a place opened in this unit can be found. Nothing here commits.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engine import (
    answers,
    calendars,
    definitions,
    gathering,
    incidents,
    instances,
    metrics,
    rows,
    subscriptions,
)
from engine.crashpoints import reached
from engine.definitions import Package
from engine.errors import AmbiguousMessage, InternalError, WaitClosed, both
from engine.instances import Live
from engine.log import logger
from engine.process.beginnings import Came, gathers
from engine.process.contract import Closed, Env, Step, Threw
from engine.process.migration import Migrated
from engine.process.model import Definition
from engine.process.native import step as native_step
from engine.process.state import State
from engine.process.stepping import Kernel, step_with
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
    JobWait,
    ThrowWait,
)
from engine.subscriptions import Mail, Target
from engine.unit import Unit, begin, unit_of

log = logger("advance")


def _spiff_step(definition: Definition, state: State, trigger: Trigger, env: Env) -> Step:
    """The second kernel, which is brought in by the first instance that runs on it: it costs a tenth of a start."""
    from engine.process.spiff import step

    return step(definition, state, trigger, env)


KERNELS: dict[str, Kernel] = {"native": native_step, "spiff": _spiff_step}


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
    live = begin(unit, definition_id, business_key)
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
    live = begin(unit, definition_id, business_key)
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
                rows.write(unit, live)
        if unit.pending:
            continue
        if not unit.thrown:
            metrics.STEP.observe(time.perf_counter() - unit.began)
            return
        reached("step.written")
        _deliver(unit, *unit.thrown.popleft())


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
    house = calendars.calendars(unit.session)
    return Env(
        now=unit.now,
        zone=unit.runtime.zone,
        calendar=calendars.chosen(house, live.package.definition.properties.get("calendar")),
        calendars=house,
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
        rows.rename(session, live, wait)
    _go_on(unit, live, deque(work), None)
    finish(unit)


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


def call(session: Session, actor: str, live: Live, wait: CallWait) -> None:
    """Start what a call activity calls, at a later attempt. Raises what stands against it."""
    unit = unit_of(session, actor)
    unit.lives[live.id] = live
    rows.call(unit, live, wait)
    finish(unit)


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
            escalated = CallEscalated(live.parent_wait, thrown.name, thrown.variables, live.state.variables())
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
    live = begin(unit, target.definition_id, business_key)
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
