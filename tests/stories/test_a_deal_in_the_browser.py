"""P2, P3 and P4 by their people in their browsers, where the deal turns: the committee votes and the client accepts;
one examines a draw and another one lets the money go; the relationship manager reviews the year. The rest is carried by
the engine. P1 has a story of its own (`test_intake_in_the_browser`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from handlers import demo
from handlers.records import facilities, projects
from tests.browser.conftest import serving
from tests.paths import ROOT
from tests.stories import life
from tests.stories.filling import fill
from tests.stories.life import KEY, MILLION, LifeHouse

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Office:
    """The house, its pages and everybody's browser window; what pages complain about is kept."""

    house: LifeHouse
    browser: Browser
    address: str
    windows: dict[str, Page] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def window(self, name: str = "") -> Page:
        """A person's window, signed in; without a name a client's."""
        if name not in self.windows:
            context = self.browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
            context.set_default_timeout(60_000)
            page = self.windows[name] = context.new_page()
            page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: self.faults.append(str(error)))
            if name:
                page.goto(f"{self.address}/login")
                page.fill("#name", name)
                page.fill("#password", demo.PASSWORD)
                page.keyboard.press("Enter")
                page.wait_for_url("**/inbox")
        return self.windows[name]

    def do(self, element: str, form: str, values: Mapping[str, Any]) -> str:
        """Whoever has the element's oldest task, or may take it, finds it in the inbox, fills its form and completes
        it; then everything automatic. Returns who that was."""
        task = self.house.tasks_of(element)[0]
        who = str(task["assignee"] or self.house.somebody(task))
        page = self.window(who)
        page.goto(f"{self.address}/inbox?view={'mine' if task['assignee'] else 'teams'}")
        page.locator(f"[data-row-link][href='/tasks/{task['id']}']").click()
        page.wait_for_url(f"**/tasks/{task['id']}")
        claim = page.get_by_role("button", name="领取")
        if not task["assignee"] and claim.count():
            with page.expect_navigation():
                claim.first.click()
        fill(page, schema(form), values)
        page.get_by_role("button", name="完成").click()
        page.wait_for_url(lambda url: not url.endswith(f"/tasks/{task['id']}"))
        self.house.work()
        return who

    def phase(self) -> str:
        """Where the deal stands."""
        with self.house.looking() as session:
            return projects.get(session, KEY).phase


def schema(form: str) -> Mapping[str, Any]:
    """A form's file, by its name."""
    [path] = (ROOT / "bpmn").rglob(f"{form}.form")
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def office(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    house = life.built_once(tmp_path_factory)
    with serving(house) as address:
        found = Office(house, browser, address)
        yield found
        for page in found.windows.values():
            page.context.close()
    assert found.faults == []


def test_the_committee_votes_its_chair_signs_and_the_client_accepts(office: Office) -> None:
    life.inquire(office.house)
    life.propose(office.house)
    condition = [{"text": "购电合同先行签署"}]
    vote = {"vote": "conditional", "vote_conditions": condition, "vote_opinion": "电价已锁定"}
    voter = office.do("ut_vote", "committee_ballot", vote)
    office.window(voter).goto(f"{office.address}/inbox?view=done")
    expect(office.window(voter).locator("main")).to_contain_text(KEY)
    while "ut_vote" in office.house.open_elements():
        office.house.finish("ut_vote", {"vote": "agree"})
    office.do("ut_chair", "committee_chair", {"minutes": "全体同意", "chair_decision": "confirm"})
    client = office.window()
    client.goto(office.address + urlsplit(life.offered(office.house)).path)
    fill(client, schema("term_sheet_accept"), {"accepted_by": "陈晓 总经理", "accepted_confirm": True})
    client.get_by_role("button", name="提交").click()
    expect(client.locator("h1")).to_contain_text("谢谢，已收到")
    office.house.work()
    assert office.phase() == "execution"
    manager = office.window("zhao")
    manager.goto(f"{office.address}/pipeline")
    expect(manager.locator("[data-phase=execution]")).to_contain_text("盐城")


def test_one_examines_a_draw_and_another_one_lets_the_money_go(office: Office) -> None:
    life.inquire(office.house)
    life.evaluate(office.house)
    facility = life.close(office.house)
    life.ask_for_money(office.house, facility)
    maker = office.do("ut_maker", "drawdown_vouchers", life.execution.IN_ORDER)
    [task] = office.house.tasks_of("ut_checker")
    refused = office.window(maker)
    refused.goto(f"{office.address}/tasks/{task['id']}")
    expect(refused.get_by_role("button", name="完成")).to_have_count(0)
    checker = office.do("ut_checker", "drawdown_approval", {"checker_decision": "approve"})
    assert checker != maker
    life.pay(office.house)
    with office.house.looking() as session:
        assert facilities.get(session, facility).drawn == 20 * MILLION
    page = office.window(checker)
    page.goto(f"{office.address}/facilities/{facility}")
    expect(page.locator("main")).to_contain_text("20,000,000")


def test_the_relationship_manager_reviews_the_year_and_the_client_is_seen_from_all_sides(office: Office) -> None:
    life.inquire(office.house)
    life.evaluate(office.house)
    life.carry_out(office.house)
    life.review_comes(office.house)
    told = {name: value for name, value in life.relationship.REVIEW.items() if value != []}
    manager = office.do("ut_review", "annual_review", told)
    page = office.window(manager)
    page.goto(f"{office.address}/clients/{KEY}/service")
    expect(page.locator("main")).to_contain_text("二期融资，季度拜访")
