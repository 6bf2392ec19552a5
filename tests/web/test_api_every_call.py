"""What holds for every call of `/api/v1`, one by one: tokens, scopes, languages, pages, ETags, writes done once."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine import api
from tests.house import House
from tests.web.conftest import Visitor
from tests.web.material import package
from tests.web.test_api_reading import Caller
from web.api import RESOURCES
from web.api.calls import Call
from web.extensions import limiter

WHO = Callable[[str], Visitor]
ALL = "messages read cases tasks deploy clients decisions webhooks team:admin team:process_owner team:rm"
EVERY = tuple(call for resource in RESOURCES for call in resource.CALLS)
LISTS = tuple(call for call in EVERY if "items" in call.answer.model_fields and call.name != "searchBook")
"""A search gives the best hits, and nothing behind them."""


def address(call: Call, **known: Any) -> str:
    """The call's path; parts that nobody knows are 7."""
    rule = call.rule
    for part in rule.split("/"):
        if part.startswith("<"):
            rule = rule.replace(part, str(known.get(part.rpartition(":")[2].strip("<>"), "7")))
    return rule


@pytest.fixture
def ask(house: House, visitor: WHO) -> Iterator[Caller]:
    """An integrator with every scope."""
    limiter.reset()
    with house.writing() as session:
        yield_token = api.make_token(session, "integrator", ALL)
    yield Caller(visitor, yield_token)
    limiter.reset()


def test_no_call_is_answered_without_a_token_of_its_scope(house: House, visitor: WHO) -> None:
    with house.writing() as session:
        other = Caller(visitor, api.make_token(session, "other", "engine-rest"))
    nobody = visitor("").client
    for call in EVERY:
        path = address(call)
        unknown = nobody.open(f"/api/v1{path}", method=call.method)
        assert (unknown.status_code, unknown.mimetype) == (401, "application/problem+json"), call.name
        for language, word in (("en", "scope"), ("zh-CN,zh;q=0.9", "权限")):
            refused = other(call.method, path, {}, Accept_Language=language)
            assert (refused.status_code, refused.mimetype) == (403, "application/problem+json"), call.name
            assert refused.json is not None and word in refused.json["detail"], call.name
        limiter.reset()


def test_every_list_comes_in_pages_and_knows_its_own_cursors(ask: Caller) -> None:
    case = started(ask)
    assert {call.name for call in LISTS} >= {"getHistory", "listComments", "listDecisions", "listWebhooks"}
    for call in LISTS:
        assert call.query is not None and {"limit", "cursor"} <= set(call.query.model_fields), call.name
        assert "next" in call.answer.model_fields, call.name
        path = address(call, instance_id=case)
        if "projects" in path:
            continue  # there is none here
        first = ask("GET", f"{path}?limit=1")
        assert first.status_code == 200 and first.json is not None and len(first.json["items"]) <= 1, call.name
        for strange in ("nonsense", base64.urlsafe_b64encode(b'["x", [], -5]').decode(), "bnVsbA"):
            refused = ask("GET", f"{path}?cursor={strange}")
            assert (refused.status_code, refused.mimetype) == (422, "application/problem+json"), (call.name, strange)


def test_a_long_list_is_read_page_by_page_to_its_end(ask: Caller) -> None:
    case = started(ask)
    for number in range(3):
        assert ask("POST", f"/instances/{case}/comments", {"text": f"第 {number} 句"}).status_code == 201
        ask("PUT", f"/webhooks/w{number}", {"url": "https://partner.example/hook"})
    for path in (f"/instances/{case}/history", f"/instances/{case}/comments", "/webhooks"):
        whole, cursor, seen = ask("GET", f"{path}?limit=200").json["items"], None, list[Any]()  # type: ignore[index]
        while cursor != "":
            found = ask("GET", f"{path}?limit=2" + (f"&cursor={cursor}" if cursor else "")).json
            assert found is not None
            seen, cursor = seen + found["items"], found["next"] or ""
        assert seen == whole and len(whole) >= 3, path


def test_what_is_read_again_unchanged_is_not_sent_again(ask: Caller) -> None:
    case = started(ask)
    task = ask("GET", f"/tasks?instance={case}").json["items"][0]["id"]  # type: ignore[index]
    known = {"instance_id": case, "task_id": task, "key": "offer", "version": 1}
    for call in EVERY:
        path = address(call, **known)
        if call.method != "GET" or path.startswith(("/clients", "/projects", "/search")):
            continue
        seen = ask("GET", path)
        assert seen.status_code == 200, (call.name, seen.text)
        assert ask("GET", path, If_None_Match=str(seen.headers["ETag"])).status_code == 304, call.name


