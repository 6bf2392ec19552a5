"""How well a score tells bad from good, how honest its probabilities are, and whether its population moved. Pure.

AUC is the chance that a good scores above a bad, ties half (Mann & Whitney 1947); KS the greatest distance of the two
cumulative shares; Brier the mean squared error of the probability; PSI = Σ (actual − expected) × ln(actual ÷ expected)
over the bands of the score, under 0.10 stable, from 0.25 on to be acted upon (Siddiqi, Credit Risk Scorecards, ch. 10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from handlers.finance.exact import ONE, ZERO, inside, refused

STABLE = Decimal("0.10")
MOVED = Decimal("0.25")
EMPTY = Decimal("0.0001")
"""Stands for a share of nought, which has no logarithm."""


@dataclass(frozen=True, slots=True)
class Separation:
    """AUC, Gini = 2·AUC − 1, KS; unrounded."""

    auc: Decimal
    gini: Decimal
    ks: Decimal


@inside
def separation(scores: Sequence[Decimal], bad: Sequence[bool]) -> Separation:
    """How far a high score means good. InvalidInput when one outcome is missing."""
    lost = sum(bad)
    fine = len(bad) - lost
    if not lost or not fine:
        raise refused("outcome", "both outcomes are needed", "须同时有好、坏两种结果")
    below_bad = below_good = 0
    won = widest = ZERO
    for _, group in groupby(sorted(zip(scores, bad, strict=True)), key=lambda pair: pair[0]):
        flags = [flag for _, flag in group]
        here_bad = sum(flags)
        here_good = len(flags) - here_bad
        won += here_good * (below_bad + Decimal(here_bad) / 2)
        below_bad += here_bad
        below_good += here_good
        widest = max(widest, abs(Decimal(below_bad) / lost - Decimal(below_good) / fine))
    auc = won / (fine * lost)
    return Separation(auc, 2 * auc - ONE, widest)


@inside
def brier(chances: Sequence[Decimal], bad: Sequence[bool]) -> Decimal:
    """Mean of (probability − outcome)², unrounded."""
    return sum(((chance - int(flag)) ** 2 for chance, flag in zip(chances, bad, strict=True)), ZERO) / len(bad)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A tenth of the sample, by its probability: what was said and what came."""

    rows: int
    expected: Decimal
    observed: Decimal


@inside
def calibration(chances: Sequence[Decimal], bad: Sequence[bool], parts: int = 10) -> tuple[Calibrated, ...]:
    """Parts of about equal size from the least to the greatest probability; equal probabilities stay together."""
    found: list[list[tuple[Decimal, bool]]] = [[]]
    least = -(-len(bad) // parts)
    for _, group in groupby(sorted(zip(chances, bad, strict=True)), key=lambda pair: pair[0]):
        if len(found[-1]) >= least:
            found.append([])
        found[-1].extend(group)
    return tuple(
        Calibrated(
            len(part),
            sum((chance for chance, _ in part), ZERO) / len(part),
            Decimal(sum(flag for _, flag in part)) / len(part),
        )
        for part in found
        if part
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """Population stability index with the part of each band, and what it means."""

    psi: Decimal
    level: str
    parts: Mapping[str, Decimal]


@inside
def shift(expected: Mapping[str, Decimal], actual: Mapping[str, int]) -> Shift:
    """How far a population moved from the expected shares. InvalidInput when nothing was counted."""
    total = sum(actual.values())
    if not total:
        raise refused("scores", "none to compare", "没有可比较的评分")
    parts = {}
    for band in sorted(set(expected) | set(actual)):
        was = expected.get(band) or EMPTY
        now = Decimal(actual.get(band, 0)) / total or EMPTY
        parts[band] = (now - was) * (now / was).ln()
    psi = sum(parts.values(), ZERO)
    return Shift(psi, "stable" if psi < STABLE else "watch" if psi < MOVED else "moved", parts)
