"""Bands of one feature and their weight of evidence. Pure.

WoE = ln(share of the goods in the band ÷ share of the bads in it); information value = Σ (share of goods − share of
bads) × WoE. Numbers are banded so that the share of bads rises or falls throughout (pool adjacent violators), each band
holding enough of both. Source: Siddiqi, Credit Risk Scorecards, ch. 6; Barlow et al. 1972 for the pooling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from handlers.finance.exact import ZERO, inside

Value = Decimal | str | None

FINEST = 20
"""Bands of equal size that a number's banding begins with."""
MOST = 6
"""Bands of a number in the end."""
LEAST_SHARE = Decimal("0.05")
"""Of all rows, that a band must hold."""
LEAST_EACH = 5
"""Goods and bads that a band must hold, so that its weight is no accident of a few rows."""


@dataclass(frozen=True, slots=True)
class Band:
    """From `low` (included; None: from below) to `high` (excluded; None: to above), or these `values`, or what is
    missing (neither)."""

    kind: Literal["range", "values", "missing"]
    low: Decimal | None
    high: Decimal | None
    values: tuple[str, ...]
    goods: int
    bads: int
    woe: Decimal

    def holds(self, value: Value) -> bool:
        """Whether a value falls in the band."""
        if value is None or self.kind == "missing":
            return value is None and self.kind == "missing"
        if isinstance(value, str):
            return self.kind == "values" and value in self.values
        above = self.low is None or value >= self.low
        return self.kind == "range" and above and (self.high is None or value < self.high)


@dataclass(frozen=True, slots=True)
class Cell:
    """A band in the making: its lowest value, and how many of each."""

    low: Decimal
    goods: int
    bads: int

    @property
    def size(self) -> int:
        return self.goods + self.bads

    def joined(self, other: Cell) -> Cell:
        return Cell(min(self.low, other.low), self.goods + other.goods, self.bads + other.bads)


@inside
def bands(values: Sequence[Value], bad: Sequence[bool]) -> tuple[Band, ...]:
    """The bands of a feature: a number's from low to high, a text's by falling WoE; what is missing last."""
    totals = (sum(not one for one in bad), sum(bad))
    present = [(value, flag) for value, flag in zip(values, bad, strict=True) if value is not None]
    texts = any(isinstance(value, str) for value, _ in present)
    made = _texts(present, totals) if texts else _numbers(present, totals, len(values))
    gone = [flag for value, flag in zip(values, bad, strict=True) if value is None]
    if gone:
        made.append(_band("missing", None, None, (), len(gone) - sum(gone), sum(gone), totals))
    return tuple(made)


def information_value(found: Sequence[Band]) -> Decimal:
    """Σ (share of goods − share of bads) × WoE; by custom under 0.02 useless, over 0.5 too good to be true."""
    goods, bads = (max(sum(getattr(one, name) for one in found), 1) for name in ("goods", "bads"))
    return sum(((Decimal(one.goods) / goods - Decimal(one.bads) / bads) * one.woe for one in found), ZERO)


def _weight(goods: int, bads: int, totals: tuple[int, int]) -> Decimal:
    """Half a row is added where a side is empty, so that a weight is finite."""
    good = Decimal(goods) if goods else Decimal("0.5")
    lost = Decimal(bads) if bads else Decimal("0.5")
    return ((good / max(totals[0], 1)) / (lost / max(totals[1], 1))).ln()


def _band(
    kind: Literal["range", "values", "missing"],
    low: Decimal | None,
    high: Decimal | None,
    values: tuple[str, ...],
    goods: int,
    bads: int,
    totals: tuple[int, int],
) -> Band:
    return Band(kind, low, high, values, goods, bads, _weight(goods, bads, totals))


def _texts(present: Sequence[tuple[Value, bool]], totals: tuple[int, int]) -> list[Band]:
    """One band a text; those too rare to stand alone together in one."""
    counts: dict[str, list[int]] = {}
    for value, flag in present:
        counts.setdefault(str(value), [0, 0])[flag] += 1
    rare = tuple(sorted(name for name, (good, lost) in counts.items() if min(good, lost) < LEAST_EACH))
    found = [
        _band("values", None, None, (name,), good, lost, totals)
        for name, (good, lost) in counts.items()
        if name not in rare
    ]
    if rare:
        good, lost = (sum(counts[name][at] for name in rare) for at in (0, 1))
        found.append(_band("values", None, None, rare, good, lost, totals))
    return sorted(found, key=lambda one: (-one.woe, one.values))


def _numbers(present: Sequence[tuple[Value, bool]], totals: tuple[int, int], rows: int) -> list[Band]:
    pairs = sorted((value, flag) for value, flag in present if isinstance(value, Decimal))
    if not pairs:
        return []
    fine = _fine(pairs)
    ways = [_enough(_pooled(fine, rising), rows) for rising in (True, False)]
    cells = max((_fewer(way, totals) for way in ways), key=lambda way: _worth(way, totals))
    edges: list[Decimal | None] = [None, *(one.low for one in cells[1:]), None]
    return [_band("range", edges[at], edges[at + 1], (), one.goods, one.bads, totals) for at, one in enumerate(cells)]


def _fine(pairs: Sequence[tuple[Decimal, bool]]) -> list[Cell]:
    """Bands of about equal size; equal values are never parted."""
    size = max(len(pairs) // FINEST, 1)
    cells: list[Cell] = []
    last: Decimal | None = None
    for value, flag in pairs:
        one = Cell(value, int(not flag), int(flag))
        if cells and (value == last or cells[-1].size < size):
            cells[-1] = cells[-1].joined(one)
        else:
            cells.append(one)
        last = value
    return cells


def _pooled(cells: Sequence[Cell], rising: bool) -> list[Cell]:
    """Neighbours joined until the share of bads only rises (or only falls)."""
    made: list[Cell] = []
    for cell in cells:
        made.append(cell)
        while len(made) > 1 and _against(made[-2], made[-1], rising):
            last = made.pop()
            made[-1] = made[-1].joined(last)
    return made


def _against(one: Cell, other: Cell, rising: bool) -> bool:
    first, second = one.bads * other.size, other.bads * one.size
    return first >= second if rising else first <= second


def _enough(cells: Sequence[Cell], rows: int) -> list[Cell]:
    """Bands that hold too little joined to the smaller neighbour."""
    made = list(cells)
    while len(made) > 1:
        short = next(
            (
                at
                for at, one in enumerate(made)
                if one.size < LEAST_SHARE * rows or min(one.goods, one.bads) < LEAST_EACH
            ),
            None,
        )
        if short is None:
            break
        beside = [at for at in (short - 1, short + 1) if 0 <= at < len(made)]
        to = min(beside, key=lambda at: made[at].size)
        first, second = sorted((short, to))
        made[first : second + 1] = [made[first].joined(made[second])]
    return made


def _fewer(cells: Sequence[Cell], totals: tuple[int, int]) -> list[Cell]:
    """Neighbours joined, those first that lose the least information, until there are few."""
    made = list(cells)
    while len(made) > MOST:
        joined = [[*made[:at], made[at].joined(made[at + 1]), *made[at + 2 :]] for at in range(len(made) - 1)]
        made = max(joined, key=lambda way: _worth(way, totals))
    return made


def _worth(cells: Sequence[Cell], totals: tuple[int, int]) -> Decimal:
    parts: Mapping[int, Decimal] = {
        at: (Decimal(one.goods) / max(totals[0], 1) - Decimal(one.bads) / max(totals[1], 1))
        * _weight(one.goods, one.bads, totals)
        for at, one in enumerate(cells)
    }
    return sum(parts.values(), ZERO)
