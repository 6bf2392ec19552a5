"""Large parallel bodies on the server: their iterations are rows of their own, and only those that are needed move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from engine import api
from engine.errors import AlreadyHandled
from engine.process import parts
from engine.queries import instance as detail
from engine.queries import instances as listed
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House

SIZE = 18


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large elsewhere is fifty: eighteen, in parts of four, behave alike and take a quarter of the time."""
    monkeypatch.setattr(parts, "LARGE", 12)
    monkeypatch.setattr(parts, "CHUNK", 4)


def body(inside: str = "", border: str = "", times: int = SIZE, outside: str = "") -> str:
    loop = (
        "<multiInstanceLoopCharacteristics>"
        f'<loopCardinality xsi:type="tFormalExpression">{times}</loopCardinality></multiInstanceLoopCharacteristics>'
    )
    work = (
        f'<subProcess id="each">{loop}{inside}</subProcess>'
        if inside
        else f'<userTask id="each" camunda:candidateGroups="rm">{loop}</userTask>'
    )
    return d.process(
        f'<startEvent id="start"/>{work}{d.user_task("after")}<endEvent id="end"/>{border}'
        + d.flows("start>each", "each>after", "after>end"),
        outside=outside,
    )


def stored(house: House, instance: int) -> dict[int, bytes]:
    return {row["part"]: row["body"] for row in house.rows(t.instance_part, t.instance_part.c.instance_id == instance)}


def complete(house: House, index: int = 0) -> int:
    task = house.tasks()[index]
    actor = house.actor(task["assignee"])
    with house.writing() as session:
        api.complete(session, actor, task["id"], {})
    return int(task["id"])


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    said: list[str] = []

    def note(*args: object) -> None:
        said.append(" ".join(str(args[2]).split()))

    event.listen(house.runtime.database, "before_cursor_execute", note)
    yield said
    event.remove(house.runtime.database, "before_cursor_execute", note)


def test_a_body_is_divided_as_it_is_shipped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    house.deploy(p_bpmn=body(times=70))
    instance = house.start("p")
    assert len(stored(house, instance)) == 5
    complete(house, 40)
    assert len(house.tasks()) == 69


