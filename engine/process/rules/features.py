"""The rule `not-yet`: what the kernel does not run is refused by name (see `engine.process.support`)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.process.model import Definition, Node
from engine.process.rules.draft import ACTIVITIES, Draft, Finding, found
from engine.process.rules.events import ALLOWED, position
from engine.process.support import runs, spoken

_TASKS = {
    "task": "none", "userTask": "user", "manualTask": "manual", "serviceTask": "service", "scriptTask": "script",
    "sendTask": "send", "receiveTask": "receive", "businessRuleTask": "business-rule",
}  # fmt: skip
_GATEWAYS = {
    "exclusiveGateway": "exclusive", "parallelGateway": "parallel", "inclusiveGateway": "inclusive",
    "complexGateway": "complex",
}  # fmt: skip


def features(draft: Draft, node: Node) -> Iterator[str]:
    """The features of `engine.process.support` that a node needs."""
    if node.type in _TASKS:
        starts = node.type == "receiveTask" and node.instantiate
        yield "task.receive-instantiate" if starts else f"task.{_TASKS[node.type]}"
    elif node.type == "callActivity":
        yield f"call.{node.call.target_kind if node.call else 'process'}"
    elif node.type in _GATEWAYS:
        yield f"gateway.{_GATEWAYS[node.type]}"
    elif node.type == "eventBasedGateway":
        parallel = node.event_gateway_type == "Parallel"
        yield (
            "gateway.event-parallel"
            if parallel
            else ("gateway.event-instantiate" if node.instantiate else "gateway.event")
        )
    elif node.inner is not None or node.type in ("subProcess", "transaction", "adHocSubProcess"):
        kinds = {"transaction": "transaction", "adHocSubProcess": "ad-hoc"}
        yield f"subprocess.{'event' if node.by_event else kinds.get(node.type, 'embedded')}"
    else:
        yield from _event_features(draft, node)
    yield from _activity_features(draft, node)


def _event_features(draft: Draft, node: Node) -> Iterator[str]:
    place = position(draft, node).replace("sub-start", "start")
    if len(node.events) > 1:
        yield f"{place}.parallel-multiple" if node.parallel_multiple else f"{place}.multiple"
    for event in node.events:
        if event.kind in ALLOWED[position(draft, node)]:
            yield f"{place}.{event.kind}"
    if not node.events and "none" in ALLOWED[position(draft, node)]:
        yield f"{place}.none"


def _activity_features(draft: Draft, node: Node) -> Iterator[str]:
    if node.loop is not None:
        yield f"loop.{node.loop.kind}"
        if node.loop.behavior != "All":
            yield "loop.behavior"
    if node.start_quantity > 1:
        yield "quantity.start"
    if node.completion_quantity > 1:
        yield "quantity.completion"
    if node.for_compensation:
        yield "compensation.handler"
    if node.type in ACTIVITIES and len(node.outgoing) > 1:
        yield "flow.implicit-split"
    if node.type in ACTIVITIES and any(draft.flows[key].condition for key in node.outgoing):
        yield "flow.conditional-activity"


def unsupported(draft: Draft) -> Iterator[Finding]:
    """Every feature of every element is one that the kernel runs."""
    for node in draft.nodes.values():
        for feature in dict.fromkeys(features(draft, node)):
            if not runs(feature):
                en, zh = spoken(feature)
                yield found("not-yet", node, feature=en, feature_zh=zh)


CHECKS = (unsupported,)


def features_of(definition: Definition) -> dict[str, tuple[str, ...]]:
    """For every node of a compiled process, the features that it needs."""
    scopes = {node.id: node.inner for node in definition.nodes.values() if node.inner is not None}
    draft = Draft(
        definition.key, 0, dict(definition.nodes), dict(definition.flows), {definition.key: definition.scope, **scopes}
    )
    return {id: tuple(dict.fromkeys(features(draft, node))) for id, node in definition.nodes.items()}
