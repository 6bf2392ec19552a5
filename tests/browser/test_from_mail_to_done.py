"""From the reminder in the mailbox to the completed task, by somebody who has never signed in here: every press of the
pointer is counted by the browser itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, expect

from engine import api
from engine.settings import load
from engine.store import tables as t
from handlers import demo
from tests.bpmn.intake_house import INQUIRY, IntakeHouse
from tests.browser import gallery, settled
from tests.browser.conftest import Place, serving
from tests.browser.gallery import Stage
from tests.mail import PostOffice

pytestmark = [pytest.mark.browser, pytest.mark.slow]
COUNTING = "addEventListener('pointerdown', () => window.pressed(location.pathname), true)"


@pytest.fixture
def post() -> Iterator[PostOffice]:
    with PostOffice() as office:
        yield office


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, post: PostOffice) -> Iterator[IntakeHouse]:
    """The demonstration's house with a mail server."""
    bare = gallery.built_once(tmp_path_factory)
    bare.runtime.database.dispose()
    settings = load(
        database_url=bare.runtime.settings.database_url, data_dir=bare.folder, bpmn_dir=bare.folder / "bpmn",
        handlers=("handlers",), secret_key="tests", smtp_url=post.address, base_url="https://dealflow.example.com",
    )  # fmt: skip
    found = IntakeHouse(api.open_engine(settings, bare.clock), bare.clock, folder=bare.folder)
    yield found
    found.runtime.database.dispose()


def reminded(house: IntakeHouse, post: PostOffice) -> tuple[str, int, str]:
    """A contact that is reminded of: whose, which task, and the reminder's HTML."""
    stage = Stage(house)
    task = stage.open_task(stage.inquire(**INQUIRY), "ut_first_contact")
    for _day in range(6):
        house.clock.move(days=1)
        house.work()
        for mail in post.mails:
            text = html_of(mail)
            if f"/tasks/{task['id']}" in text and "今日到期" in str(mail["Subject"]):
                return str(mail["To"]).partition("@")[0], int(task["id"]), text
    raise AssertionError([str(mail["Subject"]) for mail in post.mails])


def fill(page: Page) -> None:
    """Fill in the first contact by the keys alone: choices are walked by arrows and the space bar."""
    page.get_by_label("对方联系人").focus()
    page.keyboard.type("高原")
    page.get_by_label("需求要点").focus()
    page.keyboard.type("十五年期固定资产贷款")
    page.get_by_label("联系日期").focus()
    page.keyboard.type("2026/03/02")
    page.keyboard.press("Escape")
    channel = page.locator(".fjs-form-field-select", has_text="联系方式").last.locator("input").first
    channel.focus()
    expect(page.locator(".fjs-dropdownlist-item.focused")).to_be_visible()
    settled.drawn(page)  # until then it takes no key
    page.keyboard.press("ArrowDown")
    settled.drawn(page)
    page.keyboard.press("Enter")
    expect(page.locator(".fjs-dropdownlist")).to_be_hidden()
    for choice in ("推进", "客户经理代填"):
        page.get_by_label(choice).focus()
        page.keyboard.press("Space")


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_from_the_reminder_to_the_completed_task_it_is_three_clicks(
    browser: Browser, house: IntakeHouse, post: PostOffice
) -> None:
    who, task, letter = reminded(house, post)
    presses: list[str] = []
    with serving(house) as url:
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
        place = Place(url, house)
        page = place.watch(context.new_page())
        page.expose_function("pressed", lambda place: presses.append(place))
        page.add_init_script(COUNTING)
        page.goto(f"{url}/static/mail")  # a page of nobody's, on which the letter is laid
        place.listen_anew()
        page.set_content(letter.replace("https://dealflow.example.com", url))
        page.evaluate(COUNTING)
        page.get_by_role("link", name=f"/tasks/{task}").click()
        page.wait_for_url(re.compile("/login"))
        expect(page.locator("#name")).to_be_focused()
        page.keyboard.type(who)
        page.keyboard.press("Tab")
        page.keyboard.type(demo.PASSWORD)
        page.locator("form[data-submit-shortcut] button[type=submit]").click()
        page.wait_for_selector("[data-form][data-ready=true]")
        fill(page)
        page.get_by_role("button", name="完成", exact=True).click()
        expect(page.locator(".alert-success")).to_contain_text("“首次联系”已完成")
        context.close()
    [row] = house.rows(t.user_task, t.user_task.c.id == task)
    assert (row["state"], row["completed_by"]) == ("completed", who)
    assert presses == ["/static/mail", "/login", f"/tasks/{task}"]  # the link, signing in, 完成
