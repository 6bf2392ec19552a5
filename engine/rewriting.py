"""A changed file written as little changed as can be. Law: what means the same keeps its characters, so that a
difference between two versions of a file shows what somebody changed, and nothing else.

Editors write a whole file anew: attributes in another order, defaults left out, comments gone. Here the editor's text
is read beside the one before it, and every element that means the same is taken from the one before, with its comments
and its line breaks. Pure: texts in, a text out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

DEFAULTS: Mapping[str, str] = {
    "associationDirection": "None", "behavior": "All", "cancelActivity": "true", "completionQuantity": "1",
    "gatewayDirection": "Unspecified", "hitPolicy": "UNIQUE", "instantiate": "false", "isClosed": "false",
    "isCollection": "false", "isExecutable": "false", "isForCompensation": "false", "isInterrupting": "true",
    "isSequential": "false", "isMarkerVisible": "true", "isUnlimited": "true", "ordering": "Sequential",
    "parallelMultiple": "false",
    "preferredOrientation": "Rule-as-Row", "processType": "None", "startQuantity": "1",
    "triggeredByEvent": "false", "waitForCompletion": "true",
    "camunda:mapDecisionResult": "resultList", "camunda:decisionRefBinding": "latest", "camunda:exclusive": "true",
    "camunda:calledElementBinding": "latest", "camunda:caseBinding": "latest", "camunda:asyncBefore": "false",
    "camunda:asyncAfter": "false", "camunda:isStartableInTasklist": "true", "camunda:async": "false",
}  # fmt: skip
"""Attributes whose default an editor leaves out (BPMN 2.0 XSD, DMN 1.3 XSD)."""
LOOSE = frozenset({"BPMNPlane", "DMNDiagram"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def kept(before: str | None, after: str, name: str) -> str:
    """The text to store for a file: `after` in the manner of `before`. What cannot be read stays as it was given."""
    if before is None or before == after:
        return after
    try:
        if name.endswith((".bpmn", ".dmn")):
            return _xml(before, after)
        if name.endswith((".json", ".form")):
            return _json(before, after)
    except (expat.ExpatError, ValueError, RecursionError):
        return after
    return after


# ── XML ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Node:
    """An element with the place of its text: `lead` begins after what comes before it, comments among it."""

    tag: str
    attributes: dict[str, str]
    lead: int
    start: int
    inner: int = 0
    """Where the start tag ends."""
    close: int = 0
    """Where the end tag begins; `end` for an empty element."""
    end: int = 0
    text: str = ""
    children: list[Node] = field(default_factory=list)
    meaning: Any = None

    @property
    def key(self) -> tuple[str, str]:
        """What it is found by among its siblings, where it has an id or points to one."""
        named = self.attributes
        return self.tag, named.get("id") or named.get("bpmnElement") or named.get("name") or ""


def _xml(before: str, after: str) -> str:
    old_data, new_data = before.encode(), after.encode()
    old, new = _read(old_data), _read(new_data)
    if old.tag != new.tag or any(new.attributes.get(n, v) != v for n, v in old.attributes.items() if _is_scope(n)):
        return after
    if old.meaning == new.meaning:
        return before
    body = b"".join(_written(new, old, _Texts(old_data, new_data)))
    return (old_data[: old.start] + body + old_data[old.end :]).decode()


def _is_scope(attribute: str) -> bool:
    return attribute == "xmlns" or attribute.startswith("xmlns:")


@dataclass(frozen=True, slots=True)
class _Texts:
    old: bytes
    new: bytes


def _read(data: bytes) -> Node:
    """The tree with the byte offsets of everything. Raises ValueError for a DOCTYPE, ExpatError for no XML."""
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True
    found: list[Node] = []
    open_ones: list[Node] = []
    last = [0]

    def begin(tag: str, listed: list[str]) -> None:
        at = parser.CurrentByteIndex
        node = Node(tag, dict(zip(listed[::2], listed[1::2], strict=True)), last[0], at)
        node.inner = last[0] = _tag_end(data, at)
        (open_ones[-1].children if open_ones else found).append(node)
        open_ones.append(node)

    def end(tag: str) -> None:
        node, at = open_ones.pop(), parser.CurrentByteIndex
        empty = data[node.inner - 2 : node.inner] == b"/>" and not node.children and at <= node.inner
        node.close = node.inner if empty else at
        node.end = last[0] = node.inner if empty else data.index(b">", at) + 1
        node.meaning = _meaning(node)

    def text(words: str) -> None:
        open_ones[-1].text += words

    def refused(*_: object) -> None:
        raise ValueError("a DOCTYPE")

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, refused
    parser.Parse(data, True)
    return found[0]


def _tag_end(data: bytes, at: int) -> int:
    """Behind the `>` of the start tag that begins at `at`; quotes may hold one."""
    quote = 0
    for place in range(at, len(data)):
        byte = data[place]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == 62:
            return place + 1
    raise ValueError("a tag without an end")


def _meaning(node: Node) -> tuple[Any, ...]:
    """What an element says, whatever the order of its attributes; equal for elements that mean the same."""
    attributes = frozenset(
        (name, _number(value)) for name, value in node.attributes.items() if DEFAULTS.get(name) != value
    )
    words = "" if node.children else node.text.strip()
    inner = [child.meaning for child in node.children]
    return node.tag, attributes, words, frozenset(inner) if _is_loose(node) else tuple(inner)


def _is_loose(node: Node) -> bool:
    """Whether the order of what it holds says nothing: editors write a plane's shapes as they are stacked."""
    return node.tag.rpartition(":")[2] in LOOSE


