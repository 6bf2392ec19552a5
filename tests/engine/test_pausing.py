"""Waiting for the client: the clock stands, and goes on with what was paused given back."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import event

from engine import api
from engine.errors import Forbidden
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import SQLITE
from tests.house import SHANGHAI, House


def hanging() -> str:
    """`ask`, due in two working days, with a timer at its border one working day behind the due date."""
    return d.process(
        '<startEvent id="start"/>' + d.user_task("ask", due="2BD") + '<endEvent id="end"/><endEvent id="end2"/>'
        '<boundaryEvent id="late" attachedToRef="ask" cancelActivity="false"><timerEventDefinition>'
        '<timeDate>=task_due_plus("1BD")</timeDate></timerEventDefinition></boundaryEvent>'
        + d.user_task("nag", group="compliance")
        + d.flows("start>ask", "ask>end", "late>nag", "nag>end2")
    )


def at(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%d %H:%M}"


def paused(house: House, **more: str) -> dict[str, object]:
    """The task of a new case, paused on Monday at nine."""
    house.deploy(p_bpmn=hanging())
    task = house.task("ask", house.start("p", business_key="CL-1"))
    with house.writing() as session:
        api.pause(session, house.actor(task["assignee"]), task["id"], "statements are missing", **more)
    return dict(house.task("ask"))


def test_a_paused_task_reminds_nobody_and_its_timers_rest(house: House) -> None:
    task = paused(house)
    assert task["waiting_since"] == house.clock()
    assert (house.rows(t.timer), house.rows(t.reminder, t.reminder.c.state == "planned")) == ([], [])
    house.pass_time(days=20)
    assert [row["template"] for row in house.rows(t.outbox, t.outbox.c.channel == "in_app")] == ["task_assigned"]
    assert [task["element"] for task in house.tasks()] == ["ask"]


def test_due_date_reminders_and_timers_move_by_the_working_time_paused(house: House) -> None:
    task = paused(house)
    house.clock.move(days=8)  # six working days, over a weekend
    with house.writing() as session:
        due = api.go_on(session, house.actor(str(task["assignee"])), int(str(task["id"])))
    assert due is not None and at(due) == "12 18:00"  # Wednesday 4 March and six working days
    assert house.task("ask")["waiting_since"] is None
    assert at(house.rows(t.timer)[0]["due_at"]) == "13 18:00"
    moments = {row["step"]: at(row["due_at"]) for row in house.rows(t.reminder, t.reminder.c.state == "planned")}
    assert (moments["before"], moments["due"], moments["overdue"]) == ("11 18:00", "12 18:00", "16 18:00")
    house.pass_time(days=4)
    assert house.task("nag")
    actions = [row["action"] for row in house.rows(t.audit_entry, t.audit_entry.c.subject == f"task:{task['id']}")]
    assert actions == ["paused", "went_on"]


def test_a_pause_outside_working_hours_moves_nothing(house: House) -> None:
    house.clock.move(hours=10)
    task = paused(house)
    house.clock.move(hours=12)
    with house.writing() as session:
        due = api.go_on(session, house.actor(str(task["assignee"])), int(str(task["id"])))
    assert due == task["due_at"]


def test_the_clients_answer_ends_the_pause(house: House) -> None:
    paused(house, message="client_documents")
    house.clock.move(days=1)
    assert house.message("client_documents", "CL-2").state == "kept"
    assert house.task("ask")["waiting_since"] is not None
    assert house.message("client_documents", "CL-1").state == "delivered"
    task = house.task("ask")
    assert (task["waiting_since"], task["waiting_for"], at(task["due_at"])) == (None, None, "05 18:00")


def test_only_who_may_complete_a_task_pauses_it_and_completing_ends_all(house: House) -> None:
    house.deploy(p_bpmn=hanging())
    house.start("p")
    task = house.task("ask")
    with pytest.raises(Forbidden), house.writing() as session:
        api.pause(session, house.actor("chen"), task["id"])
    holder = house.actor(task["assignee"])
    with house.writing() as session:
        api.pause(session, holder, task["id"])
        api.pause(session, holder, task["id"])
    house.clock.move(days=3)
    house.complete("ask", task["assignee"])
    house.work()
    assert (house.tasks(), house.rows(t.timer)) == ([], [])


def test_a_due_date_moved_while_paused_counts_from_there(house: House) -> None:
    task = paused(house)
    with house.writing() as session:
        api.set_due(
            session, house.actor("hu"), int(str(task["id"])), datetime(2026, 3, 9, 18, tzinfo=SHANGHAI), "later"
        )
    assert (house.rows(t.timer), house.rows(t.reminder, t.reminder.c.state == "planned")) == ([], [])
    house.clock.move(days=1)
    with house.writing() as session:
        due = api.go_on(session, house.actor(str(task["assignee"])), int(str(task["id"])))
    assert due is not None and at(due) == "10 18:00"


@SQLITE
def test_a_message_finds_the_tasks_that_wait_for_it_by_index(house: House) -> None:
    paused(house, message="client_documents")
    said: list[tuple[str, object]] = []
    event.listen(house.runtime.database, "before_cursor_execute", lambda *args: said.append((args[2], args[3])))
    house.message("client_documents", "CL-1")
    [(query, values)] = [(text, values) for text, values in said if "waiting_for = ?" in text and "SELECT" in text]
    with house.runtime.database.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all()
    assert any("ix_user_task_waiting_for" in row[-1] for row in plan), plan
