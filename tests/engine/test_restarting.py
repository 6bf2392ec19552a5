"""An ended case gone on with from an element, by a new one, with what is not done told."""

from __future__ import annotations

from typing import Any

import pytest

from engine import api, verification
from engine.errors import Forbidden, FourEyes, InvalidInput, NotFound
from engine.store import tables as t
from tests.conformance.drawing import boundary, call, diagram, error, process, sub
from tests.engine import diagrams as d
from tests.house import House


def task(id: str, more: str = "") -> str:
    return f'<userTask id="{id}" name="{id}" camunda:candidateGroups="rm">{more}</userTask>'


def line(flow: str, *elements: str, key: str = "p") -> str:
    return diagram(process(key, flow, *elements))


def restarted(house: House, instance: int, *at: str, by: str = "owen", **more: Any) -> api.Restarted:
    with house.writing() as session:
        return api.restart(session, house.actor(by), instance, at, **more)


def cancelled(house: House, instance: int) -> int:
    with house.writing() as session:
        api.cancel(session, house.actor("owen"), instance, "by mistake")
    return instance


def done_by_its_holder(house: House, element: str, **values: object) -> None:
    house.complete(element, str(house.task(element)["assignee"]), **values)


def told(done: api.Restarted) -> list[tuple[str, str]]:
    return [(one.what, one.element) for one in done.not_done]


def test_a_cancelled_case_goes_on_at_the_element_with_its_variables_and_key(house: House) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> u2 -> u3 -> e", task("u1"), task("u2"), task("u3")))
    old = house.start("p", business_key="PJ-7", amount=5)
    done_by_its_holder(house, "u1", checked=True)
    cancelled(house, old)
    done = restarted(house, old, "u3", variables={"amount": 6})
    assert told(done) == [("not-taken-up", "u2")]
    new = done.instance_id
    assert [row["element"] for row in house.tasks()] == ["u3"]
    [row] = house.rows(t.instance, t.instance.c.id == new)
    assert (row["business_key"], row["restarted_from"]) == ("PJ-7", old)
    assert house.variables(new) == {"amount": 6, "checked": True}
    done_by_its_holder(house, "u3")
    assert (house.state(new), house.state(old)) == ("completed", "cancelled")
    entries = house.rows(t.audit_entry, t.audit_entry.c.action == "restarted")
    assert {e["subject"] for e in entries} == {f"instance:{old}", f"instance:{new}"}
    with house.looking() as session:
        assert verification.verify(session).broken == []


def test_what_lies_before_and_was_never_done_is_told(house: House) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> u2 -> u3 -> e", task("u1"), task("u2"), task("u3")))
    old = cancelled(house, house.start("p"))
    with house.looking() as session:
        report = api.preview_restart(session, house.actor("owen"), old, ["u3"])
    assert [(one.what, one.element) for one in report] == [("never-done", "u2"), ("not-taken-up", "u1")]
    assert "u2" in report[0].text("en") and "u2" in report[0].text("zh")
    assert house.tasks() == []


def test_a_case_that_failed_goes_on_inside_its_sub_process(house: House) -> None:
    inner = sub("h", "s1 -> u2 -> e1", task("u2"))
    house.deploy(p_bpmn=line("s -> u1 -> h -> e", task("u1"), inner))
    old = house.start("p", a=1)
    done_by_its_holder(house, "u1")
    cancelled(house, old)
    done = restarted(house, old, "u2")
    assert told(done) == [("locals", "h")]
    done_by_its_holder(house, "u2")
    assert house.state(done.instance_id) == "completed"


def test_two_branches_are_begun_together_and_meet(house: House) -> None:
    flow = "s -> f1 -> u1 -> j1 -> e; f1 -> u2 -> j1"
    house.deploy(p_bpmn=line(flow, '<parallelGateway id="f1"/>', '<parallelGateway id="j1"/>', task("u1"), task("u2")))
    old = cancelled(house, house.start("p"))
    done = restarted(house, old, "u1", "u2")
    assert told(done) == []
    done_by_its_holder(house, "u1")
    assert house.state(done.instance_id) == "active"
    done_by_its_holder(house, "u2")
    assert house.state(done.instance_id) == "completed"


def test_four_eyes_hold_across_the_restart(house: House) -> None:
    check = '<extensionElements><camunda:properties><camunda:property name="notSameUserAs" value="u1"/>'
    house.deploy(
        p_bpmn=line("s -> u1 -> u2 -> e", task("u1"), task("u2", check + "</camunda:properties></extensionElements>"))
    )
    old = house.start("p")
    done_by_its_holder(house, "u1")
    [first] = house.tasks(old, "completed")
    cancelled(house, old)
    restarted(house, old, "u2")
    again = house.task("u2")
    assert again["assignee"] not in (None, first["completed_by"])
    with house.writing() as session, pytest.raises(FourEyes):
        api.reassign(session, house.actor("root"), again["id"], first["completed_by"])


def test_a_called_case_is_restarted_alone_and_its_caller_is_not_told(house: House) -> None:
    house.deploy("q", q_bpmn=line("s -> u1 -> e", task("u1"), key="q"))
    house.deploy(p_bpmn=line("s -> c -> e", call("c", "q")))
    root = house.start("p")
    [child] = house.rows(t.instance, t.instance.c.parent_id == root)
    cancelled(house, root)
    done = restarted(house, child["id"], "u1")
    assert told(done) == [("no-caller", "q")]
    [row] = house.rows(t.instance, t.instance.c.id == done.instance_id)
    assert row["parent_id"] is None and row["root_id"] == row["id"]


def test_where_nothing_can_begin_it_is_refused(house: House) -> None:
    guard = boundary("b", "u1", error("E"))
    house.deploy(p_bpmn=line("s -> u1 -> e; b -> e", task("u1"), guard))
    running = house.start("p")
    with pytest.raises(InvalidInput):
        restarted(house, running, "u1")
    old = cancelled(house, running)
    for at, kind in (("b", InvalidInput), ("nowhere", NotFound)):
        with pytest.raises(kind):
            restarted(house, old, at)
    with pytest.raises(Forbidden):
        restarted(house, old, "u1", by="li")
    assert len(house.rows(t.instance)) == 1


def test_a_newer_version_may_take_it_up(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    old = cancelled(house, house.start("p", x=1))
    house.deploy(p_bpmn=d.one_task().replace('id="ask"', 'id="ask2"').replace('"ask"', '"ask2"'))
    done = restarted(house, old, "ask2", version=2)
    assert house.task("ask2", done.instance_id)
