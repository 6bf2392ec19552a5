"""Every attribute of a dialect is read or told: what the tables list changes the compiled process, all else warns."""

# One model a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from engine.errors import ModelRefused
from engine.process.definition import read_bpmn
from engine.process.definition.dialects import ATTRIBUTES, CAMUNDA_NAMESPACES, ENTRIES

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="{camunda}"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t" id="d">'
    '<message id="m" name="m">{message}</message><error id="er" errorCode="E"/>'
    '<escalation id="es" escalationCode="S"/><signal id="si" name="si"/>'
)
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"


def line(middle: str, **more: str) -> str:
    """start → middle (id t) → end, and what else stands beside."""
    start, process = more.get("start", '<startEvent id="s"/>'), more.get("process", "")
    flow = '<sequenceFlow id="f{}" sourceRef="{}" targetRef="{}"/>'
    flows = flow.format(1, "s", "t") + flow.format(2, "t", "e") + more.get("flows", "")
    end = more.get("end", '<endEvent id="e"/>')
    return (
        f'<process id="p" isExecutable="true" {process}>{start}{middle}{end}{more.get("beside", "")}{flows}</process>'
    )


TASK = '<task id="t"/>'
MANY = '<userTask id="t"><multiInstanceLoopCharacteristics {}>{}</multiInstanceLoopCharacteristics></userTask>'
TOPIC = 'camunda:type="external" camunda:topic="x"'
CATCH = '<intermediateCatchEvent id="{}"><signalEventDefinition signalRef="si"/></intermediateCatchEvent>'
CARDINALITY = '<loopCardinality xsi:type="tFormalExpression">2</loopCardinality>'
DECIDED = 'camunda:decisionRef="d" camunda:resultVariable="r"'
INSIDE = '<startEvent id="s1"/>'
MESSAGE = '<endEvent id="e"><messageEventDefinition messageRef="m" {}/></endEvent>'
CAUGHT = (
    '<boundaryEvent id="b" attachedToRef="t">{}</boundaryEvent><endEvent id="e2"/>'
    '<sequenceFlow id="f9" sourceRef="b" targetRef="e2"/>'
)

