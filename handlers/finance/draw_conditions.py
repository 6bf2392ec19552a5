"""What must hold before money goes out: equity in step with debt, money enough to finish, progress in step with spend.

Source: 《固定资产贷款管理办法》 and the earlier 《项目融资业务指引》: capital is paid in the same proportion as the
loan, and the project's progress fits what was invested (domain model §3.3). Products are compared, nothing is divided.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handlers.finance.exact import ZERO, inside, not_negative, positive, share


@inside
def equity_in_step(
    request: Decimal, *, equity_committed: Decimal, equity_paid: Decimal, debt_committed: Decimal, drawn: Decimal
) -> bool:
    """Whether (drawn + request) ÷ debt committed ≤ equity paid ÷ equity committed (T27), and within the commitment.

    InvalidInput: commitments not above nought, negative amounts, a request that is not above nought.
    """
    positive(equity_committed, "equity_committed")
    positive(debt_committed, "debt_committed")
    not_negative(equity_paid, "equity_paid")
    after = not_negative(drawn, "drawn") + positive(request, "request")
    return after <= debt_committed and after * equity_committed <= equity_paid * debt_committed


@inside
def drawable(*, equity_committed: Decimal, equity_paid: Decimal, debt_committed: Decimal, drawn: Decimal) -> Decimal:
    """The largest request that keeps equity in step: debt × min(1, paid ÷ committed) − drawn, at least 0; unrounded."""
    positive(equity_committed, "equity_committed")
    paid = min(equity_paid, equity_committed)
    return max(debt_committed * paid / equity_committed - drawn, ZERO)


@dataclass(frozen=True, slots=True)
class Progress:
    """The construction test. `gap` is what funds lack (0 when none), `lag` how far progress trails spend."""

    passed: bool
    gap: Decimal
    lag: Decimal


@inside
def progress(
    *,
    physical: Decimal,
    spent: Decimal,
    cost_to_complete: Decimal,
    undrawn_debt: Decimal,
    equity_to_come: Decimal,
    tolerance: Decimal = Decimal("0.05"),
) -> Progress:
    """Undrawn debt + equity to come ≥ cost to complete, and physical progress ≥ spent ÷ (spent + to complete) −
    `tolerance` (a default that an institution replaces). Shares between 0 and 1; unrounded."""
    share(physical, "physical")
    not_negative(spent, "spent")
    need = not_negative(cost_to_complete, "cost_to_complete")
    funds = not_negative(undrawn_debt, "undrawn_debt") + not_negative(equity_to_come, "equity_to_come")
    whole = spent + need
    lag = max((spent / whole if whole else ZERO) - physical, ZERO)
    gap = max(need - funds, ZERO)
    return Progress(gap == 0 and lag <= tolerance, gap, lag)
