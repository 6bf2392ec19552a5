"""What the kernel needs of a definition, worked out once. Law: computed from the definition alone, then frozen.

A `Plan` holds one `PNode` a flow node: its functions, its flows in order, what is attached to it. Plans are kept by
the identity of their definition, so that a definition is planned once however many instances run it.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import InternalError
from engine.process.expressions import compile_expression, names_read
from engine.process.model import Definition, EventDefinition, Expr, Listener, Node, Param, ScopeSpec
from engine.process.state import Stage

if TYPE_CHECKING:
    from engine.process.native.run import Run
    from engine.process.state import Token

Op = Callable[["Run", "Token", "PNode"], None]

ACTIVITIES = frozenset(
    {
        "task", "manualTask", "userTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask",
        "callActivity", "subProcess", "transaction", "adHocSubProcess",
    }
)  # fmt: skip
SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
KEPT_PLANS = 512


class PNode:
    """One flow node as the kernel walks it."""

    __slots__ = (
        "activity",
        "adhoc",
        "boundaries",
        "by_kind",
        "catch_link",
        "compensable",
        "conditional",
        "default",
        "due",
        "enter",
        "entry",
        "hangs",
        "heard",
        "id",
        "incoming",
        "inner",
        "iterated",
        "listeners",
        "loop",
        "node",
        "outputs",
        "outs",
        "own",
        "repeat",
        "routing",
        "single",
        "type",
        "undo",
        "work",
    )  # fmt: skip

    def __init__(self, node: Node, definition: Definition) -> None:
        self.id = node.id
        self.type = node.type
        self.node = node
        self.activity = node.type in ACTIVITIES
        self.loop = node.loop
        self.own = _own(node)
        """Names that each iteration of a loop has for itself."""
        self.inner = node.inner
        self.incoming = node.incoming
        self.outs: tuple[tuple[str, str, Expr | None], ...] = tuple(
            (flow, definition.flows[flow].target, definition.flows[flow].condition) for flow in node.outgoing
        )
        self.default = node.default
        self.outputs: tuple[Param, ...] = node.outputs or (node.message.outputs if node.message else ())
        self.conditional = any(condition is not None for _, _, condition in self.outs) or node.default is not None
        plain = len(self.outs) == 1 and not self.conditional and node.completion_quantity == 1
        self.single: tuple[str, str] | None = self.outs[0][:2] if plain else None
        self.routing = ROUTING.get(node.type, "inclusive" if self.conditional else "all")
        self.boundaries: tuple[PNode, ...] = ()
        """Attached boundary events that wait for something (timer, message, signal, condition)."""
        self.by_kind: dict[str, tuple[tuple[PNode, EventDefinition], ...]] = {}
        """Attached boundary events that are searched when something is thrown (error, escalation, cancel)."""
        self.hangs: tuple[PNode, ...] = ()
        """Attached timers that hang on the due date of this user task."""
        self.due = node.user.due if node.user else None
        """When a user task is due: its own attribute, else the property `due`."""
        if self.due is None and node.properties.get("due"):
            self.due = compile_expression(node.properties["due"])
        self.undo: tuple[str, str] | None = None
        """The compensation boundary event of this activity and the handler it leads to."""
        self.adhoc = False
        """Stands directly in an ad-hoc sub-process."""
        self.compensable = False
        self.catch_link: str | None = None
        self.enter: Op = _unplanned
        """Entering the node, or the job before it."""
        self.entry: Op = _unplanned
        """Entering the node, where a job stands before it."""
        self.work: Op = _unplanned
        """What an activity does."""
        self.repeat: Op = _unplanned
        """Setting up a loop's body."""
        self.iterated: Op = _unplanned
        """The end of an iteration."""
        self.listeners: dict[int, tuple[Listener, ...]] = {}
        """Stage -> who is heard at it."""
        self.heard: dict[int, Op] = {}
        """Stage -> what goes on once all were heard."""


def _own(node: Node) -> tuple[str, ...]:
    loop = node.loop
    if loop is None:
        return ()
    result = loop.output_element.text if loop.output_element is not None else ""
    names = ("loopCounter", loop.element_variable or "", result if re.fullmatch(r"\w+", result) else "")
    return tuple(dict.fromkeys(filter(None, names)))


ROUTING = {
    "exclusiveGateway": "exclusive",
    "inclusiveGateway": "inclusive",
    "parallelGateway": "all",
    "complexGateway": "inclusive",
    "eventBasedGateway": "all",
}


def _unplanned(run: Run, token: Token, p: PNode) -> None:
    """What `equip` gave no function is never asked to run: a hole in the kernel's table, not a fault of the model."""
    raise InternalError(reason=f"no function of the kernel runs {p.type} {p.id} here")


