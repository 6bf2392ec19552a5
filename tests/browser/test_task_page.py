"""The task page in a browser, on a phone in Chinese: to the end without the side in the way, talk with a colleague,
red flags while a plan is typed, and a tour that Escape puts away.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.store import tables as t
from tests.browser.conftest import Place
from tests.browser.gallery import Gallery, Stage
from tests.browser.rooms.tasks import planned

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(browser: Browser, place: Place) -> Page:
    """A phone in Chinese."""
    place.listen_anew()
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    context.set_default_timeout(60_000)
    return place.watch(context.new_page())


def test_on_a_phone_the_button_is_at_hand_and_a_colleague_is_named(place: Place, phone: Page) -> None:
    stage = Stage(place.house)  # type: ignore[arg-type]
    stage.registry_up()
    task = stage.open_task(stage.inquire(), "ut_first_contact")
    place.sign_in(phone, str(task["assignee"]), f"/tasks/{task['id']}")
    phone.wait_for_selector("[data-form][data-ready]")
    expect(phone.locator("#talk > summary")).to_be_visible(timeout=4_000)  # what waited for the form comes with it
    expect(phone.locator(".df-form-foot .btn-primary")).to_be_in_viewport()
    folded = phone.locator("details[data-fold]")
    expect(folded.nth(3)).to_be_attached()
    expect(phone.locator("details[data-fold][open]")).to_have_count(0)
    phone.locator("#talk > summary").click()
    field = phone.locator("#talk textarea")
    field.press_sequentially("请 @zh")
    phone.locator(".df-mentions [role=option]").first.wait_for()
    field.press("Enter")
    expect(field).to_have_value(re.compile(r"^请 @zh\w+ $"))
    said = field.input_value()
    phone.reload()
    phone.locator("#talk > summary").click()
    expect(phone.locator("#talk textarea")).to_have_value(said)
    phone.locator("#talk textarea").press("End")
    phone.locator("#talk textarea").press_sequentially("看第二页")
    phone.locator("#talk .df-say button[type=submit]").click()
    expect(phone.locator("#talk .df-mention")).to_have_count(1)
    [row] = place.house.rows(t.comment)
    assert row["mentions"] == [said.removeprefix("请 @").strip()] and row["task_id"] == task["id"]
    expect(phone.locator("#talk textarea")).to_have_value("")
    assert not place.wrong


def test_red_flags_stand_at_the_field_and_over_the_button_while_a_plan_is_typed(place: Place, phone: Page) -> None:
    task = planned(Gallery(place.house))  # type: ignore[arg-type]
    place.sign_in(phone, "admin", f"/tasks/{task}")
    phone.wait_for_selector("[data-form][data-ready]")
    panel = phone.locator("[data-findings]")
    expect(panel).to_contain_text("尾期少于 2 年")
    months = phone.get_by_label("期限（月）").first
    expect(months).to_be_hidden()  # in a section that is folded: a finding opens nothing under the finger
    panel.get_by_role("button", name="期限（月）").click()
    expect(months).to_be_focused()
    flag = phone.locator(".fjs-form-field-error", has_text="尾期少于 2 年")
    expect(flag).to_be_in_viewport()
    months.fill("84")
    expect(panel).not_to_contain_text("尾期少于 2 年")
    expect(panel).to_contain_text("最低偿债备付率")
    expect(flag).to_have_count(0)
    assert not place.wrong


def test_a_tour_points_at_what_it_speaks_of_and_escape_ends_it_for_good(place: Place, phone: Page) -> None:
    place.sign_in(phone, "wang")
    phone.locator("[data-tour-start]").click()
    card = phone.locator(".df-tour")
    expect(card).to_contain_text("从这里开始一天")
    expect(phone.locator(".df-tour-target")).to_have_class(re.compile("df-tabs"))
    phone.keyboard.press("Enter")
    expect(card).to_contain_text("按客户、项目或编号查找")
    with phone.expect_response("**/help/tours/inbox"):
        phone.keyboard.press("Escape")
    expect(card).to_have_count(0)
    phone.reload()
    expect(phone.locator("[data-tour-start]")).to_have_count(0)
    assert not place.wrong
