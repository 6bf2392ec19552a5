"""`+ - * / **` and unary minus over every pair of kinds (DMN 1.5 §10.3.2.3.3, tables 45 to 53).

One table a sign: (kind, kind) → rule. What is not in a table is null.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from decimal import ROUND_DOWN, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final, TypeAlias

from engine.feel import wide as w
from engine.feel.reasons import Null
from engine.feel.text import MAX_STRING
from engine.feel.values import DECIMAL128, Value, YearsMonths, admit, kind

Rule: TypeAlias = Callable[[Value, Value], Value]

_DAYS: Final = "days and time duration"
_MONTHS: Final = "years and months duration"
_MOMENT: Final = "date and time"


def compute(operator: str, left: Value, right: Value) -> Value:
    """`left operator right`; raises Null where FEEL gives null."""
    left, right = admit(left), admit(right)
    rule = _RULES[operator].get((kind(left), kind(right)))
    if rule is None:
        raise Null("operands", left=kind(left), operator=operator, right=kind(right))
    try:
        return rule(left, right)
    except DivisionByZero:
        raise Null("division") from None
    except (InvalidOperation, Overflow, OverflowError):
        raise Null("overflow") from None


def negate(value: Value) -> Value:
    """`-value` for numbers and durations."""
    of = kind(value)
    if of == "number":
        return DECIMAL128.minus(admit(value))
    if of == _MONTHS:
        return -value
    if of == _DAYS:
        return w.make_duration(-w.duration_nanos(value))
    raise Null("operands", left="", operator="-", right=of)


def divide(left: Decimal, right: Decimal) -> Decimal:
    """The quotient; 0/0 counts as division by zero."""
    if not right:
        raise Null("division")
    return DECIMAL128.divide(left, right)


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """`base ** exponent` for exponents within ±999,999,999; 0 ** 0 is 1, 0 to a negative power a division by
    zero."""
    if exponent.adjusted() > 8:
        raise Null("overflow")
    if not exponent:
        return Decimal(1)
    if not base and exponent < 0:
        raise Null("division")
    return DECIMAL128.power(base, exponent)


def _join(left: str, right: str) -> str:
    if len(left) + len(right) > MAX_STRING:
        raise Null("size", limit=MAX_STRING)
    return left + right


# ── points in time and durations ──────────────────────────────────────────────────────────────────────────


def add_months(value: Value, months: int) -> Value:
    """A date or date and time, `months` later; a day that the month lacks becomes its last day."""
    years, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    day = w.make_date(years, month + 1, min(value.day, w.days_in_month(years, month + 1)))
    return day if kind(value) == "date" else w.combine(day, w.time_part(value))


def add_nanos_to_date_time(value: w.AnyDateTime, nanoseconds: int) -> w.AnyDateTime:
    """Later by elapsed time: a value with a zone keeps the zone, its clock follows the zone's offset."""
    if value.tzinfo is None:
        return w.from_wall_nanos(w.wall_nanos(value) + nanoseconds, None)
    return w.at_instant(w.instant(value) + nanoseconds, value.tzinfo)


