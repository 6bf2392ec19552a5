"""A financing plan as a report: measures, schedule, cover, stress, sizing, sources and uses. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers.finance.exact import FOUR, HUNDRED, rounded
from handlers.records.projects import Project
from handlers.reports.content import Column, Fact, Facts, Form, Label, Report, Section, Table
from handlers.workbench import Bench

MEASURES: tuple[tuple[str, str, str, Form], ...] = (
    ("min_dscr", "最低偿债备付率", "Lowest DSCR", "ratio"),
    ("avg_dscr", "平均偿债备付率", "Average DSCR", "ratio"),
    ("llcr", "贷款期覆盖率", "LLCR", "ratio"),
    ("gearing_pct", "贷款占总投资", "Debt to CAPEX", "percent"),
    ("tenor_years", "期限（年）", "Tenor (years)", "ratio"),
    ("tail_years", "尾期（年）", "Tail (years)", "ratio"),
    ("project_irr_pct", "项目内部收益率", "IRR of the project", "percent"),
    ("equity_irr_pct", "资本金内部收益率", "IRR of equity", "percent"),
)
RULES = {"gearing": Label("负债率上限", "Highest gearing"), "dscr": Label("目标偿债备付率", "Target DSCR"),
         "llcr": Label("贷款期覆盖率下限", "LLCR floor")}  # fmt: skip
USES = {
    "capex": ("总投资", "CAPEX"), "interest": ("建设期利息", "Interest in construction"),
    "fees": ("安排费", "Upfront fees"), "reserve": ("偿债准备金初始存入", "First filling of the reserve"),
    "equity": ("资本金", "Equity"),
}  # fmt: skip


def plan_report(bench: Bench, project: Project, version: int, as_of: datetime) -> Report:
    """The version of a project's plan as the page shows it."""
    sections: tuple[Section, ...] = (
        _measures(bench),
        _facilities(bench),
        _schedule(bench),
        _cover(bench),
        _stress(bench),
        *_sizing(bench),
        *_funding(bench),
        _findings(bench),
    )
    title = Label(f"融资方案 第 {version} 版", f"Financing plan, version {version}")
    return Report("financing_plan", title, project.business_key, project.name, as_of, sections)


def _columns(*told: tuple[str, str, str, Form]) -> tuple[Column, ...]:
    return tuple(Column(key, Label(zh, en), form) for key, zh, en, form in told)


def _measures(bench: Bench) -> Facts:
    known = [
        Fact(Label("贷款总额", "Debt"), bench.debt, "money"),
        Fact(Label("到期日", "Maturity"), bench.maturity, "date"),
    ]
    for name, zh, en, form in MEASURES:
        value = bench.metrics.get(name)
        known.append(Fact(Label(zh, en), None if value is None else rounded(value, FOUR), form))
    return Facts("measures", Label("主要指标", "Measures"), tuple(known))


def _facilities(bench: Bench) -> Table:
    columns = _columns(
        ("name", "名称", "Name", "text"), ("amount", "金额", "Amount", "money"),
        ("rate_pct", "利率", "Rate", "percent"), ("months", "期限（月）", "Months", "whole"),
        ("grace_months", "宽限期（月）", "Grace", "whole"), ("profile", "还款方式", "Repayment", "code"),
        ("dsra_months", "准备金（月）", "Reserve", "whole"),
    )  # fmt: skip
    return Table("facilities", Label("贷款安排", "Facilities"), columns, tuple(bench.sheet["facilities"]))


def _schedule(bench: Bench) -> Table:
    columns = _columns(
        ("facility", "贷款", "Facility", "text"), ("due", "到期日", "Due", "date"),
        ("opening", "期初余额", "Opening", "money"), ("interest", "利息", "Interest", "money"),
        ("principal", "本金", "Principal", "money"), ("payment", "还本付息", "Payment", "money"),
        ("balance", "期末余额", "Balance", "money"), ("reserve", "准备金", "Reserve", "money"),
    )  # fmt: skip
    rows = tuple({one.key: getattr(line, one.key) for one in columns} for line in bench.lines)
    return Table("schedule", Label("还款计划", "Schedule"), columns, rows)


def _cover(bench: Bench) -> Table:
    columns = _columns(
        ("end", "期末", "Period end", "date"), ("cfads", "可用现金流", "CFADS", "money"),
        ("service", "还本付息", "Debt service", "money"), ("dscr", "偿债备付率", "DSCR", "ratio"),
    )  # fmt: skip
    rows = tuple(
        {"end": one.end, "cfads": rounded(one.cfads), "service": one.service,
         "dscr": None if one.dscr is None else rounded(one.dscr, FOUR)}
        for one in bench.spans
    )  # fmt: skip
    return Table("cover", Label("偿债能力", "Cover"), columns, rows)


def _stress(bench: Bench) -> Table:
    columns = _columns(
        ("name", "情景", "Case", "code"), ("min_dscr", "最低偿债备付率", "Lowest DSCR", "ratio"),
        ("avg_dscr", "平均偿债备付率", "Average DSCR", "ratio"), ("llcr", "贷款期覆盖率", "LLCR", "ratio"),
    )  # fmt: skip
    return Table("stress", Label("压力测试", "Stress"), columns, tuple(bench.stress))


def _sizing(bench: Bench) -> tuple[Section, ...]:
    if bench.capacity is None:
        return ()
    caps = [Fact(RULES[rule], rounded(cap), "money") for rule, cap in bench.capacity.caps.items()]
    binding = RULES[bench.capacity.binding]
    said: Any = {"text": binding.zh, "text_en": binding.en}
    rows = (*caps, Fact(Label("起约束作用的规则", "What binds"), said))
    return (Facts("sizing", Label("贷款规模", "Sizing"), rows),)


def _funding(bench: Bench) -> tuple[Section, ...]:
    if not bench.uses:
        return ()
    total = sum((amount for _, amount in bench.uses), start=HUNDRED * 0)
    columns = _columns(("name", "项目", "Item", "text"), ("amount", "金额", "Amount", "money"))
    found: list[Section] = []
    for id, title, told in (("sources", Label("资金来源", "Sources"), bench.sources),
                            ("uses", Label("资金用途", "Uses"), bench.uses)):  # fmt: skip
        rows: list[dict[str, Any]] = [{"name": _use(name), "amount": amount} for name, amount in told]
        rows.append({"name": {"text": "合计", "text_en": "Total"}, "amount": total})
        found.append(Table(id, title, columns, tuple(rows)))
    return tuple(found)


def _use(name: str) -> Any:
    zh, en = USES.get(name, (name, name))
    return {"text": zh, "text_en": en}


def _findings(bench: Bench) -> Table:
    levels = {"blocking": ("须处理", "blocks"), "warning": ("提示", "warning")}
    rows = tuple(
        {"level": dict(zip(("text", "text_en"), levels[one.level], strict=True)),
         "text": {"text": one.zh, "text_en": one.en}}
        for one in bench.findings
    )  # fmt: skip
    columns = _columns(("level", "级别", "Level", "text"), ("text", "说明", "Finding", "text"))
    return Table("findings", Label("红旗", "Red flags"), columns, rows)
