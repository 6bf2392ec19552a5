"""What a facility earns before it is repaid: the upfront fee at financial close, interest on what was drawn and the
commitment fee on what was not at completion. Law: each is booked once a facility, as owed by it, by its own terms.

Interest of construction runs on every draw from the day it was paid to completion, simple, by the facility's day count;
the commitment fee from signing to completion or the end of draws, whichever is earlier (`finance.fees`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from engine.registry import Context
from handlers.finance import fees
from handlers.finance.day_counts import year_fraction
from handlers.finance.exact import HUNDRED, ZERO, inside, rounded
from handlers.ledger import booked
from handlers.records import draws
from handlers.records.facilities import Facility
from handlers.records.ledger import Entry

DAY_COUNT = "act_360"
"""Where the terms say nothing."""


def at_close(ctx: Context, one: Facility, day: date) -> Decimal:
    """Book the upfront fee; what it is."""
    fee = fees.upfront(one.amount, (one.upfront_fee_pct or ZERO) / HUNDRED)
    return _book(ctx, one, "fees", fee, "upfront", f"安排费 {one.business_key}", day)


def at_completion(ctx: Context, one: Facility, day: date) -> tuple[Decimal, Decimal]:
    """Book interest of construction and the commitment fee; what they are."""
    paid = paid_draws(ctx, one)
    interest = construction_interest(one, paid, day)
    fee = commitment_fee(one, paid, day)
    return (
        _book(ctx, one, "interest", interest, "construction", f"建设期利息 {one.business_key}", day),
        _book(ctx, one, "fees", fee, "commitment", f"承诺费 {one.business_key}", day),
    )


def paid_draws(ctx: Context, one: Facility) -> list[tuple[date, Decimal]]:
    """(day, amount) of the draws whose money went out."""
    return [
        ((draw.closed_at or draw.requested_at).astimezone(ctx.zone).date(), draw.amount)
        for draw in draws.of_facility(ctx.session, one.id)
        if draw.state == "paid"
    ]


@inside
def construction_interest(one: Facility, paid: list[tuple[date, Decimal]], until: date) -> Decimal:
    """Σ draw × rate × part of a year from its day to `until`, to cents."""
    rate, convention = one.rate_pct / HUNDRED, one.day_count or DAY_COUNT
    return rounded(
        sum((amount * rate * year_fraction(day, until, convention) for day, amount in paid if day < until), ZERO)
    )


def commitment_fee(one: Facility, paid: list[tuple[date, Decimal]], until: date) -> Decimal:
    """On what was not drawn, from signing to `until` or the end of draws; nought without a rate."""
    end = min(until, one.availability_end or until)
    if not one.commitment_fee_pct or one.signed_on is None or end <= one.signed_on:
        return ZERO
    total, steps = ZERO, []
    for day, amount in sorted(paid):
        total += amount
        steps.append(fees.Drawn(day, total))
    rate = one.commitment_fee_pct / HUNDRED
    return fees.commitment_fee(one.amount, rate, steps, one.signed_on, end, one.day_count or DAY_COUNT)


def _book(ctx: Context, one: Facility, kind: str, amount: Decimal, name: str, text: str, day: date) -> Decimal:
    if amount > 0:
        key, money = one.business_key, one.currency
        lines = [Entry(f"{kind}:{key}", "debit", amount, money), Entry(f"income:{kind}", "credit", amount, money)]
        booked(ctx, f"{key}/{name}", lines, text, key, day)
    return amount
