"""Cron expressions. Law: pure; fields are matched against the wall clock of a zone.

Five fields (minute hour day month weekday), six (second first) or seven (a year last), as Quartz and Spring have them.
`*` `?` lists, ranges, steps, names (`MON`, `JAN`), `L` (the month's last day), `nL` (its last weekday n), `n#k` (the
k-th weekday n) and `nW`/`LW` (the nearest weekday Mon-Fri). Weekday numbers: five fields 0-7 with Sunday 0 and 7; six
and seven fields as Quartz 1-7 with Sunday 1. A time that a change of clocks skips is run at the gap's end; one that
comes twice runs once.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

_DAYS = {name: i for i, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}
_MONTHS = {
    name: i
    for i, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), start=1
    )
}
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
SEARCH_LIMIT_DAYS = 366 * 30
"""29 February on a Monday comes at least every 28 (40 over a skipped leap year) years; beyond is never."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression, read."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int] | None
    quartz: bool

    @staticmethod
    @lru_cache(maxsize=256)
    def read(text: str) -> Cron:
        """The expression in `text`. Raises ValueError."""
        fields = _MACROS.get(text.strip().lower(), text).upper().split()
        if len(fields) not in (5, 6, 7):
            raise ValueError(f"“{text}” is no cron expression: 5, 6 or 7 fields are needed")
        quartz = len(fields) > 5
        if not quartz:
            fields.insert(0, "0")
        found = Cron(
            tuple(sorted(_numbers(fields[0], 0, 59))),
            tuple(sorted(_numbers(fields[1], 0, 59))),
            tuple(sorted(_numbers(fields[2], 0, 23))),
            fields[3],
            frozenset(_numbers(_named(fields[4], _MONTHS, 0), 1, 12)),
            _named(fields[5], _DAYS, 1 if quartz else 0),
            frozenset(_numbers(fields[6], 1970, 2199)) if len(fields) == 7 else None,
            quartz,
        )
        found.matches(date(2024, 2, 29))
        return found

    def after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first match strictly after `moment`, by the wall clock of `zone`; None when there is none any more."""
        local = moment.astimezone(zone)
        day = local.date()
        for _ in range(SEARCH_LIMIT_DAYS):
            if self.matches(day):
                for clock in self._clocks():
                    found = datetime.combine(day, clock, zone).astimezone(UTC).astimezone(zone)
                    if found.astimezone(UTC) > moment.astimezone(UTC):
                        return found
            if day == date.max:
                return None
            day += timedelta(days=1)
        return None

    def _clocks(self) -> list[time]:
        return [time(h, m, s) for h in self.hours for m in self.minutes for s in self.seconds]

    def matches(self, day: date) -> bool:
        """Whether the expression names this day. Two restricted day fields: either may match, as in Unix cron."""
        if day.month not in self.months or (self.years is not None and day.year not in self.years):
            return False
        any_day, any_weekday = self.days in "*?", self.weekdays in "*?"
        if any_day and any_weekday:
            return True
        if any_day or any_weekday:
            return self._weekday(day) if any_day else self._day(day)
        return self._day(day) or self._weekday(day)

    def _day(self, day: date) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        for part in self.days.split(","):
            if part == "L":
                wanted = {last}
            elif part == "LW":
                wanted = {_nearest_weekday(day, last, last)}
            elif part.endswith("W"):
                wanted = {_nearest_weekday(day, int(part[:-1]), last)}
            elif found := re.fullmatch(r"L-(\d+)", part):
                wanted = {last - int(found[1])}
            else:
                wanted = _numbers(part, 1, 31)
            if day.day in wanted:
                return True
        return False

    def _weekday(self, day: date) -> bool:
        mine = day.isoweekday() % 7
        last = calendar.monthrange(day.year, day.month)[1]
        first = 1 if self.quartz else 0
        for part in self.weekdays.split(","):
            if found := re.fullmatch(r"(\d+)#([1-5])", part):
                if mine == (int(found[1]) - first) % 7 and (day.day - 1) // 7 + 1 == int(found[2]):
                    return True
            elif found := re.fullmatch(r"(\d+)L", part):
                if mine == (int(found[1]) - first) % 7 and day.day > last - 7:
                    return True
            elif part == "L":
                if mine == 6:
                    return True
            elif mine in {(number - first) % 7 for number in _numbers(part, first, 7)}:
                return True
        return False


def _nearest_weekday(day: date, wanted: int, last: int) -> int:
    wanted = min(wanted, last)
    weekday = date(day.year, day.month, wanted).weekday()
    if weekday == 5:
        return wanted - 1 if wanted > 1 else wanted + 2
    if weekday == 6:
        return wanted + 1 if wanted < last else wanted - 2
    return wanted


def _named(field: str, names: dict[str, int], shift: int) -> str:
    return re.sub(r"[A-Z]{3}", lambda m: str(names[m[0]] + shift) if m[0] in names else m[0], field)


def _numbers(field: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        elif match := re.fullmatch(r"(\d+)(?:-(\d+))?", span):
            first = int(match[1])
            last = int(match[2]) if match[2] else (high if step else first)
        else:
            raise ValueError(f"“{part}” is no cron field")
        every = int(step) if step.isdigit() else (1 if not step else 0)
        if first < low or last > high or every < 1:
            raise ValueError(f"“{part}” is outside {low}-{high}")
        values = (
            range(first, last + 1, every)
            if first <= last
            else (*range(first, high + 1, every), *range(low, last + 1, every))
        )
        found.update(values)
    return found
