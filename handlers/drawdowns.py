"""Drawdowns as processes carry them: registered, held against the book, corrected, and what became of them.

What may be drawn is decided in drawing.py; here is what the book knows for it. Law: figures of the check come from the
book, never from the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.finance.exact import HUNDRED, INSIDE, needed, positive, rounded
from handlers.records import conditions, construction, draws, facilities, projects
from handlers.records.changes import once
from handlers.records.draws import Draw
from handlers.records.facilities import Facility
from handlers.records.projects import Project

PURPOSES: Mapping[str, tuple[str, ...]] = {
    "term": ("epc", "equipment", "land", "development", "interest", "fees", "contingency"),
    "vat": ("vat",),
    "lc": ("equipment", "guarantee"),
    "bridge": ("epc", "equipment", "land", "development", "interest", "fees", "contingency"),
}
"""What a facility of a type may be drawn for; a default that an institution replaces."""

FIELDS = ("payee", "payee_account", "payee_bank", "contract_no", "invoice_no")


@handles("drawdown.register", transactional=True)
def drawdown_register(
    ctx: Context,
    facility_key: object,
    draw_amount: object,
    draw_purpose: object = None,
    requested_by: object = None,
    **request: Any,
) -> Mapping[str, Any]:
    """Enter a request under a key of its own.

    In: facility_key, draw_amount, draw_purpose, payee, payee_account, payee_bank, contract_no, invoice_no,
    requested_by. Out: drawdown_key, facility_key, facility_name, draw_currency, limit_id. Errors: NotFound for an
    unknown facility; InvalidInput for no amount. Idempotent by job key.
    """
    facility = facilities.get(ctx.session, inputs.text(facility_key) or "")
    amount = rounded(positive(needed(draw_amount, "draw_amount"), "draw_amount"))

    def work() -> Mapping[str, Any]:
        said = {name: inputs.text(request.get(name)) for name in FIELDS}
        values = {"payee": said["payee"] or "", "payee_account": said["payee_account"] or ""}
        values |= inputs.given(said)
        stamp = inputs.stamp(ctx, "client")
        made = draws.request(
            ctx.session,
            facility.id,
            {
                "amount": amount,
                "purpose": inputs.text(draw_purpose) or "epc",
                "requested_by": inputs.text(requested_by) or "client",
                **values,
            },
            stamp,
            inputs.year(ctx),
        )
        ctx.audit("drawdown_requested", {"drawdown": made.business_key, "amount": str(amount)})
        return {
            "drawdown_key": made.business_key,
            "facility_key": facility.business_key,
            "facility_name": facility.name,
            "draw_currency": facility.currency,
            "limit_id": None if facility.limit_id is None else str(facility.limit_id),
        }

    return once(ctx.session, ctx.job_key, "drawdown.register", ctx.now, work)


@handles("drawdown.load", transactional=True)
def drawdown_load(ctx: Context, drawdown_key: object, hold: object = False) -> Mapping[str, Any]:
    """A request and what the book says for its check, as `drawdown.check` takes them.

    In: drawdown_key, hold: nobody else draws on the project until this unit of work is over (two draws that are each
    in step may be too much together). Out: draw_request {amount, purpose, day}, draw_register {…}, payee_known:
    whether this account of the payee was paid before, draw_maker: who examined its vouchers already (the task stays
    with them, so that somebody is left to approve), draw_conditions [{text, text_en}]: what has to be met at each
    draw. Reads only.
    """
    draw = draws.get(ctx.session, inputs.text(drawdown_key) or "")
    facility = facilities.get(ctx.session, draw.facility_id)
    if inputs.yes(hold):
        projects.hold(ctx.session, facility.project_id)
        facility = facilities.get(ctx.session, facility.id)
    project = projects.get(ctx.session, facility.project_id)
    each = conditions.of_project(ctx.session, project.id, phase="each")
    request = {"amount": draw.amount, "purpose": draw.purpose, "day": inputs.today(ctx)}
    return {
        "draw_request": request,
        "draw_register": _register(ctx, project, facility),
        "payee_known": _known(ctx, project, draw),
        "draw_maker": completed_by(ctx, "ut_maker"),
        "draw_conditions": [{"text": one.text, "text_en": one.text_en} for one in each],
    }


def _register(ctx: Context, project: Project, facility: Facility) -> dict[str, Any]:
    """The whole project's debt and capital (proportion is kept over all of it), and this facility's own room."""
    siblings = [one for one in facilities.of_project(ctx.session, project.id) if one.state != "lapsed"]
    owed = conditions.open_ones(ctx.session, project.id, "initial", inputs.today(ctx))
    debt = sum((one.amount for one in siblings), Decimal(0))
    drawn = sum((one.drawn for one in siblings), Decimal(0))
    return {
        "default": any(one.default_since is not None for one in siblings),
        "drawstop": facility.drawstop,
        "open_cps": [f"{one.number}. {one.text}" for one in owed],
        "availability_end": facility.availability_end if facility.state == "available" else None,
        "purposes": list(PURPOSES.get(facility.type, PURPOSES["term"])),
        "facility_left": facility.undrawn,
        "debt_committed": debt,
        "drawn": drawn,
        "building": project.stage != "operation",
        **capital(project, debt),
        **_works(ctx, project),
    }


def capital(project: Project, debt: Decimal) -> dict[str, Decimal | None]:
    """Equity promised and paid: promised is the agreed share of the costs, else what the debt leaves of them."""
    if project.capex is None:
        committed = None
    elif project.equity_pct is not None:
        committed = rounded(INSIDE.divide(project.capex * project.equity_pct, HUNDRED))
    else:
        committed = max(project.capex - debt, Decimal(0))
    return {"equity_committed": committed, "equity_paid": project.equity_paid}


def _works(ctx: Context, project: Project) -> dict[str, Decimal | None]:
    latest = construction.latest_report(ctx.session, project.id)
    if latest is None:
        return dict.fromkeys(("physical_pct", "spent", "cost_to_complete", "equity_to_come"))
    return {
        "physical_pct": latest.physical_pct,
        "spent": latest.spent,
        "cost_to_complete": latest.cost_to_complete,
        "equity_to_come": latest.equity_to_come,
    }


def _known(ctx: Context, project: Project, draw: Draw) -> bool:
    paid = [
        one
        for facility in facilities.of_project(ctx.session, project.id)
        for one in draws.of_facility(ctx.session, facility.id)
        if one.state == "paid"
    ]
    return any((one.payee, one.payee_account) == (draw.payee, draw.payee_account) for one in paid)


@handles("drawdown.revise", transactional=True)
def drawdown_revise(
    ctx: Context,
    drawdown_key: object,
    draw_amount: object = None,
    draw_purpose: object = None,
    **request: Any,
) -> Mapping[str, Any]:
    """Write a corrected request.

    In: drawdown_key and what of the request changed. Out: draw_amount. Errors: InvalidInput for no amount; NotFound.
    Idempotent: the same again changes nothing.
    """
    draw = draws.get(ctx.session, inputs.text(drawdown_key) or "")
    values: dict[str, Any] = inputs.given({name: inputs.text(request.get(name)) for name in FIELDS})
    amount = inputs.number(draw_amount, "draw_amount")
    if amount is not None:
        values["amount"] = rounded(positive(amount, "draw_amount"))
    if purpose := inputs.text(draw_purpose):
        values["purpose"] = purpose
    stamp = inputs.stamp(ctx, "client", completed_by(ctx, "ut_fix", "ut_investigate"))
    return {"draw_amount": draws.change(ctx.session, draw, values, stamp).amount}


STATES = ("requested", "approved", "paid", "returned", "refused")


@handles("drawdown.record", transactional=True)
def drawdown_record(
    ctx: Context,
    drawdown_key: object,
    state: object,
    reason: object = None,
    mode: object = None,
    failures: object = None,
    waived: object = False,
) -> Mapping[str, Any]:
    """What became of a request. Approved: its money counts as drawn; returned (after approval): no longer.

    In: drawdown_key, state approved|paid|returned|refused, reason, mode, failures, waived yes/no. Out: drawdown_state,
    facility_drawn, facility_undrawn. Errors: BpmnError LIMIT_EXCEEDED (variables limit_available, limit_currency)
    beyond the facility; InvalidInput for an unknown state. Idempotent: a request in that state already changes
    nothing.
    """
    key, wanted = inputs.text(drawdown_key) or "", inputs.text(state)
    if wanted not in STATES:
        raise InvalidInput(place="state", reason=f"unknown: {wanted}", reason_zh=f"未知状态 {wanted}")
    facility_id = draws.get(ctx.session, key).facility_id
    facility = facilities.get(ctx.session, facility_id, lock=True)
    draw = draws.get(ctx.session, key)
    stamp = inputs.stamp(ctx, "drawdown", why=inputs.prose(reason))
    moved = {"approved": draw.amount, "returned": -draw.amount}.get(wanted, Decimal(0))
    if draw.state != wanted:
        if moved > facility.undrawn:
            told = {"limit_available": facility.undrawn, "limit_currency": facility.currency}
            raise BpmnError("LIMIT_EXCEEDED", f"{facility.undrawn} undrawn", told)
        if moved > 0 or (moved < 0 and draw.state in ("approved", "paid")):
            facility = facilities.draw(ctx.session, facility_id, moved, stamp)
        values: dict[str, Any] = {"state": wanted} | inputs.given(
            {"reason": inputs.prose(reason), "mode": inputs.text(mode), "failures": inputs.rows(failures) or None}
        )
        values |= _people(ctx, wanted, inputs.yes(waived))
        if wanted in ("paid", "refused"):
            values["closed_at"] = ctx.now
        draws.change(ctx.session, draw, values, stamp)
        ctx.audit(f"drawdown_{wanted}", {"drawdown": key, "amount": str(draw.amount)})
    return {"drawdown_state": wanted, "facility_drawn": facility.drawn, "facility_undrawn": facility.undrawn}


def _people(ctx: Context, state: str, waived: bool) -> dict[str, str | None]:
    if state != "approved":
        return {}
    signed = {"checked_by": completed_by(ctx, "ut_maker"), "approved_by": completed_by(ctx, "ut_checker")}
    return signed | ({"waived_by": completed_by(ctx, "ut_waive")} if waived else {})
