"""Repetition of an activity: standard loops and multi-instance, of both dialects (BPMN 2.0 §10.3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from engine.process.definition.data import DataNames, loop_ends
from engine.process.definition.dialects import attributes, extension
from engine.process.definition.events import EventPlace, read_definition, read_events
from engine.process.definition.reading import Reading
from engine.process.definition.tasks import is_expression
from engine.process.definition.xml import Element, child, children, content, flag, line_of, reference
from engine.process.expressions import Variable
from engine.process.model import EventDefinition, Expr, Loop

Behavior = Literal["None", "One", "All", "Complex"]
_BEHAVIORS: Final[Mapping[str, Behavior]] = {"None": "None", "One": "One", "All": "All", "Complex": "Complex"}


def read_loop(reading: Reading, element: Element, owner: str, names: DataNames) -> Loop | None:
    """The loop characteristics of an activity, or None."""
    standard = child(element, "standardLoopCharacteristics")
    if standard is not None:
        condition = child(standard, "loopCondition")
        maximum = reading.expression("=" + standard.get("loopMaximum", ""), owner, line_of(standard)) \
            if standard.get("loopMaximum") else None  # fmt: skip
        if condition is None and maximum is None:
            reading.report("loop-endless", owner, line_of(standard))
        return Loop(
            "standard", test_before=flag(standard, "testBefore"), condition=reading.condition(condition, owner),
            maximum=maximum,
        )  # fmt: skip
    several = child(element, "multiInstanceLoopCharacteristics")
    return None if several is None else _multi_instance(reading, element, several, owner, names)


def _multi_instance(
    reading: Reading, activity: Element, element: Element, owner: str, names: DataNames
) -> Loop:
    marks = attributes(element)
    line = line_of(element)
    zeebe = extension(element, "zeebe", "loopCharacteristics")
    cardinality = child(element, "loopCardinality")
    fields: dict[str, Any] = {
        "cardinality": reading.formula(cardinality, owner),
        "completion": reading.condition(child(element, "completionCondition"), owner),
        "behavior": _BEHAVIORS.get(element.get("behavior", "All"), "All"),
        "async_before": marks.get("asyncBefore", marks.get("async")) == "true",
        "async_after": marks.get("asyncAfter") == "true",
        **_standard_collections(reading, activity, element, owner, names),
    }
    if marks.get("collection"):
        fields["collection"] = _collection(reading, marks["collection"], owner, line)
    if marks.get("elementVariable"):
        fields["element_variable"] = marks["elementVariable"]
    if zeebe is not None:
        fields.update(_zeebe_collections(reading, zeebe, owner))
    if fields.get("collection") is None and cardinality is None:
        reading.report("loop-collection-missing", owner, line)
    fields.update(_behaviour_events(reading, element, owner))
    return Loop("sequential" if flag(element, "isSequential") else "parallel", **fields)


def _collection(reading: Reading, text: str, owner: str, line: int) -> Expr | None:
    stripped = text.strip()
    return reading.expression(stripped, owner, line) if is_expression(stripped) else Variable(stripped)


def _standard_collections(
    reading: Reading, activity: Element, element: Element, owner: str, names: DataNames
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    ends = loop_ends(activity)
    fed = child(ends["loopDataInputRef"], "sourceRef") if "loopDataInputRef" in ends else None
    given = child(ends["loopDataOutputRef"], "targetRef") if "loopDataOutputRef" in ends else None
    text = content(fed if fed is not None else child(element, "loopDataInputRef"))
    if is_expression(text):
        found["collection"] = reading.expression(text, owner, line_of(element))
    elif source := names.variable(text):
        found["collection"] = Variable(source)
    item = child(element, "inputDataItem")
    if item is not None:
        found["element_variable"] = item.get("name") or item.get("id")
    target = names.variable(content(given if given is not None else child(element, "loopDataOutputRef")))
    result = child(element, "outputDataItem")
    if target:
        found["output_collection"] = target
    if result is not None:
        found["output_element"] = Variable(result.get("name") or result.get("id") or "")
    return found


def _zeebe_collections(reading: Reading, entry: Element, owner: str) -> dict[str, Any]:
    line = line_of(entry)
    found: dict[str, Any] = {}
    if bool(entry.get("outputCollection")) != bool(entry.get("outputElement")) and not reading.checked:
        reading.report("loop-output", owner, line, name=owner)
    if entry.get("inputCollection"):
        found["collection"] = _collection(reading, entry.get("inputCollection") or "", owner, line)
    if entry.get("inputElement"):
        found["element_variable"] = entry.get("inputElement")
    if entry.get("outputCollection"):
        found["output_collection"] = entry.get("outputCollection")
    if entry.get("outputElement"):
        found["output_element"] = reading.expression(entry.get("outputElement"), owner, line)
    return found


def _behaviour_events(reading: Reading, element: Element, owner: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    place = EventPlace(element, owner, throws=True)
    for attribute, field in (("noneBehaviorEventRef", "none"), ("oneBehaviorEventRef", "one")):
        key = reference(element.get(attribute))
        if key is None:
            continue
        root = reading.roots.get(key)
        thrown = read_definition(reading, root.element, place) if root else None
        if thrown is None:
            reading.report(
                "reference-dangling",
                owner,
                line_of(element),
                ref=key,
                kind="event definition",
                kind_zh="事件定义",
            )
            continue
        found[f"{field}_event"] = key
        found[f"{field}_throws"] = thrown
    ids: list[tuple[Expr, str]] = []
    throws: list[tuple[Expr, EventDefinition]] = []
    for entry in children(element, "complexBehaviorDefinition"):
        condition = reading.condition(child(entry, "condition"), owner)
        event = child(entry, "event")
        if condition is None or event is None:
            continue
        for thrown in read_events(reading, EventPlace(event, owner, throws=True)):
            ids.append((condition, event.get("id") or thrown.kind))
            throws.append((condition, thrown))
    return {**found, "complex_events": tuple(ids), "complex_throws": tuple(throws)}
