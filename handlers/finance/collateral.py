"""Security for an exposure: adjusted value, cover, shortfall and what a top-up must be worth.

Adjusted value = Σ value × (1 − haircut); cover = adjusted ÷ exposure; loan to value = exposure ÷ gross value;
shortfall = required cover × exposure − adjusted, at least 0; a top-up with its own haircut must be worth
shortfall ÷ (1 − haircut) (T21). Unrounded; pages show cents and four places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from handlers.finance.exact import ONE, ZERO, inside, not_negative, refused, share


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of security; `haircut` between 0 and 1."""

    name: str
    value: Decimal
    haircut: Decimal


@dataclass(frozen=True, slots=True)
class CollateralCover:
    """What the security amounts to. `loan_to_value` is None when it is worth nothing, `cover` when nothing is owed."""

    adjusted: Decimal
    cover: Decimal | None
    loan_to_value: Decimal | None
    shortfall: Decimal
    top_up: Decimal | None
    """Gross value of a top-up; None when no haircut for it was given."""


@inside
def collateral_cover(
    items: Sequence[Item], exposure: Decimal, required_cover: Decimal, top_up_haircut: Decimal | None = None
) -> CollateralCover:
    """InvalidInput: a negative exposure, a negative value, a haircut outside 0…1, a top-up of haircut 1."""
    not_negative(exposure, "exposure")
    not_negative(required_cover, "required_cover")
    for at, one in enumerate(items, start=1):
        not_negative(one.value, f"items[{at}].value")
        share(one.haircut, f"items[{at}].haircut")
    gross = sum((one.value for one in items), ZERO)
    adjusted = sum((one.value * (ONE - one.haircut) for one in items), ZERO)
    shortfall = max(required_cover * exposure - adjusted, ZERO)
    return CollateralCover(
        adjusted,
        adjusted / exposure if exposure else None,
        exposure / gross if gross else None,
        shortfall,
        None if top_up_haircut is None else _gross(shortfall, top_up_haircut),
    )


def _gross(shortfall: Decimal, haircut: Decimal) -> Decimal:
    if share(haircut, "top_up_haircut") == 1:
        raise refused(
            "top_up_haircut", "a top-up that counts for nothing cures nothing", "折扣率为 100% 的押品无法补足"
        )
    return shortfall / (ONE - haircut)
