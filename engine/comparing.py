"""Two versions of a package in words: what was added, removed, changed, or merely moved. Law: texts in, values out;
what means the same is no difference, whatever order it is written in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lxml import etree

How = Literal["added", "removed", "changed", "moved"]
XML = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
CELLS = frozenset({"inputEntry", "outputEntry", "annotationEntry"})
"""What a row of a table is made of."""
WAYS = frozenset({"incoming", "outgoing", "flowNodeRef"})
"""What repeats what sequence flows and lanes say."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `kind`: the element's, `rule`, `field`, `text`; `what` is the property, empty for the whole."""

    how: How
    kind: str
    id: str
    name: str
    what: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """The differences of one file; none where only its writing differs. `names`: what things of either version are
    called, by id; `ends`: from where to where the flows of either version lead, by id."""

    name: str
    how: How
    changes: tuple[Change, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with an id that can differ: its kind, its name, and all that is said of it."""

    kind: str
    name: str
    says: Mapping[str, str]


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> list[FileChange]:
    """The files that differ, by name, with what differs in each."""
    found = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        how: How = "added" if before is None else "removed" if after is None else "changed"
        found.append(_within(FileChange(name, how), before or "", after or ""))
    return found


def _within(file: FileChange, before: str, after: str) -> FileChange:
    read = _reader(file.name)
    if read is None:
        return file
    try:
        old, new = read(before), read(after)
    except (etree.XMLSyntaxError, ValueError, TypeError, AttributeError):
        return file
    both = {**old, **new}
    names = {id: thing.name for id, thing in both.items() if thing.name}
    ends = {
        id: (thing.says["sourceRef"], thing.says["targetRef"])
        for id, thing in both.items()
        if {"sourceRef", "targetRef"} <= set(thing.says)
    }
    return replace(file, changes=tuple(_differences(old, new)), names=names, ends=ends)


def _reader(name: str) -> Callable[[str], dict[str, Thing]] | None:
    if name.endswith((".bpmn", ".dmn")):
        return _model
    if name.endswith(".form"):
        return _form
    return _texts if name.startswith("i18n/") else None


def _differences(old: Mapping[str, Thing], new: Mapping[str, Thing]) -> Iterator[Change]:
    for id, thing in new.items():
        if id not in old:
            yield Change("added", thing.kind, id, thing.name, after=thing.says.get("", ""))
    for id, thing in old.items():
        if id not in new:
            yield Change("removed", thing.kind, id, thing.name, before=thing.says.get("", ""))
    for id, thing in new.items():
        if id not in old:
            continue
        before = old[id].says
        for what in dict.fromkeys([*before, *thing.says]):
            was, now = before.get(what, ""), thing.says.get(what, "")
            if was != now:
                how: How = "moved" if what == "@place" else "changed"
                yield Change(how, thing.kind, id, thing.name or old[id].name, "" if how == "moved" else what, was, now)


# ── diagrams and tables ────────────────────────────────────────────────────────────────────────────────────────


def _model(text: str) -> dict[str, Thing]:
    if not text:
        return {}
    root = etree.fromstring(text.encode(), XML)
    things: dict[str, Thing] = {}
    for element in root.iter(etree.Element):
        id, kind = element.get("id"), _local(element)
        if id and kind not in CELLS and kind not in HOLDERS and not _is_drawn(element):
            says = {"": _rule(element)} if kind == "rule" else dict(_said(element))
            things[id] = Thing(kind, _name(element), says)
    for id, place in _places(root):
        if id in things:
            thing = things[id]
            things[id] = Thing(thing.kind, thing.name, {**thing.says, "@place": place})
    return things


def _name(element: etree._Element) -> str:
    """Its name; of a row of a table its number, of an input or output its label."""
    if _local(element) == "rule":
        rows = [one for one in element.getparent() if _local(one) == "rule"]  # type: ignore[union-attr]
        return str(rows.index(element) + 1)
    return str(element.get("name") or element.get("label") or "")


def _rule(element: etree._Element) -> str:
    """A row of a decision table in a line: conditions → results."""
    cells = {kind: [_words(one) for one in element if _local(one) == kind] for kind in ("inputEntry", "outputEntry")}
    return f"{', '.join(cells['inputEntry'])} → {', '.join(cells['outputEntry'])}"


def _words(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _is_drawn(element: etree._Element) -> bool:
    space = etree.QName(element).namespace or ""
    return space.endswith(("/DI", "/DI/", "/DC", "/DMNDI/", "/DC/")) or "/DMNDI" in space or "modeler" in space


def _said(element: etree._Element, path: str = "") -> Iterator[tuple[str, str]]:
    """All that an element says beside what has an id of its own, by path."""
    for name, value in element.attrib.items():
        local = etree.QName(name).localname
        if local != "id":
            yield _joined(path, local), str(value)
    counted: dict[str, int] = {}
    for child in element:
        kind = _local(child)
        if kind in WAYS or _is_drawn(child) or (child.get("id") and kind not in HOLDERS):
            continue
        if kind == "property" and child.get("name"):
            yield str(child.get("name")), str(child.get("value") or "")
            continue
        step = child.get("name") or kind
        counted[step] = counted.get(step, 0) + 1
        here = _joined(path, step if counted[step] == 1 else f"{step} {counted[step]}")
        if kind in TRANSPARENT:
            here = path
        text = (child.text or "").strip()
        if text:
            yield here or kind, " ".join(text.split())
        yield from _said(child, here)


TRANSPARENT = frozenset({"extensionElements", "properties", "inputOutput", "text"})
"""Elements that only hold others."""
HOLDERS = frozenset(
    {"conditionExpression", "timerEventDefinition", "messageEventDefinition", "signalEventDefinition"}
    | {"errorEventDefinition", "escalationEventDefinition", "conditionalEventDefinition", "timeDuration", "timeDate"}
    | {"timeCycle", "multiInstanceLoopCharacteristics", "inputExpression", "loopCardinality", "condition"}
    | {"standardLoopCharacteristics", "compensateEventDefinition", "completionCondition", "linkEventDefinition"}
    | {"terminateEventDefinition", "cancelEventDefinition"}
)
"""Elements whose id nobody speaks of: they belong to what holds them."""


def _joined(path: str, step: str) -> str:
    return f"{path} {step}".strip()


def _places(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Element -> where it is drawn."""
    for element in root.iter(etree.Element):
        of = element.get("bpmnElement") or element.get("dmnElementRef")
        if of:
            points = [one for one in element if _local(one) in ("Bounds", "waypoint")]
            places = (" ".join(str(one.get(n)) for n in ("x", "y", "width", "height") if one.get(n)) for one in points)
            yield of, "; ".join(places)


# ── forms and texts ────────────────────────────────────────────────────────────────────────────────────────────


def _form(text: str) -> dict[str, Thing]:
    if not text:
        return {}
    schema = json.loads(text)
    things = {str(schema.get("id", "")): Thing("form", str(schema.get("id", "")), {})}
    for place, item in enumerate(_fields(schema.get("components", []))):
        id = str(item.get("key") or item.get("path") or item.get("id") or place)
        rest = {name: value for name, value in item.items() if name not in ("id", "components", "layout")}
        label = str(item.get("label") or item.get("text") or "")[:60]
        things[id] = Thing("item", label, {**dict(_flat(rest)), "": label})
    return things


def _fields(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in components:
        yield one
        yield from _fields(one.get("components", []))


def _flat(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, _joined(path, name))
        else:
            words = inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
            yield _joined(path, name), words


def _texts(text: str) -> dict[str, Thing]:
    found = json.loads(text) if text else {}
    return {
        id: Thing("text", "", {"": words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)})
        for id, words in found.items()
    }
