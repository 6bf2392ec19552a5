"""Cover of debt by cash: DSCR per period, LLCR, PLCR.

DSCRₜ = CFADSₜ ÷ (interestₜ + scheduled principalₜ); LLCR = PV at the loan's rate of CFADS to final maturity ÷ debt;
PLCR the same to the end of the project's life. Whether a reserve's balance joins the numerator is the contract's
setting (domain model §3.2). Ratios are unrounded here; pages show four places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from handlers.finance.exact import ZERO, inside, positive, refused, same_length
from handlers.finance.present_value import present_value


@dataclass(frozen=True, slots=True)
class Cover:
    """DSCR per period: None where no debt service falls due, which no test may take for a ratio."""

    dscr: tuple[Decimal | None, ...]
    minimum: Decimal
    average: Decimal
    """Mean of the periods' ratios."""


@inside
def debt_service_cover(cfads: Sequence[Decimal], service: Sequence[Decimal]) -> Cover:
    """DSCR of every period, its minimum and mean. InvalidInput: CFADS missing for a period, no debt service at all."""
    same_length(cfads, service, "cfads, debt_service", "CFADS 与还本付息")
    ratios = tuple(flow / due if due > 0 else None for flow, due in zip(cfads, service, strict=True))
    known = [one for one in ratios if one is not None]
    if not known:
        raise refused("debt_service", "no period has any", "各期均无还本付息")
    return Cover(ratios, min(known), sum(known, ZERO) / len(known))


@inside
def life_cover(cfads: Sequence[Decimal], factors: Sequence[Decimal], debt: Decimal, reserve: Decimal = ZERO) -> Decimal:
    """(PV of CFADS + reserve counted in) ÷ debt, unrounded: LLCR with CFADS to maturity, PLCR to the project's end."""
    same_length(cfads, factors, "cfads, periods", "CFADS 与期数")
    return (present_value(cfads, factors) + reserve) / positive(debt, "debt")
