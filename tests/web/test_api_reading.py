"""`/api/v1` beside messages: scopes, pages that go on, ETags, writes once, faults by name, and the feed of events."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from engine import api
from tests.house import House
from tests.web.conftest import Visitor
from tests.web.material import package

WHO = Callable[[str], Visitor]
ALL = "messages read cases tasks deploy clients decisions team:admin team:process_owner team:rm"


class Caller:
    """A program with a token."""

    def __init__(self, visitor: WHO, token: str) -> None:
        self.client, self.token = visitor("").client, token

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(
            f"/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}", "Accept-Language": "en", **named},
        )


@pytest.fixture
def ask(house: House, visitor: WHO) -> Caller:
    with house.writing() as session:
        return Caller(visitor, api.make_token(session, "integrator", ALL))


def started(ask: Caller, key: str = "offer", **body: Any) -> str:
    answer = ask("POST", f"/processes/{key}/start", {"variables": {}, **body})
    assert answer.status_code == 201, answer.text
    return str(answer.json["instance"])  # type: ignore[index]


def test_a_token_without_the_scope_reads_nothing(house: House, visitor: WHO) -> None:
    with house.writing() as session:
        caller = Caller(visitor, api.make_token(session, "website", "messages"))
    answer = caller("GET", "/instances")
    assert answer.status_code == 403 and answer.json is not None and "read" in answer.json["detail"]


def test_pages_go_on_where_the_last_one_ended_though_more_has_come(ask: Caller) -> None:
    old = [started(ask, business_key=f"K-{number}") for number in range(5)]
    first = ask("GET", "/instances?limit=2&process=offer").json
    assert first is not None
    started(ask, business_key="K-new")
    second = ask("GET", f"/instances?limit=2&process=offer&cursor={first['next']}").json
    third = ask("GET", f"/instances?limit=2&process=offer&cursor={second['next']}").json
    seen = [row["id"] for one in (first, second, third) for row in one["items"]]
    assert seen == list(reversed(old)) and third["next"] is None


@pytest.mark.parametrize(
    ("path", "place"),
    [("/instances?limit=0", "limit"), ("/instances?limit=x", "limit"), ("/instances?stray=1", "stray"),
     ("/instances?cursor=nonsense", "cursor"), ("/tasks?state=odd", "state"), ("/tasks?due_before=soon", "due_before"),
     ("/instances?started_since=-749465540227", "started_since"), ("/tasks?team=rm&team=risk", "team")],
)  # fmt: skip
def test_a_query_that_does_not_fit_is_refused_with_its_place(ask: Caller, path: str, place: str) -> None:
    answer = ask("GET", path)
    assert answer.status_code == 422 and answer.json is not None and answer.json["detail"].startswith(place)
    assert answer.mimetype == "application/problem+json"


def test_what_has_not_changed_is_not_sent_again_and_what_has_is_not_overwritten(ask: Caller) -> None:
    path = f"/instances/{started(ask, business_key='K-1')}"
    seen = ask("GET", path)
    tag = str(seen.headers["ETag"])
    assert ask("GET", path, If_None_Match=tag).status_code == 304
    done = ask("PATCH", f"{path}/variables", {"variables": {"amount": 5}}, If_Match=tag)
    assert done.status_code == 200 and done.json is not None and done.json["variables"]["amount"] == 5
    late = ask("PATCH", f"{path}/variables", {"variables": {"amount": 6}}, If_Match=tag)
    assert late.status_code == 412 and late.json is not None and late.json["code"] == "PreconditionFailed"
    assert ask("GET", path).json["variables"]["amount"] == 5  # type: ignore[index]


def test_a_start_with_the_same_key_happens_once_and_its_key_is_not_taken_for_another_call(ask: Caller) -> None:
    body = {"business_key": "K-1", "variables": {}}
    first = ask("POST", "/processes/offer/start", body, Idempotency_Key="once")
    again = ask("POST", "/processes/offer/start", body, Idempotency_Key="once")
    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert len(ask("GET", "/instances?process=offer").json["items"]) == 1  # type: ignore[index]
    other = ask("POST", "/messages", {"name": "x"}, Idempotency_Key="once")
    assert other.status_code == 422 and other.json is not None and other.json["code"] == "DuplicateKey"


def test_a_task_is_read_claimed_and_done_in_the_rights_of_the_teams(ask: Caller) -> None:
    case = started(ask, business_key="K-1")
    row = ask("GET", f"/tasks?instance={case}").json["items"][0]  # type: ignore[index]
    shown = ask("GET", f"/tasks/{row['id']}").json
    assert shown is not None and "complete" in shown["can"]
    refused = ask("POST", f"/tasks/{row['id']}/complete", {"variables": {"price": "0"}})
    assert refused.status_code == 422 and set(refused.json["errors"]) >= {"price", "advice"}  # type: ignore[index]
    done = ask("POST", f"/tasks/{row['id']}/complete", {"variables": {"price": "10.50", "advice": "go"}})
    assert done.status_code == 200 and done.json["task"]["entered"]["price"] == "10.50"  # type: ignore[index]
    again = ask("POST", f"/tasks/{row['id']}/complete", {"variables": {"price": "10.50", "advice": "go"}})
    assert again.status_code == 409


def test_an_incident_is_found_and_tried_again(ask: Caller) -> None:
    assert ask("GET", "/incidents").json == {"items": [], "next": None}
    assert ask("POST", "/incidents/77/retry", {}).status_code == 404


def test_a_package_is_deployed_and_its_faults_come_by_element(ask: Caller) -> None:
    files = {path: base64.b64encode(content).decode() for path, content in package().items()}
    same = ask("POST", "/deployments", {"folder": "offer", "files": files})
    assert same.status_code == 201 and same.json is not None and same.json["unchanged"] is True
    diagram = next(path for path in files if path.endswith(".bpmn"))
    broken = base64.b64encode(package()[diagram].replace(b"</", b"<", 1)).decode()
    answer = ask("POST", "/deployments", {"folder": "offer", "files": {**files, diagram: broken}})
    assert answer.status_code == 422 and answer.json is not None and answer.json["faults"]
    no_base64 = ask("POST", "/deployments", {"folder": "offer", "files": {diagram: "*"}})
    assert no_base64.status_code == 422 and diagram in no_base64.json["detail"]  # type: ignore[index]


def test_the_feed_tells_every_event_once_and_in_order(house: House, ask: Caller) -> None:
    first = started(ask, business_key="K-1")
    assert ask("GET", "/events").json["items"] == []  # type: ignore[index]
    house.clock.move(seconds=6)
    page = ask("GET", "/events?limit=200").json
    assert page is not None and {row["instance_id"] for row in page["items"]} == {first}
    house.clock.move(seconds=1)
    second = started(ask, business_key="K-2")
    house.clock.move(seconds=6)
    more = ask("GET", f"/events?cursor={page['next']}").json
    assert more is not None and {row["instance_id"] for row in more["items"]} == {second}
    assert len({row["id"] for row in page["items"] + more["items"]}) == len(page["items"] + more["items"])
    nothing = ask("GET", f"/events?cursor={more['next']}").json
    assert nothing == {"items": [], "next": more["next"]}


@pytest.mark.parametrize("path", ["/instances/99999999999999999999", "/instances/7", "/tasks/7", "/processes/nobody",
                                  "/clients/CL-1999-0001", "/nowhere"])  # fmt: skip
def test_what_is_not_there_is_a_problem_and_no_page(ask: Caller, path: str) -> None:
    answer = ask("GET", path)
    assert answer.status_code == 404 and answer.mimetype == "application/problem+json"


def test_the_description_names_every_call_and_can_be_read_as_a_page(ask: Caller, visitor: WHO) -> None:
    spec = ask("GET", "/openapi.json").json
    assert spec is not None and spec["openapi"].startswith("3.1")
    calls = {one["operationId"] for path in spec["paths"].values() for one in path.values() if "operationId" in one}
    assert {"sendMessage", "startProcess", "listTasks", "listEvents", "deploy", "evaluateDecision"} <= calls
    page = visitor("").client.get("/api/v1/docs", headers={"Accept": "text/html"}).text
    secured = {one["operationId"] for path in spec["paths"].values() for one in path.values() if one.get("security")}
    assert secured <= calls and [call for call in secured if f'id="{call}"' not in page] == []
