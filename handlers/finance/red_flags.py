"""What a credit officer would point at in a plan, while it is typed.

Every rule says what it found and what the limit is. A figure that a rule needs and that is missing is a finding of
its own that blocks: nothing passes for want of data. Limits are product defaults that an institution replaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from handlers.finance.exact import CENT, HUNDRED, ONE, inside, rounded
from handlers.finance.plan import months_later

Level = Literal["blocking", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at, in both languages."""

    rule: str
    level: Level
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Policy. Shares as fractions, tail and tenor in years, DSRA in months."""

    min_dscr: Decimal = Decimal("1.20")
    max_gearing: Decimal = Decimal("0.80")
    min_tail: Decimal = Decimal(2)
    max_tenor: Decimal = Decimal(10)
    min_dsra_months: Decimal = Decimal(6)
    max_concentration: Decimal = Decimal("0.50")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a plan so far; None where nobody said."""

    minimum_dscr: Decimal | None = None
    debt: Decimal | None = None
    capex: Decimal | None = None
    start: date | None = None
    maturity: date | None = None
    concession_end: date | None = None
    dsra_months: Decimal | None = None
    largest_offtaker: Decimal | None = None
    """Its share of revenue."""
    debt_currency: str | None = None
    revenue_currency: str | None = None


@inside
def findings(draft: Draft, limits: Limits | None = None) -> tuple[Finding, ...]:
    """All findings, those that block first."""
    policy = limits if limits is not None else Limits()
    found = [*_cover(draft, policy), *_gearing(draft, policy), *_term(draft, policy), *_rest(draft, policy)]
    return tuple(sorted(found, key=lambda one: one.level != "blocking"))


def _missing(rule: str, zh: str, en: str) -> Finding:
    return Finding(rule, "blocking", f"缺少{zh}，无法检验", f"{en} is missing: it cannot be tested")


def _cover(draft: Draft, limits: Limits) -> Iterator[Finding]:
    found, floor = draft.minimum_dscr, limits.min_dscr
    if found is None:
        yield _missing("min_dscr", "最低偿债备付率", "the lowest DSCR")
    elif found < floor:
        level: Level = "blocking" if found < ONE else "warning"
        shown = rounded(found)
        yield Finding(
            "min_dscr", level, f"最低偿债备付率 {shown} 低于 {floor}", f"the lowest DSCR of {shown} is below {floor}"
        )


def _gearing(draft: Draft, limits: Limits) -> Iterator[Finding]:
    if draft.debt is None or draft.capex is None or draft.capex <= 0:
        yield _missing("gearing", "贷款金额或项目总投资", "the debt or the CAPEX")
    elif draft.debt > draft.capex * limits.max_gearing:
        gearing = rounded(draft.debt / draft.capex * HUNDRED, CENT)
        cap = rounded(limits.max_gearing * HUNDRED, CENT)
        yield Finding(
            "gearing", "blocking", f"贷款占总投资 {gearing}%，高于 {cap}%", f"gearing of {gearing} % is above {cap} %"
        )


def _term(draft: Draft, limits: Limits) -> Iterator[Finding]:
    if draft.maturity is None or draft.concession_end is None:
        yield _missing("tail", "最终到期日或特许经营期届满日", "the maturity or the concession's end")
    else:
        yield from _tail(draft.maturity, draft.concession_end, limits.min_tail)
    if draft.start is not None and draft.maturity is not None:
        tenor = years(draft.start, draft.maturity)
        if tenor > limits.max_tenor:
            shown = rounded(tenor)
            yield Finding(
                "tenor",
                "warning",
                f"贷款期限 {shown} 年，超过 {limits.max_tenor} 年，须报总行",
                f"a tenor of {shown} years is above {limits.max_tenor}: head office decides",
            )


def _tail(maturity: date, end: date, least: Decimal) -> Iterator[Finding]:
    if maturity > end:
        yield Finding(
            "beyond_concession",
            "blocking",
            f"最终到期日 {maturity} 晚于特许经营期届满日 {end}",
            f"the maturity on {maturity} lies beyond the concession, which ends on {end}",
        )
        return
    tail = years(maturity, end)
    if tail < least:
        shown = rounded(tail)
        yield Finding(
            "tail", "blocking", f"尾期仅 {shown} 年，少于 {least} 年", f"the tail of {shown} years is under {least}"
        )


def _rest(draft: Draft, limits: Limits) -> Iterator[Finding]:
    months = draft.dsra_months
    if months is None or months < limits.min_dsra_months:
        held = "—" if months is None else months
        least = limits.min_dsra_months
        yield Finding(
            "dsra", "warning", f"偿债准备金 {held} 个月，少于 {least} 个月", f"DSRA of {held} months is under {least}"
        )
    largest = draft.largest_offtaker
    if largest is not None and largest > limits.max_concentration:
        shown = rounded(largest * HUNDRED)
        yield Finding(
            "concentration", "warning", f"第一大购买方占收入 {shown}%", f"the largest offtaker is {shown} % of revenue"
        )
    debt, revenue = draft.debt_currency, draft.revenue_currency
    if debt and revenue and debt != revenue:
        yield Finding(
            "fx", "warning", f"贷款币种 {debt} 与收入币种 {revenue} 不一致", f"debt in {debt}, revenue in {revenue}"
        )


@inside
def years(start: date, end: date) -> Decimal:
    """Whole months and the part of the month after them, in years: from a day to its second anniversary it is 2."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months_later(start, months) > end:
        months -= 1
    since, until = months_later(start, months), months_later(start, months + 1)
    return (Decimal(months) + Decimal((end - since).days) / (until - since).days) / 12
