"""Fees of a facility: upfront, commitment, agency; and what they make of the rate.

Upfront: commitment × rate, once. Commitment: undrawn amount × yearly rate × part of a year. Agency: an amount a year.
To cents, half up, each by itself, as it is invoiced.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from handlers.finance.day_counts import year_fraction
from handlers.finance.exact import CENT, ZERO, inside, not_negative, refused, rounded
from handlers.finance.present_value import internal_rate
from handlers.finance.schedules import Schedule


@inside
def upfront(commitment: Decimal, rate: Decimal) -> Decimal:
    """Commitment × rate, to cents."""
    return rounded(not_negative(commitment, "commitment") * not_negative(rate, "upfront_fee"), CENT)


@dataclass(frozen=True, slots=True)
class Drawn:
    """From this day on, this much in all is drawn."""

    day: date
    total: Decimal


@inside
def commitment_fee(
    commitment: Decimal, rate: Decimal, drawn: Iterable[Drawn], start: date, end: date, convention: str
) -> Decimal:
    """Fee on what is undrawn from `start` to `end`, by the days on which the drawn total changed; to cents.

    InvalidInput: drawn beyond the commitment, unknown convention, end before start.
    """
    not_negative(rate, "commitment_fee")
    known = sorted(drawn, key=lambda one: one.day)
    if any(one.total > commitment for one in known):
        raise refused("drawn", "beyond the commitment", "超过承诺金额")
    days = sorted({start, end, *(one.day for one in known if start < one.day < end)})
    total = ZERO
    for begins, ends in pairwise(days):
        used = max((one for one in known if one.day <= begins), key=lambda one: one.day, default=None)
        undrawn = commitment - (used.total if used else ZERO)
        total += undrawn * rate * year_fraction(begins, ends, convention)
    return rounded(total, CENT)


@inside
def all_in_rate(schedule: Schedule, upfront_fee: Decimal = ZERO, fee_per_period: Decimal = ZERO) -> Decimal:
    """The rate per period that the borrower pays with fees counted in: the internal rate of what comes and goes,
    unrounded (the schedule's own rate when there are no fees)."""
    received = schedule.amount - upfront_fee
    return internal_rate([received, *(-(payment + fee_per_period) for payment in schedule.payments)])
