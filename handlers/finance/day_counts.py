"""Days and years between two dates as loan contracts count them. Dates are days of the contract's zone; the first
counts, the last does not.

Sources: 2006 ISDA Definitions §4.16 (b) ACT/ACT, (d) ACT/365 (Fixed), (e) ACT/360, (f) 30/360, (g) 30E/360; the
American 30/360 with its rule for the end of February after the Standard Securities Calculation Methods (SIFMA).
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from handlers.finance.exact import CENT, ZERO, inside, refused, rounded


def actual_days(start: date, end: date) -> int:
    """Days of the calendar from start to end."""
    return (end - start).days


def thirty_days_us(start: date, end: date) -> int:
    """Every month has 30 days. The end of February counts as the 30th at the start, and at the end if at both."""
    first, last = start.day, end.day
    if _end_of_february(start):
        first = 30
        if _end_of_february(end):
            last = 30
    if last == 31 and first >= 30:
        last = 30
    return _thirty(start, end, min(first, 30), last)


def thirty_days_bond(start: date, end: date) -> int:
    """30/360 of ISDA: as the American one, with February as the calendar has it."""
    first = min(start.day, 30)
    last = 30 if end.day == 31 and first == 30 else end.day
    return _thirty(start, end, first, last)


def thirty_days_european(start: date, end: date) -> int:
    """30E/360: a 31st is a 30th at both ends."""
    return _thirty(start, end, min(start.day, 30), min(end.day, 30))


def _thirty(start: date, end: date, first: int, last: int) -> int:
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def _end_of_february(day: date) -> bool:
    return day.month == 2 and day.day == calendar.monthrange(day.year, 2)[1]


def _over(days: Callable[[date, date], int], year: int) -> Callable[[date, date], Decimal]:
    def fraction(start: date, end: date) -> Decimal:
        return Decimal(days(start, end)) / year

    return fraction


def _actual_actual(start: date, end: date) -> Decimal:
    """Days in leap years ÷ 366 + days in others ÷ 365."""
    total = ZERO
    for year in range(start.year, end.year + 1):
        begins, ends = max(start, date(year, 1, 1)), min(end, date(year + 1, 1, 1))
        total += Decimal((ends - begins).days) / (366 if calendar.isleap(year) else 365)
    return total


CONVENTIONS: Mapping[str, Callable[[date, date], Decimal]] = {
    "act_360": _over(actual_days, 360),
    "act_365": _over(actual_days, 365),
    "act_act_isda": _actual_actual,
    "thirty_360_us": _over(thirty_days_us, 360),
    "thirty_360_bond": _over(thirty_days_bond, 360),
    "thirty_e_360": _over(thirty_days_european, 360),
}
"""Name -> years between two dates."""


@inside
def year_fraction(start: date, end: date, convention: str) -> Decimal:
    """The part of a year from start to end, unrounded. InvalidInput: unknown convention, end before start."""
    counting = CONVENTIONS.get(convention)
    if counting is None:
        known = ", ".join(CONVENTIONS)
        raise refused(
            "day_count", f"unknown: {convention} (there are: {known})", f"未知的计息基准：{convention}（可选：{known}）"
        )
    if end < start:
        raise refused("end", f"{end} lies before {start}", f"{end} 早于 {start}")
    return counting(start, end)


@inside
def interest(principal: Decimal, rate: Decimal, start: date, end: date, convention: str) -> Decimal:
    """principal × yearly rate × part of a year, to cents (T10: 50 m at 5.25 % from 31 Mar to 30 Jun 2025)."""
    return rounded(principal * rate * year_fraction(start, end, convention), CENT)
