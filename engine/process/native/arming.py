"""Opening what events wait for: messages, timers, signals and conditions. Law: evaluate all first, then open.

A condition is opened as not yet true, and the conditions are asked at the next chance: one that holds already happens
at once (BPMN 2.0 §10.5.5).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from engine.feel import Moment
from engine.process.businesstime_functions import HostFunctions
from engine.process.model import EventDefinition
from engine.process.native.plan import WAITED, PNode, PScope
from engine.process.native.run import Run, Stuck
from engine.process.state import Token
from engine.process.timing import Cycle, add, drifts, first_due, read_cycle, read_moment, read_period
from engine.process.waits import ConditionWait, MessageWait, SignalWait, TimerWait, UserWait, Wait

Prepared: TypeAlias = tuple[Wait, dict[str, Any]]


def prepare(run: Run, element: str, definition: EventDefinition, number: int, place: int) -> Prepared | None:
    """The wait of one event definition and what is to be remembered with it; None when nothing is to come."""
    data: dict[str, Any] = {"n": number} if number else {}
    match definition.kind:
        case "message":
            keys = run.params(definition.correlation, place)
            return MessageWait(run.new_id(place), element, event_name(run, definition, place), keys), data
        case "signal":
            return SignalWait(run.new_id(place), element, event_name(run, definition, place)), data
        case "conditional":
            return ConditionWait(run.new_id(place), element), {**data, "last": False}
        case "timer":
            found = timer_due(run, definition, place)
            return found and (TimerWait(run.new_id(place), element, found[0]), {**data, **found[1]})
    en, zh = f"{element} cannot wait for {definition.kind}", f"{element} 不能等待 {definition.kind} 事件"
    raise Stuck("EVENT_UNKNOWN", en, zh)


def event_name(run: Run, definition: EventDefinition, place: int) -> str:
    """The name of a message or signal: an expression's value, else as resolved."""
    if definition.ref_expr is not None:
        name = run.value(definition.ref_expr, place)
        if not isinstance(name, str) or not name:
            text = definition.ref_expr.text
            raise Stuck("NAME_INVALID", f"“{text}” gives no name", f"“{text}”未得出名称")
        return name
    return definition.ref or ""


def timer_due(run: Run, definition: EventDefinition, place: int) -> tuple[datetime, dict[str, Any]] | None:
    """When a timer is due, and what its repetition needs. Raises Stuck when the model names no moment."""
    assert definition.expr is not None
    env, text = run.env, definition.expr.text
    value = run.value(definition.expr, place)
    if value is None:
        if "task_due" in text:
            return None
        raise Stuck("TIMER_INVALID", f"“{text}” gives no moment", f"“{text}”未得出时间")
    try:
        if definition.timer == "cycle":
            return _first_of_cycle(run, value)
        if definition.timer == "duration":
            return add(env.now, read_period(value), env.zone, env.calendar), {}
        return read_moment(value, env.zone), {}
    except ValueError as error:
        raise Stuck("TIMER_INVALID", f"“{text}”: {error}", f"“{text}”不是有效的时间：{error}") from error


def _first_of_cycle(run: Run, value: Any) -> tuple[datetime, dict[str, Any]] | None:
    cycle = read_cycle(value, run.env.zone)
    due = first_due(cycle, run.env.now, run.env.zone, run.env.calendar) if cycle.count else None
    if due is None:
        return None
    return due, {"cycle": str(value).strip(), "left": cycle.count, **({"from": due} if drifts(cycle) else {})}


def cycle_of(run: Run, data: dict[str, Any]) -> Cycle:
    """The cycle that an open timer remembers."""
    return read_cycle(data["cycle"], run.env.zone)


def guard(run: Run, token: Token, p: PNode) -> None:
    """Arm the boundary events of an activity that has begun and is not done."""
    due = task_due(run, token) if p.hangs else None
    former = run.moment
    if due is not None:
        run.moment = moment_of(run, due)
    try:
        ready = [
            prepared
            for boundary in p.boundaries
            for number, definition in enumerate(boundary.node.events)
            if definition.kind in WAITED
            and (prepared := prepare(run, boundary.id, definition, number, run.place(token)))
        ]
    finally:
        run.moment = former
    for wait, data in ready:
        run.open(wait, "boundary", token, data or None)


def rearm(run: Run, token: Token, p: PNode, due: datetime | None) -> None:
    """The task's due date moved: close the timers that hang on it and open them anew.

    A timer that has fired comes again only when its new moment lies ahead.
    """
    former = run.moment
    run.moment = moment_of(run, due)
    try:
        ready: list[tuple[PNode, Prepared]] = []
        for boundary in p.hangs:
            for number, definition in enumerate(boundary.node.events):
                prepared = prepare(run, boundary.id, definition, number, run.place(token))
                if prepared is not None:
                    ready.append((boundary, prepared))
    finally:
        run.moment = former
    hanging = {boundary.id for boundary in p.hangs}
    open_now = {
        held.wait.element: id
        for id in token.waits
        if (held := run.waits[id]).role == "boundary" and held.wait.element in hanging
    }
    for id in open_now.values():
        run.close(id)
    for boundary, (wait, data) in ready:
        assert isinstance(wait, TimerWait)
        if boundary.id in open_now or wait.due > run.env.now:
            run.open(wait, "boundary", token, data or None)


def moment_of(run: Run, due: datetime | None) -> Moment:
    """The moment of the step for expressions that hang on a task's due date."""
    return Moment(run.env.now, run.env.zone, run.moment.warnings, HostFunctions(run.env, due))


def task_due(run: Run, token: Token) -> datetime | None:
    """The due date of the user task at which the token waits."""
    for id in token.waits:
        wait = run.waits[id].wait
        if isinstance(wait, UserWait):
            return wait.due
    return None


def open_event(run: Run, event: PNode, definition: EventDefinition, number: int, role: str, token: Token) -> None:
    """Open one event definition for a token (an intermediate event, a receive task, a choice)."""
    prepared = prepare(run, event.id, definition, number, run.place(token))
    if prepared is None:
        raise Stuck("TIMER_INVALID", f"{event.id}: the cycle has no occurrence", f"{event.id}：该循环没有任何一次触发")
    run.open(prepared[0], role, token, prepared[1] or None)


def listen(run: Run, scope_id: int, place: PScope) -> None:
    """Open what the event sub-processes of a scope wait for."""
    ready = [
        (prepared, sub.id)
        for sub, start in place.waiting
        for number, definition in enumerate(start.node.events)
        if definition.kind in WAITED and (prepared := prepare(run, start.id, definition, number, scope_id))
    ]
    for (wait, data), sub_id in ready:
        run.open_for_scope(wait, scope_id, {**data, "sub": sub_id})
