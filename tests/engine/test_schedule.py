"""Dates that send a message when they come: once, on a working day, whatever happens meanwhile."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from engine import api, schedule, worker
from engine.errors import InvalidInput
from engine.schedule import TRIES
from engine.store import tables as t
from engine.store.dates import schedule as rows
from tests.engine import diagrams as d
from tests.house import SHANGHAI, House

REVIEW = d.process(
    '<startEvent id="due"><messageEventDefinition messageRef="m_review"/></startEvent>'
    + d.user_task("look")
    + '<endEvent id="end"/>'
    + d.flows("due>look", "look>end"),
    key="review",
    outside='<message id="m_review" name="review_due"/>',
)

WAITS = d.process(
    '<startEvent id="start"/><receiveTask id="due" messageRef="m_review"/><endEvent id="end"/>'
    + d.flows("start>due", "due>end"),
    key="waits",
    outside='<message id="m_review" name="review_due"/>',
)


def plan(house: House, due: date | datetime, key: str = "review:CL-1:2026", **variables: object) -> bool:
    with house.writing() as session:
        return schedule.add(
            session, "review_due", due=due, business_key="CL-1", dedupe_key=key, variables=variables or None
        )


def test_a_date_starts_a_case_when_it_comes_and_not_again(house: House) -> None:
    house.deploy(p_bpmn=REVIEW)
    assert plan(house, date(2026, 3, 4), tier="A")
    worker.drain(house.runtime)
    assert house.tasks() == []
    house.clock.move(days=2)
    worker.drain(house.runtime)
    worker.drain(house.runtime)
    (task,) = house.tasks()
    assert house.variables(task["instance_id"]) == {"tier": "A"}
    assert not plan(house, date(2026, 3, 9)), "what was sent is not planned again"


def test_a_day_off_waits_for_the_next_working_day_and_a_changed_calendar_moves_it(house: House) -> None:
    plan(house, date(2026, 3, 7))  # a Saturday
    assert moment(house) == datetime(2026, 3, 9, 9, 0, tzinfo=SHANGHAI)
    with house.writing() as session:
        api.set_calendar_day(session, house_admin(house), date(2026, 3, 9), False, "公司休息")
    assert moment(house) == datetime(2026, 3, 10, 9, 0, tzinfo=SHANGHAI)


def test_what_was_cancelled_is_not_sent_and_may_be_planned_anew(house: House) -> None:
    house.deploy(p_bpmn=REVIEW)
    plan(house, date(2026, 3, 3), "review:CL-1:2026")
    plan(house, date(2026, 3, 3), "review:CL-10:2026")
    with house.writing() as session:
        assert schedule.cancel(session, "review:CL-1:") == 1
    assert plan(house, date(2026, 3, 5), "review:CL-1:2026")
    house.clock.move(days=1)
    worker.drain(house.runtime)
    assert len(house.tasks()) == 1
    house.clock.move(days=2)
    worker.drain(house.runtime)
    assert len(house.tasks()) == 2


def test_what_came_while_the_house_was_closed_is_sent_once_each(house: House) -> None:
    house.deploy(p_bpmn=REVIEW)
    for month in range(3, 7):
        plan(house, date(2026, month, 3), f"review:CL-1:{month}")
    house.clock.move(days=200)
    worker.drain(house.runtime)
    assert len(house.tasks()) == 4


def test_a_cancelling_that_comes_between_leaves_nothing_of_the_sending(house: House) -> None:
    house.deploy(p_bpmn=REVIEW)
    plan(house, date(2026, 3, 3))
    house.clock.move(days=1)
    with house.looking() as session:
        due = schedule.due(session, 10)
    with house.writing() as session:
        schedule.cancel(session, "review:")
    assert [worker.send_scheduled(house.runtime, one) for one in due] == [False]
    assert house.tasks() == []
    assert house.rows(t.message) == []


def test_a_message_that_its_case_cannot_take_is_tried_again_and_then_told(house: House) -> None:
    house.deploy(p_bpmn=WAITS)
    for _ in range(2):
        house.start("waits", business_key="CL-1")
    plan(house, date(2026, 3, 3))
    for _ in range(TRIES + 1):
        house.clock.move(days=1)
        worker.drain(house.runtime)
    assert [row["state"] for row in house.rows(rows)] == ["failed"]
    assert [row["code"] for row in house.rows(t.incident)] == ["AmbiguousMessage"]


def test_a_moment_without_a_zone_and_a_prefix_of_nothing_are_refused(house: House) -> None:
    with pytest.raises(InvalidInput, match="zone"):
        plan(house, datetime(2026, 3, 3))
    with pytest.raises(InvalidInput), house.writing() as session:
        schedule.cancel(session, "")


def moment(house: House) -> datetime:
    (row,) = house.rows(rows)
    found: datetime = row["due_at"]
    return found


def house_admin(house: House) -> api.Actor:
    return house.actor("root")
