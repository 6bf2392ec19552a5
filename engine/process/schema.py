"""The schema check: is the file BPMN 2.0 as the OMG's schema (formal/2013-12-09) has it? Law: the only place here that
imports SpiffWorkflow, whose validator and copy of the schema it uses."""

from __future__ import annotations

import functools
import re
import threading
from typing import TYPE_CHECKING

from lxml import etree

from engine.errors import Fault
from engine.process.rules.catalogue import fault

if TYPE_CHECKING:
    from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator

_LOCK = threading.Lock()
_NAMESPACE = re.compile(r"\{[^}]*\}")
MOST = 50
"""Faults told of one file; one mistake in the order of elements can give many."""


@functools.cache
def _validator() -> BpmnValidator:
    from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator

    return BpmnValidator()


def check_schema(root: etree._Element, file: str) -> list[Fault]:
    """The faults of the tree against the schema, each with its line and the nearest element that has an id."""
    validator = _validator()
    with _LOCK:
        validator.preprocess(root)
        if validator.validator.validate(root):
            return []
        entries = list(validator.validator.error_log)[:MOST]
    tree = root.getroottree()
    return [_fault(tree, entry, file) for entry in entries if not _is_welcome(entry.message)]


def _is_welcome(message: str) -> bool:
    """What other rules say better, and what the dialects allow beyond the schema."""
    return _is_duplicate_id(message) or _EXPRESSION_AS_NAME.search(message) is not None


_EXPRESSION_AS_NAME = re.compile(
    r"(?:attribute 'calledElement'|Element '\{[^}]*\}loopData(?:In|Out)putRef')[^:]*:[^']*'(?:=|.*[$#]\{)", re.DOTALL
)
"""Camunda takes an expression where BPMN has the name of what is called or looped over."""


def _is_duplicate_id(message: str) -> bool:
    """A readable id that the schema refuses is one that stands twice: the rule `duplicate-id` says it better."""
    found = re.search(r"attribute 'id': '([^']*)' is not a valid value of the atomic type 'xs:ID'", message)
    return found is not None and re.fullmatch(r"[^\W\d][\w.\-]*", found[1]) is not None


def _fault(tree: etree._ElementTree, entry: etree._LogEntry, file: str) -> Fault:
    english = _NAMESPACE.sub("", entry.message).rstrip(". ")
    return fault(
        "schema",
        _nearest_id(tree, entry.path),
        entry.line,
        file=file,
        reason=english,
        reason_zh=_chinese(english),
    )


def _nearest_id(tree: etree._ElementTree, path: str | None) -> str | None:
    at = _place(tree, path)
    while at is not None:
        if at.get("id"):
            return at.get("id")
        at = at.getparent()
    return None


def _place(tree: etree._ElementTree, path: str | None) -> etree._Element | None:
    """The element behind the path of an error, which uses the prefixes of the file."""
    known = {prefix: name for prefix, name in tree.getroot().nsmap.items() if prefix}
    try:
        places = tree.xpath(path, namespaces=known) if path else []
    except etree.XPathError:
        return None
    first = places[0] if isinstance(places, list) and places else None
    return first if isinstance(first, etree._Element) else None


_PHRASES = (
    (r"Element '(\w+)': The attribute '(\w+)' is required but missing", r"元素 \1 缺少必需的属性 \2"),
    (r"Element '(\w+)', attribute '(\w+)': The attribute '\w+' is not allowed", r"元素 \1 不允许有属性 \2"),
    (r"Element '(\w+)': This element is not expected.*", r"元素 \1 不应出现在此处（种类或顺序不对）"),
    (r"Element '(\w+)': Missing child element\(s\).*", r"元素 \1 缺少必需的子元素"),
    (
        r"Element '(\w+)', attribute '(\w+)': '(.*?)' is not a valid value.*",
        r"元素 \1 的属性 \2 的值“\3”无效",
    ),
    (r"Element '(\w+)', attribute '(\w+)': \[facet.*?The value '(.*?)'.*", r"元素 \1 的属性 \2 的值“\3”无效"),
    (r"Element '(\w+)': Character content.*", r"元素 \1 中不应有文字"),
)


def _chinese(english: str) -> str:
    for pattern, chinese in _PHRASES:
        found = re.fullmatch(pattern, english, re.DOTALL)
        if found:
            return found.expand(chinese)
    return english
