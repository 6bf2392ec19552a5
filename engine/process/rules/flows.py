"""Rules on sequence flows and on where a scope starts and ends (BPMN 2.0 §8.4.13, §10.5, §13.2)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.process.model import Flow, Node
from engine.process.rules.draft import ACTIVITIES, EVENTS, GATEWAYS, Draft, Finding, found

_CHOOSING = frozenset({*ACTIVITIES, "exclusiveGateway", "inclusiveGateway", "complexGateway"})
"""What may choose among its outgoing flows by condition."""


def dangling_flows(draft: Draft) -> Iterator[Finding]:
    """Both ends of a flow are flow nodes of the same process and the same scope."""
    for flow in draft.flows.values():
        ends = (("source", "起点", flow.source), ("target", "终点", flow.target))
        missing = [(end, zh, ref) for end, zh, ref in ends if ref not in draft.nodes]
        for end, zh, ref in missing:
            if draft.homes.get(ref, draft.key) != draft.key:
                yield found("flow-crosses-pool", flow)
            else:
                yield found("flow-dangling", flow, end=end, end_zh=zh, ref=ref)
        if not missing and draft.nodes[flow.source].scope != draft.nodes[flow.target].scope:
            yield found("flow-crosses-scope", flow)


def listed_flows(draft: Draft) -> Iterator[Finding]:
    """What a node lists as incoming and outgoing exists and agrees with the flow itself."""
    for key, side, ref, line in draft.listed:
        flow = draft.flows.get(ref)
        if flow is None:
            yield Finding(
                "reference-dangling", key, line, {"ref": ref, "kind": "sequence flow", "kind_zh": "顺序流"}
            )
        elif (flow.target if side == "incoming" else flow.source) != key:
            zh = "流入" if side == "incoming" else "流出"
            yield Finding("flow-unlisted", key, line, {"node": key, "flow": ref, "side": side, "side_zh": zh})


def ends_of_flow(draft: Draft) -> Iterator[Finding]:
    """Nothing leads to a start or boundary event, nothing leaves an end event."""
    for node in draft.of_type("startEvent"):
        if node.incoming:
            yield found("incoming-on-start", node)
    for node in draft.of_type("endEvent"):
        if node.outgoing:
            yield found("outgoing-on-end", node)
    for node in draft.of_type("boundaryEvent"):
        if node.incoming:
            yield found("incoming-on-boundary", node)
        if not node.outgoing and all(event.kind != "compensation" for event in node.events):
            yield found("boundary-without-outgoing", node)


def starts(draft: Draft) -> Iterator[Finding]:
    """A process has a place to start, and at most one start without a trigger."""
    for key, scope in draft.scopes.items():
        holder = draft.nodes.get(key)
        if holder is not None and (holder.by_event or holder.type == "adHocSubProcess"):
            continue
        name = (holder.name or holder.id) if holder else key
        line = holder.line if holder else draft.line
        if not scope.starts and (holder is None or scope.nodes):
            yield Finding("no-start", key, line, {"name": name})
        begins = [draft.nodes[start] for start in scope.starts if draft.nodes[start].type == "startEvent"]
        for extra in [start for start in begins if not start.events][1:]:
            yield Finding("several-none-starts", extra.id, extra.line, {"name": name})


def start_triggers(draft: Draft) -> Iterator[Finding]:
    """Two start events of a process do not wait for the same message."""
    seen: dict[tuple[str, str], Node] = {}
    for node in draft.of_type("startEvent"):
        for event in node.events:
            if node.scope == draft.key and event.kind == "message" and event.ref:
                first = seen.setdefault((event.kind, event.ref), node)
                if first is not node:
                    yield found("start-message-twice", node, other=first.name or first.id, message=event.ref)


def conditions(draft: Draft) -> Iterator[Finding]:
    """A condition stands only where somebody chooses, never on the default."""
    for flow in draft.flows.values():
        source = draft.nodes.get(flow.source)
        if flow.condition is None or source is None:
            continue
        if source.type not in _CHOOSING:
            en, zh = _spoken(source)
            yield found("condition-forbidden", flow, source=en, source_zh=zh)
        elif source.default == flow.id:
            yield found("condition-on-default", flow)
        elif source.type == "exclusiveGateway" and len(source.outgoing) == 1:
            yield found("condition-without-choice", flow, source=source.name or source.id)


def _spoken(node: Node) -> tuple[str, str]:
    if node.type in EVENTS:
        return f"the event “{node.name or node.id}”", f"事件“{node.name or node.id}”"
    return f"the gateway “{node.name or node.id}”", f"网关“{node.name or node.id}”"


def defaults(draft: Draft) -> Iterator[Finding]:
    """A default flow is one of the node's own."""
    for node in draft.nodes.values():
        if node.default is not None and node.default not in node.outgoing:
            yield found("default-foreign", node, default=node.default)


def choices(draft: Draft) -> Iterator[Finding]:
    """Each of several flows out of an exclusive gateway says when it is taken."""
    for node in draft.of_type("exclusiveGateway"):
        if len(node.outgoing) < 2:
            continue
        for flow in draft.outgoing(node):
            if flow.condition is None and flow.id != node.default and not _is_faulty(draft, flow):
                yield found("flow-without-condition", flow, source=node.name or node.id)


def _is_faulty(draft: Draft, flow: Flow) -> bool:
    """A flow whose condition was refused is told once."""
    return flow.id in draft.broken


def unreachable(draft: Draft) -> Iterator[Finding]:
    """Every node can be reached from where its scope starts (a warning)."""
    for key, scope in draft.scopes.items():
        holder = draft.nodes.get(key)
        if (holder is not None and holder.type == "adHocSubProcess") or not scope.starts:
            continue
        seen: set[str] = set()
        nodes = [draft.nodes[node] for node in scope.nodes]
        stack = [*scope.starts, *(node.id for node in nodes if _starts_by_itself(draft, node))]
        while stack:
            at = stack.pop()
            if at in seen or at not in draft.nodes:
                continue
            seen.add(at)
            node = draft.nodes[at]
            stack.extend(node.boundaries)
            stack.extend(flow.target for flow in draft.outgoing(node))
        for node in nodes:
            if node.id not in seen and node.type != "boundaryEvent":
                yield found("unreachable", node)


def _starts_by_itself(draft: Draft, node: Node) -> bool:
    return (
        node.by_event
        or node.for_compensation
        or node.instantiate
        or node.id in draft.targets
        or (node.type == "intermediateCatchEvent" and any(event.kind == "link" for event in node.events))
    )


def gateway_ends(draft: Draft) -> Iterator[Finding]:
    """A gateway leads somewhere."""
    for node in draft.of_type(*GATEWAYS):
        if not node.outgoing:
            yield found("gateway-no-outgoing", node)


CHECKS = (
    dangling_flows, listed_flows, ends_of_flow, starts, start_triggers, conditions, defaults, choices, unreachable,
    gateway_ends,
)  # fmt: skip
