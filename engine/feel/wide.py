"""Dates and times that Python's own types cannot hold: years outside 1..9999 and parts of a microsecond.

FEEL knows the years -999,999,999 to 999,999,999 and fractions of a second (DMN 1.5 §10.3.2.3, after XML
Schema and ISO 8601). The builders yield Python's types whenever these suffice, so that the ordinary path
never meets a wide value. Calendar arithmetic is proleptic Gregorian with a year 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final, TypeAlias

from engine.feel.reasons import Null

MAX_YEAR: Final = 999_999_999
SECOND: Final = 1_000_000_000
DAY: Final = 86_400 * SECOND
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class WideDate:
    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class WideTime:
    hour: int
    minute: int
    second: int
    nanosecond: int
    tzinfo: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class WideDateTime:
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    tzinfo: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class WideDuration:
    """A days and time duration that timedelta cannot hold: `nanoseconds` in all."""

    nanoseconds: int


AnyDate: TypeAlias = date | WideDate
AnyTime: TypeAlias = time | WideTime
AnyDateTime: TypeAlias = datetime | WideDateTime
AnyDuration: TypeAlias = timedelta | WideDuration


def days_in_month(year: int, month: int) -> int:
    """The length of the month, in days."""
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap else _MONTH_DAYS[month - 1]


def make_date(year: int, month: int, day: int) -> AnyDate:
    """The date; raises Null when there is none such."""
    if not (-MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12 and 1 <= day <= days_in_month(year, month)):
        raise Null("years")
    return date(year, month, day) if 1 <= year <= 9999 else WideDate(year, month, day)


def make_time(hour: int, minute: int, second: int, nanosecond: int, zone: tzinfo | None) -> AnyTime:
    """The time of day; raises Null when there is none such."""
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= nanosecond < SECOND):
        raise Null("years")
    if nanosecond % 1000:
        return WideTime(hour, minute, second, nanosecond, zone)
    return time(hour, minute, second, nanosecond // 1000, zone)


def combine(day: AnyDate, clock: AnyTime) -> AnyDateTime:
    """The date and time at `clock` on `day`, in the zone of `clock`."""
    if isinstance(day, date) and isinstance(clock, time):
        return datetime.combine(day, clock)
    return WideDateTime(
        day.year, day.month, day.day, clock.hour, clock.minute, clock.second, nanos(clock), clock.tzinfo
    )


def nanos(value: AnyTime | AnyDateTime) -> int:
    """The fraction of the second, in nanoseconds."""
    if isinstance(value, WideTime | WideDateTime):
        return value.nanosecond
    return value.microsecond * 1000


def date_part(value: AnyDateTime) -> AnyDate:
    """The calendar day."""
    return value.date() if isinstance(value, datetime) else make_date(value.year, value.month, value.day)


def time_part(value: AnyDateTime) -> AnyTime:
    """The time of day, with its zone."""
    if isinstance(value, datetime):
        return value.timetz()
    return make_time(value.hour, value.minute, value.second, value.nanosecond, value.tzinfo)


def day_number(value: AnyDate | AnyDateTime) -> int:
    """Days since 0000-03-01 (the civil-day algorithm of Howard Hinnant)."""
    year = value.year - (value.month <= 2)
    month = (value.month + 9) % 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + value.day - 1


def from_day_number(days: int) -> AnyDate:
    """The inverse of `day_number`."""
    era, of_era = divmod(days, 146_097)
    of_cycle = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * of_cycle + of_cycle // 4 - of_cycle // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return make_date(of_cycle + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1)


def clock_nanos(value: AnyTime | AnyDateTime) -> int:
    """Nanoseconds since midnight on the wall clock."""
    return (value.hour * 3600 + value.minute * 60 + value.second) * SECOND + nanos(value)


def from_clock_nanos(total: int, zone: tzinfo | None) -> AnyTime:
    """The time of day that many nanoseconds after midnight (of any day)."""
    seconds, fraction = divmod(total % DAY, SECOND)
    return make_time(seconds // 3600, seconds // 60 % 60, seconds % 60, fraction, zone)


def wall_nanos(value: AnyDateTime) -> int:
    """Nanoseconds on the wall clock since 0000-03-01T00:00:00."""
    return day_number(value) * DAY + clock_nanos(value)


def from_wall_nanos(total: int, zone: tzinfo | None) -> AnyDateTime:
    """The inverse of `wall_nanos`."""
    days, rest = divmod(total, DAY)
    return combine(from_day_number(days), from_clock_nanos(rest, zone))


def offset_of(value: AnyTime | AnyDateTime) -> timedelta | None:
    """The offset from UTC; None without a zone, or for a time of day whose zone has no fixed offset."""
    if value.tzinfo is None:
        return None
    if isinstance(value, datetime | time):
        return value.utcoffset()
    if isinstance(value, WideTime) or isinstance(value.tzinfo, timezone):
        return value.tzinfo.utcoffset(None)
    # The rules of a zone repeat every 400 years.
    year = value.year if 1 <= value.year <= 9999 else (9600 if value.year > 9999 else 400) + value.year % 400
    near = datetime(year, value.month, value.day, value.hour, value.minute, value.second)
    return value.tzinfo.utcoffset(near)


def in_zone(value: AnyTime | AnyDateTime, zone: tzinfo) -> AnyTime | AnyDateTime:
    """The same clock in another zone."""
    if isinstance(value, datetime | time):
        return value.replace(tzinfo=zone)
    return replace(value, tzinfo=zone)


def instant(value: AnyDateTime) -> int:
    """`wall_nanos` in UTC for a value with a zone, on its own clock for one without."""
    offset = offset_of(value)
    return wall_nanos(value) - (duration_nanos(offset) if offset else 0)


def at_instant(total: int, zone: tzinfo) -> AnyDateTime:
    """The inverse of `instant`: the clock that `zone` shows that many nanoseconds after
    0000-03-01T00:00:00Z."""
    utc = from_wall_nanos(total, UTC)
    if isinstance(utc, datetime) and 1 < utc.year < 9999:
        return utc.astimezone(zone)
    offset = offset_of(from_wall_nanos(total, zone)) or timedelta(0)
    return from_wall_nanos(total + duration_nanos(offset), zone)


def duration_nanos(value: AnyDuration) -> int:
    """All of a days and time duration in nanoseconds."""
    if isinstance(value, WideDuration):
        return value.nanoseconds
    return ((value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds) * 1000


def make_duration(nanoseconds: int) -> AnyDuration:
    """The days and time duration of that many nanoseconds."""
    if nanoseconds % 1000 or abs(nanoseconds) >= 999_999_999 * DAY:
        return WideDuration(nanoseconds)
    return timedelta(microseconds=nanoseconds // 1000)
