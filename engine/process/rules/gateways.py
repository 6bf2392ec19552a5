"""Rules on event-based and complex gateways (BPMN 2.0 §10.6.6, §10.6.5)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.process.model import Node
from engine.process.rules.draft import GATEWAYS, Draft, Finding, found

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


def directions(draft: Draft) -> Iterator[Finding]:
    """A gateway is as its direction says (§10.6, table 10.97). Engines read past it: what has too few flows for its
    direction is told, what has flows that its direction excludes is refused."""
    for node in draft.of_type(*GATEWAYS):
        direction = draft.directions.get(node.id, "Unspecified")
        several_in, several_out = len(node.incoming) > 1, len(node.outgoing) > 1
        wrong = {"Converging": several_out, "Diverging": several_in}.get(direction, False)
        idle = {
            "Converging": not several_in, "Diverging": not several_out, "Mixed": not (several_in and several_out),
        }.get(direction, False)  # fmt: skip
        if wrong or idle:
            yield found(
                "gateway-direction" if wrong else "gateway-direction-idle", node, direction=direction,
                incoming=len(node.incoming), outgoing=len(node.outgoing),
            )  # fmt: skip


def same_messages(draft: Draft) -> Iterator[Finding]:
    """Events behind one event gateway do not wait for the same message: nobody could tell which way it goes."""
    for node in draft.of_type("eventBasedGateway"):
        first: dict[str, Node] = {}
        for flow in draft.outgoing(node):
            target = draft.nodes.get(flow.target)
            events = (*target.events, *((target.message,) if target.message else ())) if target else ()
            for event in events:
                if target is None or event.kind != "message" or not event.ref or event.correlation:
                    continue
                other = first.setdefault(event.ref, target)
                if other is not target:
                    told = {"other": other.name or other.id, "target": target.name or target.id}
                    yield found("gateway-event-twice", node, message=event.ref, **told)


CHECKS = (targets, instantiating, activation, directions, same_messages)
