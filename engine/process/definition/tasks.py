"""What each kind of activity does: work, people, calls. Law: one task, one thing; foreign code is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from engine.errors import ModelError
from engine.process.definition.dialects import attributes, extension
from engine.process.definition.events import event_place, message_event
from engine.process.definition.mappings import read_call_mappings
from engine.process.definition.people import read_user
from engine.process.definition.reading import Named, Reading
from engine.process.definition.scripts import python_script
from engine.process.definition.xml import Element, child, content, line_of, local, reference
from engine.process.expressions import compile_expression
from engine.process.juel import is_juel
from engine.process.model import CallSpec, EventDefinition, Expr, Node, Param, WorkSpec
from engine.process.plain import compile_plain_script

_PYTHON: Final = frozenset({"", "python", "python3", "py", "text/x-python", "application/x-python"})
_OPAQUE: Final = ("class", "delegateExpression")


_DECISION: Final = ("the decision", "决策")
_CALL: Final = ("the called element", "被调用元素")


def is_expression(text: str) -> bool:
    """Whether the text is FEEL (`=`) or holds JUEL."""
    return text.startswith("=") or is_juel(text)


def read_service(reading: Reading, element: Element, key: str) -> dict[str, Any]:
    """A service task."""
    return {"work": _work(reading, element, key, attributes(element))}


def read_send(reading: Reading, element: Element, key: str) -> dict[str, Any]:
    """A send task: a topic makes it a service task, a message is thrown by the engine."""
    marks = attributes(element)
    work = _work(reading, element, key, marks, required=False)
    if work.topic or work.expression:
        return {"work": work}
    if element.get("messageRef"):
        place = event_place(reading, element, key, throws=True)
        return {"work": WorkSpec(message=message_event(reading, element.get("messageRef"), place))}
    if any(mark in marks for mark in (*_OPAQUE, "type")):
        return {"work": work}
    if reading.sketch:
        return {"work": _unnamed(reading, element, key, work)}
    reading.report("send-nothing", key, line_of(element))
    return {"work": work}


def read_receive(reading: Reading, element: Element, key: str) -> dict[str, Any]:
    """A receive task; its message may be missing only where somebody completes it by hand."""
    place = event_place(reading, element, key, throws=False)
    message = message_event(reading, element.get("messageRef"), place)
    if message is None and element.get("messageRef"):
        message = EventDefinition("message", ref=reference(element.get("messageRef")))
    elif message is None and reading.sketch:
        reading.report("work-by-hand", key, line_of(element), type=local(element))
        message = EventDefinition("message", ref=key, outputs=place.outputs)
    return {"message": message, "instantiate": element.get("instantiate") in ("true", "1")}


def _work(reading: Reading, element: Element, key: str, marks: dict[str, str], *, required: bool = True) -> WorkSpec:
    line = line_of(element)
    result = marks.get("resultVariable") or marks.get("resultVariableName")
    retries = retry_cycle(element)
    definition = extension(element, "zeebe", "taskDefinition")
    external = marks.get("type") == "external"
    topic = marks.get("topic")
    if definition is not None:
        topic, external = definition.get("type"), True
        retries = retries or definition.get("retries")
    if topic is None and not (set(marks) & {"expression", *_OPAQUE}):
        topic = _standard_topic(reading, element, key)
    both = next((mark for mark in _OPAQUE if mark in marks), None) if topic or "expression" in marks else None
    if both is not None and not reading.checked:
        reading.report("implementation-code", key, line, name=both, value=marks[both])
    if topic is not None and is_expression(topic.strip()):
        reading.report("topic-computed", key, line, topic=topic)
    elif topic is not None and topic.strip():
        return WorkSpec(topic=topic.strip(), external=external, result_variable=result, retries=retries)
    if "expression" in marks:
        expression = reading.expression(marks["expression"], key, line)
        return WorkSpec(expression=expression, result_variable=result, retries=retries)
    code = next((mark for mark in _OPAQUE if mark in marks), None)
    if code:
        reading.report("implementation-code", key, line, name=code, value=marks[code])
    elif "type" in marks and not external:
        reading.report("implementation-type", key, line, type=marks["type"])
    elif external and definition is None:
        reading.report("work-missing", key, line, type=local(element))
    elif required and not topic:
        return _unnamed(reading, element, key, WorkSpec(result_variable=result, retries=retries))
    return WorkSpec(result_variable=result, retries=retries)


def _unnamed(reading: Reading, element: Element, key: str, work: WorkSpec) -> WorkSpec:
    """Work that the model leaves open: refused, but in a sketch (no handlers known) it waits under the task's id."""
    if not reading.sketch or local(element) == "businessRuleTask":
        reading.report("work-missing", key, line_of(element), type=local(element))
        return work
    reading.report("work-by-hand", key, line_of(element), type=local(element))
    return replace(work, topic=key, external=True)


