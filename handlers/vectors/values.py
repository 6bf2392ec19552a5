"""What stands in a vector's input, read exactly; InvalidInput names the place of what is missing or unreadable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.errors import InvalidInput
from handlers import inputs
from handlers.finance.exact import count, needed, numbers, refused

Given = Mapping[str, Any]


def number(given: Given, name: str) -> Decimal:
    """A number, as JSON number or text."""
    return needed(given.get(name), name)


def optional(given: Given, name: str) -> Decimal | None:
    """A number or nothing."""
    return inputs.number(given.get(name), name)


def several(given: Given, name: str) -> tuple[Decimal, ...]:
    """A list of numbers without gaps."""
    return numbers(given.get(name), name)


def periods(given: Given, name: str = "periods", least: int = 1) -> int:
    """A number of periods."""
    return count(given.get(name), name, least)


def whole(given: Given, name: str) -> int:
    """A whole number of any sign."""
    found = inputs.whole(given.get(name), name)
    if found is None:
        raise refused(name, "is missing", "缺失")
    return found


def day(given: Given, name: str) -> date:
    """A date."""
    found = inputs.day(given.get(name), name)
    if found is None:
        raise refused(name, "is missing", "缺失")
    return found


def part(value: object, place: str) -> Fraction:
    """A share, exact: 2/3, 0.6 or 60%."""
    plain = "" if value is None else str(value).strip()
    try:
        return Fraction(plain[:-1]) / 100 if plain.endswith("%") else Fraction(plain)
    except (ValueError, ZeroDivisionError):
        raise InvalidInput(place=place, reason=f"not a share: {plain}", reason_zh=f"不是比例：{plain}") from None


def texts(value: object, place: str) -> list[str]:
    """A list of names."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise refused(place, "a list is needed", "须为列表")
    return [str(one) for one in value]


def mapping(given: Given, name: str) -> Mapping[str, Any]:
    """An object."""
    found = given.get(name)
    if not isinstance(found, Mapping):
        raise refused(name, "an object is needed", "须为对象")
    return found
