"""Every template exists in both languages, says what it must, and never more."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import InvalidInput, TemplateWrong
from engine.settings import Settings
from handlers import letters
from handlers.channels.preview import samples
from handlers.channels.rendering import LANGUAGES, TEMPLATES, headline, render

SETTINGS = Settings(mail_from="远山融资 <deals@example.com>")
TASK: Mapping[str, Any] = {
    "task": "首次联系",
    "business_key": "PJ-2026-0001",
    "facts": {"client_name": "华丰风电", "project_name": "如东", "amount": Decimal("860000000"), "currency": "CNY"},
    "due": datetime(2026, 3, 4, 10, 0, tzinfo=UTC),
    "person": "李伟",
    "assignee": None,
    "link": "https://deals.example.com/tasks/1",
    "path": "/tasks/1",
}
CLIENT: Mapping[str, Any] = {
    "client_name": "华丰风电",
    "project_name": "如东海上风电二期",
    "project_key": "PJ-2026-0001",
    "link_url": "https://deals.example.com/link/abc",
}
MONITORED: Mapping[str, Any] = CLIENT | {
    "client_key": "CL-2026-0001",
    "facility_name": "一期贷款",
    "facility_key": "FA-2026-0001",
    "test_date": date(2026, 6, 30),
    "due": date(2026, 8, 14),
    "cure_until": date(2026, 9, 13),
    "standstill_until": date(2026, 9, 30),
    "findings": [
        {"name": "偿债覆盖率", "value": Decimal("1.03999999999"), "default": Decimal("1.0500"), "lock_up": "1.15"},
        {"name": "资产负债率", "value": None, "default": Decimal("0.70"), "lock_up": None, "direction": "max"},
    ],
    "risk_key": "RK-2026-0001",
    "action": "补足偿债储备账户",
    "amendment_key": "AM-2026-0001",
    "version": 2,
}
LOOKED_AFTER: Mapping[str, Any] = CLIENT | {
    "owner": "li",
    "response_hours": 4,
    "next_review": date(2027, 3, 1),
    "product": "利率和汇率对冲产品",
    "product_en": "Products that hedge rates and currency",
    "kind": "signing",
    "occasion": "签约 3 周年",
}
EXECUTED: Mapping[str, Any] = CLIENT | {
    "facility_name": "项目贷款",
    "drawdown_key": "DR-2026-0001",
    "draw_amount": Decimal("20000000"),
    "draw_currency": "CNY",
    "facility_undrawn": Decimal("460000000"),
    "availability_end": date(2028, 3, 20),
    "issue_key": "IS-2026-0001",
    "issue_title": "征地受阻",
    "payment_ref": "PM-2026-0001",
    "payment_state": "confirmed",
    "amount": Decimal("20000000"),
    "reason": "AC04",
    "business_key": "DR-2026-0001",
    "facility_key": "FA-2026-0001",
    "repayment_amount": Decimal("10000000"),
    "currency": "CNY",
    "principal": Decimal("8000000"),
    "interest": Decimal("2000000"),
    "balance": Decimal("12000000"),
}
SERVED: Mapping[str, Any] = CLIENT | {
    "contact_name": "王敏",
    "complaint_key": "CO-2026-0001",
    "subject": "放款迟迟未到",
    "text": "提款申请提交三周仍未到账，多次联系无人答复。",
    "solve_due": datetime(2026, 3, 16, 10, 0, tzinfo=UTC),
    "answer_text": "经查属实，已于今日放款。",
    "new_date": date(2026, 3, 20),
    "delay_reason": "等待银行流水核对",
    "share": 80,
    "due": datetime(2026, 3, 16, 10, 0, tzinfo=UTC),
    "investor_name": "华夏基础设施基金",
    "period": "2026-01-01 – 2026-12-31",
    "event": False,
    "report_url": "https://deals.example.com/report/abc",
    "sha256": "",
    "question_key": "QN-2026-0001",
    "question": "并网时间是否推迟？",
    "answer": "计划不变，依据监理报告。",
    "pack_key": "RP-2026-0001-2026Y",
}
ABOUT_SERVICE = ("complaint_", "investor_report", "question_", "disclosure_")
ABOUT_EXECUTION = ("drawdown_", "facility_", "signing_", "engineer_", "execution_", "issue_", "payment_", "repayment_")
ABOUT_CARE = ("maintenance_", "product_", "survey_", "care_", "loan_repaid")
ABOUT_MONITORING = ("covenant_", "kyc_re", "risk_item_", "amendment_")
NAMES = sorted(path.stem for path in (TEMPLATES / "zh").glob("*.txt"))


DIGEST: Mapping[str, Any] = {
    "person": "李伟",
    "lines": [{**TASK, "kind": "escalation"}, {**TASK, "kind": "task_assigned"}],
    "count": 2,
    "day": datetime(2026, 3, 4, tzinfo=UTC).date(),
    "link": "https://deals.example.com/",
}


def data_of(name: str) -> Mapping[str, Any]:
    if name == "digest":
        return DIGEST
    if name.startswith(ABOUT_EXECUTION):
        return EXECUTED
    if name.startswith(ABOUT_MONITORING):
        return MONITORED
    if name.startswith(ABOUT_SERVICE):
        return SERVED
    if name.startswith(ABOUT_CARE):
        return LOOKED_AFTER
    about_a_task = name.startswith("reminder_") or name in ("task_assigned", "task_unassigned", "escalation")
    return TASK if about_a_task else {**samples(SETTINGS, name, "zh"), **CLIENT}


def test_both_languages_have_the_same_templates() -> None:
    assert sorted(path.stem for path in (TEMPLATES / "en").glob("*.txt")) == NAMES
    assert len(NAMES) >= 19


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_template_has_a_subject_and_a_body(name: str, language: str) -> None:
    text = render(SETTINGS, name, language, data_of(name))
    assert text.language == language
    assert text.subject and "{" not in text.subject + text.body
    assert len(text.body) > 40


@pytest.mark.parametrize("name", [name for name in NAMES if data_of(name) is TASK])
def test_a_task_without_facts_and_due_date_can_still_be_announced(name: str) -> None:
    bare = dict(TASK) | {"facts": {}, "due": None, "business_key": None}
    subject = render(SETTINGS, name, "zh", bare).subject
    assert str(TASK["task"]) in subject and "（" not in subject


def test_times_are_of_the_business_zone_and_amounts_are_grouped() -> None:
    text = render(SETTINGS, "task_assigned", "zh", TASK)
    assert "期限：2026-03-04 18:00" in text.body
    assert "金额：860,000,000 CNY" in text.body


@pytest.mark.parametrize("name", ["kyc_neutral_decline", "decline_neutral"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_neutral_decline_tells_no_reason(name: str, language: str) -> None:
    told = dict(CLIENT) | {"reason": "制裁名单命中 SANCTIONS", "hits": ["SDN"]}
    text = render(SETTINGS, name, language, told)
    whole = (text.subject + text.body).lower()
    for word in ("制裁", "sanction", "合规", "complian", "kyc", "洗钱", "suspic", "可疑", "命中", "sdn", "核查"):
        assert word not in whole


def test_what_a_template_needs_and_is_not_given_is_an_error() -> None:
    with pytest.raises(TemplateWrong, match=r"client_form_link.*link_url"):
        render(SETTINGS, "client_form_link", "zh", {"client_name": "华丰风电"})


def test_an_unknown_template_is_named() -> None:
    with pytest.raises(TemplateWrong, match="greeting"):
        render(SETTINGS, "greeting", "en", {})


def test_data_is_not_run_as_a_template() -> None:
    sly = dict(CLIENT) | {"client_name": "{{ house.__class__ }}"}
    assert "{{ house.__class__ }}" in render(SETTINGS, "decline_polite", "zh", sly).body


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 10 ** 10 }}", "{{ range(10 ** 9) | list }}", "{{ 'x' | center(999999999) }}", "{{ house.upper() }}",
        "{% for a in people %}{% for b in people %}{% for c in people %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in 'abc' %}x{% endfor %}", "{% set a = house ~ house %}", "{% macro m() %}{{ m() }}{% endmacro %}",
    ],
)  # fmt: skip
def test_the_houses_own_letters_calculate_nothing_and_shipped_ones_do_neither(text: str) -> None:
    with pytest.raises(InvalidInput, match="line 3: a letter has no use for"):
        letters.asked(f"Subject: x\n\n{text}")
    for place in TEMPLATES.rglob("*.txt"):
        letters.asked(place.read_text("utf-8"))


def test_a_notice_of_breach_says_what_was_measured_and_what_was_agreed() -> None:
    chinese, english = (render(SETTINGS, "covenant_breach_notice", one, MONITORED).body for one in ("zh", "en"))
    assert "- 偿债覆盖率：1.04（约定不低于 1.05）\n- 资产负债率：无数据（约定不高于 0.7）" in chinese
    assert "1.04 (agreed: at least 1.05)" in english and "no data (agreed: at most 0.7)" in english


def test_a_language_without_templates_falls_back_to_the_houses() -> None:
    assert render(SETTINGS, "decline_polite", "fr", CLIENT).language == "zh"
    assert render(SETTINGS, "decline_polite", "zh-CN", CLIENT).language == "zh"


def test_an_english_letter_names_things_in_english_where_the_data_do() -> None:
    named = dict(TASK) | {"task_en": "First contact", "person_en": "Li Wei", "assignee": "王芳", "assignee_en": ""}
    text = render(SETTINGS, "escalation", "en", named)
    assert "First contact" in text.subject and "Dear Li Wei" in text.body and "Assigned to: 王芳" in text.body
    assert "首次联系" in render(SETTINGS, "escalation", "zh", named).subject


def test_a_letter_that_is_another_one_in_full_has_a_headline_too() -> None:
    data = {"project_key": "PJ-1", "client_name": "甲公司"}
    assert headline("intake_declined", "zh", data, UTC) == "关于您的融资咨询（编号 PJ-1）"
