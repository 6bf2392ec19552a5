"""The business calendar as a value. Law: no clock and no look-up here; what a day is was decided when it was built.

A working day is a weekday that is no holiday, or a weekend day that the state declared a make-up working day
(China's 调休). `engine.calendars` builds the value from national holidays and the firm's own table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import reduce
from zoneinfo import ZoneInfo

SEARCH_LIMIT_DAYS = 4000
"""A calendar in which no working day comes for eleven years is a mistake, not a long holiday."""


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Working days and hours of one place. `zone` is the zone in which days begin and end.

    `holidays` are days off that are no weekend, `working_weekends` weekend days on which people work, `weekend` the
    numbers of weekend days (Monday 0), `pauses` what lies between the hours of a day (lunch), in order.
    """

    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    holidays: frozenset[date] = frozenset()
    working_weekends: frozenset[date] = frozenset()
    day_start: time = time(9, 0)
    day_end: time = time(18, 0)
    pauses: tuple[tuple[time, time], ...] = ()
    weekend: frozenset[int] = frozenset({5, 6})

    def is_working(self, day: date) -> bool:
        """Whether people work on `day`."""
        if day in self.working_weekends:
            return True
        return day.weekday() not in self.weekend and day not in self.holidays

    def add_working_days(self, day: date, count: int) -> date:
        """The day `count` working days after `day` (before it, for a negative count); 0 moves to the next one.

        The day itself never counts (T28: 26 Sep 2025 + 2 = 29 Sep, over a make-up Sunday).
        """
        one = timedelta(days=1 if count >= 0 else -1)
        left = abs(count)
        for _ in range(SEARCH_LIMIT_DAYS):
            if left == 0 and self.is_working(day):
                return day
            day += one
            if self.is_working(day):
                left = max(0, left - 1)
        raise ValueError(f"no working day found near {day}")

    def shift(self, moment: datetime, count: int) -> datetime:
        """`moment` moved by working days at the same wall-clock time of the calendar's zone."""
        local = moment.astimezone(self.zone)
        day = self.add_working_days(local.date(), count)
        return datetime.combine(day, local.timetz().replace(tzinfo=None), self.zone)

    def due(self, now: datetime, count: int) -> datetime:
        """The end of the working day that lies `count` working days after `now`: when a task of that length is due."""
        day = self.add_working_days(now.astimezone(self.zone).date(), count)
        return datetime.combine(day, self.day_end, self.zone)

    def hours_of(self, day: date) -> list[tuple[datetime, datetime]]:
        """The spans in which people work on `day`, in UTC and in order; none on a day off."""
        if not self.is_working(day):
            return []
        first, last = self.day_start, self.day_end
        inner = (min(max(edge, first), last) for pause in self.pauses for edge in pause)
        edges = [first, *inner, last]
        moments = [datetime.combine(day, edge, self.zone).astimezone(UTC) for edge in edges]
        return [(start, end) for start, end in zip(moments[::2], moments[1::2], strict=True) if start < end]

    def is_open(self, moment: datetime) -> bool:
        """Whether people work at this moment."""
        at = moment.astimezone(UTC)
        return any(start <= at < end for start, end in self.hours_of(moment.astimezone(self.zone).date()))

    def add_working_time(self, moment: datetime, span: timedelta) -> datetime:
        """The moment by which `span` (not negative) of working time has passed since `moment`."""
        left, at = span, moment.astimezone(UTC)
        for start, end in self._hours_from(at):
            if left <= end - start:
                return (start + left).astimezone(self.zone)
            left -= end - start
        raise ValueError(f"no working hours found after {moment}")

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`; nothing when `end` lies before it."""
        total, last = timedelta(0), end.astimezone(UTC)
        for begin, over in self._hours_from(start.astimezone(UTC)):
            if begin >= last:
                break
            total += min(over, last) - begin
        return total

    def _hours_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = at.astimezone(self.zone).date()
        for ahead in range(SEARCH_LIMIT_DAYS):
            for start, end in self.hours_of(day + timedelta(days=ahead)):
                if end > at:
                    yield max(start, at), end

    def joined(self, other: BusinessCalendar) -> BusinessCalendar:
        """Where both must work (a payment in two currencies): the days of both, this one's zone and pauses, the later
        beginning and the earlier end by the clock."""
        weekend = self.weekend | other.weekend
        mixed = {day for day in self.working_weekends | other.working_weekends if not self._both(other, day)}
        return replace(
            self,
            holidays=self.holidays | other.holidays | mixed,
            working_weekends=frozenset(d for d in self.working_weekends | other.working_weekends if d not in mixed),
            day_start=max(self.day_start, other.day_start),
            day_end=min(self.day_end, other.day_end),
            weekend=weekend,
        )

    def _both(self, other: BusinessCalendar, day: date) -> bool:
        return self.is_working(day) and other.is_working(day)


class Calendars(Mapping[str, BusinessCalendar]):
    """Calendars by name; `cn+hk` is the one in which both work."""

    __slots__ = ("_named",)

    def __init__(self, named: Mapping[str, BusinessCalendar] | None = None) -> None:
        self._named = dict(named or {})

    def __getitem__(self, name: str) -> BusinessCalendar:
        known = self._named.get(name)
        if known is not None:
            return known
        parts = [part.strip() for part in name.split("+")]
        return reduce(BusinessCalendar.joined, [self._named[part] for part in parts])

    def __iter__(self) -> Iterator[str]:
        yield from self._named

    def __len__(self) -> int:
        return len(self._named)

    def find(self, name: object) -> BusinessCalendar:
        """The calendar of that name. ValueError names those that there are."""
        try:
            return self[str(name)]
        except KeyError:
            raise ValueError(f"there is no calendar “{name}” (there are: {', '.join(self) or '—'})") from None
