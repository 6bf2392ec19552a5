"""`POST /api/v1/messages`: tokens, exact numbers, idempotency, problems by name."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from werkzeug.test import TestResponse

from engine import api
from tests.house import House
from tests.web.conftest import Visitor

WHO = Callable[[str], Visitor]
URL = "/api/v1/messages"


@pytest.fixture
def token(house: House) -> str:
    with house.writing() as session:
        return api.make_token(session, "website", "messages")


def send(visitor: WHO, token: str, body: object, **headers: str) -> TestResponse:
    raw = body if isinstance(body, str | bytes) else json.dumps(body)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return visitor("").client.post(URL, data=raw, content_type="application/json", headers=named)


def test_a_message_starts_a_case_with_exact_numbers(house: House, visitor: WHO, token: str) -> None:
    body = '{"name": "ask", "business_key": "K-1", "variables": {"amount": 100000000.10}}'
    house.deploy("asking", ask_bpmn=ASK)
    answer = send(visitor, token, body)
    assert answer.status_code == 200 and answer.json is not None and answer.json["state"] == "started"
    assert house.variables(int(answer.json["instance"]))["amount"] == Decimal("100000000.10")


def test_a_message_nobody_awaits_is_kept(visitor: WHO, token: str) -> None:
    answer = send(visitor, token, {"name": "nobody_waits", "business_key": "K-1"})
    assert answer.json == {"state": "kept", "message": answer.json["message"], "instance": None, "business_key": "K-1"}  # type: ignore[index]


def test_the_same_key_and_body_get_the_same_answer_and_nothing_twice(house: House, visitor: WHO, token: str) -> None:
    house.deploy("asking", ask_bpmn=ASK)
    body = {"name": "ask", "business_key": "K-1"}
    first = send(visitor, token, body, Idempotency_Key="k1")
    again = send(visitor, token, body, Idempotency_Key="k1")
    assert first.json == again.json and again.status_code == 200
    assert len([task for task in house.tasks() if task["process_key"] == "asking"]) == 1


def test_the_same_key_with_another_body_is_a_problem(visitor: WHO, token: str) -> None:
    send(visitor, token, {"name": "a"}, Idempotency_Key="k1")
    answer = send(visitor, token, {"name": "b"}, Idempotency_Key="k1")
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
    assert answer.json is not None and answer.json["code"] == "DuplicateKey"
    assert "k1" in answer.json["detail"] and "api:" not in answer.json["detail"]


def test_the_same_message_id_is_taken_once(visitor: WHO, token: str) -> None:
    send(visitor, token, {"name": "a", "message_id": "m1"})
    answer = send(visitor, token, {"name": "a", "message_id": "m1"})
    assert answer.json is not None and answer.json["state"] == "duplicate"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("[]", "body"),
        ({}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a", "stray": 1}, "stray"),
        ({"name": "a", "variables": []}, "variables"),
        ({"name": "a", "ttl_seconds": -1}, "ttl_seconds"),
    ],
)
def test_a_bad_body_is_refused_with_its_place(visitor: WHO, token: str, body: object, place: str) -> None:
    answer = send(visitor, token, body)
    assert answer.status_code == 422 and answer.json is not None and place in answer.json["detail"]


@pytest.mark.parametrize("body", ["{", "", b"\xff\xfe{", "[" * 100_000, "{'name': 'a'}"])
def test_a_body_that_is_no_json_is_told_apart_from_wrong_fields(visitor: WHO, token: str, body: str | bytes) -> None:
    answer = send(visitor, token, body)
    assert answer.status_code == 400 and answer.json is not None and answer.json["code"] == "Unreadable"
    assert answer.json["detail"].startswith("body")


@pytest.mark.parametrize(
    ("body", "en", "zh"),
    [
        ({}, "name: is missing", "name：缺少此字段"),
        ({"name": ""}, "name: must not be empty", "name：不能为空"),
        ({"name": "x" * 256}, "name: is longer than 255 characters", "name：超过 255 个字符"),
        ({"name": 5}, "name: must be text", "name：应为文本"),
        ({"name": "a", "stray": 1}, "stray: there is no such field here", "stray：没有此字段"),
        ({"name": "a", "variables": []}, "variables: must be an object", "variables：应为对象"),
        ({"name": "a", "ttl_seconds": -1}, "ttl_seconds: must not be below 0", "ttl_seconds：不得小于 0"),
        ({"name": "a", "ttl_seconds": "1"}, "ttl_seconds: must be a whole number", "ttl_seconds：应为整数"),
        ([], "body: must be an object", "body：应为对象"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_the_language_asked_for(
    visitor: WHO, token: str, body: object, en: str, zh: str
) -> None:
    for tongue, words in (("en", en), ("zh", zh)):
        answer = send(visitor, token, body, Accept_Language=tongue)
        assert answer.json is not None and answer.json["detail"] == words


@pytest.mark.parametrize("key", ["", '""', "x" * 201, "schlüssel"])
def test_a_key_that_is_no_key_is_refused(visitor: WHO, token: str, key: str) -> None:
    answer = send(visitor, token, {"name": "a"}, Idempotency_Key=key)
    assert answer.status_code == 400 and answer.json is not None
    assert answer.json["detail"].startswith("Idempotency-Key")


def test_a_quoted_key_is_the_key_between_the_quotes(visitor: WHO, token: str) -> None:
    first = send(visitor, token, {"name": "a"}, Idempotency_Key='"k1"')
    again = send(visitor, token, {"name": "a"}, Idempotency_Key="k1")
    assert first.json == again.json


def test_a_request_that_failed_leaves_its_key_free(visitor: WHO, token: str) -> None:
    assert send(visitor, token, {}, Idempotency_Key="k1").status_code == 422
    assert send(visitor, token, {"name": "a"}, Idempotency_Key="k1").status_code == 200


def test_the_type_of_a_problem_leads_to_what_it_means(visitor: WHO, token: str) -> None:
    answer = send(visitor, token, {})
    assert answer.json is not None
    page, code = answer.json["type"].split("#")
    for tongue, word in (("en", "missing"), ("zh", "缺失")):
        known = visitor("").client.get(page, headers={"Accept-Language": tongue}).json
        assert known is not None and known[code]["status"] == 422 and word in known[code]["meaning"]


def test_without_a_token_nothing_is_taken(visitor: WHO) -> None:
    answer = send(visitor, "", {"name": "a"})
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_token_or_scope_is_refused(house: House, visitor: WHO) -> None:
    assert send(visitor, "df_wrong", {"name": "a"}).status_code == 403
    with house.writing() as session:
        other = api.make_token(session, "reports", "reports")
    assert send(visitor, other, {"name": "a"}).status_code == 403


def test_the_description_names_call_token_and_problems(visitor: WHO) -> None:
    found = visitor("").client.get("/api/v1/openapi.json").json
    assert found is not None
    call = found["paths"]["/api/v1/messages"]["post"]
    assert call["security"] and {"200", "401", "422"} <= set(call["responses"])


def test_health_and_readiness(visitor: WHO) -> None:
    client = visitor("").client
    assert client.get("/healthz").status_code == 200 and client.get("/readyz").json == {"status": "ready"}


ASK = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <message id="m" name="ask"/>
  <process id="asking" name="asking" isExecutable="true">
    <startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>
    <userTask id="u" name="u"/>
    <endEvent id="e"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="u"/>
    <sequenceFlow id="f2" sourceRef="u" targetRef="e"/>
  </process>
</definitions>"""
