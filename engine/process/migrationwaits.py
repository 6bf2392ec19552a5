"""Waits of a migrated instance: kept where the new version waits for the same, else closed and opened anew.

Law: an event that has already happened does not come again; a wait that is new is opened as if the work began now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from engine.process.migrationrules import Carried
from engine.process.migrationwording import Change, change
from engine.process.model import EventDefinition, Node
from engine.process.native.arming import Prepared, moment_of, prepare, task_due
from engine.process.native.plan import WAITED, PNode, plan_of
from engine.process.native.run import Run
from engine.process.native.table import equip
from engine.process.state import Held, Scope, Stage, Token
from engine.process.waits import CallWait, JobWait, UserWait

Place = tuple[str, int]
"""An element and the number of its event definition."""
Events = dict[Place, EventDefinition]


@dataclass(slots=True)
class Wanted:
    """What the new version waits for at one place, and what the old one waited for (under the new names)."""

    now: Events
    before: Events
    open: Callable[[str, Prepared], None]
    place: int


def reopen(run: Run, carried: Carried) -> list[Change]:
    """Bring the waits of every token and scope up to date. Raises Stuck where an expression fails."""
    found: list[Change] = []
    for id in list(run.tokens):
        if id in run.tokens:
            found += _token(run, carried, run.token(id))
    for scope in list(run.scopes.values()):
        if scope.kind in ("process", "sub") and not scope.interrupted:
            found += _listening(run, carried, scope)
    return found


def _token(run: Run, carried: Carried, token: Token) -> list[Change]:
    p = run.plan.nodes[token.node]
    before = carried.old.nodes[carried.nodes[token.id]]
    held = [run.waits[id] for id in token.waits]
    found: list[Change] = []
    if p.activity:
        own = next((one for one in held if one.role == "own"), None)
        if own is not None:
            found += _work(run, token, p, before, own)
        if token.id in run.tokens and token.index < 0 and token.stage in (Stage.WAITING, Stage.FINISHING):
            found += _boundaries(run, carried, token, p, before)
    elif token.stage == Stage.WAITING:
        found += _events(run, carried, token, p, before)
    return found


# ── what a node itself waits for ───────────────────────────────────────────────────────────────────────────────


def _work(run: Run, token: Token, p: PNode, before: Node, own: Held) -> list[Change]:
    wait = own.wait
    if isinstance(wait, UserWait):
        return _described(run, p, before, own, wait)
    if isinstance(wait, CallWait):
        return [change("kept", p.id)] if _called(before) != _called(p.node) else []
    if isinstance(wait, JobWait):
        same = _job(before) == _job(p.node)
    else:
        same = _signature(before.message) == _signature(p.node.message)
    if same:
        return []
    run.close(wait.id)
    token.stage = Stage.STARTING
    p.work(run, token, p)
    if token.stage == Stage.STARTING:
        token.stage = Stage.WAITING
    return [change("reopened", p.id, kind=type(wait).__name__)]


def _described(run: Run, p: PNode, before: Node, own: Held, wait: UserWait) -> list[Change]:
    """A task that a person may have begun stays theirs; only what the model says of it is brought up to date."""
    if _words(before) == _words(p.node):
        return []
    form = p.node.user.form if p.node.user else None
    fresh = replace(wait, name=p.node.name, lane=p.node.lane, form=form, properties=p.node.properties)
    if fresh == wait:
        return []
    run.keep(own, fresh, own.data)
    return [change("updated", p.id)]


def _words(node: Node) -> tuple[Any, ...]:
    return node.name, node.lane, node.user.form if node.user else None, dict(node.properties)


def _called(node: Node) -> tuple[Any, ...]:
    call = node.call
    return (call.called, call.called_expr and call.called_expr.text, call.binding) if call else ()


def _job(node: Node) -> tuple[Any, ...]:
    work = node.work
    if work is None:
        return ()
    name = work.decision_expr.text if work.decision_expr else work.decision
    topic = work.topic or (work.message.topic if work.message else None)
    return topic, work.expression and work.expression.text, work.script, name, work.binding, work.retries


def _events(run: Run, carried: Carried, token: Token, p: PNode, before: Node) -> list[Change]:
    """An intermediate catch event, or an event gateway with the events behind it."""
    if p.type == "eventBasedGateway":
        role = "choice"
        old = _all(carried.old.nodes[carried.old.flows[flow].target] for flow in before.outgoing)
        now = _all(run.plan.nodes[target].node for _, target, _ in p.outs)
    elif p.type == "intermediateCatchEvent":
        role = "own"
        old, now = _all([before]), _all([p.node])
    else:
        return []
    wanted = Wanted(
        now, _renamed(old, carried), lambda _, ready: run.open(ready[0], role, token, ready[1] or None),
        run.place(token),
    )  # fmt: skip
    return _sync(run, wanted, [run.waits[id] for id in token.waits if run.waits[id].role == role])


# ── what guards, and what listens ──────────────────────────────────────────────────────────────────────────────


def _boundaries(run: Run, carried: Carried, token: Token, p: PNode, before: Node) -> list[Change]:
    old = _all(carried.old.nodes[id] for id in before.boundaries)
    now = _all(boundary.node for boundary in p.boundaries)
    wanted = Wanted(
        now, _renamed(old, carried), lambda _, ready: run.open(ready[0], "boundary", token, ready[1] or None),
        run.place(token),
    )  # fmt: skip
    former, due = run.moment, task_due(run, token) if p.hangs else None
    if due is not None:
        run.moment = moment_of(run, due)
    try:
        return _sync(run, wanted, [run.waits[id] for id in token.waits if run.waits[id].role == "boundary"])
    finally:
        run.moment = former


def _listening(run: Run, carried: Carried, scope: Scope) -> list[Change]:
    """The start events of a scope's event sub-processes."""
    subs = {start.id: sub.id for sub, start in run.plan.scopes[scope.node].waiting}
    now = _all(start.node for _, start in run.plan.scopes[scope.node].waiting)
    owner = carried.nodes.get(scope.owner, carried.old.key)
    old = _all(start.node for _, start in plan_of(carried.old, equip).scopes[owner].waiting)

    def open_one(element: str, ready: Prepared) -> None:
        run.open_for_scope(ready[0], scope.id, {**ready[1], "sub": subs[element]})

    present = [run.waits[id] for id in run.scopes[scope.id].waits]
    return _sync(run, Wanted(now, _renamed(old, carried), open_one, scope.id), present)


