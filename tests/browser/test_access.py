"""Every page for people who see little or use no mouse: axe finds nothing serious, on a desk, a phone, in the dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import gallery
from tests.browser.conftest import Place, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, gallery.Gallery]]:
    """A house in which every page has something to show."""
    house = gallery.build(tmp_path_factory.mktemp("gallery"))
    shown = gallery.furnish(house)
    with serving(house) as url:
        yield Place(url, house), shown


def look_at(page: Page, url: str) -> list[str]:
    """Open a page, wait until forms and diagrams stand, and ask axe; also whether it scrolls sideways."""
    page.goto(url, wait_until="load")
    for part in ("[data-form]", "[data-bpmn-viewer]"):
        if page.locator(part).count():
            page.wait_for_selector(f"{part}[data-ready]")
    found = [
        f"{url}: {one['id']}: {node['html'][:160]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"][:3]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{url}: scrolls sideways")
    return found


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_can_be_read_and_reached(
    browser: Browser, furnished: tuple[Place, gallery.Gallery], theme: str, width: int
) -> None:
    place, shown = furnished
    language = {"light": "en-GB", "dark": "zh-CN"}[theme]
    context = browser.new_context(
        locale=language, color_scheme=theme, viewport={"width": width, "height": 900}  # type: ignore[arg-type]
    )
    context.set_default_timeout(30_000)
    page = place.watch(context.new_page())
    faults = [fault for path in shown.public().values() for fault in look_at(page, place.url + path)]
    place.sign_in(page, "admin")
    if (page.locator("html").get_attribute("lang") == "en") != (theme == "light"):
        page.click(".df-language")
    faults += [fault for path in shown.pages().values() for fault in look_at(page, place.url + path)]
    context.close()
    assert not faults, "\n".join(faults)
    policy = [said for said in place.wrong if "Content Security Policy" in said or "Refused" in said]
    assert not policy, policy
