"""What a deal's papers say: credit memo, term sheet, contract draft, covenant certificate. Pure.

They are made of what the process knows (`plan`, `facilities`, `covenants`, `collateral`, `conditions`, …: the names of
the hand-over from evaluation to execution). A paper has fields it cannot be without: one that is missing is refused by
name (`Missing`); what may be missing is left out whole, never shown as nought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.reports.content import Column, Fact, Facts, Form, Label, Prose, Report, Section, Table

Given = Mapping[str, Any]


_NEEDED = {
    "client_name": Label("客户名称", "client's name"),
    "project_name": Label("项目名称", "project's name"),
    "facilities": Label("融资方案", "proposed facilities"),
    "facility_key": Label("额度编号", "facility's number"),
    "test_date": Label("测试日", "test date"),
    "tests": Label("测试结果", "results of the tests"),
}


class Missing(Exception):
    """A paper lacks what it cannot be without. `names`: the variables."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = tuple(names)

    def text(self, language: str) -> str:
        """What is lacking, as people call it."""
        return ("、" if language.startswith("zh") else ", ").join(_NEEDED[name].text(language) for name in self.names)


@dataclass(frozen=True, slots=True)
class Head:
    """What every report has: whose it is, and the moment of its figures."""

    subject_key: str
    as_of: datetime


def L(zh: str, en: str) -> Label:
    """Short for a label, of which a report has many."""
    return Label(zh, en)


