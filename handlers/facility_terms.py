"""What is left of a facility's agreed terms on a day. Law: as they were agreed; where the plan says nothing of the time
between instalments, it is three months. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from handlers.finance.exact import HUNDRED, INSIDE
from handlers.finance.plan import Terms
from handlers.records.facilities import Facility

PROFILES: Mapping[str, str] = {"level": "level_principal"}
"""The plan's words -> those of finance/, where they differ."""
PERIOD_MONTHS = 3


def terms_left(one: Facility, amount: Decimal, start: date, step: int) -> Terms:
    """What is left of the agreed tenor and grace on a day (that of completion), in whole periods; at least one."""
    signed = one.signed_on or start
    gone = max((start.year - signed.year) * 12 + start.month - signed.month, 0)
    periods = max((one.months - gone) // step, 1)
    grace = min(max(one.grace_months - gone, 0) // step, periods - 1)
    return Terms(
        amount,
        INSIDE.divide(one.rate_pct, HUNDRED),
        start,
        periods - grace,
        profile=PROFILES.get(one.profile, one.profile),  # type: ignore[arg-type]  # Terms refuses an unknown word
        months=step,
        grace_periods=grace,
        day_count=one.day_count or "act_360",
        target_dscr=one.target_dscr,
        balloon=one.balloon or Decimal(0),
    )
