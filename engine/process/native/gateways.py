"""Gateways (BPMN 2.0 §13.4): exclusive, parallel, inclusive, complex and event-based.

A parallel join takes one token from each incoming flow and keeps the surplus. An inclusive join fires when no token
elsewhere can still come by an empty incoming flow, except by way of one that could also come by a filled one; that is
asked whenever everything else has come to rest.
"""

from __future__ import annotations

from collections.abc import Collection

from engine.process.native.activities import depart
from engine.process.native.arming import open_event
from engine.process.native.listening import hear
from engine.process.native.plan import PNode, Reach
from engine.process.native.run import Run
from engine.process.state import Stage, Token

Key = tuple[int, str]


def exclusive(run: Run, token: Token, p: PNode) -> None:
    """Each token passes on its own, by the first flow that holds."""
    run.entered(token, p)
    depart(run, token, p)


def parallel(run: Run, token: Token, p: PNode) -> None:
    """Wait for one token from each incoming flow."""
    run.entered(token, p)
    if len(p.incoming) < 2:
        depart(run, token, p)
        return
    key = stand(run, token, p)
    if len({run.tokens[id].flow for id in run.joins[key]}) == len(p.incoming):
        depart(run, merge(run, key), p)


def inclusive(run: Run, token: Token, p: PNode) -> None:
    """Wait; `settle_joins` decides."""
    run.entered(token, p)
    if len(p.incoming) < 2:
        depart(run, token, p)
        return
    stand(run, token, p)


def stand(run: Run, token: Token, p: PNode) -> Key:
    """The token stands before the join; one that came by no flow (a moved one) takes a flow that has none."""
    key = (token.scope, p.id)
    waiting = run.joins.get(key, ())
    if not token.flow:
        filled = {run.tokens[id].flow for id in waiting}
        token.flow = next((flow for flow in p.incoming if flow not in filled), p.incoming[0])
    token.stage = Stage.JOINING
    run.joins[key] = (*waiting, token.id)
    return key


def merge(run: Run, key: Key) -> Token:
    """Take the oldest token of each filled flow; the last of them goes on for all."""
    taken: dict[str, int] = {}
    for id in run.joins[key]:
        taken.setdefault(run.tokens[id].flow, id)
    rest = tuple(id for id in run.joins[key] if id not in taken.values())
    if rest:
        run.joins[key] = rest
    else:
        del run.joins[key]
    *others, last = sorted(taken.values())
    survivor = run.token(last)
    for id in others:
        run.consume(run.token(id))
    return survivor


def settle_joins(run: Run) -> bool:
    """Fire one inclusive join that may fire now; False when none may."""
    for key in list(run.joins):
        p = run.plan.nodes[key[1]]
        if p.type == "inclusiveGateway" and may_fire(run, key, run.plan.reach(p.id)):
            survivor = merge(run, key)
            survivor.stage = Stage.LEAVING
            run.push(depart, survivor)
            return True
    return False


def may_fire(run: Run, key: Key, reach: Reach) -> bool:
    """BPMN 2.0 §13.4.3: no token elsewhere in the scope holds an inclusive join back."""
    filled = {run.tokens[id].flow for id in run.joins[key]}
    return not awaited(run, key, reach, filled)


def awaited(run: Run, key: Key, reach: Reach, filled: set[str], over: Collection[str] = ()) -> bool:
    """Whether a token elsewhere can come by a flow outside `filled`, without also being able to come by one in it.

    over: filled flows that hold no token any more, and so excuse nobody.
    """
    empty = [nodes for flow, nodes in reach.by_flow.items() if flow not in filled]
    if not empty:
        return False
    full = [nodes for flow, nodes in reach.by_flow.items() if flow in filled and flow not in over]
    scope, join = key
    for token in run.tokens.values():
        if token.scope != scope:
            continue
        if token.node == join:
            if token.stage == Stage.ARRIVING and token.flow not in filled:
                return True  # on its way still: a job stands before the join
            continue
        node = token.node
        if any(node in nodes for nodes in empty) and not any(node in nodes for nodes in full):
            return True
    return False


def event_based(run: Run, token: Token, p: PNode) -> None:
    """Open every event after the gateway; the first to happen is the way (§13.4.4)."""
    run.entered(token, p)
    if not p.listeners or hear(run, token, p, Stage.OPENING):
        choose_event(run, token, p)


def choose_event(run: Run, token: Token, p: PNode) -> None:
    """Stage STARTING of an event gateway."""
    token.stage = Stage.STARTING
    for _, target, _ in p.outs:
        event = run.plan.nodes[target]
        definitions = event.node.events or ((event.node.message,) if event.node.message else ())
        for number, definition in enumerate(definitions):
            open_event(run, event, definition, number, "choice", token)
    if token.stage == Stage.STARTING:
        token.stage = Stage.WAITING