class PScope:
    """The process or a sub-process: who starts in it, which event sub-processes it has."""

    __slots__ = ("by_kind", "compensation", "data", "id", "spec", "starts", "waiting")

    def __init__(self, id: str, spec: ScopeSpec) -> None:
        self.id = id
        self.spec = spec
        self.data = spec.data
        self.starts = spec.starts
        self.waiting: tuple[tuple[PNode, PNode], ...] = ()
        """(event sub-process, its start event) that wait for something."""
        self.by_kind: dict[str, tuple[tuple[PNode, PNode, EventDefinition], ...]] = {}
        """Kind thrown -> event sub-processes that may catch it."""
        self.compensation: PNode | None = None
        """The compensation event sub-process."""


class Plan:
    """A definition ready to walk."""

    __slots__ = (
        "around", "clocked", "complex", "definition", "inclusive", "key", "nodes", "reads", "scopes", "taking",
        "watchers",
    )  # fmt: skip

    def __init__(self, definition: Definition, equip: Equip) -> None:
        self.definition = definition
        self.key = definition.key
        self.nodes = {node.id: PNode(node, definition) for node in definition.nodes.values()}
        self.scopes = {definition.key: PScope(definition.key, definition.scope)}
        for node in definition.nodes.values():
            if node.inner is not None:
                self.scopes[node.id] = PScope(node.id, node.inner)
        for p in self.nodes.values():
            equip(p)
            holder = self.nodes.get(p.node.scope)
            p.adhoc = holder is not None and holder.type == "adHocSubProcess"
            self._attach(p)
            p.listeners = self._listeners(p)
        self.around = {
            moment: tuple(one for one in definition.listeners if one.moment == moment) for moment in ("start", "end")
        }
        """Listeners of the process itself."""
        self.taking = {flow.id: flow.listeners for flow in definition.flows.values() if flow.listeners}
        """Sequence flow -> its listeners."""
        for scope in self.scopes.values():
            self._listen(scope)
        self._compensable()
        self.complex = any(p.type == "complexGateway" and len(p.incoming) > 1 for p in self.nodes.values())
        self.inclusive: dict[str, Reach] = {}
        self.reads = _conditions(self.nodes)
        """(event, number of its definition) -> the names its condition reads; None: more than variables."""
        self.watchers: dict[str, list[str]] = {}
        """A name -> the events with a condition that reads it."""
        for (event, _), names in self.reads.items():
            for name in names or ():
                self.watchers.setdefault(name, []).append(event)
        self.clocked = tuple(event for (event, _), names in self.reads.items() if names is None)
        """Events with a condition that may change by itself."""

    def reach(self, join: str) -> Reach:
        """What can still reach the incoming flows of an inclusive or complex join; worked out at first need."""
        found = self.inclusive.get(join)
        if found is None:
            found = self.inclusive[join] = Reach(self, join)
        return found

    def _attach(self, p: PNode) -> None:
        boundaries = [self.nodes[id] for id in p.node.boundaries]
        p.boundaries = tuple(b for b in boundaries if any(d.kind in WAITED for d in b.node.events))
        p.hangs = tuple(b for b in p.boundaries if any(_on_due(d) for d in b.node.events))
        kinds: dict[str, list[tuple[PNode, EventDefinition]]] = {}
        for boundary in boundaries:
            for event in boundary.node.events:
                if event.kind == "compensation":
                    if boundary.node.compensation_handler:
                        p.undo = (boundary.id, boundary.node.compensation_handler)
                elif event.kind not in WAITED:
                    kinds.setdefault(event.kind, []).append((boundary, event))
        p.by_kind = {kind: _specific_first(found) for kind, found in kinds.items()}
        if p.type == "intermediateThrowEvent" and p.node.events and p.node.events[0].kind == "link":
            p.catch_link = self._link_target(p)

    def _listeners(self, p: PNode) -> dict[int, tuple[Listener, ...]]:
        """Of what happens before it is entered (a start or boundary event, what stands behind an event gateway), and
        of gateways that only choose, the first listeners are heard with the last."""
        told = p.node.listeners
        if not told:
            return {}
        first = tuple(one for moment in ("start", "create") for one in told if one.moment == moment)
        last = tuple(one for one in told if one.moment == "end")
        if self._happens_first(p):
            first, last = (), first + last
        found = {
            Stage.OPENING: first,
            Stage.CLOSING: tuple(one for one in told if one.moment == "complete"),
            Stage.PARTING: last,
        }
        return {stage: entries for stage, entries in found.items() if entries}

    def _happens_first(self, p: PNode) -> bool:
        flows = self.definition.flows
        sources = {self.nodes[flows[flow].source].type for flow in p.incoming}
        if p.node.instantiate and p.activity:
            return True
        return p.type in _PASSING or (p.type in _WAITING and "eventBasedGateway" in sources)

    def _link_target(self, p: PNode) -> str | None:
        name = p.node.events[0].ref
        for other in self.nodes.values():
            if other.type == "intermediateCatchEvent" and other.node.scope == p.node.scope:
                for event in other.node.events:
                    if event.kind == "link" and event.ref == name:
                        return other.id
        return None

    def _listen(self, scope: PScope) -> None:
        waiting: list[tuple[PNode, PNode]] = []
        kinds: dict[str, list[tuple[PNode, PNode, EventDefinition]]] = {}
        for id in scope.spec.event_subprocesses:
            sub = self.nodes[id]
            start = self.nodes[self.scopes[id].starts[0]]
            if any(d.kind in WAITED for d in start.node.events):
                waiting.append((sub, start))
            for event in start.node.events:
                if event.kind == "compensation":
                    scope.compensation = sub
                elif event.kind not in WAITED:
                    kinds.setdefault(event.kind, []).append((sub, start, event))
        scope.waiting = tuple(waiting)
        scope.by_kind = {
            kind: tuple(sorted(found, key=lambda item: item[2].ref is None)) for kind, found in kinds.items()
        }

    def _compensable(self) -> None:
        """An activity is remembered when it has a handler, or holds (however deep) something that is remembered."""
        for p in self.nodes.values():
            if p.undo is not None or (p.inner is not None and self.scopes[p.id].compensation is not None):
                holder: PNode | None = p
                while holder is not None and not holder.compensable:
                    holder.compensable = True
                    holder = self.nodes.get(holder.node.scope)


