"""The complex gateway (BPMN 2.0 §13.4.5): an activation condition over what has come, then a reset.

Waiting for start, each arriving token asks the activation condition, which sees `activationCount` (tokens that stand
before the gateway), `waitingForStart`, and each incoming flow's id as its number of tokens. Once it holds, one token
of each filled flow is taken and the gateway waits for its reset: for a token on each other flow by which one can still
come. On reset only those outgoing flows are taken whose condition asks for `waitingForStart`: all others belong to
the activation.
"""

from __future__ import annotations

from typing import Any

from engine.process.native import flows
from engine.process.native.activities import depart
from engine.process.native.gateways import Key, awaited, may_fire, merge, stand
from engine.process.native.plan import PNode
from engine.process.native.run import Run
from engine.process.state import Stage, Token


def enter(run: Run, token: Token, p: PNode) -> None:
    """A token arrives."""
    run.entered(token, p)
    if len(p.incoming) < 2:
        depart(run, token, p)
        return
    key = stand(run, token, p)
    if _used(run, key) is None and p.node.activation is not None:
        _ask(run, token, p)


def _ask(run: Run, token: Token, p: PNode) -> None:
    key = (token.scope, p.id)
    waiting = [run.tokens[id] for id in run.joins[key]]
    told: dict[str, Any] = {flow: sum(one.flow == flow for one in waiting) for flow in p.incoming}
    told |= {"activationCount": len(waiting), "waitingForStart": True}
    assert p.node.activation is not None
    if run.holds(p.node.activation, token.scope, told):
        _activate(run, key, p)


def _activate(run: Run, key: Key, p: PNode) -> None:
    filled = sorted({run.tokens[id].flow for id in run.joins[key]})
    _remember(run, key, filled)
    survivor = merge(run, key)
    survivor.stage = Stage.LEAVING
    run.push(depart, survivor)


def _used(run: Run, key: Key) -> list[str] | None:
    """Flows whose token the activation took; None while waiting for start."""
    found: list[str] | None = ((run.scopes[key[0]].data or {}).get("complex") or {}).get(key[1])
    return found


def _remember(run: Run, key: Key, used: list[str] | None) -> None:
    scope = run.scope(key[0])
    before = scope.data or {}
    scope.data = {**before, "complex": {**before.get("complex", {}), key[1]: used}}


def settle(run: Run) -> bool:
    """Activate a gateway without condition, or reset one for which nothing more can come; False: none."""
    for scope in list(run.scopes.values()):
        for id, used in ((scope.data or {}).get("complex") or {}).items():
            if used is not None and _may_reset(run, (scope.id, id), run.plan.nodes[id], used):
                _reset(run, (scope.id, id), run.plan.nodes[id], used)
                return True
    for key in list(run.joins):
        p = run.plan.nodes[key[1]]
        plain = p.type == "complexGateway" and p.node.activation is None and _used(run, key) is None
        if plain and may_fire(run, key, run.plan.reach(p.id)):
            _activate(run, key, p)
            return True
    return False


def _may_reset(run: Run, key: Key, p: PNode, used: list[str]) -> bool:
    filled = {run.tokens[id].flow for id in run.joins.get(key, ())}
    return not awaited(run, key, run.plan.reach(p.id), filled | set(used), over=set(used) - filled)


def _reset(run: Run, key: Key, p: PNode, used: list[str]) -> None:
    _remember(run, key, None)
    waiting = [run.tokens[id] for id in run.joins.get(key, ())]
    first: dict[str, Token] = {}
    for one in waiting:
        if one.flow not in used:
            first.setdefault(one.flow, one)
    told = {"waitingForStart": False, "activationCount": len(waiting)}
    chosen = tuple(
        (flow, target)
        for flow, target, condition in p.outs
        if condition is not None and "waitingForStart" in condition.text and run.holds(condition, key[0], told)
    )
    taken = {one.id for one in first.values()}
    rest = tuple(id for id in run.joins.get(key, ()) if id not in taken)
    run.joins.pop(key, None)
    if rest:
        run.joins[key] = rest
    if chosen:
        spare = first.popitem()[1] if first else run.new_token(p.id, key[0])
        go = run.token(spare.id)
        run.left(go, p)
        flows.take(run, go, p, chosen)
    for one in first.values():
        run.consume(run.token(one.id))
    if rest and p.node.activation is not None:
        _ask(run, run.token(rest[-1]), p)