_CLIENT: tuple[tuple[str, Label, Form], ...] = (
    ("client_name", L("客户名称", "Client"), "text"),
    ("client_key", L("客户编号", "Client key"), "text"),
    ("reg_no", L("统一社会信用代码", "Registration number"), "text"),
    ("client_role", L("角色", "Role"), "code"),
    ("ownership_type", L("所有制性质", "Ownership"), "code"),
    ("registered_capital", L("注册资本", "Registered capital"), "money"),
    ("tier", L("客户等级", "Client tier"), "text"),
    ("kyc_status", L("尽职调查结论", "KYC status"), "code"),
    ("kyc_rating", L("洗钱风险等级（1 低 – 4 极高）", "KYC rating (1 low – 4 very high)"), "text"),
    ("kyc_next_review", L("下次尽职调查复核", "Next KYC review"), "date"),
    ("owner", L("客户经理", "Relationship manager"), "text"),
)
_PROJECT: tuple[tuple[str, Label, Form], ...] = (
    ("project_name", L("项目名称", "Project"), "text"),
    ("project_key", L("项目编号", "Project key"), "text"),
    ("sector", L("行业", "Sector"), "code"),
    ("country", L("国家", "Country"), "country"),
    ("location", L("地点", "Location"), "text"),
    ("project_stage", L("项目阶段", "Stage"), "code"),
    ("capex", L("总投资", "Capital expenditure"), "money"),
    ("equity_pct", L("资本金比例", "Equity share"), "percent"),
    ("amount", L("申请金额", "Amount asked for"), "money"),
    ("currency", L("币种", "Currency"), "text"),
    ("tenor_months", L("申请期限（月）", "Tenor asked for (months)"), "whole"),
    ("offtake_type", L("承购方式", "Offtake"), "code"),
    ("offtaker", L("承购方", "Offtaker"), "text"),
    ("offtake_expiry", L("承购到期日", "Offtake expires"), "date"),
    ("cod_planned", L("计划投产日", "Planned operation"), "date"),
    ("concession_end", L("特许经营到期日", "Concession ends"), "date"),
    ("expected_irr_pct", L("预期内部收益率", "Expected IRR"), "percent"),
    ("ep_category", L("赤道原则类别", "Equator Principles category"), "text"),
)
_RATING: tuple[tuple[str, Label, Form], ...] = (
    ("slotting_category", L("监管映射评级", "Slotting category"), "code"),
    ("slotting_score", L("评级得分", "Slotting score"), "ratio"),
    ("rating_override", L("评级调整", "Override"), "text"),
    ("rating_reason", L("调整理由", "Reason of the override"), "text"),
    ("pd", L("违约概率", "Probability of default"), "number"),
    ("score", L("客户评分", "Client score"), "whole"),
    ("min_dscr", L("最低 DSCR", "Minimum DSCR"), "ratio"),
    ("avg_dscr", L("平均 DSCR", "Average DSCR"), "ratio"),
    ("llcr", L("LLCR", "LLCR"), "ratio"),
    ("debt", L("债务承载能力", "Debt capacity"), "money"),
    ("binding", L("约束条件", "Binding rule"), "code"),
)
_FACILITIES: tuple[tuple[str, Label, Form], ...] = (
    ("name", L("额度", "Facility"), "text"),
    ("type", L("类型", "Type"), "code"),
    ("amount", L("金额", "Amount"), "money"),
    ("currency", L("币种", "Currency"), "text"),
    ("months", L("期限（月）", "Months"), "whole"),
    ("grace_months", L("宽限（月）", "Grace"), "whole"),
    ("profile", L("还款方式", "Profile"), "code"),
    ("rate_pct", L("利率", "Rate"), "percent"),
    ("margin_pct", L("利差", "Margin"), "percent"),
    ("upfront_fee_pct", L("安排费", "Upfront fee"), "percent"),
    ("commitment_fee_pct", L("承诺费", "Commitment fee"), "percent"),
)
_COVENANTS: tuple[tuple[str, Label, Form], ...] = (
    ("name", L("条款", "Covenant"), "text"),
    ("kind", L("类别", "Kind"), "code"),
    ("metric", L("指标", "Metric"), "code"),
    ("direction", L("方向", "Direction"), "code"),
    ("default_level", L("违约线", "Default level"), "ratio"),
    ("lockup_level", L("锁定线", "Lock-up level"), "ratio"),
    ("frequency", L("测试频率", "Tested"), "code"),
    ("due_days", L("报送期限（天）", "Due after (days)"), "whole"),
    ("cure_days", L("补救期（天）", "Cure (days)"), "whole"),
)
_COLLATERAL: tuple[tuple[str, Label, Form], ...] = (
    ("type", L("押品类型", "Type"), "code"),
    ("description", L("说明", "Description"), "text"),
    ("owner", L("所有人", "Owner"), "text"),
    ("value", L("评估价值", "Value"), "money"),
    ("valued_at", L("评估日", "Valued at"), "date"),
    ("haircut_pct", L("折扣率", "Haircut"), "percent"),
    ("rank", L("顺位", "Rank"), "text"),
)
_CONDITIONS: tuple[tuple[str, Label, Form], ...] = (
    ("text", L("先决条件", "Condition precedent"), "text"),
    ("phase", L("阶段", "Phase"), "code"),
    ("owner_group", L("责任部门", "Owner"), "code"),
    ("waivable", L("可豁免", "Waivable"), "yes"),
)
_FINDINGS: tuple[tuple[str, Label, Form], ...] = (
    ("stream", L("尽调方向", "Stream"), "text"),
    ("text", L("发现", "Finding"), "text"),
    ("severity", L("严重程度", "Severity"), "code"),
    ("mitigation", L("缓释措施", "Mitigation"), "text"),
)
_STRESS: tuple[tuple[str, Label, Form], ...] = (
    ("name", L("情景", "Case"), "code"),
    ("min_dscr", L("最低 DSCR", "Minimum DSCR"), "ratio"),
    ("avg_dscr", L("平均 DSCR", "Average DSCR"), "ratio"),
    ("llcr", L("LLCR", "LLCR"), "ratio"),
)
_CASES: tuple[tuple[str, Label, Form], ...] = (
    ("name", L("案例", "Case"), "text"),
    ("distance", L("距离", "Distance"), "number"),
    ("reasons", L("相似理由", "Why alike"), "text"),
)
_SCHEDULE: tuple[tuple[str, Label, Form], ...] = (
    ("due", L("到期日", "Due"), "date"),
    ("opening", L("期初余额", "Opening"), "money"),
    ("interest", L("利息", "Interest"), "money"),
    ("principal", L("本金", "Principal"), "money"),
    ("payment", L("还款额", "Payment"), "money"),
    ("balance", L("期末余额", "Balance"), "money"),
    ("dscr", L("DSCR", "DSCR"), "ratio"),
)
_TESTS: tuple[tuple[str, Label, Form], ...] = (
    ("metric", L("指标", "Metric"), "code"),
    ("value", L("实际值", "Actual"), "ratio"),
    ("default_level", L("违约线", "Default level"), "ratio"),
    ("lockup_level", L("锁定线", "Lock-up level"), "ratio"),
    ("headroom_pct", L("余量", "Headroom"), "percent"),
    ("status", L("结论", "Status"), "code"),
)


