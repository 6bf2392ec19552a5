"""The dialects of BPMN files and what is read of each. Law: what is not listed here is reported at deployment.

`camunda:` also goes by the names of Camunda 7's relatives (operaton, flowable, activiti); `zeebe:` is Camunda 8's.
The tables are the documentation: `docs/bpmn.md` is generated from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from engine.errors import Fault
from engine.process.definition.xml import Element, is_bpmn, line_of, local
from engine.process.rules.catalogue import fault

CAMUNDA_NAMESPACES: Final[Mapping[str, str]] = {
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://operaton.org/schema/1.0/bpmn": "operaton",
    "http://flowable.org/bpmn": "flowable",
    "http://activiti.org/bpmn": "activiti",
}
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
_ZEEBE: Final = f"{{{ZEEBE}}}"
_SILENT: Final = frozenset(
    {"http://camunda.org/schema/modeler/1.0", "http://www.w3.org/2001/XMLSchema-instance",
     "http://www.w3.org/XML/1998/namespace"}
)  # fmt: skip
"""Namespaces that say nothing about execution."""

_TASK: Final = frozenset({"asyncBefore", "asyncAfter", "async", "exclusive", "jobPriority"})
_PEOPLE: Final = frozenset(
    {"assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority", "formKey", "formRef",
     "formRefBinding"}
)  # fmt: skip
_IMPLEMENTED: Final = frozenset(
    {"class", "delegateExpression", "expression", "resultVariable", "topic", "type", "taskPriority"}
)

ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "process": frozenset({"versionTag", "historyTimeToLive", "candidateStarterGroups", "candidateStarterUsers"}),
    "startEvent": _TASK | {"initiator", "formKey", "formRef", "formRefBinding"},
    "userTask": _TASK | _PEOPLE,
    "serviceTask": _TASK | _IMPLEMENTED | {"resultVariableName"},
    "sendTask": _TASK | _IMPLEMENTED,
    "businessRuleTask": _TASK
    | _IMPLEMENTED
    | {"decisionRef", "decisionRefBinding", "decisionRefVersion", "decisionRefVersionTag", "mapDecisionResult"},
    "scriptTask": _TASK | {"resultVariable", "resource"},
    "receiveTask": _TASK,
    "manualTask": _TASK | _PEOPLE,
    "task": _TASK,
    "callActivity": _TASK
    | {"calledElementBinding", "calledElementVersion", "calledElementVersionTag", "caseRef", "inheritVariables",
       "inheritBusinessKey", "businessKey"},
    "subProcess": _TASK,
    "transaction": _TASK,
    "adHocSubProcess": _TASK,
    "exclusiveGateway": _TASK,
    "parallelGateway": _TASK,
    "inclusiveGateway": _TASK,
    "complexGateway": _TASK,
    "eventBasedGateway": _TASK - {"asyncAfter"},
    "intermediateCatchEvent": _TASK,
    "intermediateThrowEvent": _TASK,
    "endEvent": _TASK,
    "boundaryEvent": frozenset({"asyncAfter", "exclusive", "jobPriority"}),
    "messageEventDefinition": frozenset({"class", "delegateExpression", "expression", "topic"}),
    "errorEventDefinition": frozenset({"errorCodeVariable", "errorMessageVariable"}),
    "escalationEventDefinition": frozenset({"escalationCodeVariable"}),
    "multiInstanceLoopCharacteristics": frozenset(
        {"asyncBefore", "asyncAfter", "async", "collection", "elementVariable"}
    ),
}  # fmt: skip
"""BPMN element -> attributes of the `camunda:` family that are read."""

_AS_IT_IS: Final = frozenset({("exclusive", "true"), ("type", "external")})
"""Attributes that say what is so anyhow: jobs of an instance do not run beside each other, and a thrown message
with a topic is work for a handler or an external worker."""

_RETRIES: Final = frozenset({"failedJobRetryTimeCycle"})
_LISTENER: Final = frozenset({"executionListener"})
ELEMENTS: Final[Mapping[str, frozenset[str]]] = {
    "any element": frozenset({"properties"}),
    "process": _LISTENER,
    "activities": _RETRIES | _LISTENER | {"inputOutput"},
    "events": _RETRIES | _LISTENER | {"inputOutput"},
    "userTask": frozenset({"formData", "taskListener"}),
    "manualTask": frozenset({"formData"}),
    "startEvent": frozenset({"formData"}),
    "gateways": _RETRIES | _LISTENER,
    "sequenceFlow": _LISTENER,
    "callActivity": frozenset({"in", "out"}),
    "signalEventDefinition": frozenset({"in"}),
}
"""BPMN element (or its family) -> extension elements of the `camunda:` family that are read."""

_WORKER: Final = frozenset({"taskDefinition"})
ZEEBE_ELEMENTS: Final[Mapping[str, frozenset[str]]] = {
    "any element": frozenset({"properties", "taskHeaders"}),
    "activities": frozenset({"ioMapping", "executionListeners"}),
    "events": frozenset({"ioMapping", "executionListeners"}),
    "gateways": frozenset({"executionListeners"}),
    "process": frozenset({"versionTag", "executionListeners"}),
    "message": frozenset({"subscription"}),
    "userTask": frozenset(
        {"userTask", "assignmentDefinition", "taskSchedule", "priorityDefinition", "formDefinition", "taskListeners"}
    ),
    "manualTask": frozenset({"assignmentDefinition", "taskSchedule", "priorityDefinition", "formDefinition"}),
    "startEvent": frozenset({"formDefinition"}),
    "serviceTask": _WORKER,
    "sendTask": _WORKER,
    "businessRuleTask": _WORKER | {"calledDecision"},
    "scriptTask": _WORKER | {"script"},
    "intermediateThrowEvent": _WORKER,
    "endEvent": _WORKER,
    "callActivity": frozenset({"calledElement"}),
    "multiInstanceLoopCharacteristics": frozenset({"loopCharacteristics"}),
}
"""BPMN element (or its family) -> extension elements of `zeebe:` that are read (headers join the properties)."""

ENTRIES: Final[Mapping[str, frozenset[str]]] = {
    "camunda:property": frozenset({"name", "id", "value"}),
    "camunda:inputParameter": frozenset({"name"}),
    "camunda:outputParameter": frozenset({"name"}),
    "camunda:in": frozenset({"source", "sourceExpression", "target", "variables", "businessKey"}),
    "camunda:out": frozenset({"source", "sourceExpression", "target", "variables"}),
    "camunda:executionListener": frozenset({"event", "class", "expression", "delegateExpression"}),
    "camunda:taskListener": frozenset({"event", "class", "expression", "delegateExpression", "id"}),
    "zeebe:property": frozenset({"name", "value"}),
    "zeebe:header": frozenset({"key", "value"}),
    "zeebe:executionListener": frozenset({"eventType", "type", "retries"}),
    "zeebe:taskListener": frozenset({"eventType", "type", "retries"}),
    "zeebe:input": frozenset({"source", "target"}),
    "zeebe:output": frozenset({"source", "target"}),
    "zeebe:taskDefinition": frozenset({"type", "retries"}),
    "zeebe:assignmentDefinition": frozenset({"assignee", "candidateUsers", "candidateGroups"}),
    "zeebe:taskSchedule": frozenset({"dueDate", "followUpDate"}),
    "zeebe:priorityDefinition": frozenset({"priority"}),
    "zeebe:formDefinition": frozenset({"formId", "formKey", "externalReference", "bindingType", "versionTag"}),
    "zeebe:calledElement": frozenset(
        {"processId", "bindingType", "versionTag", "propagateAllParentVariables", "propagateAllChildVariables"}
    ),
    "zeebe:calledDecision": frozenset({"decisionId", "resultVariable", "bindingType", "versionTag"}),
    "zeebe:loopCharacteristics": frozenset({"inputCollection", "inputElement", "outputCollection", "outputElement"}),
    "zeebe:script": frozenset({"expression", "resultVariable"}),
    "zeebe:subscription": frozenset({"correlationKey"}),
    "zeebe:versionTag": frozenset({"value"}),
    "zeebe:userTask": frozenset(),
}
"""Extension element (or what stands in it) -> its attributes that are read."""

LISTENERS: Final = frozenset({"executionListener", "taskListener", "executionListeners", "taskListeners"})
"""Code that a maker's own engine would run beside the model: never run here, and told by name."""

