"""Financial statements: checked, then kept; ratios from what is kept.

A statement that does not balance is not kept: assets = liabilities + equity, and cash at the end = cash at the start
+ change (within one unit of the currency, for figures rounded by their author). Cash of the two statements that differs
is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs, ratios
from handlers.contacting import completed_by
from handlers.records import parties
from handlers.records import statements as book
from handlers.records.changes import once
from handlers.records.statements import Line

ROUNDING = Decimal(1)
"""By how much two sides may differ, in units of the currency."""

SHEETS: Mapping[str, tuple[str, ...]] = {
    "BS": ("total_assets", "current_assets", "total_liabilities", "current_liabilities", "equity", "inventory",
           "debt", "cash", "retained_earnings"),
    "PL": ("revenue", "ebitda", "da", "interest_expense", "tax", "net_profit"),
    "CF": ("cash_opening", "cash_change", "cash_closing", "working_capital_increase", "maintenance_capex",
           "scheduled_principal"),
}  # fmt: skip
"""Sheet -> the codes that we keep; others of a row are left out."""

CALLED = {"interest_expense": "interest", "cash_closing": "cash"}
"""Code in the book -> the name under which a ratio asks for it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule on one period."""

    period: str
    rule: str
    ok: bool
    zh: str
    en: str

    def shown(self) -> dict[str, Any]:
        """As a variable."""
        return {"period": self.period, "rule": self.rule, "ok": self.ok, "text": self.zh, "text_en": self.en}


def check(rows: Iterable[Mapping[str, Any]]) -> list[Check]:
    """The rules on each period and between neighbouring ones, oldest first. InvalidInput for unreadable figures."""
    ordered = sorted(rows, key=lambda row: str(row.get("period") or ""))
    found: list[Check] = []
    before: tuple[str, Decimal | None] | None = None
    for row in ordered:
        said = figures(row)
        period = str(row.get("period") or "?")
        found += _balance(period, said) + _cash(period, said) + _cash_of_both(period, said)
        if before is not None:
            found += _continuity(before, period, said)
        before = (period, said.get("cash_closing"))
    return found


def figures(row: Mapping[str, Any]) -> dict[str, Decimal]:
    """What a row says, by code. InvalidInput for unreadable figures."""
    given = {
        code: inputs.number(row.get(code), f"statements[{row.get('period')}].{code}")
        for codes in SHEETS.values()
        for code in codes
    }
    return {code: value for code, value in given.items() if value is not None}


def _balance(period: str, figures: Mapping[str, Decimal]) -> list[Check]:
    sides = [figures.get(code) for code in ("total_assets", "total_liabilities", "equity")]
    assets, liabilities, equity = sides
    if assets is None or liabilities is None or equity is None:
        return [Check(period, "balance", False, f"{period}：缺少资产、负债或权益合计", f"{period}: totals are missing")]
    gap = assets - liabilities - equity
    return [
        Check(
            period,
            "balance",
            abs(gap) <= ROUNDING,
            f"{period}：资产 {assets:,} − 负债 {liabilities:,} − 权益 {equity:,} = {gap:,}",
            f"{period}: assets {assets:,} − liabilities {liabilities:,} − equity {equity:,} = {gap:,}",
        )
    ]


def _cash(period: str, figures: Mapping[str, Decimal]) -> list[Check]:
    opening, change, closing = (figures.get(f"cash_{part}") for part in ("opening", "change", "closing"))
    if opening is None or change is None or closing is None:
        return []
    gap = opening + change - closing
    return [
        Check(
            period,
            "cash_roll_forward",
            abs(gap) <= ROUNDING,
            f"{period}：期初现金 {opening:,} + 变动 {change:,} − 期末 {closing:,} = {gap:,}",
            f"{period}: cash {opening:,} + change {change:,} − end {closing:,} = {gap:,}",
        )
    ]


def _cash_of_both(period: str, figures: Mapping[str, Decimal]) -> list[Check]:
    """Cash of the balance sheet against the end of the cash-flow statement. They may differ by restricted cash and by
    equivalents: told, and no reason to refuse."""
    held, closing = figures.get("cash"), figures.get("cash_closing")
    if held is None or closing is None:
        return []
    gap = held - closing
    return [
        Check(
            period,
            "cash_of_both",
            abs(gap) <= ROUNDING,
            f"{period}：资产负债表货币资金 {held:,} 与现金流量表期末现金 {closing:,} 相差 {gap:,}，请核对受限资金",
            f"{period}: cash in the balance sheet {held:,} and at the end of the cash-flow statement {closing:,} "
            f"differ by {gap:,}: look for restricted cash",
        )
    ]


def _continuity(before: tuple[str, Decimal | None], period: str, figures: Mapping[str, Decimal]) -> list[Check]:
    earlier, closing = before
    opening = figures.get("cash_opening")
    if closing is None or opening is None or not _follows(earlier, period):
        return []
    gap = opening - closing
    return [
        Check(
            period,
            "cash_continuity",
            abs(gap) <= ROUNDING,
            f"{period} 期初现金 {opening:,} 与 {earlier} 期末 {closing:,} 相差 {gap:,}",
            f"cash at the start of {period} {opening:,} and at the end of {earlier} {closing:,} differ by {gap:,}",
        )
    ]


def _follows(earlier: str, later: str) -> bool:
    return earlier[:4].isdigit() and later[:4].isdigit() and int(later[:4]) == int(earlier[:4]) + 1


BLOCKING = frozenset({"balance", "cash_roll_forward"})

ENTERED_AT = ("ut_profile", "ut_correct", "ut_figures", "ut_review")
"""The tasks in which somebody enters statements: intake, monitoring, the yearly review."""


def wrong(checks: Iterable[Check]) -> list[Check]:
    """Those for which a statement is not kept."""
    return [one for one in checks if one.rule in BLOCKING and not one.ok]


@handles("fin.spread_statement", transactional=True)
def fin_spread_statement(
    ctx: Context, statements: object, party_id: object, source: str | None = None
) -> Mapping[str, Any]:
    """Check statements and keep them line by line.

    In: statements: list of {period ("2024" or an ISO date), audited, currency, and figures in units of the currency
    by the codes of SHEETS}; party_id; source: the form they came by (null: client_profile). Out: statement_ids (as
    text, in the order given), checks [{period, rule, ok, text, text_en}]. Errors: BpmnError UNBALANCED (variables
    statement_checks; statement_findings [{field, text, text_en}]: what is wrong): nothing is kept; InvalidInput for
    unreadable figures or periods. Idempotent by job key; a period that stands already is restated.
    """
    rows = inputs.rows(statements)
    checks = check(rows)
    shown = [one.shown() for one in checks]
    faults = wrong(checks)
    if faults:
        found = [{"field": f"statements[{one.period}]", "text": one.zh, "text_en": one.en} for one in faults]
        said = {"statement_checks": shown, "statement_findings": found}
        raise BpmnError("UNBALANCED", "; ".join(one.en for one in faults), said)

    def keep() -> Mapping[str, Any]:
        client = inputs.ident(party_id, "party_id")
        party = parties.get(ctx.session, client if client is not None else 0)
        stamp = inputs.stamp(ctx, inputs.text(source) or "client_profile", completed_by(ctx, *ENTERED_AT))
        ids = []
        for row in rows:
            period = str(row.get("period"))
            own = [one.shown() for one in checks if one.period == period]
            kept = book.add(
                ctx.session,
                party.id,
                period_end(period),
                _lines(row),
                stamp,
                currency=inputs.text(row.get("currency")) or "CNY",
                audited=inputs.yes(row.get("audited")),
                checks=own,
            )
            ids.append(str(kept.id))
        return {"statement_ids": ids, "checks": shown}

    return once(ctx.session, ctx.job_key, "fin.spread_statement", ctx.now, keep)


def ratio_figures(amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """A statement's amounts by code, and under the names by which ratios ask for them."""
    return {**amounts, **{CALLED[code]: amount for code, amount in amounts.items() if code in CALLED}}


