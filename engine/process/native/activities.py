"""The life of an activity (BPMN 2.0 §13.3.2): entered, inputs mapped, working, guarded by its boundary events, done.

Every stage can stop as an incident and be tried again; a stage evaluates all its expressions before it changes
anything, so that trying again is safe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.process.native import flows
from engine.process.native.adhocrules import after_activity, closing
from engine.process.native.arming import guard
from engine.process.native.listening import hear
from engine.process.native.pausing import pause
from engine.process.native.plan import NO_EVENT, PNode
from engine.process.native.records import remember
from engine.process.native.run import Run
from engine.process.state import Stage, Token
from engine.process.waits import ConditionWait

INPUT = "input"
"""The role of the wait for an input set."""


def enter(run: Run, token: Token, p: PNode) -> None:
    """A token arrives at an activity; with a start quantity it waits for its fellows first."""
    if p.node.start_quantity > 1 and token.index < 0 and not _gathered(run, token, p):
        return
    run.entered(token, p)
    begin(run, token, p)


def _gathered(run: Run, token: Token, p: PNode) -> bool:
    """Start quantity (§13.3.2): as many tokens as asked are taken together; those before wait without a trace."""
    key = (token.scope, p.id)
    waiting = (*run.joins.get(key, ()), token.id)
    if len(waiting) < p.node.start_quantity:
        run.joins[key] = waiting
        token.stage = Stage.HELD
        return False
    run.joins.pop(key, None)
    for id in waiting[:-1]:
        run.consume(run.token(id))
    return True


def begin(run: Run, token: Token, p: PNode) -> None:
    """Stage ENTERED: map the inputs, in a loop set up its body, then start the work."""
    if p.loop is not None and token.index < 0:
        p.repeat(run, token, p)
        return
    if p.node.inputs or p.node.data or p.node.input_sets:
        local = _mapped(run, token, p)
        if not _available(run, token, p, local):
            run.open(ConditionWait(run.new_id(token.id), p.id), INPUT, token, {"n": NO_EVENT, "last": False})
            return
        if local:
            _locals(run, token, p, local)
    if not p.listeners or hear(run, token, p, Stage.OPENING):
        start(run, token, p)


def begin_when_filled(run: Run, token: Token, p: PNode, wait: int) -> None:
    """Data were written that an activity waits for: it begins once one of its input sets is filled."""
    if _available(run, token, p, _mapped(run, token, p)):
        run.close(wait, "done")
        begin(run, token, p)


def _mapped(run: Run, token: Token, p: PNode) -> dict[str, Any]:
    place = run.place(token)
    local = {name: run.value(e, place) if e else None for name, e in p.node.data.items()}
    return local | run.params(p.node.inputs, place, local)


def _available(run: Run, token: Token, p: PNode, local: Mapping[str, Any]) -> bool:
    """Input sets (§10.4.2): the first that is available, once the associations have filled it, lets the activity
    start; until then it waits."""
    if not p.node.input_sets:
        return True
    view = run.view(run.place(token), local)
    return any(all(view.get(name) is not None for name in names) for names in p.node.input_sets)


def _locals(run: Run, token: Token, p: PNode, values: dict[str, Any]) -> None:
    if not token.inner:
        token.inner = run.new_scope(token.scope, token.id, p.id, "task", {}).id
    run.write_here(token.inner, values)


def start(run: Run, token: Token, p: PNode) -> None:
    """Stage STARTING: do the work, or open what it waits for; then arm the boundary events."""
    token.stage = Stage.STARTING
    p.work(run, token, p)
    if token.stage == Stage.STARTING:
        settle(run, token, p)


def settle(run: Run, token: Token, p: PNode) -> None:
    """Stage GUARDING: what has begun and is not done is guarded by its boundary events."""
    token.stage = Stage.GUARDING
    if token.index < 0 and p.boundaries:
        guard(run, token, p)
    if token.stage == Stage.GUARDING:
        token.stage = Stage.WAITING
        if token.inner and run.scopes[token.inner].kind == "sub":
            run.queue.insert(0, (None, -token.inner))


def finish(run: Run, token: Token, p: PNode, results: Mapping[str, Any] | None = None) -> None:
    """The work is done. With output mappings its results are local and only the mapped values go out."""
    if results:
        if p.outputs:
            _locals(run, token, p, {name: value for name, value in results.items()})
        else:
            run.write(run.place(token), results)
    if not p.listeners or hear(run, token, p, Stage.CLOSING):
        complete(run, token, p)


def complete(run: Run, token: Token, p: PNode) -> None:
    """Stage FINISHING: map the outputs, take down what guards, leave."""
    token.stage = Stage.FINISHING
    if p.outputs and (p.loop is None or token.index >= 0):
        found = run.params(p.outputs, run.place(token))
        _take_down(run, token, p)
        mine = {name: found.pop(name) for name in p.own if name in found} if token.index >= 0 else {}
        if mine:
            run.write_here(token.inner, mine)
        run.write(token.scope, found)
    else:
        _take_down(run, token, p)
    if token.index < 0:
        depart(run, token, p)
    elif not p.listeners or hear(run, token, p, Stage.PARTING):
        part(run, token, p)


def _take_down(run: Run, token: Token, p: PNode) -> None:
    run.close_all(token.waits)
    token.waits = ()
    if token.inner:
        scope = run.scopes[token.inner]
        if p.compensable:
            remember(run, token, p, scope)
        if token.index < 0:
            drop_scope(run, token)
    elif p.compensable:
        remember(run, token, p, None)


def drop_scope(run: Run, token: Token) -> None:
    """The token's inner scope and its subscriptions are gone."""
    scope = run.scopes.pop(token.inner)
    run.close_all(scope.waits)
    token.inner = 0


def depart(run: Run, token: Token, p: PNode) -> None:
    """The node is done; its last listeners are heard. Those of a repeated activity listen to its iterations."""
    if not p.listeners or p.loop is not None or hear(run, token, p, Stage.PARTING):
        part(run, token, p)


def part(run: Run, token: Token, p: PNode) -> None:
    """Stage LEAVING: a job may stand between the node, or the iteration, and what follows."""
    if token.index >= 0 and not (p.loop is not None and p.loop.async_after):
        p.iterated(run, token, p)
        return
    token.stage = Stage.LEAVING
    if token.index >= 0:
        pause(run, token, p, "iteration")
    elif p.node.async_after:
        pause(run, token, p, "after")
    else:
        leave(run, token, p)


def leave(run: Run, token: Token, p: PNode) -> None:
    """Choose the outgoing flows (which may stop here), leave, send tokens on."""
    if p.catch_link is not None:
        run.left(token, p)
        run.move(token, p.catch_link, "")
        return
    chosen = flows.choose(run, token, p)
    if run.plan.taking:
        flows.hear(run, token, chosen)
    run.left(token, p)
    if not p.adhoc:
        flows.take(run, token, p, chosen)
        return
    scope = token.scope
    if closing(run, scope):
        run.consume(token)
        return
    flows.take(run, token, p, chosen)
    if p.activity:
        after_activity(run, scope)
