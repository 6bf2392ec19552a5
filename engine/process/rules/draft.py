"""A process as it was read, before it is believed: what the rules look at. Law: nothing here is checked yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from engine.process.model import Flow, Listener, Node, ScopeSpec


@dataclass(frozen=True, slots=True)
class Association:
    """An association between two elements (only those that wire compensation matter)."""

    id: str
    source: str
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Known:
    """What exists outside the file. None: not known, so not checked."""

    topics: Collection[str] | None = None
    decisions: Collection[str] | None = None
    processes: Collection[str] | None = None
    forms: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class LaneMark:
    """A lane and what it says it holds."""

    id: str
    line: int
    refs: tuple[str, ...]
    set: int = 0
    """The lane set that it belongs to."""
    holds: tuple[str, ...] = ()
    """What it and the lanes within it say they hold."""


@dataclass(slots=True)
class Draft:
    """One process. `homes` names, for every node and flow of the file, the process it stands in."""

    key: str
    line: int
    nodes: dict[str, Node]
    flows: dict[str, Flow]
    scopes: dict[str, ScopeSpec]
    associations: tuple[Association, ...] = ()
    lanes: tuple[LaneMark, ...] = ()
    known: Known = field(default_factory=Known)
    homes: Mapping[str, str] = field(default_factory=dict)
    others: Collection[str] = ()
    """Ids of elements that a flow node reference may name without being a node (data, artifacts)."""
    local_processes: Collection[str] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    flow_scopes: Mapping[str, str] = field(default_factory=dict)
    """Sequence flow id -> the scope whose element holds it in the file."""
    listed: tuple[tuple[str, str, str, int], ...] = ()
    """What nodes list as theirs: node id, `incoming` or `outgoing`, flow id, line."""
    targets: set[str] = field(default_factory=set)
    """Ids of nodes that an association leads to from a compensation boundary event."""
    directions: Mapping[str, str] = field(default_factory=dict)
    """Gateway -> its `gatewayDirection`, where the file says one."""
    listeners: tuple[Listener, ...] = ()
    """Of the process itself."""
    broken: Collection[str] = ()
    """Ids of elements with an expression that was refused: no rule tells of them again."""

    def of_type(self, *types: str) -> Iterator[Node]:
        """The nodes of these types, in the file's order."""
        return (node for node in self.nodes.values() if node.type in types)

    def outgoing(self, node: Node) -> list[Flow]:
        """The flows that leave the node."""
        return [self.flows[key] for key in node.outgoing]

    def incoming(self, node: Node) -> list[Flow]:
        """The flows that lead to the node."""
        return [self.flows[key] for key in node.incoming]

    def parent(self, node: Node) -> Node | None:
        """The sub-process that holds the node; None in the process itself."""
        return self.nodes.get(node.scope)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: turned into a Fault with the rule's texts."""

    rule: str
    element: str | None
    line: int
    fields: Mapping[str, object] = field(default_factory=dict)


def found(rule: str, at: Node | Flow, **fields: object) -> Finding:
    """A finding at a node or flow."""
    name = " ".join(at.name.split()) or at.id
    return Finding(rule, at.id, at.line, {"name": name, **fields})


ACTIVITIES: Collection[str] = frozenset(
    {"task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask",
     "callActivity", "subProcess", "transaction", "adHocSubProcess"}
)  # fmt: skip
SUBPROCESSES: Collection[str] = frozenset({"subProcess", "transaction", "adHocSubProcess"})
GATEWAYS: Collection[str] = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway"}
)
THROWING: Collection[str] = frozenset({"endEvent", "intermediateThrowEvent"})
CATCHING: Collection[str] = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
EVENTS: Collection[str] = frozenset({*THROWING, *CATCHING})
