"""Functions of the business calendar that expressions may call. Law: pure; moment and calendar come from the env.

| function | value |
|---|---|
| `due(2, "BD")` | the end of the working day two working days from now (units: BD, BH working hours, D, H, M minutes) |
| `task_due_plus("3BD")`, `task_due_minus("1BD")` | that long after or before the due date of the task |
| `add_working_days(date, n)` | the day n working days after (before, if negative) a date |
| `working_days_between(from, to)` | working days after `from` up to and with `to`; negative backwards |
| `is_working_day(date)` | whether people work on a day |
| `business_key()`, `initiator()`, `instance_id()` | of this instance |
| `cycle(3, "PT1H")`, `cycle("PT1H")` | a timer's repetition, so often or for ever (`R3/PT1H`), as Zeebe writes it |
| `now()`, `today()` | for JUEL; FEEL has its own |

The functions of working time take the name of another calendar at their end: `due(2, "BD", "hk")`, and `"cn+hk"` for
days on which both work. Without it, or with null, the calendar is the process's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from engine.feel.text import to_string
from engine.process.businesstime import BusinessCalendar
from engine.process.contract import Env
from engine.process.timing import add, read_moment, read_period


class HostFunctions(Mapping[str, Callable[..., Any]]):
    """The env's own functions and those of the business calendar, bound when they are asked for."""

    __slots__ = ("due", "env")

    def __init__(self, env: Env, due: datetime | None = None) -> None:
        self.env = env
        self.due = due

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name in self.env.functions:
            return self.env.functions[name]
        function = _FUNCTIONS[name]
        return lambda *args: function(self, *args)

    def __contains__(self, name: object) -> bool:
        return name in _FUNCTIONS or name in self.env.functions

    def __iter__(self) -> Iterator[str]:
        yield from {**_FUNCTIONS, **self.env.functions}

    def __len__(self) -> int:
        return len({**_FUNCTIONS, **self.env.functions})


def _calendar(host: HostFunctions, name: Any) -> BusinessCalendar:
    return host.env.calendar if name is None else host.env.calendars.find(name)


def _due(host: HostFunctions, count: Any, unit: Any = "BD", calendar: Any = None) -> Any:
    if count is None:
        return None
    env, number, chosen = host.env, int(count), _calendar(host, calendar)
    if str(unit).upper() == "BD":
        return chosen.due(env.now, number)
    text = {"D": f"P{abs(number)}D", "H": f"PT{abs(number)}H", "M": f"PT{abs(number)}M", "BH": f"{abs(number)}BH"}
    sign = "-" if number < 0 else ""
    return add(env.now, read_period(sign + text[str(unit).upper()]), env.zone, chosen)


def _task_due_plus(host: HostFunctions, period: Any) -> Any:
    if host.due is None or period is None:
        return None
    return add(host.due, read_period(period), host.env.zone, host.env.calendar)


def _task_due_minus(host: HostFunctions, period: Any) -> Any:
    if host.due is None or period is None:
        return None
    plus = read_period(period)
    minus = type(plus)(-plus.months, -plus.days, -plus.working_days, -plus.seconds, -plus.working_seconds)
    return add(host.due, minus, host.env.zone, host.env.calendar)


def _day(host: HostFunctions, value: Any) -> date:
    if isinstance(value, datetime | str):
        return read_moment(value, host.env.zone).astimezone(host.env.zone).date()
    if isinstance(value, date):
        return value
    raise ValueError(f"{value!r} is not a date")


def _add_working_days(host: HostFunctions, start: Any, count: Any, calendar: Any = None) -> Any:
    return _calendar(host, calendar).add_working_days(_day(host, start), int(count))


def _working_days_between(host: HostFunctions, start: Any, end: Any, calendar: Any = None) -> Any:
    first, last, chosen = _day(host, start), _day(host, end), _calendar(host, calendar)
    if last < first:
        return -_between(chosen, last, first)
    return _between(chosen, first, last)


def _between(calendar: BusinessCalendar, first: date, last: date) -> int:
    days = (first + timedelta(days=i) for i in range(1, (last - first).days + 1))
    return sum(1 for day in days if calendar.is_working(day))


def _is_working_day(host: HostFunctions, day: Any, calendar: Any = None) -> Any:
    return _calendar(host, calendar).is_working(_day(host, day))


def _business_key(host: HostFunctions) -> Any:
    return host.env.business_key


def _initiator(host: HostFunctions) -> Any:
    return host.env.initiator


def _instance_id(host: HostFunctions) -> Any:
    return host.env.instance


def _now(host: HostFunctions) -> Any:
    return host.env.now.astimezone(host.env.zone)


def _today(host: HostFunctions) -> Any:
    return host.env.now.astimezone(host.env.zone).date()


def _cycle(host: HostFunctions, *given: Any) -> Any:
    if len(given) not in (1, 2) or any(one is None for one in given):
        return None
    period = given[-1] if isinstance(given[-1], str) else to_string(given[-1])
    return f"R{given[0] if len(given) == 2 else ''}/{period}"


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "due": _due,
    "task_due_plus": _task_due_plus,
    "task_due_minus": _task_due_minus,
    "add_working_days": _add_working_days,
    "working_days_between": _working_days_between,
    "is_working_day": _is_working_day,
    "business_key": _business_key,
    "initiator": _initiator,
    "instance_id": _instance_id,
    "cycle": _cycle,
    "now": _now,
    "today": _today,
}

NAMES = frozenset(_FUNCTIONS)
"""What JUEL may call; FEEL asks `Moment.functions`."""