MODELS: Mapping[str, str] = {
    "process": line(TASK, process="{}"),
    "startEvent": line(TASK, start='<startEvent id="s" {}/>'),
    "userTask": line('<userTask id="t" {}/>'),
    "serviceTask": line('<serviceTask id="t" {}/>'),
    "sendTask": line('<sendTask id="t" {}/>'),
    "businessRuleTask": line('<businessRuleTask id="t" {}/>'),
    "scriptTask": line('<scriptTask id="t" scriptFormat="python" {}><script>x = 1</script></scriptTask>'),
    "receiveTask": line('<receiveTask id="t" messageRef="m" {}/>'),
    "manualTask": line('<manualTask id="t" {}/>'),
    "task": line('<task id="t" {}/>'),
    "callActivity": line('<callActivity id="t" calledElement="q" {}/>'),
    "subProcess": line('<subProcess id="t" {}>' + INSIDE + "</subProcess>"),
    "transaction": line('<transaction id="t" {}>' + INSIDE + "</transaction>"),
    "adHocSubProcess": line('<adHocSubProcess id="t" {}><task id="i"/></adHocSubProcess>'),
    "exclusiveGateway": line('<exclusiveGateway id="t" {}/>'),
    "parallelGateway": line('<parallelGateway id="t" {}/>'),
    "inclusiveGateway": line('<inclusiveGateway id="t" {}/>'),
    "complexGateway": line('<complexGateway id="t" {}/>'),
    "eventBasedGateway": line(
        '<eventBasedGateway id="t" {}/>',
        end=CATCH.format("e") + CATCH.format("e2"),
        flows='<sequenceFlow id="f3" sourceRef="t" targetRef="e2"/>',
    ),
    "intermediateCatchEvent": line('<intermediateCatchEvent id="t" {}><signalEventDefinition signalRef="si"/></intermediateCatchEvent>'),
    "intermediateThrowEvent": line('<intermediateThrowEvent id="t" {}/>'),
    "endEvent": line(TASK, end='<endEvent id="e" {}/>'),
    "boundaryEvent": line(
        '<userTask id="t"/>',
        beside='<boundaryEvent id="b" attachedToRef="t" {}><errorEventDefinition errorRef="er"/></boundaryEvent>'
        '<endEvent id="e2"/><sequenceFlow id="f9" sourceRef="b" targetRef="e2"/>',
    ),
    "messageEventDefinition": line(TASK, end=MESSAGE),
    "errorEventDefinition": line('<userTask id="t"/>', beside=CAUGHT.format('<errorEventDefinition errorRef="er" {}/>')),
    "escalationEventDefinition": line('<userTask id="t"/>', beside=CAUGHT.format('<escalationEventDefinition escalationRef="es" {}/>')),
    "multiInstanceLoopCharacteristics": line(MANY.format("{}", CARDINALITY)),
}  # fmt: skip
WITH: Mapping[tuple[str, str], str] = {
    ("*", "resultVariable"): 'camunda:expression="${1}"',
    ("businessRuleTask", "resultVariable"): 'camunda:decisionRef="d"',
    ("businessRuleTask", "exclusive"): 'camunda:decisionRef="d"',
    **{
        ("businessRuleTask", name): 'camunda:decisionRef="d"'
        for name in ("async", "asyncBefore", "asyncAfter", "jobPriority")
    },
    ("*", "resultVariableName"): 'camunda:expression="${1}"',
    ("scriptTask", "resultVariable"): "",
    ("*", "decisionRefBinding"): 'camunda:decisionRef="d"',
    ("*", "mapDecisionResult"): DECIDED,
    ("*", "taskPriority"): TOPIC,
    ("*", "type"): 'camunda:topic="x"',
    ("*", "calledElementVersion"): 'camunda:calledElementBinding="version"',
    ("*", "decisionRefVersion"): 'camunda:decisionRef="d" camunda:decisionRefBinding="version"',
    ("*", "decisionRefVersionTag"): 'camunda:decisionRef="d" camunda:decisionRefBinding="versionTag"',
    ("*", "calledElementVersionTag"): 'camunda:calledElementBinding="versionTag"',
    ("*", "formRefBinding"): 'camunda:formRef="f"',
    **{
        ("manualTask", name): 'camunda:formKey="f"'
        for name in ("assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority")
    },
}
"""Other attributes without which one says nothing."""
VALUES: Mapping[str, str] = {
    "asyncBefore": "true", "asyncAfter": "true", "async": "true", "expression": "${1 + 1}",
    "type": "external", "decisionRefBinding": "deployment", "formRefBinding": "deployment",
    "calledElementBinding": "deployment", "calledElementVersion": "3", "decisionRefVersion": "3", "inheritVariables": "true",
    "inheritBusinessKey": "true", "jobPriority": "7", "taskPriority": "7", "priority": "7",
    "mapDecisionResult": "singleEntry", "historyTimeToLive": "P7D", "exclusive": "false",
}  # fmt: skip


def shape(value: Any) -> Any:
    """A compiled thing as plain values: expressions by their text."""
    if is_dataclass(value) and not isinstance(value, type):
        if callable(value):
            return ("expr", getattr(value, "text", ""))
        return {field.name: shape(getattr(value, field.name)) for field in fields(value) if field.name != "line"}
    if isinstance(value, Mapping):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(map(str, value)) if isinstance(value, set | frozenset) else [shape(item) for item in value]
    return ("expr", value.text) if hasattr(value, "text") and callable(value) else value


def read(body: str, camunda: str = CAMUNDA, message: str = "") -> tuple[Any, list[tuple[str, str | None]]]:
    """(the compiled process or None, rules and texts of all faults)."""
    text = HEAD.format(camunda=camunda, message=message) + body + "</definitions>"
    try:
        models = read_bpmn(text, schema_check=False)
    except ModelRefused as refused:
        return None, sorted((fault.rule, fault.text("en")) for fault in refused.faults)
    return shape(models.definition("p")), sorted((fault.rule, fault.text("en")) for fault in models.warnings)


LISTED = [(element, name) for element, names in ATTRIBUTES.items() for name in sorted(names)]


@pytest.mark.parametrize(("element", "name"), LISTED, ids=[f"{element} {name}" for element, name in LISTED])
def test_an_attribute_that_the_table_lists_changes_what_is_compiled_or_is_told(element: str, name: str) -> None:
    given = WITH.get((element, name), WITH.get(("*", name), ""))
    before = read(MODELS[element].replace("{}", given))
    after = read(MODELS[element].replace("{}", f'{given} camunda:{name}="{VALUES.get(name, "v")}"'))
    assert before != after
    assert not any(rule == "ignored-attribute" and f":{name} " in text for rule, text in after[1])


