"""Camunda forms in a real browser: what is sent, what is refused, and that nothing typed is lost."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.frontend.site import Site

pytestmark = pytest.mark.browser

SCHEMA = {
    "type": "default",
    "id": "f",
    "schemaVersion": 19,
    "components": [
        {
            "type": "textfield",
            "id": "Field_name",
            "key": "name",
            "label": "名称",
            "validate": {"required": True},
        },
        {
            "type": "number",
            "id": "Field_amount",
            "key": "amount",
            "label": "金额",
            "serializeToString": True,
            "decimalDigits": 2,
            "validate": {"required": True, "min": 1},
        },
        {
            "type": "select",
            "id": "Field_sector",
            "key": "sector",
            "label": "行业",
            "values": [{"label": "光伏", "value": "solar"}, {"label": "风电", "value": "wind"}],
        },
        {"type": "datetime", "id": "Field_cod", "key": "cod", "subtype": "date", "dateLabel": "投产日"},
        {
            "type": "textarea",
            "id": "Field_note",
            "key": "note",
            "label": "说明",
            "conditional": {"hide": '=name = "x"'},
        },
    ],
}
MARKUP = """<form method="post" action="/complete" data-submit-shortcut>
  <input type="hidden" name="variables" data-form-result>
  <div data-form data-schema="s" data-values="v" data-errors="e" data-draft-url="/draft" {more}></div>
  <p data-form-status role="status"></p>
  <button type="submit">完成</button>
  <button type="submit" formaction="/release" formnovalidate>退回</button>
