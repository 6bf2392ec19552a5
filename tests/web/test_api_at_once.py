"""Requests with one idempotency key at the same moment, over real HTTP: one effect, one answer, or a plain "wait"."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from engine import api, idempotency
from engine.store import tables as t
from tests.engine.together import POSTGRES, at_once
from tests.house import House
from tests.serving import served
from tests.web.test_api import ASK
from web import create_app

Answer = tuple[int, dict[str, object]]


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """A house on both databases, with a process that a message starts."""
    house = open_house(handlers=("handlers",), secret_key="for tests alone", language="en")
    house.deploy("asking", ask_bpmn=ASK)
    return house


@contextmanager
def asking(house: House) -> Iterator[Callable[..., Answer]]:
    """The house's application on a port of its own, a thread a request; `post(body, key)` sends with a token."""
    with house.writing() as session:
        token = api.make_token(session, "portal", "messages")
    address = ""

    def post(body: object, key: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Accept-Language": "en"}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(address, json.dumps(body).encode(), headers), timeout=60
            ) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    with served(create_app(runtime=house.runtime)) as url:
        address = f"{url}/api/v1/messages"
        yield post


def test_the_same_key_many_times_at_once_starts_one_case_and_everybody_gets_its_answer(house: House) -> None:
    body = {"name": "ask", "business_key": "K-1"}
    with asking(house) as post:
        answers = at_once(*[lambda: post(body, "k1")] * 6)
    assert [answer[0] for answer in answers] == [200] * 6, answers
    assert all(answer[1] == answers[0][1] for answer in answers)
    assert answers[0][1]["state"] == "started"
    assert len(house.rows(t.instance)) == 1


def test_of_two_contents_under_one_key_at_once_one_is_taken_and_the_other_refused(house: House) -> None:
    with asking(house) as post:
        answers = at_once(
            lambda: post({"name": "ask", "business_key": "K-1"}, "k1"),
            lambda: post({"name": "ask", "business_key": "K-2"}, "k1"),
        )
    assert sorted(answer[0] for answer in answers) == [200, 422], answers
    assert len(house.rows(t.instance)) == 1


@POSTGRES
def test_a_key_whose_first_request_does_not_end_is_answered_with_a_conflict(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE", timedelta(seconds=0.2))
    with asking(house) as post:
        with house.writing() as session:
            assert api.earlier_answer(session, "k1", b"other", owner="api:portal") is None
            status, problem = post({"name": "ask"}, "k1")
        assert (status, problem["code"]) == (409, "KeyInUse")
        assert "“k1”" in str(problem["detail"])
