"""What a node does by itself, while SpiffWorkflow leads the tokens. Law: one node at a time; no flow is chosen here.

The native kernel's room works on a plan in which every node stands alone, without flows. A token there stands for a
task of SpiffWorkflow's tree while the node has work to do; when the token is gone, the work is done. So both kernels
evaluate the same expressions, open the same waits and keep the same variables; where a token goes, when a join fires,
what a boundary event interrupts and when a scope is over is SpiffWorkflow's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.process.contract import Env
from engine.process.model import Definition, Loop, ScopeSpec
from engine.process.native import loops, subprocesses
from engine.process.native.activities import settle
from engine.process.native.cancelling import cancel_token
from engine.process.native.plan import Plan, PNode
from engine.process.native.run import NODE_LIMIT, Run
from engine.process.native.table import equip
from engine.process.state import Held, Scope, Stage, State, Token

if TYPE_CHECKING:
    from engine.process.spiff.walk import Walk

SUBPROCESSES = ("subProcess",)
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway")


class Bench(Run):
    """The workbench of one step; events that happen to others' tokens go to the walk."""

    __slots__ = ("walk",)

    def __init__(self, plan: Plan, state: State, env: Env, walk: Walk) -> None:
        super().__init__(plan, state, env, NODE_LIMIT)
        self.walk = walk

    def fired(self, host: Token, boundary: PNode, number: int, payload: Mapping[str, Any]) -> bool:
        """A boundary event has happened: SpiffWorkflow takes its host away, or lets both go on."""
        self.walk.fired(host, boundary, number, payload)
        return True

    def chosen(self, held: Held, number: int, payload: Mapping[str, Any]) -> bool:
        """An event after an event gateway has happened: SpiffWorkflow drops the others."""
        self.walk.chosen(held, number, payload)
        return True


def plan_of(definition: Definition) -> Plan:
    """The definition with every node alone."""
    nodes = {
        node.id: replace(
            node, incoming=(), outgoing=(), default=None, async_before=False, async_after=False,
            inner=None if node.inner is None else ScopeSpec(data=node.inner.data),
        )
        for node in definition.nodes.values()
    }  # fmt: skip
    plan = Plan(replace(definition, nodes=nodes, flows={}), _equip)
    for node in definition.nodes.values():
        if node.type == "eventBasedGateway":
            flows = (definition.flows[id] for id in node.outgoing)
            plan.nodes[node.id].outs = tuple((flow.id, flow.target, None) for flow in flows)
    plan.scopes[definition.key].spec = definition.scope
    plan.scopes[definition.key].starts = definition.scope.starts
    return plan


def _equip(p: PNode) -> None:
    equip(p)
    if p.type in GATEWAYS:
        p.enter = _again
    elif p.type in SUBPROCESSES:
        p.work = _open
    if p.loop is not None:
        p.repeat, p.iterated = _spread, _iterated


def _again(run: Run, token: Token, p: PNode) -> None:
    """A gateway that stopped before it was entered: SpiffWorkflow tries it anew."""
    run.consume(token)


def _open(run: Run, token: Token, p: PNode) -> None:
    """A sub-process begins. One more counts as living in it: SpiffWorkflow says when it is over."""
    scope = subprocesses.open_scope(run, token, p)
    scope.live += 1
    _launch(run, token)


def _launch(run: Run, token: Token) -> None:
    assert isinstance(run, Bench)
    run.walk.launching.append(token.id)


def close(run: Run, token: Token) -> None:
    """What is inside a sub-process is over."""
    scope = run.scope(token.inner)
    scope.live -= 1
    run.queue.append((None, -scope.id))


# ── repetition ─────────────────────────────────────────────────────────────────────────────────────────────────


def _spread(run: Run, token: Token, p: PNode) -> None:
    """A repeated activity begins: its body, and how often it is to run."""
    loop = p.loop
    assert loop is not None
    data: dict[str, Any] = {"next": 0, "done": 0, "ended": 0, "over": False}
    if loop.kind == "standard":
        data["most"] = loops.whole(run, loop.maximum, token.scope) if loop.maximum is not None else -1
        data["on"] = not loop.test_before or loops.again(run, loop, data, token.scope)
    else:
        items, count = loops.items_of(run, loop, token.scope)
        data |= {"n": count, "active": 0}
        if items is not None:
            data["items"] = items
        if loop.output_collection:
            data["out"] = [None] * count
    body = run.new_scope(token.scope, token.id, p.id, "body", {})
    token.inner = body.id
    body.data = data
    body.live += 1
    loops.count(run, body)
    _launch(run, token)
    settle(run, token, p)


def iterate(run: Run, body: Scope, p: PNode) -> Token:
    """The token of the next iteration, on its way."""
    items = body.data.get("items")
    index = body.data["next"]
    return loops.iterate(run, body, p, index, items[index] if items is not None else None)


def _iterated(run: Run, token: Token, p: PNode) -> None:
    """An iteration is done: its result, and whether that was enough. SpiffWorkflow acts on it."""
    loop = p.loop
    assert loop is not None
    body = run.scope(token.scope)
    body.data = _result(run, token, loop, body)
    loops.count(run, body)
    run.left(token, p)
    loops.drop(run, token)


def _result(run: Run, token: Token, loop: Loop, body: Scope) -> dict[str, Any]:
    data = {**body.data, "done": body.data["done"] + 1}
    if "active" in data:
        data["active"] -= 1
    if "out" in data and loop.output_element is not None:
        data["out"] = [*data["out"]]
        data["out"][token.index] = run.value(loop.output_element, token.inner)
    if loop.kind == "standard":
        data["on"] = loops.again(run, loop, data, token.inner)
    elif loop.completion is not None:
        data["over"] = run.holds(loop.completion, token.inner, loops.counters(data))
    return data


def finish_body(run: Run, token: Token) -> None:
    """All iterations are over: the body's output, then the activity is done."""
    body = run.scope(token.inner)
    body.live -= 1
    token.stage = Stage.FINISHING
    run.push(loops.finish_body, token)


__all__ = ["GATEWAYS", "Bench", "cancel_token", "close", "finish_body", "iterate", "plan_of"]
