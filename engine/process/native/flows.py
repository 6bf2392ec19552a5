"""Sequence flows: which are taken, and the tokens that travel on them (BPMN 2.0 §13.2.1, §13.3, §13.4).

An activity with several outgoing flows is a parallel split; with conditions an inclusive one. Each flow carries as
many tokens as the completion quantity says.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from engine.process.native.plan import PNode
from engine.process.native.run import NO_FLOW, Run, Stuck
from engine.process.state import Token

Chosen: TypeAlias = tuple[tuple[str, str], ...]
"""(flow, target) of each flow taken."""


def choose(run: Run, token: Token, p: PNode) -> Chosen:
    """The flows to take. Raises Stuck (NO_FLOW) when a choice has no way that holds."""
    if p.single is not None:
        return (p.single,)
    if p.routing == "all" or not p.outs:
        return tuple((flow, target) for flow, target, _ in p.outs)
    place = run.place(token)
    told = (_activation(run, token, p),) if p.type == "complexGateway" else ()
    found: list[tuple[str, str]] = []
    for flow, target, condition in p.outs:
        if flow == p.default:
            continue
        if condition is None or run.holds(condition, place, *told):
            found.append((flow, target))
            if p.routing == "exclusive":
                break
    if not found and p.default:
        found = [(flow, target) for flow, target, _ in p.outs if flow == p.default]
    if not found:
        raise Stuck("NO_FLOW", *NO_FLOW)
    return tuple(found)


def _activation(run: Run, token: Token, p: PNode) -> dict[str, Any]:
    """What the conditions of a complex gateway that activates see (§13.4.5); its reset asks them by itself."""
    used = ((run.scopes[token.scope].data or {}).get("complex") or {}).get(p.id) or ()
    return {"waitingForStart": True, "activationCount": len(used) or 1}


def take(run: Run, token: Token, p: PNode, chosen: Chosen) -> None:
    """Send the token (and new ones beside it) on; where no flow leads on, it ends here."""
    quantity = p.node.completion_quantity
    if not chosen:
        run.consume(token)
        return
    if len(chosen) == 1 and quantity == 1:
        flow, target = chosen[0]
        run.took(flow)
        run.move(token, target, flow)
        return
    ways = [way for way in chosen for _ in range(quantity)]
    for flow, _ in ways:
        run.took(flow)
    others = [run.new_token(target, token.scope, flow) for flow, target in ways[1:]]
    for other in reversed(others):
        run.queue.append((None, other.id))
    run.move(token, ways[0][1], ways[0][0])


def hear(run: Run, token: Token, chosen: Chosen) -> None:
    """The listeners of the flows that are about to be taken assign what they do."""
    found: dict[str, Any] = {}
    for flow, _ in chosen:
        for entry in run.plan.taking.get(flow, ()):
            found |= run.params(entry.assigns or (), token.scope, found)
    run.write(token.scope, found)
