"""Long forms: sections on a phone, large numbers that can be read, Ctrl+Enter out of a choice."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import settled
from tests.paths import ROOT
from tests.web.frontend.site import Site
from tests.web.frontend.test_form import MARKUP, variables

pytestmark = pytest.mark.browser


def field(type: str, key: str, label: str, required: bool = False, **more: Any) -> dict[str, Any]:
    return {"type": type, "id": f"F_{key}", "key": key, "label": label, "validate": {"required": required}} | more


SECTORS = [{"label": "光伏", "value": "solar"}, {"label": "风电", "value": "wind"}]
SCHEMA = {
    "type": "default", "id": "long", "schemaVersion": 19,
    "components": [
        {"type": "group", "id": "G_1", "label": "一、基本信息", "components": [
            field("textfield", "name", "名称", True), field("number", "amount", "金额", serializeToString=True)]},
        {"type": "group", "id": "G_2", "label": "二、项目", "components": [
            field("select", "sector", "行业", True, values=SECTORS),
            field("select", "found", "来源", values=SECTORS, searchable=True)]},
        {"type": "dynamiclist", "id": "L_3", "label": "三、人员", "path": "people", "showOutline": True,
         "allowAddRemove": True, "defaultRepetitions": 1, "components": [field("textfield", "who", "姓名", True)]},
        {"type": "table", "id": "T_4", "label": "清单", "dataSource": "=securities",
         "columns": [{"key": "item", "label": "担保物"},
                     {"key": "value", "label": "现值"}, {"key": "phone", "label": "电话"}]},
    ],
}  # fmt: skip
VALUES = {"securities": [{"item": "土地", "value": "1234567.50", "phone": "13800138111"}], "sector": "wind"}


def opened(page: Page, site: Site, wide: int, values: dict[str, Any] = VALUES) -> None:
    """The form on a screen that is so wide."""
    page.set_viewport_size({"width": wide, "height": 844})
    parts = {"schema": json.dumps(SCHEMA), "values": json.dumps(values), "errors": "{}", "more": ""}
    page.goto(site.html("/task", MARKUP.format(**parts), scripts=("form.js",)))
    page.wait_for_selector('[data-form][data-ready="true"]')


def test_on_a_phone_one_section_is_open_and_headings_say_what_is_missing(page: Page, site: Site) -> None:
    opened(page, site, 390)
    first, second, third = (page.locator("label[data-missing]", has_text=text) for text in ("一、", "二、", "三、"))
    expect(first).to_have_attribute("data-missing", "1 项未填")
    expect(second).to_have_attribute("data-missing", "✓")
    expect(page.get_by_label("名称")).to_be_visible()
    expect(page.get_by_label("姓名")).to_be_hidden()
    page.get_by_label("名称").fill("甲")
    expect(first).to_have_attribute("data-missing", "✓")
    third.press("Enter")
    expect(page.get_by_label("姓名")).to_be_visible()
    expect(page.get_by_label("名称")).to_be_hidden()
    expect(third).to_have_attribute("aria-expanded", "true")
    page.get_by_role("button", name="完成").click()
    expect(third).to_have_attribute("data-missing", "1 项待更正")
    second.click()
    page.locator(".df-fault-link", has_text="姓名").click()  # leads into a section that is folded
    expect(page.get_by_label("姓名")).to_be_focused()
    page.keyboard.type("林海")
    page.get_by_role("button", name="完成").click()
    page.wait_for_url("**/complete")
    assert variables(site, "/complete")["people"] == [{"who": "林海"}]


def test_on_a_desk_everything_is_open_and_nothing_is_a_button(page: Page, site: Site) -> None:
    opened(page, site, 1280)
    expect(page.get_by_label("姓名")).to_be_visible()
    expect(page.locator("label[role=button]")).to_have_count(0)


def test_large_numbers_have_separators_and_their_values_stay_as_they_were(page: Page, site: Site) -> None:
    opened(page, site, 1280, {**VALUES, "name": "甲", "people": [{"who": "乙"}]})
    row = page.locator("tbody td")
    expect(row).to_have_text(["土地", "1,234,567.50", "13800138111"])  # a telephone number is no amount
    page.get_by_label("金额").fill("3.2亿")
    shown = page.locator(".fjs-form-field-number")
    expect(shown).to_have_attribute("data-amount", "320,000,000 · 3.2 亿")
    page.locator("th", has_text="现值").click()  # drawn anew
    settled.drawn(page)
    expect(row.nth(1)).to_have_text("1,234,567.50")
    page.get_by_role("button", name="完成").click()
    page.wait_for_url("**/complete")
    assert variables(site, "/complete")["amount"] == "320000000"


@pytest.mark.parametrize("label", ["行业", "来源"])
def test_ctrl_enter_after_a_choice_sends_what_was_chosen(page: Page, site: Site, label: str) -> None:
    opened(page, site, 1280, {"name": "甲", "people": [{"who": "乙"}], "sector": "wind"})
    control = page.get_by_label(label)
    if label == "来源":
        control.focus()
    else:
        control.locator("xpath=ancestor-or-self::*[contains(@class, 'fjs-input-group')]").click()
    page.locator(".fjs-dropdownlist-item", has_text="光伏").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/complete")
    assert variables(site, "/complete")["sector" if label == "行业" else "found"] == "solar"


def test_ctrl_enter_over_an_open_list_chooses_nothing(page: Page, site: Site) -> None:
    opened(page, site, 1280, {"name": "甲", "people": [{"who": "乙"}], "sector": "wind"})
    page.get_by_label("来源").focus()
    expect(page.locator(".fjs-dropdownlist-item")).to_have_count(2)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/complete")
    assert variables(site, "/complete").get("found") is None


KEYBOARDS = [
    (field("number", "share", "份额", validate={"min": 0}), "decimal"),
    (field("number", "profit", "净利润"), ""),  # a telephone's number pad has no minus
    (field("textfield", "mobile", "手机"), "tel"),
    (field("textfield", "period", "年度", validate={"pattern": "^(19|20)[0-9]{2}$"}), "numeric"),
    (field("textfield", "note", "备注", validate={"pattern": "^[0-9A-Z]{18}$"}), ""),
    ({"type": "datetime", "id": "F_day", "key": "day", "subtype": "date", "dateLabel": "日期"}, "none"),
]


def test_a_finger_gets_the_keyboard_that_a_field_needs_and_letters_that_no_telephone_enlarges(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    schema = {**SCHEMA, "components": [one for one, _keyboard in KEYBOARDS]}
    parts = {"schema": json.dumps(schema), "values": "{}", "errors": "{}", "more": ""}
    page.goto(site.html("/task", MARKUP.format(**parts), scripts=("form.js",)))
    page.wait_for_selector('[data-form][data-ready="true"]')
    for one, keyboard in KEYBOARDS:
        shown = page.locator(f"[data-form] input[id*='-F_{one['key']}']")
        shown.tap()
        expect(shown).to_be_focused()
        assert shown.evaluate("field => [field.inputMode, getComputedStyle(field).fontSize]") == [keyboard, "16px"], one
        page.keyboard.press("Escape")
    context.close()


def test_all_rows_of_a_list_stand_open_and_a_condition_without_evidence_says_what_follows(
    page: Page, site: Site
) -> None:
    """form-js folds rows after the fifth: of seven conditions two were refused as empty that nobody had seen."""
    form = (ROOT / "bpmn/cp_clearance/forms/cp_clearance.form").read_text(encoding="utf-8")
    rows = [{"number": n, "text": f"条件 {n}", "waivable": n != 7} for n in range(1, 8)]
    page.set_viewport_size({"width": 390, "height": 844})
    parts = {"schema": form, "values": json.dumps({"cp_count": 7, "cp_rows": rows}), "errors": "{}", "more": ""}
    page.goto(site.html("/task", MARKUP.format(**parts), scripts=("form.js",)))
    statuses = page.locator(".fjs-select-display")
    expect(statuses).to_have_count(7)
    for row, status, warned in ((0, "已落实", "没有证据不算落实"), (6, "申请豁免", "本条不可豁免")):
        statuses.nth(row).click()
        page.locator(".fjs-dropdownlist-item", has_text=status).click()
        expect(page.get_by_text(warned)).to_have_count(1)
    page.get_by_label("证据").first.fill("档案 3-1")
    expect(page.get_by_text("没有证据不算落实")).to_have_count(0)