KNOWN: Mapping[str, str] = {
    "process": "isStartableInTasklist jobPriority taskPriority",
    "startEvent": "formRefVersion",
    "userTask": "formRefVersion formHandlerClass skipExpression taskPriority",
    "serviceTask": "skipExpression errorEventDefinition useLocalScopeForResultVariable",
    "sendTask": "resultVariableName",
    "businessRuleTask": "decisionRefTenantId",
    "scriptTask": "autoStoreVariables",
    "callActivity": "calledElementTenantId variableMappingClass variableMappingDelegateExpression caseBinding"
    " fallbackToDefaultTenant",
    "subProcess": "assignee topic",
    "exclusiveGateway": "resultVariable",
    "eventBasedGateway": "asyncAfter",
    "boundaryEvent": "async asyncBefore",
    "messageEventDefinition": "resultVariable taskPriority",
    "errorEventDefinition": "topic",
    "multiInstanceLoopCharacteristics": "jobPriority elementIndexVariable",
}
"""Attributes of the makers' own schemas that mean nothing here."""
UNREAD = [(element, name) for element, names in KNOWN.items() for name in names.split()]


@pytest.mark.parametrize("namespace", CAMUNDA_NAMESPACES)
@pytest.mark.parametrize(("element", "name"), UNREAD, ids=[f"{element} {name}" for element, name in UNREAD])
def test_an_attribute_that_is_not_read_is_a_warning(element: str, name: str, namespace: str) -> None:
    given = WITH.get((element, "resultVariable"), "") if element == "businessRuleTask" else ""
    _, told = read(MODELS[element].replace("{}", f'{given} camunda:{name}="true"'), namespace)
    prefix = CAMUNDA_NAMESPACES[namespace]
    assert [text for rule, text in told if rule == "ignored-attribute" and f"{prefix}:{name} " in text]


def test_what_is_so_anyhow_needs_no_warning() -> None:
    compiled, told = read(MODELS["task"].replace("{}", 'camunda:exclusive="true"'))
    assert compiled is not None and told == []


AT_ONCE = {
    "start of an event sub-process": line(
        TASK,
        beside='<subProcess id="k" triggeredByEvent="true"><startEvent id="s2" camunda:asyncBefore="true">'
        '<signalEventDefinition signalRef="si"/></startEvent></subProcess>',
    ),
    "behind an event gateway": MODELS["eventBasedGateway"]
    .replace("{}", "")
    .replace('<intermediateCatchEvent id="e">', '<intermediateCatchEvent id="e" camunda:asyncBefore="true">'),
}


@pytest.mark.parametrize("model", AT_ONCE.values(), ids=AT_ONCE)
def test_no_job_stands_before_what_happens_by_an_event_and_that_is_told(model: str) -> None:
    compiled, told = read(model)
    assert compiled is not None and [rule for rule, _ in told] == ["ignored-attribute"]


# ── what stands in extension elements ──────────────────────────────────────────────────────────────────────────

