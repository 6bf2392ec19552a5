"""Events that happen: start, intermediate catch, boundary and event sub-process (BPMN 2.0 §13.5).

A boundary event enters when it fires, a start event of an event sub-process when it is triggered. A parallel multiple
event happens when each of its definitions has; a multiple one with the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import ModelError
from engine.process.model import EventDefinition
from engine.process.native import subprocesses, watching
from engine.process.native.activities import INPUT, begin_when_filled, depart, finish
from engine.process.native.arming import cycle_of, open_event
from engine.process.native.cancelling import cancel_scope, cancel_token
from engine.process.native.listening import hear
from engine.process.native.plan import WAITED, PNode
from engine.process.native.run import Run, Stuck
from engine.process.state import Held, Stage, Token
from engine.process.timing import FOREVER, following
from engine.process.waits import TimerWait

Payload = Mapping[str, Any]


# ── nodes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def start_event(run: Run, token: Token, p: PNode) -> None:
    """A start event passes its token on; what triggered it is in the token's data."""
    run.entered(token, p)
    absorb(run, token, p)


def catch_event(run: Run, token: Token, p: PNode) -> None:
    """An intermediate catch event waits for one of its definitions; the target of a link passes on."""
    run.entered(token, p)
    if not p.listeners or hear(run, token, p, Stage.OPENING):
        wait_for_events(run, token, p)


def wait_for_events(run: Run, token: Token, p: PNode) -> None:
    """Stage STARTING of an intermediate catch event."""
    token.stage = Stage.STARTING
    if not any(definition.kind in WAITED for definition in p.node.events):
        depart(run, token, p)
        return
    for number, definition in enumerate(p.node.events):
        open_event(run, p, definition, number, "own", token)
    token.stage = Stage.WAITING


def absorb(run: Run, token: Token, p: PNode) -> None:
    """Stage FINISHING of an event: write what it brought (mapped, where the model maps), then leave."""
    token.stage = Stage.FINISHING
    data = token.data or {}
    payload: Payload = data.get("payload") or {}
    number = data.get("n", 0)
    outputs = p.outputs or (p.node.events[number].outputs if number < len(p.node.events) else ())
    if outputs:
        found = run.params(outputs, token.scope, payload)
        if p.type == "startEvent":
            run.write_here(token.scope, found)
        else:
            run.write(token.scope, found)
    else:
        run.write(token.scope, payload)
    run.close_all(token.waits)
    token.waits = ()
    depart(run, token, p)


def deliver(run: Run, token: Token, p: PNode, number: int, payload: Payload) -> None:
    """The event at which the token stands has happened."""
    token.data = {"payload": dict(payload), "n": number}
    absorb(run, token, p)


# ── what was waited for ────────────────────────────────────────────────────────────────────────────────────────


def happened(run: Run, held: Held, payload: Payload) -> None:
    """A message, timer, signal or condition that was waited for has come; by the role of the wait."""
    number = (held.data or {}).get("n", 0)
    _BY_ROLE[held.role](run, held, number, payload)


def _own(run: Run, held: Held, number: int, payload: Payload) -> None:
    token = run.token(held.token)
    p = run.plan.nodes[token.node]
    run.close(held.wait.id, "done")
    if p.activity:
        run.attempt(finish, token, payload)
        return
    everything = _all_hit(run, token, p, p.id, number, payload)
    if everything is not None:
        run.attempt(deliver, token, number, everything)


def _all_hit(run: Run, owner: Token, event: PNode, key: str, number: int, payload: Payload) -> Payload | None:
    """For a parallel multiple event: note the hit; everything that came once all have come, None until then."""
    if not event.node.parallel_multiple:
        return payload
    data = owner.data or {}
    hits = {**data.get("hits", {}).get(key, {}), str(number): dict(payload)}
    complete = len(hits) == len(event.node.events)
    kept = {**data.get("hits", {}), key: {} if complete else hits}
    owner.data = {**data, "hits": kept}
    if not complete:
        return None
    return {name: value for part in hits.values() for name, value in part.items()}


def _boundary(run: Run, held: Held, number: int, payload: Payload) -> None:
    host = run.token(held.token)
    boundary = run.plan.nodes[held.wait.element]
    _again(run, held, boundary)
    everything = _all_hit(run, host, boundary, boundary.id, number, payload)
    if everything is not None:
        fire_boundary(run, host, boundary, number, everything)


def fire_boundary(run: Run, host: Token, boundary: PNode, number: int, payload: Payload) -> None:
    """The boundary event happens: it takes the activity's place, or runs beside it."""
    if run.fired(host, boundary, number, payload):
        return
    scope = host.scope
    token = run.new_token(boundary.id, scope)
    if boundary.node.interrupting:
        cancel_token(run, host)
    run.entered(token, boundary)
    token.data = {"payload": dict(payload), "n": number}
    token.stage = Stage.FINISHING
    run.attempt(absorb, token)


