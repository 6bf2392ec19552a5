"""Repayment schedules: level payment, level principal, sculpted, bullet, balloon, with grace of both kinds.

A schedule is made of an amount, an interest factor per period and a rule for the principal. Interest of a period is
opening balance × factor. With a `place` every row is rounded half up to it and the last instalment takes what is
left, so the balance ends at exactly 0 (T01); without one, rows are exact to 34 digits (T04).

Sources: annuity P·r ÷ (1 − (1+r)⁻ⁿ), level principal P/n, sculpting CFADS ÷ target DSCR (domain model §3.2). With
factors that differ, the level payment is P ÷ Σ discountₜ, which is the same formula when they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from handlers.finance.exact import CENT, ONE, ZERO, inside, not_negative, positive, refused, rounded, same_length
from handlers.finance.present_value import discounts, present_value


@dataclass(frozen=True, slots=True)
class Row:
    """One period. `payment` = interest − capitalised + principal; balance = opening + capitalised − principal."""

    period: int
    opening: Decimal
    interest: Decimal
    principal: Decimal
    payment: Decimal
    balance: Decimal
    capitalised: Decimal = ZERO
    """Interest added to the balance in place of being paid."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rows in order, beginning with period 1."""

    rows: tuple[Row, ...]

    @property
    def amount(self) -> Decimal:
        """What is owed before the first period."""
        return self.rows[0].opening

    @property
    def total_interest(self) -> Decimal:
        """All interest that accrues, paid or capitalised."""
        return sum((row.interest for row in self.rows), ZERO)

    @property
    def payments(self) -> tuple[Decimal, ...]:
        """Debt service per period."""
        return tuple(row.payment for row in self.rows)

    @inside
    def average_life(self, periods_per_year: int = 1) -> Decimal:
        """Weighted average life in years: Σ t·principalₜ ÷ Σ principalₜ ÷ periods a year, unrounded."""
        repaid = sum((row.principal for row in self.rows), ZERO)
        weighted = sum((row.period * row.principal for row in self.rows), ZERO)
        return weighted / repaid / periods_per_year

    @property
    def amortises(self) -> bool:
        """Whether the balance never grows but by interest that was meant to be capitalised, and ends at nought."""
        return all(row.principal >= 0 for row in self.rows) and rounded(self.rows[-1].balance, CENT) == 0


Principal = Callable[[int, Decimal, Decimal], Decimal]
"""(place in the list from 0, opening balance, interest) -> principal before it is bounded by the balance."""


@inside
def _run(
    amount: Decimal,
    factors: Sequence[Decimal],
    principal: Principal,
    place: Decimal | None,
    first: int = 1,
    bounded: bool = True,
) -> tuple[Row, ...]:
    rows: list[Row] = []
    balance = _at(amount, place)
    for at, factor in enumerate(factors):
        interest = _at(balance * factor, place)
        if at == len(factors) - 1:
            part = balance
        else:
            part = _at(principal(at, balance, interest), place)
            part = min(part, balance) if bounded else part
        closing = balance - part
        rows.append(Row(first + at, balance, interest, part, interest + part, closing))
        balance = closing
    return tuple(rows)


def _at(value: Decimal, place: Decimal | None) -> Decimal:
    return value if place is None else rounded(value, place)


def _checked(amount: Decimal, factors: Sequence[Decimal]) -> None:
    positive(amount, "principal")
    if not factors:
        raise refused("periods", "at least one is needed", "至少一期")
    for factor in factors:
        not_negative(factor, "rate")


@inside
def level_payment(amount: Decimal, factors: Sequence[Decimal]) -> Decimal:
    """The same payment in every period that repays `amount`: P ÷ Σ discountₜ, unrounded; P ÷ n at rate nought."""
    _checked(amount, factors)
    return amount / sum(discounts(factors), ZERO)


@inside
def annuity(amount: Decimal, factors: Sequence[Decimal], place: Decimal | None = CENT) -> Schedule:
    """Level payments; the last one takes what rounding left (T01: 237.40 four times, then 237.38)."""
    payment = _at(level_payment(amount, factors), place)
    return Schedule(_run(amount, factors, lambda at, balance, interest: payment - interest, place))


@inside
def level_principal(amount: Decimal, factors: Sequence[Decimal], place: Decimal | None = CENT) -> Schedule:
    """The same principal in every period, P ÷ n, and interest on what is left (T02)."""
    _checked(amount, factors)
    part = amount / len(factors)
    return Schedule(_run(amount, factors, lambda at, balance, interest: part, place))