def period_end(period: str) -> date:
    """`2024` is the year's last day; an ISO date is itself. InvalidInput."""
    plain = period.strip().removesuffix("年")
    if plain.isdigit() and len(plain) == 4:
        return date(int(plain), 12, 31)
    found = inputs.day(plain, "period")
    if found is None:
        raise InvalidInput(place="period", reason="is missing", reason_zh="缺少报表期间")
    return found


def _lines(row: Mapping[str, Any]) -> list[Line]:
    said = figures(row)
    return [Line(sheet, code, said[code]) for sheet, codes in SHEETS.items() for code in codes if code in said]


@handles("fin.compute_ratios", transactional=True)
def fin_compute_ratios(
    ctx: Context, statement_ids: object = None, definitions: object = None, figures: object = None
) -> Mapping[str, Any]:
    """Ratios of the latest of some statements, with figures that statements do not hold beside them.

    In: statement_ids; definitions: names of handlers.ratios.DEFINITIONS (null: all that can be made); figures: a
    context of further or overriding figures. Out: ratios (Decimal, four places), missing {ratio: [figures]}, period.
    Errors: BpmnError DATA_MISSING when a ratio that was asked for lacks figures (variable missing). Only reads.
    """
    kept = [book.get(ctx.session, int(one)) for one in inputs.texts(statement_ids)]
    latest = max(kept, key=lambda one: (one.period_end, one.id)) if kept else None
    known = ratio_figures(latest.amounts() if latest else {})
    for name, value in figures.items() if isinstance(figures, Mapping) else ():
        number = inputs.number(value, f"figures.{name}")
        if number is not None:
            known[str(name)] = number
    wanted = inputs.texts(definitions) or None
    unknown = [name for name in wanted or () if name not in ratios.DEFINITIONS]
    if unknown:
        listed = ", ".join(unknown)
        raise InvalidInput(place="definitions", reason=f"unknown: {listed}", reason_zh=f"未知指标 {listed}")
    made = ratios.compute(known, wanted)
    missing = {name: list(lacks) for name, lacks in made.missing.items()}
    if wanted is not None and missing:
        raise BpmnError("DATA_MISSING", f"figures are missing: {missing}", {"missing": missing})
    return {
        "ratios": dict(made.values),
        "missing": missing,
        "period": latest.period_end if latest else None,
    }
