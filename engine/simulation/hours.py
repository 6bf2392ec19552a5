"""A calendar as stretches of open seconds, so that a million looks cost nothing. Law: exact for every second in reach.

Beyond what was laid out the days are laid out on, a year at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta

from engine.process.businesstime import BusinessCalendar

YEAR = 366


class Hours:
    """Open time of a calendar, counted from a beginning."""

    __slots__ = ("_begin", "_calendar", "_day", "ends", "starts", "worked")

    def __init__(self, calendar: BusinessCalendar, begin: datetime) -> None:
        self._calendar, self._begin = calendar, begin
        self._day = begin.astimezone(calendar.zone).date()
        self.starts: list[float] = []
        self.ends: list[float] = []
        self.worked: list[float] = [0.0]
        """Open seconds before each stretch."""
        self._lay_out()

    def _lay_out(self) -> None:
        for _ in range(YEAR):
            for start, end in self._calendar.hours_of(self._day):
                opens = max(0.0, (start - self._begin).total_seconds())
                closes = (end - self._begin).total_seconds()
                if closes > opens:
                    self.starts.append(opens)
                    self.ends.append(closes)
                    self.worked.append(self.worked[-1] + closes - opens)
            self._day += timedelta(days=1)
        if not self.starts:
            raise ValueError("the calendar has no open hour in a year")

    def open_at(self, at: float) -> float:
        """Open seconds from the beginning until a moment."""
        while at > self.ends[-1]:
            self._lay_out()
        place = bisect_right(self.starts, at) - 1
        return 0.0 if place < 0 else self.worked[place] + min(at, self.ends[place]) - self.starts[place]

    def moment(self, worked: float) -> float:
        """When so many open seconds have passed since the beginning; at a border, the end of the stretch before."""
        while worked > self.worked[-1]:
            self._lay_out()
        if worked <= 0:
            return self.starts[0]
        place = bisect_right(self.worked, worked) - 1
        if self.worked[place] == worked:
            place -= 1
        return self.starts[place] + worked - self.worked[place]

    def after(self, at: float, span: float) -> float:
        """The moment when `span` open seconds after `at` have passed; with no span the next open moment."""
        worked = self.open_at(at)
        if span > 0:
            return self.moment(worked + span)
        place = bisect_right(self.ends, at)
        return max(at, self.starts[place]) if place < len(self.starts) else self.moment(worked)
