"""What can be said of a form while it is typed: red flags of a plan, what a cash-flow model cannot be, statements that
do not balance.

Law: nothing is written; the same functions and tables judge here as when the form is sent, so that nobody meets a
surprise. Which form has a check stands in CHECKS, by the form's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.orm import Session

from engine import api
from engine.calendars import calendar
from engine.errors import InvalidInput, NotFound
from engine.execution import runtime_of
from handlers import inputs, ratios, statements
from handlers.finance.exact import rounded
from handlers.finance.package import in_order
from handlers.plan_drafts import Draft, months_of, operation, periods_of, refuse_untestable
from handlers.plan_security import counted
from handlers.views.client_room import RATIO_WORDS

RED_FLAGS = "plan_red_flags"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to look at. `places`: the fields it concerns, as the form names them (`facilities.0.months`)."""

    level: Literal["block", "warn"]
    text: str
    text_en: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that follows from what was typed."""

    name: str
    name_en: str
    value: object


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a form as it stands. `incomplete`: too little was typed yet to say anything."""

    notes: tuple[Note, ...] = ()
    figures: tuple[Figure, ...] = ()
    incomplete: bool = False


Check = Callable[[Session, Mapping[str, Any]], Said]


def check(session: Session, form: str, values: Mapping[str, Any]) -> Said | None:
    """What there is to say of a form's values, with the case's variables under them; None where nothing is checked."""
    found = CHECKS.get(form)
    return found(session, values) if found is not None else None


def of_plan(session: Session, values: Mapping[str, Any]) -> Said:
    """The plan's figures and the red flags that the deployed table raises for them (requirement A32)."""
    rows = inputs.rows(values.get("facilities"))
    if not rows or any(row.get(name) in (None, "") for row in rows for name in ("amount", "months")):
        return Said(incomplete=True)
    base = {"start": values.get("model_start"), "months": values.get("period_months")}
    base |= {name: values.get(name) for name in ("capex", "operations", "currency")}
    sized = values.get("debt_capacity")
    try:
        made = Draft(calendar(session), values, base)
        runtime = runtime_of(session)
        security = counted(session, made.plan["collateral"], runtime.now().astimezone(runtime.zone).date())
        metrics = made.metrics(
            {
                "concession_end": inputs.day(values.get("concession_end"), "concession_end"),
                "revenue_currency": inputs.text(values.get("revenue_currency")),
                "largest_offtaker_pct": inputs.number(values.get("largest_offtaker_pct"), "largest_offtaker_pct"),
                "capacity": inputs.number(sized.get("debt"), "debt_capacity") if isinstance(sized, Mapping) else None,
                "worth": security.worth,
            }
        )
    except InvalidInput as fault:
        return Said((_fault(fault, rows),))
    doubts = (Note("warn", one.zh, one.en, (f"collateral.{one.at}.{one.field}",)) for one in security.doubts)
    notes = (*_flags(session, metrics, rows), *_untestable(inputs.rows(values.get("covenants"))), *doubts)
    apart = (Figure("保证（另列，不计入押品覆盖）", "Guarantees (apart from the security)", security.guarantees),)
    return Said(notes, (*_figures(metrics, made), *(apart if security.guarantees else ())))


def _untestable(covenants: list[Mapping[str, Any]]) -> Iterable[Note]:
    """Covenants that are typed as far as their levels, and that no test date could test."""
    for at, row in enumerate(covenants):
        if any(row.get(name) in (None, "") for name in ("metric", "direction", "default_level")):
            continue
        try:
            refuse_untestable(row)
        except InvalidInput as fault:
            yield Note("block", fault.text("zh"), fault.text("en"), (f"covenants.{at}.default_level",))


