"""The pages in a real browser: every one in both languages and widths, an inquiry and its first task, keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from engine import queries
from handlers import demo
from tests.browser import settled
from tests.browser.conftest import Place

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(browser: Browser, place: Place) -> Iterator[Page]:
    """A desk-sized page that notes complaints."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    place.listen_anew()
    yield place.watch(context.new_page())
    context.close()


def choose(page: Page, label: str, option: str) -> None:
    """Choose in one of form-js's own select fields."""
    page.locator(".fjs-form-field-select", has_text=label).last.locator(".fjs-input-group").click()
    page.locator(".fjs-dropdownlist-item", has_text=option).first.click()


def test_an_inquiry_comes_in_and_its_first_task_is_done(place: Place, page: Page) -> None:
    page.goto(f"{place.url}/inquiry")
    page.wait_for_selector("[data-form][data-ready=true]")
    page.get_by_label("单位名称").fill("甘肃敦煌光热发电有限公司")
    page.get_by_label("借款人").check()
    page.get_by_label("联系人姓名").fill("高原")
    page.get_by_label("电话").fill("13800138099")
    page.get_by_label("电子邮箱").fill("gaoyuan@example.com")
    page.get_by_label("项目名称").fill("敦煌 50MW 光热")
    choose(page, "行业", "新能源")
    choose(page, "资金用途", "新建")
    page.get_by_label("金额").fill("980000000")
    page.get_by_label("同意贵机构").check()
    page.get_by_role("button", name="提交咨询").click()
    page.wait_for_url(f"{place.url}/inquiry/thanks")
    reference = page.locator(".df-reference").inner_text()
    with place.house.looking() as session:
        case = queries.instances(session, business_key=reference)[0]
    task = next(wait for wait in case.waits if wait.task_id)
    assert task.name == "首次联系" and task.who

    place.sign_in(page, task.who, f"/tasks/{task.task_id}")
    page.wait_for_selector("[data-form][data-ready=true]")
    expect(page.locator("[data-bpmn-viewer]")).to_have_attribute("data-ready", "true")
    page.get_by_role("button", name="完成", exact=True).click()
    expect(page.locator(".df-form-summary")).not_to_be_empty()
    page.get_by_label("对方联系人").fill("高原")
    page.get_by_label("需求要点").fill("十五年期固定资产贷款")
    page.get_by_label("联系日期").fill("2026/03/02")
    page.keyboard.press("Escape")
    choose(page, "联系方式", "电话")
    page.get_by_label("推进").check()
    page.get_by_label("客户经理代填").check()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".alert-success")).to_contain_text("“首次联系”已完成")
    assert not place.wrong, place.wrong


def test_keys_walk_the_list_and_open_a_task(place: Place, page: Page) -> None:
    with place.house.looking() as session:
        who = next(w.who for row in queries.instances(session) for w in row.waits if w.task_id and w.who == "wang")
    place.sign_in(page, who)
    page.keyboard.press("j")
    first = page.locator("[data-row][aria-current=true]")
    expect(first).to_have_count(1)
    page.keyboard.press("?")
    expect(page.locator("dialog.df-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.df-help")).to_have_count(0)
    opened = first.get_attribute("id") or ""
    page.keyboard.press("o")
    page.wait_for_url(re.compile(r"/tasks/\d+"))
    page.keyboard.press("i")
    page.wait_for_url(re.compile("/inbox"))
    expect(first).to_have_attribute("id", opened)  # the way back leads to where one was


def test_an_expired_session_in_mid_form_loses_nothing(place: Place, page: Page) -> None:
    with place.house.looking() as session:
        wait = next(w for row in queries.instances(session) for w in row.waits if w.task_id and w.who == "he")
    place.sign_in(page, "he", f"/tasks/{wait.task_id}")
    page.wait_for_selector("[data-form][data-ready=true]")
    page.context.clear_cookies(name="dealflow")
    page.get_by_label("需求要点").fill("写到一半时登录过期")
    expect(page.locator("[data-notices]")).to_contain_text("登录")
    place.sign_in(page, "he", f"/tasks/{wait.task_id}")
    page.wait_for_selector("[data-form][data-ready=true]")
    page.get_by_role("button", name=re.compile("恢复|还原|取回")).click()
    expect(page.get_by_label("需求要点")).to_have_value("写到一半时登录过期")


def test_a_plain_form_comes_back_filled_after_its_session_has_ended(place: Place, page: Page) -> None:
    place.sign_in(page, "li", "/clients/CL-2026-0005/contacts")
    subject = page.get_by_label("主题")
    subject.fill("询问放款进度")
    page.context.clear_cookies(name="dealflow")
    page.locator(".df-note button[type=submit]").click()
    page.wait_for_url("**/login?expired=1")
    page.get_by_label("用户名").fill("li")
    page.get_by_label("密码").fill(demo.PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/clients/CL-2026-0005/contacts")
    expect(subject).to_have_value("询问放款进度")
    expect(page.locator("[data-notices]")).to_contain_text("已恢复")
    page.goto(f"{place.url}/clients/CL-2026-0005/contacts")
    expect(subject).to_have_value("")  # once is enough


def test_the_whole_menu_in_english_fits_a_laptop_and_a_tablet(place: Place, page: Page) -> None:
    place.sign_in(page, "admin", "/processes?language=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for width in (1366, 1200, 1000, 800):
        page.set_viewport_size({"width": width, "height": 900})
        assert not settled.sideways(page), width
