"""On which days a birthday or an anniversary falls. Pure.

A lunar birthday is given by the numbers of its lunar month and day (农历正月二十 is written 01-20) and comes on another
day of every year. A day that a year does not have is kept on the last day of its month: 29 February on the 28th, the
30th of a lunar month on the 29th. Of a leap month (闰月) and its twin, the ordinary month counts. Lunar dates are those
of GB/T 33661-2017, computed by lunar_python (MIT).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
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
    from lunar_python import Lunar, LunarMonth  # its tables take a while to load

    days = LunarMonth.fromYm(year, born.month).getDayCount()
    found = Lunar.fromYmd(year, born.month, min(born.day, days)).getSolar()
    return date(found.getYear(), found.getMonth(), found.getDay())
