"""Worth today of what comes later: discounting, net present value, internal rate of return, effective rate.

Flows stand at the ends of equal periods. Interest of a period is its opening balance times its factor, so a factor
may differ from period to period (day counts, a rate that changes): discounting multiplies 1 + factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, Overflow
from itertools import accumulate

from handlers.finance.exact import ONE, ZERO, inside, not_negative, refused

LOWEST_RATE = Decimal("-0.99999")
HIGHEST_RATE = Decimal(1000)
HALVINGS = 160
"""The bracket of a root shrinks below the thirtieth digit."""


def flat(rate: Decimal, periods: int) -> tuple[Decimal, ...]:
    """The same interest factor for every period. InvalidInput for a negative rate."""
    return (not_negative(rate, "rate"),) * periods


@inside
def discounts(factors: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """What 1 at the end of each period is worth at the start: 1 ÷ Π(1 + factor), unrounded."""
    return tuple(ONE / grown for grown in accumulate((ONE + one for one in factors), lambda all_, one: all_ * one))


@inside
def present_value(flows: Sequence[Decimal], factors: Sequence[Decimal]) -> Decimal:
    """Σ flowₜ × discountₜ, t = 1…n, unrounded; the shorter of the two ends it."""
    return sum((flow * worth for flow, worth in zip(flows, discounts(factors), strict=False)), ZERO)


@inside
def net_present_value(flows: Sequence[Decimal], rate: Decimal) -> Decimal:
    """Σ flowₜ ÷ (1+rate)ᵗ with t = 0 for the first flow (vector T25), unrounded. Rate above −1."""
    if rate <= -1:
        raise refused("rate", f"must be above −1: {rate}", f"须大于 −1：{rate}")
    total = ZERO
    for flow in reversed(flows):
        total = total / (ONE + rate) + flow
    return total


@inside
def internal_rate(flows: Sequence[Decimal]) -> Decimal:
    """The rate per period at which the net present value is nought, unrounded.

    Of several roots the one nearest to nought is given (a late outlay, such as dismantling, adds a root far below).
    InvalidInput when the flows have one sign only, or no rate between −99.999 % and 100,000 % fits.
    """
    if not any(flow > 0 for flow in flows) or not any(flow < 0 for flow in flows):
        raise refused(
            "cash_flows",
            "an outlay and an income are needed for a rate of return",
            "须既有流出又有流入，方能计算收益率",
        )
    found = [_root(flows, low, high) for low, high in _brackets(flows)]
    if not found:
        raise refused("cash_flows", "no rate of return fits these flows", "该现金流不存在内部收益率")
    return min(found, key=abs)


def _brackets(flows: Sequence[Decimal]) -> list[tuple[Decimal, Decimal]]:
    """Neighbouring rates between which the net present value changes its sign."""
    steps = [LOWEST_RATE, *map(Decimal, ("-0.999", "-0.99", "-0.95")), *(Decimal(at) / 50 for at in range(-45, 101))]
    steps += [Decimal(at) for at in (3, 5, 8, 13, 21, 34, 55, 100, 200, 500)] + [HIGHEST_RATE]
    values = [net_present_value(flows, rate) for rate in steps]
    return [
        (steps[at], steps[at + 1])
        for at in range(len(steps) - 1)
        if values[at] == 0 or (values[at] > 0) != (values[at + 1] > 0)
    ]


def _root(flows: Sequence[Decimal], low: Decimal, high: Decimal) -> Decimal:
    at_low = net_present_value(flows, low)
    if at_low == 0:
        return low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        value = net_present_value(flows, middle)
        if value == 0:
            return middle
        if (value > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2


@inside
def effective_rate(nominal: Decimal, times: int) -> Decimal:
    """(1 + nominal ÷ times)^times − 1: the yearly rate that compounding `times` a year amounts to, unrounded."""
    try:
        return (ONE + nominal / times) ** times - ONE
    except Overflow:
        raise refused("rate", f"too large: {nominal}", f"利率过大：{nominal}") from None
