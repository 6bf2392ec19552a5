"""What a project earns: the internal rate of return of its cash-flow model, before and after debt. Pure.

Flows stand at the ends of the model's periods. What is invested is spread evenly over the periods between the plan's
first day and the model's first period, at their ends; where there are none, it stands one period before the first
income (vector T25 of the domain model §3.2). A year's rate compounds that of a period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engine.errors import InvalidInput
from handlers.finance.exact import ONE, ZERO, inside, positive
from handlers.finance.package import Period, begin_of
from handlers.finance.present_value import internal_rate


@dataclass(frozen=True, slots=True)
class Returns:
    """Yearly rates as fractions, unrounded; None where the flows have none. `flows`: the project's, outlays first."""

    project: Decimal | None
    equity: Decimal | None
    flows: tuple[Decimal, ...]


@inside
def returns(
    capex: Decimal,
    debt: Decimal,
    periods: Sequence[Period],
    service: Sequence[Decimal],
    months: int,
    start: date,
) -> Returns:
    """Of a model of `months` a period and the debt on it. InvalidInput for a CAPEX that is not above nought.

    `equity`: what the CAPEX asks beyond the debt, against CFADS less debt service; None when debt pays all.
    """
    positive(capex, "capex")
    built = _building(start, begin_of(periods, months), months)
    flows = (*_outlay(capex, built), *(one.cfads for one in periods))
    left = (one.cfads - paid for one, paid in zip(periods, service, strict=True))
    own = capex - debt
    equity = _yearly((*_outlay(own, built), *left), months) if own > 0 else None
    return Returns(_yearly(flows, months), equity, flows)


def _building(start: date, begin: date, months: int) -> int:
    """Whole periods of construction, at least the one at whose end everything is paid."""
    between = (begin.year - start.year) * 12 + begin.month - start.month
    return max(-(-between // months), 1)


def _outlay(amount: Decimal, periods: int) -> tuple[Decimal, ...]:
    return (-amount / periods,) * periods


def _yearly(flows: Sequence[Decimal], months: int) -> Decimal | None:
    if sum(flows, ZERO) == 0:
        return ZERO
    try:
        rate = internal_rate(flows)
    except InvalidInput:
        return None
    return (ONE + rate) ** (Decimal(12) / months) - ONE