def bullet(amount: Decimal, factors: Sequence[Decimal], place: Decimal | None = CENT) -> Schedule:
    """Interest every period, the whole principal with the last."""
    _checked(amount, factors)
    return Schedule(_run(amount, factors, lambda at, balance, interest: ZERO, place))


@inside
def balloon(amount: Decimal, factors: Sequence[Decimal], residual: Decimal, place: Decimal | None = CENT) -> Schedule:
    """Level payments down to `residual` (between 0 and the amount), which falls due with the last instalment.

    The level payment repays amount − worth of the residual today: (P − B·discountₙ) ÷ Σ discountₜ.
    """
    _checked(amount, factors)
    if not 0 <= residual <= amount:
        raise refused(
            "balloon",
            f"must lie between 0 and the amount {amount}: {residual}",
            f"须介于 0 与本金 {amount} 之间：{residual}",
        )
    worth = discounts(factors)
    payment = _at((amount - residual * worth[-1]) / sum(worth, ZERO), place)
    return Schedule(_run(amount, factors, lambda at, balance, interest: payment - interest, place))


@inside
def sculpted_amount(cfads: Sequence[Decimal], factors: Sequence[Decimal], target: Decimal) -> Decimal:
    """The debt that CFADS carries at a constant DSCR: PV(CFADS) ÷ target, unrounded (T04)."""
    _carrying(cfads, factors, target)
    return present_value(cfads, factors) / target


@inside
def sculpted(
    cfads: Sequence[Decimal],
    factors: Sequence[Decimal],
    target: Decimal | None = None,
    amount: Decimal | None = None,
    place: Decimal | None = None,
) -> Schedule:
    """Debt service follows CFADS: serviceₜ = CFADSₜ ÷ DSCR, principal = service − interest.

    Give the target DSCR (the amount follows), or the amount (the constant DSCR follows: PV ÷ amount). A period whose
    service does not pay its interest has negative principal: see `Schedule.amortises`. InvalidInput for CFADS that is
    missing or negative.
    """
    if amount is None:
        if target is None:
            raise refused("target_dscr", "a target or an amount is needed", "须给出目标偿债备付率或贷款金额")
        amount = sculpted_amount(cfads, factors, target)
        _checked(amount, factors)
    else:
        _checked(amount, factors)
        _carrying(cfads, factors, ONE)
        target = present_value(cfads, factors) / amount
        positive(target, "cfads")
    service = [flow / target for flow in cfads]
    rows = _run(amount, factors, lambda at, balance, interest: service[at] - interest, place, bounded=place is not None)
    return Schedule(rows)


def _carrying(cfads: Sequence[Decimal], factors: Sequence[Decimal], target: Decimal) -> None:
    positive(target, "target_dscr")
    same_length(cfads, factors, "cfads, periods", "CFADS 与还款期")
    for at, flow in enumerate(cfads, start=1):
        if flow < 0:
            raise refused(
                f"cfads[{at}]",
                f"is negative and carries no debt service: {flow}",
                f"为负，无法承担还本付息：{flow}",
            )


@inside
def interest_only(amount: Decimal, factors: Sequence[Decimal], place: Decimal | None = CENT) -> tuple[Row, ...]:
    """Grace of the first kind: interest is paid, principal is not (T09: 60, 60)."""
    _checked(amount, factors)
    paid = [_at(amount * factor, place) for factor in factors]
    return tuple(Row(at, amount, interest, ZERO, interest, amount) for at, interest in enumerate(paid, start=1))


@inside
def capitalising(amount: Decimal, factors: Sequence[Decimal], place: Decimal | None = CENT) -> tuple[Row, ...]:
    """Grace of the second kind: nothing is paid, interest joins the balance (T09: 1123.60 after two periods at 6 %)."""
    _checked(amount, factors)
    rows: list[Row] = []
    balance = amount
    for at, factor in enumerate(factors, start=1):
        interest = _at(balance * factor, place)
        rows.append(Row(at, balance, interest, ZERO, ZERO, balance + interest, interest))
        balance += interest
    return tuple(rows)


def after(grace: Sequence[Row], schedule: Schedule) -> Schedule:
    """The rows of grace and then those of a schedule that begins with the balance the grace left."""
    moved = tuple(
        Row(len(grace) + row.period, row.opening, row.interest, row.principal, row.payment, row.balance)
        for row in schedule.rows
    )
    return Schedule((*grace, *moved))
