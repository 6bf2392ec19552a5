"""Worked examples of plans: schedules, sizing, cover, stress, construction, reserves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from handlers.finance import construction, coverage, day_counts, draw_conditions, present_value, reserves, sizing
from handlers.finance.exact import CENT, FOUR, SIX, ZERO, inside, not_negative, rounded
from handlers.finance.present_value import flat
from handlers.finance.schedules import (
    Schedule,
    annuity,
    balloon,
    bullet,
    capitalising,
    interest_only,
    level_payment,
    level_principal,
    sculpted,
)
from handlers.vectors.values import Given, day, number, optional, periods, several

MONTHS = 12


def _rows(schedule: Schedule, place: Decimal) -> list[list[object]]:
    return [
        [row.period, *(rounded(one, place) for one in (row.interest, row.principal, row.payment, row.balance))]
        for row in schedule.rows
    ]


def _shown(schedule: Schedule) -> dict[str, Any]:
    return {
        "rows": _rows(schedule, CENT),
        "total_interest": rounded(schedule.total_interest, CENT),
        "wal_years": rounded(schedule.average_life(), FOUR),
    }


def _terms(given: Given) -> tuple[Decimal, tuple[Decimal, ...]]:
    return number(given, "principal"), flat(number(given, "rate"), periods(given))


def _annuity(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    amount, factors = _terms(given)
    return {"payment": rounded(level_payment(amount, factors)), **_shown(annuity(amount, factors))}


def _level_principal(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    return _shown(level_principal(*_terms(given)))


def _bullet(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    return _shown(bullet(*_terms(given)))


def _balloon(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    return _shown(balloon(*_terms(given), number(given, "balloon")))


def _sculpt(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    cfads = several(given, "cfads")
    factors = flat(number(given, "rate"), len(cfads))
    made = sculpted(cfads, factors, number(given, "target_dscr"))
    return {
        "debt": rounded(made.amount, FOUR),
        "rows": _rows(made, FOUR),
        "llcr": rounded(coverage.life_cover(cfads, factors, made.amount), FOUR),
    }


def _plcr(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    loan, debt, rate = several(given, "cfads"), number(given, "debt"), number(given, "rate")
    project = loan + (several(given, "cfads_tail") if given.get("cfads_tail") else ())
    return {
        "pv_loan_life": rounded(present_value.present_value(loan, flat(rate, len(loan))), FOUR),
        "pv_project_life": rounded(present_value.present_value(project, flat(rate, len(project))), FOUR),
        "llcr": rounded(coverage.life_cover(loan, flat(rate, len(loan)), debt), FOUR),
        "plcr": rounded(coverage.life_cover(project, flat(rate, len(project)), debt), FOUR),
    }


def _annuity_cover(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    cfads, debt = several(given, "cfads"), number(given, "debt")
    factors = flat(number(given, "rate"), len(cfads))
    payment = level_payment(debt, factors)
    cover = coverage.debt_service_cover(cfads, (payment,) * len(cfads))
    return {
        "payment": rounded(payment, FOUR),
        "dscr": [rounded(one, FOUR) for one in cover.dscr if one is not None],
        "min_dscr": rounded(cover.minimum, FOUR),
        "avg_dscr": rounded(cover.average, FOUR),
        "llcr": rounded(coverage.life_cover(cfads, factors, debt), FOUR),
    }


@inside
def _stress(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    cfads, debt = several(given, "cfads"), number(given, "debt")
    shrunk = [flow * not_negative(number(given, "cfads_factor"), "cfads_factor") for flow in cfads]
    base = level_payment(debt, flat(number(given, "rate"), len(cfads)))
    dearer = level_payment(debt, flat(number(given, "rate_stressed"), len(cfads)))
    return {
        "min_dscr_cfads": rounded(coverage.debt_service_cover(shrunk, (base,) * len(cfads)).minimum, FOUR),
        "payment_rate": rounded(dearer, FOUR),
        "min_dscr_rate": rounded(coverage.debt_service_cover(cfads, (dearer,) * len(cfads)).minimum, FOUR),
    }


def _debt_capacity(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    cfads = several(given, "cfads")
    found = sizing.debt_capacity(
        cfads,
        flat(number(given, "rate"), len(cfads)),
        target_dscr=optional(given, "target_dscr"),
        capex=optional(given, "capex"),
        max_gearing=optional(given, "max_gearing"),
        llcr_floor=optional(given, "llcr_floor"),
    )
    return {
        **{f"{rule}_cap": rounded(cap, FOUR) for rule, cap in found.caps.items()},
        "debt": rounded(found.debt, FOUR),
        "binding": found.binding,
        "constant_dscr": rounded(found.constant_dscr, FOUR),
    }


def _grace(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    amount, rate = number(given, "principal"), number(given, "rate")
    waiting, repaying = flat(rate, periods(given, "grace_periods", 0)), flat(rate, periods(given))
    grown = capitalising(amount, waiting, None)[-1].balance if waiting else amount
    return {
        "interest_only": interest_only(amount, flat(rate, 1))[0].payment,
        "then_payment": rounded(level_payment(amount, repaying)),
        "capitalised_balance": rounded(grown),
        "payment_after": rounded(level_payment(grown, repaying)),
    }


def _day_count(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    start, end = day(given, "start"), day(given, "end")
    amount, rate = number(given, "principal"), not_negative(number(given, "rate"), "rate")
    known = [name for name in wanted if name in day_counts.CONVENTIONS]
    return {
        "days": day_counts.actual_days(start, end),
        **{name: day_counts.interest(amount, rate, start, end, name) for name in known},
    }


@inside
def _monthly_annuity(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    rate = number(given, "annual_rate")
    factors = flat(rate / MONTHS, periods(given, "months"))
    return {
        "payment": rounded(level_payment(number(given, "principal"), factors)),
        "effective_annual": rounded(present_value.effective_rate(rate, MONTHS), SIX),
    }


def _dsra(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    target = reserves.reserve_target(several(given, "debt_service"), number(given, "periods_covered"))
    short = reserves.reserve_shortfall(target, number(given, "balance"))
    return {"target": rounded(target), "shortfall": rounded(short)}


def _irr_npv(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    flows = several(given, "cash_flows")
    return {
        "irr": rounded(present_value.internal_rate(flows), FOUR),
        "npv": rounded(present_value.net_present_value(flows, number(given, "rate")), CENT),
    }


def _construction_interest(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    made = construction.capitalised(
        several(given, "draws"),
        number(given, "period_rate"),
        number(given, "commitment"),
        number(given, "fee_per_year"),
        periods(given, "periods_per_year"),
    )
    return {
        "interest": rounded(sum(made.interest, ZERO)),
        "balance": rounded(made.balance),
        "commitment_fee": rounded(made.commitment_fee),
    }


def _pro_rata_equity(given: Given, wanted: Collection[str]) -> Mapping[str, Any]:
    state = {name: number(given, name) for name in ("equity_committed", "equity_paid", "debt_committed", "drawn")}
    return {"allowed": [draw_conditions.equity_in_step(one, **state) for one in several(given, "requests")]}


KINDS: Mapping[str, Callable[[Given, Collection[str]], Any]] = {
    "annuity": _annuity,
    "level_principal": _level_principal,
    "bullet": _bullet,
    "balloon": _balloon,
    "sculpt": _sculpt,
    "plcr": _plcr,
    "annuity_cover": _annuity_cover,
    "stress": _stress,
    "debt_capacity": _debt_capacity,
    "grace": _grace,
    "day_count": _day_count,
    "monthly_annuity": _monthly_annuity,
    "dsra": _dsra,
    "irr_npv": _irr_npv,
    "construction_interest": _construction_interest,
    "pro_rata_equity": _pro_rata_equity,
}
