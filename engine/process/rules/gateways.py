"""Rules on event-based and complex gateways (BPMN 2.0 §10.6.6, §10.6.5)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.process.model import Node
from engine.process.rules.draft import Draft, Finding, found

_WAITABLE = frozenset({"message", "timer", "signal", "conditional"})


def targets(draft: Draft) -> Iterator[Finding]:
    """Behind an event gateway stand only events that it can wait for, reached by it alone."""
    for node in draft.of_type("eventBasedGateway"):
        behind = [draft.nodes[flow.target] for flow in draft.outgoing(node) if flow.target in draft.nodes]
        for target in behind:
            if not _can_wait(target):
                yield found("gateway-event-targets", node, target=target.name or target.id)
            elif len(target.incoming) > 1:
                yield found("gateway-event-target-shared", node, target=target.name or target.id)
            elif target.boundaries:
                yield found("gateway-event-boundary", node, target=target.name or target.id)
        if len(node.outgoing) == 1:
            yield found("gateway-event-few", node)
        yield from _mixed(node, behind)


def _can_wait(node: Node) -> bool:
    if node.type == "receiveTask":
        return True
    return node.type == "intermediateCatchEvent" and all(event.kind in _WAITABLE for event in node.events)


def _mixed(node: Node, behind: list[Node]) -> Iterator[Finding]:
    tasks = any(target.type == "receiveTask" for target in behind)
    messages = any(event.kind == "message" for target in behind for event in target.events)
    if tasks and messages:
        yield found("gateway-event-mixed", node)


def instantiating(draft: Draft) -> Iterator[Finding]:
    """A gateway that starts the process has no incoming flow and waits for messages or signals; only such a one may
    wait for all of its events."""
    for node in draft.of_type("eventBasedGateway"):
        if not node.instantiate:
            if node.event_gateway_type == "Parallel":
                yield found("gateway-parallel-start", node)
            continue
        behind = [draft.nodes[flow.target] for flow in draft.outgoing(node) if flow.target in draft.nodes]
        kinds = {event.kind for target in behind for event in target.events}
        if node.incoming or kinds - {"message", "signal"}:
            yield found("gateway-instantiate", node)


def activation(draft: Draft) -> Iterator[Finding]:
    """A complex gateway that joins says when it fires (a warning: else it waits for all)."""
    for node in draft.of_type("complexGateway"):
        if node.activation is None and len(node.incoming) > 1 and node.id not in draft.broken:
            yield found("gateway-activation-missing", node)


CHECKS = (targets, instantiating, activation)
