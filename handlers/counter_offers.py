"""A client's counter-proposal to a term sheet: measured against the plan, taken over in part or in whole. Law: what the
client leaves open stays as it is; whether a change is major a decision table says.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.finance.exact import HUNDRED, ZERO, inside, rounded
from handlers.plan_design import keep, project_of, refusal
from handlers.plan_drafts import Draft
from handlers.records import credit
from handlers.records.changes import once

Row = Mapping[str, Any]
TERMS = (
    ("amount", "counter_amount", "金额", "Amount"),
    ("margin_pct", "counter_margin_pct", "利差（%）", "Margin (%)"),
    ("months", "counter_tenor_months", "期限（月）", "Tenor (months)"),
)


def _main(facilities: object) -> Row:
    rows = inputs.rows(facilities)
    if not rows:
        raise InvalidInput(place="facilities", reason="are missing", reason_zh="缺少贷款安排")
    return max(rows, key=lambda row: inputs.number(row.get("amount"), "amount") or ZERO)


@handles("plan.measure_change", transactional=True)
@inside
def plan_measure_change(
    ctx: Context,
    facilities: object,
    counter_amount: object = None,
    counter_margin_pct: object = None,
    counter_tenor_months: object = None,
    counter_covenant_loosened: object = None,
    counter_security_released: object = None,
) -> Mapping[str, Any]:
    """By how much the client's wishes differ from the plan's largest facility.

    In: facilities; the fields of form `term_sheet_counter`. Out: delta_amount_pct, delta_margin_pct (percentage
    points), delta_tenor_months: 0 for what is not asked to change, all null when nothing measurable is asked for;
    covenant_loosened, security_released; change_rows [{term, term_en, old, new}]. Pure.
    """
    main = _main(facilities)
    wished = (counter_amount, counter_margin_pct, counter_tenor_months)
    asked = [inputs.number(one, name) for one, (_, name, _, _) in zip(wished, TERMS, strict=True)]
    held = [inputs.number(main.get(name), name) or ZERO for name, *_ in TERMS]
    rows = [
        {"term": zh, "term_en": en, "old": old, "new": new}
        for (_, _, zh, en), old, new in zip(TERMS, held, asked, strict=True)
        if new is not None and new != old
    ]
    loosened, released = inputs.yes(counter_covenant_loosened), inputs.yes(counter_security_released)
    amount, margin, tenor = [ZERO if new is None else new - old for old, new in zip(held, asked, strict=True)]
    unknown = not rows and not loosened and not released
    return {
        "delta_amount_pct": None if unknown or not held[0] else rounded(amount / held[0] * HUNDRED, Decimal("0.0001")),
        "delta_margin_pct": None if unknown else margin,
        "delta_tenor_months": None if unknown else tenor,
        "covenant_loosened": loosened,
        "security_released": released,
        "change_rows": rows,
    }


def _changed(facilities: object, wishes: Row) -> list[dict[str, Any]]:
    """The facilities with the wishes taken over by the largest; its rate moves with its margin."""
    main = _main(facilities)
    rows = [dict(row) for row in inputs.rows(facilities)]
    row = next(one for one in rows if one.get("name") == main.get("name"))
    for name, wish, _, _ in TERMS:
        asked = inputs.number(wishes.get(wish), wish)
        if asked is None:
            continue
        if name == "margin_pct":
            old = inputs.number(row.get("margin_pct"), "margin_pct") or ZERO
            row["rate_pct"] = (inputs.number(row.get("rate_pct"), "rate_pct") or ZERO) + asked - old
        row[name] = int(asked) if name == "months" else asked
    return rows


@handles("plan.apply_counter", transactional=True)
def plan_apply_counter(ctx: Context, facilities: object, **wishes: Any) -> Mapping[str, Any]:
    """The plan's facilities with the client's wishes taken over, to be built, rated and reviewed anew.

    In: facilities, the fields of form `term_sheet_counter`. Out: facilities. Pure.
    """
    return {"facilities": _changed(facilities, wishes)}


@handles("plan.amend", transactional=True)
def plan_amend(
    ctx: Context,
    facilities: object,
    operations: object,
    model_start: object,
    period_months: object,
    plan_id: object,
    plan_metrics: object = None,
    currency: object = None,
    capex: object = None,
    covenants: object = None,
    collateral: object = None,
    conditions: object = None,
    exceptions: object = None,
    project_key: object = None,
    **wishes: Any,
) -> Mapping[str, Any]:
    """A minor change, agreed by the head: the next version of the plan, approved as the one before it was.

    In: the plan's own variables, plan_id, the fields of form `term_sheet_counter`. Out: facilities, plan_id,
    plan_version, debt_total, schedules. Errors: BpmnError PLAN_INVALID (variable plan_problems). Idempotent by job key.
    """
    rows = _changed(facilities, wishes)
    plan = {
        "facilities": rows, "covenants": covenants, "collateral": collateral, "conditions": conditions,
        "exceptions": exceptions,
    }  # fmt: skip
    base = {"start": model_start, "months": period_months, "capex": capex, "operations": operations}

    def amend() -> Mapping[str, Any]:
        try:
            made = Draft(ctx.calendar, plan, base)
        except InvalidInput as fault:
            raise refusal("PLAN_INVALID", "plan_problems", fault) from fault
        stamp = inputs.stamp(ctx, "counter_offer", completed_by(ctx, "ut_change_minor"))
        metrics = dict(plan_metrics) if isinstance(plan_metrics, Mapping) else {}
        cover = made.package.cover
        metrics |= {"min_dscr": cover.minimum if cover else None, "llcr": made.package.llcr}
        kept = keep(ctx, project_of(ctx, project_key), made, metrics, inputs.text(currency), stamp)
        credit.set_plan_state(ctx.session, kept.id, "approved", stamp)
        return {
            "facilities": rows,
            "plan_id": str(kept.id),
            "plan_version": kept.version,
            "debt_total": kept.debt,
            "schedules": made.schedules(),
        }

    return once(ctx.session, ctx.job_key, "plan.amend", ctx.now, amend)
