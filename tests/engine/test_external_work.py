"""Work for programs outside: each piece once, under a lock, and only its holder speaks."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from engine import api
from engine.api import ExternalTask, Topic
from engine.errors import Forbidden, InvalidInput, LockLost, NotFound
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House

MINUTE = timedelta(minutes=1)


def fetch(house: House, worker: str = "w1", most: int = 10, topic: str = "print", **more: Any) -> list[ExternalTask]:
    """What a program gets when it asks."""
    with house.writing() as session:
        return api.fetch_and_lock(session, api.SYSTEM, worker, [Topic(topic, MINUTE, **more)], most)


def say(house: House, verb: Any, *arguments: Any, worker: str = "w1", **more: Any) -> Any:
    """What a program reports."""
    with house.writing() as session:
        return verb(session, api.SYSTEM, worker, *arguments, **more)


@pytest.fixture
def printing(house: House) -> House:
    """A house with a process whose work a program outside does."""
    house.deploy(p_bpmn=d.one_service("print"))
    return house


def test_work_is_fetched_once_and_its_result_goes_on(printing: House) -> None:
    case = printing.start("p", business_key="PJ-1", pages=3)
    [task] = fetch(printing)
    assert (task.topic, task.element, task.business_key, task.process_key) == ("print", "work", "PJ-1", "p")
    assert task.variables["pages"] == 3 and task.attempt == 1 and task.retries_left == 3
    assert fetch(printing, "w2") == []
    say(printing, api.complete_external, task.id, {"printed": True})
    assert printing.variables(case)["printed"] is True
    assert [row["element"] for row in printing.tasks(case)] == ["after"]
    with pytest.raises(NotFound):
        say(printing, api.complete_external, task.id)


def test_a_lock_that_ran_out_can_be_taken_and_the_first_is_heard_until_then(printing: House) -> None:
    first, second = printing.start("p"), printing.start("p")
    one, two = fetch(printing)
    printing.clock.move(minutes=2)
    say(printing, api.complete_external, one.id)
    assert printing.tasks(first) and not printing.tasks(second)
    [again] = fetch(printing, "w2")
    assert again.id == two.id and again.key == two.key
    with pytest.raises(LockLost) as refused:
        say(printing, api.complete_external, two.id)
    assert refused.value.fields["by"] == "w2"
    say(printing, api.complete_external, two.id, worker="w2")
    assert printing.tasks(second)


def test_a_program_that_needs_longer_says_so(printing: House) -> None:
    printing.start("p")
    [task] = fetch(printing)
    printing.clock.move(seconds=50)
    say(printing, api.extend_external, task.id, timedelta(minutes=5))
    printing.clock.move(minutes=2)
    assert fetch(printing, "w2") == []
    printing.clock.move(minutes=4)
    assert [row.id for row in fetch(printing, "w2")] == [task.id]


def test_work_that_is_given_back_is_there_at_once_and_no_attempt_is_lost(printing: House) -> None:
    printing.start("p")
    [task] = fetch(printing)
    say(printing, api.unlock_external, task.id)
    [again] = fetch(printing, "w2")
    assert (again.id, again.attempt) == (task.id, 1)


def test_a_failed_attempt_comes_again_and_the_last_becomes_an_incident(printing: House) -> None:
    case = printing.start("p")
    for attempt in (1, 2, 3):
        [task] = fetch(printing)
        assert (task.attempt, task.retries_left) == (attempt, 4 - attempt)
        say(printing, api.fail_external, task.id, "no paper", details="line 1\nline 2")
        assert fetch(printing) == [], "it waits before it comes again"
        printing.clock.move(hours=1)
    assert fetch(printing) == []
    [incident] = printing.rows(t.incident, t.incident.c.instance_id == case)
    assert (
        incident["text"] == "no paper"
        and incident["text_zh"] == "外部程序报告：no paper"
        and incident["stack"] == "line 1\nline 2"
    )
    with printing.writing() as session:
        api.retry(session, api.SYSTEM, incident["id"])
    [task] = fetch(printing)
    assert task.attempt == 1 and task.last_error is not None and "no paper" in task.last_error


def test_a_program_may_count_its_attempts_itself(printing: House) -> None:
    case = printing.start("p")
    [task] = fetch(printing)
    say(printing, api.fail_external, task.id, "later", retries=7, retry_in=timedelta(seconds=5))
    printing.clock.move(seconds=6)
    [task] = fetch(printing)
    assert task.retries_left == 7
    say(printing, api.fail_external, task.id, "never", retries=0)
    assert [row["text"] for row in printing.rows(t.incident, t.incident.c.instance_id == case)] == ["never"]


def test_a_business_outcome_takes_the_way_that_is_drawn(house: House) -> None:
    house.deploy(
        p_bpmn=d.process(
            '<startEvent id="start"/><serviceTask id="work" camunda:type="external" camunda:topic="print"/>'
            '<boundaryEvent id="bad" attachedToRef="work"><errorEventDefinition errorRef="e"/></boundaryEvent>'
            + d.user_task("mend")
            + '<endEvent id="end"/>'
            + d.flows("start>work", "work>end", "bad>mend", "mend>end"),
            outside='<error id="e" errorCode="JAM"/>',
        )
    )
    case = house.start("p")
    [task] = fetch(house)
    say(house, api.bpmn_error_external, task.id, "JAM", "paper jam", {"tray": 2})
    assert [row["element"] for row in house.tasks(case)] == ["mend"]
    assert house.variables(case)["tray"] == 2


def test_the_most_urgent_comes_first_and_only_what_was_asked_for(house: House) -> None:
    for key, priority in (("low", 10), ("high", 90)):
        diagram = d.one_service("print", more=f'camunda:taskPriority="{priority}"').replace('id="p"', f'id="{key}"')
        house.deploy(key, p_bpmn=diagram)
        house.start(key, business_key=key, a=1, b=2)
    assert [task.process_key for task in fetch(house, most=1)] == ["high"]
    [task] = fetch(house, variables=("a",), business_key="low")
    assert dict(task.variables) == {"a": 1}
    assert fetch(house, topic="scan") == []


def test_work_of_a_suspended_case_rests(printing: House) -> None:
    case = printing.start("p")
    [task] = fetch(printing)
    with printing.writing() as session:
        api.suspend(session, api.SYSTEM, case)
    with pytest.raises(Forbidden):
        say(printing, api.complete_external, task.id)
    printing.clock.move(minutes=2)
    assert fetch(printing) == []
    with printing.writing() as session:
        api.resume(session, api.SYSTEM, case)
    assert [row.id for row in fetch(printing)] == [task.id]


def test_what_is_asked_wrong_is_refused_with_its_place(printing: House) -> None:
    printing.start("p")
    with printing.writing() as session:
        with pytest.raises(InvalidInput, match="lock"):
            api.fetch_and_lock(session, api.SYSTEM, "w1", [Topic("print", timedelta())])
        with pytest.raises(InvalidInput, match="who asks"):
            api.fetch_and_lock(session, api.SYSTEM, " ", [Topic("print", MINUTE)])
        with pytest.raises(Forbidden):
            api.fetch_and_lock(session, printing.actor("li"), "li", [Topic("print", MINUTE)])
    [task] = fetch(printing)
    with pytest.raises(InvalidInput, match="retries"):
        say(printing, api.fail_external, task.id, "?", retries=-1)


def test_many_programs_at_once_get_each_piece_once(printing: House) -> None:
    cases = [printing.start("p") for _ in range(30)]
    got: list[int] = []
    faults: list[BaseException] = []

    def program(name: str) -> None:
        try:
            while True:
                found = printing.runtime.unit(
                    lambda session: api.fetch_and_lock(session, api.SYSTEM, name, [Topic("print", MINUTE)], 3)
                )
                if not found:
                    return
                for task in found:
                    got.append(task.id)
                    printing.runtime.unit(
                        lambda session, task=task: api.complete_external(session, api.SYSTEM, name, task.id)
                    )
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=program, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(got) == len(set(got)) == 30
    assert sorted(row["instance_id"] for row in printing.tasks()) == sorted(cases)