def _flags(session: Session, metrics: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> Iterable[Note]:
    try:
        found = api.evaluate_decision(session, api.SYSTEM, RED_FLAGS, {"plan_metrics": dict(metrics)}).value
    except NotFound:
        return
    for flag in found or ():
        level: Literal["block", "warn"] = "block" if flag.get("level") == "block" else "warn"
        places = _places(str(flag.get("rule")), rows)
        yield Note(level, str(flag.get("text")), str(flag.get("text_en") or flag.get("text")), places)


_FIELD: Mapping[str, str] = {
    "min_dscr": "amount", "gearing": "amount", "capacity": "amount", "tail": "months", "beyond_concession": "months",
    "tenor": "months", "dsra": "dsra_months", "fx": "currency",
}  # fmt: skip
"""Rule of the table -> field of a facility that somebody would change first."""


def _places(rule: str, rows: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """The field of the facility that weighs most: the longest for terms, else the largest."""
    name = _FIELD.get(rule)
    if name is None:
        return ()
    weigh = "months" if name == "months" else "amount"
    index = max(range(len(rows)), key=lambda at: inputs.number(rows[at].get(weigh), weigh) or 0)
    return (f"facilities.{index}.{name}",)


def _fault(fault: InvalidInput, rows: list[Mapping[str, Any]]) -> Note:
    place = str(fault.fields.get("place"))
    named = [f"facilities.{index}.name" for index, row in enumerate(rows) if inputs.text(row.get("name")) == place]
    return Note("block", fault.text("zh"), fault.text("en"), tuple(named))


def _figures(metrics: Mapping[str, Any], made: Draft) -> Iterable[Figure]:
    yield Figure("贷款总额", "Debt", made.package.debt)
    for name, zh, en in (
        ("min_dscr", "最低偿债备付率", "Lowest DSCR"),
        ("llcr", "贷款期覆盖率", "LLCR"),
        ("gearing_pct", "贷款占总投资（%）", "Gearing (%)"),
        ("tail_years", "尾期（年）", "Tail (years)"),
        ("collateral_cover", "押品覆盖（倍）", "Security to debt"),
    ):
        if metrics.get(name) is not None:
            yield Figure(zh, en, rounded(metrics[name]))


def of_model(session: Session, values: Mapping[str, Any]) -> Said:
    """What a cash-flow model cannot be: the first row or order at fault, or no cash in any period."""
    rows = inputs.rows(values.get("operations"))
    if not rows or any(row.get(name) in (None, "") for row in rows for name in ("period_end", "revenue", "opex")):
        return Said(incomplete=True)
    try:
        made = [operation(row, at) for at, row in enumerate(rows, 1)]
        in_order(periods_of(made), months_of(values.get("period_months")))
    except InvalidInput as fault:
        return Said((Note("block", fault.text("zh"), fault.text("en")),))
    empty = [index for index, row in enumerate(made) if row["cfads"] <= 0]
    notes = [
        Note("warn", f"第 {at + 1} 期没有可用现金流", f"period {at + 1} has no cash", (f"operations.{at}.revenue",))
        for at in empty
    ]
    total = sum((row["cfads"] for row in made), start=type(made[0]["cfads"])(0))
    return Said(tuple(notes), (Figure("可供偿债现金流合计", "CFADS in all", total),))


_TOTALS = ("total_assets", "total_liabilities", "equity")
_AT: Mapping[str, str] = {
    "balance": "equity", "cash_roll_forward": "cash_closing", "cash_continuity": "cash_opening", "cash_of_both": "cash",
}  # fmt: skip
"""Rule of a statement -> the field that somebody would look at first."""


def of_statements(session: Session, values: Mapping[str, Any]) -> Said:
    """What does not balance in the statements, and the ratios of the newest of them."""
    given = [row for row in inputs.rows(values.get("statements")) if row.get("period")]
    ready = [row for row in given if all(row.get(code) not in (None, "") for code in _TOTALS)]
    if not ready:
        return Said(incomplete=True)
    try:
        checks = statements.check(ready)
        newest = statements.figures(max(ready, key=lambda row: str(row["period"])))
    except InvalidInput as fault:
        return Said((Note("block", fault.text("zh"), fault.text("en")),))
    blocking = statements.wrong(checks)
    rows = inputs.rows(values.get("statements"))
    notes = [
        Note("block" if one in blocking else "warn", one.zh, one.en, _of_period(rows, one.period, _AT[one.rule]))
        for one in checks
        if not one.ok
    ]
    made = ratios.compute(statements.ratio_figures(newest)).values
    named = [Figure(*words, made[name]) for name, words in RATIO_WORDS.items() if name in made]
    return Said(tuple(notes), tuple(named))


def _of_period(rows: list[Mapping[str, Any]], period: str, field: str) -> tuple[str, ...]:
    return tuple(f"statements.{at}.{field}" for at, row in enumerate(rows) if str(row.get("period")) == period)


CHECKS: Mapping[str, Check] = {
    "financing_plan": of_plan,
    "cash_flow_model": of_model,
    "annual_review": of_statements,
}
