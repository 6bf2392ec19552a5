"""Rules on transactions, cancellation and compensation (BPMN 2.0 §10.3.5, §10.7, §13.5)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.process.model import Node
from engine.process.rules.draft import ACTIVITIES, SUBPROCESSES, Draft, Finding, found


def _catches(node: Node, kind: str) -> bool:
    return any(event.kind == kind for event in node.events)


def _ancestors(draft: Draft, node: Node) -> Iterator[Node]:
    holder = draft.parent(node)
    while holder is not None:
        yield holder
        holder = draft.parent(holder)


def cancel_places(draft: Draft) -> Iterator[Finding]:
    """Cancel events stand in and on transactions, one on each."""
    seen: set[str] = set()
    for node in draft.of_type("boundaryEvent"):
        host = draft.nodes.get(node.attached_to or "")
        if host is None or not _catches(node, "cancel"):
            continue
        if host.type != "transaction":
            yield found("cancel-boundary-place", node, host=host.name or host.id)
        elif host.id in seen:
            yield found("cancel-boundary-twice", node, host=host.name or host.id)
        seen.add(host.id)
    for node in draft.of_type("endEvent"):
        if _catches(node, "cancel"):
            yield from _cancel_end(draft, node)


def _cancel_end(draft: Draft, node: Node) -> Iterator[Finding]:
    transaction = next((one for one in _ancestors(draft, node) if one.type == "transaction"), None)
    if transaction is None:
        yield found("cancel-end-place", node)
    elif transaction.id != node.scope and not _directly(draft, node, transaction):
        yield found("cancel-end-deep", node, host=transaction.name or transaction.id)
    elif not any(_catches(draft.nodes[key], "cancel") for key in transaction.boundaries):
        yield found("cancel-unpaired", node, host=transaction.name or transaction.id)


def _directly(draft: Draft, node: Node, transaction: Node) -> bool:
    """In the transaction itself, or in an event sub-process of it."""
    holder = draft.parent(node)
    return holder is not None and holder.by_event and holder.scope == transaction.id


def compensation_starts(draft: Draft) -> Iterator[Finding]:
    """Nobody compensates a whole process: a compensation event sub-process stands in a sub-process (a warning)."""
    for node in draft.of_type("startEvent"):
        holder = draft.parent(node)
        if holder is not None and holder.by_event and holder.scope == draft.key and _catches(node, "compensation"):
            yield found("compensation-process", node)


def compensation_wiring(draft: Draft) -> Iterator[Finding]:
    """A compensation event leads by association to an activity of its scope that is marked for compensation."""
    for node in draft.of_type("boundaryEvent"):
        if not _catches(node, "compensation"):
            continue
        host = draft.nodes.get(node.attached_to or "")
        host_name = (host.name or host.id) if host else node.attached_to
        handler = draft.nodes.get(node.compensation_handler or "")
        if handler is None or handler.type not in ACTIVITIES or handler.scope != node.scope:
            yield found("compensation-unwired", node, host=host_name)
        elif not handler.for_compensation:
            yield found("compensation-handler-mark", handler, host=host_name)
        for flow in node.outgoing:
            yield found("compensation-flow", node, flow=flow)
    for node in draft.nodes.values():
        if node.for_compensation:
            if node.id not in draft.targets:
                yield found("compensation-handler-lost", node)
            for flow in (*node.incoming, *node.outgoing):
                yield found("compensation-flow", node, flow=flow)


def compensation_targets(draft: Draft) -> Iterator[Finding]:
    """A thrown compensation names an activity that can be undone and that the thrower can see."""
    for node in draft.of_type("endEvent", "intermediateThrowEvent"):
        for event in node.events:
            if event.kind != "compensation" or event.ref is None:
                continue
            target = draft.nodes.get(event.ref)
            if target is None:
                yield found("reference-dangling", node, ref=event.ref, kind="activity", kind_zh="活动")
            elif not (_visible(draft, node, target) and _undoable(draft, target)):
                yield found("compensation-target", node, ref=event.ref)


def _visible(draft: Draft, node: Node, target: Node) -> bool:
    return target.scope == node.scope or any(target.scope == one.scope for one in _ancestors(draft, node))


def _undoable(draft: Draft, target: Node) -> bool:
    if target.type in SUBPROCESSES or target.type == "callActivity":
        return True
    return any(_catches(draft.nodes[key], "compensation") for key in target.boundaries)


CHECKS = (cancel_places, compensation_starts, compensation_wiring, compensation_targets)
