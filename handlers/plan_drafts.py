"""A financing plan read from its form and held against the cash-flow model. Law: what cannot be is refused by place, in
both languages; figures for the tables stay unrounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from engine.errors import InvalidInput
from engine.process.businesstime import BusinessCalendar
from handlers import inputs, ratios
from handlers.finance.covenants import Thresholds
from handlers.finance.exact import HUNDRED, ONE, ZERO, inside, needed
from handlers.finance.package import Package, Period, assemble
from handlers.finance.plan import Terms, months_later
from handlers.finance.red_flags import years
from handlers.finance.returns import returns
from handlers.planning import stressed

Row = Mapping[str, Any]
PROFILES = {"level": "level_principal"}
"""A form's word for a repayment profile -> finance's."""
FIGURES = ("revenue", "opex", "tax", "maintenance_capex", "working_capital_increase")
PARTS = ("facilities", "covenants", "collateral", "conditions", "exceptions")
TESTED = frozenset(ratios.DEFINITIONS) | {"llcr", "dsra_balance"}
"""What a covenant may be about: the ratios of a statement, and what a certificate states besides."""


def months_of(value: object) -> int:
    found = inputs.whole(value, "period_months")
    if found not in (1, 2, 3, 4, 6, 12):
        raise InvalidInput(
            place="period_months", reason=f"not a part of a year: {found}", reason_zh=f"期间月数有误：{found}"
        )
    return found


@inside
def operation(row: Row, at: int) -> dict[str, Any]:
    place = f"operations[{at}]"
    end = inputs.day(row.get("period_end"), f"{place}.period_end")
    if end is None:
        raise InvalidInput(place=f"{place}.period_end", reason="is missing", reason_zh="缺失")
    figures = {name: inputs.number(row.get(name), f"{place}.{name}") or ZERO for name in FIGURES}
    for name in ("revenue", "opex"):
        needed(row.get(name), f"{place}.{name}")
    revenue, *spent = figures.values()
    return {"period_end": end, **figures, "cfads": revenue - sum(spent, ZERO)}


def periods_of(rows: Sequence[Row]) -> list[Period]:
    return [Period(row["period_end"], row["cfads"]) for row in rows]


class Draft:
    """A plan read from its form and held against the model. InvalidInput names what cannot be."""

    def __init__(self, calendar: BusinessCalendar, plan: Row, base: Row) -> None:
        start = inputs.day(base.get("start"), "model_start")
        if start is None:
            raise InvalidInput(place="model_start", reason="is missing", reason_zh="缺失")
        self.start = start
        self.months = months_of(base.get("months"))
        self.operations = [
            row if "cfads" in row and isinstance(row["period_end"], date) else operation(row, at)
            for at, row in enumerate(inputs.rows(base.get("operations")), 1)
        ]
        self.periods = periods_of(self.operations)
        self.capex = inputs.number(base.get("capex"), "capex")
        self.plan = {name: inputs.rows(plan.get(name)) for name in PARTS}
        self.exceptions = self.plan["exceptions"]
        self.facilities: dict[str, Terms] = {}
        for row in self.plan["facilities"]:
            name = inputs.text(row.get("name")) or "?"
            if name in self.facilities:
                raise InvalidInput(place=name, reason="two facilities have this name", reason_zh="贷款名称重复")
            try:
                self.facilities[name] = _terms(row, start)
            except InvalidInput as fault:
                raise InvalidInput(
                    place=name, reason=f"{fault.fields.get('place')} {fault.fields.get('reason')}",
                    reason_zh=f"{fault.fields.get('place')}：{fault.fields.get('reason_zh')}",
                ) from fault  # fmt: skip
        self._of_one_currency(inputs.text(base.get("currency")))
        self.package: Package = assemble(self.facilities, self.periods, self.months, calendar)
        growing = [name for name, one in self.package.plans.items() if not one.schedule.amortises]
        if growing:
            told = ", ".join(growing)
            raise InvalidInput(
                place=told, reason="cash does not pay the interest", reason_zh="现金流不足以支付利息，贷款不能摊还"
            )
        stressed(calendar, **self.stress(), capex=self.capex)

    def _of_one_currency(self, told: str | None) -> None:
        """Debt is held against the model's cash and the case's limits: figures of two currencies do not compare."""
        used = {inputs.text(row.get("currency")) for row in self.plan["facilities"]}
        if len(used) > 1:
            raise InvalidInput(
                place="currency", reason="facilities in several currencies", reason_zh="各笔贷款币种不同"
            )
        other = next(iter(used - {None, told}), None)
        if told is not None and other is not None:
            raise InvalidInput(
                place="currency",
                reason=f"the plan is in {other}, the case and its model in {told}",
                reason_zh=f"贷款币种 {other} 与项目及现金流模型的币种 {told} 不一致，请统一币种",
            )

    @property
    def main(self) -> str:
        """The largest facility that is repaid over time."""
        return max(self.facilities, key=lambda name: self.package.plans[name].schedule.amount)

    @inside
    def metrics(self, facts: Row) -> dict[str, Any]:
        """What red flags, pricing and the rating read; unrounded, null where it cannot be said. `worth`: of the
        security, as the house counts it."""
        debt, cover = self.package.debt, self.package.cover
        nominal = max(months_later(one.start, one.periods * one.months) for one in self.facilities.values())
        reserve = [inputs.number(row.get("dsra_months"), "dsra_months") for row in self.plan["facilities"]]
        money = {inputs.text(row.get("currency")) for row in self.plan["facilities"]}
        worth: Decimal = facts["worth"]
        earned, capacity = facts["revenue_currency"], facts["capacity"]
        return {
            "min_dscr": cover.minimum if cover else None,
            "avg_dscr": cover.average if cover else None,
            "llcr": self.package.llcr,
            "gearing_pct": debt / self.capex * HUNDRED if self.capex else None,
            "tail_years": _tail(nominal, facts["concession_end"]),
            "tenor_years": self.package.tenor_years,
            "dsra_months": min((one for one in reserve if one is not None), default=None),
            "concentration_pct": facts["largest_offtaker_pct"],
            "fx_mismatch": earned is not None and money != {earned},
            "above_capacity": capacity is not None and debt > capacity,
            "collateral_cover": worth / debt if debt else ZERO,
            **self._earned(),
        }

    def _earned(self) -> dict[str, Any]:
        """The internal rates of return of the model; null without a CAPEX."""
        if not self.capex:
            return {"project_irr_pct": None, "equity_irr_pct": None}
        package = self.package
        found = returns(self.capex, package.debt, self.periods, package.service, self.months, self.start)
        return {
            "project_irr_pct": None if found.project is None else found.project * HUNDRED,
            "equity_irr_pct": None if found.equity is None else found.equity * HUNDRED,
        }

    def terms(self) -> dict[str, Any]:
        """What is kept of the plan, as it was entered, and of the model under it."""
        base = {"start": self.start, "months": self.months, "capex": self.capex}
        return {**self.plan, "operations": self.operations, "base": base}

    def schedules(self) -> dict[str, Any]:
        """Facility -> its rows with due dates, and what they come to."""
        return {
            name: {
                "rows": [
                    {"period": row.period, "due": due, "opening": row.opening, "interest": row.interest,
                     "capitalised": row.capitalised, "principal": row.principal, "payment": row.payment,
                     "balance": row.balance}
                    for row, due in zip(one.schedule.rows, one.dates, strict=True)
                ],
                "maturity": one.maturity,
                "interest": one.schedule.total_interest,
                "amount": one.schedule.amount,
            }
            for name, one in self.package.plans.items()
        }  # fmt: skip

    @inside
    def stress(self) -> dict[str, Any]:
        """All debt on the main facility's terms, from the end of its grace, with the operations of its periods."""
        terms, plans = self.facilities[self.main], self.package.plans
        begin = months_later(terms.start, terms.grace_periods * terms.months)
        owed = sum((_owed(one.terms, one.schedule.rows, one.schedule.amount, begin) for one in plans.values()), ZERO)
        bounds = [months_later(begin, at * terms.months) for at in range(terms.instalments + 1)]
        share = min(self.package.debt / self.capex, ONE) if self.capex else ONE
        given = {
            "amount": owed, "rate": terms.rate, "start": begin, "instalments": terms.instalments,
            "months": terms.months, "profile": terms.profile, "day_count": terms.day_count,
            "payment_dates": terms.payment_dates, "balloon": terms.balloon or None, "target_dscr": terms.target_dscr,
        }  # fmt: skip
        flows = [self._between(since, until) for since, until in pairwise(bounds)]
        return {"terms": inputs.given(given), "operations": flows, "overrun_debt_share": share}

    def _between(self, since: date, until: date) -> dict[str, Decimal]:
        """Operations of a period of the facility: its part of the model's periods, by months."""
        months = (until.year - since.year) * 12 + until.month - since.month
        if months >= self.months:
            rows = [row for row in self.operations if since < row["period_end"] <= until]
            return {name: sum((row[name] for row in rows), ZERO) for name in FIGURES}
        row = next((row for row in self.operations if until <= row["period_end"]), self.operations[-1])
        return {name: row[name] * months / self.months for name in FIGURES}


