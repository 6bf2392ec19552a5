"""Financing plans of an evaluation as processes ask for them: the model taken in, a version built and kept.
Law: computed in finance/; every version is kept with what it was built from;
what cannot be built is told by place and in both languages, never repaired.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.finance.exact import HUNDRED, needed, rounded
from handlers.finance.package import in_order
from handlers.plan_drafts import Draft, months_of, operation, periods_of, refuse_untestable
from handlers.plan_security import counted
from handlers.records import credit, projects
from handlers.records.changes import Stamp, once
from handlers.records.projects import Project


def project_of(ctx: Context, project_key: object) -> Project:
    """By key, else the process's own. NotFound."""
    return projects.get(ctx.session, inputs.text(project_key) or ctx.business_key or "?")


def refusal(code: str, name: str, fault: InvalidInput) -> BpmnError:
    """What cannot be as the diagram's own outcome: a variable `name` of [{place, text, text_en}]."""
    problem = {
        "place": str(fault.fields.get("place")),
        "text": str(fault.fields.get("reason_zh")),
        "text_en": str(fault.fields.get("reason")),
    }
    return BpmnError(code, str(fault), {name: [problem]})


# ── the model ──────────────────────────────────────────────────────────────────────────────────────────────────


@handles("model.save", transactional=True)
def model_save(
    ctx: Context,
    operations: object,
    base_rate_pct: object,
    target_dscr: object,
    max_gearing_pct: object,
    capex: object,
    period_months: object,
    llcr_floor: object = None,
    concession_end: object = None,
    project_key: object = None,
) -> Mapping[str, Any]:
    """Take the base case in: figures read, CFADS made of them, the project's facts kept.

    In: the fields of form `cash_flow_model`. Out: operations [{period_end, revenue, opex, tax, maintenance_capex,
    working_capital_increase, cfads}], sizing {rate, target_dscr, max_gearing, llcr_floor, periods_per_year} for
    `plan.size_debt`, capex, model_problems []. Errors: BpmnError MODEL_INVALID (variable model_problems [{place, text,
    text_en}]) for missing or unreadable figures, periods out of order, CFADS below nought throughout. Idempotent.
    """
    try:
        rows = [operation(row, at) for at, row in enumerate(inputs.rows(operations), 1)]
        months = months_of(period_months)
        in_order(periods_of(rows), months)
        if not any(row["cfads"] > 0 for row in rows):
            raise InvalidInput(place="operations", reason="no period has cash", reason_zh="各期均无可用现金流")
        sizing = {
            "rate": needed(base_rate_pct, "base_rate_pct") / HUNDRED,
            "target_dscr": needed(target_dscr, "target_dscr"),
            "max_gearing": needed(max_gearing_pct, "max_gearing_pct") / HUNDRED,
            "llcr_floor": inputs.number(llcr_floor, "llcr_floor"),
            "periods_per_year": 12 // months,
        }
        invested = needed(capex, "capex")
        until = inputs.day(concession_end, "concession_end")
    except InvalidInput as fault:
        raise refusal("MODEL_INVALID", "model_problems", fault) from fault
    stamp = inputs.stamp(ctx, "cash_flow_model", completed_by(ctx, "ut_model"))
    learnt = inputs.given({"capex": invested, "concession_end": until})
    projects.change(ctx.session, project_of(ctx, project_key).id, learnt, stamp)
    return {"operations": rows, "sizing": sizing, "capex": invested, "model_problems": []}


# ── a version ──────────────────────────────────────────────────────────────────────────────────────────────────


