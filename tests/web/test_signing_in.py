"""Signing in: who gets in, who is locked out, and that the way to a page survives it."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from itsdangerous import TimestampSigner

from engine import identity
from tests.house import PASSWORD, House
from tests.web.conftest import Visitor
from web import create_app
from web.extensions import limiter

WHO = Callable[[str], Visitor]


@pytest.mark.parametrize("path", ["/", "/inbox", "/tasks/1", "/processes", "/instances", "/clients", "/notifications"])
def test_every_page_asks_for_a_sign_in_and_remembers_the_way(visitor: WHO, path: str) -> None:
    answer = visitor("").get(path)
    if path == "/":
        assert answer.headers["Location"] == "/inbox"
    else:
        assert answer.status_code == 302 and unquote(answer.headers["Location"]) == f"/login?next={path}"


def test_a_link_in_a_mail_opens_the_task_after_the_sign_in(house: House, visitor: WHO) -> None:
    house.start("offer")
    task = house.task("assess")["id"]
    answer = visitor("").sign_in("li", next=f"/tasks/{task}")
    assert answer.headers["Location"] == f"/tasks/{task}"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_way_never_leads_to_another_site(visitor: WHO, target: str) -> None:
    assert visitor("").sign_in("li", next=target).headers["Location"] == "/inbox"


def test_no_number_of_wrong_passwords_tells_whether_a_name_exists(visitor: WHO) -> None:
    told = {}
    for name in ("li", "nobody"):
        answers = [visitor("").sign_in(name, "wrong") for _ in range(7)]
        found = [re.search(r'class="alert[^>]*>(.*?)</div>', one.get_data(as_text=True), re.S) for one in answers]
        told[name] = [(one.status_code, text and text[1].strip()) for one, text in zip(answers, found, strict=True)]
    assert told["li"] == told["nobody"]
    assert told["li"][-1][0] == 401 and "用户名或密码不正确" in str(told["li"][-1][1])


def test_five_wrong_passwords_lock_the_name_for_a_while(house: House, visitor: WHO) -> None:
    guest = visitor("")
    for _ in range(5):
        last = guest.sign_in("li", "wrong")
    assert "锁定" in last.get_data(as_text=True)
    assert guest.sign_in("li").status_code == 401
    house.clock.move(minutes=16)
    assert guest.sign_in("li").status_code == 302


def test_many_tries_from_one_address_are_slowed_down(visitor: WHO) -> None:
    guest = visitor("")
    codes = [guest.sign_in(f"name{n}", "wrong").status_code for n in range(31)]
    assert codes[0] == 401 and codes[-1] == 429


def test_a_form_without_its_token_is_refused(visitor: WHO) -> None:
    li = visitor("li")
    li.token = "forged"
    assert li.post("/preferences", {"open_next": "1"}).status_code == 400


def test_signing_out_ends_the_session(visitor: WHO) -> None:
    li = visitor("li")
    li.post("/logout")
    assert li.get("/inbox").status_code == 302


def test_the_language_is_remembered_for_the_person(visitor: WHO) -> None:
    li = visitor("li")
    assert "待办" in li.get("/inbox").get_data(as_text=True)
    li.post("/language", {"language": "en", "next": "/inbox"})
    assert '<html lang="en"' in li.get("/inbox").get_data(as_text=True)
    assert '<html lang="en"' in visitor("li").get("/inbox").get_data(as_text=True)


def test_the_language_can_be_chosen_before_signing_in(visitor: WHO) -> None:
    guest = visitor("")
    guest.get("/login")
    guest.post("/language", {"language": "en", "next": "/login"})
    assert "User name" in guest.get("/login").get_data(as_text=True)


def heading(visitor: Visitor, path: str = "/login", **headers: str) -> str:
    """The language that a page says it is in."""
    text = visitor.get(path, headers=headers).get_data(as_text=True)
    return text.split('<html lang="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [("en-GB,en;q=0.9", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("fr-FR,en;q=0.5", "en"), ("*", "zh-CN")],
)
def test_before_a_sign_in_pages_speak_what_the_browser_asks_for(visitor: WHO, wanted: str, spoken: str) -> None:
    assert heading(visitor(""), **{"Accept-Language": wanted}) == spoken


def test_a_choice_comes_before_the_person_and_the_person_before_the_browser(visitor: WHO) -> None:
    guest, english = visitor(""), {"Accept-Language": "en"}
    guest.sign_in("li")  # whose setting is Chinese
    assert heading(guest, "/inbox", **english) == "zh-CN"
    assert heading(guest, "/inbox?language=en") == "en"
    guest.post("/language", {"language": "en", "next": "/inbox?language=zh&view=teams"})
    assert heading(guest, "/inbox", **{"Accept-Language": "zh"}) == "en"


def test_a_session_that_ran_out_leaves_the_sign_in_page_in_the_persons_language(visitor: WHO) -> None:
    li = visitor("li")
    li.post("/language", {"language": "en", "next": "/inbox"})
    li.client.delete_cookie("dealflow")
    assert heading(li, "/login", **{"Accept-Language": "zh-CN"}) == "en"


def test_the_choice_of_one_person_is_not_kept_for_the_next(visitor: WHO) -> None:
    shared = visitor("li")
    shared.post("/language", {"language": "en", "next": "/inbox"})
    shared.post("/logout")
    shared.sign_in("wang")
    assert heading(shared, "/inbox") == "zh-CN"


def test_the_switch_takes_the_language_out_of_the_address(visitor: WHO) -> None:
    guest = visitor("")
    guest.get("/login?language=en&next=/tasks/1")
    answer = guest.post("/language", {"language": "zh", "next": "/login?language=en&next=/tasks/1"})
    assert unquote(answer.headers["Location"]) == "/login?next=/tasks/1"


def test_a_session_that_ran_out_answers_programs_with_401(visitor: WHO) -> None:
    guest = visitor("")
    draft = guest.client.put("/tasks/1/draft", json={"variables": {}}, headers={"Accept": "application/json"})
    assert draft.status_code == 401 and draft.mimetype == "application/problem+json"
    part = guest.client.get("/inbox/counts", headers={"HX-Request": "true"})
    assert part.status_code == 401


def test_every_answer_carries_the_security_headers(visitor: WHO) -> None:
    for path in ("/login", "/inbox", "/nothing-here", "/api/v1/openapi.json"):
        headers = visitor("").get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_the_session_cookie_is_kept_from_scripts(visitor: WHO) -> None:
    cookie = visitor("").sign_in("li").headers.get_all("Set-Cookie")
    session = next(one for one in cookie if one.startswith("dealflow="))
    assert "HttpOnly" in session and "SameSite=Lax" in session


def test_what_a_page_asks_by_itself_neither_prolongs_a_session_nor_writes_its_cookie(
    visitor: WHO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an answer under way takes back what was written beside it: a notice of what was saved, an ended session."""
    person, long_ago = visitor(""), int(time.time()) - 1200

    def written(**headers: str) -> bool:
        return bool(person.client.get("/inbox", headers=headers).headers.getlist("Set-Cookie"))

    with monkeypatch.context() as earlier:
        earlier.setattr(TimestampSigner, "get_timestamp", lambda self: long_ago)
        person.sign_in("li")
    for own in ({"HX-Request": "true"}, {"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Mode": "no-cors"}):
        assert not written(**own)
    assert written(**{"Sec-Fetch-Mode": "navigate"}), "who works stays signed in"
    assert not written(**{"Sec-Fetch-Mode": "navigate"}), "not at every page: two of them may be under way"


