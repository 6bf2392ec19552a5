"""Inputs as forms, decisions and messages hand them in, turned into what the book keeps. Pure.

A blank text is nothing. Numbers and dates may come as text (a form's JSON); what cannot be read is refused
with the field's name, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context
from handlers import names
from handlers.records.changes import Stamp


def text(value: object) -> str | None:
    """Half width and trimmed; None for nothing or blank."""
    if value is None:
        return None
    return names.half_width(str(value)) or None


def prose(value: object) -> str | None:
    """Trimmed and otherwise as written, for what people read: Chinese keeps its punctuation. None for nothing or
    blank."""
    return (str(value).strip() or None) if value is not None else None


def ident(value: object, place: str) -> int | None:
    """An id given as text, int or Decimal; None for nothing. InvalidInput."""
    plain = text(value)
    if plain is None:
        return None
    if not plain.isdigit():
        raise InvalidInput(place=place, reason=f"not an id: {plain}", reason_zh=f"不是有效编号：{plain}")
    return int(plain)


LARGEST = 24
"""Powers of ten that a number of this trade may have, up and down: beyond are slips and attacks."""


def number(value: object, place: str) -> Decimal | None:
    """A Decimal; None for nothing or blank. InvalidInput for text that is no number, for floats, and for what is
    absurdly large or small (1e999 would only fail later, inside a formula)."""
    if isinstance(value, bool | float):
        raise InvalidInput(place=place, reason=f"not exact: {value}", reason_zh=f"数值不精确：{value}")
    found = value if isinstance(value, Decimal) else _read(value, place)
    if found is not None and (not found.is_finite() or (found and abs(found.adjusted()) > LARGEST)):
        raise InvalidInput(place=place, reason=f"not a usable number: {value}", reason_zh=f"数值过大或过小：{value}")
    return found


def _read(value: object, place: str) -> Decimal | None:
    if value is None:
        return None
    plain = str(value).strip()
    if not plain:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise InvalidInput(place=place, reason=f"not a number: {plain}", reason_zh=f"不是数字：{plain}")
    return found


def whole(value: object, place: str) -> int | None:
    """An int; None for nothing. InvalidInput when there is a fraction."""
    found = number(value, place)
    if found is None:
        return None
    if found != found.to_integral_value():
        raise InvalidInput(place=place, reason=f"not whole: {found}", reason_zh=f"不是整数：{found}")
    return int(found)


def day(value: object, place: str) -> date | None:
    """A date, from a date, a moment or ISO text; None for nothing. InvalidInput."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    plain = str(value).strip()
    if not plain:
        return None
    try:
        return date.fromisoformat(plain[:10])
    except ValueError:
        raise InvalidInput(place=place, reason=f"not a date: {plain}", reason_zh=f"不是日期：{plain}") from None


def yes(value: object) -> bool:
    """Whether a tick, a yes/no choice or a text says yes."""
    return value is True or (isinstance(value, str) and value.strip().lower() in ("yes", "true", "1", "是"))


def rows(value: object) -> list[Mapping[str, Any]]:
    """A list of contexts; nothing and lone values give what of it there is."""
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [one for one in value if isinstance(one, Mapping)]
    return []


def texts(value: object) -> list[str]:
    """A list of non-blank texts, from a list that may hold null, from one text, or from nothing."""
    if value is None:
        return []
    many = value if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else [value]
    return [found for one in many if (found := text(one)) is not None]


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is None: what nobody gave does not overwrite what stands."""
    return {name: value for name, value in values.items() if value is not None}


def year(ctx: Context) -> int:
    """The calendar year in the business zone: which counter a business key draws from."""
    return ctx.now.astimezone(ctx.zone).year


def today(ctx: Context) -> date:
    """The date in the business zone."""
    return ctx.now.astimezone(ctx.zone).date()


def stamp(ctx: Context, source: str, by: str | None = None, why: str | None = None) -> Stamp:
    """Who writes: the person when one is known, else the process's element."""
    return Stamp(at=ctx.now, by=by or f"process:{ctx.process or 'direct'}", source=source, why=why)
