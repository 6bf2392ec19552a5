"""Built-ins on numbers (DMN 1.5 §10.3.4.5)."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Final

from engine.feel import wide as w
from engine.feel.builtin import builtin, whole
from engine.feel.reasons import Null
from engine.feel.values import DECIMAL128, Value, YearsMonths

_MIN_SCALE: Final = -6111
_MAX_SCALE: Final = 6176
_WIDE: Final = Context(prec=7000, Emin=-999_999, Emax=999_999)


def _rounded(n: Decimal, scale: Decimal, rounding: str, function: str) -> Decimal:
    """`n` with `scale` digits behind the point; raises Null for a scale that decimal128 has not."""
    digits = whole(scale, function)
    if not _MIN_SCALE <= digits <= _MAX_SCALE:
        raise Null("invalid", function=function, value=scale)
    exponent = Decimal((0, (1,), -digits))
    quantized = n.quantize(exponent, rounding=rounding, context=_WIDE)
    try:
        return DECIMAL128.plus(quantized)
    except ArithmeticError:
        raise Null("overflow") from None


@builtin("decimal", "n: number, scale: number")
def decimal(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, ROUND_HALF_EVEN, "decimal")


@builtin("floor", "n: number, scale?: number")
def floor(n: Decimal, scale: Decimal | None = None) -> Decimal:
    return _rounded(n, scale or Decimal(0), ROUND_FLOOR, "floor")


@builtin("ceiling", "n: number, scale?: number")
def ceiling(n: Decimal, scale: Decimal | None = None) -> Decimal:
    return _rounded(n, scale or Decimal(0), ROUND_CEILING, "ceiling")


@builtin("round up", "n: number, scale: number")
def round_up(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, ROUND_UP, "round up")


@builtin("round down", "n: number, scale: number")
def round_down(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, ROUND_DOWN, "round down")


@builtin("round half up", "n: number, scale: number")
def round_half_up(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, ROUND_HALF_UP, "round half up")


@builtin("round half down", "n: number, scale: number")
def round_half_down(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, ROUND_HALF_DOWN, "round half down")


@builtin("abs", "n: number|days|months")
def absolute(n: Value) -> Value:
    if isinstance(n, Decimal):
        return n.copy_abs()
    return abs(n) if isinstance(n, YearsMonths) else w.make_duration(abs(w.duration_nanos(n)))


@builtin("modulo", "dividend: number, divisor: number")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal:
    """`dividend - divisor * floor(dividend / divisor)`: the sign is the divisor's."""
    if not divisor:
        raise Null("division")
    remainder = _WIDE.remainder(dividend, divisor)
    if remainder and (remainder < 0) != (divisor < 0):
        remainder = _WIDE.add(remainder, divisor)
    return DECIMAL128.plus(remainder)


@builtin("sqrt", "number: number")
def sqrt(number: Decimal) -> Decimal:
    if number < 0:
        raise Null("invalid", function="sqrt", value=number)
    return DECIMAL128.sqrt(number)


@builtin("log", "number: number")
def log(number: Decimal) -> Decimal:
    """The natural logarithm."""
    if number <= 0:
        raise Null("invalid", function="log", value=number)
    return DECIMAL128.ln(number)


@builtin("exp", "number: number")
def exp(number: Decimal) -> Decimal:
    try:
        return DECIMAL128.exp(number)
    except ArithmeticError:
        raise Null("overflow") from None


@builtin("odd", "number: number")
def odd(number: Decimal) -> bool:
    return DECIMAL128.remainder(number, Decimal(2)).copy_abs() == 1


@builtin("even", "number: number")
def even(number: Decimal) -> bool:
    return DECIMAL128.remainder(number, Decimal(2)) == 0
