"""Plans as processes ask for them: debt sized, schedule built, stressed, checked, compared.

Law: what is computed stands in finance/; here inputs are read and results shown, amounts to cents, ratios to four
places. Nothing is written and nothing outside is asked, so doing it again gives the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.process.businesstime import BusinessCalendar
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.finance import amendment, construction, fees, red_flags, reserves, sizing, stress
from handlers.finance.exact import (
    CENT,
    FOUR,
    INSIDE,
    ONE,
    SIX,
    ZERO,
    count,
    inside,
    needed,
    not_negative,
    numbers,
    refused,
    rounded,
)
from handlers.finance.plan import Plan, Terms, build, factors
from handlers.finance.present_value import flat
from handlers.finance.schedules import Row, Schedule

Shown = dict[str, Any]


@handles("plan.size_debt", transactional=True)
def plan_size_debt(
    ctx: Context,
    cfads: object,
    rate: object,
    target_dscr: object = None,
    capex: object = None,
    max_gearing: object = None,
    llcr_floor: object = None,
    periods_per_year: object = 1,
) -> Mapping[str, Any]:
    """How much debt a project carries, and which rule binds.

    In: cfads, one number a period; rate a year as a fraction; any of target_dscr, capex with max_gearing, llcr_floor;
    periods_per_year (1). Out: debt and caps {gearing, dscr, llcr} to cents, binding, constant_dscr to four places.
    Errors: InvalidInput for missing or negative CFADS, a negative rate, no rule at all. Pure.
    """
    flows = numbers(cfads, "cfads")
    yearly, times = needed(rate, "rate"), count(periods_per_year, "periods_per_year", 1, 12)
    found = sizing.debt_capacity(
        flows,
        flat(INSIDE.divide(yearly, Decimal(times)), len(flows)),
        target_dscr=inputs.number(target_dscr, "target_dscr"),
        capex=inputs.number(capex, "capex"),
        max_gearing=inputs.number(max_gearing, "max_gearing"),
        llcr_floor=inputs.number(llcr_floor, "llcr_floor"),
    )
    return {
        "debt": rounded(found.debt),
        "binding": found.binding,
        "caps": {rule: rounded(cap) for rule, cap in found.caps.items()},
        "constant_dscr": rounded(found.constant_dscr, FOUR),
    }


def terms_of(given: object) -> Terms:
    """Terms from a form or a variable; InvalidInput names the field. Defaults are those of `Terms`."""
    if not isinstance(given, Mapping):
        raise refused("terms", "are missing", "缺少融资条件")
    start = inputs.day(given.get("start"), "start")
    if start is None:
        raise refused("start", "is missing", "缺失")
    values: dict[str, Any] = {
        "months": inputs.whole(given.get("months"), "months"),
        "grace_periods": inputs.whole(given.get("grace_periods"), "grace_periods"),
        "balloon": inputs.number(given.get("balloon"), "balloon"),
        "target_dscr": inputs.number(given.get("target_dscr"), "target_dscr"),
        "concession_end": inputs.day(given.get("concession_end"), "concession_end"),
        **{name: inputs.text(given.get(name)) for name in ("profile", "grace", "day_count", "payment_dates")},
    }
    return Terms(
        inputs.number(given.get("amount"), "amount"),
        needed(given.get("rate"), "rate"),
        start,
        count(given.get("instalments"), "instalments"),
        **inputs.given(values),
    )


@handles("plan.build_schedule", transactional=True)
def plan_build_schedule(
    ctx: Context, terms: object, cfads: object = None, fees: object = None, dsra_months: object = None
) -> Mapping[str, Any]:
    """The dated schedule of a facility.

    In: terms {amount, rate a year as a fraction, start, instalments, months (3), profile annuity|level_principal|
    sculpted|bullet|balloon, grace_periods, grace interest_only|capitalised, balloon, day_count, payment_dates,
    target_dscr, concession_end}; cfads: one number for every period, grace included (needed when sculpted); fees
    {upfront: share of the amount, agency: amount a year}; dsra_months: months of debt service held in reserve.
    Out: rows [{period, due, opening, interest, capitalised, principal, payment, balance, dscr, reserve: what the DSRA
    has to hold after the payment}], totals {amount, interest, payments, upfront_fee, agency_fees, all_in_rate a year
    to six places, reserve at the start, wal_years, maturity, min_dscr, avg_dscr, llcr}; ratios are null without CFADS,
    reserves without months.
    Errors: BpmnError NOT_AMORTISING (variable periods) when cash does not pay the interest; InvalidInput for terms
    that cannot be and a tenor beyond the concession. Dates by the calendar of the process. Pure.
    """
    made = build(terms_of(terms), ctx.calendar, None if cfads is None else numbers(cfads, "cfads"))
    if not made.schedule.amortises:
        growing = [row.period for row in made.schedule.rows if row.principal < 0]
        listed = ", ".join(map(str, growing))
        raise BpmnError("NOT_AMORTISING", f"debt service does not pay the interest: {listed}", {"periods": growing})
    held = inputs.number(dsra_months, "dsra_months")
    reserves_ = _reserves(made, None if held is None else INSIDE.divide(held, Decimal(made.terms.months)))
    rows = [row | {"reserve": reserve} for row, reserve in zip(_rows(made), reserves_[1:], strict=True)]
    return {"rows": rows, "totals": {**_totals(made), **_charges(made, fees), "reserve": reserves_[0]}}


def _reserves(made: Plan, periods: Decimal | None) -> list[Decimal | None]:
    """What the reserve has to hold at the start and after each payment."""
    service = made.schedule.payments
    if periods is None:
        return [None] * (len(service) + 1)
    return [rounded(reserves.reserve_target(service[at:], periods)) for at in range(len(service) + 1)]


@inside
def _charges(made: Plan, given: object) -> Shown:
    row: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    upfront = fees.upfront(made.schedule.amount, _or(inputs.number(row.get("upfront"), "fees.upfront"), ZERO))
    yearly = not_negative(_or(inputs.number(row.get("agency"), "fees.agency"), ZERO), "fees.agency")
    agency = rounded(yearly * made.terms.months / 12)
    rate = fees.all_in_rate(made.schedule, upfront, agency)
    return {
        "upfront_fee": upfront,
        "agency_fees": agency * len(made.dates),
        "all_in_rate": rounded((ONE + rate) ** (Decimal(12) / made.terms.months) - ONE, SIX),
    }


def _rows(made: Plan) -> list[Shown]:
    ratios = made.cover.dscr if made.cover else (None,) * len(made.dates)
    return [
        {
            "period": row.period,
            "due": due,
            "opening": row.opening,
            "interest": row.interest,
            "capitalised": row.capitalised,
            "principal": row.principal,
            "payment": row.payment,
            "balance": row.balance,
            "dscr": None if ratio is None else rounded(ratio, FOUR),
        }
        for row, due, ratio in zip(made.schedule.rows, made.dates, ratios, strict=True)
    ]


def _totals(made: Plan) -> Shown:
    return {
        "amount": made.schedule.amount,
        "interest": made.schedule.total_interest,
        "payments": sum(made.schedule.payments, ZERO),
        "wal_years": rounded(made.average_life, FOUR),
        "maturity": made.maturity,
        "min_dscr": rounded(made.cover.minimum, FOUR) if made.cover else None,
        "avg_dscr": rounded(made.cover.average, FOUR) if made.cover else None,
        "llcr": None if made.llcr is None else rounded(made.llcr, FOUR),
    }


@handles("plan.fund_construction", transactional=True)
def plan_fund_construction(
    ctx: Context,
    costs: object,
    gearing: object,
    rate: object,
    periods_per_year: object = 2,
    commitment_fee: object = 0,
    upfront_fee: object = 0,
) -> Mapping[str, Any]:
    """The debt that pays its share of the costs and of its own interest and fees: the circle solved and shown.

    In: costs, one number a period of construction; gearing (share of all uses); rate and commitment_fee a year,
    upfront_fee of the facility, as fractions; periods_per_year (2).
    Out: debt, equity, uses, interest, fees (cents; debt + equity = uses), rows [{period, cost, fees, interest, debt,
    equity, balance}], residual: the debt less what its own consequences make of it, exactly 0.
    Errors: InvalidInput for negative figures, a gearing outside 0…1, fees that no debt can pay. Pure.
    """
    times = count(periods_per_year, "periods_per_year", 1, 12)
    made = construction.funded(
        numbers(costs, "costs"),
        needed(gearing, "gearing"),
        INSIDE.divide(needed(rate, "rate"), Decimal(times)),
        commitment_fee=needed(commitment_fee, "commitment_fee"),
        upfront_fee=needed(upfront_fee, "upfront_fee"),
        periods_per_year=times,
    )
    debt, uses = rounded(made.debt), rounded(made.uses)
    return {
        "debt": debt,
        "equity": uses - debt,
        "uses": uses,
        "interest": rounded(made.interest),
        "fees": rounded(made.fees),
        "rows": [
            {"period": at, **{name: rounded(getattr(one, name)) for name in FUNDED}}
            for at, one in enumerate(made.periods, start=1)
        ],
        "residual": rounded(made.residual),
    }


FUNDED = ("cost", "fees", "interest", "debt", "equity", "balance")


@handles("plan.stress", transactional=True)
def plan_stress(
    ctx: Context,
    terms: object,
    operations: object,
    scenarios: object = None,
    capex: object = None,
    overrun_debt_share: object = None,
    threshold: object = None,
) -> Mapping[str, Any]:
    """What the plan bears: the standard seven cases or those given, and break-even.

    In: terms as for plan.build_schedule; operations [{revenue, opex, tax, maintenance_capex,
    working_capital_increase}] for every period; scenarios [{name, capex, opex, price, rate: changes as fractions,
    delay_months}]; capex and overrun_debt_share (1) for a cost overrun; threshold (1.00) of break-even.
    Out: results [{name, min_dscr, avg_dscr, llcr}] to four places, break_even {cfads_fall, price_fall, opex_rise,
    rate_rise} in per cent to two, null where nothing of it makes a difference.
    Errors: InvalidInput for missing figures, other lengths, an overrun without CAPEX. Pure.
    """
    return stressed(ctx.calendar, terms, operations, scenarios, capex, overrun_debt_share, threshold)


def stressed(
    calendar: BusinessCalendar,
    terms: object,
    operations: object,
    scenarios: object = None,
    capex: object = None,
    overrun_debt_share: object = None,
    threshold: object = None,
) -> Shown:
    """As `plan.stress`, with due dates by a calendar."""
    agreed = terms_of(terms)
    periods = [_operation(row, at) for at, row in enumerate(inputs.rows(operations), start=1)]
    made = build(agreed, calendar, [one.cfads for one in periods])
    loan = stress.Loan(
        made.schedule,
        factors(agreed, made.dates),
        12 // agreed.months,
        agreed.profile == "annuity",
        inputs.number(capex, "capex") or ZERO,
        _or(inputs.number(overrun_debt_share, "overrun_debt_share"), ONE),
    )
    listed = inputs.rows(scenarios)
    cases = [_case(row, agreed.months) for row in listed] if listed else stress.standard_cases(agreed.months)
    if not loan.capex and any(case.capex for case in cases):
        raise refused("capex", "is missing, and a case makes it grow", "缺失：情景包含投资超支")
    limit = _or(inputs.number(threshold, "threshold"), ONE)
    return {
        "results": [_result(stress.run(case, periods, loan)) for case in cases],
        "break_even": _break_even(stress.break_even(periods, loan, limit)),
    }


def _or(value: Decimal | None, default: Decimal) -> Decimal:
    return default if value is None else value


def _operation(row: Mapping[str, Any], at: int) -> stress.Operations:
    place = f"operations[{at}]"
    return stress.Operations(
        needed(row.get("revenue"), f"{place}.revenue"),
        needed(row.get("opex"), f"{place}.opex"),
        *(
            _or(inputs.number(row.get(name), f"{place}.{name}"), ZERO)
            for name in ("tax", "maintenance_capex", "working_capital_increase")
        ),
    )


def _case(row: Mapping[str, Any], months: int) -> stress.Case:
    changes = {name: _or(inputs.number(row.get(name), name), ZERO) for name in ("capex", "opex", "price", "rate")}
    late = inputs.whole(row.get("delay_months"), "delay_months") or 0
    return stress.Case(inputs.text(row.get("name")) or "?", delay=-(-late // months), **changes)


def _result(one: stress.Result) -> Shown:
    ratios = {"min_dscr": one.minimum, "avg_dscr": one.average, "llcr": one.llcr}
    return {"name": one.case.name, **{name: rounded(value, FOUR) for name, value in ratios.items()}}


def _break_even(found: stress.BreakEven) -> Shown:
    return {
        name: None if value is None else rounded(value, CENT)
        for name in ("cfads_fall", "price_fall", "opex_rise", "rate_rise")
        for value in [getattr(found, name)]
    }


@handles("plan.validate", transactional=True)
def plan_validate(ctx: Context, plan: object, limits: object = None) -> Mapping[str, Any]:
    """What a credit officer would point at, before anything is submitted.

    In: plan {min_dscr, debt, capex, start, maturity, concession_end, dsra_months, largest_offtaker (share),
    debt_currency, revenue_currency}; limits {min_dscr, max_gearing, min_tail, max_tenor, min_dsra_months,
    max_concentration} in place of the defaults. Out: findings [{rule, level blocking|warning, text, text_en}], those
    that block first; blocked. What is missing and needed blocks. Errors: InvalidInput for unreadable values. Pure.
    """
    given: Mapping[str, Any] = plan if isinstance(plan, Mapping) else {}
    policy: Mapping[str, Any] = limits if isinstance(limits, Mapping) else {}
    names = ("min_dscr", "max_gearing", "min_tail", "max_tenor", "min_dsra_months", "max_concentration")
    chosen = inputs.given({name: inputs.number(policy.get(name), f"limits.{name}") for name in names})
    start, maturity, end = (inputs.day(given.get(name), name) for name in ("start", "maturity", "concession_end"))
    cover, debt, capex, months, largest = (
        inputs.number(given.get(name), name)
        for name in ("min_dscr", "debt", "capex", "dsra_months", "largest_offtaker")
    )
    draft = red_flags.Draft(
        minimum_dscr=cover,
        debt=debt,
        capex=capex,
        start=start,
        maturity=maturity,
        concession_end=end,
        dsra_months=months,
        largest_offtaker=largest,
        debt_currency=inputs.text(given.get("debt_currency")),
        revenue_currency=inputs.text(given.get("revenue_currency")),
    )
    found = red_flags.findings(draft, red_flags.Limits(**chosen))
    return {
        "findings": [{"rule": one.rule, "level": one.level, "text": one.zh, "text_en": one.en} for one in found],
        "blocked": any(one.level == "blocking" for one in found),
    }


def _built(ctx: Context, terms: object, cfads: object) -> Plan:
    return build(terms_of(terms), ctx.calendar, None if cfads is None else numbers(cfads, "cfads"))


def _standing(terms: Terms, rows: Sequence[Mapping[str, Any]]) -> Plan:
    """A plan of the instalments that stand, as they are."""
    names = ("opening", "interest", "principal", "payment", "balance")
    made, dates = [], []
    for at, row in enumerate(rows, start=1):
        due = inputs.day(row.get("due"), f"old_rows[{at}].due")
        if due is None:
            raise refused(f"old_rows[{at}].due", "is missing", "缺失")
        dates.append(due)
        made.append(Row(at, *(needed(row.get(name), f"old_rows[{at}].{name}") for name in names)))
    return Plan(terms, Schedule(tuple(made)), tuple(dates), None, None)


@handles("plan.compare", transactional=True)
def plan_compare(
    ctx: Context,
    old: object,
    new: object,
    day: object = None,
    old_cfads: object = None,
    new_cfads: object = None,
    old_rows: object = None,
) -> Mapping[str, Any]:
    """An amendment's two schedules side by side.

    In: old and new: terms as for plan.build_schedule; day from which on is compared (today); CFADS of each, if any;
    old_rows: the instalments that stand [{period, due, opening, interest, principal, payment, balance}], which then
    are the old side (prepaid, sculpted or not: what is owed is what stands). Out: rows [{due, old, new, difference}],
    and of what is still to come interest (difference, cents), maturity_days, wal_years, min_dscr (null without CFADS),
    change_pct of what is still to be paid at the old rate, substantial (10 % or more).
    Errors: InvalidInput as for plan.build_schedule, and when nothing of the old plan is left. Pure.
    """
    standing = inputs.rows(old_rows)
    before = _standing(terms_of(old), standing) if standing else _built(ctx, old, old_cfads)
    found = amendment.compare(before, _built(ctx, new, new_cfads), inputs.day(day, "day") or inputs.today(ctx))
    return {
        "rows": [{"due": one.due, "old": one.old, "new": one.new, "difference": one.difference} for one in found.rows],
        "interest": rounded(found.interest),
        "maturity_days": found.maturity_days,
        "wal_years": rounded(found.average_life, FOUR),
        "min_dscr": None if found.minimum_dscr is None else rounded(found.minimum_dscr, FOUR),
        "change_pct": rounded(found.change),
        "substantial": found.substantial,
    }