def refuse_untestable(row: Row) -> None:
    """A financial covenant that nobody could test would stop its first test date. InvalidInput under its name."""
    if inputs.text(row.get("kind")) not in (None, "financial"):
        return
    name = inputs.text(row.get("name")) or inputs.text(row.get("code")) or "covenants"
    metric = inputs.text(row.get("metric")) or ""
    asked = f"{metric}_forward" if row.get("look") == "forward" else metric
    direction = inputs.text(row.get("direction"))
    if asked not in TESTED:
        raise InvalidInput(
            place=name,
            reason=f"nothing tells its metric: {asked or 'none'}",
            reason_zh=f"没有可测试的指标：{asked or '未填'}",
        )
    if direction is None:
        raise InvalidInput(place=name, reason="at least or at most is not said", reason_zh="未说明不低于还是不高于")
    try:
        default = needed(row.get("default_level"), "default_level")
        lock_up = inputs.number(row.get("lockup_level"), "lockup_level")
        watch = inputs.number(row.get("watch_pct"), "watch_pct") or ZERO
        Thresholds(default, default if lock_up is None else lock_up, watch / HUNDRED, direction)  # type: ignore[arg-type]
    except InvalidInput as fault:
        told = {one: f"{fault.fields.get('place')} {fault.fields.get(one)}" for one in ("reason", "reason_zh")}
        raise InvalidInput(place=name, **told) from fault