EXTENSIONS: Mapping[str, str] = {
    "camunda:property": "task <camunda:properties><camunda:property {}/></camunda:properties>",
    "camunda:inputParameter": "userTask <camunda:inputOutput><camunda:inputParameter {}>1</camunda:inputParameter></camunda:inputOutput>",
    "camunda:outputParameter": "userTask <camunda:inputOutput><camunda:outputParameter {}>1</camunda:outputParameter></camunda:inputOutput>",
    "camunda:in": "callActivity <camunda:in {}/>",
    "camunda:out": "callActivity <camunda:out {}/>",
    "zeebe:property": "task <zeebe:properties><zeebe:property {}/></zeebe:properties>",
    "zeebe:header": "task <zeebe:taskHeaders><zeebe:header {}/></zeebe:taskHeaders>",
    "zeebe:input": "userTask <zeebe:ioMapping><zeebe:input {}/></zeebe:ioMapping>",
    "zeebe:output": "userTask <zeebe:ioMapping><zeebe:output {}/></zeebe:ioMapping>",
    "zeebe:taskDefinition": "serviceTask <zeebe:taskDefinition {}/>",
    "zeebe:assignmentDefinition": "userTask <zeebe:assignmentDefinition {}/>",
    "zeebe:taskSchedule": "userTask <zeebe:taskSchedule {}/>",
    "zeebe:priorityDefinition": "userTask <zeebe:priorityDefinition {}/>",
    "zeebe:formDefinition": "userTask <zeebe:formDefinition {}/>",
    "zeebe:calledElement": "callActivity <zeebe:calledElement {}/>",
    "zeebe:calledDecision": "businessRuleTask <zeebe:calledDecision {}/>",
    "zeebe:script": "scriptTask <zeebe:script {}/>",
}  # fmt: skip
NEEDED: Mapping[str, str] = {
    "camunda:property": "name", "camunda:inputParameter": "name", "camunda:outputParameter": "name",
    "camunda:in": "source target", "camunda:out": "source target", "zeebe:property": "name", "zeebe:header": "key",
    "zeebe:input": "source target", "zeebe:output": "source target", "zeebe:taskDefinition": "type",
    "zeebe:calledElement": "processId", "zeebe:calledDecision": "decisionId resultVariable",
    "zeebe:script": "expression resultVariable",
    "zeebe:formDefinition": "formId",
}  # fmt: skip
GIVEN: Mapping[str, str] = {
    "variables": "all", "source": "=1", "sourceExpression": "${2}", "bindingType": "deployment", "expression": "=2",
    "propagateAllParentVariables": "false", "propagateAllChildVariables": "false", "retries": "3",
}  # fmt: skip
ENTRY_LISTED = [(entry, name) for entry in EXTENSIONS for name in sorted(ENTRIES[entry])]
OTHERWISE = {"externalReference": ["formId"], "formKey": ["formId"], "id": ["name"], "sourceExpression": ["source"]}
"""Attributes that count only where another is not given."""
BESIDE = {"versionTag": 'bindingType="versionTag"'}


def held(entry: str, marks: str) -> tuple[Any, list[tuple[str, str | None]]]:
    kind, _, inside = EXTENSIONS[entry].partition(" ")
    more = 'calledElement="q"' if entry in ("camunda:in", "camunda:out") else ""
    inner = f"<extensionElements>{inside.replace('{}', marks)}</extensionElements>"
    return read(line(f'<{kind} id="t" {more}>{inner}</{kind}>'))


def marks_of(names: list[str], changed: str = "") -> str:
    return " ".join(f'{name}="{GIVEN.get(name, "v") if name != changed else "w"}"' for name in names)


@pytest.mark.parametrize(("entry", "name"), ENTRY_LISTED, ids=[f"{entry} {name}" for entry, name in ENTRY_LISTED])
def test_an_attribute_of_an_extension_element_is_read(entry: str, name: str) -> None:
    base = [one for one in NEEDED.get(entry, "").split() if one != name and one not in OTHERWISE.get(name, ())]
    more = BESIDE.get(name, "")
    before, after = held(entry, f"{marks_of(base)} {more}"), held(entry, f"{marks_of([*base, name])} {more}")
    assert before != after
    assert not [rule for rule, _ in after[1] if rule == "ignored-attribute"]


@pytest.mark.parametrize("entry", EXTENSIONS)
def test_an_attribute_of_an_extension_element_that_is_not_read_is_a_warning(entry: str) -> None:
    _, told = held(entry, marks_of(NEEDED.get(entry, "").split()) + ' local="true"')
    assert ("ignored-attribute", f"{entry} local") in [
        (rule, f"{entry} local" * (f"{entry} local" in str(text))) for rule, text in told
    ]


LISTENING = (
    ("userTask", '<camunda:taskListener event="create" class="a.B"/>'),
    ("task", '<camunda:executionListener event="start" expression="${a}"/>'),
    ("userTask", '<zeebe:taskListeners><zeebe:taskListener eventType="assigning" type="a"/></zeebe:taskListeners>'),
    ("serviceTask", "<zeebe:executionListeners><zeebe:executionListener/></zeebe:executionListeners>"),
)


@pytest.mark.parametrize(("kind", "inside"), LISTENING)
def test_listeners_are_told_by_name_with_what_to_draw_instead(kind: str, inside: str) -> None:
    work = 'camunda:type="external" camunda:topic="x"' if kind == "serviceTask" else ""
    _, told = read(line(f'<{kind} id="t" {work}><extensionElements>{inside}</extensionElements></{kind}>'))
    assert [rule for rule, _ in told] == ["ignored-listener"]
