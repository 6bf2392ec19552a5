"""The main job, as a newcomer tries it: `dealflow run`, a browser, three people, a clock that is moved.

An inquiry through the public form is carried to approval, another one to rejection; a third one is left alone, is
reminded in the app and by mail, and goes to somebody else. The server is stopped and started in between.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from handlers import reg_no
from tests.bpmn.intake_house import COMPANY, CONTACT, INQUIRY, KYC, PROFILE, REVIEW, VERIFIED
from tests.mail import PostOffice
from tests.patience import PATIENCE
from tests.stories.filling import fill
from tests.stories.served import ROOT, dealflow, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FORMS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "bpmn").rglob("*.form")}
PASSWORD = "demo"
TASKS = {
    "首次联系": "first_contact",
    "客户资料采集": "client_profile",
    "合规审批": "kyc_approval",
    "资料审核": "profile_verification",
    "立项初审": "initial_review",
}
"""Task → its form."""
OTHER, OTHER_NO = "淮安洪泽风电有限公司", reg_no.complete("91320800MA26TQ8L4")
LATE, LATE_NO = "盱眙晨光新能源有限公司", reg_no.complete("91320830MA27PX3K1")


class Desk:
    """One person's browser window."""

    def __init__(self, browser: Browser, address: str, name: str | None = None) -> None:
        self.context = browser.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
        )
        self.context.set_default_timeout(60_000)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.address = address
        if name is not None:
            self.page.goto(address)
            self.page.fill("input[name=name]", name)
            self.page.fill("input[type=password]", PASSWORD)
            self.page.keyboard.press("Enter")
            self.page.wait_for_url(lambda url: urlsplit(url).path == "/inbox")

    def row(self, client: str, task: str) -> Locator | None:
        """The row of a client's task among mine, else in my teams' queue."""
        for view in ("mine", "teams"):
            self.page.goto(f"{self.address}/inbox?view={view}")
            found = self.page.locator("[data-row]", has_text=client).filter(has_text=task)
            if found.count():
                return found.first
        return None

    def complete(self, row: Locator, task: str, values: Mapping[str, Any]) -> None:
        """Open the row's task, fill its form and complete it: another page comes."""
        row.locator("[data-row-link]").click()
        fill(self.page, FORMS[TASKS[task]], values)
        before = self.page.url
        self.page.get_by_role("button", name="完成").click()
        try:
            self.page.wait_for_url(lambda url: url != before)
        except PlaywrightError as error:
            said = self.page.locator("[role=alert]:visible, .fjs-form-field-error:visible").all_inner_texts()
            raise AssertionError(f"{task}: the page stays, saying {said}") from error

    def close(self) -> None:
        """Nothing may have gone wrong in the page."""
        assert self.faults == []
        self.context.close()


def inquire(browser: Browser, address: str, **changes: object) -> None:
    """A client sends the public form."""
    client = Desk(browser, address)
    client.page.goto(f"{address}/inquiry")
    fill(client.page, FORMS["inquiry"], {**INQUIRY, **changes})
    client.page.get_by_role("button", name="提交咨询").click()
    client.page.wait_for_url(re.compile("thanks|received|done"))
    client.close()


class Office:
    """Everybody at their desks; a desk is opened when its person is first asked for."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.desks: dict[str, Desk] = {}

    def desk(self, name: str) -> Desk:
        """The person's browser window, signed in."""
        if name not in self.desks:
            self.desks[name] = Desk(self.browser, self.address, name)
        return self.desks[name]

    def do(self, task: str, client: str, people: Sequence[str], values: Mapping[str, Any]) -> str:
        """Whoever of `people` has (or may take) the task completes it; returns who that was."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:  # what the server does by itself in between takes its time
            for name in people:
                row = self.desk(name).row(client, task)
                if row is not None:
                    self.desk(name).complete(row, task, values)
                    return name
        raise AssertionError(f"nobody of {people} has {task} of {client}")

    def carry_to_review(self, client: str, **profile: Any) -> list[str]:
        """From first contact to the initial review; returns who worked on it."""
        manager = self.do("首次联系", client, ("li", "wang"), CONTACT)
        self.do("客户资料采集", client, (manager,), {**PROFILE, **profile})
        checker = self.do("合规审批", client, ("sun", "zhou"), KYC)
        self.do("资料审核", client, (checker, "sun", "zhou", "qian", "deng"), VERIFIED)
        return [manager, checker]

    def close(self) -> None:
        """Close every window."""
        for desk in self.desks.values():
            desk.close()


@pytest.fixture
def post() -> Iterator[PostOffice]:
    """A real SMTP server."""
    with PostOffice() as office:
        yield office


def offset_to(folder: Path, query: str) -> str:
    """The clock offset that brings the server two hours past the moment that the query finds."""
    with closing(sqlite3.connect(folder / "dealflow.db")) as database:
        [found] = database.execute(query).fetchone()
    ahead = datetime.fromisoformat(found).replace(tzinfo=UTC) + timedelta(hours=2) - datetime.now(UTC)
    return f"P{ahead.days}DT{ahead.seconds // 60}M"


DUE = f"select due_at from user_task where state = 'open' and search like '%{LATE.lower()}%'"
GIVEN_AWAY = f"""select timer.due_at from timer join user_task on user_task.instance_id = timer.instance_id
    where user_task.state = 'open' and user_task.search like '%{LATE.lower()}%' order by timer.due_at limit 1"""


def holder(folder: Path) -> str:
    """Who has the late client's task."""
    with closing(sqlite3.connect(folder / "dealflow.db")) as database:
        [found] = database.execute(DUE.replace("due_at", "assignee")).fetchone()
    return str(found)


