"""An amendment: the old plan beside the new one, and whether the change is a new loan in disguise.

Rows are joined by due date. The ten per cent test compares what is still to be paid, discounted at the old rate:
IFRS 9 B3.3.6 calls a modification substantial from 10 % on (Chinese CAS 22 likewise). Money that the amendment adds
is taken off first: to lend more is no change of what was lent before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from handlers.finance.exact import HUNDRED, ONE, ZERO, inside, positive
from handlers.finance.plan import Plan

SUBSTANTIAL = Decimal(10)
YEAR = Decimal(365)


@dataclass(frozen=True, slots=True)
class Beside:
    """What falls due on a day under each plan; None where a plan has nothing that day."""

    due: date
    old: Decimal | None
    new: Decimal | None

    @property
    def difference(self) -> Decimal:
        """New less old."""
        return (self.new or ZERO) - (self.old or ZERO)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Old against new, of what is still to come. Differences are new less old; days of maturity; average life in years
    of 365 days; `change` in per cent, unrounded."""

    rows: tuple[Beside, ...]
    interest: Decimal
    maturity_days: int
    average_life: Decimal
    minimum_dscr: Decimal | None
    change: Decimal
    substantial: bool


@inside
def compare(old: Plan, new: Plan, day: date) -> Comparison:
    """Both plans from `day` on. InvalidInput when nothing of the old one is left."""
    dates = sorted({one for plan in (old, new) for one in plan.dates if one > day})
    sides = [dict(zip(plan.dates, plan.schedule.payments, strict=True)) for plan in (old, new)]
    before, after = (_worth(plan, day, old.terms.rate) for plan in (old, new))
    added = _owed(new, day) - _owed(old, day)
    change = (after - added - positive(before, "old plan")) / before * HUNDRED
    both = old.cover is not None and new.cover is not None
    return Comparison(
        tuple(Beside(one, sides[0].get(one), sides[1].get(one)) for one in dates),
        _interest(new, day) - _interest(old, day),
        (new.maturity - old.maturity).days,
        _life(new, day) - _life(old, day),
        new.cover.minimum - old.cover.minimum if both and new.cover and old.cover else None,
        change,
        abs(change) >= SUBSTANTIAL,
    )


def _interest(plan: Plan, day: date) -> Decimal:
    """What accrues in the periods that end after `day`."""
    return sum((row.interest for row, due in zip(plan.schedule.rows, plan.dates, strict=True) if due > day), ZERO)


def _life(plan: Plan, day: date) -> Decimal:
    """Years from `day` until principal is repaid, by its weight."""
    left = [(row.principal, (due - day).days) for row, due in zip(plan.schedule.rows, plan.dates, strict=True)]
    coming = [(part, days) for part, days in left if days > 0]
    owed = sum((part for part, _ in coming), ZERO)
    return sum((part * days for part, days in coming), ZERO) / owed / YEAR if owed else ZERO


def _owed(plan: Plan, day: date) -> Decimal:
    """The balance after what fell due until `day`."""
    fallen = [row.balance for row, due in zip(plan.schedule.rows, plan.dates, strict=True) if due <= day]
    return fallen[-1] if fallen else plan.schedule.amount


def _worth(plan: Plan, day: date, rate: Decimal) -> Decimal:
    flows: Sequence[tuple[date, Decimal]] = tuple(zip(plan.dates, plan.schedule.payments, strict=True))
    return sum(
        (flow / (ONE + rate) ** (Decimal((due - day).days) / YEAR) for due, flow in flows if due > day),
        ZERO,
    )
