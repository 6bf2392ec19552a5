"""Conversion functions: text and parts into values, values into text (DMN 1.5 §10.3.4.1), and not() and
is()."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Final

from engine.feel import wide as w
from engine.feel.builtin import builtin, whole
from engine.feel.comparison import equal
from engine.feel.reasons import Null
from engine.feel.temporal import (
    fixed_zone,
    parse_at,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
)
from engine.feel.text import string_of, to_string, zone_text
from engine.feel.values import DECIMAL128, Value, YearsMonths, kind

_NUMBER: Final = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,9})?", re.ASCII)

builtin("@", "text: string")(parse_at)
builtin("date", "from: string")(parse_date)
builtin("date and time", "from: string")(parse_date_time)
builtin("time", "from: string")(parse_time)
builtin("duration", "from: string")(parse_duration)


@builtin("date", "from: date|datetime")
def date_of(value: w.AnyDate | w.AnyDateTime) -> w.AnyDate:
    return w.make_date(value.year, value.month, value.day)


@builtin("date", "year: number, month: number, day: number")
def date_from_parts(year: Decimal, month: Decimal, day: Decimal) -> w.AnyDate:
    return w.make_date(whole(year, "date"), whole(month, "date"), whole(day, "date"))


@builtin("date and time", "date: date|datetime, time: time")
def date_and_time(day: w.AnyDate | w.AnyDateTime, clock: w.AnyTime) -> w.AnyDateTime:
    return w.combine(date_of(day), clock)


@builtin("time", "from: time|datetime|date")
def time_of(value: Value) -> w.AnyTime:
    """The time of day with its zone; a date's is midnight in UTC."""
    of = kind(value)
    if of == "date":
        return w.make_time(0, 0, 0, 0, UTC)
    return value if of == "time" else w.time_part(value)


@builtin("time", "hour: number, minute: number, second: number, offset?: days|null")
def time_from_parts(hour: Decimal, minute: Decimal, second: Decimal, offset: w.AnyDuration | None = None) -> w.AnyTime:
    """The second may have a fraction; the offset is a days and time duration."""
    total = DECIMAL128.multiply(second, Decimal(w.SECOND))
    seconds, fraction = divmod(whole(total, "time"), w.SECOND)
    zone = None
    if offset is not None:
        if not isinstance(offset, timedelta):
            raise Null("invalid", function="time", value=to_string(offset))
        zone = fixed_zone(offset)
    return w.make_time(whole(hour, "time"), whole(minute, "time"), seconds, fraction, zone)


@builtin("years and months duration", "from: date|datetime, to: date|datetime")
def years_and_months_duration(start: Value, end: Value) -> YearsMonths:
    """Whole months from `start` to `end`, negative when `end` comes first. Of a date and time only the date
    counts, as a duration of years and months has no smaller part."""
    backwards = _day(end) < _day(start)
    return YearsMonths(-_whole_months(end, start) if backwards else _whole_months(start, end))


def _day(value: Value) -> tuple[int, int, int]:
    return value.year, value.month, value.day


def _whole_months(start: Value, end: Value) -> int:
    (year, month, day), (end_year, end_month, end_day) = _day(start), _day(end)
    return (end_year - year) * 12 + end_month - month - (end_day < day)


@builtin("string", "from: any")
def string(value: Value) -> str | None:
    return string_of(value)


@builtin("number", "from: string, grouping separator?: string|null, decimal separator?: string|null")
def number(text: str, grouping: str | None = None, point: str | None = None) -> Decimal:
    """A number from text; grouping is " ", "," or ".", the decimal separator "." or ",", and they must
    differ."""
    if grouping not in (None, " ", ",", ".") or point not in (None, ".", ",") or (grouping and grouping == point):
        raise Null("invalid", function="number", value=f"{grouping} {point}")
    plain = text.replace(grouping, "") if grouping else text
    if point and point != ".":
        if "." in plain:
            raise Null("invalid", function="number", value=text)
        plain = plain.replace(point, ".")
    if not _NUMBER.fullmatch(plain):
        raise Null("invalid", function="number", value=text)
    try:
        return DECIMAL128.create_decimal(plain)
    except ArithmeticError:
        raise Null("overflow") from None


@builtin("not", "negand: any")
def negated(value: Value) -> bool | None:
    return not value if isinstance(value, bool) else None


@builtin("is", "value1: any, value2: any")
def is_same(value1: Value, value2: Value) -> bool:
    """Whether both are the same element of the semantic domain: unlike `=`, never null, and times must
    share their zone as well."""
    if kind(value1) != kind(value2):
        return False
    if kind(value1) in ("time", "date and time") and _zone(value1) != _zone(value2):
        return False
    return equal(value1, value2) is True


def _zone(value: Value) -> object:
    """A named zone by its name (two zones of one offset are two), else the offset, Z being +00:00."""
    named = zone_text(value.tzinfo)
    return named if named.startswith("@") else w.offset_of(value)