def test_an_inquiry_goes_to_approval_another_to_rejection_and_a_late_one_to_somebody_else(
    browser: Browser, tmp_path: Path, post: PostOffice
) -> None:
    port = free_port()
    with dealflow(tmp_path, port, smtp_url=post.address) as served:
        assert "li" in served.said.read_text(encoding="utf-8"), "the terminal says who can sign in"
        office = Office(browser, served.address)
        inquire(browser, served.address)
        inquire(browser, served.address, client_name=OTHER, reg_no=OTHER_NO, project_name="淮安 120MW 风电",
                phone="13800138111", email="huai@example.org")  # fmt: skip
        inquire(browser, served.address, client_name=LATE, reg_no=LATE_NO, project_name="盱眙 60MW 光伏",
                phone="13800138222", email="xu@example.org")  # fmt: skip
        people = office.carry_to_review(COMPANY)
        people.append(office.do("立项初审", COMPANY, ("zhao",), REVIEW))
        assert len(set(people)) == 3
        office.carry_to_review(OTHER, client_name=OTHER, reg_no=OTHER_NO, project_name="淮安 120MW 风电",
                               ownership=[{**row, "owned": OTHER} for row in PROFILE["ownership"]])  # fmt: skip
        office.do("立项初审", OTHER, ("zhao",), {"review_decision": "decline", "review_remarks": "资本金不足"})
        approved_and_rejected(office)
        office.close()
    first = holder(tmp_path)
    with dealflow(tmp_path, port, smtp_url=post.address, clock_offset=offset_to(tmp_path, DUE)) as served:
        reminded(Office(browser, served.address), first, post)
    with dealflow(tmp_path, port, smtp_url=post.address, clock_offset=offset_to(tmp_path, GIVEN_AWAY)) as served:
        given_away(Office(browser, served.address), first, post, tmp_path)


def approved_and_rejected(office: Office) -> None:
    """The approved deal is being evaluated; the rejected one got its letter."""
    page = office.desk("zhao").page
    open_until(page, f"{office.address}/processes/credit_evaluation", COMPANY)
    expect(page.locator("main")).not_to_contain_text(OTHER)
    for client in (COMPANY, OTHER):
        open_until(page, f"{office.address}/instances?state=completed", client)


def open_until(page: Page, address: str, words: str) -> None:
    """Open a page until it says so: the server goes on by itself when a task is done."""

    def said() -> str:
        page.goto(address)
        return page.locator("main").inner_text()

    await_value(said, lambda text: words in text)


def reminded(office: Office, first: str, post: PostOffice) -> None:
    """The one who has the late task sees the reminder in the app and gets it by mail, each once."""
    page = office.desk(first).page
    expect(page.locator("[data-row]", has_text=LATE)).to_be_visible()
    page.goto(f"{office.address}/inbox?view=overdue")
    expect(page.locator("[data-row]", has_text=LATE)).to_have_count(1)
    late = await_mails(post, f"{first}@example.com", lambda subject: "到期" in subject and LATE in subject)
    page.goto(f"{office.address}/notifications")
    expect(page.locator("main .list-group-item", has_text=LATE).filter(has_text="到期")).to_have_count(1)
    assert len(late) == 1
    office.close()


def given_away(office: Office, first: str, post: PostOffice, folder: Path) -> None:
    """Three working days later the task is somebody else's, who is told."""
    second = await_value(lambda: holder(folder), lambda name: name != first)
    expect(office.desk(second).page.locator("[data-row]", has_text=LATE)).to_have_count(1)
    assert office.desk(first).row(LATE, "首次联系") is None
    assert await_mails(post, f"{second}@example.com", lambda subject: LATE in subject)
    identifiers = [mail["Message-ID"] for mail in post.mails]
    assert len(identifiers) == len(set(identifiers)), "no mail came twice"
    office.close()


def await_value(look: Callable[[], Any], wanted: Callable[[Any], bool], seconds: float = PATIENCE) -> Any:
    """Look until it is as wanted."""
    until = time.monotonic() + seconds
    while not wanted(found := look()):
        assert time.monotonic() < until, f"still {found}"
        time.sleep(0.1)
    return found


def await_mails(post: PostOffice, address: str, wanted: Callable[[str], bool]) -> list[str]:
    """Subjects of the mails to an address that are wanted, once there is one."""
    return await_value(lambda: [s for s in post.to(address) if wanted(s)], bool)