def _number(value: str) -> str:
    return f"{float(value):g}" if "." in value and _NUMBER.fullmatch(value) else value


def _written(new: Node, old: Node, texts: _Texts) -> Iterator[bytes]:
    """The new element, each part from the old text where that means the same."""
    if new.meaning == old.meaning:
        yield texts.old[old.start : old.end]
        return
    empty = new.close == new.inner
    yield _start_tag(new, old, texts, empty)
    if empty:
        return
    if not new.children:
        same = not old.children and old.close > old.inner and old.text.strip() == new.text.strip()
        source, node = (texts.old, old) if same else (texts.new, new)
        yield source[node.inner : node.close]
    else:
        pairs = _paired(new.children, old.children)
        if _is_loose(new):
            place = {id(child): number for number, child in enumerate(old.children)}
            pairs.sort(key=lambda pair: place[id(pair[1])] if pair[1] is not None else len(place))
        for child, before in pairs:
            if before is None:
                yield _indent(texts.new[child.lead : child.start]) + texts.new[child.start : child.end]
            else:
                yield texts.old[before.lead : before.start]
                yield from _written(child, before, texts)
        yield _tail(new, old, texts)
    yield b"</" + new.tag.encode() + b">"


def _indent(between: bytes) -> bytes:
    """The line break and blanks before a new element."""
    return between if not between.strip() else b"\n" + between.rsplit(b"\n", 1)[-1]


def _tail(new: Node, old: Node, texts: _Texts) -> bytes:
    """What stands before the end tag."""
    if old.children:
        return texts.old[old.children[-1].end : old.close]
    return texts.new[new.children[-1].end : new.close]


def _start_tag(new: Node, old: Node, texts: _Texts, empty: bool) -> bytes:
    was_empty = old.close == old.inner
    if new.meaning[1] == old.meaning[1]:
        tag = texts.old[old.start : old.inner]
        bare = tag[:-2].rstrip() if was_empty else tag[:-1]
        return tag if empty == was_empty else bare + (b" />" if empty else b">")
    order = [n for n in old.attributes if n in new.attributes or DEFAULTS.get(n) == old.attributes[n]]
    order += [name for name in new.attributes if name not in old.attributes]
    values = {**old.attributes, **new.attributes}
    written = "".join(f" {name}={_quoted(values[name])}" for name in order)
    return f"<{new.tag}{written}{' />' if empty else '>'}".encode()


def _quoted(value: str) -> str:
    """An attribute's value; line breaks and tabs stay what they are."""
    return quoteattr(value, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;", '"': "&quot;"})


def _paired(new: list[Node], old: list[Node]) -> list[tuple[Node, Node | None]]:
    """Each new child with the old one that it was: of the same meaning, else of the same id, else of the same kind."""
    left = list(old)
    pairs: dict[int, Node] = {}
    for fits in (_same_meaning, _same_key, _same_tag):
        for child in new:
            if id(child) in pairs:
                continue
            found = next((one for one in left if fits(one, child)), None)
            if found is not None:
                pairs[id(child)] = found
                left.remove(found)
    return [(child, pairs.get(id(child))) for child in new]


def _same_meaning(one: Node, other: Node) -> bool:
    return bool(one.meaning == other.meaning)


def _same_key(one: Node, other: Node) -> bool:
    return one.key == other.key and bool(one.key[1])


def _same_tag(one: Node, other: Node) -> bool:
    return one.tag == other.tag and not one.key[1] and not other.key[1]


# ── JSON ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _json(before: str, after: str) -> str:
    old, new = json.loads(before), json.loads(after)
    if old == new:
        return before
    first = re.search(r"\n([ \t]+)", before)
    indent: str | int | None = first[1] if first else (None if "\n" not in before.strip() else 1)
    written = json.dumps(_ordered(new, old), ensure_ascii=False, indent=indent)
    return written + ("\n" if before.endswith("\n") else "")


def _ordered(new: Any, old: Any) -> Any:
    """The new value with the keys of its objects in the order of the old."""
    if isinstance(new, dict) and isinstance(old, dict):
        names = [name for name in old if name in new] + [name for name in new if name not in old]
        return {name: _ordered(new[name], old.get(name)) for name in names}
    if isinstance(new, list) and isinstance(old, list):
        named = {one["id"]: one for one in old if isinstance(one, dict) and isinstance(one.get("id"), str)}
        return [
            _ordered(one, named.get(str(one.get("id")), old[place] if place < len(old) else None))
            if isinstance(one, dict) else one
            for place, one in enumerate(new)
        ]  # fmt: skip
    return new