def test_behind_https_every_cookie_travels_encrypted_only(house: House) -> None:
    secured = house.runtime.settings.model_copy(update={"secure_cookies": True})
    app = create_app(runtime=replace(house.runtime, settings=secured))
    limiter.reset()
    there: dict[str, Any] = {"base_url": "https://deals.example.com"}
    found = Visitor(app.test_client())
    found.get("/login", **there)
    answer = found.post("/login", {"name": "li", "password": PASSWORD}, **there)
    chosen = found.post("/language/en", **there)
    cookies = [*answer.headers.getlist("Set-Cookie"), *chosen.headers.getlist("Set-Cookie")]
    assert len(cookies) >= 2 and not [one for one in cookies if "Secure" not in one or "SameSite=Lax" not in one]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_password_that_was_changed_opens_nothing_to_programs_either(house: House, visitor: WHO) -> None:
    client = visitor("").client
    assert client.get("/engine-rest/task/count", auth=("li", PASSWORD)).status_code == 200
    with house.writing() as session:
        identity.set_password(session, "li", "three blue boats")
    codes = [
        client.get("/engine-rest/task/count", auth=("li", one)).status_code for one in (PASSWORD, "three blue boats")
    ]
    assert codes == [401, 200]  # at once: that the old one fitted was remembered