def _add_nanos_to_date(value: w.AnyDate, nanoseconds: int) -> w.AnyDate:
    return w.from_day_number((w.day_number(value) * w.DAY + nanoseconds) // w.DAY)


def _add_nanos_to_time(value: w.AnyTime, nanoseconds: int) -> w.AnyTime:
    return w.from_clock_nanos(w.clock_nanos(value) + nanoseconds, value.tzinfo)


def _between_date_times(left: w.AnyDateTime, right: w.AnyDateTime) -> w.AnyDuration:
    if (left.tzinfo is None) != (right.tzinfo is None):
        raise Null("operands", left=_MOMENT, operator="-", right="date and time with(out) zone")
    return w.make_duration(w.instant(left) - w.instant(right))


def _between_times(left: w.AnyTime, right: w.AnyTime) -> w.AnyDuration:
    a, b = w.offset_of(left), w.offset_of(right)
    if (a is None) != (b is None):
        raise Null("operands", left="time", operator="-", right="time with(out) zone")
    shift = w.duration_nanos(a) - w.duration_nanos(b) if a is not None and b is not None else 0
    return w.make_duration(w.clock_nanos(left) - w.clock_nanos(right) - shift)


def midnight(day: w.AnyDate) -> w.AnyDateTime:
    """The date as a date and time: its midnight in UTC. Beside one without a zone it has no difference
    therefore."""
    return w.combine(day, w.make_time(0, 0, 0, 0, UTC))


def _shift(add: Callable[[Value, int], Value], sign: int) -> Rule:
    return lambda value, duration: add(value, sign * w.duration_nanos(duration))


def _swapped(rule: Rule) -> Rule:
    return lambda left, right: rule(right, left)


def _whole(number: Decimal) -> int:
    """Towards zero; bounded, so that a huge exponent does not become a huge int."""
    if number.adjusted() > 30:
        raise Null("overflow")
    return int(number.to_integral_value(rounding=ROUND_DOWN))


def _months_by(months: int, factor: Decimal) -> YearsMonths:
    return YearsMonths(_whole(DECIMAL128.multiply(Decimal(months), factor)))


def _nanos_by(duration: w.AnyDuration, factor: Decimal) -> w.AnyDuration:
    return w.make_duration(_whole(DECIMAL128.multiply(Decimal(w.duration_nanos(duration)), factor)))


def _ratio(left: int, right: int) -> Decimal:
    return divide(Decimal(left), Decimal(right))


_ADD_ONE_WAY: Final[dict[tuple[str, str], Rule]] = {
    ("number", "number"): DECIMAL128.add,
    ("string", "string"): _join,
    ("date", _MONTHS): lambda day, span: add_months(day, span.months),
    (_MOMENT, _MONTHS): lambda moment, span: add_months(moment, span.months),
    ("date", _DAYS): _shift(_add_nanos_to_date, 1),
    (_MOMENT, _DAYS): _shift(add_nanos_to_date_time, 1),
    ("time", _DAYS): _shift(_add_nanos_to_time, 1),
    (_MONTHS, _MONTHS): lambda a, b: YearsMonths(a.months + b.months),
    (_DAYS, _DAYS): lambda a, b: w.make_duration(w.duration_nanos(a) + w.duration_nanos(b)),
}
_ADD: Final = _ADD_ONE_WAY | {
    (right, left): _swapped(rule) for (left, right), rule in _ADD_ONE_WAY.items() if left != right
}
_SUBTRACT: Final[dict[tuple[str, str], Rule]] = {
    ("number", "number"): DECIMAL128.subtract,
    ("date", _MONTHS): lambda day, span: add_months(day, -span.months),
    (_MOMENT, _MONTHS): lambda moment, span: add_months(moment, -span.months),
    ("date", _DAYS): _shift(_add_nanos_to_date, -1),
    (_MOMENT, _DAYS): _shift(add_nanos_to_date_time, -1),
    ("time", _DAYS): _shift(_add_nanos_to_time, -1),
    ("date", "date"): lambda a, b: w.make_duration((w.day_number(a) - w.day_number(b)) * w.DAY),
    ("date", _MOMENT): lambda a, b: _between_date_times(midnight(a), b),
    (_MOMENT, "date"): lambda a, b: _between_date_times(a, midnight(b)),
    (_MOMENT, _MOMENT): _between_date_times,
    ("time", "time"): _between_times,
    (_MONTHS, _MONTHS): lambda a, b: YearsMonths(a.months - b.months),
    (_DAYS, _DAYS): lambda a, b: w.make_duration(w.duration_nanos(a) - w.duration_nanos(b)),
}
_MULTIPLY: Final[dict[tuple[str, str], Rule]] = {
    ("number", "number"): DECIMAL128.multiply,
    (_MONTHS, "number"): lambda span, factor: _months_by(span.months, factor),
    ("number", _MONTHS): lambda factor, span: _months_by(span.months, factor),
    (_DAYS, "number"): _nanos_by,
    ("number", _DAYS): lambda factor, span: _nanos_by(span, factor),
}
_DIVIDE: Final[dict[tuple[str, str], Rule]] = {
    ("number", "number"): divide,
    (_MONTHS, "number"): lambda span, by: YearsMonths(_whole(divide(Decimal(span.months), by))),
    (_MONTHS, _MONTHS): lambda a, b: _ratio(a.months, b.months),
    (_DAYS, "number"): lambda span, by: w.make_duration(_whole(divide(Decimal(w.duration_nanos(span)), by))),
    (_DAYS, _DAYS): lambda a, b: _ratio(w.duration_nanos(a), w.duration_nanos(b)),
}
_RULES: Final[dict[str, dict[tuple[str, str], Rule]]] = {
    "+": _ADD,
    "-": _SUBTRACT,
    "*": _MULTIPLY,
    "/": _DIVIDE,
    "**": {("number", "number"): power},
}