@handles("plan.prepare", transactional=True)
def plan_prepare(
    ctx: Context,
    facilities: object,
    operations: object,
    model_start: object,
    period_months: object,
    currency: object = None,
    capex: object = None,
    concession_end: object = None,
    revenue_currency: object = None,
    largest_offtaker_pct: object = None,
    debt_capacity: object = None,
    ep_category: object = None,
    sizing: object = None,
    project_key: object = None,
    **plan: Any,
) -> Mapping[str, Any]:
    """Build the plan's schedules, measure it, and keep it as the project's next version.

    In: the fields of form `financing_plan` (facilities, covenants, collateral, conditions, exceptions), what
    `model.save` gave with its sizing, model_start, period_months, concession_end, revenue_currency,
    largest_offtaker_pct, debt_capacity of `plan.size_debt`, ep_category; currency of the case (null: the project's), in
    which the plan has to be. Out: plan_id, plan_version, debt_total,
    plan_metrics {min_dscr, avg_dscr, llcr, gearing_pct, tail_years, tenor_years, dsra_months, concentration_pct,
    fx_mismatch, above_capacity, collateral_cover (by the house's haircuts, without guarantees), project_irr_pct,
    equity_irr_pct}: unrounded, for the tables;
    min_dscr; plan_shown: the same rounded; schedules {facility: {rows, maturity …}}; cfads [{period_end, amount}];
    stress_input {terms, operations, overrun_debt_share} for `plan.stress`; exceptions_count; plan_problems [].
    Errors: BpmnError PLAN_INVALID (variable plan_problems). Idempotent by job key.
    """
    sized: Mapping[str, Any] = debt_capacity if isinstance(debt_capacity, Mapping) else {}
    base = {"start": model_start, "months": period_months, "capex": capex, "operations": operations}
    base["currency"] = inputs.text(currency) or project_of(ctx, project_key).currency

    def prepare() -> Mapping[str, Any]:
        try:
            made = Draft(ctx.calendar, {**plan, "facilities": facilities}, base)
            for row in made.plan["covenants"]:
                refuse_untestable(row)
        except InvalidInput as fault:
            raise refusal("PLAN_INVALID", "plan_problems", fault) from fault
        facts = {
            "concession_end": inputs.day(concession_end, "concession_end"),
            "revenue_currency": inputs.text(revenue_currency),
            "largest_offtaker_pct": inputs.number(largest_offtaker_pct, "largest_offtaker_pct"),
            "capacity": inputs.number(sized.get("debt"), "debt_capacity"),
        }
        worth = counted(ctx.session, made.plan["collateral"], inputs.today(ctx)).worth
        metrics = made.metrics({**facts, "worth": worth})
        project = project_of(ctx, project_key)
        stamp = inputs.stamp(ctx, "financing_plan", completed_by(ctx, "ut_plan"))
        category = inputs.text(ep_category)
        projects.change(ctx.session, project.id, inputs.given({"equator_category": category}), stamp)
        policy = {**facts, **(sizing if isinstance(sizing, Mapping) else {})}
        kept = keep(ctx, project, made, metrics, inputs.text(currency), stamp, policy)
        return {
            "plan_id": str(kept.id),
            "plan_version": kept.version,
            "debt_total": kept.debt,
            "plan_metrics": metrics,
            "plan_shown": {name: _shown(value) for name, value in metrics.items()},
            "min_dscr": metrics["min_dscr"],
            "schedules": made.schedules(),
            "cfads": [{"period_end": one.end, "amount": one.cfads} for one in made.periods],
            "stress_input": made.stress(),
            "exceptions_count": len(made.exceptions),
            "plan_problems": [],
        }

    return once(ctx.session, ctx.job_key, "plan.prepare", ctx.now, prepare)


def keep(
    ctx: Context,
    project: Project,
    made: Draft,
    metrics: Mapping[str, Any],
    currency: str | None,
    stamp: Stamp,
    policy: Mapping[str, Any] | None = None,
) -> credit.PlanVersion:
    """The draft as the project's next version; `policy`: what it was measured against."""
    values = {
        "debt": rounded(made.package.debt),
        "currency": currency or project.currency,
        "terms": {**made.terms(), "policy": dict(policy or {})},
        "metrics": dict(metrics),
        "schedules": made.schedules(),
        "instance": ctx.instance or None,
    }
    return credit.add_plan(ctx.session, project.id, values, stamp)


def _shown(value: object) -> object:
    return rounded(value, Decimal("0.0001")) if isinstance(value, Decimal) else value
