"""How much debt a project carries: by gearing, by DSCR, by LLCR; the smallest binds.

Gearing cap = CAPEX × highest gearing; DSCR cap = PV(CFADS) ÷ target DSCR; LLCR cap = PV(CFADS) ÷ LLCR floor (domain
model §3.2, vectors T04 and T08). The constant DSCR of sculpted debt is PV(CFADS) ÷ debt and equals its LLCR.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from handlers.finance.exact import inside, positive, refused, share
from handlers.finance.present_value import present_value
from handlers.finance.schedules import sculpted_amount


@dataclass(frozen=True, slots=True)
class Capacity:
    """Caps by rule, unrounded; the debt is the smallest; of equal ones the first of gearing, dscr, llcr binds."""

    caps: Mapping[str, Decimal]
    debt: Decimal
    binding: str
    constant_dscr: Decimal


@inside
def debt_capacity(
    cfads: Sequence[Decimal],
    factors: Sequence[Decimal],
    *,
    target_dscr: Decimal | None = None,
    capex: Decimal | None = None,
    max_gearing: Decimal | None = None,
    llcr_floor: Decimal | None = None,
) -> Capacity:
    """The debt that every rule that is given allows. InvalidInput: no rule, CAPEX or gearing alone, bad CFADS."""
    if (capex is None) != (max_gearing is None):
        raise refused("capex, max_gearing", "both are needed or neither", "项目总投资与最高负债率须同时给出")
    caps: dict[str, Decimal] = {}
    if capex is not None and max_gearing is not None:
        caps["gearing"] = positive(capex, "capex") * share(max_gearing, "max_gearing")
    if target_dscr is not None:
        caps["dscr"] = sculpted_amount(cfads, factors, positive(target_dscr, "target_dscr"))
    if llcr_floor is not None:
        caps["llcr"] = sculpted_amount(cfads, factors, positive(llcr_floor, "llcr_floor"))
    if not caps:
        raise refused(
            "target_dscr", "a rule is needed: gearing, DSCR or LLCR", "须至少给出一项约束：负债率、DSCR 或 LLCR"
        )
    binding = min(caps, key=lambda rule: caps[rule])
    debt = positive(caps[binding], "debt")
    return Capacity(caps, debt, binding, present_value(cfads, factors) / debt)
