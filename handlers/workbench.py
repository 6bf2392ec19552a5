"""A financing plan on the bench: a version computed again from what was kept, or with figures tried. Law: reads and
computes; nothing is written, and a figure that cannot be had is left out, never guessed.

A sheet is what a plan is computed from: the lists of form `financing_plan`, operations, base and policy, as a version
keeps them (`handlers.plan_design`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from engine import calendars
from engine.errors import InvalidInput
from engine.execution import runtime_of
from engine.process.businesstime import BusinessCalendar
from handlers import inputs
from handlers.finance import fees, red_flags, reserves, sizing
from handlers.finance.construction import Funding, funded
from handlers.finance.exact import HUNDRED, INSIDE, ONE, ZERO, inside, rounded
from handlers.finance.package import begin_of, over_life
from handlers.finance.plan import months_later
from handlers.finance.present_value import flat
from handlers.plan_drafts import PARTS, Draft
from handlers.plan_security import counted
from handlers.planning import stressed
from handlers.records.credit import PlanVersion
from handlers.records.projects import Project

Sheet = dict[str, Any]
BUILDING = 6
"""Months of a period of construction."""


@dataclass(frozen=True, slots=True)
class Line:
    """One instalment of one facility; `reserve`: what its DSRA has to hold after it, null without one."""

    facility: str
    period: int
    due: date
    opening: Decimal
    interest: Decimal
    capitalised: Decimal
    principal: Decimal
    payment: Decimal
    balance: Decimal
    reserve: Decimal | None


@dataclass(frozen=True, slots=True)
class Span:
    """One period of the model: cash, what falls due in it, and how the one covers the other."""

    end: date
    cfads: Decimal
    service: Decimal
    dscr: Decimal | None


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything the page shows of a plan. Ratios and rates unrounded, amounts in the plan's currency."""

    sheet: Sheet
    lines: Sequence[Line]
    spans: Sequence[Span]
    debt: Decimal
    maturity: date
    metrics: Mapping[str, Any]
    target: Decimal | None
    stress: Sequence[Mapping[str, Any]]
    break_even: Mapping[str, Decimal | None]
    capacity: sizing.Capacity | None
    findings: Sequence[red_flags.Finding]
    construction: Funding | None
    sources: Sequence[tuple[str, Decimal]]
    uses: Sequence[tuple[str, Decimal]]

    @property
    def balances(self) -> list[tuple[date, Decimal]]:
        """(due date, what is owed on all facilities after it)."""
        owed = {line.facility: line.opening for line in reversed(self.lines)}
        found: dict[date, Decimal] = {}
        for line in sorted(self.lines, key=lambda one: one.due):
            owed[line.facility] = line.balance
            found[line.due] = sum(owed.values(), ZERO)
        return list(found.items())


# ── the sheet ──────────────────────────────────────────────────────────────────────────────────────────────────


def sheet_of(plan: PlanVersion, project: Project) -> Sheet:
    """What a version was computed from. Versions that keep no base begin where their schedules say."""
    terms = plan.terms
    found: Sheet = {name: [dict(row) for row in inputs.rows(terms.get(name))] for name in (*PARTS, "operations")}
    found["base"] = dict(terms.get("base") or _guessed(found, plan))
    found["policy"] = dict(terms.get("policy") or {})
    if found["base"].get("capex") is None:
        found["base"]["capex"] = project.capex
    if found["policy"].get("concession_end") is None:
        found["policy"]["concession_end"] = project.concession_end
    return found


def _guessed(found: Sheet, plan: PlanVersion) -> dict[str, Any]:
    """Base of a version from before it was kept: the distance of the model's periods, the first instalment's period."""
    ends = [one for row in found["operations"] if (one := inputs.day(row.get("period_end"), "period_end"))]
    months = (ends[1].year - ends[0].year) * 12 + ends[1].month - ends[0].month if len(ends) > 1 else 12
    first = [(rows[0]["due"], name) for name, one in plan.schedules.items() if (rows := one.get("rows"))]
    if not first:
        return {"months": months}
    due, name = min(first)
    every = next((row.get("frequency_months") for row in found["facilities"] if row.get("name") == name), 12)
    return {"months": months, "start": months_later(due, -(inputs.whole(every, "frequency_months") or 12))}


