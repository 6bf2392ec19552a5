"""Events that throw: message, signal, escalation, error, terminate, and their search for who catches (BPMN 2.0 §13.5).

Errors and escalations go outwards scope by scope: first the event sub-processes of the scope, then the boundary of
what owns it; at each place a handler of that code before one that catches all. Errors meet error handlers only,
escalations escalation handlers only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.process.contract import Ended, Threw
from engine.process.model import EventDefinition
from engine.process.native import events, subprocesses
from engine.process.native.activities import depart
from engine.process.native.arming import event_name
from engine.process.native.cancelling import cancel_scope
from engine.process.native.listening import hear
from engine.process.native.plan import PNode
from engine.process.native.run import DEAD, Run
from engine.process.state import SIGNAL, Stage, Token
from engine.process.waits import JobWait, SignalWait, ThrowWait

Payload = Mapping[str, Any]


# ── nodes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def throw_event(run: Run, token: Token, p: PNode) -> None:
    """An intermediate throw or an end event: throw each definition in turn, then leave."""
    run.entered(token, p)
    if not p.listeners or hear(run, token, p, Stage.OPENING):
        throw_next(run, token, p)


def throw_next(run: Run, token: Token, p: PNode) -> None:
    """Stage STARTING: throw what has not been thrown; `token.data` counts what has."""
    token.stage = Stage.STARTING
    done = (token.data or {}).get("thrown", 0)
    for number, definition in enumerate(p.node.events[done:], start=done):
        THROW[definition.kind](run, token, p, definition)
        if token.stage == DEAD:
            return
        token.data = {**(token.data or {}), "thrown": number + 1}
        if token.waits or token.inner or token.stage == Stage.WAITING:
            token.stage = Stage.WAITING
            return
    depart(run, token, p)


def _nothing(run: Run, token: Token, p: PNode, definition: EventDefinition) -> None:
    """A link has nothing to throw: its token goes on at the twin."""


def throw_message(run: Run, token: Token, p: PNode, definition: EventDefinition) -> None:
    """A message leaves the instance; one with a topic leaves as work for a handler."""
    place = run.place(token)
    payload = run.params(definition.inputs or p.node.inputs, place)
    if definition.topic:
        inputs = payload or dict(run.view(place))
        wait = JobWait(run.new_id(token.id), p.id, "topic", definition.topic, inputs, properties=p.node.properties)
        run.open(wait, "throw", token)
        return
    keys = run.params(definition.correlation, place)
    run.threw(Threw("message", event_name(run, definition, place), p.id, payload, keys))


def throw_signal(run: Run, token: Token, p: PNode, definition: EventDefinition) -> None:
    """A signal reaches who waits here at once; the thrower goes on once all other instances have it."""
    place = run.place(token)
    name = event_name(run, definition, place)
    payload = run.params(definition.inputs or p.node.inputs, place)
    waiting = _signal_waits(run, name)
    run.threw(Threw("signal", name, p.id, payload, handled=bool(waiting)))
    run.open(ThrowWait(run.new_id(token.id), p.id), "throw", token)
    _broadcast(run, waiting, payload)


def broadcast(run: Run, name: str, payload: Payload) -> None:
    """A signal from outside: every open wait of its name catches it."""
    _broadcast(run, _signal_waits(run, name), payload)


def _signal_waits(run: Run, name: str) -> list[int]:
    run.require_listeners(SIGNAL + name)
    return [id for id, held in run.waits.items() if isinstance(held.wait, SignalWait) and held.wait.name == name]


def _broadcast(run: Run, waiting: list[int], payload: Payload) -> None:
    for id in waiting:
        held = run.waits.get(id)
        if held is not None:
            events.happened(run, held, payload)


def _throw_error(run: Run, token: Token, p: PNode, definition: EventDefinition) -> None:
    message = ""
    if definition.expr is not None:
        message = str(run.value(definition.expr, run.place(token)))
    code = _code(run, token, definition)
    payload = run.params(definition.inputs or p.node.inputs, run.place(token))
    raise_error(run, token, code, message, payload, p.id)


def _throw_escalation(run: Run, token: Token, p: PNode, definition: EventDefinition) -> None:
    """Who catches it runs first; uncaught here, it is for the caller, who is told before the thrower goes on."""
    payload = run.params(definition.inputs or p.node.inputs, run.place(token))
    below = len(run.queue)
    if not raise_escalation(run, token, _code(run, token, definition), payload, p.id):
        run.open(ThrowWait(run.new_id(token.id), p.id), "throw", token)
    elif token.stage != DEAD:
        token.stage = Stage.WAITING
        run.queue.insert(below, (throw_next, token.id))


def throw_beside(run: Run, host: Token, p: PNode, definition: EventDefinition) -> None:
    """What a multi-instance behaviour throws: from the body, which goes on without waiting."""
    place = run.place(host)
    if definition.kind == "signal":
        name = event_name(run, definition, place)
        waiting = _signal_waits(run, name)
        payload = run.params(definition.inputs, place)
        run.threw(Threw("signal", name, p.id, payload, handled=bool(waiting)))
        _broadcast(run, waiting, payload)
    elif definition.kind == "escalation":
        raise_escalation(run, host, _code(run, host, definition), run.params(definition.inputs, place), p.id)
    elif definition.kind in ("message", "error"):
        THROW[definition.kind](run, host, p, definition)


def _code(run: Run, token: Token, definition: EventDefinition) -> str:
    if definition.ref_expr is not None:
        return event_name(run, definition, run.place(token))
    return definition.ref or ""


def _terminate(run: Run, token: Token, p: PNode, definition: EventDefinition) -> None:
    """Terminate ends its own process or sub-process at once (§13.5.6): nothing else in it runs on."""
    scope = run.scopes[token.scope]
    run.left(token, p)
    cancel_scope(run, scope.id, spare=token.id)
    if not scope.parent:
        subprocesses.over(run, Ended("terminated"))
    if run.ended is None:
        run.consume(token)
    token.stage = DEAD


# ── the search ─────────────────────────────────────────────────────────────────────────────────────────────────


def raise_error(run: Run, token: Token, code: str, message: str, payload: Payload, element: str) -> None:
    """An error goes outwards from where the token stands; uncaught, it ends the instance as failed."""
    found = _search(run, token, "error", code)
    run.threw(Threw("error", code, element, payload, handled=found is not None))
    if found is None:
        subprocesses.end_uncaught(run, token, code, message)
        return
    _catch(run, found, code, message, payload)


def raise_escalation(run: Run, token: Token, code: str, payload: Payload, element: str) -> bool:
    """An escalation goes outwards; uncaught, it is told. Whether it was caught."""
    found = _search(run, token, "escalation", code)
    run.threw(Threw("escalation", code, element, payload, handled=found is not None))
    if found is not None:
        _catch(run, found, code, "", payload)
    return found is not None


Found = tuple[Token | None, int, PNode, PNode | None, EventDefinition]
"""Host of the boundary (None: an event sub-process), scope, the event, its event sub-process, the definition."""


def _search(run: Run, token: Token, kind: str, code: str) -> Found | None:
    here: Token | None = token
    while here is not None:
        if here.index < 0 and here.stage != Stage.ARRIVING:
            for boundary, definition in run.plan.nodes[here.node].by_kind.get(kind, ()):
                if definition.ref is None or definition.ref == code:
                    return here, here.scope, boundary, None, definition
        scope = run.scopes[here.scope]
        if scope.kind in ("process", "sub") and not scope.interrupted:
            for sub, start, definition in run.plan.scopes[scope.node].by_kind.get(kind, ()):
                if definition.ref is None or definition.ref == code:
                    return None, scope.id, start, sub, definition
        here = run.tokens.get(scope.owner)
    return None


def _catch(run: Run, found: Found, code: str, message: str, payload: Payload) -> None:
    host, scope_id, event, sub, definition = found
    told = dict(payload)
    if definition.code_variable:
        told[definition.code_variable] = code
    if definition.message_variable:
        told[definition.message_variable] = message
    number = event.node.events.index(definition)
    if host is not None:
        events.fire_boundary(run, run.token(host.id), event, number, told)
    elif sub is not None:
        events.start_subprocess(run, scope_id, sub, event, number, told)


THROW: dict[str, Callable[[Run, Token, PNode, EventDefinition], None]] = {
    "message": throw_message,
    "signal": throw_signal,
    "error": _throw_error,
    "escalation": _throw_escalation,
    "terminate": _terminate,
    "link": _nothing,
}
"""By kind of definition; compensation and cancel add theirs (see `table`)."""
