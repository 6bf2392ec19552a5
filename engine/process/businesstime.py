"""The business calendar as a value. Law: no clock and no look-up here; what a day is was decided when it was built.

A working day is a weekday that is no holiday, or a weekend day that the state declared a make-up working day
(China's 调休). `engine.calendars` builds the value from national holidays and the firm's own table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

SEARCH_LIMIT_DAYS = 4000
"""A calendar in which no working day comes for eleven years is a mistake, not a long holiday."""


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Working days and hours of one place. `zone` is the zone in which days begin and end."""

    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    holidays: frozenset[date] = frozenset()
    working_weekends: frozenset[date] = frozenset()
    day_start: time = time(9, 0)
    day_end: time = time(18, 0)

    def is_working(self, day: date) -> bool:
        """Whether people work on `day`."""
        if day in self.working_weekends:
            return True
        return day.weekday() < 5 and day not in self.holidays

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


