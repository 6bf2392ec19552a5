"""What the SpiffWorkflow kernel does not run, and why. Law: a model is refused before it would be run wrongly.

Each rule names a fault of SpiffWorkflow 3.2.0 that was measured, or what it has not at all. Faults that cannot show
because our side does that part (data at joins, DMN, timers by the wall clock, growth with history, errors and signals
that reach the wrong handler) are no reason to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Fault
from engine.process.definition import read_bpmn
from engine.process.model import Definition, Node, ScopeSpec
from engine.process.spiff.safety import TooComplex, crowded_joins
from engine.process.spiff.wording import WORDS

CHOICES = frozenset({"exclusiveGateway", "inclusiveGateway"})
UNCERTAIN = CHOICES | {"eventBasedGateway"}
"""Behind these SpiffWorkflow foresees only two steps."""
BLIND_STEPS = 3
"""Beyond a choice so many steps may be foreseen (one more than measured)."""
MOST_FORESEEN = 1_500
MOST_IN_A_ROW = 250


def supported(model: Definition | bytes | str) -> list[Fault]:
    """Why this kernel refuses a model (a definition, or BPMN XML with all its processes); empty: it runs it.

    Raises ModelRefused for XML that no kernel runs.
    """
    if not isinstance(model, Definition):
        return [fault for definition in read_bpmn(model).definitions for fault in supported(definition)]
    found = [fault for node in model.nodes.values() for fault in _node(model, node)]
    found += [_fault("listener", model.nodes[flow.source]) for flow in model.flows.values() if flow.listeners]
    found += [_fault("listener", None, name=model.name)] if model.listeners else []
    scopes = {model.key: model.scope}
    scopes |= {node.id: node.inner for node in model.nodes.values() if node.inner is not None}
    for id, scope in scopes.items():
        found += _scope(model, id, scope, refused=bool(found))
    return sorted(found, key=lambda fault: fault.line or 0)


def _fault(rule: str, node: Node | None, **facts: object) -> Fault:
    en, zh, hint_en, hint_zh = WORDS[rule]
    told = {"name": (node.name or node.id) if node else "", **facts}
    return Fault(
        f"spiff-{rule}", node.id if node else None, (node.line or None) if node else None, en.format_map(told),
        zh.format_map(told), hint_en, hint_zh,
    )  # fmt: skip


def _node(model: Definition, node: Node) -> Iterator[Fault]:
    kinds = {event.kind for event in node.events}
    for holds, rule in (
        (node.for_compensation or "compensation" in kinds, "compensation"),
        (node.type == "complexGateway", "complex-gateway"),
        (node.by_event, "event-subprocess"),
        (node.type == "transaction" or "cancel" in kinds, "transaction"),
        (node.type == "adHocSubProcess", "ad-hoc"),
        ("link" in kinds, "link"),
        (len(node.events) > 1, "multiple-event"),
        (node.start_quantity != 1 or node.completion_quantity != 1, "quantity"),
        (node.loop is not None and node.loop.behavior != "All", "behavior"),
        (_pauses(node), "async"),
        (bool(node.listeners), "listener"),
        (node.instantiate or node.event_gateway_type != "Exclusive", "instantiate"),
    ):
        if holds:
            yield _fault(rule, node)
    if node.type == "boundaryEvent" and not node.interrupting and (kinds != {"timer"} or _mapped(node)):
        yield _fault("repeated-boundary", node)
    yield from _outgoing(model, node)


def _pauses(node: Node) -> bool:
    loop = node.loop is not None and (node.loop.async_before or node.loop.async_after)
    return node.async_before or node.async_after or loop


def _mapped(node: Node) -> bool:
    return bool(node.outputs) or any(event.outputs for event in node.events)


def _outgoing(model: Definition, node: Node) -> Iterator[Fault]:
    flows = [model.flows[id] for id in node.outgoing]
    if node.type not in CHOICES and (node.default or any(flow.condition is not None for flow in flows)):
        yield _fault("conditional-flow", node)
    targets = [flow.target for flow in flows]
    for target in sorted({target for target in targets if targets.count(target) > 1}):
        yield _fault("twin-flows", node, target=model.nodes[target].name or target)


def _scope(model: Definition, id: str, scope: ScopeSpec, refused: bool) -> Iterator[Fault]:
    nodes = [node for node in model.nodes.values() if node.scope == id]
    owner = model.nodes.get(id)
    endless = _foreseen(model, nodes)
    if isinstance(endless, Node):
        yield _fault("endless-loop", endless)
        return
    for join in nodes:
        if join.type == "parallelGateway" and len(join.incoming) > 1 and _foresees_itself(model, join):
            yield _fault("loop-join", join)
            refused = True
    if endless > MOST_FORESEEN:
        yield _fault("too-wide", owner, count=endless)
    if refused:
        return
    try:
        for crowded in sorted(_crowded(model, id, scope)):
            yield _fault("surplus", model.nodes[crowded])
    except TooComplex:
        yield _fault("too-complex", owner)


def _foresees_itself(model: Definition, join: Node) -> bool:
    """Whether SpiffWorkflow foresees a join behind itself: it then does not wait for what comes by that way."""
    edge = {join.id: -1}
    while edge:
        beyond: dict[str, int] = {}
        for id, steps in edge.items():
            node = model.nodes[id]
            ahead = steps + 1 if steps >= 0 or node.type in UNCERTAIN else -1
            ways = [model.flows[flow].target for flow in node.outgoing]
            ways += [model.flows[flow].target for event in node.boundaries for flow in model.nodes[event].outgoing]
            if join.id in ways:
                return True
            if ahead < BLIND_STEPS:
                beyond |= {way: min(ahead, beyond.get(way, ahead)) for way in ways}
        edge = beyond
    return False


def _crowded(model: Definition, id: str, scope: ScopeSpec) -> set[str]:
    starts = [start for start in scope.starts if model.nodes[start].type == "startEvent"]
    if id != model.key or not starts:
        return crowded_joins(model, id, scope.starts)
    return {join for start in starts for join in crowded_joins(model, id, (start,))}


def _foreseen(model: Definition, nodes: list[Node]) -> int | Node:
    """How many tasks SpiffWorkflow foresees at most from one node; a node of a loop that it would foresee for ever.

    Its tree has no joins: what follows a join is foreseen once for each branch. A long row counts as too wide.
    """
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    for first in nodes:
        stack, path = [(first.id, False)], set[str]()
        while stack:
            id, done = stack.pop()
            if id in sizes:
                continue
            ways = _certain_ways(model, model.nodes[id])
            if done:
                path.discard(id)
                below = 3 + len(model.nodes[id].boundaries) + sum(sizes[way] for way in ways)
                sizes[id] = min(below, 10 * MOST_FORESEEN)
                depths[id] = 1 + max((depths[way] for way in ways), default=0)
                continue
            path.add(id)
            again = next((way for way in ways if way in path), None)
            if again is not None:
                return model.nodes[again]
            stack += [(id, True), *((way, False) for way in ways)]
    if any(depth > MOST_IN_A_ROW for depth in depths.values()):
        return 10 * MOST_FORESEEN
    return max(sizes.values(), default=0)


def _certain_ways(model: Definition, node: Node) -> tuple[str, ...]:
    return () if node.type in UNCERTAIN else tuple(model.flows[flow].target for flow in node.outgoing)