def _start(run: Run, held: Held, number: int, payload: Payload) -> None:
    sub = run.plan.nodes[held.data["sub"]]
    start = run.plan.nodes[held.wait.element]
    _again(run, held, start)
    if start.node.parallel_multiple:
        scope = run.scope(held.scope)
        hits = {**((scope.data or {}).get("hits", {}).get(start.id, {})), str(number): dict(payload)}
        complete = len(hits) == len(start.node.events)
        before = scope.data or {}
        scope.data = {**before, "hits": {**before.get("hits", {}), start.id: {} if complete else hits}}
        if not complete:
            return
        payload = {name: value for part in hits.values() for name, value in part.items()}
    start_subprocess(run, held.scope, sub, start, number, payload)


def start_subprocess(run: Run, scope_id: int, sub: PNode, start: PNode, number: int, payload: Payload) -> Token:
    """An event sub-process begins; an interrupting one takes its scope over, and no other reacts any more."""
    token = run.new_token(sub.id, scope_id)
    if start.node.interrupting:
        scope = run.scope(scope_id)
        scope.interrupted = True
        run.close_all(scope.waits)
        scope.waits = ()
        cancel_scope(run, scope_id, spare=token.id)
    run.entered(token, sub)
    token.data = {"start": start.id, "n": number, "payload": dict(payload)}
    run.attempt(begin_event_subprocess, token)
    return token


def begin_event_subprocess(run: Run, token: Token, p: PNode) -> None:
    """An event sub-process has been entered: its first listeners are heard, then it opens."""
    if not p.listeners or hear(run, token, p, Stage.OPENING):
        open_event_subprocess(run, token, p)


def open_event_subprocess(run: Run, token: Token, p: PNode) -> None:
    """Stage STARTING of an event sub-process: its scope, then its start event with what triggered it."""
    token.stage = Stage.STARTING
    data = token.data
    start = run.plan.nodes[data["start"]]
    inner = subprocesses.open_scope(run, token, p)
    first = run.new_token(start.id, inner.id)
    run.entered(first, start)
    first.data = {"payload": data["payload"], "n": data["n"]}
    token.data = None
    token.stage = Stage.WAITING
    run.attempt(absorb, first)


def _choice(run: Run, held: Held, number: int, payload: Payload) -> None:
    if run.chosen(held, number, payload):
        return
    token = run.token(held.token)
    gateway, chosen = run.plan.nodes[token.node], run.plan.nodes[held.wait.element]
    run.close(held.wait.id, "done")
    run.close_all(token.waits)
    token.waits = ()
    run.left(token, gateway)
    flow = next(flow for flow, target, _ in gateway.outs if target == chosen.id)
    run.took(flow)
    token.node, token.flow, token.data = chosen.id, flow, None
    run.entered(token, chosen)
    if chosen.activity:
        run.attempt(finish, token, payload)
    else:
        run.attempt(deliver, token, number, payload)


_BY_ROLE = {"own": _own, "boundary": _boundary, "start": _start, "choice": _choice}


def _again(run: Run, held: Held, event: PNode) -> None:
    """What repeats stays or is opened anew: a message, signal or condition of a non-interrupting event; a cycle."""
    wait, once = held.wait, event.node.interrupting
    if isinstance(wait, TimerWait):
        run.close(wait.id, "done")
        if not once:
            _next_of_cycle(run, held, wait)
    elif once or event.node.parallel_multiple:
        run.close(wait.id, "done")


def _next_of_cycle(run: Run, held: Held, wait: TimerWait) -> None:
    data = held.data or {}
    if "cycle" not in data:
        return
    env, left = run.env, data["left"] if data["left"] == FOREVER else data["left"] - 1
    each = run.plan.nodes[wait.element].node.properties.get("catchUp") == "each"
    cycle, begun = cycle_of(run, data), data.get("from")
    found = following(cycle, wait.due, left, env.now, env.zone, env.calendar, each=each, begun=begun)
    if found is None:
        return
    left = found[1]
    upcoming = TimerWait(run.new_id(wait.id), wait.element, found[0])
    if held.token:
        run.open(upcoming, held.role, run.token(held.token), {**data, "left": left})
    else:
        run.open_for_scope(upcoming, held.scope, {**data, "left": left})


# ── conditions and signals ─────────────────────────────────────────────────────────────────────────────────────


def check_conditions(run: Run) -> None:
    """Ask the conditions that may have changed; those that became true happen, oldest first. One that fails does not
    hold."""
    while run.dirty:
        for id in watching.take_asked(run):
            held = run.waits.get(id)
            if held is not None:
                _check(run, held)


def _check(run: Run, held: Held) -> None:
    event = run.plan.nodes[held.wait.element]
    if held.role == INPUT:
        run.attempt(begin_when_filled, run.token(held.token), held.wait.id)
        return
    number = held.data.get("n", 0)
    definition: EventDefinition = event.node.events[number]
    assert definition.expr is not None
    place = run.place(run.tokens[held.token]) if held.token else held.scope
    try:
        holds = run.holds(definition.expr, place)
    except (Stuck, ModelError):
        holds = False
    if holds == held.data["last"]:
        return
    run.keep(held, data={**held.data, "last": holds})
    if holds:
        happened(run, run.waits[held.wait.id], {})
