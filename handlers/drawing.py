"""Before money goes out: a drawdown's conditions and the construction test. Computed in finance/; nothing is written.

A condition that cannot be checked for want of a figure has failed, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.finance import draw_conditions
from handlers.finance.exact import HUNDRED, needed, positive, rounded

Failure = tuple[str, str, str]
"""(rule, Chinese, English)."""

TOLERANCE_PCT = Decimal(5)


@handles("progress.test", transactional=True)
def progress_test(
    ctx: Context,
    physical_pct: object,
    spent: object,
    cost_to_complete: object,
    undrawn_debt: object,
    equity_to_come: object,
    tolerance_pct: object = TOLERANCE_PCT,
) -> Mapping[str, Any]:
    """Whether money suffices to finish and progress keeps step with spend.

    In: physical_pct 0–100, spent, cost_to_complete, undrawn_debt, equity_to_come, tolerance_pct (5). Out: passed, gap
    (cents; what funds lack), lag_pct (two places). Errors: InvalidInput for missing or negative figures. Pure.
    """
    figures = (physical_pct, spent, cost_to_complete, undrawn_debt, equity_to_come, tolerance_pct)
    passed, gap, lag = _progress(*figures)
    return {"passed": passed, "gap": gap, "lag_pct": lag}


def _progress(
    physical_pct: object,
    spent: object,
    cost_to_complete: object,
    undrawn_debt: object,
    equity_to_come: object,
    tolerance_pct: object = TOLERANCE_PCT,
) -> tuple[bool, Decimal, Decimal]:
    made = draw_conditions.progress(
        physical=needed(physical_pct, "physical_pct") / HUNDRED,
        spent=needed(spent, "spent"),
        cost_to_complete=needed(cost_to_complete, "cost_to_complete"),
        undrawn_debt=needed(undrawn_debt, "undrawn_debt"),
        equity_to_come=needed(equity_to_come, "equity_to_come"),
        tolerance=needed(tolerance_pct, "tolerance_pct") / HUNDRED,
    )
    return made.passed, rounded(made.gap), rounded(made.lag * HUNDRED)


@handles("drawdown.check", transactional=True)
def drawdown_check(ctx: Context, request: object, register: object) -> Mapping[str, Any]:
    """The conditions of a drawdown.

    In: request {amount, purpose, day}; register {default (yes/no), drawstop (its reason), open_cps [names],
    availability_end, purposes [], equity_committed, equity_paid, debt_committed, drawn, facility_left (of the facility
    itself, when it is one of several), building (no: it operates, and nothing has to be finished), physical_pct,
    spent, cost_to_complete, equity_to_come}.
    Out: passed true, drawable: the largest request that keeps equity in step (cents).
    Errors: BpmnError CHECK_FAILED (variable failures [{rule, text, text_en}]) naming every condition that failed or
    cannot be checked; InvalidInput when the amount is missing or not above nought. Reads the date; otherwise pure.
    """
    asked: Mapping[str, Any] = request if isinstance(request, Mapping) else {}
    state: Mapping[str, Any] = register if isinstance(register, Mapping) else {}
    amount = positive(needed(asked.get("amount"), "amount"), "amount")
    failed = [*_standing(ctx, asked, state), *_money(amount, state), *_building(state)]
    if failed:
        shown = [{"rule": rule, "text": zh, "text_en": en} for rule, zh, en in failed]
        raise BpmnError("CHECK_FAILED", "; ".join(en for _, _, en in failed), {"failures": shown, "passed": False})
    return {"passed": True, "failures": [], "drawable": rounded(draw_conditions.drawable(**_equity(state)))}


def _standing(ctx: Context, request: Mapping[str, Any], state: Mapping[str, Any]) -> Iterator[Failure]:
    if inputs.yes(state.get("default")):
        yield "default", "存在违约事件", "there is a default"
    elif not _no(state.get("default")):
        yield "default", "未说明是否存在违约", "whether there is a default is not known"
    if stopped := inputs.text(state.get("drawstop")):
        yield "drawstop", f"已暂停提款：{stopped}", f"draws are stopped: {stopped}"
    if state.get("open_cps") is None:
        yield "conditions", "未提供先决条件清单", "the conditions precedent are not known"
    elif open_ := inputs.texts(state["open_cps"]):
        yield "conditions", f"先决条件未满足：{'、'.join(open_)}", f"open conditions: {', '.join(open_)}"
    day = inputs.day(request.get("day"), "day") or inputs.today(ctx)
    end = inputs.day(state.get("availability_end"), "availability_end")
    if end is None:
        yield "availability", "缺少提款期截止日", "the end of availability is not known"
    elif day > end:
        yield "availability", f"提款期已于 {end} 届满", f"availability ended on {end}"
    purpose, allowed = inputs.text(request.get("purpose")), inputs.texts(state.get("purposes"))
    if purpose is None or purpose not in allowed:
        yield "purpose", f"用途不在约定范围：{purpose or '未填'}", f"purpose not agreed: {purpose or 'none'}"


def _no(value: object) -> bool:
    """Whether somebody said no; silence does not."""
    return value is False or (isinstance(value, str) and value.strip().lower() in ("no", "false", "0", "否"))


def _equity(state: Mapping[str, Any]) -> dict[str, Decimal]:
    names = ("equity_committed", "equity_paid", "debt_committed", "drawn")
    return {name: needed(state.get(name), name) for name in names}


def _money(amount: Decimal, state: Mapping[str, Any]) -> Iterator[Failure]:
    try:
        figures = _equity(state)
        in_step = draw_conditions.equity_in_step(amount, **figures)
    except InvalidInput as error:
        yield "pro_rata_equity", error.text("zh"), error.text("en")
        return
    left = figures["debt_committed"] - figures["drawn"]
    own = inputs.number(state.get("facility_left"), "facility_left")
    left = left if own is None else min(left, own)
    if amount > left:
        yield "limit", f"超过未提款额度 {rounded(left)}", f"above the undrawn commitment of {rounded(left)}"
    elif not in_step:
        most = rounded(draw_conditions.drawable(**figures))
        yield (
            "pro_rata_equity",
            f"资本金未同比例到位，目前最多可提 {most}",
            f"equity is not paid in proportion: at most {most} may be drawn",
        )


def _building(state: Mapping[str, Any]) -> Iterator[Failure]:
    """Funds that nobody told are no better than funds that lack: neither can be waived. Nothing once it operates."""
    if _no(state.get("building")):
        return
    try:
        undrawn = needed(state.get("debt_committed"), "debt_committed") - needed(state.get("drawn"), "drawn")
        left = max(undrawn, Decimal(0))
        physical, spent, need = (state.get(name) for name in ("physical_pct", "spent", "cost_to_complete"))
        passed, gap, lag = _progress(physical, spent, need, left, state.get("equity_to_come"))
    except InvalidInput as error:
        unknown = any(state.get(name) is None for name in ("cost_to_complete", "equity_to_come"))
        yield "cost_to_complete" if unknown else "progress", error.text("zh"), error.text("en")
        return
    if gap:
        lacking = f"{gap:,.2f}".removesuffix(".00")
        yield "cost_to_complete", f"完工资金缺口 {lacking}", f"funds to complete lack {lacking}"
    elif not passed:
        yield "progress", f"工程进度落后于投资 {lag} 个百分点", f"progress trails spend by {lag} points"
