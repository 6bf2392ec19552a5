"""Values in the format of the DMN Technology Compatibility Kit: reading them, and comparing results with
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from lxml import etree

from engine.decisions.xml import local_name
from engine.feel import Moment, compile_expression, equal, kind

TOLERANCE: Final = Decimal("1e-8")
"""The kit compares numbers to eight decimal digits."""

_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_MOMENT: Final = Moment(datetime(2000, 1, 1, tzinfo=UTC), UTC)
_NUMBERS: Final = frozenset({"decimal", "double", "integer", "int", "long", "float", "short"})
_READERS: Final = {
    name: compile_expression(text, ("text",))
    for name, text in (
        ("date", "date(text)"), ("time", "time(text)"),
        ("dateTime", "date and time(text)"), ("duration", "duration(text)"),
    )
}  # fmt: skip


class UnreadableValue(ValueError):
    """A test file holds a value that is none."""


def named(element: etree._Element, tag: str) -> Iterator[etree._Element]:
    """Children with that tag, whatever their namespace."""
    return (child for child in element if local_name(child) == tag)


def read_value(element: etree._Element) -> Any:
    """The FEEL value in a `valueType` element (value, list, components); None when it is empty or nil."""
    components = {c.get("name", ""): read_value(c) for c in named(element, "component")}
    if components:
        return components
    for child in element:
        tag = local_name(child)
        if tag == "list":
            return None if _is_nil(child) else [read_value(item) for item in named(child, "item")]
        if tag == "value":
            return _scalar(child)
        if tag == "component" and _is_nil(child):
            return None
    return None


def mismatch(expected: Any, actual: Any, place: str = "") -> str:
    """Why `actual` is not what was expected; "" when it is."""
    where = f"{place}: " if place else ""
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{where}expected {len(expected)} items, got {len(actual)}: {actual!r}"
        pairs = ((f"{place}[{n}]", e, a) for n, (e, a) in enumerate(zip(expected, actual, strict=True), 1))
        return next((why for p, e, a in pairs if (why := mismatch(e, a, p))), "")
    if isinstance(expected, dict) and isinstance(actual, Mapping):
        if expected.keys() != actual.keys():
            return f"{where}expected the entries {sorted(expected)}, got {sorted(actual)}"
        entries = ((f"{place}.{k}".lstrip("."), v, actual[k]) for k, v in expected.items())
        return next((why for p, e, a in entries if (why := mismatch(e, a, p))), "")
    return "" if _same_scalar(expected, actual) else f"{where}expected {expected!r}, got {actual!r}"


def _same_scalar(expected: Any, actual: Any) -> bool:
    if expected is None or actual is None:
        return expected is actual
    if kind(expected) != kind(actual):
        return False
    if isinstance(expected, Decimal):
        return bool(abs(expected - actual) <= TOLERANCE)
    return equal(expected, actual) is True


def _scalar(element: etree._Element) -> Any:
    if _is_nil(element):
        return None
    text = element.text or ""
    written = element.get(f"{_XSI}type", "").rpartition(":")[2]
    if written in _NUMBERS:
        try:
            return Decimal(text.strip())
        except InvalidOperation as error:
            raise UnreadableValue(f"{text!r} is not a number") from error
    if written == "boolean":
        return text.strip() in ("true", "1")
    if written in _READERS:
        value = _READERS[written]({"text": text.strip()}, _MOMENT)
        if value is None:
            raise UnreadableValue(f"{text!r} is not a {written}")
        return value
    return text


def _is_nil(element: etree._Element) -> bool:
    return element.get(f"{_XSI}nil", "false") in ("true", "1")
