"""Pages that change while somebody looks at them: refused saves, a server that goes away and comes back, diagrams that
open where they can be read, forms that take what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from engine import api, watcher
from tests.bpmn.intake_house import PROFILE
from tests.browser import settled
from tests.browser.conftest import Place, speak
from tests.browser.gallery import Stage
from tests.paths import ROOT
from tests.patience import within

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def window(browser: Browser, place: Place) -> Iterator[Callable[..., Page]]:
    """A new browser window of its own, far from the business zone; with a name somebody is signed in."""
    contexts = []

    def one(name: str = "", path: str = "/inbox", language: str = "zh", width: int = 1440) -> Page:
        context = browser.new_context(
            locale="zh-CN", timezone_id="America/New_York", viewport={"width": width, "height": 844}
        )
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": "language", "value": language, "url": place.url}])
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
    found = Stage(place.house)  # type: ignore[arg-type]
    found.registry_up()
    return found


def ready(page: Page, what: str = "[data-form]") -> None:
    expect(page.locator(what)).to_have_attribute("data-ready", "true")


def test_a_refused_save_and_its_correction_appear_by_themselves(place: Place, window: Callable[..., Page]) -> None:
    page = window("owen", "/processes")
    expect(page.get_by_text("未通过检查")).to_have_count(0)
    folder = place.house.runtime.settings.bpmn_dir / "pricing"
    folder.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "bpmn" / "client_intake" / "client_intake.bpmn").read_text(encoding="utf-8")
    (folder / "pricing.bpmn").write_text(text.replace('targetRef="gw_received"', 'targetRef="gw_gone"', 1), "utf-8")
    assert watcher.deploy_folder(place.house.runtime, folder, api.SYSTEM).deployed is None
    expect(page.get_by_text("未通过检查")).to_be_visible(timeout=within(4) * 1000)
    with place.house.writing() as session:
        from engine import faults

        faults.keep(session, "pricing", [])
    expect(page.get_by_text("未通过检查")).to_have_count(0, timeout=within(4) * 1000)


def test_a_form_goes_on_by_itself_when_the_server_is_back(
    place: Place, stage: Stage, window: Callable[..., Page]
) -> None:
    case = stage.inquire()
    task = stage.open_task(case, "ut_first_contact")
    page = window(str(task["assignee"]), f"/tasks/{task['id']}")
    ready(page)
    gone: Callable[[Route], None] = lambda route: route.abort("connectionrefused")  # noqa: E731
    page.route("**/*", gone)
    page.get_by_label("需求要点").fill("服务器不在时写的")
    expect(page.locator("[data-form-status]")).to_contain_text("未能保存到服务器")
    page.evaluate("document.dispatchEvent(new CustomEvent('htmx:sendError'))")
    expect(page.locator("[data-notices]")).to_contain_text("无法连接服务器")
    page.unroute("**/*", gone)
    expect(page.locator("[data-notices]")).not_to_contain_text("无法连接服务器")
    expect(page.locator("[data-form-status]")).to_contain_text("草稿已保存")
    expect(page.get_by_label("需求要点")).to_have_value("服务器不在时写的")
    page.reload()
    ready(page)
    expect(page.get_by_label("需求要点")).to_have_value("服务器不在时写的")
    # The draft's time is the business's, not the browser's: the clock of this house stands at nine in Shanghai.
    expect(page.locator("[data-form-status]")).to_contain_text(re.compile(r"2026-03-\d\d 09:\d\d"))


def wait_for_scale(page: Page, least: float = 0, most: float = 100) -> None:
    """Wait until the diagram is drawn at a scale between these."""
    page.wait_for_function(
        """([least, most]) => {
            const { a } = document.querySelector('[data-bpmn-viewer] .viewport').getCTM();
            return a >= least && a < most;
        }""",
        arg=[least, most],
    )


def centre_of(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_large_diagram_opens_where_it_can_be_read(place: Place, stage: Stage, window: Callable[..., Page]) -> None:
    stage.inquire()
    for width in (1440, 390):
        page = window("owen", "/processes/client_intake", width=width)
        ready(page, "[data-bpmn-viewer]")
        settled.at_rest(page)
        wait_for_scale(page, least=0.7)
        busy = centre_of(page, '[data-element-id="ut_first_contact"].djs-shape')
        frame = page.locator("[data-bpmn-viewer]").bounding_box()
        assert frame is not None
        assert frame["x"] < busy[0] < frame["x"] + frame["width"]
        assert frame["y"] < busy[1] < frame["y"] + frame["height"]
        page.get_by_role("button", name="适应窗口").click()
        wait_for_scale(page, most=0.7)
        page.keyboard.press(".")
        wait_for_scale(page, least=0.7)
        page.keyboard.press("0")
        wait_for_scale(page, most=0.7)


OUTSIDE = """() => [...document.querySelectorAll('.djs-shape')].flatMap((shape) => {
  const frame = shape.querySelector('.djs-visual > rect'), words = shape.querySelector('.djs-visual > text');
  if (!frame || !words || shape.dataset.elementId.startsWith('pool') || !words.textContent) return [];
  const [a, b] = [frame.getBoundingClientRect(), words.getBoundingClientRect()];
  const off = Math.abs((a.left + a.right) / 2 - (b.left + b.right) / 2);
  const task = a.width < 2 * a.height;
  return task && (b.left < a.left || b.right > a.right || off > 6) ? [shape.dataset.elementId] : [];
})"""
COVERED = """() => [...document.querySelectorAll('.df-count')].filter((badge) => {
  const a = badge.getBoundingClientRect();
  return [...document.querySelectorAll('.djs-shape')].some((shape) => {
    const b = shape.querySelector('.djs-visual > circle')?.getBoundingClientRect();
    return b && b.width && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  });
}).map((badge) => badge.closest('[data-container-id]')?.dataset.containerId)"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_labels_stand_inside_their_boxes_and_counts_beside_border_events(
    place: Place, stage: Stage, window: Callable[..., Page], language: str
) -> None:
    stage.to_profile()
    page = window("owen", "/processes/client_intake")
    speak(page, language)
    ready(page, "[data-bpmn-viewer]")
    expect(page.locator(".df-count").first).to_be_attached()
    assert settled.evaluated(page, OUTSIDE) == []
    assert settled.evaluated(page, COVERED) == []


