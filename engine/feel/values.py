"""The values of FEEL and how they are told apart (DMN 1.5 §10.3.2, table 40 and following).

| FEEL | Python |
|---|---|
| null, boolean, string, list, context | None, bool, str, list, dict |
| number | Decimal, 34 significant digits (hosts may hand in int) |
| date, time, date and time | date, time, datetime; beyond their years or microseconds: `wide` types |
| days and time duration | timedelta |
| years and months duration | YearsMonths |
| range, function | Range, FunctionValue |

`kind(value)` names the FEEL type. Values are never mutated by evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final, TypeAlias

from engine.feel.wide import WideDate, WideDateTime, WideDuration, WideTime

Value: TypeAlias = Any
"""Any FEEL value as in the table above."""

DECIMAL128: Final = Context(
    prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, clamp=0,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)  # fmt: skip
"""IEEE 754-2008 decimal128, the number space of FEEL. Used through its methods, so that no thread's context
matters."""


@dataclass(frozen=True, slots=True)
class YearsMonths:
    """A years and months duration: `months` in all, negative for the past."""

    months: int

    def __neg__(self) -> YearsMonths:
        return YearsMonths(-self.months)

    def __abs__(self) -> YearsMonths:
        return YearsMonths(abs(self.months))


@dataclass(frozen=True, slots=True)
class Range:
    """An interval. A missing end point (None) is unbounded on that side; both may be numbers, strings,
    dates, times or durations of one kind. `operator` is the sign of one written `(< e)`: such a one equals
    only its like."""

    start: Value
    end: Value
    start_included: bool = True
    end_included: bool = True
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A formal parameter; `type` is None when the model does not say."""

    name: str
    type: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class FunctionValue:
    """A function as a value. `call` takes the positional arguments and never raises for wrong ones.

    `result` is the declared (or inferred) type of what it returns; equality is identity, as FEEL has it.
    """

    parameters: tuple[Parameter, ...]
    call: Callable[..., Value]
    result: Any = None
    name: str = "function"


def admit(value: Value) -> Value:
    """A host's scalar as a FEEL value: int and float become Decimal, tuples become lists; all else
    unchanged."""
    kind_of = type(value)
    if kind_of is int:
        return Decimal(value)
    if kind_of is float:
        return Decimal(repr(value)) if value == value and abs(value) != float("inf") else None
    if kind_of is tuple:
        return list(value)
    return value


def is_number(value: Value) -> bool:
    """True for numbers; booleans are none."""
    return isinstance(value, Decimal | int | float) and not isinstance(value, bool)


_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    int: "number",
    float: "number",
    str: "string",
    datetime: "date and time",
    date: "date",
    time: "time",
    timedelta: "days and time duration",
    YearsMonths: "years and months duration",
    list: "list",
    tuple: "list",
    dict: "context",
    Range: "range",
    FunctionValue: "function",
    WideDate: "date",
    WideTime: "time",
    WideDateTime: "date and time",
    WideDuration: "days and time duration",
}


def kind(value: Value) -> str:
    """The FEEL name of the value's type; "unknown" for a Python object that FEEL has no type for."""
    name = _KINDS.get(type(value))
    if name is not None:
        return name
    for python_type, feel in _KINDS.items():
        if isinstance(value, python_type):
            return feel
    return "context" if isinstance(value, Mapping) else "unknown"
