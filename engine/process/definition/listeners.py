"""Listeners of both dialects: what runs at the border of an element. Law: run exactly, or refused with the way out.

`zeebe:` listeners are jobs that their element waits for. Of `camunda:` listeners those run that set variables: a single
`${execution.setVariable("x", …)}` and scripts. Code of another engine, and moments that are not offered, are refused;
in a sketch (no handlers known) they are told and left out, as they stand beside the flow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from engine.errors import ModelError
from engine.process.definition.dialects import extensions
from engine.process.definition.reading import Reading
from engine.process.definition.scripts import python_script
from engine.process.definition.xml import Element, content, line_of, local
from engine.process.model import Listener, Param
from engine.process.plain import compile_plain_script

Moment = Literal["start", "create", "complete", "end", "take"]
MOMENTS: Final[Mapping[tuple[str, str], Mapping[str, Moment]]] = {
    ("camunda", "executionListener"): {"start": "start", "end": "end", "take": "take"},
    ("camunda", "taskListener"): {"create": "create", "complete": "complete"},
    ("zeebe", "executionListener"): {"start": "start", "end": "end"},
    ("zeebe", "taskListener"): {"creating": "create", "create": "create", "completing": "complete",
                                "complete": "complete"},
}  # fmt: skip
"""Dialect and kind -> its events that run, with the moment each means."""
_CODE: Final = ("class", "delegateExpression")
_SETS: Final = re.compile(
    r"""[$#]\{\s*(?:execution|task|delegateTask)\.setVariable\(\s*(["'])([^"'\\]+)\1\s*,(.*)\)\s*\}""", re.DOTALL
)
"""The one effect that an expression can have here."""


def read_listeners(reading: Reading, element: Element, owner: str) -> tuple[Listener, ...]:
    """The listeners of an element that run, in the file's order; what cannot run is noted."""
    found = (_listener(reading, element, owner, *entry) for entry in _entries(element))
    return tuple(one for one in found if one is not None)


def _entries(element: Element) -> Iterator[tuple[str, Element]]:
    for dialect, name, entry in extensions(element):
        if dialect == "camunda" and name in ("executionListener", "taskListener"):
            yield dialect, entry
        elif dialect == "zeebe" and name in ("executionListeners", "taskListeners"):
            yield from (("zeebe", one) for one in entry if isinstance(one.tag, str))


def _listener(reading: Reading, element: Element, owner: str, dialect: str, entry: Element) -> Listener | None:
    kind = local(entry)
    event = (entry.get("event" if dialect == "camunda" else "eventType") or "").strip()
    if element.tag.endswith("}sequenceFlow") and dialect == "camunda" and not event:
        event = "take"
    moment = MOMENTS.get((dialect, kind), {}).get(event)
    whole = local(element) == "process"
    if whole and kind == "taskListener":
        moment = None
    if moment is None or (moment == "take") != (local(element) == "sequenceFlow"):
        events = ", ".join(MOMENTS.get((dialect, kind), {}))
        _left_out(reading, "listener-event", owner, entry, event=event or "?", events=events)
        return None
    if moment == "end" and local(element) == "eventBasedGateway":
        _left_out(reading, "listener-event", owner, entry, event=event, events="start")
        return None
    if dialect == "zeebe":
        topic = (entry.get("type") or "").strip()
        if not topic or topic.startswith("="):
            _left_out(reading, "listener-topic", owner, entry, event=event, topic=topic)
            return None
        return Listener(moment, topic=topic, retries=entry.get("retries"))
    found = _camunda(reading, owner, entry, moment, event)
    if whole and moment == "end" and found is not None and found.script is not None:
        _left_out(reading, "listener-effect", owner, entry, event=event, text=found.script)
        return None
    return found


def _camunda(reading: Reading, owner: str, entry: Element, moment: Moment, event: str) -> Listener | None:
    code = next((mark for mark in _CODE if entry.get(mark)), None)
    if code is not None:
        _left_out(reading, "listener-code", owner, entry, event=event, kind=code, value=entry.get(code))
        return None
    expression = (entry.get("expression") or "").strip()
    if expression:
        return _assigning(reading, owner, entry, moment, event, expression)
    script = next((one for one in entry if isinstance(one.tag, str) and local(one) == "script"), None)
    text = content(script)
    if script is None or not text:
        _left_out(reading, "listener-effect", owner, entry, event=event, text=text)
        return None
    language = (script.get("scriptFormat") or "").strip().lower()
    if language in ("juel", "el", "uel"):
        return _assigning(reading, owner, entry, moment, event, text)
    if language not in ("python", "python3", "py"):
        _left_out(reading, "listener-language", owner, entry, event=event, language=language or "?")
        return None
    return _scripted(reading, owner, script, moment, event, text)


def _assigning(reading: Reading, owner: str, entry: Element, moment: Moment, event: str, text: str) -> Listener | None:
    sets = _SETS.fullmatch(text)
    if sets is None:
        _left_out(reading, "listener-effect", owner, entry, event=event, text=text)
        return None
    value = reading.expression("${" + sets[3] + "}", owner, line_of(entry))
    return Listener(moment, assigns=(Param(sets[2], value),) if value is not None else ())


def _scripted(reading: Reading, owner: str, script: Element, moment: Moment, event: str, text: str) -> Listener | None:
    try:
        compiled = compile_plain_script(text)
    except ModelError as error:
        reading.report("script-unreadable", owner, line_of(script), reason=error.text("en"), reason_zh=error.text("zh"))
        return None
    if compiled is not None:
        return Listener(moment, assigns=compiled)
    if moment == "take":
        _left_out(reading, "listener-effect", owner, script, event=event, text=text)
        return None
    python_script(reading, owner, text, line_of(script))
    return Listener(moment, script=text)


def _left_out(reading: Reading, rule: str, owner: str, entry: Element, **facts: object) -> None:
    """Refuse it; in a sketch, and where the file has passed before, it is a warning."""
    if reading.sketch or reading.checked:
        name = f"{entry.prefix or 'camunda'}:{local(entry)}"
        reading.report("ignored-listener", owner, line_of(entry), name=name)
    else:
        reading.report(rule, owner, line_of(entry), **facts)
