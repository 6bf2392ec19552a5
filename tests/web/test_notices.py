"""What a page says of the act before it is said once, on the page that the act leads to."""

import io
from collections.abc import Callable
from http.cookies import SimpleCookie

from werkzeug.test import TestResponse

from tests.web.conftest import Visitor
from web import scope

WHO = Callable[[str], Visitor]
SAVED = "已保存"


def taken(by: Visitor, answer: TestResponse) -> None:
    """A browser takes the cookies of an answer that came to it beside others."""
    for line in answer.headers.getlist("Set-Cookie"):
        for name, one in SimpleCookie(line).items():
            by.client.set_cookie(name, one.value, path=one["path"] or "/", max_age=int(one["max-age"] or 300))


def test_two_acts_answered_at_the_same_time_are_both_told_each_on_its_own_page(visitor: WHO) -> None:
    browser, beside = visitor("li"), visitor("")
    browser.get("/me")
    for name in ("dealflow", scope.USUAL):
        kept = browser.client.get_cookie(name)
        assert kept is not None
        beside.client.set_cookie(name, kept.value)
    beside.token = browser.token
    first = beside.post("/preferences", {"next": "/me"})
    browser.post("/preferences", {"next": "/clients?q=a"})
    taken(browser, first)
    assert SAVED not in browser.get("/inbox").get_data(as_text=True)
    for page in ("/clients", "/me"):
        assert SAVED in browser.get(page).get_data(as_text=True)
        assert SAVED not in browser.get(page).get_data(as_text=True)


def test_an_act_that_is_told_of_leaves_the_session_as_it_was(visitor: WHO) -> None:
    browser = visitor("li")
    browser.get("/me")
    told = browser.post("/preferences", {"next": "/me"}).headers.getlist("Set-Cookie")
    assert [line.partition("=")[0].startswith("dealflow_said_") for line in told] == [True]


def test_what_is_refused_leads_back_to_the_form_and_names_the_field(visitor: WHO) -> None:
    browser = visitor("li")
    browser.get("/me")
    wrong = {"first": "2027-03-10", "last": "2027-03-01"}
    assert browser.post("/me/absences", wrong).status_code == 422  # from nowhere: there is no form to go back to
    refused = browser.post("/me/absences", wrong, headers={"Referer": "http://localhost/me?a=1"})
    assert (refused.status_code, refused.headers["Location"]) == (303, "/me?a=1")
    page = browser.get("/me?a=1").get_data(as_text=True)
    assert '<span hidden data-fault="ends">须晚于开始时间</span>' in page and "alert-danger" in page
    for away in ("http://evil.example/me", "http://localhost/me/absences"):
        assert browser.post("/me/absences", wrong, headers={"Referer": away}).status_code == 422
    one_end = {"quiet_from": "22:00", "quiet_to": ""}
    refused = browser.post("/me/preferences", one_end, headers={"Referer": "http://localhost/me"})
    assert 'data-fault="quiet_to"' in browser.get(refused.headers["Location"]).get_data(as_text=True)


def test_a_file_that_is_too_large_leads_back_to_its_form(visitor: WHO) -> None:
    browser = visitor("li")
    browser.get("/me")
    browser.client.application.config["MAX_CONTENT_LENGTH"] = 1000
    sent = {"file": (io.BytesIO(b"%PDF-" * 1000), "a.pdf")}
    refused = browser.post("/me/preferences", sent, headers={"Referer": "http://localhost/me"})
    assert (refused.status_code, refused.headers["Location"]) == (303, "/me")
    assert 'data-fault="file"' in browser.get("/me").get_data(as_text=True)


def test_words_of_somebody_else_are_not_said(visitor: WHO) -> None:
    browser = visitor("li")
    browser.client.set_cookie("dealflow_said_0", '["/me",[["danger","transfer the money"]]]')
    assert "transfer the money" not in browser.get("/me").get_data(as_text=True)


def test_a_page_that_leads_on_hands_over_what_it_should_have_said(visitor: WHO) -> None:
    browser = visitor("li")
    browser.get("/me")
    assert browser.post("/preferences", {"next": "/"}).headers["Location"] == "/"
    assert browser.get("/").headers["Location"] == "/inbox"
    assert SAVED in browser.get("/inbox").get_data(as_text=True)
