"""On which days a birthday or an anniversary falls. Pure.

A lunar birthday is given by the numbers of its lunar month and day (农历正月二十 is written 01-20) and comes on another
day of every year. A day that a year does not have is kept on the last day of its month: 29 February on the 28th, the
30th of a lunar month on the 29th. Of a leap month (闰月) and its twin, the ordinary month counts. Lunar dates are those
of GB/T 33661-2017, computed by lunar_python (MIT).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

Calendar = Literal["solar", "lunar"]


def occurrences(born: date, calendar: str, first: date, last: date) -> Iterator[date]:
    """Days from `first` to `last` (both count) on which the day of `born` comes round; its own year is none.

    `calendar`: solar, or lunar: then month and day of `born` are those of the lunar calendar.
    """
    years = range(first.year - 1, last.year + 1) if calendar == "lunar" else range(first.year, last.year + 1)
    for year in years:
        day = _lunar(born, year) if calendar == "lunar" else _solar(born, year)
        if first <= day <= last and year > born.year:
            yield day


def _solar(born: date, year: int) -> date:
    return date(year, born.month, min(born.day, monthrange(year, born.month)[1]))


def _lunar(born: date, year: int) -> date:
    first, days = _months(year)[born.month]
    return first + timedelta(days=min(born.day, days) - 1)


@lru_cache(maxsize=128)
def _months(year: int) -> Mapping[int, tuple[date, int]]:
    """Ordinary month of a lunar year -> its first day in the solar calendar, and how many days it has."""
    from lunar_python import LunarYear, Solar  # its tables take a while to load

    found = {}
    for one in LunarYear.fromYear(year).getMonthsInYear():
        if not one.isLeap():
            first = Solar.fromJulianDay(one.getFirstJulianDay())
            found[one.getMonth()] = (date(first.getYear(), first.getMonth(), first.getDay()), one.getDayCount())
    return found