def _standard_topic(reading: Reading, element: Element, key: str) -> str | None:
    """BPMN's own ways to name an implementation: an operation, or a plain name in `implementation`."""
    operation = reading.named(element.get("operationRef"), "operation", key, line_of(element))
    if operation is not None:
        return reference(operation.element.get("implementationRef")) or operation.name or operation.id
    named = (element.get("implementation") or "").strip()
    return named if re.fullmatch(r"[^\W\d][\w.\-]*", named) else None


def retry_cycle(element: Element) -> str | None:
    """`camunda:failedJobRetryTimeCycle`, as written."""
    entry = extension(element, "camunda", "failedJobRetryTimeCycle")
    return content(entry) or None


def read_business_rule(reading: Reading, element: Element, key: str) -> dict[str, Any]:
    """A business rule task: a decision of either dialect, else work as in a service task."""
    marks = attributes(element)
    line = line_of(element)
    called = extension(element, "zeebe", "calledDecision")
    if called is not None:
        name = called.get("decisionId") or ""
        binding = reading.binding(called.get("bindingType"), None, called.get("versionTag"), key, line, *_DECISION)
        result, mapping = called.get("resultVariable"), "feel"
    elif marks.get("decisionRef") is not None:
        name = marks["decisionRef"]
        version, tag = marks.get("decisionRefVersion"), marks.get("decisionRefVersionTag")
        binding = reading.binding(marks.get("decisionRefBinding"), version, tag, key, line, *_DECISION)
        result, mapping = marks.get("resultVariable"), marks.get("mapDecisionResult", "resultList")
    else:
        return {"work": _work(reading, element, key, marks)}
    if mapping not in _MAP_RESULTS:
        reading.report("decision-mapping", key, line, value=mapping)
    work = decision_work(reading, name.strip(), key, line)
    mapped = _MAP_RESULTS.get(mapping, "resultList")
    retries = retry_cycle(element)
    return {"work": replace(work, binding=binding, result_variable=result, map_result=mapped, retries=retries)}


MapResult = Literal["singleEntry", "singleResult", "collectEntries", "resultList", "feel"]
_MAP_RESULTS: Final[Mapping[str, MapResult]] = {
    "singleEntry": "singleEntry",
    "singleResult": "singleResult",
    "collectEntries": "collectEntries",
    "resultList": "resultList",
    "feel": "feel",
}


def decision_work(reading: Reading, name: str, key: str, line: int) -> WorkSpec:
    """The decision by its id, or by an expression that gives the id."""
    if not name:
        reading.report("work-missing", key, line, type="businessRuleTask")
        return WorkSpec()
    if is_expression(name):
        return WorkSpec(decision_expr=reading.expression(name, key, line))
    return WorkSpec(decision=name)


def read_script(reading: Reading, element: Element, key: str) -> dict[str, Any]:
    """A script task: FEEL and plain assignments compile, other Python goes to the sandbox, the rest is refused."""
    marks = attributes(element)
    line = line_of(element)
    scripted = extension(element, "zeebe", "script")
    if scripted is not None:
        value = reading.expression("=" + (scripted.get("expression") or "null").strip().lstrip("="), key, line)
        return {"work": _computed(reading, value, scripted.get("resultVariable"), key, line)}
    if extension(element, "zeebe", "taskDefinition") is not None or marks.get("topic"):
        return {"work": _work(reading, element, key, marks)}
    if marks.get("resource"):
        reading.report("script-resource", key, line, resource=marks["resource"])
        return {"work": WorkSpec()}
    script = child(element, "script")
    text = content(script)
    if not text:
        reading.report("script-missing", key, line)
        return {"work": WorkSpec()}
    return {
        "work": script_work(
            reading, text, element.get("scriptFormat"), marks.get("resultVariable"), key,
            line_of(script) if script is not None else line, retry_cycle(element),
        )
    }  # fmt: skip


