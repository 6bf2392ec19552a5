"""Event definitions: what an event reacts to or throws (BPMN 2.0 §10.5.5). Law: names are resolved here, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Final, Literal

from engine.process.definition.dialects import attributes, extension, properties
from engine.process.definition.mappings import (
    Params,
    correlation_of,
    read_call_mappings,
    read_mappings,
    subscription_key,
)
from engine.process.definition.reading import Named, Reading
from engine.process.definition.xml import Element, child, children, content, flag, line_of, local, reference
from engine.process.expressions import Literal as LiteralText
from engine.process.juel import is_juel
from engine.process.model import EventDefinition, Expr, Param
from engine.process.rules.constants import SHAPES
from engine.process.timing import read_cycle, read_moment, read_period


@dataclass(frozen=True, slots=True)
class EventPlace:
    """The event (or task) that holds the definition."""

    element: Element
    id: str
    throws: bool
    inputs: Params = ()
    outputs: Params = ()
    properties: Mapping[str, str] | None = None


def event_place(reading: Reading, element: Element, key: str, throws: bool) -> EventPlace:
    """The event with its mappings and properties."""
    inputs, outputs = read_mappings(reading, element, key)
    return EventPlace(element, key, throws, inputs, outputs, properties(element))


def read_events(reading: Reading, place: EventPlace) -> tuple[EventDefinition, ...]:
    """All definitions of an event, those it holds and those it refers to, in order."""
    holders = [entry for entry in place.element if local(entry) in _READERS]
    for entry in children(place.element, "eventDefinitionRef"):
        key = reference(entry.text)
        found = reading.roots.get(key or "")
        if found is None or found.kind not in _READERS:
            reading.report(
                "reference-dangling",
                place.id,
                line_of(entry),
                ref=key,
                kind="event definition",
                kind_zh="事件定义",
            )
        else:
            holders.append(found.element)
    return tuple(_READERS[local(holder)](reading, holder, place) for holder in holders)


def read_definition(reading: Reading, holder: Element, place: EventPlace) -> EventDefinition | None:
    """One event definition element; None for what is none."""
    reader = _READERS.get(local(holder))
    return reader(reading, holder, place) if reader else None


def message_event(
    reading: Reading, ref: str | None, place: EventPlace, *, topic: str | None = None, line: int | None = None
) -> EventDefinition | None:
    """The message behind a reference, with correlation keys and mappings of the element that names it."""
    at = line_of(place.element) if line is None else line
    message = reading.named(ref, "message", place.id, at)
    if message is None:
        return None
    correlation = correlation_of(reading, place.element, place.id, dict(place.properties or {}))
    if not correlation:
        correlation = subscription_key(reading, message.element, place.id) or _standard_keys(reading, message, place)
    name, name_expr = _spoken_name(reading, message, place)
    return EventDefinition(
        "message", ref=name, ref_expr=name_expr, correlation=correlation, topic=topic,
        inputs=place.inputs if place.throws else (), outputs=() if place.throws else place.outputs,
    )  # fmt: skip


def _spoken_name(reading: Reading, root: Named, place: EventPlace) -> tuple[str | None, Expr | None]:
    if not root.name:
        reading.report("name-missing", root.id, root.line, kind=root.kind)
        return root.id, None
    if root.name.startswith("=") or is_juel(root.name):
        return None, reading.expression(root.name, place.id, root.line)
    return root.name, None


def _standard_keys(reading: Reading, message: Named, place: EventPlace) -> Params:
    """Keys by BPMN's own correlation properties (§8.4.2): the path into the message for throwers; for catchers what
    the process subscribes with, or else the same path over its own data."""
    keys: list[Param] = []
    for key, path in reading.correlation.get(message.id, {}).items():
        text = path if place.throws else reading.subscribed.get(key, path)
        value = reading.expression(text, place.id, message.line, sort="formula")
        if value is not None:
            keys.append(Param(key, value))
    return tuple(keys)


def _message(reading: Reading, holder: Element, place: EventPlace) -> EventDefinition:
    marks = attributes(holder)
    topic = marks.get("topic")
    for mark in ("class", "delegateExpression", "expression"):
        if mark in marks:
            reading.report("implementation-code", place.id, line_of(holder), name=mark, value=marks[mark])
    worker = extension(place.element, "zeebe", "taskDefinition")
    if worker is not None and place.throws:
        topic = worker.get("type")
    found = message_event(reading, holder.get("messageRef"), place, topic=topic, line=line_of(holder))
    ref = reference(holder.get("messageRef"))
    return found or EventDefinition("message", ref=ref, topic=topic, inputs=place.inputs if place.throws else ())


def _signal(reading: Reading, holder: Element, place: EventPlace) -> EventDefinition:
    signal = reading.named(holder.get("signalRef"), "signal", place.id, line_of(holder))
    inputs, _, _, _, _ = read_call_mappings(reading, holder, place.id)
    sent = (*inputs, *place.inputs) if place.throws else ()
    caught = () if place.throws else place.outputs
    if signal is None:
        ref = reference(holder.get("signalRef"))
        return EventDefinition("signal", ref=ref, inputs=sent, outputs=caught)
    name, name_expr = _spoken_name(reading, signal, place)
    return EventDefinition("signal", ref=name, ref_expr=name_expr, inputs=sent, outputs=caught)


def _coded(
    kind: Literal["error", "escalation"], attribute: str
) -> Callable[[Reading, Element, EventPlace], EventDefinition]:
    def read(reading: Reading, holder: Element, place: EventPlace) -> EventDefinition:
        """Without a code a catching event catches every one; a throwing one is refused later (BPMN 2.0, §10.5.6)."""
        marks = attributes(holder)
        root = reading.named(holder.get(f"{kind}Ref"), kind, place.id, line_of(holder))
        code = reference(holder.get(f"{kind}Ref"))
        code_expr: Expr | None = None
        if root is not None:
            code = (root.element.get(attribute) or "").strip() or None
            if code is not None and (code.startswith("=") or is_juel(code)):
                code, code_expr = None, reading.expression(code, place.id, root.line)
        return EventDefinition(
            kind, ref=code, ref_expr=code_expr, inputs=place.inputs if place.throws else (),
            outputs=() if place.throws else place.outputs, code_variable=marks.get(f"{kind}CodeVariable"),
            message_variable=marks.get("errorMessageVariable"),
        )  # fmt: skip

    return read


def _timer(reading: Reading, holder: Element, place: EventPlace) -> EventDefinition:
    for tag, kind in _TIMER_KINDS.items():
        entry = child(holder, tag)
        if entry is None:
            continue
        text = content(entry)
        if not text:
            break
        expr = reading.value(entry, place.id)
        if isinstance(expr, LiteralText) and not _readable(kind, text):
            shape, shape_zh = SHAPES[kind]
            reading.report(
                "timer-unreadable",
                place.id,
                line_of(entry),
                text=text,
                tag=tag,
                shape=shape,
                shape_zh=shape_zh,
            )
        return EventDefinition("timer", timer=kind, expr=expr, outputs=place.outputs)
    reading.report("timer-empty", place.id, line_of(holder))
    return EventDefinition("timer", timer="duration")


_TIMER_KINDS: Final[Mapping[str, Literal["date", "duration", "cycle"]]] = {
    "timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle",
}  # fmt: skip


def _readable(kind: str, text: str) -> bool:
    """Whether the kernel can read a fixed timer text."""
    try:
        if kind == "date":
            read_moment(text, UTC)
        elif kind == "duration":
            read_period(text)
        else:
            read_cycle(text, UTC)
    except (ValueError, KeyError, OverflowError):
        return False
    return True


def _conditional(reading: Reading, holder: Element, place: EventPlace) -> EventDefinition:
    entry = child(holder, "condition")
    if entry is None:
        reading.report("condition-missing", place.id, line_of(holder))
    return EventDefinition("conditional", expr=reading.condition(entry, place.id))


def _link(reading: Reading, holder: Element, place: EventPlace) -> EventDefinition:
    name = (holder.get("name") or "").strip()
    if not name:
        reading.report("link-nameless", place.id, line_of(holder))
    return EventDefinition("link", ref=name or None)


def _compensation(reading: Reading, holder: Element, place: EventPlace) -> EventDefinition:
    return EventDefinition(
        "compensation", ref=reference(holder.get("activityRef")),
        wait_for_completion=flag(holder, "waitForCompletion", True), inputs=place.inputs,
    )  # fmt: skip


_READERS: Final[Mapping[str, Callable[[Reading, Element, EventPlace], EventDefinition]]] = {
    "messageEventDefinition": _message,
    "timerEventDefinition": _timer,
    "signalEventDefinition": _signal,
    "errorEventDefinition": _coded("error", "errorCode"),
    "escalationEventDefinition": _coded("escalation", "escalationCode"),
    "conditionalEventDefinition": _conditional,
    "linkEventDefinition": _link,
    "compensateEventDefinition": _compensation,
    "cancelEventDefinition": lambda reading, holder, place: EventDefinition("cancel"),
    "terminateEventDefinition": lambda reading, holder, place: EventDefinition("terminate"),
}
