"""Plain forms: a file and what it is, faults in the page's language, one sending, and nothing typed lost unasked."""

import time

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.web.frontend.site import Site

pytestmark = pytest.mark.browser

FILE = """<form method="post" action="/to" enctype="multipart/form-data"><div data-file><div class="df-file-box">
<span data-file-name>选择文件</span><input type="file" name="file" id="f" aria-label="文件" accept=".pdf,.txt"
 data-largest="2000" required></div><span data-file-way role="status"></span></div><button>上传</button></form>"""
WORDS = """<form method="post" action="/to"><label>主题 <input name="subject" required></label>
<label>邮箱 <input name="mail" type="email"></label><label>日期 <input name="day" type="date"></label>
<button>保存</button></form><form method="post" action="/search" role="search"><input name="q" aria-label="搜索"></form>
<a href="/away">离开</a>"""


def test_a_chosen_file_is_told_in_the_language_of_the_page_and_refused_before_it_is_sent(
    page: Page, site: Site
) -> None:
    page.goto(site.html("/p", FILE))
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("alert")).to_have_text("请选择文件。")
    expect(page.get_by_label("文件")).to_be_focused()
    for name, content, fault in (
        ("登记.exe", b"MZ", "不支持上传 登记.exe。可上传：pdf, txt。"),
        ("登记.pdf", b"%PDF" * 900, "文件过大：最大可上传 2 kB。"),
    ):
        page.get_by_label("文件").set_input_files({"name": name, "mimeType": "application/pdf", "buffer": content})
        expect(page.get_by_role("alert")).to_have_text(fault)
        page.get_by_role("button", name="上传").click()
    page.get_by_label("文件").set_input_files({"name": "登记.PDF", "mimeType": "application/pdf", "buffer": b"%PDF-1"})
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("[data-file-name]")).to_have_text("登记.PDF (1 kB)")
    assert not site.sent("POST", "/to")
    with page.expect_response("**/to"):
        page.get_by_role("button", name="上传").click()


def test_sending_a_file_for_long_is_told(page: Page, site: Site) -> None:
    page.goto(site.html("/p", FILE))

    def late(route: Route) -> None:
        time.sleep(1.3)
        route.fulfill(status=204)  # which leaves the page standing

    page.route("**/to", late)
    page.get_by_label("文件").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"abc" * 500})
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("status")).to_have_text("正在上传 2 kB …")


def test_faults_of_a_plain_form_stand_under_their_fields_until_they_are_mended(page: Page, site: Site) -> None:
    page.goto(site.html("/p", WORDS))
    page.get_by_label("邮箱").fill("chen")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_have_text(["请填写此项。", "请填写正确的电子邮箱，例如 name@example.com。"])
    expect(page.get_by_label("主题")).to_be_focused()
    expect(page.get_by_label("主题")).to_have_accessible_description("请填写此项。")
    page.keyboard.type("年审")
    page.get_by_label("邮箱").fill("chen@example.org")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_date_stands_under_its_field_as_pages_write_it(page: Page, site: Site) -> None:
    page.goto(site.html("/p", WORDS))
    page.get_by_label("日期").fill("2026-11-20")
    expect(page.get_by_label("日期")).to_have_accessible_description("2026-11-20 周五")


def test_a_form_pressed_twice_is_sent_once(page: Page, site: Site) -> None:
    page.goto(site.html("/p", WORDS))
    page.get_by_label("主题").fill("年审")
    with page.expect_response("**/to"):
        page.get_by_role("button", name="保存").dblclick()
    page.wait_for_url("**/to")
    assert len(site.sent("POST", "/to")) == 1


def test_words_not_sent_are_asked_for_before_the_page_is_left_and_a_search_is_not(page: Page, site: Site) -> None:
    site.html("/away", "<h1>away</h1>")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(site.html("/p", WORDS))
    page.get_by_label("主题").fill("年审")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="离开").click(no_wait_after=True)
    expect(page.get_by_label("主题")).to_have_value("年审")
    page.get_by_label("主题").fill("")
    page.get_by_label("搜索").fill("盐城")
    page.get_by_role("link", name="离开").click()
    page.wait_for_url("**/away")
    assert asked == ["beforeunload"]


REFUSED = """<div class="alert alert-danger">ends：须晚于开始时间</div>
<span hidden data-fault="{place}">须晚于开始时间</span>
<form method="post" action="/other"><input name="last" aria-label="别的"></form>
<details><summary>请假</summary><form method="post" action="/to"><label>首日 <input name="first" type="date"></label>
<label>末日 <input name="last" type="date" data-place="ends"></label>
<label>事由 <textarea name="why"></textarea></label>
<button>保存</button></form></details>"""


@pytest.mark.parametrize("place", ["ends", ""])
def test_what_was_refused_comes_back_filled_with_the_fault_where_it_belongs(page: Page, site: Site, place: str) -> None:
    shown = REFUSED.replace("<details>", "<details open>").partition("<form")
    page.goto(site.html("/p", "<form" + shown[2]))
    page.get_by_label("首日").fill("2027-03-10")
    page.get_by_label("末日").fill("2027-03-01")
    page.get_by_label("事由").fill("探亲")
    with page.expect_response("**/to"):
        page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/to")
    page.goto(site.html("/p", REFUSED.format(place=place)))
    expect(page.get_by_label("事由")).to_have_value("探亲")
    expect(page.get_by_label("首日")).to_have_value("2027-03-10")
    if place:
        expect(page.get_by_label("末日")).to_be_focused()
        expect(page.get_by_label("末日")).to_have_accessible_description("2027-03-01 周一 须晚于开始时间")
        expect(page.locator(".alert")).to_have_count(0)
    else:
        expect(page.locator(".alert + form")).to_have_attribute("action", "/to")


def test_a_form_that_comes_back_with_faults_is_gone_on_with_at_the_first(page: Page, site: Site) -> None:
    fields = '<input aria-label="a"><input aria-label="b" class="is-invalid"><input aria-label="c" class="is-invalid">'
    page.goto(site.html("/p", f"<main><form>{fields}</form></main>"))
    expect(page.get_by_label("b")).to_be_focused()
