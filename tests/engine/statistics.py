"""Figures as tests compare them."""

from __future__ import annotations

from typing import Any

from engine.statistics.fold import Tally
from engine.statistics.spread import unpacked
from engine.store import figures as f
from tests.house import House


def figures(house: House) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of figures, live and settled added up, in order; without what has come to nothing."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for name, table in f.FIGURES.items():
        together: dict[Any, Tally] = {}
        for row in house.rows(table):
            key = tuple(row[column] for column in f.keys(table))
            one = Tally({column: row[column] for column in f.sums(table)})
            if "spread" in table.c:
                one.shortest, one.longest, one.spread = row["shortest"], row["longest"], unpacked(row["spread"])
            together.setdefault(key, Tally()).merge(one)
        rows = [
            (*key, sorted(one.sums.items()), one.shortest, one.longest, sorted(one.spread.items()))
            for key, one in together.items()
            if not one.is_nothing()
        ]
        found[name] = sorted(rows, key=str)
    return found


def element(house: House, id: str) -> dict[str, int]:
    """The sums of one element over all days and versions; without what is nothing, and without moments."""
    total: dict[str, int] = {}
    for row in house.rows(f.element, f.element.c.element == id):
        for name in f.sums(f.element):
            total[name] = total.get(name, 0) + row[name]
    return {name: value for name, value in total.items() if value and name != "present_since"}
