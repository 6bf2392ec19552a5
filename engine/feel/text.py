"""Values as text: FEEL's string() (DMN 1.5 §10.3.4.1; dates and durations after XML Schema and ISO 8601)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Final

from engine.feel import wide as w
from engine.feel.reasons import Null
from engine.feel.values import FunctionValue, Range, Value, YearsMonths, admit

MAX_STRING: Final = 4_000_000
"""Longest string an evaluation may build, in characters."""


def to_string(value: Value) -> str | None:
    """FEEL's string(): None stays None, strings stay as they are, in lists and contexts they stand in quotes. A
    value too large or too deep to be written becomes "…"."""
    try:
        return string_of(value)
    except Null:
        return "…"


def string_of(value: Value) -> str | None:
    """As `to_string`, but raises Null for a value too large or too deep."""
    if value is None or isinstance(value, str):
        return value
    try:
        return _written(value, [0])
    except RecursionError:
        raise Null("depth") from None


def _written(value: Value, length: list[int]) -> str:
    if value is None:
        return "null"
    writer = _WRITERS.get(type(value))
    if writer is not None:
        written = writer(value)
    elif isinstance(value, list | tuple):
        written = "[" + ", ".join(_written(item, length) for item in value) + "]"
    elif isinstance(value, Mapping):
        written = "{" + ", ".join(f"{_key(key)}: {_written(item, length)}" for key, item in value.items()) + "}"
    elif isinstance(value, Range):
        written = _range(value, length)
    elif isinstance(value, bool | int | float | Decimal):
        written = _number(admit(value))
    else:
        written = _subclass(value)
    length[0] += len(written)
    if length[0] > MAX_STRING:
        raise Null("size", limit=MAX_STRING)
    return written


def _subclass(value: Value) -> str:
    for python_type, writer in _WRITERS.items():
        if isinstance(value, python_type):
            return writer(value)
    return str(value)


def _key(key: Value) -> str:
    text = str(key)
    plain = bool(text) and all(part.isalnum() or part in "_ " for part in text) and not text[0].isdigit()
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number(value: Decimal) -> str:
    """All digits, no exponent; zero has no sign."""
    return format(value if value else value.copy_abs(), "f")


def _range(value: Range, length: list[int]) -> str:
    opening = "[" if value.start_included else "("
    closing = "]" if value.end_included else ")"
    if value.operator:
        end = value.end if value.start is None else value.start
        return f"({value.operator} {_written(end, length)})"
    return f"{opening}{_written(value.start, length)}..{_written(value.end, length)}{closing}"


def _date(value: w.AnyDate | w.AnyDateTime) -> str:
    sign = "-" if value.year < 0 else ""
    return f"{sign}{abs(value.year):04d}-{value.month:02d}-{value.day:02d}"


def _time(value: w.AnyTime | w.AnyDateTime) -> str:
    clock = f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    return clock + _fraction(w.nanos(value)) + zone_text(value.tzinfo)


def _fraction(nanoseconds: int) -> str:
    return f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""


def zone_text(zone: tzinfo | None) -> str:
    """A zone as written behind a time: "", "Z", "+08:00" or "@Asia/Shanghai"."""
    if zone is None:
        return ""
    if zone is UTC or zone == UTC:
        return "Z"
    key = getattr(zone, "key", None)
    if key is not None:
        return f"@{key}"
    return _offset(zone.utcoffset(None) or timedelta(0))


def _offset(offset: timedelta) -> str:
    total = round(offset.total_seconds())
    sign, rest = ("-", -total) if total < 0 else ("+", total)
    seconds = f":{rest % 60:02d}" if rest % 60 else ""
    return f"{sign}{rest // 3600:02d}:{rest // 60 % 60:02d}{seconds}"


def _date_time(value: w.AnyDateTime) -> str:
    return f"{_date(value)}T{_time(value)}"


def _years_months(value: YearsMonths) -> str:
    years, months = divmod(abs(value.months), 12)
    body = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return ("-" if value.months < 0 else "") + "P" + (body or "0M")


def _days_time(value: w.AnyDuration) -> str:
    total = w.duration_nanos(value)
    if total == 0:
        return "PT0S"
    seconds, fraction = divmod(abs(total), w.SECOND)
    days, hours, minutes, rest = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if rest or fraction:
        clock += f"{rest}{_fraction(fraction)}S"
    return ("-" if total < 0 else "") + "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def _function(value: FunctionValue) -> str:
    return f"{value.name}({', '.join(parameter.name for parameter in value.parameters)})"


_WRITERS: Final[dict[type, Callable[..., str]]] = {
    str: _quoted,
    bool: lambda value: "true" if value else "false",
    Decimal: _number,
    datetime: _date_time,
    w.WideDateTime: _date_time,
    date: _date,
    w.WideDate: _date,
    time: _time,
    w.WideTime: _time,
    timedelta: _days_time,
    w.WideDuration: _days_time,
    YearsMonths: _years_months,
    FunctionValue: _function,
    timezone: zone_text,
}
