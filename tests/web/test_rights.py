"""Role × page × action, from the table of `web.rights` and from every route that the application has.

A new route has a guard, or stands in OPEN with a reason; nobody is let in by forgetting.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from engine import api, identity
from engine.settings import load
from tests.house import House, MovableClock
from tests.web.conftest import Visitor
from web import create_app
from web.extensions import limiter
from web.headers import POLICY
from web.rights import ALL, PAGES

OPEN = {
    "static": "files of the pages",
    "home": "goes on to the inbox",
    "health.": "tells whether it is alive, nothing else",
    "auth.sign_in": "how people come in",
    "auth.choose_language": "before the sign-in, too",
    "entering.cho": "the link to choose a password is the key",
    "oidc.go": "how people come in",
    "oidc.back": "how people come in",
    "setup.": "only while nobody was ever entered",
    "public.": "for clients: form or link",
    "outside.": "for clients by link, for programs by signature",
    "complaints.": "for clients: form or link",
    "disclosure.": "for investors by link",
    "portal.": "for investors, who sign in by a link of their own",
    "survey.": "for clients by link",
    "external.": "one task by link",
    "inbox.feed": "a calendar reads by the secret in its address",
    "api_v1.": "programs by token, tests/web/test_api.py",
    "engine_rest": "programs and people by Basic or token",
}
"""Beginning of an endpoint -> why no sign-in is asked for, or who else asks."""
ROLES = ("marketing", "rm", "risk_officer", "investor_relations", "process_owner", "auditor", "admin")
UNCHECKED = ("api_v1.", "engine_rest", "outside.hook")
"""What programs call takes no token of a form: it carries no cookie's rights."""