def _owed(terms: Terms, rows: Sequence[Any], amount: Decimal, day: date) -> Decimal:
    held = [row.balance for row in rows if months_later(terms.start, row.period * terms.months) <= day]
    return held[-1] if held else amount


def _terms(row: Row, start: date) -> Terms:
    """A facility's terms from its row of the form: months become instalments, per cent a fraction."""
    every = inputs.whole(row.get("frequency_months"), "frequency_months") or 12
    months, grace = (inputs.whole(row.get(name), name) or 0 for name in ("months", "grace_months"))
    if months <= grace or months % every or grace % every:
        raise InvalidInput(
            place="months",
            reason=f"{months} with {grace} of grace are no whole instalments of {every} months",
            reason_zh=f"期限 {months} 个月、宽限 {grace} 个月，不能按每 {every} 个月整除还款",
        )
    profile = inputs.text(row.get("profile")) or "annuity"
    chosen: dict[str, Any] = {
        "profile": PROFILES.get(profile, profile),
        "balloon": inputs.number(row.get("balloon"), "balloon"),
        "day_count": inputs.text(row.get("day_count")),
        "payment_dates": inputs.text(row.get("payment_dates")),
        "target_dscr": inputs.number(row.get("target_dscr"), "target_dscr"),
    }
    return Terms(
        inputs.number(row.get("amount"), "amount"),
        needed(row.get("rate_pct"), "rate_pct") / HUNDRED,
        start,
        (months - grace) // every,
        months=every,
        grace_periods=grace // every,
        **inputs.given(chosen),
    )


def _tail(maturity: date, end: date | None) -> Decimal | None:
    """Years from the last instalment to the concession's end; below nought when it ends before."""
    if end is None:
        return None
    return years(maturity, end) if maturity <= end else -years(end, maturity)
