"""Built-ins on dates (DMN 1.5 §10.3.4.11 and §10.3.4.12): now, today, and where a date stands in its year."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from engine.feel import wide as w
from engine.feel.builtin import builtin
from engine.feel.moment import Moment
from engine.feel.values import Value

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@builtin("now", moment=True)
def now(at: Moment) -> datetime:
    """The moment's now, in the business zone."""
    return at.local()


@builtin("today", moment=True)
def today(at: Moment) -> date:
    """The moment's day in the business zone."""
    return at.local().date()


@builtin("day of year", "date: date|datetime")
def day_of_year(value: Value) -> Decimal:
    return Decimal(w.day_number(value) - w.day_number(w.make_date(value.year, 1, 1)) + 1)


@builtin("day of week", "date: date|datetime")
def day_of_week(value: Value) -> str:
    return _DAYS[_weekday(w.day_number(value))]


@builtin("month of year", "date: date|datetime")
def month_of_year(value: Value) -> str:
    return _MONTHS[value.month - 1]


@builtin("week of year", "date: date|datetime")
def week_of_year(value: Value) -> Decimal:
    """The ISO 8601 week: the one that holds this week's Thursday."""
    day = w.day_number(value)
    thursday = day - _weekday(day) + 3
    year = w.from_day_number(thursday).year
    return Decimal((thursday - w.day_number(w.make_date(year, 1, 1))) // 7 + 1)


def _weekday(day: int) -> int:
    """0 for Monday."""
    return (day + 2) % 7
