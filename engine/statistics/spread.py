"""How durations are spread, in buckets that grow. Law: additive, so that days, versions and rebuilds add up exactly.

A bucket holds the durations between two powers of 1.05 (in milliseconds); whatever is read from it is at most 2.5 %
off, over any range from a millisecond to centuries, in some hundred buckets at most. This is the logarithmic sketch of
Masson, Rim and Lee, "DDSketch", VLDB 2019; nothing less than one millisecond is told apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

GROWTH = 1.05
ACCURACY = (GROWTH - 1) / (GROWTH + 1)
"""The most that a quantile is off, as a share of the true duration."""
_LOG = math.log(GROWTH)

Spread = dict[int, int]
"""Bucket -> how many durations are in it. Bucket 0: less than a millisecond."""


def bucket(ms: int) -> int:
    """The bucket of a duration in milliseconds; negative ones (a clock set back) are none at all."""
    return 0 if ms < 1 else 1 + max(0, math.ceil(math.log(ms) / _LOG - 1e-9))


def middle(number: int) -> int:
    """The duration that stands for a bucket, in milliseconds."""
    return 0 if number == 0 else round(2 * GROWTH ** (number - 1) / (GROWTH + 1))


def added(into: Spread, more: Mapping[int, int], sign: int = 1) -> None:
    """Add (or take away) one spread; buckets that come to nothing go."""
    for number, count in more.items():
        total = into.get(number, 0) + sign * count
        if total:
            into[number] = total
        else:
            into.pop(number, None)


def packed(spread: Mapping[int, int]) -> list[list[int]]:
    """A spread as it is stored: equal spreads are equal lists."""
    return [[number, spread[number]] for number in sorted(spread)]


def unpacked(stored: Iterable[Sequence[int]] | None) -> Spread:
    """What `packed` gave."""
    return {number: count for number, count in stored or ()}


def quantile(spread: Mapping[int, int], share: Fraction | float) -> int | None:
    """The duration (ms) that `share` of all do not exceed (nearest rank); None when there is none."""
    total = sum(spread.values())
    if total <= 0:
        return None
    rank, seen = max(1, math.ceil(Fraction(share).limit_denominator(10_000) * total)), 0
    for number in sorted(spread):
        seen += spread[number]
        if seen >= rank:
            return middle(number)
    return middle(max(spread))
