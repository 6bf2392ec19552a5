"""Codes of deals in words, and the colour that goes with them. Law: a colour never stands without its word."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _

from handlers.reports.vocabulary import word
from web.charts import written
from web.scope import language

Words = Mapping[str, Any]

PLAN: Words = {
    "draft": _("draft"), "approved": _("approved"), "active": _("in force"), "rejected": _("rejected"),
    "lapsed": _("lapsed"), "superseded": _("superseded"),
}  # fmt: skip
FACILITY: Words = {
    "approved": _("approved"), "signed": _("signed"), "available": _("open for draws"),
    "operational": _("being repaid"), "closed": _("repaid"), "lapsed": _("lapsed"),
}  # fmt: skip
DRAW: Words = {
    "requested": _("asked for"), "checked": _("checked"), "approved": _("approved"), "paying": _("being paid"),
    "paid": _("paid"), "rejected": _("rejected"), "failed": _("failed"), "returned": _("returned"),
    "refused": _("refused"), "cancelled": _("cancelled"),
}  # fmt: skip
SECURITY: Words = {"agreed": _("agreed"), "registered": _("registered"), "released": _("released")}
CONDITION: Words = {
    "open": _("not handed in"), "submitted": _("handed in, to be reviewed"), "waiver_asked": _("waiver asked for"),
    "accepted": _("accepted"), "rejected": _("handed back"), "waived": _("waived"), "deferred": _("deferred"),
}  # fmt: skip
ALERT: Words = {
    "open": _("not looked at"), "watch": _("watched"), "action": _("being acted on"), "closed": _("closed"),
    "false": _("false alert"), "dismissed": _("dismissed"),
}  # fmt: skip
OUTCOME: Words = {
    "done": _("measures carried out"), "passed_on": _("passed on to an amendment"),
    "missed": _("a measure was not possible"), "exit": _("left the watch list"),
}  # fmt: skip
TREND: Words = {
    "worse": _("getting worse"), "better": _("getting better"), "same": _("no change"), "unknown": _("trend not known"),
}  # fmt: skip
STATUS: Words = {
    "COMPLIANT": _("compliant"), "WATCH": _("close to the level"), "LOCK_UP": _("distributions locked"),
    "DEFAULT": _("default level broken"), "DATA_MISSING": _("data missing"), "WAIVED": _("waived"),
    "UNTESTED": _("not tested yet"),
}  # fmt: skip
FIELDS: Words = {
    "amount": _("Amount"), "rate_pct": _("Rate (%)"), "margin_pct": _("Margin (%)"), "months": _("Term (months)"),
    "grace_months": _("Grace (months)"), "availability_months": _("Availability (months)"),
    "profile": _("Repayment"), "frequency_months": _("Months between instalments"),
    "dsra_months": _("Reserve (months)"), "target_dscr": _("Target DSCR"), "day_count": _("Day count"),
    "payment_dates": _("Due dates"), "balloon": _("Balloon"), "currency": _("Currency"), "type": _("Type"),
    "upfront_fee_pct": _("Upfront fee (%)"), "commitment_fee_pct": _("Commitment fee (%)"),
    "default_level": _("Default level"), "lockup_level": _("Lock-up level"), "watch_pct": _("Watch margin (%)"),
    "frequency": _("Frequency"), "direction": _("Direction"), "metric": _("Metric"), "value": _("Value"),
    "haircut_pct": _("Haircut (%)"), "owner_group": _("Responsible"), "phase": _("Phase"),
    "waivable": _("May be waived"),
    "revenue": _("Revenue"), "opex": _("Operating costs"), "tax": _("Tax"),
    "maintenance_capex": _("Maintenance CAPEX"), "working_capital_increase": _("More working capital"),
    "reason": _("Reason"), "text": _("Text"), "name": _("Name"), "cure_days": _("Cure (days)"),
    "capex": _("CAPEX"), "max_gearing_pct": _("Highest gearing (%)"), "llcr_floor": _("LLCR floor"),
    "revenue_pct": _("Revenue changes by (%)"), "opex_pct": _("Costs change by (%)"),
    "rate_add": _("Rates rise by (points)"),
}  # fmt: skip
DAY_COUNT: Words = {
    "act_360": "ACT/360", "act_365": "ACT/365", "act_act_isda": "ACT/ACT (ISDA)", "thirty_360_us": "30/360 (US)",
    "thirty_360_bond": "30/360", "thirty_e_360": "30E/360",
}  # fmt: skip
PARTS: Words = {
    "facilities": _("Facility"), "covenants": _("Covenant"), "collateral": _("Security"),
    "conditions": _("Condition"), "exceptions": _("Exception"), "operations": _("Cash flow"),
}  # fmt: skip
MEASURES: Mapping[str, tuple[Any, str]] = {
    "debt": (_("Debt"), "amount"), "interest": (_("Interest in all"), "amount"), "maturity": (_("Maturity"), "text"),
    "min_dscr": (_("Lowest DSCR"), "ratio"), "avg_dscr": (_("Average DSCR"), "ratio"), "llcr": (_("LLCR"), "ratio"),
    "gearing_pct": (_("Debt to CAPEX"), "pct"), "tenor_years": (_("Tenor (years)"), "ratio"),
    "tail_years": (_("Tail (years)"), "ratio"), "dsra_months": (_("Reserve (months)"), "count"),
    "collateral_cover": (_("Security to debt"), "ratio"), "project_irr_pct": (_("IRR of the project"), "pct"),
    "equity_irr_pct": (_("IRR of equity"), "pct"),
}  # fmt: skip
CASES: Words = {
    "base": _("Base case"), "capex": _("CAPEX +10%"), "delay": _("Six months late"), "opex": _("Costs +10%"),
    "price": _("Price −15%"), "rate": _("Rate +200 bp"), "combined": _("All at once"),
}  # fmt: skip
RULES: Words = {"gearing": _("Highest gearing"), "dscr": _("Target DSCR"), "llcr": _("LLCR floor")}
USES: Words = {
    "capex": _("CAPEX"), "interest": _("Interest in construction"), "fees": _("Upfront fees"),
    "reserve": _("First filling of the reserve"), "equity": _("Equity"),
}  # fmt: skip
TONES: Mapping[str, str] = {
    **dict.fromkeys(("COMPLIANT", "accepted", "waived", "active", "approved", "paid", "registered"), "success"),
    **dict.fromkeys(("WATCH", "amber", "deferred", "waiver_asked", "submitted", "draft", "action"), "warning"),
    **dict.fromkeys(("LOCK_UP", "DEFAULT", "red", "rejected", "refused", "failed", "late", "blocking"), "danger"),
}
"""State -> colour; what is not here is quiet."""


def coded(code: object, words: Words | None = None) -> str:
    """A code in the page's language: by the words of its kind, else by the reports' vocabulary, else as it stands."""
    if code is None or code == "":
        return "—"
    if words is not None and code in words:
        return str(words[str(code)])
    return word(str(code), language())


ACCOUNTS: Words = {
    "loan": _("Loan principal"), "loans": _("Loan principal"), "interest": _("Interest receivable"),
    "upfront": _("Upfront fee"), "commitment": _("Commitment fee"),
    "income:interest": _("Interest income"), "income:upfront": _("Income from upfront fees"),
    "income:commitment": _("Income from commitment fees"), "cash:repayments": _("Account for repayments"),
    "bank": _("Bank account"), "clearing:payments": _("Payments in clearing"), "nostro": _("Account with bank"),
}  # fmt: skip
"""Accounts of the ledger, or what stands before their colon."""


def account(name: str, of: str = "") -> str:
    """An account in words; what follows its colon stands beside them unless it is the deal `of` whose page this is."""
    if name in ACCOUNTS:
        return str(ACCOUNTS[name])
    kind, _colon, rest = name.partition(":")
    if kind not in ACCOUNTS:
        return name
    return str(ACCOUNTS[kind]) if rest in ("", of) else f"{ACCOUNTS[kind]} {rest}"


def covenant(one: Any) -> str:
    """A covenant by the name it was given; in English by its measure, where that has a word."""
    return one.name if language().startswith("zh") or not one.metric else word(one.metric, language())


def tone(state: object) -> str:
    """The colour of a state: success, warning, danger, or secondary."""
    return TONES.get(str(state), "secondary")


def figure(value: Any, form: str = "amount") -> str:
    """A figure as pages write it; `pct` is a number of per cent already."""
    if value is None or value == "":
        return "—"
    if form == "pct":
        return f"{Decimal(str(value)):,.2f}%"
    if form == "text" or not isinstance(value, int | Decimal):
        return str(value)
    return written(value, form)  # type: ignore[arg-type]
