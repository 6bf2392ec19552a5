"""A transaction ends where the model says `asyncBefore` or `asyncAfter`: what is before stands, a job goes on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine import api
from engine.play import play
from engine.registry import handles
from engine.store import tables as t
from tests.conformance.drawing import diagram, process, service, user
from tests.house import House


def test_what_a_person_did_stands_before_the_work_behind_it_is_begun(house: House) -> None:
    seen: list[int] = []

    @handles("check", transactional=True)
    def check(ctx: Any) -> dict[str, object]:
        open_tasks = sa.and_(t.user_task.c.element == "u1", t.user_task.c.state == "open")
        seen.append(len(ctx.session.execute(sa.select(t.user_task).where(open_tasks)).all()))
        if len(seen) == 1:
            raise ValueError("not yet")
        return {"checked": True}

    house.runtime.registry.add_functions(check)
    house.deploy(
        p_bpmn=diagram(process("p", "s -> u1 -> w -> u2 -> e", service("w", "check", camunda_asyncBefore=True)))
    )
    instance = house.start("p")
    house.complete("u1", str(house.task("u1")["assignee"]))
    assert seen == [] and house.tasks(instance) == []
    [job] = house.rows(t.job)
    assert (job["kind"], job["element"], job["topic"]) == ("async", "w", "async-before")
    house.work()
    assert seen == [0] and [row["kind"] for row in house.rows(t.job)] == ["topic"]
    house.pass_time(hours=1)
    assert house.variables(instance)["checked"] is True and house.task("u2", instance)
    assert house.rows(t.job) == []


def test_a_case_that_begins_asynchronously_has_its_number_before_anything_happens(house: House) -> None:
    start = '<startEvent id="s" camunda:asyncAfter="true"/>'
    house.deploy(p_bpmn=diagram(process("p", "s -> u1 -> e", start)))
    instance = house.start("p")
    assert house.state(instance) == "active" and house.tasks() == []
    with house.writing() as session:
        api.suspend(session, api.SYSTEM, instance)
    assert house.work() == 0
    with house.writing() as session:
        api.resume(session, api.SYSTEM, instance)
    house.work()
    assert house.task("u1", instance)


def test_play_goes_on_by_itself_once_all_else_has_come_to_rest() -> None:
    later = '<task id="t1" camunda:asyncBefore="true"/>'
    model = diagram(process("p", "s -> p1 -> t1 -> e1; p1 -> t2 -> u -> e2", later, user("u", camunda_asyncAfter=True)))
    for saved in (False, True):
        report = play([model], {"steps": [{"start": "p"}, {"complete": "u"}]}, save_between_steps=saved)
        entered = [event["element"] for event in report["trace"] if event["event"] == "enter"]
        assert entered == ["s", "p1", "t2", "u", "t1", "e1", "e2"]
        assert [one["state"] for one in report["instances"]] == ["completed"]