</form>
<script type="application/json" id="s">{schema}</script>
<script type="application/json" id="v">{values}</script>
<script type="application/json" id="e">{errors}</script>"""


def open_form(
    page: Page,
    site: Site,
    values: dict[str, Any] | None = None,
    errors: dict[str, Any] | None = None,
    lang: str = "zh",
    more: str = "",
) -> None:
    page.goto(form_page(site, values, errors, lang, more))
    page.wait_for_selector('[data-form][data-ready="true"]')


def form_page(
    site: Site,
    values: dict[str, Any] | None = None,
    errors: dict[str, Any] | None = None,
    lang: str = "zh",
    more: str = "",
) -> str:
    """The address of a page with the form."""
    parts = {
        "schema": json.dumps(SCHEMA),
        "values": json.dumps(values or {}),
        "errors": json.dumps(errors or {}),
    }
    return site.html("/task", MARKUP.format(more=more, **parts), lang=lang, scripts=("form.js",))


def variables(site: Site, path: str) -> dict[str, Any]:
    sent = site.sent("POST", path)
    assert len(sent) == 1
    found: dict[str, Any] = json.loads(parse_qs(sent[0].body)["variables"][0])
    return found


def test_a_form_with_faults_is_not_sent_and_says_why_in_chinese(page: Page, site: Site) -> None:
    open_form(page, site)
    page.get_by_label("金额").fill("0.5")
    page.get_by_role("button", name="完成").click()
    summary = page.locator(".df-form-summary")
    expect(summary).to_contain_text("请更正 2 个字段")
    expect(summary).to_contain_text("此项必填。")
    expect(summary).to_contain_text("不得小于 1。")
    expect(summary).to_be_focused()
    assert site.sent("POST", "/complete") == []
    summary.get_by_role("button", name="金额").click()
    expect(page.get_by_label("金额")).to_be_focused()
    page.get_by_label("金额").fill("120")
    expect(summary).to_contain_text("请更正 1 个字段")
    expect(summary).not_to_contain_text("金额")
    assert site.violations == []


def test_a_complete_form_is_sent_as_json_without_the_context_it_was_given(page: Page, site: Site) -> None:
    open_form(page, site, values={"amount": "120", "client": {"secret": 1}})
    page.get_by_label("名称").fill("华能")
    page.get_by_label("金额").fill("120.50")
    page.get_by_role("button", name="完成").click()
    page.wait_for_url("**/complete")
    sent = variables(site, "/complete")
    assert sent["name"] == "华能" and sent["amount"] == "120.50"
    assert "client" not in sent


def test_a_button_pressed_before_the_fields_stand_sends_them_when_they_do(page: Page, site: Site) -> None:
    late: list[Route] = []
    page.route("**/form.js", lambda route: late.append(route))
    with page.expect_request("**/form.js"):
        page.goto(form_page(site, values={"name": "华能"}), wait_until="commit")
    page.get_by_role("button", name="退回").dblclick()
    [script] = late
    script.continue_()
    page.wait_for_url("**/release")
    assert variables(site, "/release")["name"] == "华能"  # sent once, and with what stands in the fields


def test_giving_back_sends_the_values_unchecked(page: Page, site: Site) -> None:
    open_form(page, site, values={"name": "华能"})
    page.get_by_role("button", name="退回").click()
    page.wait_for_url("**/release")
    assert variables(site, "/release")["name"] == "华能"


def test_enter_loses_and_sends_nothing_and_ctrl_enter_sends(page: Page, site: Site) -> None:
    open_form(page, site, values={"amount": "5"})
    page.get_by_label("名称").fill("华能")
    page.get_by_label("名称").press("Enter")
    expect(page.get_by_label("名称")).to_have_value("华能")
    assert site.sent("POST", "/complete") == []
    page.get_by_label("名称").press("Control+Enter")
    page.wait_for_url("**/complete")
    assert variables(site, "/complete")["name"] == "华能"


def test_a_draft_is_saved_a_second_after_the_last_change(page: Page, site: Site) -> None:
    open_form(page, site, values={"client": "secret"})
    page.get_by_label("名称").fill("华能")
    expect(page.locator("[data-form-status]")).to_contain_text("草稿已保存")
    [draft] = site.sent("PUT", "/draft")
    assert json.loads(draft.body)["variables"]["name"] == "华能"
    assert "client" not in json.loads(draft.body)["variables"]
    assert draft.headers["X-CSRFToken"] == "token-1"
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('dealflow.kept'))") == []


def test_a_draft_is_saved_when_the_page_is_left_at_once(page: Page, site: Site) -> None:
    open_form(page, site)
    page.get_by_label("名称").press_sequentially("华能")
    page.goto(site.html("/elsewhere", "<h1>inbox</h1>"))
    drafts = site.awaited("PUT", "/draft")  # what a page sends while it is left comes when it comes
    assert json.loads(drafts[-1].body)["variables"]["name"] == "华能"


def test_input_that_the_server_did_not_take_is_offered_back(page: Page, site: Site) -> None:
    site.answers[("PUT", "/draft")] = 401
    open_form(page, site)
    page.get_by_label("名称").fill("华能")
    expect(page.locator("[data-form-status]")).to_have_text("未能保存到服务器，您的输入保存在本浏览器中。")
    expect(page.locator('[data-kind="expired"] a')).to_have_attribute("href", "/login")
    site.answers.clear()
    open_form(page, site)
    expect(page.get_by_label("名称")).to_have_value("")
    page.get_by_role("button", name="恢复").click()
    expect(page.get_by_label("名称")).to_have_value("华能")
    expect(page.locator("[data-form-status]")).to_contain_text("草稿已保存")
    open_form(page, site)
    expect(page.locator(".df-kept")).to_have_count(0)


def test_kept_input_is_offered_to_the_same_person_only(page: Page, site: Site) -> None:
    site.answers[("PUT", "/draft")] = 500
    open_form(page, site)
    page.get_by_label("名称").fill("华能")
    expect(page.locator("[data-form-status]")).to_contain_text("保存在本浏览器中")
    open_form(page, site)
    expect(page.locator(".df-kept")).to_have_count(1)
    kind, html = site.pages["/task"]
    site.pages["/task"] = (kind, html.replace('data-user="li"', 'data-user="wang"'))
    page.goto(site.url + "/task")
    page.wait_for_selector('[data-form][data-ready="true"]')
    expect(page.locator(".df-kept")).to_have_count(0)


def test_a_sent_form_that_fails_on_the_way_is_offered_back(page: Page, site: Site) -> None:
    site.answers[("POST", "/complete")] = 401
    open_form(page, site, values={"amount": "5"})
    page.get_by_label("名称").fill("华能")
    page.get_by_role("button", name="完成").click()
    page.wait_for_url("**/complete")
    open_form(page, site, values={"amount": "5"})
    page.get_by_role("button", name="恢复").click()
    expect(page.get_by_label("名称")).to_have_value("华能")


def test_a_completed_form_is_forgotten_when_the_next_page_says_so(page: Page, site: Site) -> None:
    open_form(page, site, values={"amount": "5", "name": "华能"})
    page.get_by_role("button", name="完成").click()
    page.wait_for_url("**/complete")
    page.goto(site.html("/next", '<p data-forget-kept="/draft">done</p>'))
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('dealflow.kept'))") == []


def test_what_the_server_found_stands_at_the_field_and_in_the_summary(page: Page, site: Site) -> None:
    open_form(
        page,
        site,
        values={"name": "华能", "amount": "5"},
        errors={"name": ["已有同名客户。"], "": ["请核对。"]},
    )
    expect(page.locator(".df-form-summary")).to_contain_text("请核对。")
    expect(page.locator(".df-form-summary")).to_contain_text("请更正 1 个字段")
    message = page.locator(".fjs-form-field-textfield .fjs-form-field-error")
    expect(message).to_have_text("已有同名客户。")
    page.get_by_label("名称").fill("华能二期")
    expect(message).to_have_count(0)
    expect(page.locator(".df-form-summary")).to_be_empty()


def test_a_finding_of_the_server_never_holds_back_a_second_attempt(page: Page, site: Site) -> None:
    open_form(page, site, values={"name": "华能", "amount": "5"}, errors={"name": ["已有同名客户。"]})
    page.get_by_label("金额").fill("7")
    page.get_by_role("button", name="完成").click()
    page.wait_for_url("**/complete")
    assert variables(site, "/complete")["name"] == "华能"


def test_a_form_that_was_only_looked_at_saves_no_draft(page: Page, site: Site) -> None:
    open_form(page, site, values={"name": "华能"})
    page.wait_for_timeout(1500)  # at once: that nothing comes takes a while to see
    page.goto(site.html("/elsewhere", "<h1>inbox</h1>"))
    assert site.sent("PUT", "/draft") == []


def test_a_read_only_form_shows_values_and_saves_nothing(page: Page, site: Site) -> None:
    open_form(page, site, values={"name": "华能"}, more="data-readonly")
    expect(page.get_by_label("名称")).to_have_value("华能")
    expect(page.get_by_label("名称")).not_to_be_editable()


def test_an_english_page_has_english_messages_and_a_chinese_one_no_english_select(page: Page, site: Site) -> None:
    open_form(page, site, lang="en")
    page.get_by_role("button", name="完成").click()
    expect(page.locator(".df-form-summary")).to_contain_text("Field is required.")
    open_form(page, site)
    expect(page.locator(".fjs-select-placeholder")).to_have_text("请选择")


@pytest.mark.parametrize(
    ("typed", "pasted", "sent"),
    [
        ("300,000,000", None, "300000000"),
        ("1250.5", None, "1250.5"),
        (None, "３００，０００", "300000"),
        (None, "3.2亿", "320000000"),
        (None, "500 万", "5000000"),
        (None, "1 234 567", "1234567"),
    ],
)
def test_numbers_are_read_as_people_write_them(
    page: Page, site: Site, typed: str | None, pasted: str | None, sent: str
) -> None:
    open_form(page, site)
    page.get_by_label("名称").fill("王")
    amount = page.get_by_label("金额")
    amount.click()
    if typed is not None:
        page.keyboard.type(typed)
    else:
        page.keyboard.insert_text(str(pasted))
    page.get_by_role("button", name="完成").click()
    page.wait_for_url("**/complete")
    assert variables(site, "/complete")["amount"] == sent


@pytest.mark.parametrize("wrong", ["many", "12a3", "99999999999999999999999"])
def test_what_cannot_be_a_number_is_not_taken_and_what_stood_there_stays(page: Page, site: Site, wrong: str) -> None:
    open_form(page, site)
    amount = page.get_by_label("金额")
    amount.click()
    page.keyboard.insert_text("42")
    page.keyboard.insert_text(wrong)
    expect(amount).to_have_value("42")


@pytest.mark.parametrize(
    ("locale", "typed"),
    [("en-US", "2026-11-20"), ("en-US", "11/20/2026"), ("en-GB", "2026-11-20"), ("zh-CN", "２０２６年１１月２０日")],
)
def test_dates_are_read_as_people_write_them_and_written_year_first_in_every_language(
    browser: Browser, site: Site, locale: str, typed: str
) -> None:
    context = browser.new_context(locale=locale, timezone_id="Asia/Shanghai")
    page = context.new_page()
    open_form(page, site)
    page.get_by_label("名称").fill("王")
    page.get_by_label("金额").fill("2")
    day = page.get_by_label("投产日")
    expect(day).to_have_attribute("placeholder", "年-月-日")
    day.fill(typed)
    page.get_by_label("金额").focus()
    expect(day).to_have_value("2026-11-20")  # as all pages write it, whatever the browser speaks
    day.fill("")
    day.fill(typed)
    page.get_by_role("button", name="完成").click()  # the field has not been left
    page.wait_for_url("**/complete")
    assert variables(site, "/complete")["cod"] == "2026-11-20"
    context.close()


def test_the_bpmn_io_logo_stands_under_the_form(page: Page, site: Site) -> None:
    open_form(page, site)
    for media in ("screen", "print"):
        page.emulate_media(media=media)  # type: ignore[arg-type]
        expect(page.locator(".fjs-powered-by-link")).to_be_visible()


def test_what_a_stranger_typed_is_text_in_a_form_and_leads_nowhere(page: Page, site: Site) -> None:
    amounts = "**{{missing}}** 元 **{{cost}}** 元 {{cost}} yuan {{cost}} 号"
    said = amounts + '**{{client}}**\n\n{{note}} [帮助](/help) {{"[" + phone + "](tel:" + phone + ")"}}'
    schema = {**SCHEMA, "components": [{"type": "text", "id": "Text_said", "text": said}]}
    values = {
        "client": "[登录](https://evil.example) <img src=x onerror=alert(1)> <b>行</b>",
        "note": "https://evil.example ![图](https://evil.example/p.png) [j](javascript:alert(1)) [k](//evil.example)",
        "phone": "+8613800138000",
        "cost": 46000.5,
    }
    parts = {"schema": json.dumps(schema), "values": json.dumps(values), "errors": "{}"}
    page.goto(site.html("/task", MARKUP.format(more="", **parts), lang="zh", scripts=("form.js",)))
    page.wait_for_selector('[data-form][data-ready="true"]')
    shown = page.locator("[data-form] .fjs-form-field-text")
    expect(shown).to_contain_text("登录 <img src=x onerror=alert(1)> <b>行</b>")
    expect(shown).to_contain_text("— 元 46,000.5 元 46,000.5 yuan 46000.5 号")
    links = [one.get_attribute("href") for one in shown.locator("a").all()]
    assert links == ["/help", "tel:+8613800138000"] and not shown.locator("img").count()
    assert site.violations == []
