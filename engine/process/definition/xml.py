"""From bytes to a tree, safely. Law: no entity, no DOCTYPE, no network, no file; nothing parsed beyond a limit."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from lxml import etree

from engine.errors import ModelRefused
from engine.process.rules.catalogue import fault

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_B: Final = f"{{{BPMN}}}"
_XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_PROLOG_DOCTYPE: Final = re.compile(
    rb"\A(?>\s+|\xef\xbb\xbf|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL | re.IGNORECASE
)
_HIGHEST_LINE: Final = 65_535
"""libxml2 keeps an element's line in 16 bits; beyond, it counts from neighbouring text."""
_LONG_TAG: Final = re.compile(rb"<[^<>!?\n]*\n[^<>]*>")
"""A start tag over several lines."""
_PROLOG_LENGTH: Final = 100_000

Element = etree._Element


def parse(xml: bytes | str, *, file: str, limit: int) -> Element:
    """The root of a BPMN file. Raises ModelRefused: too large, malformed (line and column), DOCTYPE, no BPMN."""
    if len(xml) > limit:
        raise _refused("too-large", None, file, size=f"{len(xml):,}", limit=f"{limit:,}")
    data = xml.encode("utf-8", "surrogatepass") if isinstance(xml, str) else _utf8(xml)
    if _PROLOG_DOCTYPE.match(data[:_PROLOG_LENGTH]):
        line = data[: data.upper().index(b"<!DOCTYPE")].count(b"\n") + 1
        raise _refused("doctype", line, file)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8" if data is not xml else None,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        reason = str(error.msg or error).split(", line ")[0]
        raise _refused("xml-malformed", line, file, column=column, reason=reason) from None
    except ValueError as error:
        raise _refused("xml-malformed", 1, file, column=1, reason=str(error)) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused("doctype", 1, file)
    _set_first_lines(data, root)
    if root.tag != f"{_B}definitions":
        raise _refused("not-bpmn", line_of(root), file, root=etree.QName(root).localname)
    return root


def _set_first_lines(data: bytes, root: Element) -> None:
    """libxml2 counts the line where a start tag ends; people look for the line where it begins."""
    if not _LONG_TAG.search(data):
        return
    lines: list[int] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, marks: lines.append(parser.CurrentLineNumber)
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        return
    elements = list(root.iter())
    if len(elements) == len(lines):
        for element, line in zip(elements, lines, strict=True):
            if line <= _HIGHEST_LINE:
                element.sourceline = line  # type: ignore[assignment]


def _refused(rule: str, line: int | None, file: str, **fields: object) -> ModelRefused:
    return ModelRefused([fault(rule, None, line, file=file, **fields)])


def _utf8(data: bytes) -> bytes:
    """UTF-16 files as UTF-8 (so that the look for a DOCTYPE sees them); all others as they are."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return data[2:].decode(name, "replace").encode("utf-8")
    for name, sign in (("utf-16-le", b"<\0"), ("utf-16-be", b"\0<")):
        if data.startswith(sign):
            return data.decode(name, "replace").encode("utf-8")
    return data


def local(element: Element) -> str:
    """The element's name without its namespace."""
    tag = element.tag
    return tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""


def is_bpmn(element: Element) -> bool:
    """Whether the element belongs to BPMN itself."""
    return isinstance(element.tag, str) and element.tag.startswith(_B)


def child(element: Element, name: str) -> Element | None:
    """The first BPMN child of that name."""
    return element.find(_B + name)


def children(element: Element, name: str) -> list[Element]:
    """All BPMN children of that name."""
    return element.findall(_B + name)


def inside(element: Element, name: str) -> Iterator[Element]:
    """All BPMN elements of that name at any depth."""
    return element.iter(_B + name)


def content(element: Element | None) -> str:
    """All text in the element, stripped; empty for no element. What is said about it inside is not part of it."""
    if element is None:
        return ""
    if any(isinstance(inner.tag, str) and local(inner) in _ASIDES for inner in element):
        parts = [element.text or ""]
        parts += [
            ("" if local(inner) in _ASIDES else "".join(map(str, inner.itertext()))) + (inner.tail or "")
            for inner in element
        ]
        return "".join(parts).strip()
    return "".join(str(part) for part in element.itertext()).strip()


_ASIDES = frozenset({"documentation", "extensionElements"})


def reference(text: str | None) -> str | None:
    """The id in a QName reference (`tns:Message_1` and `Message_1` name the same element of the file)."""
    if not text or not text.strip():
        return None
    return text.strip().rpartition(":")[2]


def flag(element: Element, name: str, default: bool = False) -> bool:
    """An xsd:boolean attribute."""
    value = element.get(name)
    return default if value is None else value.strip() in ("true", "1")


def line_of(element: Element) -> int:
    """The element's line in the file."""
    line: int | None = element.sourceline  # type: ignore[assignment]
    return line or 0


def xsi_type(element: Element) -> str:
    """The local name in `xsi:type`."""
    return (element.get(_XSI_TYPE) or "").rpartition(":")[2]
