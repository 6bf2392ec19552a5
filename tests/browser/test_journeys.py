"""Ways through the product in a real browser: a case by hand, the client's link, the keyboard alone, two at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from engine import api
from engine.store import tables
from tests.bpmn.intake_house import PROFILE
from tests.browser import settled
from tests.browser.conftest import Place, look_away
from tests.browser.gallery import Stage
from tests.paths import ROOT
from tests.stories.filling import fill

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FORMS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "bpmn").rglob("*.form")}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture
def window(browser: Browser, place: Place) -> Iterator[Callable[..., Page]]:
    """A new browser window of its own; with a name somebody is signed in."""
    contexts = []
    place.listen_anew()

    def one(name: str = "", size: dict[str, int] = DESK, path: str = "/inbox") -> Page:
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport=size)  # type: ignore[arg-type]
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = place.watch(context.new_page())
        if name:
            place.sign_in(page, name, path)
        return page

    yield one
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def stage(place: Place) -> Stage:
    """Cases where a test wants them."""
    found = Stage(place.house)  # type: ignore[arg-type]
    found.registry_up()
    return found


def ready(page: Page) -> None:
    page.wait_for_selector("[data-form][data-ready=true]")


def no_sideways(page: Page) -> None:
    assert not settled.sideways(page)


BY_HAND: dict[str, Any] = {
    "client_name": "海南东方海风发电有限公司", "client_role": "borrower", "contact_name": "符海",
    "phone": "13800138777", "email": "fuhai@example.com", "project_name": "东方 500MW 海上风电",
    "sector": "renewable_power",
    "purpose": "new_construction", "amount": "5600000000", "consent_contact": True,
}  # fmt: skip


def test_a_case_is_started_by_hand(place: Place, window: Callable[..., Page]) -> None:
    page = window("li")
    page.keyboard.press("n")
    page.locator(".dropdown-menu.show").get_by_text("客户引入", exact=True).click()
    page.wait_for_url(f"{place.url}/processes/client_intake/start")
    ready(page)
    expect(page.get_by_text("请填写融资或投资需求")).to_have_count(0)
    hints = page.locator("[data-form] input").evaluate_all("fields => fields.map(field => field.placeholder)")
    assert not [hint for hint in hints if re.search("[A-Z]", hint)], hints
    page.get_by_role("button", name="发起业务").click()
    expect(page.locator(".df-form-summary")).not_to_be_empty()
    fill(page, FORMS["inquiry"], BY_HAND)
    page.get_by_role("button", name="发起业务").click()
    page.wait_for_url(re.compile(r"/(tasks|instances)/\d+"))
    expect(page.locator("[role=status]").first).to_contain_text(re.compile(r"业务 PJ-\d{4}-\d{4} 已发起"))
    expect(page.locator("main")).to_contain_text("东方 500MW 海上风电")
    assert not place.wrong, place.wrong


def test_what_was_typed_into_a_new_case_survives_an_expired_session(place: Place, window: Callable[..., Page]) -> None:
    start = "/processes/client_intake/start"
    page = window("li", path=start)
    ready(page)
    page.get_by_label("单位名称").fill("写到一半的单位")
    expect(page.locator("[data-form-status]")).to_contain_text("已暂存在本浏览器")
    page.context.clear_cookies(name="dealflow")
    place.sign_in(page, "li", start)
    ready(page)
    page.get_by_role("button", name="恢复").click()
    expect(page.get_by_label("单位名称")).to_have_value("写到一半的单位")


def test_the_client_fills_the_link_on_a_phone_and_the_case_moves_on(
    place: Place, stage: Stage, window: Callable[..., Page]
) -> None:
    case = stage.inquire()
    stage.contact(case, collection_mode="client_link")
    known = place.house.variables(case)
    address = place.url + re.sub(r"^https?://[^/]+", "", str(known["link_url"]))
    page = window(size=PHONE)
    page.goto(address)
    ready(page)
    no_sideways(page)
    expect(page.get_by_label("单位全称")).to_have_value(str(known["client_name"]))
    expect(page.get_by_label("项目名称")).to_have_value(str(known["project_name"]))
    own = {name: value for name, value in PROFILE.items() if name not in ("client_name", "reg_no", "project_name")}
    own["ownership"] = [{**row, "owned": known["client_name"]} for row in PROFILE["ownership"]]
    fill(page, FORMS["client_profile"], own)
    no_sideways(page)
    page.get_by_role("button", name="提交").click()
    page.wait_for_function("document.querySelector('.df-form-summary li') || !document.querySelector('[data-form]')")
    assert page.locator(".df-form-summary li").all_inner_texts() == []
    expect(page.get_by_role("heading", level=1)).to_contain_text("谢谢，已收到")
    place.house.work()
    here, broken = place.house.tasks(case), place.house.rows(tables.incident)
    assert "ut_verify" in {task["element"] for task in here}, (here, broken)
    assert str(place.house.variables(case)["legal_rep"]) == PROFILE["legal_rep"]
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("资料已提交")
    assert not [one for one in place.wrong if " 410 " not in one], place.wrong


def test_an_expired_link_says_so_kindly(place: Place, stage: Stage, window: Callable[..., Page]) -> None:
    case = stage.inquire()
    stage.contact(case, collection_mode="client_link")
    address = place.url + re.sub(r"^https?://[^/]+", "", str(place.house.variables(case)["link_url"]))
    before = place.house.clock.at
    place.house.clock.at += timedelta(days=60)
    page = window(size=PHONE)
    page.goto(address)
    place.house.clock.at = before
    expect(page.get_by_role("heading", level=1)).to_contain_text("已过期")
    expect(page.locator("main")).to_contain_text("索取新链接")
    no_sideways(page)


def test_the_keyboard_alone_claims_fills_completes_and_goes_on(
    place: Place, stage: Stage, window: Callable[..., Page]
) -> None:
    case = stage.inquire()
    task = stage.open_task(case, "ut_first_contact")
    who = str(task["assignee"])
    with place.house.writing() as session:
        api.release(session, api.actor(session, who), task["id"])
    page = window(who, path="/inbox?view=teams")
    look_away(page)
    row = page.locator(f"#task-{task['id']}")
    expect(row).to_be_visible()
    for _ in range(page.locator("[data-row]").count()):
        page.keyboard.press("j")
        if row.get_attribute("aria-current") == "true":
            break
    expect(row).to_have_attribute("aria-current", "true")
    page.keyboard.press("c")
    expect(row.locator(".df-row-said")).to_contain_text("由您办理")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{place.url}/tasks/{task['id']}")
    ready(page)
    reach(page, "contact_date-date")
    page.keyboard.type("2026/03/02")
    page.keyboard.press("Escape")
    reach(page, "contact_person")
    page.keyboard.type("陈晓")
    reach(page, "-need")
    page.keyboard.type("十五年期贷款")
    reach(page, "contact_outcome-0")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".df-form-summary")).to_contain_text("联系方式")  # the one thing forgotten, named
    reach(page, "contact_channel-search", "contact_channel")
    choices = page.locator(".fjs-dropdownlist")
    expect(choices).to_be_visible()  # the focus alone opens them
    settled.drawn(page)
    page.keyboard.press("ArrowDown")
    settled.drawn(page)
    page.keyboard.press("Enter")
    expect(choices).to_be_hidden()
    reach(page, "collection_mode-1", "collection_mode-0")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".alert-success")).to_contain_text("“首次联系”已完成")
    assert not place.wrong, place.wrong


def reach(page: Page, *endings: str) -> None:
    """Press Tab until a field whose id ends so has the focus."""
    for _ in range(150):
        page.keyboard.press("Tab")
        now = page.evaluate("document.activeElement?.id || ''")  # at once
        if any(now.endswith(ending) for ending in endings):
            return
    raise AssertionError(f"Tab never came to {endings}")


def test_the_second_of_two_people_is_told_who_was_faster(
    place: Place, stage: Stage, window: Callable[..., Page]
) -> None:
    case = stage.inquire()
    task = stage.open_task(case, "ut_first_contact")
    with place.house.writing() as session:
        api.release(session, api.actor(session, str(task["assignee"])), task["id"])
    first, second = window("li", path="/inbox?view=teams"), window("wang", path="/inbox?view=teams")
    look_away(first)
    look_away(second)
    first.locator(f"#task-{task['id']}").get_by_role("button", name="领取").click()
    expect(first.locator(f"#task-{task['id']} .df-row-said")).to_be_visible()
    second.locator(f"#task-{task['id']}").get_by_role("button", name="领取").click()
    told = second.locator(f"#task-{task['id']} .df-row-fault")
    expect(told).to_contain_text("李雷")
    expect(second.locator(f"#task-{task['id']}").get_by_role("button", name="领取")).to_have_count(0)


def test_going_back_and_reloading_repeat_nothing(place: Place, stage: Stage, window: Callable[..., Page]) -> None:
    case = stage.inquire()
    task = stage.open_task(case, "ut_first_contact")
    page = window(str(task["assignee"]), path=f"/tasks/{task['id']}")
    ready(page)
    fill(page, FORMS["first_contact"], {
        "contact_date": "2026/03/02", "contact_channel": "phone", "contact_person": "陈晓", "need": "贷款",
        "contact_outcome": "proceed", "collection_mode": "rm",
    })  # fmt: skip
    page.get_by_role("button", name="完成", exact=True).click()
    expect(page.locator(".alert-success")).to_be_visible()
    page.reload()
    page.goto(f"{place.url}/tasks/{task['id']}")
    expect(page.locator(".alert-success")).to_contain_text("完成")
    page.go_back()
    page.wait_for_load_state()
    page.goto(f"{place.url}/tasks/{task['id']}")
    expect(page.get_by_role("button", name="完成", exact=True)).to_have_count(0)
    open_now = [row["element"] for row in place.house.tasks(case)]
    assert open_now == ["ut_profile"], open_now
