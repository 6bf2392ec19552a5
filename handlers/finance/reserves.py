"""The debt service reserve account: what it should hold and what it lacks.

Target = the next n periods of debt service (domain model §3.2, T16); part of a period counts in proportion (six
months of a yearly service is half of it). Near the end of the loan, fewer periods are left and only those count.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handlers.finance.exact import ZERO, inside, not_negative


@inside
def reserve_target(debt_service: Sequence[Decimal], periods_covered: Decimal) -> Decimal:
    """Unrounded. `debt_service` from the next period on. InvalidInput: negative service or cover."""
    left = not_negative(periods_covered, "periods_covered")
    total = ZERO
    for at, due in enumerate(debt_service, start=1):
        counted = min(left, Decimal(1))
        total += not_negative(due, f"debt_service[{at}]") * counted
        left -= counted
    return total


@inside
def reserve_shortfall(target: Decimal, balance: Decimal) -> Decimal:
    """What is to be paid in: target − balance, at least 0."""
    return max(target - balance, ZERO)
