"""SpiffWorkflow's specification of a definition. Law: made from the checked model, not from XML; never changed.

Each scope is a process specification of SpiffWorkflow. Gateways, boundary events, sub-processes and repetitions are its
own classes; every other node is a task that stays ready until its work is done (as a user task does there). Hidden
nodes (the split and join around an activity with boundary events) are SpiffWorkflow's, named as its parser names them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition as SpiffEvent
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import CycleTimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin

from engine.process.model import Definition, Expr, Node, ScopeSpec

SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
CHILD = " [child]"
"""What SpiffWorkflow appends to the name of what is repeated."""


class Condition:
    """A condition as SpiffWorkflow asks it; None always holds."""

    def __init__(self, expr: Expr | None) -> None:
        self.expr = expr

    def _matches(self, task: Any) -> bool:
        return bool(self.expr is None or task.workflow.top_workflow.driver.holds(task, self.expr))


class Named(SpiffEvent):  # type: ignore[misc]
    """The event of one element: happens when we say so."""

    def __init__(self, element: str) -> None:
        super().__init__(element)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and self.name == other.name

    __hash__ = None  # type: ignore[assignment]


class Cycle(CycleTimerEventDefinition):  # type: ignore[misc]
    """A timer that comes again and again beside its activity: it sends out a token whenever we say so."""

    def __init__(self, element: str) -> None:
        super().__init__(element, None)

    def has_fired(self, my_task: Any) -> bool:
        return False

    def cycle_complete(self, my_task: Any) -> bool:
        return bool(my_task.internal_data.pop("due", False))


class Alone(BpmnSpecMixin):  # type: ignore[misc]
    """A node whose work is done elsewhere: ready until then."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = True


class Merging:
    """A join says when it takes a waiting task away because another stands for it now."""

    def _update_hook(self, my_task: Any) -> Any:
        top = my_task.workflow.top_workflow
        top.driver.merging += 1
        try:
            return super()._update_hook(my_task)  # type: ignore[misc]
        finally:
            top.driver.merging -= 1


class ParallelGateway(Merging, defaults.ParallelGateway):  # type: ignore[misc]
    """SpiffWorkflow's."""


class InclusiveGateway(Merging, defaults.InclusiveGateway):  # type: ignore[misc]
    """SpiffWorkflow's."""


class Begun:
    """Ready first (our side enters it), then begins as SpiffWorkflow has it (`launch`)."""

    def _update_hook(self, my_task: Any) -> Any:
        if not my_task.internal_data.get("begun"):
            return True
        return super()._update_hook(my_task)  # type: ignore[misc]

    def launch(self, my_task: Any) -> None:
        """Our side has entered it: let SpiffWorkflow begin what is inside."""
        my_task.internal_data["begun"] = True
        if self._update_hook(my_task):
            my_task._set_state(_READY)


_READY = 16


class SubProcess(Begun, defaults.SubWorkflowTask):  # type: ignore[misc]
    """An embedded sub-process."""


class Parallel(Begun, defaults.ParallelMultiInstanceTask):  # type: ignore[misc]
    """All iterations at once."""


class Sequential(Begun, defaults.SequentialMultiInstanceTask):  # type: ignore[misc]
    """One iteration after the other."""


class Standard(Begun, defaults.StandardLoopTask):  # type: ignore[misc]
    """Again while a condition holds. Only the last iteration is remembered."""

    def merge_child(self, workflow: Any, child: Any) -> None:
        super().merge_child(workflow, child)
        data = child.parent.internal_data
        data["merged"] = data["merged"][-1:]


@dataclass(slots=True)
class Scheme:
    """All specifications of a definition, and how to find one's way between them and its nodes."""

    definition: Definition
    specs: dict[str, Any] = field(default_factory=dict)
    """Scope -> its specification."""
    entries: dict[str, Any] = field(default_factory=dict)
    """Node -> the task by which it is reached (the split, where it has boundary events)."""
    tasks: dict[str, Any] = field(default_factory=dict)
    flows: dict[tuple[str, str], str] = field(default_factory=dict)