TRIED = ("amount", "rate_pct", "months", "grace_months", "profile", "frequency_months", "dsra_months", "target_dscr")
"""Fields of a facility that may be tried; `0.amount` is the first facility's."""
BASE = {"capex": "base", "target_dscr": "policy", "max_gearing": "policy", "llcr_floor": "policy"}


def tried(sheet: Sheet, given: Mapping[str, str]) -> Sheet:
    """The sheet with figures tried: `0.amount` … for facilities; `capex`, `target_dscr`, `max_gearing_pct`,
    `llcr_floor`; `revenue_pct` and `opex_pct` change every period by so many per cent; `rate_add` adds to every rate.

    InvalidInput for what cannot be read. A blank field leaves what is there.
    """
    said = {name: value.strip().replace(",", "") for name, value in given.items() if value.strip()}
    found: Sheet = {**sheet, "base": dict(sheet["base"]), "policy": dict(sheet["policy"])}
    add = inputs.number(said.get("rate_add"), "rate_add") or ZERO
    found["facilities"] = [_facility(row, at, said, add) for at, row in enumerate(sheet["facilities"])]
    for name, part in BASE.items():
        if name in said:
            found[part][name] = inputs.number(said[name], name)
    if "max_gearing_pct" in said:
        found["policy"]["max_gearing"] = (inputs.number(said["max_gearing_pct"], "max_gearing_pct") or ZERO) / HUNDRED
    grown = {"revenue": _growth(said, "revenue_pct"), "opex": _growth(said, "opex_pct")}
    found["operations"] = [_operation(row, grown) for row in sheet["operations"]]
    return found


def _growth(said: Mapping[str, str], name: str) -> Decimal:
    return ONE + (inputs.number(said.get(name), name) or ZERO) / HUNDRED


def _facility(row: Mapping[str, Any], at: int, said: Mapping[str, str], add: Decimal) -> dict[str, Any]:
    own = {name: said[f"{at}.{name}"] for name in TRIED if f"{at}.{name}" in said}
    made = {**row, **own}
    rate = inputs.number(made.get("rate_pct"), "rate_pct")
    return made | ({"rate_pct": rate + add} if rate is not None and add else {})


def _operation(row: Mapping[str, Any], grown: Mapping[str, Decimal]) -> dict[str, Any]:
    changed = {name: (inputs.number(row.get(name), name) or ZERO) * by for name, by in grown.items()}
    kept = {name: value for name, value in row.items() if name != "cfads"}
    return {**kept, **changed}


# ── computed ───────────────────────────────────────────────────────────────────────────────────────────────────


def bench(session: Session, sheet: Sheet) -> Bench:
    """The plan of a sheet, computed. InvalidInput names by place what cannot be built."""
    runtime = runtime_of(session)
    today = runtime.now().astimezone(runtime.zone).date()
    return computed(calendars.calendar(session), sheet, counted(session, sheet["collateral"], today).worth)


@inside
def computed(calendar: BusinessCalendar, sheet: Sheet, worth: Decimal) -> Bench:
    """As `bench`, by a calendar and what the security counts for."""
    made = Draft(calendar, {name: sheet[name] for name in PARTS}, {**sheet["base"], "operations": sheet["operations"]})
    policy = sheet["policy"]
    facts = {
        "concession_end": inputs.day(policy.get("concession_end"), "concession_end"),
        "revenue_currency": inputs.text(policy.get("revenue_currency")),
        "largest_offtaker_pct": inputs.number(policy.get("largest_offtaker_pct"), "largest_offtaker_pct"),
    }
    capacity = _capacity(made, policy)
    metrics = made.metrics({**facts, "capacity": capacity.debt if capacity else None, "worth": worth})
    borne = stressed(calendar, **made.stress(), capex=made.capex)
    lines = _lines(made, sheet["facilities"])
    funding, (sources, uses) = _construction(made, sheet["facilities"]), _sources_and_uses(made, sheet["facilities"])
    return Bench(
        sheet=sheet,
        lines=lines,
        spans=_spans(made),
        debt=made.package.debt,
        maturity=made.package.maturity,
        metrics=metrics,
        target=inputs.number(policy.get("target_dscr"), "target_dscr"),
        stress=borne["results"],
        break_even=borne["break_even"],
        capacity=capacity,
        findings=_findings(made, metrics, facts),
        construction=funding,
        sources=sources,
        uses=uses,
    )