_EVENTS: Final = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
_ACTIVITIES: Final = frozenset(
    {"task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask",
     "callActivity", "subProcess", "transaction", "adHocSubProcess"}
)  # fmt: skip


_GATEWAYS: Final = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway"}
)
_FAMILIES: Final = {"activities": _ACTIVITIES, "events": _EVENTS, "gateways": _GATEWAYS}


def attributes(element: Element) -> dict[str, str]:
    """The element's attributes of the `camunda:` family, by local name."""
    found: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name[:1] == "{":
            namespace, _, plain = str(name)[1:].partition("}")
            if namespace in CAMUNDA_NAMESPACES:
                found[plain] = str(value)
    return found


def extensions(element: Element) -> Iterator[tuple[str, str, Element]]:
    """The extension elements: dialect (`camunda`, `zeebe` or empty), local name, element."""
    for holder in element:
        if local(holder) != "extensionElements" or not is_bpmn(holder):
            continue
        for entry in holder:
            if not isinstance(entry.tag, str):
                continue
            namespace, _, name = entry.tag[1:].partition("}")
            yield dialect_of(namespace), name, entry


def dialect_of(namespace: str) -> str:
    """`camunda` for the whole family, `zeebe`, or empty."""
    if namespace in CAMUNDA_NAMESPACES:
        return "camunda"
    return "zeebe" if namespace == ZEEBE else ""


