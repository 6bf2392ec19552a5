"""Logistic regression by Newton's method, in Decimal. Pure.

Maximises the likelihood of ln(odds of good) = intercept + Σ coefficient × WoE. Equal rows are one row with counts, so
the work depends on the bands and not on the sample. Source: McCullagh & Nelder, Generalized Linear Models, ch. 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.errors import InvalidInput
from handlers.finance.exact import ONE, ZERO, inside, refused

ROUNDS = 50
ENOUGH = Decimal("1e-15")
"""A step smaller than this in every coefficient ends the search."""

Row = tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """Intercept and one coefficient a feature, of the log odds of good."""

    intercept: Decimal
    coefficients: tuple[Decimal, ...]
    rounds: int


@inside
def fit(rows: Sequence[Row], bad: Sequence[bool]) -> Fit:
    """The coefficients of greatest likelihood. InvalidInput: one outcome only, or evidence that separates them."""
    if len(set(bad)) < 2:
        raise refused("outcome", "both outcomes are needed", "须同时有好、坏两种结果")
    goods, lost = (
        Counter(row for row, flag in zip(rows, bad, strict=True) if flag is wanted) for wanted in (False, True)
    )
    cells = [((ONE, *row), goods[row], goods[row] + lost[row]) for row in sorted(set(goods) | set(lost))]
    at = [ZERO] * len(cells[0][0])
    for number in range(1, ROUNDS + 1):
        step = _step(cells, at)
        at = [one + change for one, change in zip(at, step, strict=True)]
        if max(map(abs, at)) > 100:
            break
        if max(map(abs, step)) < ENOUGH:
            return Fit(at[0], tuple(at[1:]), number)
    raise _no_estimate()


def _no_estimate() -> InvalidInput:
    en = "no estimate: the evidence parts the outcomes completely, or a feature repeats the others"
    return refused("features", en, "无法估计：变量完全区分结果，或与其他变量重复")


def _step(cells: Sequence[tuple[Row, int, int]], at: Sequence[Decimal]) -> list[Decimal]:
    width = len(at)
    slope = [ZERO] * width
    curve = [[ZERO] * width for _ in range(width)]
    for row, good, count in cells:
        chance = ONE / (ONE + (-sum((a * b for a, b in zip(at, row, strict=True)), ZERO)).exp())
        weight = count * chance * (ONE - chance)
        for i in range(width):
            slope[i] += row[i] * (good - count * chance)
            for j in range(i + 1):
                curve[i][j] += weight * row[i] * row[j]
    for i in range(width):
        for j in range(i):
            curve[j][i] = curve[i][j]
    return _solved(curve, slope)


def _solved(matrix: list[list[Decimal]], right: list[Decimal]) -> list[Decimal]:
    """Gauss with the largest pivot. InvalidInput when a feature says what others say already."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    width = len(rows)
    for at in range(width):
        best = max(range(at, width), key=lambda i: abs(rows[i][at]))
        if abs(rows[best][at]) < Decimal("1e-18"):
            raise _no_estimate()
        rows[at], rows[best] = rows[best], rows[at]
        for below in range(width):
            if below != at:
                share = rows[below][at] / rows[at][at]
                rows[below] = [a - share * b for a, b in zip(rows[below], rows[at], strict=True)]
    return [rows[at][width] / rows[at][at] for at in range(width)]