@pytest.fixture(scope="module")
def house(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all, with a person of each role."""
    folder = tmp_path_factory.mktemp("rights")
    shutil.copy(furnished, folder / "web.db")
    settings = load(
        database_url=f"sqlite:///{folder / 'web.db'}", data_dir=folder, bpmn_dir=folder / "bpmn",
        handlers=("handlers",), secret_key="for tests alone",
    )  # fmt: skip
    runtime = api.open_engine(settings, MovableClock())
    with runtime.transaction() as session:
        for role in ROLES:
            identity.add_team(session, role, role)
            identity.add_person(session, f"a_{role}", role)
            identity.add_member(session, role, f"a_{role}")
    yield House(runtime, MovableClock())
    runtime.database.dispose()


@pytest.fixture(scope="module")
def app(house: House) -> Flask:
    """The application; nothing slows down who asks much."""
    made = create_app(runtime=house.runtime)
    made.config["TESTING"] = False
    limiter.enabled = False
    return made


@pytest.fixture(scope="module", autouse=True)
def limits_again() -> Iterator[None]:
    yield
    limiter.enabled = True


@pytest.fixture(scope="module")
def signed_in(app: Flask, house: House) -> Callable[[str], Visitor]:
    """Somebody of a role, with a page's token; signed in without the slow password."""
    kept: dict[str, Visitor] = {}

    def one(role: str) -> Visitor:
        if role not in kept:
            visitor = Visitor(app.test_client())
            with house.writing() as session:
                secret = api.begin_session(session, f"a_{role}", "password", "tests")
            with visitor.client.session_transaction() as cookie:
                cookie |= {"_user_id": f"a_{role}", "_fresh": True, "sid": secret}
            visitor.get("/me/sign-in")
            kept[role] = visitor
        return kept[role]

    return one


def is_open(endpoint: str) -> bool:
    return endpoint.startswith(tuple(OPEN))


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every route that asks for a sign-in, with an address of it."""
    for rule in app.url_map.iter_rules():
        if not is_open(rule.endpoint):
            yield rule, address(rule)


def address(rule: Rule) -> str:
    """An address of the route: numbers are 1, choices their first, texts `x`."""
    values: dict[str, Any] = {}
    for name, kind in rule._converters.items():
        choices = sorted(getattr(kind, "items", ()))
        values[name] = choices[0] if choices else 1 if "Integer" in type(kind).__name__ else "x"
    _host, path = rule.build(values) or ("", "")  # type: ignore[misc]
    return str(path)


def page_of(app: Flask, rule: Rule) -> Any:
    return getattr(app.view_functions[rule.endpoint], "page", None)


def may(role: str, page: str, action: str) -> bool:
    """What the table says, told here once more in as few words as can be."""
    teams = PAGES[page].read if action == "read" else PAGES[page].act
    return role == "admin" or bool(teams & {role, "*"}) or (action == "read" and role == "auditor")


def test_every_route_is_guarded_or_open_by_name(app: Flask) -> None:
    bare = [f"{rule.endpoint} {rule.rule}" for rule, _path in routes(app) if page_of(app, rule) not in PAGES]
    assert not bare
    used = {one for one in OPEN if any(rule.endpoint.startswith(one) for rule in app.url_map.iter_rules())}
    assert used >= {"static", "setup.", "public.", "api_v1.", "entering.cho"}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_the_table_says_and_nothing_else(
    app: Flask, signed_in: Callable[[str], Visitor], role: str
) -> None:
    visitor, wrong = signed_in(role), []
    for rule, path in routes(app):
        page = page_of(app, rule)
        if "GET" in (rule.methods or ()) and not may(role, page, "read"):
            answer = visitor.client.get(path)
            if answer.status_code != 403 or "其他团队" not in answer.get_data(as_text=True):
                wrong.append(f"{role} reads {path}: {answer.status_code}")
            if answer.headers.get("Content-Security-Policy") != POLICY:
                wrong.append(f"{path} has another policy")
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            if method in (rule.methods or ()) and not may(role, page, "act"):
                told = {"headers": {"X-CSRFToken": visitor.token}}
                answer = visitor.client.open(path, method=method, **told)
                if answer.status_code != 403:
                    wrong.append(f"{role} does {method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ["marketing", "admin"])
def test_the_first_page_of_each_room_opens_for_whom_the_table_lets_in(
    app: Flask, signed_in: Callable[[str], Visitor], role: str
) -> None:
    visitor, wrong = signed_in(role), []
    for rule, path in routes(app):
        if "GET" in (rule.methods or ()) and not rule.arguments and may(role, page_of(app, rule), "read"):
            answer = visitor.client.get(path)
            if answer.status_code >= 500 or (answer.status_code == 403 and "其他团队" in answer.get_data(as_text=True)):
                wrong.append(f"{role} reads {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_an_auditor_is_offered_no_act_that_the_table_refuses(signed_in: Callable[[str], Visitor]) -> None:
    closed = '<fieldset class="df-looks" disabled>'
    for path in ("/admin/house", "/admin/people/a_rm", "/admin/modules", "/inbox", "/me"):
        text = signed_in("auditor").client.get(path).get_data(as_text=True)
        assert (path, closed in text) == (path, path.startswith("/admin"))
        assert "/admin/people/a_rm/change" not in text
    text = signed_in("admin").client.get("/admin/house").get_data(as_text=True)
    assert closed not in text and 'action="/admin/house"' in text


def test_nobody_comes_in_without_a_sign_in(app: Flask) -> None:
    guest, wrong = app.test_client(), []
    for rule, path in routes(app):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = guest.open(path, method=method, headers={"Accept": "application/json"})
            if answer.status_code not in (400, 401):
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_every_form_asks_for_its_token(app: Flask, signed_in: Callable[[str], Visitor]) -> None:
    visitor, wrong = signed_in("admin"), []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(UNCHECKED):
            continue
        path = address(rule)
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            if method in (rule.methods or ()):
                answer = visitor.client.open(path, method=method)
                unknown_link = answer.status_code == 404 and "/x" in path
                entrance = answer.headers.get("Location", "").endswith("/portal/in?over=1")
                if answer.status_code != 400 and not unknown_link and not entrance:
                    wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_the_table_says_what_the_house_means() -> None:
    administration = {name for name in PAGES if name.startswith("admin")}
    for name in administration - {"admin-letters", "admin-audit"}:
        assert not any(may(role, name, "act") for role in ROLES if role != "admin"), name
    assert not any(may(role, "admin-people", "read") for role in ("marketing", "rm", "risk_officer", "process_owner"))
    assert all(may("auditor", name, "read") for name in PAGES)
    assert not [name for name, page in PAGES.items() if page.act is not ALL and may("auditor", name, "act")
                and name != "admin-audit"]  # fmt: skip