def test_a_completion_touches_one_part_and_leaves_the_others_alone(house: House) -> None:
    house.deploy(p_bpmn=body())
    instance = house.start("p")
    before = stored(house, instance)
    assert len(before) == -(-SIZE // parts.CHUNK)
    with statements(house) as said:
        complete(house, 5)
    after = stored(house, instance)
    assert [part for part in before if before[part] != after[part]] == [2]
    assert sum("FROM instance_part" in one for one in said) == 1
    assert len(house.tasks()) == SIZE - 1


def test_the_last_completion_goes_on_and_leaves_no_parts(house: House) -> None:
    house.deploy(p_bpmn=body())
    instance = house.start("p")
    for left in range(SIZE, 0, -1):
        complete(house, left // 2)
    assert stored(house, instance) == {}
    assert [task["element"] for task in house.tasks()] == ["after"]
    complete(house)
    assert house.state(instance) == "completed"


def test_a_border_takes_all_parts_away(house: House) -> None:
    border = '<boundaryEvent id="b" attachedToRef="each"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
    border += '</timerEventDefinition></boundaryEvent><endEvent id="late"/>' + d.flows("b>late")
    house.deploy(p_bpmn=body(border=border))
    instance = house.start("p")
    complete(house, 3)
    house.pass_time(hours=2)
    assert (house.state(instance), stored(house, instance), house.tasks()) == ("completed", {}, [])


def test_cancelling_takes_all_parts_away(house: House) -> None:
    house.deploy(p_bpmn=body())
    instance = house.start("p")
    with house.writing() as session:
        api.cancel(session, api.SYSTEM, instance, "no more")
    assert (house.state(instance), stored(house, instance), house.tasks()) == ("cancelled", {}, [])


def test_pages_show_what_stands_in_parts(house: House) -> None:
    house.deploy(p_bpmn=body())
    instance = house.start("p")
    complete(house)
    with house.looking() as session:
        shown = detail(session, instance)
        page = listed(session)
    assert shown.active == ("each",)
    assert len(shown.row.waits) == SIZE - 1 and all(wait.task_id for wait in shown.row.waits)
    assert [len(row.waits) for row in page] == [SIZE - 1]


def test_timers_messages_and_signals_reach_into_parts(house: House) -> None:
    inside = (
        '<startEvent id="s1"/>' + d.user_task("ask")
        + '<boundaryEvent id="remind" attachedToRef="ask" cancelActivity="false"><timerEventDefinition>'
        "<timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"
        + '<intermediateCatchEvent id="wait"><signalEventDefinition signalRef="go"/></intermediateCatchEvent>'
        + '<endEvent id="e1"/><endEvent id="e2"/>' + d.flows("s1>ask", "ask>wait", "wait>e1", "remind>e2")
    )  # fmt: skip
    house.deploy(p_bpmn=body(inside, outside='<signal id="go" name="go"/>'))
    instance = house.start("p")
    complete(house, 5)
    complete(house, 11)
    house.pass_time(hours=2)
    assert house.rows(t.timer) == []
    with house.writing() as session:
        api.raise_signal(session, api.SYSTEM, "go")
    assert len(house.tasks()) == SIZE - 2
    while house.tasks():
        complete(house)
    with house.writing() as session:
        api.raise_signal(session, api.SYSTEM, "go")
    assert [task["element"] for task in house.tasks()] == ["after"]
    assert stored(house, instance) == {}


def test_called_processes_come_back_into_parts(house: House) -> None:
    loop = f"<loopCardinality xsi:type='tFormalExpression'>{SIZE}</loopCardinality>"
    call = (
        '<callActivity id="each" calledElement="q">'
        f"<multiInstanceLoopCharacteristics>{loop}</multiInstanceLoopCharacteristics></callActivity>"
    )
    caller = d.process(f'<startEvent id="start"/>{call}<endEvent id="end"/>' + d.flows("start>each", "each>end"))
    called = d.process(
        '<startEvent id="s2"/>' + d.user_task("ask") + '<endEvent id="e2"/>' + d.flows("s2>ask", "ask>e2"), key="q"
    )
    house.deploy(p_bpmn=caller, q_bpmn=called)
    instance = house.start("p")
    assert len(house.tasks()) == SIZE
    while house.tasks():
        complete(house, len(house.tasks()) // 3)
    assert (house.state(instance), stored(house, instance)) == ("completed", {})


def test_a_late_answer_leaves_the_parts_as_they_are(house: House) -> None:
    house.deploy(p_bpmn=body())
    instance = house.start("p")
    done = complete(house, 5)
    before = stored(house, instance)
    with pytest.raises(AlreadyHandled), house.writing() as session:
        api.complete(session, api.SYSTEM, done, {})
    assert stored(house, instance) == before


def test_a_suspended_body_goes_on_when_it_is_resumed(house: House) -> None:
    house.deploy(p_bpmn=body())
    instance = house.start("p")
    with house.writing() as session:
        api.suspend(session, api.SYSTEM, instance)
    with house.writing() as session:
        api.resume(session, api.SYSTEM, instance)
    complete(house, 9)
    assert len(house.tasks()) == SIZE - 1


def test_a_small_body_stays_in_one_row(house: House) -> None:
    house.deploy(p_bpmn=body(times=parts.LARGE))
    instance = house.start("p")
    assert stored(house, instance) == {}


def test_numbers_of_waits_go_beyond_thirty_two_bits(house: House) -> None:
    house.deploy(p_bpmn=body())
    house.start("p")
    with house.looking() as session:
        assert session.scalar(sa.select(sa.func.max(t.user_task.c.wait))) > 2**32


def test_the_tasks_of_one_step_are_spread_as_if_each_had_come_alone(house: House) -> None:
    house.deploy(p_bpmn=body())
    house.start("p")
    held = Counter(task["assignee"] for task in house.tasks())
    assert set(held) == {"li", "wang", "zhao"} and max(held.values()) - min(held.values()) <= 1
    loads = [task["why"]["loads"] for task in house.tasks()]
    assert [sum(seen.values()) for seen in loads] == list(range(SIZE))


def test_loads_are_added_up_once_however_many_tasks_a_step_opens(house: House) -> None:
    house.deploy(p_bpmn=body())
    with statements(house) as said:
        house.start("p")
    assert sum("sum(user_task.points)" in one for one in said) == 1
    assert sum(one.startswith("INSERT INTO user_task") for one in said) == 1


def test_new_facts_reach_every_open_task_by_one_statement(house: House) -> None:
    house.deploy(p_bpmn=body().replace("<startEvent", d.properties(facts="client") + "<startEvent", 1))
    instance = house.start("p", client="CL-1")
    with statements(house) as said, house.writing() as session:
        api.set_variables(session, api.SYSTEM, instance, {"client": "CL-2"})
    assert sum(one.startswith("UPDATE user_task") for one in said) == 1
    assert {(task["facts"]["client"], task["search"]) for task in house.tasks()} == {("CL-2", "each  cl-2")}