def _spans(made: Draft) -> list[Span]:
    package = made.package
    ratios = package.cover.dscr if package.cover else (None,) * len(made.periods)
    return [
        Span(one.end, one.cfads, due, ratio)
        for one, due, ratio in zip(made.periods, package.service, ratios, strict=True)
    ]


def _lines(made: Draft, facilities: Sequence[Mapping[str, Any]]) -> list[Line]:
    held = {str(row.get("name")): inputs.number(row.get("dsra_months"), "dsra_months") for row in facilities}
    found = []
    for name, plan in made.package.plans.items():
        service, months = plan.schedule.payments, held.get(name)
        periods = None if not months else INSIDE.divide(months, Decimal(plan.terms.months))
        for at, (row, due) in enumerate(zip(plan.schedule.rows, plan.dates, strict=True), start=1):
            reserve = None if periods is None else rounded(reserves.reserve_target(service[at:], periods))
            amounts = (row.opening, row.interest, row.capitalised, row.principal, row.payment, row.balance)
            found.append(Line(name, row.period, due, *amounts, reserve))
    return found


def _capacity(made: Draft, policy: Mapping[str, Any]) -> sizing.Capacity | None:
    """The debt that the policy allows at the plan's own rate and over its own life, by which its LLCR is measured too;
    None where the policy says nothing, or the model has a period without cash.

    Before there is a plan, `plan.size_debt` can but take the whole model and the rate that is asked for.
    """
    gearing = inputs.number(policy.get("max_gearing"), "max_gearing")
    try:
        flows, rate = over_life(made.package.plans, made.periods, made.months)
        return sizing.debt_capacity(
            flows,
            flat(rate, len(flows)),
            target_dscr=inputs.number(policy.get("target_dscr"), "target_dscr"),
            capex=made.capex if gearing is not None else None,
            max_gearing=gearing if made.capex is not None else None,
            llcr_floor=inputs.number(policy.get("llcr_floor"), "llcr_floor"),
        )
    except InvalidInput:
        return None


