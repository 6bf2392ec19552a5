"""What another currency is worth in yuan, by the house's own rates.

Law: the decision table `reference_rate` (process P1) is the one place of rates; a currency that it does not name has
none, though the table's last row stands in for it where a person looks at the amount.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session

from engine import api
from engine.errors import NotFound

YUAN = "CNY"
TABLE = "reference_rate"


def into_yuan(session: Session, currency: str) -> Decimal | None:
    """Yuan for one unit of a currency; None where the house has no rate for it."""
    if currency == YUAN:
        return Decimal(1)
    try:
        named, unnamed = (
            api.evaluate_decision(session, api.SYSTEM, TABLE, {"currency": one}) for one in (currency, None)
        )
    except NotFound:
        return None
    if [rule.rule_id for rule in named.fired] == [rule.rule_id for rule in unnamed.fired]:
        return None
    return named.value if isinstance(named.value, Decimal) and named.value > 0 else None
