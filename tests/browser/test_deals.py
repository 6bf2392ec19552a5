"""Deals in the browser: figures that are tried change the page while one types, and an investor comes in by mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.store import tables as t
from tests.browser import axe, gallery, settled
from tests.browser.conftest import Place, serving
from tests.browser.rooms import portfolio

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def deals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A house with an evaluation under way, two loans, and a fund that gets reports."""
    house = gallery.build(tmp_path_factory.mktemp("deals"))
    portfolio.furnish(gallery.Gallery(house))
    with serving(house) as url:
        yield Place(url, house)


@pytest.fixture
def page(browser: Browser, deals: Place) -> Iterator[Page]:
    deals.listen_anew()
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": "language", "value": "en", "url": deals.url}])
    yield deals.watch(context.new_page())
    context.close()
    assert [said for said in deals.wrong if "status of 422" not in said] == []


def sound(page: Page) -> None:
    """Nothing serious for axe, nothing that scrolls sideways."""
    assert axe.serious(page) == []
    assert not settled.sideways(page)


def test_figures_follow_what_is_typed_and_go_into_the_plan_task(page: Page, deals: Place) -> None:
    deals.sign_in(page, "admin", f"/plans/{portfolio.PLANNED}/2")
    page.wait_for_selector("[data-chart='plan-cover-figures'][data-ready='true']")
    page.locator(".df-try > summary").click()
    page.locator("input[name='0.amount']").fill("200000000")
    expect(page.locator("#results")).to_contain_text("was 236,000,000")
    page.wait_for_selector("#results [data-chart='plan-cover-figures'][data-ready='true']")
    expect(page.locator("#results")).not_to_contain_text("gearing of")
    page.locator("input[name='0.months']").fill("97")
    expect(page.locator("#results [role=alert]")).to_contain_text("no whole instalments")
    page.locator("input[name='0.months']").fill("96")
    expect(page.locator("#results")).to_contain_text("was 236,000,000")
    sound(page)


def test_on_paper_tables_and_pictures_of_a_plan_stand_whole(page: Page, deals: Place) -> None:
    deals.sign_in(page, "admin", f"/plans/{portfolio.PLANNED}/2")
    page.wait_for_selector("[data-chart='plan-cover-figures'][data-ready='true']")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    page.emulate_media(media="print")
    cut = """() => [...document.querySelectorAll('.df-scroll, .df-report, [data-chart]')]
        .filter((one) => one.scrollHeight > one.clientHeight + 1 || getComputedStyle(one).maxHeight !== 'none')"""
    assert page.locator(".df-scroll").count() and page.evaluate(f"({cut})().map((one) => one.className)") == []
    assert page.evaluate("getComputedStyle(document.querySelector('.page-wrapper')).paddingBottom") == "0px"


def test_an_investor_comes_in_by_the_link_in_their_mail(page: Page, deals: Place) -> None:
    page.goto(f"{deals.url}/portal")
    page.fill("#email", portfolio.INVESTOR)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("status")).to_contain_text("a link is on its way")
    mine = (t.outbox.c.template == "portal_link") & (t.outbox.c.recipient == portfolio.INVESTOR)
    [letter] = deals.house.rows(t.outbox, mine)
    page.goto(deals.url + re.sub(r"^https?://[^/]+", "", str(letter["data"]["portal_url"])))
    page.get_by_role("button", name="Go in").click()
    report = page.get_by_role("link", name=portfolio.HELD)
    expect(report).to_be_visible()
    sound(page)
    report.click()
    page.fill("#question", "何时投产？")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("Your question has arrived under QN-")
    sound(page)
    with page.expect_download() as loaded:
        page.get_by_role("button", name="Open the report").click()
    assert loaded.value.suggested_filename == "2025.pdf"
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Investor portal")).to_be_visible()
