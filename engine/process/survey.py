"""What a Camunda 7 model asks of code outside it: Java classes, beans, scripts, connectors, pages. Law: reads XML only.

The check at deployment says what is refused, element by element; this says it by the code that is meant, so that
whoever moves a house of models sees what has to be written once for many of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from engine.process.definition.dialects import CAMUNDA_NAMESPACES
from engine.process.definition.xml import Element, is_bpmn, line_of, local

Kind = Literal["class", "delegateExpression", "bean", "listener", "script", "connector", "mail", "form", "topic"]
PYTHON: Final = frozenset({"python", "python3", "py", "feel", "juel", "el", "uel"})
_CALL: Final = re.compile(r"[$#]\{[^}]*?\b([A-Za-z_]\w*)\.([A-Za-z_]\w*)\s*\(")
_OWN: Final = frozenset({"execution", "task", "dateTime"})
_PAGES: Final = ("embedded:", "app:")


@dataclass(frozen=True, slots=True)
class Need:
    """One place that asks for code. `what`: the class, bean, language, connector or page; `topic`: for work programs
    fetch, the topic; for the rest one that a handler could have."""

    kind: Kind
    what: str
    file: str
    element: str
    name: str
    line: int
    topic: str


def needs(root: Element, file: str) -> list[Need]:
    """Every place of a file (as `engine.process.definition.xml.parse` reads it) that asks for code, in its order."""
    return [need for element in root.iter() if is_bpmn(element) for need in _of(element, file)]


def _of(element: Element, file: str) -> Iterator[Need]:
    for kind, what in _asked(element):
        owner = _owner(element)
        topic = what if kind == "topic" else topic_for(what)
        yield Need(kind, what, file, owner.get("id") or "", owner.get("name") or "", line_of(element), topic)


def _asked(element: Element) -> Iterator[tuple[Kind, str]]:
    marks = {_plain(str(name)): str(value) for name, value in element.attrib.items() if _is_camunda(str(name))}
    if "class" in marks:
        yield "class", marks["class"]
    if "delegateExpression" in marks:
        yield "delegateExpression", marks["delegateExpression"]
    if marks.get("type") == "external" and marks.get("topic"):
        yield "topic", marks["topic"]
    elif marks.get("type") in ("mail", "shell"):
        yield "mail" if marks["type"] == "mail" else "connector", marks["type"]
    if marks.get("formKey", "").startswith(_PAGES):
        yield "form", marks["formKey"]
    language = (element.get("scriptFormat") or "").lower()
    if local(element) == "scriptTask" and language and language not in PYTHON:
        yield "script", language
    texts = [str(value) for value in element.attrib.values()] + [element.text or ""]
    yield from _beans(texts)
    yield from _inside(element)


def _inside(element: Element) -> Iterator[tuple[Kind, str]]:
    """What stands in the extension elements right below an element."""
    for entry in element.iterchildren():
        if local(entry) != "extensionElements":
            continue
        for one in entry.iter():
            if not isinstance(one.tag, str) or not _is_camunda(one.tag):
                continue
            if local(one) in ("executionListener", "taskListener"):
                yield from _listener(one)
            elif local(one) == "connectorId":
                yield "connector", (one.text or "").strip()
            elif local(one) in ("inputParameter", "outputParameter", "script"):
                language = (one.get("scriptFormat") or "").lower()
                if language and language not in PYTHON and not _in_listener(one):
                    yield "script", language
                yield from _beans([one.text or ""])


_LISTENERS: Final = ("executionListener", "taskListener")


def _in_listener(entry: Element) -> bool:
    above = entry.getparent()
    return above is not None and local(above) in _LISTENERS


def _listener(entry: Element) -> Iterator[tuple[Kind, str]]:
    for mark in ("class", "delegateExpression"):
        if entry.get(mark):
            yield "listener", str(entry.get(mark))
    for script in entry.iterchildren():
        language = (script.get("scriptFormat") or "").lower()
        if language and language not in PYTHON:
            yield "script", language
    yield from _beans([entry.get("expression") or ""])


def _beans(texts: list[str]) -> Iterator[tuple[Kind, str]]:
    for text in texts:
        for bean, method in _CALL.findall(text):
            if bean not in _OWN:
                yield "bean", f"{bean}.{method}()"


def _owner(element: Element) -> Element:
    """The nearest element around, or itself, that a person finds in the diagram."""
    found: Element | None = element
    while found is not None and not found.get("id"):
        found = found.getparent()
    return element if found is None else found


def _is_camunda(name: str) -> bool:
    return name.startswith("{") and name[1:].partition("}")[0] in CAMUNDA_NAMESPACES


def _plain(name: str) -> str:
    return name.rpartition("}")[2]


def topic_for(what: str) -> str:
    """A topic for what a class or bean does: `com.acme.SendInvoiceDelegate` becomes `send.invoice`."""
    word = re.sub(r"[${}#()\s]", "", what)
    if "." in word and not what.endswith("()"):
        word = word.rpartition(".")[2]
    word = re.sub(r"(Java)?(Delegate|Listener|Task|Service|Bean|Impl)+$", "", word) or word
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+", word.replace(".", " "))
    return ".".join(part.lower() for part in parts) or word.lower()