# ── one place ──────────────────────────────────────────────────────────────────────────────────────────────────


def _sync(run: Run, wanted: Wanted, present: list[Held]) -> list[Change]:
    found: list[Change] = []
    here = {(held.wait.element, (held.data or {}).get("n", 0)): held for held in present}
    for place, definition in wanted.now.items():
        held = here.pop(place, None)
        known = place in wanted.before
        if known and (held is None or _signature(wanted.before[place]) == _signature(definition)):
            continue  # still open, or it has happened
        ready = prepare(run, place[0], definition, place[1], wanted.place)
        if held is not None:
            run.close(held.wait.id)
        if ready is not None:
            wanted.open(place[0], ready)
            what = "reopened" if held is not None else "opened"
            found.append(change(what, place[0], kind=type(ready[0]).__name__))
        elif held is not None:
            found.append(change("closed", place[0], kind=type(held.wait).__name__))
    for held in here.values():
        run.close(held.wait.id)
        found.append(change("closed", held.wait.element, kind=type(held.wait).__name__))
    return found


def _all(nodes: Iterable[Node]) -> Events:
    """Every event definition that opens a wait."""
    return {
        (node.id, number): definition
        for node in nodes
        for number, definition in enumerate(node.events or ((node.message,) if node.message else ()))
        if definition.kind in WAITED
    }


def _renamed(events: Events, carried: Carried) -> Events:
    return {(carried.to(element), number): definition for (element, number), definition in events.items()}


def _signature(definition: EventDefinition | None) -> tuple[Any, ...]:
    """What is waited for, as the model says it."""
    if definition is None:
        return ()
    return (
        definition.kind, definition.ref, definition.ref_expr and definition.ref_expr.text, definition.timer,
        definition.expr and definition.expr.text,
        tuple((param.name, param.value.text) for param in definition.correlation),
    )  # fmt: skip