def script_work(
    reading: Reading,
    text: str,
    language: str | None,
    result: str | None,
    key: str,
    line: int,
    retries: str | None,
) -> WorkSpec:
    """The work of a script text in its language."""
    form = (language or "").strip().lower()
    if "feel" in form or (not form and text.startswith("=")):
        value = reading.expression(text, key, line, language="feel")
        return _computed(reading, value, result, key, line)
    if form in ("juel", "el", "uel"):
        return _computed(reading, reading.expression(text, key, line, language="juel"), result, key, line)
    if form not in _PYTHON:
        reading.report("script-language", key, line, language=language)
        return WorkSpec()
    try:
        compiled = compile_plain_script(text, result)
    except ModelError as error:
        reading.report("script-unreadable", key, line, reason=error.text("en"), reason_zh=error.text("zh"))
        return WorkSpec()
    if compiled is None:
        python_script(reading, key, text, line)
    return WorkSpec(
        script=text, script_format="python", compiled_script=compiled, result_variable=result, retries=retries
    )


def _computed(reading: Reading, value: Expr | None, result: str | None, key: str, line: int) -> WorkSpec:
    if not result:
        reading.report("script-result", key, line)
        return WorkSpec(script=value.text if value else "", script_format="feel", compiled_script=())
    params = () if value is None else (Param(result, value),)
    text = value.text if value else ""
    return WorkSpec(script=text, script_format="feel", compiled_script=params, result_variable=result)


# ── call activities ─────────────────────────────────────────────────────────────────────────────────────────────


def read_call(reading: Reading, element: Element, key: str) -> dict[str, Any]:
    """A call activity: what it calls, in which version, and what goes in and out."""
    marks = attributes(element)
    line = line_of(element)
    inputs, outputs, all_in, all_out, business_key = read_call_mappings(reading, element, key)
    target = (element.get("calledElement") or "").strip()
    version, tag = marks.get("calledElementVersion"), marks.get("calledElementVersionTag")
    binding = reading.binding(marks.get("calledElementBinding"), version, tag, key, line, *_CALL)
    if marks.get("inheritVariables") == "true":
        all_in = True
    if marks.get("inheritBusinessKey") == "true":
        business_key = compile_expression("${execution.businessKey}")
    elif business_key is None and marks.get("businessKey"):
        business_key = reading.expression(marks["businessKey"], key, line)
    zeebe = extension(element, "zeebe", "calledElement")
    if zeebe is not None:
        target = (zeebe.get("processId") or "").strip()
        binding = reading.binding(zeebe.get("bindingType"), None, zeebe.get("versionTag"), key, line, *_CALL)
        all_in = zeebe.get("propagateAllParentVariables", "true") == "true"
        all_out = zeebe.get("propagateAllChildVariables", "true") == "true"
    if "caseRef" in marks:
        reading.report("call-case", key, line)
    elif not target:
        reading.report("call-target-missing", key, line)
    call = CallSpec(
        binding=binding,
        business_key=business_key,
        inputs=inputs,
        outputs=outputs,
        all_in=all_in,
        all_out=all_out,
    )
    return {"call": _targeted(reading, call, target, key, line)}


def _targeted(reading: Reading, call: CallSpec, target: str, key: str, line: int) -> CallSpec:
    if not target:
        return call
    if is_expression(target):
        return replace(call, called_expr=reading.expression(target, key, line))
    called = reference(target)
    root = reading.roots.get(called or "")
    if root is not None and root.kind.startswith("global"):
        return replace(call, called=called, target_kind="global", global_task=_global_task(reading, root))
    if called in reading.decisions:
        return replace(call, called=called, target_kind="decision")
    return replace(call, called=called)


def _global_task(reading: Reading, root: Named) -> Node:
    """A global task as the node it stands for."""
    kind = _GLOBAL_KINDS.get(root.kind, "task")
    fields: dict[str, Any] = {}
    if kind == "userTask":
        fields = read_user(reading, root.element, root.id)
    elif kind == "businessRuleTask":
        fields = read_business_rule(reading, root.element, root.id)
    elif kind == "scriptTask":
        text = content(child(root.element, "script"))
        if not text:
            reading.report("script-missing", root.id, root.line)
        else:
            language = root.element.get("scriptLanguage")
            fields = {"work": script_work(reading, text, language, None, root.id, root.line, None)}
    return Node(root.id, kind, "", name=root.name, line=root.line, **fields)


_GLOBAL_KINDS: Final = {
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
    "globalTask": "task",
}
