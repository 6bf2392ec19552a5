"""Webhooks: what happens is posted to a program, signed, each event once, and once more when asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine import api, scheduler
from handlers.channels import signatures
from handlers.records import endpoints
from handlers.records.changes import Stamp
from tests.handlers.channels.test_outside import Partner
from tests.house import House
from tests.patience import PATIENCE
from tests.web.conftest import Visitor
from tests.web.test_api_reading import Caller

WHO = Callable[[str], Visitor]


@pytest.fixture
def partner() -> Iterator[Partner]:
    with Partner(answer=204) as one:
        yield one


def events(partner: Partner) -> list[Any]:
    """What the partner was told, in order."""
    return [json.loads(body)["data"] for _, body in partner.taken]


@pytest.fixture
def ask(house: House, visitor: WHO) -> Caller:
    with house.writing() as session:
        return Caller(visitor, api.make_token(session, "integrator", "webhooks cases read team:rm"))


def later(house: House, **span: float) -> None:
    house.clock.move(**span)
    house.work()


def test_what_happens_is_told_once_signed_and_once_more_when_asked(house: House, ask: Caller, partner: Partner) -> None:
    made = ask("PUT", "/webhooks/erp", {"url": partner.url, "process": "offer"})
    assert made.status_code == 200 and made.json is not None, made.text
    house.clock.move(seconds=1)
    ask("POST", "/processes/offer/start", {"business_key": "K-1"})
    later(house, seconds=6)
    first = [event["event_id"] for event in events(partner)]
    assert first and len(set(first)) == len(first) and {event["business_key"] for event in events(partner)} == {"K-1"}
    headers, body = partner.taken[0]
    assert signatures.holds(made.json["signing_key"], headers["dealflow-signature"], body, house.clock())
    later(house, seconds=60)
    assert len(partner.taken) == len(first)
    answer = ask("POST", "/webhooks/erp/replay", {"since": (house.clock.at.replace(microsecond=0)).isoformat()})
    assert answer.status_code == 200
    later(house, seconds=6)
    assert len(partner.taken) == len(first)
    ask("POST", "/webhooks/erp/replay", {"since": "2020-01-01T00:00:00+08:00"})
    later(house, seconds=6)
    assert [event["event_id"] for event in events(partner)] == first * 2


def test_a_partner_that_is_down_gets_all_of_it_when_it_is_back(house: House, ask: Caller, partner: Partner) -> None:
    ask("PUT", "/webhooks/erp", {"url": partner.url, "kinds": ["entered"]})
    assert ask("PUT", "/webhooks/erp", {"url": partner.url, "kinds": ["finished"]}).status_code == 422  # never told
    partner.answer = 503
    house.clock.move(seconds=1)
    ask("POST", "/processes/offer/start", {"business_key": "K-1"})
    later(house, seconds=6)
    assert partner.taken
    partner.answer = 204
    partner.taken.clear()
    later(house, hours=2)
    assert {event["kind"] for event in events(partner)} == {"entered"}
    assert len({event["event_id"] for event in events(partner)}) == len(partner.taken) > 0


def test_without_the_scope_nobody_listens_and_what_is_removed_is_told_nothing(
    house: House, visitor: WHO, ask: Caller, partner: Partner
) -> None:
    with house.writing() as session:
        other = Caller(visitor, api.make_token(session, "reader", "read"))
        stamp = Stamp(house.clock(), "admin", "web_form")
        made = endpoints.put(session, "gateway", "sms", "https://sms.example/", stamp)
    assert other("GET", "/webhooks").status_code == 403
    assert ask("PUT", "/webhooks/gateway", {"url": partner.url}).status_code == 422
    assert ask("PUT", "/webhooks/cloud", {"url": "https://169.254.169.254/"}).status_code == 422
    with house.runtime.reading() as session:
        assert endpoints.find(session, "gateway") == made
    ask("PUT", "/webhooks/erp", {"url": partner.url})
    assert ask("DELETE", "/webhooks/erp").json == {"name": "erp"}
    assert ask("GET", "/webhooks").json == {"items": [], "next": None}
    house.clock.move(seconds=1)
    ask("POST", "/processes/offer/start", {"business_key": "K-1"})
    later(house, seconds=6)
    assert partner.taken == []


def test_a_server_that_runs_tells_by_itself(house: House, ask: Caller, partner: Partner) -> None:
    ask("PUT", "/webhooks/erp", {"url": partner.url})
    house.clock.move(seconds=1)
    ask("POST", "/processes/offer/start", {"business_key": "K-1"})
    house.clock.move(seconds=6)
    house.runtime.settings = house.runtime.settings.model_copy(update={"sweep_seconds": 0.1})
    running = scheduler.start(house.runtime)
    try:
        until = time.monotonic() + PATIENCE
        while not partner.taken and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        running.shutdown(PATIENCE)
    assert {event["business_key"] for event in events(partner)} == {"K-1"}
