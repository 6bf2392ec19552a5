"""What every page has: keys, lists, notices, theme and htmx under the security policy."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.frontend.site import Site

pytestmark = pytest.mark.browser

LIST = """<input data-search aria-label="search">
<table data-rows><tbody id="rows">
<tr data-row id="a"><td><a data-row-link href="/t/a">A</a></td></tr>
<tr data-row id="b"><td><a data-row-link href="/t/b">B</a></td></tr>
<tr data-row id="c"><td><a data-row-link href="/t/c">C</a></td></tr>
</tbody></table>
<button data-key="c" data-key-help="领取任务" id="claim">领取</button>
<script type="application/json" id="none">{}</script>"""
CURRENT = '[data-row][aria-current="true"]'


def test_j_and_k_walk_the_rows_and_o_opens_one(page: Page, site: Site) -> None:
    site.html("/t/b", "<h1>task</h1>")
    page.goto(site.html("/p", LIST))
    for key, row in [("j", "a"), ("j", "b"), ("j", "c"), ("j", "c"), ("k", "b")]:
        page.keyboard.press(key)
        expect(page.locator(CURRENT)).to_have_id(row)
    page.keyboard.press("o")
    page.wait_for_url("**/t/b")


def test_a_key_inside_the_rows_acts_on_the_current_row_only(page: Page, site: Site) -> None:
    rows = "".join(
        f'<tr data-row id="{name}"><td><a data-row-link href="/t">{name}</a>'
        f'<button data-key="x" hx-post="/claim/{name}">x</button></td></tr>'
        for name in "ab"
    )
    page.goto(site.html("/p", f"<table data-rows><tbody>{rows}</tbody></table>"))
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    with page.expect_response("**/claim/b"):
        page.keyboard.press("x")
    assert [one.path for one in site.received] == ["/claim/b"]


def test_content_that_htmx_swaps_in_is_mounted(page: Page, site: Site) -> None:
    schema = '{"type": "default", "components": [{"type": "textfield", "id": "f", "key": "k", "label": "名称"}]}'
    site.pages["/part"] = (
        "text/html",
        f'<div data-form data-schema="s"></div><script type="application/json" id="s">{schema}</script>',
    )
    page.goto(
        site.html("/p", '<button hx-get="/part" hx-target="#to">go</button><p id="to"></p>', scripts=("form.js",))
    )
    page.get_by_role("button", name="go").click()
    expect(page.get_by_label("名称")).to_be_visible()


def test_letters_typed_into_a_field_are_no_shortcuts(page: Page, site: Site) -> None:
    page.goto(site.html("/p", LIST))
    page.evaluate("document.getElementById('claim').addEventListener('click', () => { document.title = 'claimed' })")
    page.keyboard.press("/")
    expect(page.get_by_label("search")).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_label("search")).to_have_value("c")
    assert page.title() == "t"
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page).to_have_title("claimed")


def test_the_help_lists_the_keys_of_this_page_in_its_language(page: Page, site: Site) -> None:
    page.goto(site.html("/p", LIST))
    page.keyboard.press("?")
    shown = page.get_by_role("dialog", name="键盘快捷键")
    expect(shown).to_contain_text("领取任务")
    expect(shown).to_contain_text("下一行")
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)


def test_the_theme_is_kept_and_set_before_the_first_paint(page: Page, site: Site) -> None:
    page.goto(site.html("/p", "<button data-theme-toggle>theme</button>"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto(site.html("/q", "<p>second</p>"), wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_paper_is_light_in_the_dark_and_shows_no_tools(page: Page, site: Site) -> None:
    page.add_init_script("localStorage.setItem('dealflow.theme', 'dark')")
    tools = '<nav class="navbar">menu</nav><p class="df-back">back</p><button class="btn">go</button>'
    page.goto(site.html("/p", tools))
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(media="print")
    expect(html).to_have_attribute("data-bs-theme", "light")
    for tool in (".navbar", ".df-back", ".btn"):
        expect(page.locator(tool)).to_be_hidden()
    page.emulate_media(media="screen")
    expect(html).to_have_attribute("data-bs-theme", "dark")


def test_htmx_sends_the_token_and_swaps_faults_in(page: Page, site: Site) -> None:
    site.answers[("POST", "/claim")] = 422
    page.goto(site.html("/p", '<button hx-post="/claim" hx-target="#to">claim</button><div id="to"></div>'))
    page.get_by_role("button").click()
    expect(page.locator("#to")).to_have_text("taken")
    assert site.sent("POST", "/claim")[0].headers["X-CSRFToken"] == "token-1"
    assert site.violations == []


def test_an_expired_session_is_said_once_with_the_way_back(page: Page, site: Site) -> None:
    site.answers[("POST", "/claim")] = 401
    page.goto(site.html("/p", '<button hx-post="/claim">claim</button>'))
    for _ in range(2):
        page.get_by_role("button", name="claim").click()
    notice = page.locator('[data-kind="expired"]')
    expect(notice).to_contain_text("登录已过期")
    expect(notice).to_have_count(1)
    expect(notice.get_by_role("link", name="登录")).to_have_attribute("target", "_blank")


def test_going_offline_is_said_and_taken_back(page: Page, site: Site) -> None:
    page.goto(site.html("/p", "<p>page</p>"))
    page.context.set_offline(True)
    expect(page.get_by_text("网络已断开")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("网络已恢复")).to_be_visible()
    expect(page.get_by_text("网络已断开")).to_have_count(0)


def test_a_question_answered_with_no_sends_nothing(page: Page, site: Site) -> None:
    page.goto(site.html("/p", '<form method="post" action="/gone" data-confirm="确定？"><button>删除</button></form>'))
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button").click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button").click()
    page.wait_for_url("**/gone")
    assert len(site.sent("POST", "/gone")) == 1


def test_signing_out_forgets_kept_input(page: Page, site: Site) -> None:
    page.goto(site.html("/p", '<form method="post" action="/out" data-sign-out><button>out</button></form>'))
    kept = '{"at": "2999-01-01T00:00:00Z", "variables": {}}'
    page.evaluate(f"localStorage.setItem('dealflow.kept:li:/draft', '{kept}')")
    page.evaluate(f"localStorage.setItem('dealflow.kept:wang:/draft', '{kept}')")
    page.get_by_role("button").click()
    page.wait_for_url("**/out")
    assert page.evaluate("Object.keys(localStorage)") == ["dealflow.kept:wang:/draft"]


def test_icons_come_from_the_sprite(page: Page, site: Site) -> None:
    icon = '<svg class="icon"><use href="/static/vendor/icons.svg#inbox"></use></svg>'
    page.goto(site.html("/p", icon))
    page.wait_for_function("document.querySelector('use').getBBox().width > 10")
    assert site.violations == []


def test_what_takes_longer_shows_a_line_until_it_has_come(page: Page, site: Site) -> None:
    held: list[Route] = []
    page.route("**/part", lambda route: held.append(route))
    page.goto(site.html("/p", '<button hx-get="/part" hx-target="#to">go</button><p id="to"></p>'))
    page.get_by_role("button", name="go").click()
    line = page.get_by_role("progressbar", name="正在处理…")
    expect(line).to_be_visible()
    held[0].fulfill(body="<b>here</b>", content_type="text/html")
    expect(page.get_by_text("here")).to_be_visible()
    expect(line).to_have_count(0)


BOARD = """<div id="board-answer"></div><div data-board>
<section data-phase="intake"><ul><li draggable="true" data-key-of="PJ-1">盐池光伏</li></ul></section>
<section data-phase="evaluation"><h2>评估</h2></section></div>"""


def test_a_card_that_is_dragged_asks_its_process_and_stays_where_it_is(page: Page, site: Site) -> None:
    answer = '<div data-answer tabindex="-1">须先完成中间阶段</div>'
    site.pages["/pipeline/PJ-1/to/evaluation"] = ("text/html", answer)
    page.goto(site.html("/p", BOARD, scripts=("board.js",)))
    page.get_by_text("盐池光伏").drag_to(page.get_by_role("heading", name="评估"))
    expect(page.locator("[data-answer]")).to_have_text("须先完成中间阶段")
    expect(page.locator("[data-answer]")).to_be_focused()
    expect(page.locator('[data-phase="intake"] [data-key-of="PJ-1"]')).to_be_visible()
    assert [one.method for one in site.received] == [] and site.violations == []


def test_a_long_list_shows_its_first_rows_on_a_phone_and_the_rest_when_it_is_asked_for(page: Page, site: Site) -> None:
    rows = "".join(f'<tr data-row id="r{n}"><td><a data-row-link href="/t">{n}</a></td></tr>' for n in range(1, 31))
    table = f'<table class="table df-stack"><tbody data-rows>{rows}</tbody></table>'
    drawn, more = page.locator("[data-row]:visible"), page.get_by_role("button", name="再显示 10 项")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(site.html("/p", table))
    expect(drawn).to_have_count(30)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(more).to_be_visible()
    expect(drawn).to_have_count(20)
    page.emulate_media(media="print")
    expect(drawn).to_have_count(30)
    page.emulate_media(media="screen")
    more.click()
    expect(page.get_by_role("link", name="21", exact=True)).to_be_focused()
    expect(drawn).to_have_count(30)
    page.reload()
    expect(drawn).to_have_count(30)
    page.goto(site.html("/q", table) + "#r29")
    expect(page.locator("#r29")).to_be_visible()
    expect(more).to_have_count(0)