def _findings(made: Draft, metrics: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[red_flags.Finding, ...]:
    largest = facts["largest_offtaker_pct"]
    money = {inputs.text(row.get("currency")) for row in made.plan["facilities"]}
    return red_flags.findings(
        red_flags.Draft(
            minimum_dscr=metrics["min_dscr"],
            debt=made.package.debt,
            capex=made.capex,
            start=made.start,
            maturity=made.package.maturity,
            concession_end=facts["concession_end"],
            dsra_months=metrics["dsra_months"],
            largest_offtaker=None if largest is None else largest / HUNDRED,
            debt_currency=next(iter(money), None),
            revenue_currency=facts["revenue_currency"],
        )
    )


def _share(row: Mapping[str, Any], name: str) -> Decimal:
    return (inputs.number(row.get(name), name) or ZERO) / HUNDRED


def _construction(made: Draft, facilities: Sequence[Mapping[str, Any]]) -> Funding | None:
    """Costs spread evenly from the plan's first day to the model's, with debt at its share of the CAPEX and interest
    and fees paid by debt and equity alike; None where nothing is built before operations."""
    begin = begin_of(made.periods, made.months)
    months = (begin.year - made.start.year) * 12 + begin.month - made.start.month
    if months <= 0 or not made.capex:
        return None
    count = -(-months // BUILDING)
    terms, row = made.facilities[made.main], next(one for one in facilities if str(one.get("name")) == made.main)
    try:
        return funded(
            [made.capex / count] * count,
            min(made.package.debt / made.capex, ONE),
            terms.rate * BUILDING / 12,
            commitment_fee=_share(row, "commitment_fee_pct"),
            upfront_fee=_share(row, "upfront_fee_pct"),
            periods_per_year=12 // BUILDING,
        )
    except InvalidInput:
        return None


Amounts = list[tuple[str, Decimal]]


def _sources_and_uses(made: Draft, facilities: Sequence[Mapping[str, Any]]) -> tuple[Amounts, Amounts]:
    """What the money is for and where it comes from; equity pays what debt does not. Empty without a CAPEX."""
    if not made.capex:
        return [], []
    begin = begin_of(made.periods, made.months)
    interest = sum(
        (
            row.interest - row.capitalised
            for plan in made.package.plans.values()
            for row in plan.schedule.rows
            if months_later(plan.terms.start, row.period * plan.terms.months) <= begin
        ),
        ZERO,
    )
    debts = [(name, plan.schedule.amount) for name, plan in made.package.plans.items()]
    rates = {str(row.get("name")): _share(row, "upfront_fee_pct") for row in facilities}
    charged = sum((fees.upfront(amount, rates.get(name, ZERO)) for name, amount in debts), ZERO)
    reserve = sum((_first_reserve(made, row) for row in facilities), ZERO)
    uses = [("capex", made.capex), ("interest", interest), ("fees", charged), ("reserve", reserve)]
    total = sum((amount for _, amount in uses), ZERO)
    return [*debts, ("equity", total - made.package.debt)], [one for one in uses if one[1]]


def _first_reserve(made: Draft, row: Mapping[str, Any]) -> Decimal:
    """What the DSRA holds before the first instalment of repayment."""
    plan, months = made.package.plans.get(str(row.get("name"))), inputs.number(row.get("dsra_months"), "dsra_months")
    if plan is None or not months:
        return ZERO
    service = plan.schedule.payments[plan.terms.grace_periods :]
    return rounded(reserves.reserve_target(service, months / plan.terms.months))


# ── two versions ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: in which list, of which entry, which field; None where the entry is new or gone."""

    part: str
    name: str
    field: str | None
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Beside:
    """What falls due on a day under each version."""

    due: date
    old: Decimal | None
    new: Decimal | None

    @property
    def difference(self) -> Decimal:
        """New less old."""
        return (self.new or ZERO) - (self.old or ZERO)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Old against new: words, measures by name, and payments by day."""

    changes: Sequence[Change]
    measures: Sequence[tuple[str, Any, Any]]
    rows: Sequence[Beside]


NAMED = {"facilities": "name", "covenants": "code", "collateral": "description", "conditions": "text",
         "exceptions": "rule"}  # fmt: skip
"""What an entry of a list is known by."""
MEASURED = ("min_dscr", "avg_dscr", "llcr", "gearing_pct", "tenor_years", "tail_years", "dsra_months",
            "collateral_cover", "project_irr_pct", "equity_irr_pct")  # fmt: skip


def compared(old: PlanVersion, new: PlanVersion) -> Comparison:
    """Two versions of a project's plan, as they were kept."""
    changes = [one for part in PARTS for one in _changes(part, old.terms.get(part), new.terms.get(part))]
    changes += _changes("operations", old.terms.get("operations"), new.terms.get("operations"))
    totals = [("debt", old.debt, new.debt), ("interest", _interest(old), _interest(new))]
    maturity = ("maturity", _maturity(old), _maturity(new))
    ratios = [(name, old.metrics.get(name), new.metrics.get(name)) for name in MEASURED]
    sides = [_payments(one) for one in (old, new)]
    days = sorted({*sides[0], *sides[1]})
    return Comparison(
        changes,
        [*totals, maturity, *(one for one in ratios if one[1] is not None or one[2] is not None)],
        [Beside(day, sides[0].get(day), sides[1].get(day)) for day in days],
    )


def _changes(part: str, old: object, new: object) -> list[Change]:
    key = NAMED.get(part, "period_end")
    before, after = ({str(row.get(key)): row for row in inputs.rows(one)} for one in (old, new))
    found = [Change(part, name, None, None, row) for name, row in after.items() if name not in before]
    found += [Change(part, name, None, row, None) for name, row in before.items() if name not in after]
    for name in before.keys() & after.keys():
        fields = [*before[name], *(one for one in after[name] if one not in before[name])]
        for field in fields:
            was, now = before[name].get(field), after[name].get(field)
            if field != "cfads" and _plain(was) != _plain(now):
                found.append(Change(part, name, field, was, now))
    return sorted(found, key=lambda one: (one.name, one.field or ""))


def _plain(value: object) -> object:
    """Blank is nothing, and 5 is "5.0"."""
    if value is None or value == "":
        return None
    try:
        return inputs.number(value, "value")
    except InvalidInput:
        return str(value)


def _payments(plan: PlanVersion) -> dict[date, Decimal]:
    found: dict[date, Decimal] = {}
    for one in plan.schedules.values():
        for row in one.get("rows", ()):
            found[row["due"]] = found.get(row["due"], ZERO) + row["payment"]
    return found


def _interest(plan: PlanVersion) -> Decimal:
    return sum((one.get("interest") or ZERO for one in plan.schedules.values()), ZERO)


def _maturity(plan: PlanVersion) -> date | None:
    return max((one["maturity"] for one in plan.schedules.values() if one.get("maturity")), default=None)
