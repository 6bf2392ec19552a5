"""From a `process` element to a draft: scopes, flow nodes, sequence flows, lanes. Law: the file's order is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.process.definition.data import (
    DataNames,
    read_associations,
    read_data_names,
    read_input_sets,
    read_properties,
)
from engine.process.definition.dialects import ATTRIBUTES, attributes, properties
from engine.process.definition.events import event_place, read_events
from engine.process.definition.listeners import read_listeners
from engine.process.definition.loops import read_loop
from engine.process.definition.mappings import read_mappings
from engine.process.definition.people import read_manual, read_start_form, read_user
from engine.process.definition.reading import Reading, subscriptions
from engine.process.definition.tasks import (
    read_business_rule,
    read_call,
    read_receive,
    read_script,
    read_send,
    read_service,
    retry_cycle,
)
from engine.process.definition.xml import (
    Element,
    child,
    children,
    content,
    flag,
    inside,
    is_bpmn,
    line_of,
    local,
    reference,
)
from engine.process.model import Flow, Node, ScopeSpec
from engine.process.rules.draft import (
    ACTIVITIES,
    EVENTS,
    GATEWAYS,
    SUBPROCESSES,
    THROWING,
    Association,
    Draft,
    Known,
    LaneMark,
)
from engine.retry import duration

_FLOW_NODES: Final = frozenset({*ACTIVITIES, *EVENTS, *GATEWAYS})
_QUIET: Final = frozenset(
    {"sequenceFlow", "dataObject", "dataObjectReference", "dataStoreReference", "laneSet", "association",
     "textAnnotation", "group", "property", "ioSpecification", "documentation", "extensionElements", "incoming",
     "outgoing", "auditing", "monitoring", "categoryValueRef", "dataInputAssociation", "dataOutputAssociation",
     "resourceRole", "performer", "humanPerformer", "potentialOwner", "supportedInterfaceRef", "ioBinding",
     "correlationSubscription", "supports", "standardLoopCharacteristics", "multiInstanceLoopCharacteristics",
     "completionCondition", "artifact"}
)  # fmt: skip
"""What may stand in a scope without being a flow node."""

SPECIFIC: Final[Mapping[str, Callable[[Reading, Element, str], dict[str, Any]]]] = {
    "userTask": read_user,
    "manualTask": read_manual,
    "serviceTask": read_service,
    "sendTask": read_send,
    "receiveTask": read_receive,
    "businessRuleTask": read_business_rule,
    "scriptTask": read_script,
    "callActivity": read_call,
}
"""Element -> what it alone says, as fields of `Node`."""


@dataclass(slots=True)
class _Scope:
    id: str
    element: Element
    nodes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Walk:
    """What the first pass over a process collects."""

    raw: dict[str, tuple[Element, str]] = field(default_factory=dict)
    scopes: dict[str, _Scope] = field(default_factory=dict)
    flows: list[tuple[Element, str]] = field(default_factory=list)
    associations: list[Association] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    incoming: dict[str, list[str]] = field(default_factory=dict)
    outgoing: dict[str, list[str]] = field(default_factory=dict)
    boundaries: dict[str, list[str]] = field(default_factory=dict)
    lanes: dict[str, str] = field(default_factory=dict)
    names: DataNames = field(default_factory=DataNames)


def read_process(reading: Reading, process: Element, known: Known) -> tuple[Draft, DataNames]:
    """The draft of one process. Faults of single elements go to the reading; rules look at the draft later."""
    key = process.get("id") or ""
    walk = _Walk(names=read_data_names(reading, process))
    reading.subscribed = subscriptions(reading, process)
    listeners = read_listeners(reading, process, key)
    _time_to_live(reading, process, key)
    _gather(reading, process, key, walk)
    reading.names |= _spelled_names(process)
    flows = _flows(reading, walk)
    marks = _lanes(reading, process, walk)
    draft = Draft(
        key=key, line=line_of(process), nodes={}, flows=flows, scopes={}, associations=tuple(walk.associations),
        lanes=tuple(marks), known=known, others=walk.others, properties=properties(process), listeners=listeners,
        flow_scopes={flow: scope for (_, scope), flow in zip(walk.flows, flows, strict=False)},
    )  # fmt: skip
    handlers = _compensation_handlers(walk)
    for node, (element, scope) in walk.raw.items():
        draft.nodes[node] = _node(reading, walk, element, node, scope, handlers)
    draft.targets |= set(handlers.values())
    told = {node: element.get("gatewayDirection") for node, (element, _) in walk.raw.items()}
    draft.directions = {node: direction for node, direction in told.items() if direction}
    draft.listed = tuple(_listed(walk))
    draft.scopes = {scope: _scope_spec(reading, walk, draft, held) for scope, held in walk.scopes.items()}
    for scope, spec in draft.scopes.items():
        if scope in draft.nodes:
            draft.nodes[scope] = _with_inner(draft.nodes[scope], spec)
    return draft, walk.names


def _time_to_live(reading: Reading, process: Element, key: str) -> None:
    """How long cases are kept, where the process says it, is a number of days or a duration."""
    text = attributes(process).get("historyTimeToLive", "").strip()
    if not text or text.isdigit() or reading.checked:
        return
    try:
        duration(text)
    except ValueError:
        reading.report(
            "value-unreadable", key, line_of(process), name=process.get("name") or key, text=text,
            what="time to live", what_zh="保留期限", shape="a number of days, or a duration such as P180D",
            shape_zh="天数，或时长，例如 P180D",
        )  # fmt: skip


def _gather(reading: Reading, process: Element, key: str, walk: _Walk) -> None:
    """First pass, without recursion: every element to its scope."""
    stack = [(process, key)]
    while stack:
        holder, scope = stack.pop()
        own = walk.scopes.setdefault(scope, _Scope(scope, holder))
        for element in holder:
            if not is_bpmn(element):
                continue
            kind = local(element)
            node = (element.get("id") or "").strip()
            if kind in _FLOW_NODES:
                if not node:
                    reading.report("missing-id", own.id, line_of(element), type=kind)
                    continue
                if node in walk.raw:
                    continue
                walk.raw[node] = (element, scope)
                own.nodes.append(node)
                if kind in SUBPROCESSES:
                    stack.append((element, node))
                if kind == "boundaryEvent":
                    walk.boundaries.setdefault(reference(element.get("attachedToRef")) or "", []).append(node)
            else:
                _gather_other(reading, walk, element, kind, node, scope)


def _gather_other(reading: Reading, walk: _Walk, element: Element, kind: str, node: str, scope: str) -> None:
    if node:
        walk.others.add(node)
    if kind == "sequenceFlow":
        walk.flows.append((element, scope))
    elif kind == "association":
        walk.associations.append(
            Association(
                node,
                reference(element.get("sourceRef")) or "",
                reference(element.get("targetRef")) or "",
                line_of(element),
            )
        )
    elif kind not in _QUIET:
        reading.report("unknown-element", node or scope, line_of(element), type=kind)


def _spelled_names(process: Element) -> set[str]:
    """Variables with blanks or signs in their names that the process sets: FEEL can read them only when told."""
    found: set[str] = set()
    for entry in process.iter():
        named = entry.get("name") if local(entry) in ("inputParameter", "outputParameter") else entry.get("target")
        if named and not named.isidentifier():
            found.add(named)
        if entry.attrib and local(entry) in _SETTING:
            marks = attributes(entry)
            found |= {text for mark in _SETTERS if (text := marks.get(mark)) and not text.isidentifier()}
    return found


_SETTING: Final = frozenset(
    {"serviceTask", "sendTask", "businessRuleTask", "scriptTask", "multiInstanceLoopCharacteristics"}
)
_SETTERS: Final = ("resultVariable", "elementVariable")


def _flows(reading: Reading, walk: _Walk) -> dict[str, Flow]:
    found: dict[str, Flow] = {}
    for element, _ in walk.flows:
        source = (element.get("sourceRef") or "").strip()
        target = (element.get("targetRef") or "").strip()
        key = (element.get("id") or "").strip() or f"{source}-{target}"
        while key in found:
            key += "'"
        condition = child(element, "conditionExpression")
        found[key] = Flow(
            id=key, source=source, target=target, name=(element.get("name") or "").strip(), line=line_of(element),
            condition=reading.condition(condition, key), listeners=read_listeners(reading, element, key),
        )  # fmt: skip
        walk.outgoing.setdefault(source, []).append(key)
        walk.incoming.setdefault(target, []).append(key)
    return found


def _lanes(reading: Reading, process: Element, walk: _Walk) -> list[LaneMark]:
    """Lane of each node: the innermost that names it. Children of lanes come after their parents."""
    marks: list[LaneMark] = []
    stack = [(number, lane) for number, lanes in enumerate(children(process, "laneSet"))
             for lane in children(lanes, "lane")][::-1]  # fmt: skip
    sets = len(children(process, "laneSet"))
    while stack:
        number, lane = stack.pop()
        key = lane.get("id") or f"lane-{line_of(lane)}"
        refs = tuple(ref for entry in children(lane, "flowNodeRef") if (ref := reference(entry.text)))
        holds = tuple(ref for entry in inside(lane, "flowNodeRef") if (ref := reference(entry.text)))
        marks.append(LaneMark(key, line_of(lane), refs, number, holds))
        for ref in refs:
            walk.lanes[ref] = key
        inner = child(lane, "childLaneSet")
        if inner is not None:
            stack.extend((sets, one) for one in reversed(children(inner, "lane")))
            sets += 1
    return marks


def lane_names(process: Element) -> tuple[dict[str, str], dict[str, str]]:
    """Lane id -> name, and lane id -> the group whose work it is."""
    names: dict[str, str] = {}
    groups: dict[str, str] = {}
    for lane in inside(process, "lane"):
        key = lane.get("id") or f"lane-{line_of(lane)}"
        names[key] = (lane.get("name") or "").strip() or key
        told = properties(lane).get("group")
        made_up = re.fullmatch(r"Lane_[0-9a-z]{7}", key)
        groups[key] = told or (names[key] if made_up else re.sub(r"\A[Ll]ane_", "", key))
    return names, groups


def _compensation_handlers(walk: _Walk) -> dict[str, str]:
    """Boundary event -> the activity an association leads to."""
    found: dict[str, str] = {}
    for association in walk.associations:
        held = walk.raw.get(association.source)
        if held is not None and local(held[0]) == "boundaryEvent" and association.target in walk.raw:
            found.setdefault(association.source, association.target)
    return found


def _listed(walk: _Walk) -> list[tuple[str, str, str, int]]:
    found: list[tuple[str, str, str, int]] = []
    for node, (element, _) in walk.raw.items():
        for side in ("incoming", "outgoing"):
            for entry in children(element, side):
                found.append((node, side, reference(entry.text) or "", line_of(entry)))
    return found


def _node(reading: Reading, walk: _Walk, element: Element, key: str, scope: str, handlers: Mapping[str, str]) -> Node:
    kind = local(element)
    marks = attributes(element)
    fields = SPECIFIC[kind](reading, element, key) if kind in SPECIFIC else {}
    if kind in EVENTS:
        fields.update(_event_fields(reading, element, key, kind, handlers, walk.names))
    elif kind in ACTIVITIES:
        fields.update(_activity_fields(reading, element, key, walk.names))
    elif kind in GATEWAYS:
        fields.update(_gateway_fields(reading, element, key, kind))
    priority = marks.get("jobPriority") or ("taskPriority" in ATTRIBUTES[kind] and marks.get("taskPriority")) or None
    return Node(
        id=key, type=kind, scope=scope, name=(element.get("name") or "").strip(), line=line_of(element),
        incoming=tuple(walk.incoming.get(key, ())), outgoing=tuple(walk.outgoing.get(key, ())),
        default=(element.get("default") or "").strip() or None, lane=walk.lanes.get(key),
        documentation="\n".join(filter(None, map(content, children(element, "documentation")))),
        properties=properties(element), boundaries=tuple(walk.boundaries.get(key, ())),
        async_before=marks.get("asyncBefore", marks.get("async")) == "true",
        async_after=marks.get("asyncAfter") == "true", retries=retry_cycle(element),
        exclusive=marks.get("exclusive") != "false",
        job_priority=reading.expression(priority, key, line_of(element)),
        listeners=read_listeners(reading, element, key), **fields,
    )  # fmt: skip


def _event_fields(
    reading: Reading, element: Element, key: str, kind: str, handlers: Mapping[str, str], names: DataNames
) -> dict[str, Any]:
    place = event_place(reading, element, key, throws=kind in THROWING)
    data_in, data_out = read_associations(reading, element, key, names)
    place = replace(place, inputs=place.inputs + data_in, outputs=place.outputs + data_out)
    events = read_events(reading, place)
    fields: dict[str, Any] = {"events": events, "parallel_multiple": flag(element, "parallelMultiple")}
    if not events:
        fields.update(inputs=place.inputs, outputs=place.outputs)
    if kind == "startEvent":
        fields.update(read_start_form(reading, element, key), interrupting=flag(element, "isInterrupting", True))
    elif kind == "boundaryEvent":
        fields.update(
            attached_to=reference(element.get("attachedToRef")),
            interrupting=flag(element, "cancelActivity", True),
            compensation_handler=handlers.get(key),
        )
    return fields


def _activity_fields(reading: Reading, element: Element, key: str, names: DataNames) -> dict[str, Any]:
    inputs, outputs = read_mappings(reading, element, key)
    data_in, data_out = read_associations(reading, element, key, names)
    return {
        "inputs": (*inputs, *data_in),
        "outputs": (*outputs, *data_out),
        "loop": read_loop(reading, element, key, names),
        "for_compensation": flag(element, "isForCompensation"),
        "start_quantity": _quantity(element, "startQuantity"),
        "completion_quantity": _quantity(element, "completionQuantity"),
        "by_event": flag(element, "triggeredByEvent"),
        "data": read_properties(element, names) if local(element) not in SUBPROCESSES else {},
        "input_sets": read_input_sets(element, names),
    }


def _quantity(element: Element, name: str) -> int:
    text = (element.get(name) or "1").strip()
    return int(text) if re.fullmatch(r"[+-]?\d{1,9}", text) else 1


def _gateway_fields(reading: Reading, element: Element, key: str, kind: str) -> dict[str, Any]:
    if kind == "complexGateway":
        return {"activation": reading.condition(child(element, "activationCondition"), key)}
    if kind == "eventBasedGateway":
        parallel = element.get("eventGatewayType") == "Parallel"
        return {
            "instantiate": flag(element, "instantiate"),
            "event_gateway_type": "Parallel" if parallel else "Exclusive",
        }
    return {}


def _scope_spec(reading: Reading, walk: _Walk, draft: Draft, held: _Scope) -> ScopeSpec:
    element = held.element
    nodes = [draft.nodes[key] for key in held.nodes]
    starts = tuple(node.id for node in nodes if node.type == "startEvent")
    data: dict[str, Any] = dict(read_properties(element, walk.names))
    for entry in children(element, "dataObject"):
        data[walk.names.variables[entry.get("id") or ""]] = None
    adhoc = local(element) == "adHocSubProcess"
    sequential = element.get("ordering") == "Sequential"
    return ScopeSpec(
        nodes=tuple(held.nodes),
        starts=starts or tuple(node.id for node in nodes if _begins(node)),
        event_subprocesses=tuple(node.id for node in nodes if node.by_event),
        data=data,
        ordering=("Sequential" if sequential else "Parallel") if adhoc else None,
        completion=reading.condition(child(element, "completionCondition"), held.id) if adhoc else None,
        cancel_remaining=flag(element, "cancelRemainingInstances", True),
    )


def _begins(node: Node) -> bool:
    """Whether a node without incoming flows starts with its scope, where there is no start event."""
    if node.incoming or node.by_event or node.for_compensation or node.type == "boundaryEvent":
        return False
    return not (node.type == "intermediateCatchEvent" and any(event.kind == "link" for event in node.events))


def _with_inner(node: Node, spec: ScopeSpec) -> Node:
    return replace(node, inner=spec)