def test_the_summary_of_faults_fits_a_phone(place: Place, window: Callable[..., Page]) -> None:
    for language, send in (("en", "Send the inquiry"), ("zh", "提交咨询")):
        page = window(language=language, width=390)
        page.goto(f"{place.url}/inquiry")
        ready(page)
        page.get_by_role("button", name=send).click()
        expect(page.locator(".df-form-summary li").first).to_be_visible()
        wide = page.locator(".df-form-summary li, .df-form-summary button").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().right > innerWidth || one.scrollWidth > innerWidth)"
            ".map(one => one.textContent)"
        )
        assert wide == []
        assert not settled.sideways(page)


def test_full_width_letters_become_plain_ones_in_codes_and_stay_in_names(
    place: Place, window: Callable[..., Page]
) -> None:
    page = window()
    page.goto(f"{place.url}/inquiry")
    ready(page)
    typed = {
        "单位名称": ("Ａ１光伏", "Ａ１光伏"),
        "电话": ("１３８００１３８０９９", "13800138099"),
        "电子邮箱": ("ｇａｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", "gao@example.com"),
        "统一社会信用代码": ("９１６４０３００ma９０００００５ｘ", "91640300MA9000005X"),
    }
    for label, (written, _) in typed.items():
        page.get_by_label(label).first.fill(written)
    page.get_by_role("button", name="提交咨询").click()
    for label, (_, meant) in typed.items():
        expect(page.get_by_label(label).first).to_have_value(meant)
    for label in ("电话", "电子邮箱", "统一社会信用代码"):
        expect(page.locator(".df-form-summary")).not_to_contain_text(label)


def test_findings_of_the_check_stand_at_their_fields(place: Place, stage: Stage, window: Callable[..., Page]) -> None:
    case = stage.to_profile()
    people = [{**PROFILE["people"][0], "birthday": "2020-01-01"}]
    stage.profile(case, capex="100000000", people=people)
    task = stage.open_task(case, "ut_correct")
    page = window(str(task["assignee"]), f"/tasks/{task['id']}")
    ready(page)
    amount = page.locator(".fjs-form-field-number", has=page.get_by_label("融资金额（元，按项目币种）")).last
    expect(amount).to_contain_text("超过总投资")
    expect(page.locator(".fjs-form-field-datetime", has=page.get_by_label("生日")).last).to_contain_text("不合理")
    page.get_by_label("融资金额（元，按项目币种）").fill("60000000")
    page.get_by_label("总投资（元，按项目币种）").focus()
    expect(amount).not_to_contain_text("超过总投资")


def test_search_is_one_key_away_from_every_page(place: Place, stage: Stage, window: Callable[..., Page]) -> None:
    task = stage.open_task(stage.inquire(), "ut_first_contact")
    page = window(str(task["assignee"]), f"/tasks/{task['id']}")
    ready(page)
    page.get_by_label("需求要点").focus()
    page.keyboard.press("Control+k")
    page.wait_for_url(f"{place.url}/instances#search")
    search = page.locator("[data-search]")
    expect(search).to_be_focused()
    page.goto(f"{place.url}/inbox")
    page.keyboard.press("Control+k")
    expect(search).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog.df-help")).to_contain_text("搜索客户、项目和业务")


def test_nothing_moves_while_a_page_settles(place: Place, stage: Stage, window: Callable[..., Page]) -> None:
    task = stage.open_task(stage.inquire(), "ut_first_contact")
    page = window(str(task["assignee"]))
    for path in ("/inbox", f"/tasks/{task['id']}", f"/instances/{task['instance_id']}", "/processes/client_intake"):
        page.goto(place.url + path)
        moved = page.evaluate(
            """() => new Promise((done) => {
                let sum = 0;
                new PerformanceObserver((list) => {
                  for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
                }).observe({ type: 'layout-shift', buffered: true });
                setTimeout(() => done(sum), 1500);
            })"""
        )
        assert moved < 0.1, (path, moved)  # "good" by web.dev's Cumulative Layout Shift
