"""Equality and order (DMN 1.5 §10.3.2.3, tables 42 and 43): True, False, or None where kinds do not
compare.

Times and dates and times are equal when they are so to the second (the test cases of the kit say so); their
order takes the fraction into account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel import wide as w
from engine.feel.values import Range, Value, admit, kind


def equal(left: Value, right: Value) -> bool | None:
    """FEEL's `=`: null equals null only; values of different kinds give None."""
    left, right = admit(left), admit(right)
    if left is None or right is None:
        return left is right
    rule = _EQUALITY.get(kind(left))
    if rule is None or kind(left) != kind(right):
        return None
    return rule(left, right)


def _same(left: Value, right: Value) -> bool:
    return bool(left == right)


def _equal_times(left: w.AnyTime, right: w.AnyTime) -> bool:
    if (left.tzinfo is None) != (right.tzinfo is None):
        return False
    return _time_key(left) // w.SECOND == _time_key(right) // w.SECOND


def _equal_date_times(left: w.AnyDateTime, right: w.AnyDateTime) -> bool:
    if (left.tzinfo is None) != (right.tzinfo is None):
        return False
    return w.instant(left) // w.SECOND == w.instant(right) // w.SECOND


def _equal_lists(left: list[Value], right: list[Value]) -> bool | None:
    if len(left) != len(right):
        return False
    return _all(equal(a, b) for a, b in zip(left, right, strict=True))


def _equal_contexts(left: Mapping[str, Value], right: Mapping[str, Value]) -> bool | None:
    if left.keys() != right.keys():
        return False
    return _all(equal(value, right[key]) for key, value in left.items())


def _equal_ranges(left: Range, right: Range) -> bool | None:
    if left.operator != right.operator:
        return False
    if (left.start_included, left.end_included) != (right.start_included, right.end_included):
        return False
    return _all(equal(a, b) for a, b in ((left.start, right.start), (left.end, right.end)))


def _all(results: Iterable[bool | None]) -> bool | None:
    found = list(results)
    if False in found:
        return False
    return None if None in found else True


def _equal_functions(left: Value, right: Value) -> bool:
    return left is right


_EQUALITY: Final[dict[str, Callable[..., bool | None]]] = {
    "boolean": _same,
    "number": _same,
    "string": _same,
    "date": _same,
    "time": _equal_times,
    "date and time": _equal_date_times,
    "days and time duration": lambda left, right: w.duration_nanos(left) == w.duration_nanos(right),
    "years and months duration": _same,
    "list": _equal_lists,
    "context": _equal_contexts,
    "range": _equal_ranges,
    "function": _equal_functions,
}


def _time_key(value: w.AnyTime) -> int:
    offset = w.offset_of(value)
    return w.clock_nanos(value) - (w.duration_nanos(offset) if offset else 0)


_ORDER: Final[dict[str, Callable[..., Any]]] = {
    "number": lambda value: value,
    "string": lambda value: value,
    "date": lambda value: (value.year, value.month, value.day),
    "time": _time_key,
    "date and time": w.instant,
    "days and time duration": w.duration_nanos,
    "years and months duration": lambda value: value.months,
}
_PLAIN: Final = frozenset({Decimal, str, date, timedelta})
_ZONED: Final = frozenset({"time", "date and time"})


def compare(left: Value, right: Value) -> int | None:
    """-1, 0 or 1 as left stands before, with or after right; None when the two have no order."""
    if type(left) is type(right) and type(left) in _PLAIN:
        return int(left > right) - int(left < right)
    left, right = admit(left), admit(right)
    of = kind(left)
    key = _ORDER.get(of)
    if key is None or of != kind(right):
        return None
    if of in _ZONED:
        left, right = _zoned_alike(left, right)
    a, b = key(left), key(right)
    return int(a > b) - int(a < b)


def _zoned_alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Where one of the two has no zone, it is taken to be in the other's (DMN 1.5, table 44)."""
    if left.tzinfo is None and right.tzinfo is not None:
        return w.in_zone(left, right.tzinfo), right
    if right.tzinfo is None and left.tzinfo is not None:
        return left, w.in_zone(right, left.tzinfo)
    return left, right


def contains(interval: Range, value: Value) -> bool | None:
    """Whether `value` lies in the interval; None when it cannot be compared with its ends."""
    start, end = interval.start, interval.end
    if type(value) is type(start) is type(end) and type(value) in _PLAIN:
        return bool(
            (start < value or (interval.start_included and start == value))
            and (value < end or (interval.end_included and value == end))
        )
    if start is None and end is None:
        return None
    after = _beyond(value, interval.start, interval.start_included, 1)
    before = _beyond(value, interval.end, interval.end_included, -1)
    if after is False or before is False:
        return False
    return None if after is None or before is None else True


def _beyond(value: Value, end: Value, included: bool, side: int) -> bool | None:
    if end is None:
        return True
    order = compare(value, end)
    if order is None:
        return None
    return order == side or (included and order == 0)
