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
from engine.feel.reasons import Null
from engine.feel.values import Range, Value, admit, kind

MAX_COMPARED: Final = 250_000
"""Most items that one comparison looks at: lists that share their parts can be larger than any memory."""


def equal(left: Value, right: Value) -> bool | None:
    """FEEL's `=`: null equals null only; values of different kinds give None, as do values too large to compare."""
    try:
        return _equal(left, right, [MAX_COMPARED])
    except RecursionError:
        return None


def _equal(left: Value, right: Value, budget: list[int]) -> bool | None:
    left, right = admit(left), admit(right)
    if left is None or right is None or left is right:
        return left is right
    of = kind(left)
    if of != kind(right):
        return None
    container = _CONTAINERS.get(of)
    if container is not None:
        return container(left, right, budget)
    rule = _EQUALITY.get(of)
    return None if rule is None else rule(left, right)


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


def _equal_lists(left: list[Value], right: list[Value], budget: list[int]) -> bool | None:
    if len(left) != len(right):
        return False
    return _all(zip(left, right, strict=True), budget)


def _equal_contexts(left: Mapping[str, Value], right: Mapping[str, Value], budget: list[int]) -> bool | None:
    if left.keys() != right.keys():
        return False
    return _all(((value, right[key]) for key, value in left.items()), budget)


def _equal_ranges(left: Range, right: Range, budget: list[int]) -> bool | None:
    if left.operator != right.operator:
        return False
    if (left.start_included, left.end_included) != (right.start_included, right.end_included):
        return False
    return _all(((left.start, right.start), (left.end, right.end)), budget)


def _all(pairs: Iterable[tuple[Value, Value]], budget: list[int]) -> bool | None:
    """Whether every pair is equal: False when one is not, None when one cannot be told."""
    result: bool | None = True
    for left, right in pairs:
        budget[0] -= 1
        if budget[0] < 0:
            return None
        found = _equal(left, right, budget)
        if found is False:
            return False
        if found is None:
            result = None
    return result


_EQUALITY: Final[dict[str, Callable[..., bool | None]]] = {
    "boolean": _same,
    "number": _same,
    "string": _same,
    "date": _same,
    "time": _equal_times,
    "date and time": _equal_date_times,
    "days and time duration": lambda left, right: w.duration_nanos(left) == w.duration_nanos(right),
    "years and months duration": _same,
    "function": lambda left, right: left is right,
}
_CONTAINERS: Final[dict[str, Callable[..., bool | None]]] = {
    "list": _equal_lists,
    "context": _equal_contexts,
    "range": _equal_ranges,
}


def identity(value: Value) -> object:
    """A hashable key, the same for two values exactly when `equal` holds for them; raises Null for a value too large
    to have one."""
    try:
        return _identity(value, [MAX_COMPARED])
    except RecursionError:
        raise Null("size", limit=MAX_COMPARED) from None


def _identity(value: Value, budget: list[int]) -> object:
    budget[0] -= 1
    if budget[0] < 0:
        raise Null("size", limit=MAX_COMPARED)
    value = admit(value)
    of = kind(value)
    if of == "list":
        return of, tuple(_identity(item, budget) for item in value)
    if of == "context":
        return of, frozenset((key, _identity(item, budget)) for key, item in value.items())
    if of == "range":
        ends = _identity(value.start, budget), _identity(value.end, budget)
        return of, ends, value.start_included, value.end_included, value.operator
    if of in _ZONED:
        return of, _ORDER[of](value) // w.SECOND, value.tzinfo is None
    key = _ORDER.get(of, id if of == "unknown" else None)
    return of, key(value) if key else value


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
