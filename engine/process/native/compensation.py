"""Compensation (BPMN 2.0 §10.7, §13.5.5) and the cancelling of transactions (§13.3.8).

Every completed activity that has a handler, or holds such activities, is noted in its scope with its data as they were
(a record). Undoing goes through the records backwards, one after the other: a handler for an activity; for a
sub-process its own handler, else its compensation event sub-process, else its inner records. What undoes runs in an
undo scope, where the noted data hide the present ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.process.contract import Passed
from engine.process.model import EventDefinition
from engine.process.native import bodies, events
from engine.process.native.cancelling import cancel_scope, cancel_token
from engine.process.native.plan import PNode
from engine.process.native.run import Run
from engine.process.native.throwing import throw_next
from engine.process.state import Scope, Stage, Token

Record = dict[str, Any]
Task = dict[str, Any]
"""What is still to do: `h` handler (with `b` its boundary event) or `e` event sub-process, `vars`, `done`, `in`."""


# ── throwing ───────────────────────────────────────────────────────────────────────────────────────────────────


def throw_compensation(run: Run, token: Token, p: PNode, definition: EventDefinition) -> None:
    """Undo one activity, or all of the scope; the thrower waits for the end, unless it says not to."""
    scope = _base(run, token.scope)
    taken: tuple[Record, ...] = ()
    if definition.ref is None:
        taken = scope.done
        run.scope(scope.id).done = ()
    else:
        found: Scope | None = scope
        while found is not None and not taken:
            if found.node == definition.ref and bodies.parts_of(found) is not None:
                found = run.scope(found.id)
                bodies.gather_records(run, found)
            taken = tuple(record for record in found.done if record["node"] == definition.ref)
            if taken:
                rest = tuple(record for record in found.done if record["node"] != definition.ref)
                run.scope(found.id).done = rest
                scope = found
            found = run.scopes[found.parent] if found.parent else None
    todo = list(_tasks(run, taken, {}))
    if not todo:
        return
    holder = token
    if not definition.wait_for_completion:
        holder = run.new_token(p.id, token.scope)
        holder.stage = Stage.HELD
    else:
        token.stage = Stage.WAITING
    _undo(run, holder, p, scope.id, todo)


def _base(run: Run, scope_id: int) -> Scope:
    """The scope whose activities a throw undoes: its own; from an event sub-process, that which holds it."""
    scope = run.scopes[scope_id]
    while scope.parent and scope.kind == "sub" and run.plan.nodes[scope.node].node.by_event:
        scope = run.scopes[scope.parent]
    return scope


def _tasks(run: Run, records: tuple[Record, ...] | list[Record], outer: dict[str, Any]) -> Iterator[Task]:
    """What undoing these records takes, last completed first."""
    for record in reversed(records):
        p = run.plan.nodes[record["node"]]
        seen = {**outer, **record["vars"]}
        iterations = p.loop is not None and any(inner["node"] == p.id for inner in record["done"])
        if iterations:
            yield from _tasks(run, record["done"], outer)
        elif p.undo is not None:
            yield {"b": p.undo[0], "h": p.undo[1], "vars": seen, "done": record["done"]}
        elif p.inner is not None:
            own = run.plan.scopes[p.id].compensation
            if own is not None:
                yield {"e": own.id, "vars": seen, "done": record["done"]}
            else:
                yield from _tasks(run, record["done"], seen)


def _undo(run: Run, holder: Token, p: PNode, scope_id: int, todo: list[Task]) -> None:
    """Open the undo scope that the holder owns, and begin."""
    scope = run.new_scope(scope_id, holder.id, p.id, "undo", {})
    holder.inner = scope.id
    scope.data = {"todo": todo}
    _next(run, scope)


def _next(run: Run, scope: Scope) -> None:
    first, *rest = scope.data["todo"]
    scope.data = {**scope.data, "todo": rest}
    scope.vars = dict(first["vars"])
    scope.done = tuple(first["done"])
    if "e" in first:
        sub = run.plan.nodes[first["e"]]
        start = run.plan.nodes[run.plan.scopes[sub.id].starts[0]]
        token = run.new_token(sub.id, scope.id)
        run.entered(token, sub)
        token.data = {"start": start.id, "n": 0, "payload": {}}
        run.attempt(events.begin_event_subprocess, token)
    else:
        boundary = run.plan.nodes[first["b"]]
        for event in ("enter", "leave"):
            run.events.append(Passed(event, boundary.id, run.label(scope.id), boundary.type))
        run.push_new(first["h"], scope.id)


def emptied(run: Run, token: Token, scope: Scope) -> None:
    """One undoing has ended: the next, or the thrower goes on."""
    if scope.data["todo"]:
        _next(run, run.scope(scope.id))
        return
    del run.scopes[scope.id]
    token.inner = 0
    if token.stage == Stage.HELD:
        run.consume(token)
    elif scope.data.get("cancels"):
        run.push(_cancelled, token)
    else:
        run.push(throw_next, token)


# ── transactions ───────────────────────────────────────────────────────────────────────────────────────────────


def throw_cancel(run: Run, token: Token, p: PNode, definition: EventDefinition) -> None:
    """A cancel end event: what runs in the transaction stops, what is done is undone, then the boundary fires."""
    scope = run.scope(_transaction(run, token.scope).id)
    if scope.id != token.scope:
        token = _stand_in(run, token, p, scope)
    token.stage = Stage.WAITING
    cancel_scope(run, scope.id, spare=token.id)
    run.close_all(scope.waits)
    scope.waits = ()
    todo = list(_tasks(run, scope.done, {}))
    scope.done = ()
    if todo:
        _undo(run, token, p, scope.id, todo)
        run.scope(token.inner).data["cancels"] = True
    else:
        _cancelled(run, token, p)


def _transaction(run: Run, scope_id: int) -> Scope:
    """The innermost transaction around a scope."""
    scope = run.scopes[scope_id]
    while scope.parent and not (scope.kind == "sub" and run.plan.nodes[scope.node].type == "transaction"):
        scope = run.scopes[scope.parent]
    return scope


def _stand_in(run: Run, token: Token, p: PNode, scope: Scope) -> Token:
    """From deeper within, a token of the transaction itself waits for the undoing; the thrower has been left."""
    run.left(token, p)
    token.stage = Stage.HELD
    other = run.new_token(p.id, scope.id)
    other.data = {"left": True}
    return other


def _cancelled(run: Run, token: Token, p: PNode) -> None:
    """The transaction has been undone: it is left by its cancel boundary event."""
    if not (token.data or {}).get("left"):
        run.left(token, p)
    owner = run.token(run.scopes[token.scope].owner)
    run.consume(token)
    host = owner
    while host.index >= 0:
        host = run.token(run.scopes[host.scope].owner)
    caught = run.plan.nodes[host.node].by_kind.get("cancel", ())
    if caught:
        events.fire_boundary(run, host, caught[0][0], 0, {})
    else:
        cancel_token(run, host)
