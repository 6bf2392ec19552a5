"""Text into dates, times and durations (DMN 1.5 §10.3.4.1, after XML Schema part 2 and ISO 8601; zones by
IANA name)."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from engine.feel import wide as w
from engine.feel.reasons import Null
from engine.feel.values import Value, YearsMonths

MAX_OFFSET: Final = timedelta(hours=18)
"""Farthest offset from UTC (as java.time and the DMN test cases have it; XML Schema stops at 14 hours)."""

_DATE: Final = r"(?P<year>-?(?:[1-9]\d{4,8}|\d{4}))-(?P<month>\d\d)-(?P<day>\d\d)"
_TIME: Final = (
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?P<zone>Z|z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z][A-Za-z0-9_+\-/]*)?"
)
_DATE_ONLY: Final = re.compile(_DATE, re.ASCII)
_TIME_ONLY: Final = re.compile(_TIME, re.ASCII)
_BOTH: Final = re.compile(f"{_DATE}T{_TIME}", re.ASCII)
_YEARS: Final = re.compile(r"(-)?P(?=\d)(?:(\d{1,20})Y)?(?:(\d{1,20})M)?", re.ASCII)
_DAYS: Final = re.compile(
    r"(-)?P(?=\d|T\d)(?:(\d{1,20})D)?(?:T(?=\d)(?:(\d{1,20})H)?(?:(\d{1,20})M)?(?:(\d{1,20})(?:\.(\d*))?S)?)?",
    re.ASCII,
)


def parse_date(text: str) -> w.AnyDate:
    """`2026-03-31`; raises Null for what is no date."""
    match = _DATE_ONLY.fullmatch(text)
    if match is None:
        raise Null("invalid", function="date", value=text)
    return _date_of(match)


def parse_time(text: str) -> w.AnyTime:
    """`10:30:00`, with fraction, offset, `Z` or `@zone`; 24:00:00 is midnight. Raises Null."""
    match = _TIME_ONLY.fullmatch(text)
    if match is None:
        raise Null("invalid", function="time", value=text)
    return _time_of(match)[0]


def parse_date_time(text: str) -> w.AnyDateTime:
    """`2026-03-31T10:30:00@Asia/Shanghai`; a date alone is its midnight. Raises Null."""
    match = _BOTH.fullmatch(text)
    if match is not None:
        clock, next_day = _time_of(match)
        day = _date_of(match)
        if next_day:
            day = w.from_day_number(w.day_number(day) + 1)
        return w.combine(day, clock)
    if _DATE_ONLY.fullmatch(text):
        return w.combine(parse_date(text), w.make_time(0, 0, 0, 0, None))
    raise Null("invalid", function="date and time", value=text)


def _date_of(match: re.Match[str]) -> w.AnyDate:
    return w.make_date(int(match["year"]), int(match["month"]), int(match["day"]))


def _time_of(match: re.Match[str]) -> tuple[w.AnyTime, bool]:
    """The time, and whether it was written 24:00:00."""
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    fraction = int((match["fraction"] or "0")[:9].ljust(9, "0"))
    end_of_day = hour == 24 and minute == second == fraction == 0
    zone = parse_zone(match["zone"]) if match["zone"] else None
    return w.make_time(0 if end_of_day else hour, minute, second, fraction, zone), end_of_day


def parse_zone(text: str) -> tzinfo:
    """`Z`, `+08:00` or `@Asia/Shanghai`; raises Null for an unknown zone or an offset beyond MAX_OFFSET."""
    if text in ("Z", "z"):
        return UTC
    if text[0] == "@":
        return _named_zone(text[1:])
    hours, minutes, seconds = (int(part) for part in (text[1:] + ":00").split(":")[:3])
    if minutes > 59 or seconds > 59:
        raise Null("invalid", function="time", value=text)
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return fixed_zone(-offset if text[0] == "-" else offset)


def fixed_zone(offset: timedelta) -> tzinfo:
    """The zone of a fixed offset; raises Null beyond MAX_OFFSET."""
    if abs(offset) > MAX_OFFSET:
        raise Null("invalid", function="time", value=str(offset))
    return timezone(offset) if offset else UTC


@lru_cache(maxsize=1024)
def _known_zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def _named_zone(name: str) -> tzinfo:
    zone = _known_zone(name)
    if zone is None:
        raise Null("invalid", function="time zone", value=name)
    return zone


def parse_duration(text: str) -> Value:
    """`P1Y2M` as a years and months duration, `P1DT2H3M4.5S` as a days and time duration; raises Null."""
    match = _YEARS.fullmatch(text)
    if match is not None:
        sign, years, months = match.groups()
        total = int(years or 0) * 12 + int(months or 0)
        return YearsMonths(-total if sign else total)
    match = _DAYS.fullmatch(text)
    if match is None:
        raise Null("invalid", function="duration", value=text)
    sign, days, hours, minutes, seconds, fraction = match.groups()
    whole = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    total = whole * w.SECOND + int((fraction or "0")[:9].ljust(9, "0"))
    return w.make_duration(-total if sign else total)


def parse_at(text: str) -> Value:
    """What `@"…"` means: a date, a date and time, a time or a duration; raises Null for anything else."""
    for pattern, parse in (
        (_BOTH, parse_date_time),
        (_DATE_ONLY, parse_date),
        (_TIME_ONLY, parse_time),
    ):
        if pattern.fullmatch(text):
            return parse(text)
    return parse_duration(text)
