"""When covenants are tested and certificates fall due.

Test dates are the ends of calendar quarters, half-years or years, or a period's end by the contract; the certificate
follows D+45 after a quarter or half-year and D+120 after a year (defaults of S4, contracts differ), on a working day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from engine.process.businesstime import BusinessCalendar
from handlers.finance.exact import count, refused
from handlers.finance.plan import months_later

Frequency = Literal["quarterly", "half_yearly", "yearly"]
MONTHS: Mapping[str, int] = {"quarterly": 3, "half_yearly": 6, "yearly": 12}
DUE_DAYS: Mapping[str, int] = {"quarterly": 45, "half_yearly": 45, "yearly": 120}


@dataclass(frozen=True, slots=True)
class CovenantDate:
    """A period's end, its name (2026Q2, 2026H1, 2026) and the day the certificate is due."""

    period: str
    end: date
    due: date


def generate_calendar(
    frequency: str, start: date, end: date, calendar: BusinessCalendar, due_days: int | None = None
) -> tuple[CovenantDate, ...]:
    """Every period that ends after `start` and not after `end`. InvalidInput: unknown frequency, end before start."""
    return tuple(each_date(frequency, start, end, calendar, due_days))


def each_date(
    frequency: str, start: date, end: date, calendar: BusinessCalendar, due_days: int | None = None
) -> Iterator[CovenantDate]:
    """The same one after the other, for whoever wants the first of them only."""
    if frequency not in get_args(Frequency):
        listed = ", ".join(get_args(Frequency))
        raise refused("frequency", f"one of {listed}, not {frequency}", f"须为 {listed} 之一：{frequency}")
    if end <= start:
        raise refused("end", f"{end} does not lie after {start}", f"{end} 不晚于 {start}")
    days = DUE_DAYS[frequency] if due_days is None else count(due_days, "due_days", 0)
    step = MONTHS[frequency]
    at = date(start.year, 1, 1)
    while (last := months_later(at, step) - timedelta(days=1)) <= end:
        if last > start:
            due = calendar.add_working_days(last + timedelta(days=days), 0)
            yield CovenantDate(_named(frequency, last), last, due)
        at = months_later(at, step)


def _named(frequency: str, end: date) -> str:
    if frequency == "yearly":
        return str(end.year)
    return f"{end.year}Q{end.month // 3}" if frequency == "quarterly" else f"{end.year}H{end.month // 6}"
