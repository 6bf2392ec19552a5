"""Sub-processes and the process itself: opening a scope, starting what stands in it, ending it (BPMN 2.0 §13.3.4).

A scope is done when no token is left in it, those of its event sub-processes included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.process.contract import Ended
from engine.process.native import around
from engine.process.native.arming import listen
from engine.process.native.cancelling import cancel_scope
from engine.process.native.plan import PNode
from engine.process.native.run import Run
from engine.process.state import Scope, Stage, Token


def work(run: Run, token: Token, p: PNode) -> None:
    """The work of an embedded sub-process: what stands in it."""
    scope = open_scope(run, token, p)
    place = run.plan.scopes[p.id]
    for node in reversed(place.starts):
        run.push_new(node, scope.id)
    if not place.starts:
        run.queue.append((None, -scope.id))


def open_scope(run: Run, token: Token, p: PNode) -> Scope:
    """The inner scope with its data objects and the subscriptions of its event sub-processes."""
    place = run.plan.scopes[p.id]
    if token.inner:
        scope = run.scope(token.inner)
        scope.kind = "sub"
    else:
        scope = run.new_scope(token.scope, token.id, p.id, "sub", {})
        token.inner = scope.id
    fill(run, scope, place.data)
    listen(run, scope.id, place)
    return scope


def fill(run: Run, scope: Scope, data: Mapping[str, Any]) -> None:
    """Give data objects their initial values, where nothing of that name is there yet."""
    initial: dict[str, Any] = {}
    for name, expr in data.items():
        if name not in scope.vars:
            initial[name] = run.value(expr, scope.id, initial) if expr is not None else None
    if initial:
        run.write_here(scope.id, initial)


def emptied(run: Run, scope_id: int) -> None:
    """A scope may have lost its last token: then it is done."""
    scope = run.scopes.get(scope_id)
    if scope is None or scope.live or run.ended is not None:
        return
    if scope.owner:
        _inner_done(run, scope)
    elif run.started:
        over(run, Ended("completed"))


def _inner_done(run: Run, scope: Scope) -> None:
    token = run.token(scope.owner)
    if token.stage not in (Stage.WAITING, Stage.HELD):
        return
    ON_EMPTY[scope.kind](run, token, scope)


ON_EMPTY: dict[str, Callable[[Run, Token, Scope], None]] = {}
"""By the kind of scope: what happens when its last token is gone (filled by `table`)."""


def over(run: Run, ended: Ended) -> None:
    """Nothing is left to do: the listeners of the process are heard, then it ends."""
    root = run.root()
    if around.hear(run, "end", root, {"as": ended.state}):
        run.close_all(run.scopes[root].waits)
        run.scope(root).waits = ()
    else:
        end(run, ended)


def listened(run: Run, token: Token) -> None:
    """All end listeners of the process were heard."""
    end(run, Ended(token.data["as"]))


def end(run: Run, ended: Ended) -> None:
    """The instance is over: nothing is left but the variables."""
    run.before.require_all()
    if ended.state in ("cancelled", "failed"):
        around.at_last(run, run.root())
    run.drawn, run.loaded = 0, ()
    run.ended = ended
    for id in list(run.waits):
        run.close(id)
    run.queue.clear()
    root = run.root()
    run.tokens = {}
    run.joins = {}
    run.scopes = {root: run.scopes[root]}
    kept = run.scope(root)
    kept.live, kept.waits = 0, ()


def end_uncaught(run: Run, token: Token, code: str, message: str) -> None:
    """An error that nobody caught: everything is cancelled, the instance has failed."""
    cancel_scope(run, run.root())
    end(run, Ended("failed", code, message))
