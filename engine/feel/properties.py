"""The parts of a value that a path reads (DMN 1.5 §10.3.2.6, table 58): entries of contexts, parts of
dates, times, durations and intervals; on a list, of each item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from engine.feel import wide as w
from engine.feel.reasons import Null
from engine.feel.text import zone_text
from engine.feel.values import Value, YearsMonths, admit, kind


def member(value: Value, name: str) -> Value:
    """The part called `name`; raises Null when the value has none such. On a list: a list of the items'
    parts."""
    if isinstance(value, list | tuple):
        return [_of_item(item, name) for item in value]
    if isinstance(value, Mapping):
        if name in value:
            return admit(value[name])
        raise Null("no-member", kind="context", name=name)
    of = kind(value)
    reader = _PROPERTIES.get(of, {}).get(name)
    if reader is None:
        raise Null("no-member", kind=of, name=name)
    return admit(reader(value))


def _of_item(item: Value, name: str) -> Value:
    try:
        return member(item, name)
    except Null:
        return None


def _weekday(value: w.AnyDate | w.AnyDateTime) -> int:
    return (w.day_number(value) + 2) % 7 + 1


def _offset(value: w.AnyTime | w.AnyDateTime) -> Value:
    return w.offset_of(value)


def _zone(value: w.AnyTime | w.AnyDateTime) -> str | None:
    written = zone_text(value.tzinfo)
    return written[1:] if written.startswith("@") else (written or None)


def _seconds(value: w.AnyDuration) -> Decimal:
    total = w.duration_nanos(value)
    whole, fraction = divmod(abs(total), w.SECOND)
    seconds = Decimal(whole % 60) + Decimal(fraction).scaleb(-9).normalize() if fraction else Decimal(whole % 60)
    return seconds.copy_negate() if total < 0 and seconds else seconds


def _unit(seconds_each: int, modulus: int | None) -> Callable[[w.AnyDuration], int]:
    """A whole-number part of a days and time duration; negative durations have negative parts."""

    def read(value: w.AnyDuration) -> int:
        total = w.duration_nanos(value)
        units = abs(total) // (seconds_each * w.SECOND)
        units = units % modulus if modulus else units
        return -units if total < 0 else units

    return read


def _years(value: YearsMonths) -> int:
    years = abs(value.months) // 12
    return -years if value.months < 0 else years


def _months(value: YearsMonths) -> int:
    months = abs(value.months) % 12
    return -months if value.months < 0 else months


_DATE: Final[dict[str, Callable[..., Value]]] = {
    "year": lambda value: value.year,
    "month": lambda value: value.month,
    "day": lambda value: value.day,
    "weekday": _weekday,
}
_TIME: Final[dict[str, Callable[..., Value]]] = {
    "hour": lambda value: value.hour,
    "minute": lambda value: value.minute,
    "second": lambda value: value.second,
    "time offset": _offset,
    "timezone": _zone,
}
_PROPERTIES: Final[dict[str, dict[str, Callable[..., Value]]]] = {
    "date": _DATE,
    "time": _TIME,
    "date and time": _DATE | _TIME,
    "days and time duration": {
        "days": _unit(86_400, None),
        "hours": _unit(3600, 24),
        "minutes": _unit(60, 60),
        "seconds": _seconds,
    },
    "years and months duration": {"years": _years, "months": _months},
    "range": {
        "start": lambda value: value.start,
        "end": lambda value: value.end,
        "start included": lambda value: value.start_included,
        "end included": lambda value: value.end_included,
    },
}
