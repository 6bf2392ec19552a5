"""The checked model of a process, compiled once. Law: frozen after compilation; the kernel never reads XML.

`engine.process.definition` builds it from BPMN 2.0 XML (OMG formal/2013-12-09, chapters 8-10) and refuses what it
cannot express; `native` walks it. Element ids are the file's own: history, diagrams and people speak of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from engine.feel import Moment


class Expr(Protocol):
    """A compiled expression (FEEL, JUEL or a literal). Raises `engine.errors.ExpressionFailed` only for JUEL."""

    @property
    def text(self) -> str: ...

    def __call__(self, scope: Mapping[str, object], at: Moment) -> object: ...


@dataclass(frozen=True, slots=True)
class Param:
    """An input or output mapping: `name` receives the value of `value` (maps and lists are compiled into one Expr)."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Listener:
    """What runs at a moment of an element's life, before that goes on: assignments at once, a topic or a script as a
    job. Moments: `start` (entered, inputs mapped), `create` (then, of a user task), `complete` (of a user task: done,
    outputs not mapped yet), `end` (outputs mapped, about to be left), `take` (of a sequence flow)."""

    moment: Literal["start", "create", "complete", "end", "take"]
    topic: str | None = None
    retries: str | None = None
    assigns: tuple[Param, ...] | None = None
    script: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    condition: Expr | None = None
    name: str = ""
    line: int = 0
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """What an event reacts to or throws.

    `ref` is the resolved name of the message or signal, the code of the error or escalation (None: catch-all), the
    link name, or the compensated activity. For timers `timer` says which of the three kinds `expr` is.
    """

    kind: Literal[
        "message",
        "timer",
        "signal",
        "error",
        "escalation",
        "conditional",
        "link",
        "compensation",
        "cancel",
        "terminate",
    ]
    ref: str | None = None
    ref_expr: Expr | None = None
    """Set when the message or signal name is an expression; it wins over `ref`."""
    timer: Literal["date", "duration", "cycle"] | None = None
    expr: Expr | None = None
    """The timer's moment, duration or cycle, or the condition."""
    correlation: tuple[Param, ...] = ()
    inputs: tuple[Param, ...] = ()
    """Variables that travel with what is thrown (none: the business key alone)."""
    outputs: tuple[Param, ...] = ()
    wait_for_completion: bool = True
    topic: str | None = None
    """A thrown message that a handler sends instead of the engine."""
    code_variable: str | None = None
    message_variable: str | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """Standard loop or multi-instance characteristics. `condition` is the standard loop's; `behavior` decides which
    of `none_event`, `one_event` (names of what is thrown to boundary events) or `complex_events` apply."""

    kind: Literal["standard", "sequential", "parallel"]
    test_before: bool = False
    condition: Expr | None = None
    maximum: Expr | None = None
    cardinality: Expr | None = None
    collection: Expr | None = None
    element_variable: str | None = None
    output_collection: str | None = None
    output_element: Expr | None = None
    completion: Expr | None = None
    behavior: Literal["None", "One", "All", "Complex"] = "All"
    none_event: str | None = None
    one_event: str | None = None
    complex_events: tuple[tuple[Expr, str], ...] = ()
    none_throws: EventDefinition | None = None
    one_throws: EventDefinition | None = None
    async_before: bool = False
    async_after: bool = False
    """A job before or after each iteration."""
    complex_throws: tuple[tuple[Expr, EventDefinition], ...] = ()
    """What the behaviours throw to the boundary of the activity, resolved (the `_event` fields hold the file's ids)."""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form that is written in the diagram itself (`camunda:formData`)."""

    id: str
    label: str = ""
    type: str = "string"
    default: Expr | None = None
    choices: tuple[tuple[str, str], ...] = ()
    """Value and label of each choice of an `enum` field."""
    constraints: Mapping[str, str] = field(default_factory=dict)
    """`required`, `readonly`, `min`, `max`, `minlength`, `maxlength` with their configuration as written."""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserSpec:
    """What a user task says of who, when and with what form. On a start event: the form that starts an instance."""

    assignee: Expr | None = None
    candidate_users: Expr | None = None
    candidate_groups: Expr | None = None
    due: Expr | None = None
    follow_up: Expr | None = None
    priority: Expr | None = None
    form: str | None = None
    """The id of a form file, or a form key as written."""
    form_binding: str = "latest"
    """latest | deployment | version:N."""
    form_fields: tuple[FormField, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkSpec:
    """What a service, send, script or business rule task does: exactly one of the five is set."""

    topic: str | None = None
    expression: Expr | None = None
    script: str | None = None
    script_format: str | None = None
    compiled_script: tuple[Param, ...] | None = None
    """A script of plain assignments, run in the step; None: the script leaves as a JobWait."""
    decision: str | None = None
    decision_expr: Expr | None = None
    binding: str = "latest"
    map_result: Literal["singleEntry", "singleResult", "collectEntries", "resultList", "feel"] = "feel"
    message: EventDefinition | None = None
    result_variable: str | None = None
    retries: str | None = None
    external: bool = False


@dataclass(frozen=True, slots=True)
class CallSpec:
    """A call activity. `target_kind` tells a process from a decision or a global task."""

    called: str | None = None
    called_expr: Expr | None = None
    target_kind: Literal["process", "decision", "global"] = "process"
    binding: str = "latest"
    business_key: Expr | None = None
    inputs: tuple[Param, ...] = ()
    outputs: tuple[Param, ...] = ()
    all_in: bool = False
    all_out: bool = False
    global_task: Node | None = None
    """Of a call to a global task of the same file: the task as the node it stands for."""


@dataclass(frozen=True, slots=True)
class ScopeSpec:
    """What a process or sub-process holds: ids of what stands directly in it."""

    nodes: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    """Start events, or where there is none, the nodes without incoming flows (BPMN 2.0 §13.2)."""
    event_subprocesses: tuple[str, ...] = ()
    data: Mapping[str, Expr | None] = field(default_factory=dict)
    """Data objects and properties by name with their initial value."""
    ordering: Literal["Parallel", "Sequential"] | None = None
    """Set for an ad-hoc sub-process."""
    completion: Expr | None = None
    cancel_remaining: bool = True


@dataclass(frozen=True, slots=True)
class Node:
    """One flow node. `type` is the BPMN element's local name (`userTask`, `boundaryEvent`, `subProcess`…)."""

    id: str
    type: str
    scope: str
    """Id of the process or sub-process that holds it."""
    name: str = ""
    line: int = 0
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str | None = None
    lane: str | None = None
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    events: tuple[EventDefinition, ...] = ()
    parallel_multiple: bool = False
    loop: Loop | None = None
    inputs: tuple[Param, ...] = ()
    outputs: tuple[Param, ...] = ()
    user: UserSpec | None = None
    work: WorkSpec | None = None
    call: CallSpec | None = None
    message: EventDefinition | None = None
    """What a receive task waits for."""
    instantiate: bool = False
    attached_to: str | None = None
    interrupting: bool = True
    """For boundary events (cancelActivity) and start events of event sub-processes (isInterrupting)."""
    boundaries: tuple[str, ...] = ()
    inner: ScopeSpec | None = None
    """Set for sub-processes of every kind."""
    by_event: bool = False
    """An event sub-process."""
    for_compensation: bool = False
    compensation_handler: str | None = None
    """Of a compensation boundary event: the activity its association leads to."""
    start_quantity: int = 1
    completion_quantity: int = 1
    activation: Expr | None = None
    """Of a complex gateway."""
    event_gateway_type: Literal["Exclusive", "Parallel"] = "Exclusive"
    initiator: str | None = None
    """Of a start event: the variable that receives who started the instance."""
    async_before: bool = False
    async_after: bool = False
    """A job stands before the node, or between it and what follows: a transaction ends there."""
    retries: str | None = None
    """The retry cycle of the node's jobs, as written."""
    job_priority: Expr | None = None
    exclusive: bool = True
    """Its jobs do not run beside another exclusive job of their instance."""
    data: Mapping[str, Expr | None] = field(default_factory=dict)
    """Properties of an activity (BPMN 2.0 §10.4.1): local names with their initial value."""
    input_sets: tuple[tuple[str, ...], ...] = ()
    """Names that must be available before the activity starts, one tuple an input set (§10.4.2); any set will do."""
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """One executable process, compiled."""

    key: str
    name: str
    scope: ScopeSpec
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    version_tag: str | None = None
    lanes: Mapping[str, str] = field(default_factory=dict)
    """Lane id -> lane name."""
    lane_groups: Mapping[str, str] = field(default_factory=dict)
    """Lane id -> the group whose work it is (property `group`, else the lane's id or name)."""
    properties: Mapping[str, str] = field(default_factory=dict)
    documentation: str = ""
    candidate_starters: tuple[str, ...] = ()
    history_ttl: str | None = None
    data_stores: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    listeners: tuple[Listener, ...] = ()
    """Of the process itself: heard before all else, and when it is over."""