def credit_memo(given: Given, head: Head) -> Report:
    """The paper that a committee decides on: client, project, plan, stress, rating, findings, opinion.

    Needs client_name, project_name, facilities. Missing.
    """
    _need(given, "client_name", "project_name", "facilities")
    sections = _some(
        _facts("client", L("客户", "Client"), _CLIENT, given),
        _facts("project", L("项目", "Project"), _PROJECT, given),
        _table("facilities", L("融资方案", "Proposed facilities"), _FACILITIES, given),
        _facts("rating", L("评级与偿债能力", "Rating and debt service"), _RATING, {**given, **_totals(given)}),
        _table("stress", L("压力测试", "Stress cases"), _STRESS, given, "stress", "stress_results", "results"),
        _table("covenants", L("约束性条款", "Covenants"), _COVENANTS, given),
        _table("collateral", L("担保", "Security"), _COLLATERAL, given),
        _table("conditions", L("先决条件", "Conditions precedent"), _CONDITIONS, given),
        _table("findings", L("尽职调查发现", "Due diligence findings"), _FINDINGS, given),
        _table("cases", L("相似案例", "Similar cases"), _CASES, given, "cases", "similar_cases"),
        _texts("flags", L("方案提示", "Flags of the plan"), given, "flags", "plan_flags"),
        _texts("exceptions", L("政策例外", "Policy exceptions"), given, "policy_exceptions"),
        _prose("opinion", L("独立风险意见", "Independent risk opinion"), given, "risk_opinion", "opinion"),
        _texts("risk_conditions", L("风险条件", "Conditions set by risk"), given, "risk_conditions"),
    )
    return _report("credit_memo", L("授信审查报告", "Credit memorandum"), given, head, sections)


def term_sheet(given: Given, head: Head) -> Report:
    """The terms offered to the client: nothing of our rating, findings or opinion is in it.

    Needs client_name, project_name, facilities. Missing.
    """
    _need(given, "client_name", "project_name", "facilities")
    approval = given.get("approval")
    valid = {"valid_until": approval.get("valid_until")} if isinstance(approval, Mapping) else {}
    parties: tuple[tuple[str, Label, Form], ...] = (
        ("client_name", L("借款人", "Borrower"), "text"),
        ("project_name", L("项目", "Project"), "text"),
        ("project_key", L("编号", "Reference"), "text"),
        ("valid_until", L("有效期至", "Valid until"), "date"),
    )
    sections = _some(
        _facts("parties", L("当事方", "Parties"), parties, {**valid, **given}),
        _table("facilities", L("融资条款", "Facilities"), _FACILITIES, given),
        _table("covenants", L("约束性条款", "Covenants"), _COVENANTS, given),
        _table("collateral", L("担保", "Security"), [one for one in _COLLATERAL if one[0] != "haircut_pct"], given),
        _table("conditions", L("先决条件", "Conditions precedent"), _CONDITIONS[:2], given),
        _texts("decision_conditions", L("批准条件", "Conditions of the approval"), _approved(given), "conditions"),
    )
    return _report("term_sheet", L("融资条款清单", "Term sheet"), given, head, sections)


def contract_draft(given: Given, head: Head) -> Report:
    """A draft of the facility agreement for the lawyers: terms, covenants, security, conditions as schedules.

    Needs client_name, project_name, facilities. Missing.
    """
    _need(given, "client_name", "project_name", "facilities")
    parties: tuple[tuple[str, Label, Form], ...] = (
        ("client_name", L("借款人", "Borrower"), "text"),
        ("reg_no", L("统一社会信用代码", "Registration number"), "text"),
        ("address", L("注册地址", "Registered address"), "text"),
        ("legal_rep", L("法定代表人", "Legal representative"), "text"),
        ("project_name", L("项目", "Project"), "text"),
        ("purpose", L("用途", "Purpose"), "code"),
    )
    sections = _some(
        _facts("parties", L("当事人与用途", "Parties and purpose"), parties, given),
        _table("facilities", L("附件一：融资条款", "Schedule 1: facilities"), _FACILITIES, given),
        _table("conditions", L("附件二：先决条件", "Schedule 2: conditions precedent"), _CONDITIONS[:2], given),
        _table("covenants", L("附件三：约束性条款", "Schedule 3: covenants"), _COVENANTS, given),
        _table(
            "collateral",
            L("附件四：担保", "Schedule 4: security"),
            [one for one in _COLLATERAL if one[0] != "haircut_pct"],
            given,
        ),
        _texts("decision_conditions", L("批准条件", "Conditions of the approval"), _approved(given), "conditions"),
        _table("schedule", L("附件五：还款计划", "Schedule 5: repayment"), _SCHEDULE[:-1], given, "schedule", "rows"),
    )
    return _report("contract_draft", L("融资协议（草案）", "Facility agreement (draft)"), given, head, sections)


