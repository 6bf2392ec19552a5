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
    return dated(given.get(name), name)


def part(value: object, place: str) -> Fraction:
    """A share between nought and all, exact: 2/3, 0.6 or 60%."""
    plain = "" if value is None or isinstance(value, bool) else str(value).strip()
    try:
        found = Fraction(plain[:-1]) / 100 if plain.endswith("%") else Fraction(plain)
    except (ValueError, ZeroDivisionError):
        raise InvalidInput(place=place, reason=f"not a share: {plain}", reason_zh=f"不是比例：{plain}") from None
    if not 0 <= found <= 1:
        raise refused(place, f"must lie between 0 and 1: {plain}", f"须介于 0 与 1 之间：{plain}")
    return found


def listed(given: Given, name: str) -> list[Any]:
    """A list of anything; it must be there."""
    found = given.get(name)
    if not isinstance(found, list | tuple):
        raise refused(name, "a list is needed", "须为列表")
    return list(found)


def rows(given: Given, name: str, width: int) -> list[tuple[Any, ...]]:
    """A list of rows of so many values each."""
    found = listed(given, name)
    for at, row in enumerate(found, start=1):
        if not isinstance(row, list | tuple) or len(row) != width:
            raise refused(f"{name}[{at}]", f"a row of {width} values is needed", f"须为 {width} 个值的一行")
    return [tuple(row) for row in found]


def days(given: Given, name: str) -> frozenset[date]:
    """A list of dates; none when it is not given."""
    if given.get(name) is None:
        return frozenset()
    return frozenset(dated(one, f"{name}[{at}]") for at, one in enumerate(listed(given, name), start=1))


def dated(value: object, place: str) -> date:
    """A date that must be there, as YYYY-MM-DD."""
    found = inputs.day(value, place)
    if found is None:
        raise refused(place, "is missing", "缺失")
    return found


def label(value: object, place: str) -> str:
    """A name that must be there."""
    if not isinstance(value, str) or not value.strip():
        raise refused(place, "a name is needed", "须为名称")
    return value


def flag(given: Given, name: str) -> bool:
    """Yes or no; no when it is not given."""
    found = given.get(name)
    if found is not None and not isinstance(found, bool):
        raise refused(name, f"true or false is needed: {found}", f"须为 true 或 false：{found}")
    return bool(found)


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
