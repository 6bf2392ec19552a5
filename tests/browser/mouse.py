"""The diagram editor worked by mouse and keys. Law: only what a hand can do where the page shows it; what stands on the
canvas is found in the page, nothing is done by the editor's own functions.

Spots are in the diagram's own measure. Each act waits for what it brings, so that the next one meets it.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import settled

Spot = tuple[float, float]
ZOOM = 0.5
"""Small enough to see what is joined to an element, large enough to hit it."""
SCALE = "document.querySelector('.djs-container .viewport').getScreenCTM().a"
ON_SCREEN = """([x, y]) => {
  const seen = document.querySelector('.djs-container .viewport').getScreenCTM();
  return [x * seen.a + seen.e, y * seen.d + seen.f];
}"""
ALONG = """(drawn, share) => {
  const line = drawn.querySelector('.djs-visual > path'), at = line.getPointAtLength(line.getTotalLength() * share);
  return [at.x, at.y];
}"""
CENTRE = """(drawn) => {
  const box = drawn.querySelector('.djs-hit').getBBox(), at = drawn.transform.baseVal.consolidate().matrix;
  return [at.e + box.x + box.width / 2, at.f + box.y + box.height / 2];
}"""
DEAF = "() => new Promise((done) => setTimeout(done, 410))"
"""For 400 ms after something was dragged the editor takes no click on an element."""
DRAWN = "(all) => all.map((one) => one.dataset.elementId)"
SELECTED = ".djs-element.selected"


def find(page: Page, id: str) -> None:
    """Bring an element into the middle by the page's search, and step back until its surroundings are seen."""
    page.get_by_role("button", name="查找").click()
    asked = page.locator(".djs-search-input input")
    asked.press_sequentially(id)  # the editor looks for what keys write
    expect(page.locator(".djs-search-result-selected")).to_contain_text(id)
    asked.press("Enter")
    expect(asked).to_be_hidden()
    page.wait_for_function(f"{SCALE} > {ZOOM}")  # it has gone there
    page.locator(".djs-container").hover()
    page.keyboard.down("Control")
    while (before := page.evaluate(SCALE)) > ZOOM:
        page.mouse.wheel(0, 120)
        page.wait_for_function(f"{SCALE} < {before}")
    page.keyboard.up("Control")
    settled.drawn(page)


def flows(page: Page) -> list[str]:
    """The ids of all flows that are drawn."""
    return list(page.locator(".djs-connection").evaluate_all(DRAWN))


def centre(page: Page, id: str) -> Spot:
    """The middle of a shape."""
    x, y = page.locator(f".djs-shape[data-element-id='{id}']").evaluate(CENTRE)
    return x, y


def along(page: Page, flow: str, share: float = 0.5) -> Spot:
    """A point on a flow, after this share of its way."""
    x, y = page.locator(f".djs-connection[data-element-id='{flow}']").evaluate(ALONG, share)
    return x, y


def drop(page: Page, tool: str, spot: Spot) -> str:
    """Drag a tool of the palette or of the pad beside the selected element to a spot; the id of what it makes."""

    def act() -> None:
        page.locator(f".entry[data-action='{tool}']").hover()
        page.mouse.down()
        _move(page, spot)
        page.mouse.up()

    return _made(page, ".djs-shape", act)


def connect(page: Page, source: str, target: str) -> str:
    """Draw a flow from one shape to another; its id. The flow is selected afterwards."""
    choose(page, source, centre(page, source))

    def act() -> None:
        page.click(".djs-context-pad .entry[data-action='connect']")
        _click(page, centre(page, target))

    return _made(page, ".djs-connection", act)


def choose(page: Page, id: str, spot: Spot) -> None:
    """Click on an element unless it is selected, for a second click would leave it again."""
    if not page.locator(f"{SELECTED}[data-element-id='{id}']").count():
        page.evaluate(DEAF)
        _click(page, spot)
    expect(page.locator(SELECTED)).to_have_attribute("data-element-id", id)
    settled.drawn(page)


def turn_into(page: Page, kind: str) -> None:
    """Make another kind of the selected element, by its menu."""
    page.click(".djs-context-pad .entry[data-action='replace']")
    page.click(f".djs-popup .entry[data-id='replace-with-{kind}']")
    expect(page.locator(".djs-popup")).to_have_count(0)
    settled.drawn(page)


def write(page: Page, words: str) -> None:
    """Write the name of what was just made, whose field is open."""
    field = page.locator(".djs-direct-editing-content")
    expect(field).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(field).to_have_count(0)
    settled.drawn(page)


def _made(page: Page, kind: str, act: Callable[[], None]) -> str:
    drawn = page.locator(f"{kind}:not([data-element-id$='_label'])")
    before = set(drawn.evaluate_all(DRAWN))
    act()
    expect(drawn).to_have_count(len(before) + 1)
    settled.drawn(page)
    [made] = set(drawn.evaluate_all(DRAWN)) - before
    return str(made)


def _move(page: Page, spot: Spot) -> None:
    x, y = page.evaluate(ON_SCREEN, list(spot))
    page.mouse.move(x - 8, y - 8)
    page.mouse.move(x, y, steps=4)
    settled.drawn(page)


def _click(page: Page, spot: Spot) -> None:
    _move(page, spot)
    page.mouse.down()
    page.mouse.up()
