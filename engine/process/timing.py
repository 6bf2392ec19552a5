"""Moments, durations and cycles of timers. Law: pure arithmetic; days are wall-clock days of the zone, hours are real.

Formats: ISO 8601 dates, date-times, durations (`P1Y2M3DT4H5M6S`, `P2W`), repeating intervals (`R3/PT1H`,
`R/2026-01-01T09:00/P1D`, `R2/PT1H/2026-02-01T00:00`), cron in five fields or in six and seven (seconds first, Quartz),
and working days and hours (`3BD`, `4BH`), which only the business calendar knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.feel import YearsMonths
from engine.process.businesstime import BusinessCalendar
from engine.process.cron import Cron

_DURATION = re.compile(
    r"([+-]?)P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_WORKING = re.compile(r"([+-]?\d+)\s*B([DH])", re.IGNORECASE)
FOREVER = -1
"""The repetitions of a cycle without a number."""


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time: calendar months and days, working days, real seconds, and seconds of working time."""

    months: int = 0
    days: int = 0
    working_days: int = 0
    seconds: float = 0.0
    working_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Cycle:
    """A repetition: `count` occurrences (FOREVER: without end), each `every` after the one before, or by `cron`."""

    count: int
    every: str = ""
    first: datetime | None = None
    last: datetime | None = None
    cron: bool = False


def read_period(value: Any) -> Period:
    """A period from ISO text, `3BD`, a timedelta or YearsMonths. Raises ValueError."""
    if isinstance(value, timedelta):
        rest = value - timedelta(days=value.days)
        return Period(days=value.days, seconds=rest.total_seconds())
    if isinstance(value, YearsMonths):
        return Period(months=value.months)
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration")
    return _period_of(value.strip())


@lru_cache(maxsize=1024)
def _period_of(text: str) -> Period:
    """Of a text; a model says the same few again and again."""
    if working := _WORKING.fullmatch(text):
        if working[2] in "Dd":
            return Period(working_days=int(working[1]))
        return Period(working_seconds=int(working[1]) * 3600)
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"“{text}” is not an ISO 8601 duration")
    sign = -1 if found[1] == "-" else 1
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[1:7])
    seconds = hours * 3600 + minutes * 60 + float(found[8] or 0)
    return Period(sign * (years * 12 + months), sign * (weeks * 7 + days), 0, sign * seconds)


def add(moment: datetime, period: Period, zone: tzinfo, calendar: BusinessCalendar) -> datetime:
    """`moment` plus `period`: months and days by the zone's clock on the wall, the rest by real time.

    A month's last day is not passed (31 Jan + 1 month = 28 or 29 Feb); working days keep the hour of the day.
    """
    if period.months or period.days:
        local = moment.astimezone(zone)
        day = _add_months(local.date(), period.months) if period.months else local.date()
        day += timedelta(days=period.days)
        moment = _on_clock(day, local.time(), zone, local.fold)
    if period.working_days:
        moment = calendar.shift(moment, period.working_days)
    if period.working_seconds:
        moment = _add_working(moment, period.working_seconds, calendar)
    if period.seconds:
        moment = (moment.astimezone(UTC) + timedelta(seconds=period.seconds)).astimezone(zone)
    return moment


def _add_working(moment: datetime, seconds: float, calendar: BusinessCalendar) -> datetime:
    if seconds < 0:
        raise ValueError("working hours are counted forwards")
    return calendar.add_working_time(moment, timedelta(seconds=seconds))