_PASSING = frozenset(
    {"startEvent", "boundaryEvent", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway"}
)
_WAITING = frozenset({"receiveTask", "intermediateCatchEvent"})
WAITED = frozenset({"message", "timer", "signal", "conditional"})
"""Kinds that open a wait; the others are searched for when they are thrown."""


def _on_due(event: EventDefinition) -> bool:
    return event.kind == "timer" and event.expr is not None and "task_due" in event.expr.text


NO_EVENT = -1
"""In place of an event's number: what an activity's input sets read."""


def _conditions(nodes: dict[str, PNode]) -> dict[tuple[str, int], frozenset[str] | None]:
    filled = {(p.id, NO_EVENT): _filled_by(p) for p in nodes.values() if p.node.input_sets}
    return filled | {
        (p.id, number): names_read(event.expr) if event.expr is not None else frozenset()
        for p in nodes.values()
        for number, event in enumerate(p.node.events)
        if event.kind == "conditional"
    }


def _filled_by(p: PNode) -> frozenset[str] | None:
    read = [names_read(param.value) for param in p.node.inputs]
    asked = frozenset(name for names in p.node.input_sets for name in names)
    return None if None in read else asked.union(*(names for names in read if names is not None))


def _specific_first(
    found: list[tuple[PNode, EventDefinition]],
) -> tuple[tuple[PNode, EventDefinition], ...]:
    """Handlers of one named error or escalation come before those that catch all."""
    return tuple(sorted(found, key=lambda item: item[1].ref is None))


class Reach:
    """For a join: which nodes can send a token to each of its incoming flows without passing the join itself."""

    __slots__ = ("by_flow",)

    def __init__(self, plan: Plan, join: str) -> None:
        back = _backwards(plan, plan.nodes[join].node.scope)
        flows = plan.definition.flows
        self.by_flow = {flow: _closure(flows[flow].source, back, join) for flow in plan.nodes[join].incoming}


def _backwards(plan: Plan, scope: str) -> dict[str, list[str]]:
    """Node -> where tokens may come from: flows, boundary events from their host, link catches from their throws."""
    back: dict[str, list[str]] = {}
    for p in plan.nodes.values():
        if p.node.scope != scope:
            continue
        for _, target, _ in p.outs:
            back.setdefault(target, []).append(p.id)
        if p.node.attached_to:
            back.setdefault(p.id, []).append(p.node.attached_to)
        if p.catch_link:
            back.setdefault(p.catch_link, []).append(p.id)
    return back


def _closure(first: str, back: dict[str, list[str]], stop: str) -> frozenset[str]:
    if first == stop:
        return frozenset()
    seen = {first}
    stack = [first]
    while stack:
        for source in back.get(stack.pop(), ()):
            if source != stop and source not in seen:
                seen.add(source)
                stack.append(source)
    return frozenset(seen)


Equip = Callable[[PNode], None]
_plans: OrderedDict[int, Plan] = OrderedDict()


def plan_of(definition: Definition, equip: Equip) -> Plan:
    """The plan of a definition, made at its first use. The kept plan holds its definition, so that ids stay unique."""
    plan = _plans.get(id(definition))
    if plan is None:
        plan = Plan(definition, equip)
        _plans[id(definition)] = plan
        while len(_plans) > KEPT_PLANS:
            _plans.popitem(last=False)
    return plan
