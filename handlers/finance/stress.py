"""What a plan bears: cases and break-even.

A case changes the operating model and the loan; the plan stands as signed. Law of the cases (prudent defaults, told
on the page): taxes, maintenance and working capital stay as in the base case; a delay moves income back without
moving debt service, and what it pushes beyond the last period is lost; a cost overrun is paid by debt in the given
share, and the schedule grows in proportion; with a dearer rate a level payment is struck anew over the same periods
(T07), any other profile keeps its principal. Unrounded; pages show four places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from handlers.finance.coverage import debt_service_cover, life_cover
from handlers.finance.exact import HUNDRED, ONE, ZERO, inside, not_negative, refused, same_length
from handlers.finance.schedules import Schedule, level_payment


@dataclass(frozen=True, slots=True)
class Operations:
    """One period of the operating model. CFADS = revenue − opex − tax − maintenance − increase of working capital."""

    revenue: Decimal
    opex: Decimal
    tax: Decimal = ZERO
    maintenance: Decimal = ZERO
    working_capital_increase: Decimal = ZERO

    @property
    def cfads(self) -> Decimal:
        """Cash flow available for debt service."""
        return self.revenue - self.opex - self.tax - self.maintenance - self.working_capital_increase


@dataclass(frozen=True, slots=True)
class Loan:
    """The loan under test: its schedule, its interest factor per period, and how it repays."""

    schedule: Schedule
    factors: tuple[Decimal, ...]
    periods_per_year: int
    level: bool = True
    """A level payment that is struck anew when the rate changes."""
    capex: Decimal = ZERO
    overrun_debt_share: Decimal = ONE
    """How much of a cost overrun becomes debt."""


@dataclass(frozen=True, slots=True)
class Case:
    """Relative changes (0.10 is +10 %), a delay in periods, and an addition to the yearly rate (0.02 is 200 bp)."""

    name: str
    capex: Decimal = ZERO
    delay: int = 0
    opex: Decimal = ZERO
    price: Decimal = ZERO
    rate: Decimal = ZERO


def standard_cases(months: int) -> tuple[Case, ...]:
    """The seven of the evaluation (P2): base; CAPEX +10 %; six months late; opex +10 %; price −15 %; +200 bp; all."""
    late = -(-6 // months)
    ten, price, rate = Decimal("0.10"), Decimal("-0.15"), Decimal("0.02")
    return (
        Case("base"),
        Case("capex", capex=ten),
        Case("delay", delay=late),
        Case("opex", opex=ten),
        Case("price", price=price),
        Case("rate", rate=rate),
        Case("combined", ten, late, ten, price, rate),
    )


@dataclass(frozen=True, slots=True)
class Result:
    """A case's outcome; unrounded."""

    case: Case
    cfads: tuple[Decimal, ...]
    service: tuple[Decimal, ...]
    minimum: Decimal
    average: Decimal
    llcr: Decimal


@inside
def run(case: Case, operations: Sequence[Operations], loan: Loan) -> Result:
    """DSCR and LLCR in a case. InvalidInput: other lengths, a rate that falls below nought, a negative delay."""
    same_length(operations, loan.schedule.rows, "operations, periods", "经营模型与还款计划")
    cfads = changed(case, operations)
    dearer = tuple(
        not_negative(one + case.rate / loan.periods_per_year, "rate") if case.rate else one for one in loan.factors
    )
    service = _service(case, loan, dearer)
    cover = debt_service_cover(cfads, service)
    debt = loan.schedule.amount * _growth(case, loan)
    return Result(case, cfads, service, cover.minimum, cover.average, life_cover(cfads, dearer, debt))


@inside
def changed(case: Case, operations: Sequence[Operations]) -> tuple[Decimal, ...]:
    """CFADS of every period in a case."""
    if case.delay < 0:
        raise refused("delay", f"must not be negative: {case.delay}", f"不得为负：{case.delay}")
    moved = [
        replace(one, revenue=one.revenue * (ONE + case.price), opex=one.opex * (ONE + case.opex)).cfads
        for one in operations
    ]
    waiting = min(case.delay, len(moved))
    return (*(ZERO,) * waiting, *moved[: len(moved) - waiting])


def _growth(case: Case, loan: Loan) -> Decimal:
    return ONE + case.capex * loan.capex * loan.overrun_debt_share / loan.schedule.amount


def _service(case: Case, loan: Loan, factors: Sequence[Decimal]) -> tuple[Decimal, ...]:
    grown = _growth(case, loan)
    rows = loan.schedule.rows
    if not case.rate:
        return tuple(row.payment * grown for row in rows)
    if loan.level and all(row.principal > 0 for row in rows):
        return (level_payment(loan.schedule.amount * grown, factors),) * len(rows)
    service: list[Decimal] = []
    carried = ZERO
    for row, factor in zip(rows, factors, strict=True):
        interest = (row.opening + carried) * factor
        if row.capitalised:
            carried += interest - row.capitalised
            service.append(ZERO)
        else:
            service.append((interest + row.principal) * grown)
    service[-1] += carried * grown
    return tuple(service)


@dataclass(frozen=True, slots=True)
class BreakEven:
    """By how many per cent each may worsen, alone, until the lowest DSCR is at `threshold`; negative: already below.

    None where nothing of the kind makes a difference. `rate` in percentage points a year, up to 100.
    """

    threshold: Decimal
    cfads_fall: Decimal
    price_fall: Decimal | None
    opex_rise: Decimal | None
    rate_rise: Decimal | None


@inside
def break_even(operations: Sequence[Operations], loan: Loan, threshold: Decimal = ONE) -> BreakEven:
    """Closed forms per period, the tightest counts; the rate by halving to 30 digits. InvalidInput as for `run`."""
    base = run(Case("base"), operations, loan)
    spare = [flow - threshold * due for flow, due in zip(base.cfads, base.service, strict=True)]
    paying = [at for at, due in enumerate(base.service) if due > 0]
    prices = [spare[at] / operations[at].revenue for at in paying if operations[at].revenue > 0]
    costs = [spare[at] / operations[at].opex for at in paying if operations[at].opex > 0]
    return BreakEven(
        threshold,
        (ONE - threshold / base.minimum) * HUNDRED if base.minimum > 0 else -HUNDRED,
        min(prices) * HUNDRED if prices else None,
        min(costs) * HUNDRED if costs else None,
        _rate_rise(operations, loan, threshold),
    )


def _rate_rise(operations: Sequence[Operations], loan: Loan, threshold: Decimal) -> Decimal | None:
    def holds(rise: Decimal) -> bool:
        return run(Case("rate", rate=rise), operations, loan).minimum >= threshold

    low, high = ZERO, ONE
    if not holds(low) or holds(high):
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low * HUNDRED