def _add_months(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def _on_clock(day: date, clock: time, zone: tzinfo, fold: int) -> datetime:
    """The wall-clock time on that day; one that a change of clocks skips moves on by the gap."""
    local = datetime.combine(day, clock.replace(tzinfo=None), zone).replace(fold=fold)
    return local.astimezone(UTC).astimezone(zone)


_NAMED_ZONE = re.compile(r"(.+)\[([^\[\]]+)\]")


def read_moment(value: Any, zone: tzinfo) -> datetime:
    """A point in time from a date-time, a date (its midnight) or ISO text; `zone` where none is said. ValueError."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value, time(), zone)
    if isinstance(value, str):
        text = value.strip()
        if named := _NAMED_ZONE.fullmatch(text):  # as Java writes it: the offset counts, the name explains
            text = named[1] if datetime.fromisoformat(named[1]).tzinfo else f"{named[1]}@{named[2]}"
        plain, _, name = text.partition("@")
        if name:
            try:
                return datetime.fromisoformat(plain).replace(tzinfo=ZoneInfo(name))
            except ZoneInfoNotFoundError as error:
                raise ValueError(f"there is no time zone “{name}”") from error
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    raise ValueError(f"{value!r} is not a point in time")


def read_cycle(value: Any, zone: tzinfo) -> Cycle:
    """A repeating interval, a cron expression, or a plain duration (one without end). Raises ValueError."""
    if not isinstance(value, str):
        read_period(value)
        raise ValueError(f"{value!r} is not a cycle: write R/PT1H or a cron expression as text")
    text = value.strip()
    if text.startswith("R"):
        return _repeating(text, zone)
    if text.startswith(("P", "-P", "+P")):
        read_period(text)
        return Cycle(FOREVER, text)
    Cron.read(text)
    return Cycle(FOREVER, text, cron=True)


def _repeating(text: str, zone: tzinfo) -> Cycle:
    head, *parts = text.split("/")
    if not re.fullmatch(r"R-?\d*", head) or not 1 <= len(parts) <= 2:
        raise ValueError(f"“{text}” is not a repeating interval")
    count = int(head[1:]) if head[1:] not in ("", "-1") else FOREVER
    durations = [part for part in parts if part.lstrip("+-").startswith("P")]
    moments = [read_moment(part, zone) for part in parts if not part.lstrip("+-").startswith("P")]
    if len(moments) == 2:  # from … to: as long as that, again and again
        length = (moments[1] - moments[0]).total_seconds()
        if length <= 0:
            raise ValueError(f"“{text}” ends before it begins")
        return Cycle(count, f"PT{length:.6f}S", first=moments[0])
    if not durations:
        raise ValueError(f"“{text}” has no interval")
    read_period(durations[0])
    if moments and parts[0] != durations[0]:
        return Cycle(count, durations[0], first=moments[0])
    return Cycle(count, durations[0], last=moments[0] if moments else None)


def first_due(cycle: Cycle, now: datetime, zone: tzinfo, calendar: BusinessCalendar) -> datetime | None:
    """When a cycle that begins now is due first; None when it is over already."""
    if cycle.first is not None:
        return _not_after(cycle.first, cycle)
    found = following(cycle, now, cycle.count, now, zone, calendar)
    return found[0] if found is not None else None


def following(
    cycle: Cycle,
    due: datetime,
    left: int,
    now: datetime,
    zone: tzinfo,
    calendar: BusinessCalendar,
    *,
    each: bool = False,
    begun: datetime | None = None,
) -> tuple[datetime, int] | None:
    """(the occurrence after `due`, how many are left with it), or None when the cycle is over.

    `left`: occurrences after `due` (FOREVER: without end). What was missed before `now` is passed over and used up,
    so that a stop of days gives one catch-up and no burst; with `each` every occurrence comes. The n-th occurrence is
    the first one (`begun`, else what the cycle names) plus n intervals (ISO 8601-1 §5.6): a short month or a night
    with a change of clocks moves its own occurrence, not those behind it.
    """
    if not left:
        return None
    due = due.astimezone(UTC)  # moments of one zone would be compared by the clock on the wall
    after = due if each else max(due, now.astimezone(UTC))
    if cycle.cron:
        found, used = Cron.read(cycle.every).after(after, zone), 1
    else:
        found, used = _first_after(cycle, (begun or cycle.first or due).astimezone(UTC), due, after, zone, calendar)
    if found is None or (left != FOREVER and used > left) or _not_after(found, cycle) is None:
        return None
    return found, left if left == FOREVER else left - used + 1


def _first_after(
    cycle: Cycle, begun: datetime, due: datetime, after: datetime, zone: tzinfo, calendar: BusinessCalendar
) -> tuple[datetime, int]:
    """(the first occurrence after `after`, how many places behind `due` it stands)."""
    period = read_period(cycle.every)
    if add(due, period, zone, calendar).astimezone(UTC) <= due:
        raise ValueError(f"“{cycle.every}” does not move on")
    if period.working_days or period.working_seconds:
        later, used = add(due, period, zone, calendar), 1
        while later.astimezone(UTC) <= after:
            later, used = add(later, period, zone, calendar), used + 1
        return later, used
    if begun > due:  # the first occurrence was moved: count from where the cycle stands
        begun = due
    next_, this = _turn(begun, period, after, zone, calendar), _turn(begun, period, due, zone, calendar)
    return add(begun, _times(period, next_), zone, calendar), next_ - this + 1


def _turn(begun: datetime, period: Period, after: datetime, zone: tzinfo, calendar: BusinessCalendar) -> int:
    """The number of the first occurrence after a moment; `begun` is number 0."""
    longest = (period.months * 31 + period.days) * 86_400 + period.seconds + 7_200
    turn = max(0, int((after - begun).total_seconds() / longest))
    if not period.months and not period.days:
        turn = max(0, int((after - begun) / timedelta(seconds=period.seconds)) - 1)
    while add(begun, _times(period, turn), zone, calendar).astimezone(UTC) <= after:
        turn += 1
    return turn


def _times(period: Period, count: int) -> Period:
    return Period(period.months * count, period.days * count, 0, period.seconds * count)


def drifts(cycle: Cycle) -> bool:
    """Whether the cycle's first moment must be remembered: its days and months are counted from there."""
    return not cycle.cron and cycle.first is None and cycle.every.lstrip("+-")[1:2] != "T"


def _not_after(due: datetime, cycle: Cycle) -> datetime | None:
    return due if cycle.last is None or due <= cycle.last else None
