"""Interest and fees while the project is built.

Draws stand at the beginning of a period, interest at its end on everything drawn, and joins the balance (T26).
Commitment fee: undrawn commitment after the period's draw × yearly fee ÷ periods a year; capitalised interest uses no
commitment in `capitalised`, and is part of the facility in `funded`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from handlers.finance.exact import ZERO, inside, not_negative, positive, refused, share


@dataclass(frozen=True, slots=True)
class Construction:
    """Interest per period, what is owed at the end, and the commitment fee; unrounded."""

    interest: tuple[Decimal, ...]
    balance: Decimal
    commitment_fee: Decimal


@inside
def capitalised(
    draws: Sequence[Decimal], rate: Decimal, commitment: Decimal, fee_per_year: Decimal, periods_per_year: int
) -> Construction:
    """Interest that joins the balance, and the fee on what is not drawn. `rate` per period.

    InvalidInput: negative draws, rate or fee; draws beyond the commitment.
    """
    not_negative(rate, "period_rate")
    not_negative(fee_per_year, "fee_per_year")
    balance, drawn, fee = ZERO, ZERO, ZERO
    charged: list[Decimal] = []
    for at, draw in enumerate(draws, start=1):
        drawn += not_negative(draw, f"draws[{at}]")
        if drawn > commitment:
            told = f"{drawn} > {commitment}"
            raise refused(f"draws[{at}]", f"drawn beyond the commitment: {told}", f"累计提款超过承诺金额：{told}")
        fee += (commitment - drawn) * fee_per_year / periods_per_year
        charged.append((balance + draw) * rate)
        balance += draw + charged[-1]
    return Construction(tuple(charged), balance, fee)


@dataclass(frozen=True, slots=True)
class FundedPeriod:
    """Uses of one period and who pays them. Exact."""

    cost: Fraction
    fees: Fraction
    interest: Fraction
    debt: Fraction
    equity: Fraction
    balance: Fraction


@dataclass(frozen=True, slots=True)
class Funding:
    """Sources and uses that agree: debt ÷ uses is the gearing exactly. `residual` = debt − its own consequences: 0."""

    debt: Fraction
    equity: Fraction
    uses: Fraction
    interest: Fraction
    fees: Fraction
    periods: tuple[FundedPeriod, ...]
    residual: Fraction


def funded(
    costs: Sequence[Decimal],
    gearing: Decimal,
    rate: Decimal,
    *,
    commitment_fee: Decimal = ZERO,
    upfront_fee: Decimal = ZERO,
    periods_per_year: int = 1,
) -> Funding:
    """Debt that pays its share of costs, of its own fees and of its own interest: the circle, solved exactly.

    Interest and fees depend on the debt and the debt on them. Both are linear in the debt: if a facility of D leads
    to uses of which debt pays a + b·D, then D = a ÷ (1 − b), in fractions and without iteration. `rate` per period,
    `commitment_fee` a year, `upfront_fee` of the facility, paid with the first draw. All uses of a period are funded
    at the gearing; interest of a period falls due at its end.
    InvalidInput: gearing outside 0…1 or 1 with fees that feed themselves; negative costs, rate, fees.
    """
    ratio = Fraction(share(gearing, "gearing"))
    terms = [Fraction(not_negative(one, name)) for one, name in
             ((rate, "rate"), (commitment_fee, "commitment_fee"), (upfront_fee, "upfront_fee"))]  # fmt: skip
    spent = [Fraction(not_negative(cost, f"costs[{at}]")) for at, cost in enumerate(costs, start=1)]
    positive(sum(costs, ZERO), "costs")

    def drawn(facility: Fraction) -> tuple[FundedPeriod, ...]:
        return _periods(spent, ratio, facility, terms[0], terms[1] / periods_per_year, terms[2])

    def debt(facility: Fraction) -> Fraction:
        return drawn(facility)[-1].balance

    constant = debt(Fraction(0))
    slope = debt(Fraction(1)) - constant
    if slope >= 1:
        raise refused("gearing", "the fees feed themselves: no debt suffices", "费用自我滚动，任何贷款金额都不足以覆盖")
    facility = constant / (1 - slope)
    periods = drawn(facility)
    return Funding(
        debt=facility,
        equity=sum((one.equity for one in periods), Fraction(0)),
        uses=sum((one.cost + one.fees + one.interest for one in periods), Fraction(0)),
        interest=sum((one.interest for one in periods), Fraction(0)),
        fees=sum((one.fees for one in periods), Fraction(0)),
        periods=periods,
        residual=facility - periods[-1].balance,
    )


def _periods(
    costs: Sequence[Fraction],
    gearing: Fraction,
    facility: Fraction,
    rate: Fraction,
    commitment: Fraction,
    upfront: Fraction,
) -> tuple[FundedPeriod, ...]:
    """Affine in `facility`: what is undrawn is counted before the period's own draw."""
    made: list[FundedPeriod] = []
    balance = Fraction(0)
    for at, cost in enumerate(costs):
        fees = (facility - balance) * commitment + (upfront * facility if at == 0 else 0)
        draw = gearing * (cost + fees)
        interest = (balance + draw) * rate
        uses = cost + fees + interest
        balance += gearing * uses
        made.append(FundedPeriod(cost, fees, interest, gearing * uses, (1 - gearing) * uses, balance))
    return tuple(made)
