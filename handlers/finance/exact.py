"""How numbers are held, rounded and refused here.

34 digits inside (decimal128 of IEEE 754-2008), ROUND_HALF_UP at the output. A function that computes carries
`@inside`: its caller's context neither shortens nor rounds what it does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from typing import ParamSpec, TypeVar

from engine.errors import InvalidInput
from handlers import inputs

INSIDE = Context(prec=34)
CENT = Decimal("0.01")
FOUR = Decimal("0.0001")
SIX = Decimal("0.000001")
ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)

Given = ParamSpec("Given")
Made = TypeVar("Made")


def inside(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Run a function with 34 digits."""

    @functools.wraps(function)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        with localcontext(INSIDE):
            return function(*args, **kwargs)

    return run


def rounded(value: Decimal | Fraction, place: Decimal = CENT) -> Decimal:
    """Half up to `place` (away from zero, ISO 80000-1 annex B rule B); never a negative zero."""
    if isinstance(value, Fraction):
        value = INSIDE.divide(Decimal(value.numerator), Decimal(value.denominator))
    if abs(value) >= Decimal(10) ** (33 + place.adjusted()):
        raise refused("amount", f"too large: {value:.3E}", f"数值过大：{value:.3E}")
    return value.quantize(place, ROUND_HALF_UP, INSIDE) + ZERO


def refused(place: str, reason: str, reason_zh: str) -> InvalidInput:
    """An error in both languages."""
    return InvalidInput(place=place, reason=reason, reason_zh=reason_zh)


def needed(value: object, place: str) -> Decimal:
    """A number that must be there. InvalidInput when it is missing or unreadable."""
    found = inputs.number(value, place)
    if found is None:
        raise refused(place, "is missing", "缺失")
    return found


def numbers(values: object, place: str) -> tuple[Decimal, ...]:
    """A list of numbers without gaps, at least one. InvalidInput names the gap."""
    if values is None or isinstance(values, str) or not isinstance(values, Iterable):
        raise refused(place, "a list of numbers is needed", "须为数字列表")
    found = tuple(needed(value, f"{place}[{at}]") for at, value in enumerate(values, start=1))
    if not found:
        raise refused(place, "is empty", "不能为空")
    return found


def positive(value: Decimal, place: str) -> Decimal:
    """The value, which must be above nought. InvalidInput."""
    if value <= 0:
        raise refused(place, f"must be above nought: {value}", f"须大于零：{value}")
    return value


def not_negative(value: Decimal, place: str) -> Decimal:
    """The value, which must not be below nought. InvalidInput."""
    if value < 0:
        raise refused(place, f"must not be negative: {value}", f"不得为负：{value}")
    return value


def share(value: Decimal, place: str) -> Decimal:
    """The value, which must lie between 0 and 1. InvalidInput."""
    if not 0 <= value <= 1:
        raise refused(place, f"must lie between 0 and 1: {value}", f"须介于 0 与 1 之间：{value}")
    return value


def count(value: object, place: str, least: int = 1, most: int = 1200) -> int:
    """A whole number of periods between `least` and `most` (a hundred years of months). InvalidInput."""
    found = inputs.whole(value, place)
    if found is None:
        raise refused(place, "is missing", "缺失")
    if not least <= found <= most:
        raise refused(place, f"must lie between {least} and {most}: {found}", f"须介于 {least} 与 {most} 之间：{found}")
    return found


def same_length(first: Sequence[object], second: Sequence[object], places: str, places_zh: str) -> None:
    """InvalidInput unless both lists have as many entries."""
    if len(first) != len(second):
        told = f"{len(first)} and {len(second)}"
        raise refused(places, f"as many entries are needed in both: {told}", f"{places_zh}的期数须一致：{told}")