def scheme_of(definition: Definition) -> Scheme:
    """Specify all scopes of a definition that `supported` accepts."""
    scheme = Scheme(definition)
    scopes = {definition.key: definition.scope}
    scopes |= {node.id: node.inner for node in definition.nodes.values() if node.inner is not None}
    for id in scopes:
        scheme.specs[id] = BpmnProcessSpec(id)
    for id, scope in scopes.items():
        _fill(scheme, scheme.specs[id], id, scope)
    scheme.flows = {(flow.source, flow.target): flow.id for flow in definition.flows.values()}
    return scheme


def _fill(scheme: Scheme, spec: Any, id: str, scope: ScopeSpec) -> None:
    nodes = [node for node in scheme.definition.nodes.values() if node.scope == id]
    for node in nodes:
        if node.type != "boundaryEvent":
            task = scheme.tasks[node.id] = scheme.entries[node.id] = _repeated(spec, node)
            task.stands_for = node.id
    for node in nodes:
        if node.boundaries:
            _attach(scheme, spec, node)
    for node in nodes:
        _connect(scheme, spec, node)
    for start in scope.starts:
        spec.start.connect(scheme.entries[start])
    if not scope.starts:
        spec.start.connect(spec.end)


def _plain(spec: Any, node: Node, name: str) -> Any:
    match node.type:
        case "exclusiveGateway":
            return defaults.ExclusiveGateway(spec, name)
        case "parallelGateway":
            return ParallelGateway(spec, name)
        case "inclusiveGateway":
            return InclusiveGateway(spec, name)
        case "eventBasedGateway":
            return defaults.EventBasedGateway(spec, name, event_definition=MultipleEventDefinition())
        case "endEvent" if any(event.kind == "terminate" for event in node.events):
            return defaults.EndEvent(spec, name, event_definition=TerminateEventDefinition())
    if node.type in SUBPROCESSES:
        return SubProcess(spec, name, subworkflow_spec=node.id)
    task = Alone(spec, name)
    task.event_definition = Named(node.id)
    return task


def _repeated(spec: Any, node: Node) -> Any:
    loop = node.loop
    if loop is None:
        return _plain(spec, node, node.id)
    child = _plain(spec, node, node.id + CHILD)
    child.stands_for = node.id
    if loop.kind == "standard":
        task = Standard(spec, node.id, child.name, None, node, loop.test_before)
    else:
        kind = Sequential if loop.kind == "sequential" else Parallel
        task = kind(spec, node.id, child.name, cardinality=node, condition=node if loop.completion else None)
    child.inputs = [task]
    child.completed_event.connect(task.merge_child)
    return task


def _attach(scheme: Scheme, spec: Any, node: Node) -> None:
    """The split, the activity with its boundary events, and the join that takes away what did not happen."""
    main = scheme.tasks[node.id]
    split = BoundaryEventSplit(spec, f"{node.id}.BoundaryEventSplit")
    join = BoundaryEventJoin(spec, f"{node.id}.BoundaryEventJoin", split_task=split.name, cancel=True)
    split.connect(main)
    main.connect(join)
    for id in node.boundaries:
        boundary = scheme.definition.nodes[id]
        cycle = any(event.timer == "cycle" for event in boundary.events) and not boundary.interrupting
        event = Cycle(id) if cycle else Named(id)
        task = defaults.BoundaryEvent(spec, id, event, boundary.interrupting)
        split.connect(task)
        if not cycle:
            task.connect(join)
        scheme.tasks[id] = scheme.entries[id] = task
        task.stands_for = id
    scheme.entries[node.id] = split
    split.stands_for = node.id


def _connect(scheme: Scheme, spec: Any, node: Node) -> None:
    source = scheme.tasks[node.id]
    choice = node.type in ("exclusiveGateway", "inclusiveGateway")
    for id in node.outgoing:
        flow = scheme.definition.flows[id]
        target = scheme.entries[flow.target]
        if not choice or id == node.default or (len(node.outgoing) == 1 and flow.condition is None):
            source.connect(target)
        else:
            source.connect_if(Condition(flow.condition), target)
    if not node.outgoing:
        source.connect(spec.end)


__all__ = ["CHILD", "SUBPROCESSES", "Scheme", "scheme_of"]
