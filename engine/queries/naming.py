"""What an element is called where lists name it. Law: what has no name of its own is told by its kind and what stands
next to it, never by its id alone; a path or a history leaves such elements out and does not ask here.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.definitions import Package
from engine.process.model import Node

SPLITS = {
    "exclusiveGateway": ("判断", "Decision"),
    "inclusiveGateway": ("判断", "Decision"),
    "complexGateway": ("判断", "Decision"),
    "eventBasedGateway": ("等待先到者", "Whichever comes first"),
    "parallelGateway": ("并行", "In parallel"),
}
EVENTS = {
    "startEvent": ("开始", "Start"),
    "endEvent": ("结束", "End"),
    "boundaryEvent": ("附着事件", "Event"),
    "intermediateCatchEvent": ("等待事件", "Event"),
    "intermediateThrowEvent": ("触发事件", "Event"),
}
FARTHEST = 12
"""Elements looked at on the way to one with a name."""


def called(package: Package, element: str) -> tuple[str, str]:
    """An element's name and English name; by kind and neighbour (`Decision after “Verify the data”`) without one; the
    id twice for what is not in the model, or of a kind that everybody names."""
    node = package.definition.nodes.get(element)
    if node is None or node.name:
        return own(package, element)
    if node.type in SPLITS:
        return _gateway(package, node)
    if node.type in EVENTS:
        zh, en = EVENTS[node.type]
        holder = own(package, node.scope) if node.scope in package.definition.nodes else None
        return (f"{zh}（{holder[0]}）", f"{en} of “{holder[1]}”") if holder else (zh, en)
    return element, element


def own(package: Package, element: str) -> tuple[str, str]:
    """Name and English name as the model has them, else the id."""
    node = package.definition.nodes.get(element)
    name = (node.name if node is not None else "") or element
    text = package.texts.get(element)
    return name, text if isinstance(text, str) else name


def _gateway(package: Package, node: Node) -> tuple[str, str]:
    joins = len(node.outgoing) < 2
    zh, en = ("汇合", "Joins") if joins else SPLITS[node.type]
    found = _named(package, node, ahead=joins)
    if found is None:
        return zh, en
    other_zh, other_en = own(package, found)
    place = ("之前", "before") if joins else ("之后", "after")
    return f"{zh}（“{other_zh}”{place[0]}）", f"{en} {place[1]} “{other_en}”"


def _named(package: Package, node: Node, *, ahead: bool) -> str | None:
    """The nearest element with a name, ahead or behind."""
    flows, nodes = package.definition.flows, package.definition.nodes

    def next_to(one: Node) -> Iterable[str]:
        return (flows[id].target for id in one.outgoing) if ahead else (flows[id].source for id in one.incoming)

    waiting, seen = list(next_to(node)), {node.id}
    while waiting and len(seen) <= FARTHEST:
        id = waiting.pop(0)
        if id in seen:
            continue
        seen.add(id)
        if nodes[id].name:
            return id
        waiting += next_to(nodes[id])
    return None
