"""Messages and signals: one place or an error, kept when early, once by message id."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine import api
from engine.errors import AmbiguousMessage
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House

MESSAGES = '<message id="m_paid" name="paid"/><message id="m_order" name="order"/><signal id="s" name="rates_moved"/>'
WAITS = d.process(
    '<startEvent id="start"/><receiveTask id="await" messageRef="m_paid"/>'
    + d.user_task("ship")
    + '<endEvent id="end"/>'
    + d.flows("start>await", "await>ship", "ship>end"),
    outside=MESSAGES,
)
STARTS = d.process(
    '<startEvent id="ordered"><messageEventDefinition messageRef="m_order"/></startEvent>'
    + d.user_task("pack")
    + '<endEvent id="end"/>'
    + d.flows("ordered>pack", "pack>end"),
    key="orders",
    outside=MESSAGES,
)
THROWS = d.process(
    '<startEvent id="start"/><endEvent id="end"><messageEventDefinition messageRef="m_order"/></endEvent>'
    + d.flows("start>end"),
    key="seller",
    outside=MESSAGES,
)


def test_a_message_reaches_the_case_of_its_business_key(house: House) -> None:
    house.deploy(p_bpmn=WAITS)
    one, two = house.start("p", business_key="CL-1"), house.start("p", business_key="CL-2")
    delivery = house.message("paid", "CL-2", variables={"amount": 5})
    assert (delivery.state, delivery.instance_id) == ("delivered", two)
    assert house.tasks(one) == []
    assert house.variables(two) == {"amount": 5}


def test_two_places_for_one_message_are_an_error_and_nothing_moves(house: House) -> None:
    house.deploy(p_bpmn=WAITS)
    house.start("p", business_key="CL-1")
    house.start("p", business_key="CL-1")
    with pytest.raises(AmbiguousMessage):
        house.message("paid", "CL-1")
    assert house.tasks() == []
    assert house.rows(t.message) == []


def test_a_message_starts_a_case_when_nobody_waits_for_it(house: House) -> None:
    house.deploy(p_bpmn=STARTS)
    delivery = house.message("order", "CL-7", variables={"item": "turbine"})
    assert delivery.state == "started"
    assert house.task("pack")["business_key"] == "CL-7"


def test_the_same_message_id_again_changes_nothing(house: House) -> None:
    house.deploy(p_bpmn=STARTS)
    first = house.message("order", "CL-7", message_id="mail-1")
    again = house.message("order", "CL-7", message_id="mail-1")
    assert (again.state, again.instance_id) == ("duplicate", first.instance_id)
    assert len(house.tasks()) == 1


def test_an_early_message_is_kept_and_found_by_the_place_that_opens_later(house: House) -> None:
    house.deploy(p_bpmn=WAITS)
    assert house.message("paid", "CL-1", variables={"amount": 9}).state == "kept"
    instance = house.start("p", business_key="CL-1")
    assert house.task("ship", instance)
    assert house.variables(instance)["amount"] == 9
    assert [row["state"] for row in house.rows(t.message)] == ["delivered"]


def test_a_message_for_a_process_that_comes_later_starts_it_when_it_is_deployed(house: House) -> None:
    house.deploy("seller", seller_bpmn=THROWS)
    instance = house.start("seller", business_key="PJ-1")
    assert house.state(instance) == "completed"
    [kept] = house.rows(t.message)
    assert (kept["state"], kept["business_key"], kept["source"]) == ("kept", "PJ-1", "seller")
    house.deploy("orders", orders_bpmn=STARTS)
    assert house.task("pack")["business_key"] == "PJ-1"


def test_a_message_that_nobody_ever_awaits_becomes_an_incident(house: House) -> None:
    house.message("paid", "CL-1")
    house.pass_time(days=31)
    [incident] = house.rows(t.incident)
    assert incident["code"] == "MESSAGE_EXPIRED"
    assert "CL-1" in incident["text"]


def test_a_thrown_message_reaches_another_process_in_the_same_transaction(house: House) -> None:
    house.deploy("orders", orders_bpmn=STARTS)
    house.deploy("seller", seller_bpmn=THROWS)
    house.start("seller", business_key="PJ-2")
    assert house.task("pack")["business_key"] == "PJ-2"
    assert house.rows(t.message, t.message.c.state == "kept") == []


def test_a_signal_reaches_every_case_that_waits_for_it(house: House) -> None:
    body = (
        '<startEvent id="start"/><intermediateCatchEvent id="await"><signalEventDefinition signalRef="s"/>'
        "</intermediateCatchEvent>"
        + d.user_task("look")
        + '<endEvent id="end"/>'
        + d.flows("start>await", "await>look", "look>end")
    )
    house.deploy(p_bpmn=d.process(body, outside=MESSAGES))
    house.start("p")
    house.start("p")
    with house.writing() as session:
        assert api.raise_signal(session, api.SYSTEM, "rates_moved", {"rate": 4}) == 2
    assert [task["element"] for task in house.tasks()] == ["look", "look"]


def test_a_called_process_hands_back_and_a_cancelled_caller_takes_it_along(house: House) -> None:
    caller = d.process(
        '<startEvent id="start"/><callActivity id="call" calledElement="p"><extensionElements>'
        '<camunda:in variables="all"/><camunda:out variables="all"/></extensionElements></callActivity>'
        + d.user_task("after")
        + '<endEvent id="end"/>'
        + d.flows("start>call", "call>after", "after>end"),
        key="caller",
    )
    house.deploy("called", p_bpmn=d.one_task())
    house.deploy("caller", caller_bpmn=caller)
    instance = house.start("caller", amount=7, business_key="CL-9")
    ask = house.task("ask")
    assert ask["business_key"] == "CL-9"
    house.complete("ask", ask["assignee"], answer=42)
    assert house.task("after", instance)
    assert house.variables(instance) == {"amount": 7, "answer": 42}
    other = house.start("caller")
    with house.writing() as session:
        api.cancel(session, api.SYSTEM, other, "no longer wanted")
    assert [task["element"] for task in house.tasks()] == ["after"]
    children = house.rows(t.instance, t.instance.c.parent_id == other)
    assert [child["state"] for child in children] == ["cancelled"]


def test_a_new_version_takes_over_the_message_start(house: House) -> None:
    house.deploy("orders", orders_bpmn=STARTS)
    house.deploy("orders", orders_bpmn=STARTS.replace("pack", "wrap"))
    house.message("order", "CL-1")
    assert house.task("wrap")
    assert len(house.rows(t.subscription, t.subscription.c.instance_id.is_(sa.null()))) == 1