def covenant_certificate(given: Given, head: Head) -> Report:
    """What was tested at one date with which result; a ratio that is not there is DATA_MISSING, never compliant.

    Needs facility_key, test_date, tests [{metric, value, default_level, lockup_level, headroom_pct, status}]. Missing.
    """
    _need(given, "facility_key", "test_date", "tests")
    about: tuple[tuple[str, Label, Form], ...] = (
        ("client_name", L("借款人", "Borrower"), "text"),
        ("project_name", L("项目", "Project"), "text"),
        ("facility_key", L("额度编号", "Facility"), "text"),
        ("test_date", L("测试日", "Test date"), "date"),
        ("period_start", L("期间开始", "Period from"), "date"),
        ("period_end", L("期间结束", "Period to"), "date"),
        ("certificate_due", L("证明书到期日", "Certificate due"), "date"),
        ("received_at", L("收到日期", "Received"), "date"),
    )
    tests = [dict(row, status=row.get("status") or "DATA_MISSING") for row in _rows(given, "tests")]
    ratios = given.get("ratios")
    inputs = tuple(
        Fact(Label(name, name), value, "number")
        for name, value in (sorted(ratios.items()) if isinstance(ratios, Mapping) else ())
    )
    sections = _some(
        _facts("about", L("测试对象", "What was tested"), about, given),
        _table("tests", L("测试结果", "Results"), _TESTS, {"tests": tests}),
        Facts("ratios", L("指标取数", "Figures used"), inputs) if inputs else None,
        _prose("comment", L("说明", "Comment"), given, "comment", "watch_comment"),
    )
    return _report("covenant_certificate", L("约束性条款合规证明", "Covenant certificate"), given, head, sections)


# ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

Fields = Sequence[tuple[str, Label, Form]]


def _report(kind: str, title: Label, given: Given, head: Head, sections: tuple[Section, ...]) -> Report:
    subject = str(given.get("project_name") or given.get("client_name") or head.subject_key)
    return Report(kind, title, head.subject_key, subject, head.as_of, sections)


def _need(given: Given, *names: str) -> None:
    lacking = [name for name in names if given.get(name) in (None, "", [])]
    if lacking:
        raise Missing(lacking)


def _some(*sections: Section | None) -> tuple[Section, ...]:
    return tuple(one for one in sections if one is not None)


def _facts(id: str, title: Label, fields: Fields, given: Given) -> Facts | None:
    rows = tuple(Fact(label, given[name], form) for name, label, form in fields if given.get(name) not in (None, ""))
    return Facts(id, title, rows) if rows else None


def _table(id: str, title: Label, fields: Fields, given: Given, *names: str) -> Table | None:
    rows = next((found for name in (names or (id,)) if (found := _rows(given, name))), ())
    if not rows:
        return None
    used = [one for one in fields if any(row.get(one[0]) not in (None, "") for row in rows)]
    return Table(id, title, tuple(Column(*one) for one in used), tuple(rows))


def _rows(given: Given, name: str) -> tuple[Mapping[str, Any], ...]:
    value = given.get(name)
    if isinstance(value, Mapping):  # a handler's whole answer
        value = value.get("results", value.get("rows"))
    many = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return tuple(row for row in many if isinstance(row, Mapping))


def _texts(id: str, title: Label, given: Given, *names: str) -> Prose | None:
    for name in names:
        value = given.get(name)
        found = [value] if isinstance(value, str) and value else value
        if isinstance(found, Sequence) and found:
            zh = [str(one.get("text") if isinstance(one, Mapping) else one) for one in found]
            en = [str((one.get("text_en") or one.get("text")) if isinstance(one, Mapping) else one) for one in found]
            return Prose(id, title, Label("\n\n".join(zh), "\n\n".join(en)))
    return None


def _prose(id: str, title: Label, given: Given, *names: str) -> Prose | None:
    found = next((str(given[name]) for name in names if given.get(name)), None)
    return Prose(id, title, Label(found, found)) if found else None


def _approved(given: Given) -> Given:
    """The conditions under which the deal was approved."""
    approval = given.get("approval")
    own = given.get("decision_conditions")
    return {"conditions": own or (approval.get("conditions") if isinstance(approval, Mapping) else None)}


def _totals(given: Given) -> dict[str, Any]:
    """Ratios that stand in the plan's totals."""
    totals = given.get("totals")
    return (
        {name: totals[name] for name in ("min_dscr", "avg_dscr", "llcr") if totals.get(name) is not None}
        if (isinstance(totals, Mapping))
        else {}
    )