def started(ask: Caller) -> str:
    """A case at its first task."""
    return str(ask("POST", "/processes/offer/start", {"business_key": "K-1"}).json["instance"])  # type: ignore[index]


def steps(case: str, task: str) -> Iterator[tuple[str, str, str, Any]]:
    """(call, method, path, body) of writes that follow upon each other in one case."""
    at, files = f"/instances/{case}", {path: base64.b64encode(raw).decode() for path, raw in package().items()}
    yield "sendMessage", "POST", "/messages", {"name": "nobody waits for this", "ttl_seconds": 60}
    yield "setVariables", "PATCH", f"{at}/variables", {"variables": {"amount": 5}}
    yield "addComment", "POST", f"{at}/comments", {"text": "看过了"}
    yield "suspendInstance", "POST", f"{at}/suspend", {}
    yield "resumeInstance", "POST", f"{at}/resume", {}
    yield "claimTask", "POST", f"/tasks/{task}/claim", {}
    yield "releaseTask", "POST", f"/tasks/{task}/release", {}
    yield "reassignTask", "POST", f"/tasks/{task}/reassign", {"person": "li"}
    yield "suspendProcess", "POST", "/processes/offer/suspend", {}
    yield "resumeProcess", "POST", "/processes/offer/resume", {"reason": "again"}
    yield "deploy", "POST", "/deployments", {"folder": "offer", "files": files}
    yield "cancelInstance", "POST", f"{at}/cancel", {"reason": "over"}
    yield "replayWebhook", "POST", "/webhooks/erp/replay", {"since": "2026-01-01T00:00:00+08:00"}
    yield "deleteWebhook", "DELETE", "/webhooks/erp", None


def test_a_write_that_is_sent_twice_happens_once(ask: Caller) -> None:
    case = started(ask)
    task = ask("GET", f"/tasks?instance={case}").json["items"][0]["id"]  # type: ignore[index]
    ask("PUT", "/webhooks/erp", {"url": "https://partner.example/hook"})
    rules = {call.name: call for call in EVERY}
    for name, method, path, body in steps(case, task):
        if rules[name].reads is not None:
            late = ask(method, path, body, If_Match='W/"what was read long ago"', Idempotency_Key=name)
            assert late.status_code == 412, (name, late.text)
        else:
            unread = ask(method, path, body, If_Match='"x"')
            assert unread.status_code == 422, (name, unread.text)
        first = ask(method, path, body, Idempotency_Key=name)
        again = ask(method, path, body, Idempotency_Key=name)
        assert first.status_code in (200, 201), (name, first.text)
        assert (first.status_code, first.json) == (again.status_code, again.json), name
        other = ask(method, path, {"other": 1}, Idempotency_Key=name)
        assert other.status_code == 422 and other.json is not None and other.json["code"] == "DuplicateKey", name


def test_a_case_is_moved_carried_over_and_begun_again(house: House, ask: Caller) -> None:
    case = started(ask)
    standing = ask("GET", f"/instances/{case}").json["waits"][0]["element"]  # type: ignore[index]
    moved = ask("POST", f"/instances/{case}/move", {"source": standing, "target": standing, "reason": "once more"})
    assert moved.status_code == 200 and moved.json["waits"][0]["element"] == standing, moved.text  # type: ignore[index]
    changed = {path: raw.replace(b'name="', b'name="\xe6\x96\xb0', 1) for path, raw in package().items()}
    with house.writing() as session:
        made = api.deploy(session, api.SYSTEM, "offer", changed)
    assert dict(made.definitions) == {"offer": 2}
    told = ask("POST", f"/instances/{case}/migrate/preview", {}).json
    assert told is not None and told["can"] is True and told["version"] == 2
    over = ask("POST", f"/instances/{case}/migrate", {"version": 2})
    assert over.status_code == 200 and over.json["version"] == 2, over.text  # type: ignore[index]
    assert ask("POST", f"/instances/{case}/migrate", {"version": 2}).status_code == 422
    ask("POST", f"/instances/{case}/cancel", {"reason": "over"})
    again = ask("POST", f"/instances/{case}/restart", {"at": [standing]})
    assert again.status_code == 201 and again.json["instance"] != case, again.text  # type: ignore[index]
    figures = ask("GET", "/processes/offer/statistics?version=2").json
    assert figures is not None and set(figures) == {"as_of", "started", "ended", "elements", "flows"}


def test_who_asks_too_often_is_told_when_to_come_again(ask: Caller, visitor: WHO) -> None:
    client = visitor("").client
    answers = [client.get("/api/v1/tasks") for _ in range(61)]
    assert [one.status_code for one in answers] == [401] * 60 + [429]
    assert answers[-1].mimetype == "application/problem+json" and 0 < int(answers[-1].headers["Retry-After"]) <= 60