def extension(element: Element, dialect: str, name: str) -> Element | None:
    """The first extension element of that name."""
    return next((e for d, n, e in extensions(element) if d == dialect and n == name), None)


def properties(element: Element) -> dict[str, str]:
    """The name-value pairs of `camunda:properties`, `zeebe:properties` and `zeebe:taskHeaders`, in order."""
    found: dict[str, str] = {}
    for dialect, name, holder in extensions(element):
        if dialect and name in ("properties", "taskHeaders"):
            for entry in holder:
                key = entry.get("name") or entry.get("id") or entry.get("key")
                if key and local(entry) in ("property", "header"):
                    found[key] = entry.get("value") or ""
    return found


# ── what is not read ────────────────────────────────────────────────────────────────────────────────────────────


def ignored(root: Element, file: str) -> list[Fault]:
    """A warning for each extension attribute and element that is not read; unknown makers' marks once a namespace."""
    found: list[Fault] = []
    foreign: dict[str, tuple[int, int]] = {}
    for element in _semantic(root):
        owner = _owner(element)
        name = local(element)
        for attribute in map(str, element.attrib):
            if attribute[0] == "{":
                _judge_attribute(attribute, name, owner, element, file, found, foreign)
        for dialect, entry_name, entry in extensions(element):
            if not dialect:
                _count(foreign, entry.tag[1:].partition("}")[0], line_of(entry))
            elif not _reads(dialect, name, entry_name):
                shown = f"{entry.prefix or dialect}:{entry_name}"
                rule = "ignored-listener" if entry_name in LISTENERS else "ignored-extension"
                found.append(fault(rule, owner, line_of(entry), file=file, name=shown))
            else:
                found += _unread_in(dialect, entry, owner, file)
    for namespace, (count, line) in foreign.items():
        found.append(fault("ignored-vendor", None, line, file=file, namespace=namespace, count=count))
    return found


def _unread_in(dialect: str, entry: Element, owner: str | None, file: str) -> Iterator[Fault]:
    """Attributes of an extension element, and of what stands directly in it, that nobody reads."""
    for element in (entry, *(inner for inner in entry if isinstance(inner.tag, str))):
        read = ENTRIES.get(f"{dialect}:{local(element)}")
        for attribute in map(str, element.attrib) if read is not None else ():
            if attribute not in (read or ()):
                shown = f"{dialect}:{local(element)} {attribute}"
                yield fault("ignored-attribute", owner, line_of(element), file=file, name=shown)


def _semantic(root: Element) -> Iterator[Element]:
    """The BPMN elements of the file, the drawing and the contents of extensions left out."""
    stack = [root]
    while stack:
        element = stack.pop()
        yield element
        stack.extend(e for e in reversed(element) if is_bpmn(e) and local(e) != "extensionElements")


def _owner(element: Element) -> str | None:
    at: Element | None = element
    while at is not None:
        if at.get("id"):
            return at.get("id")
        at = at.getparent()
    return None


def _judge_attribute(
    attribute: str,
    name: str,
    owner: str | None,
    element: Element,
    file: str,
    found: list[Fault],
    foreign: dict[str, tuple[int, int]],
) -> None:
    namespace, _, plain = attribute[1:].partition("}")
    prefix = "zeebe" if namespace == ZEEBE else CAMUNDA_NAMESPACES.get(namespace)
    if prefix is None:
        if namespace not in _SILENT:
            _count(foreign, namespace, line_of(element))
        return
    read = prefix != "zeebe" and plain in ATTRIBUTES.get(name, ()) and not _happens_at_once(element, name, plain)
    read = read or (plain, element.get(attribute)) in _AS_IT_IS
    if not read and not plain.startswith("modelerTemplate"):
        found.append(fault("ignored-attribute", owner, line_of(element), file=file, name=f"{prefix}:{plain}"))


def _happens_at_once(element: Element, name: str, plain: str) -> bool:
    """Whether no job can stand before the element: it is entered by what happens (an event sub-process's start, what
    stands behind an event gateway)."""
    if plain not in ("asyncBefore", "async") or name not in ("startEvent", "intermediateCatchEvent", "receiveTask"):
        return False
    holder = element.getparent()
    if holder is None or name == "startEvent":
        return holder is not None and holder.get("triggeredByEvent") == "true"
    gateways = {one.get("id") for one in holder if local(one) == "eventBasedGateway"}
    flows = (one for one in holder if local(one) == "sequenceFlow")
    return any(one.get("targetRef") == element.get("id") and one.get("sourceRef") in gateways for one in flows)


def _reads(dialect: str, element: str, extension_name: str) -> bool:
    table = ZEEBE_ELEMENTS if dialect == "zeebe" else ELEMENTS
    family = next((name for name, members in _FAMILIES.items() if element in members), "")
    return any(extension_name in table.get(key, ()) for key in ("any element", element, family))


def _count(foreign: dict[str, tuple[int, int]], namespace: str, line: int) -> None:
    count, first = foreign.get(namespace, (0, line))
    foreign[namespace] = (count + 1, first)
