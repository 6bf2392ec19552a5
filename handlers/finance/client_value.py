"""What a client is worth and says: lifetime value, promoter score, satisfaction.

CLV = Σ m·rᵗ⁻¹ ÷ (1+d)ᵗ, t = 1…n; without end m ÷ (1 + d − r) (T30). NPS = % promoters (9–10) − % detractors (0–6) of
those who answered the question; CSAT = top two of five ÷ answered (T24). Unrounded; pages show four and two places.
"""

from __future__ import annotations

from decimal import Decimal

from handlers.finance.exact import HUNDRED, ONE, ZERO, inside, not_negative, refused, share


@inside
def lifetime_value(margin: Decimal, retention: Decimal, discount: Decimal, years: int) -> Decimal:
    """Over `years` years; the first margin comes at the end of the first. InvalidInput: retention outside 0…1,
    negative discount."""
    share(retention, "retention")
    not_negative(discount, "discount")
    total, kept, worth = ZERO, ONE, ONE
    for _ in range(years):
        worth /= ONE + discount
        total += margin * kept * worth
        kept *= retention
    return total


@inside
def perpetual_value(margin: Decimal, retention: Decimal, discount: Decimal) -> Decimal:
    """Without end: m ÷ (1 + d − r). InvalidInput when nothing is ever lost or discounted (r = 1 and d = 0)."""
    share(retention, "retention")
    not_negative(discount, "discount")
    below = ONE + discount - retention
    if below <= 0:
        raise refused(
            "retention", "with full retention and no discount there is no limit", "留存率为 1 且无折现时没有上限"
        )
    return margin / below


@inside
def promoter_score(promoters: int, passives: int, detractors: int) -> Decimal:
    """NPS in per cent from −100 to 100, unrounded. InvalidInput: negative counts, nobody answered."""
    asked = _counted(promoters, passives, detractors)
    return Decimal(promoters - detractors) / asked * HUNDRED


@inside
def satisfied_share(satisfied: int, answered: int) -> Decimal:
    """CSAT in per cent, unrounded. InvalidInput: negative counts, nobody answered, more satisfied than answered."""
    _counted(satisfied, answered - satisfied)
    return Decimal(satisfied) / answered * HUNDRED


def _counted(*groups: int) -> int:
    if min(groups) < 0:
        raise refused(
            "answers", "counts must not be negative, parts not above the whole", "人数不得为负，也不得超过答卷数"
        )
    if not sum(groups):
        raise refused("answers", "nobody answered", "没有有效答卷")
    return sum(groups)
