"""What a drawing has to show of a model: bodies with nodes, lines and lanes, in the order of the file. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.process.definition.xml import parse

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
MOST_BYTES = 20_000_000
SUB_PROCESSES = {"subProcess", "adHocSubProcess", "transaction"}
NOTES = {"textAnnotation": "note", "dataObjectReference": "data", "dataStoreReference": "data"}


@dataclass(slots=True)
class Node:
    """A flow node, or something that stands beside the flow."""

    id: str
    kind: str
    """task | event | gateway | data | note"""
    name: str
    body: Body | None = None
    host: str | None = None
    """Of a boundary event: the activity at whose border it stands."""
    apart: bool = False
    """An event sub-process: no flow leads to it."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A sequence flow or an association."""

    id: str
    source: str
    target: str
    name: str = ""


@dataclass(slots=True)
class Body:
    """A process or the inside of a sub-process."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    lanes: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """Lane and what is in it, from top to bottom; none: one band without a name."""

    def node(self, id: str) -> Node:
        """A node by its id. KeyError."""
        return next(node for node in self.nodes if node.id == id)


@dataclass(slots=True)
class Pool:
    """A participant with its process, or a process alone (`id` is None)."""

    id: str | None
    process: str
    body: Body


@dataclass(slots=True)
class Model:
    """A file: its tree and what is to be drawn of it."""

    root: etree._Element
    plane: str
    pools: list[Pool]
    closed: list[str]
    """Participants of which nothing is shown but a band."""
    messages: list[Edge]

    @property
    def drawn(self) -> bool:
        """Whether the file has a drawing."""
        return next(self.root.iter(f"{DI}BPMNShape"), None) is not None


def read(xml: bytes, file: str) -> Model:
    """What is to be drawn of a file. ModelRefused when it cannot be read as BPMN."""
    parse(xml, file=file, limit=MOST_BYTES)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(xml, parser)
    processes = {process.get("id", ""): process for process in root.findall(f"{BPMN}process")}
    collaboration = root.find(f"{BPMN}collaboration")
    if collaboration is None:
        pools = [Pool(None, id, _body(process)) for id, process in processes.items()]
        return Model(root, next(iter(processes), ""), pools[:1], [], [])
    pools, closed = [], []
    for participant in collaboration.findall(f"{BPMN}participant"):
        process = processes.get(participant.get("processRef", ""))
        if process is None:
            closed.append(participant.get("id", ""))
        else:
            pools.append(Pool(participant.get("id", ""), process.get("id", ""), _body(process)))
    messages = [_edge(flow) for flow in collaboration.findall(f"{BPMN}messageFlow")]
    return Model(root, collaboration.get("id", ""), pools, closed, messages)


def _edge(flow: etree._Element) -> Edge:
    return Edge(flow.get("id", ""), flow.get("sourceRef", ""), flow.get("targetRef", ""), flow.get("name") or "")


def _body(parent: etree._Element) -> Body:
    found = Body()
    for element in parent:
        if not isinstance(element.tag, str) or not element.tag.startswith(BPMN):
            continue
        name = element.tag.removeprefix(BPMN)
        if name in ("sequenceFlow", "association"):
            found.edges.append(_edge(element))
        elif name == "laneSet":
            found.lanes = list(_lanes(element))
        elif (node := _node(element, name)) is not None:
            found.nodes.append(node)
    known = {node.id for node in found.nodes}
    found.edges = [edge for edge in found.edges if edge.source in known and edge.target in known]
    return found


def _lanes(lane_set: etree._Element) -> Iterator[tuple[str, frozenset[str]]]:
    """The lanes that hold nodes: of nested ones the innermost."""
    for lane in lane_set.findall(f"{BPMN}lane"):
        nested = lane.find(f"{BPMN}childLaneSet")
        if nested is not None:
            yield from _lanes(nested)
        else:
            yield lane.get("id", ""), frozenset((ref.text or "").strip() for ref in lane.findall(f"{BPMN}flowNodeRef"))


def _node(element: etree._Element, name: str) -> Node | None:
    id, text = element.get("id", ""), element.get("name") or ""
    if name in SUB_PROCESSES:
        return Node(id, "task", text, _body(element), apart=element.get("triggeredByEvent") == "true")
    if name in NOTES:
        note = element.findtext(f"{BPMN}text") or text
        return Node(id, NOTES[name], note)
    if name.endswith("Gateway"):
        return Node(id, "gateway", text)
    if name.endswith("Event"):
        return Node(id, "event", text, host=element.get("attachedToRef"))
    if name.lower().endswith("task") or name == "callActivity":
        return Node(id, "task", text)
    return None
