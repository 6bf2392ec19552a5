"""Security of a plan as the house counts it: by its table of haircuts, with the day of the valuation.

Law: of the haircut that was typed and the house's the larger counts. What was never valued, or longer ago than the
table allows, counts for nothing, as does everything where no table is deployed. A guarantee is a promise and no thing:
it stands apart. Source: decision table `collateral_haircut` (process P3), by which security is registered and revalued.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from engine import api
from engine.errors import NotFound
from handlers import inputs
from handlers.finance.exact import HUNDRED, ZERO, inside

TABLE = "collateral_haircut"
GUARANTEES = ("guarantee", "completion_guarantee")


@dataclass(frozen=True, slots=True)
class Doubt:
    """What makes an item count for less than it was entered with: the row, the field, Chinese and English."""

    at: int
    field: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What the items are worth to the house after haircuts; what guarantees promise, which is not in it."""

    worth: Decimal
    guarantees: Decimal
    doubts: tuple[Doubt, ...]


def counted(session: Session, rows: Sequence[Mapping[str, Any]], today: date) -> Counted:
    """A plan's security on a day; a row without a value is not begun. InvalidInput for what cannot be read."""
    worth, promised, doubts = ZERO, ZERO, list[Doubt]()
    for at, row in enumerate(rows):
        value = inputs.number(row.get("value"), "collateral.value") or ZERO
        if not value:
            continue
        if row.get("type") in GUARANTEES:
            promised += value
            continue
        typed = inputs.number(row.get("haircut_pct"), "collateral.haircut_pct") or ZERO
        house, age = _house(session, row, today)
        worth += _after(value, max(typed, house))
        if house > typed and (found := _doubt(session, at, row, typed, house, age)):
            doubts.append(found)
    return Counted(worth, promised, tuple(doubts))


@inside
def _after(value: Decimal, haircut: Decimal) -> Decimal:
    return value * (HUNDRED - haircut) / HUNDRED


def months_since(valued: date | None, today: date) -> int | None:
    """Whole calendar months since a valuation, as P3 counts them; None without one, or with one still to come."""
    if valued is None or valued > today:
        return None
    return (today.year - valued.year) * 12 + today.month - valued.month


def _house(session: Session, row: Mapping[str, Any], today: date) -> tuple[Decimal, int | None]:
    age = months_since(inputs.day(row.get("valued_at"), "collateral.valued_at"), today)
    return _by_table(session, row, age), age


def _by_table(session: Session, row: Mapping[str, Any], age: int | None) -> Decimal:
    """The house's haircut in per cent; all of it where no table or no row of it says less."""
    given = {
        "collateral_type": inputs.text(row.get("type")),
        "valuation_age_months": None if age is None else Decimal(age),
        "collateral_rank": inputs.number(row.get("rank"), "collateral.rank"),
    }
    try:
        said = api.evaluate_decision(session, api.SYSTEM, TABLE, given).value
    except NotFound:
        return HUNDRED
    found = said.get("haircut_pct") if isinstance(said, Mapping) else said
    return HUNDRED if found is None else Decimal(found)


def _doubt(
    session: Session, at: int, row: Mapping[str, Any], typed: Decimal, house: Decimal, age: int | None
) -> Doubt | None:
    name = inputs.text(row.get("description")) or inputs.text(row.get("type")) or str(at + 1)
    if house == HUNDRED and _by_table(session, row, 0) < HUNDRED:
        if age is None:
            told = (f"{name}：没有有效的评估日，不计入押品覆盖", f"{name}: not valued yet, counts for nothing")
        else:
            told = (f"{name}：评估距今 {age} 个月，已失效，不计入押品覆盖",
                    f"{name}: valued {age} months ago, too old, counts for nothing")  # fmt: skip
        return Doubt(at, "valued_at", *told)
    zh = f"{name}：按本机构折扣 {house.normalize():f}% 计，高于填写的 {typed.normalize():f}%"
    return Doubt(
        at,
        "haircut_pct",
        zh,
        f"{name}: the house's haircut of {house.normalize():f} % counts, not {typed.normalize():f} %",
    )
