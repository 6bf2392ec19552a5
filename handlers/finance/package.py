"""Several facilities on one cash flow: who pays what when, and what a credit officer reads off it. Pure.

A facility's interest before the first period of the model is construction's and no debt service. Cover is taken period
by period of the model: CFADS ÷ what falls due in it on all facilities. A sculpted facility follows what the others
leave. The life cover discounts CFADS from the beginning of the first period to the last maturity, at the rate of all
facilities weighted by amount.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from engine.process.businesstime import BusinessCalendar
from handlers.finance.coverage import Cover, debt_service_cover
from handlers.finance.exact import ONE, ZERO, inside, refused
from handlers.finance.plan import Plan, Terms, build, months_later
from handlers.finance.red_flags import years


@dataclass(frozen=True, slots=True)
class Period:
    """One period of the model, by its last day."""

    end: date
    cfads: Decimal


@dataclass(frozen=True, slots=True)
class Package:
    """`service`: what falls due in each period of the model; `cover` is None where nothing does."""

    plans: Mapping[str, Plan]
    debt: Decimal
    service: Sequence[Decimal]
    cover: Cover | None
    llcr: Decimal | None
    maturity: date
    tenor_years: Decimal


@inside
def assemble(
    facilities: Mapping[str, Terms], periods: Sequence[Period], months: int, calendar: BusinessCalendar
) -> Package:
    """Build every facility's schedule and hold them against the model.

    In: terms by the facility's name, at least one; the model's periods of `months` each, in order.
    InvalidInput: no facility, periods that do not follow each other, service after the model's end, what `build`
    refuses.
    """
    if not facilities:
        raise refused("facilities", "are missing", "缺少贷款安排")
    in_order(periods, months)
    plans: dict[str, Plan] = {}
    service = [ZERO] * len(periods)
    for name, terms in sorted(facilities.items(), key=lambda one: one[1].profile == "sculpted"):
        left = [max(one.cfads - paid, ZERO) for one, paid in zip(periods, service, strict=True)]
        flows = _flows(terms, periods, left, months) if terms.profile == "sculpted" else None
        plans[name] = build(terms, calendar, flows)
        for at, amount in _service(name, plans[name], periods, months):
            service[at] += amount
    ordered = {name: plans[name] for name in facilities}
    return _measured(ordered, periods, months, service)


def in_order(periods: Sequence[Period], months: int) -> None:
    """InvalidInput unless there are periods and each ends `months` after the one before."""
    if not periods:
        raise refused("operations", "are missing", "缺少现金流")
    for before, one in pairwise(periods):
        if _shifted(before.end, months) != one.end:
            told = f"{before.end} → {one.end}"
            raise refused(
                "operations",
                f"the periods are not {months} months apart: {told}",
                f"各期间隔不是 {months} 个月：{told}",
            )


def _shifted(end: date, months: int) -> date:
    """The end of a later (or earlier) period: a last day of a month stays one."""
    later = months_later(end, months)
    last = (end + timedelta(days=1)).day == 1
    return months_later(later.replace(day=1), 1) - timedelta(days=1) if last else later


def begin_of(periods: Sequence[Period], months: int) -> date:
    """The last day before the model's first period."""
    return _shifted(periods[0].end, -months)


def _nominal(plan: Terms, at: int) -> date:
    return months_later(plan.start, at * plan.months)


def _flows(terms: Terms, periods: Sequence[Period], left: Sequence[Decimal], months: int) -> list[Decimal]:
    """CFADS for each period of the facility: what the model has between its due dates."""
    if terms.months < months:
        told = f"{terms.months} < {months}"
        raise refused(
            "frequency_months",
            f"a sculpted facility is paid no oftener than the model has periods: {told}",
            f"按现金流定制的贷款，还款频率不得高于模型期间：{told}",
        )
    bounds = [_nominal(terms, at) for at in range(terms.periods + 1)]
    return [
        sum((flow for one, flow in zip(periods, left, strict=True) if since < one.end <= until), ZERO)
        for since, until in pairwise(bounds)
    ]


def _service(name: str, plan: Plan, periods: Sequence[Period], months: int) -> list[tuple[int, Decimal]]:
    """(period of the model, payment) for each payment that operations have to bear."""
    first, found = begin_of(periods, months), []
    for row in plan.schedule.rows:
        due = _nominal(plan.terms, row.period)
        if due <= first:
            continue
        at = next((at for at, one in enumerate(periods) if due <= one.end), None)
        if at is None:
            if row.payment:
                raise refused(
                    name,
                    f"{row.payment} falls due on {due}, after the model's last period {periods[-1].end}",
                    f"{due} 应还 {row.payment}，晚于现金流模型最后一期 {periods[-1].end}",
                )
            continue
        found.append((at, row.payment))
    return found


def _measured(plans: Mapping[str, Plan], periods: Sequence[Period], months: int, service: list[Decimal]) -> Package:
    maturity = max(one.maturity for one in plans.values())
    nominal = max(_nominal(one.terms, one.terms.periods) for one in plans.values())
    start = min(one.terms.start for one in plans.values())
    cover = debt_service_cover([one.cfads for one in periods], service) if any(service) else None
    debt = sum((one.schedule.amount for one in plans.values()), ZERO)
    return Package(
        plans,
        debt,
        tuple(service),
        cover,
        _life_cover(plans, periods, months),
        maturity,
        years(start, nominal),
    )


def over_life(plans: Mapping[str, Plan], periods: Sequence[Period], months: int) -> tuple[Sequence[Decimal], Decimal]:
    """The model's CFADS until the last facility ends by its terms, and the facilities' rate a period of the model, each
    weighing by its amount: what cover over the loans' life is measured by, and debt is sized by."""
    end = max(_nominal(one.terms, one.terms.periods) for one in plans.values())
    total = sum((one.schedule.amount for one in plans.values()), ZERO)
    rate = sum((one.terms.rate * one.schedule.amount for one in plans.values()), ZERO) * months / 12
    return [one.cfads for one in periods if one.end <= end], rate / total if total else ZERO


def _life_cover(plans: Mapping[str, Plan], periods: Sequence[Period], months: int) -> Decimal | None:
    owed = sum((_balance(one, begin_of(periods, months)) for one in plans.values()), ZERO)
    if not owed or not any(one.schedule.amount for one in plans.values()):
        return None
    flows, rate = over_life(plans, periods, months)
    value, discount = ZERO, ONE
    for flow in flows:
        discount /= ONE + rate
        value += flow * discount
    return value / owed


def _balance(plan: Plan, day: date) -> Decimal:
    """What is owed after the payment of a day."""
    held = [row.balance for row in plan.schedule.rows if _nominal(plan.terms, row.period) <= day]
    return held[-1] if held else plan.schedule.amount
