"""As an operator: find what is broken, mend it, see it go on; and move a token by hand on the diagram."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.store import tables as t
from tests.browser import settled
from tests.browser.conftest import Place
from tests.browser.rooms.operations import broken_house

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(browser: Browser, place: Place) -> Iterator[Page]:
    """A desk-sized page that notes complaints."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    place.listen_anew()
    yield place.watch(context.new_page())
    context.close()


def test_an_operator_finds_a_broken_case_mends_it_and_moves_its_token(place: Place, page: Page) -> None:
    _done, broken = broken_house(place.house)
    place.sign_in(page, "owen", "/incidents")
    page.get_by_role("link", name="利差足够？").first.click()
    expect(page.locator("[data-bpmn-viewer]")).to_have_attribute("data-ready", "true")
    expect(page.locator(".alert-danger")).to_contain_text("margin")
    page.get_by_label("变量 1").fill("margin")
    page.get_by_label("新值 1").fill("1.6")
    page.get_by_role("button", name="重试").click()
    page.wait_for_url(f"{place.url}/instances/{broken}")
    expect(page.locator(".df-side", has_text="等待")).to_contain_text("签字确认")

    page.get_by_role("link", name="干预").click()
    page.wait_for_url("**/steer*")
    diagram = page.locator("[data-bpmn-viewer]")
    expect(diagram).to_have_attribute("data-ready", "true")
    mark, target = diagram.locator(".df-you-are-here"), diagram.locator("[data-element-id=ut_price] .djs-visual")
    settled.at_rest(page)
    mark.scroll_into_view_if_needed()
    from_box, to_box = mark.bounding_box(), target.bounding_box()
    assert from_box is not None and to_box is not None
    page.mouse.move(from_box["x"] + 5, from_box["y"] + 5)
    page.mouse.down()
    page.mouse.move(to_box["x"] + 20, to_box["y"] + 20, steps=5)
    page.mouse.up()
    page.wait_for_url("**/steer?source=ut_sign&target=ut_price*")
    expect(page.locator("#preview")).to_contain_text("重新报价")
    page.locator("#preview").get_by_label("原因").fill("客户要求重新报价")
    page.get_by_role("button", name="移动令牌").click()
    expect(page.locator(".alert-success")).to_be_visible()
    [task] = place.house.tasks(broken)
    assert task["element"] == "ut_price"

    page.get_by_role("link", name="审计").click()
    expect(page.locator(".alert-success")).to_contain_text("链条完整")
    actions = [
        row["action"] for row in place.house.rows(t.audit_entry, t.audit_entry.c.subject == f"instance:{broken}")
    ]
    assert actions == ["retried", "token_moved"]
    assert not place.wrong, place.wrong


def test_what_if_is_run_and_its_result_stands_on_the_diagram(place: Place, page: Page) -> None:
    place.sign_in(page, "owen", "/simulation?process=client_intake")
    page.locator("[name=cases]").fill("40")
    page.locator("[name='first:between']").fill("0.1")  # so many at once that people are waited for
    page.locator("[name='second:between']").fill("0.2")
    page.get_by_role("button", name="运行推演").click()
    for side in (1, 2):
        drawn = page.locator(f"[data-bpmn-viewer][data-state=heat-{side}]")
        expect(drawn).to_have_attribute("data-ready", "true")
        expect(drawn.locator("[class*=df-heat]").first).to_be_attached()
    result = page.locator("#result")
    expect(result).to_contain_text("每次 40 ")
    expect(result.locator("tbody tr").nth(1)).to_be_visible()
    assert place.wrong == []
