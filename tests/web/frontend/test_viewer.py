"""The diagram in a real browser, under our security policy."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.frontend.site import Site

pytestmark = pytest.mark.browser

DIAGRAM = (Path(__file__).parent / "diagram.bpmn").read_text(encoding="utf-8")
VIEWER = '<div data-bpmn-viewer data-xml-url="/d.bpmn" data-state-url="/state.json" {more}></div>'


def open_diagram(page: Page, site: Site, state: dict[str, object], lang: str = "zh", more: str = "") -> None:
    site.pages["/d.bpmn"] = ("application/xml", DIAGRAM)
    site.json("/state.json", state)
    page.goto(site.html("/p", VIEWER.format(more=more), lang=lang, scripts=("viewer.js",)))
    page.wait_for_selector('[data-bpmn-viewer][data-ready="true"]')


def test_a_diagram_shows_where_the_instance_stands(page: Page, site: Site) -> None:
    state = {
        "active": ["call", "gone"],
        "done": ["start"],
        "waits": {"call": "等待 李伟"},
        "incidents": ["end"],
    }
    open_diagram(page, site, state)
    expect(page.locator('.djs-element.df-active[data-element-id="call"]')).to_have_count(1)
    expect(page.locator('.djs-element.df-done[data-element-id="start"]')).to_have_count(1)
    expect(page.locator('.djs-element.df-incident[data-element-id="end"]')).to_have_count(1)
    expect(page.locator(".df-you-are-here")).to_have_text("当前位置")
    expect(page.locator(".df-wait")).to_have_text("等待 李伟")
    assert site.violations == []


def test_english_names_take_the_place_of_the_files_own(page: Page, site: Site) -> None:
    open_diagram(page, site, {"names": {"call": "First contact", "start": "Inquiry"}}, lang="en")
    drawn = page.locator(".djs-container svg")
    expect(drawn.get_by_text("First").first).to_be_attached()
    expect(drawn.get_by_text("首次联系")).to_have_count(0)
    expect(page.get_by_role("button", name="Zoom in")).to_be_visible()


@pytest.mark.parametrize("media", ["screen", "print"])
def test_the_bpmn_io_logo_stays_visible_and_uncovered(page: Page, site: Site, media: str) -> None:
    open_diagram(page, site, {"active": ["call"]})
    page.emulate_media(media=media)  # type: ignore[arg-type]
    logo = page.locator("a.bjs-powered-by")
    expect(logo).to_be_visible()
    on_top = logo.evaluate(
        """link => { link.scrollIntoView(); const box = link.getBoundingClientRect();
        const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return link.contains(hit); }"""
    )
    assert on_top
    assert logo.evaluate("link => Number(getComputedStyle(link).opacity)") == 1


def test_the_state_is_read_again_while_the_page_is_open(page: Page, site: Site) -> None:
    open_diagram(page, site, {"active": ["start"]}, more='data-refresh="0.2"')
    site.json("/state.json", {"active": ["call"]})
    expect(page.locator('.djs-element.df-active[data-element-id="call"]')).to_have_count(1)
    expect(page.locator(".djs-element.df-active")).to_have_count(1)


def test_a_diagram_that_cannot_be_read_says_so(page: Page, site: Site) -> None:
    site.pages["/d.bpmn"] = ("application/xml", "<not bpmn")
    page.goto(site.html("/p", '<div data-bpmn-viewer data-xml-url="/d.bpmn"></div>', scripts=("viewer.js",)))
    page.wait_for_selector('[data-ready="failed"]')
    expect(page.locator(".df-viewer-message")).to_contain_text("流程图无法显示")
    page.goto(site.html("/q", '<div data-bpmn-viewer data-xml-url="/none"></div>', scripts=("viewer.js",)))
    expect(page.locator(".df-viewer-message")).to_have_text("流程图加载失败。")


def test_a_click_on_an_element_leads_to_its_page_and_keys_zoom(page: Page, site: Site) -> None:
    site.html("/e/call", "<h1>element</h1>")
    open_diagram(page, site, {}, more='data-element-url="/e/{id}"')
    scale = "document.querySelector('.djs-container svg .viewport').getCTM().a"
    before = page.evaluate(scale)
    page.locator(".djs-container svg").first.focus()
    page.keyboard.press("-")
    page.wait_for_function(f"before => {scale} < before", arg=before)
    page.locator('[data-element-id="call"] .djs-hit').click()
    page.wait_for_url("**/e/call")
