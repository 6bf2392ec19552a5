"""Timers: due rows, fired once, whatever the clock and the instance do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from engine import advance, api, firing, scheduler, timers, worker
from engine.errors import Forbidden, ModelRefused
from engine.execution import Runtime
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import SQLITE
from tests.house import House
from tests.patience import PATIENCE

pytestmark = SQLITE


def waiting(span: str = "PT1H", key: str = "p") -> str:
    """start → a timer → the task `then` → end."""
    body = (
        '<startEvent id="start"/><intermediateCatchEvent id="pause"><timerEventDefinition>'
        f"<timeDuration>{span}</timeDuration></timerEventDefinition></intermediateCatchEvent>"
        + d.user_task("then")
        + '<endEvent id="end"/>'
        + d.flows("start>pause", "pause>then", "then>end")
    )
    return d.process(body, key)


def starting(tag: str, text: str, task: str = "look", key: str = "p") -> str:
    """A process that a timer starts."""
    body = (
        f'<startEvent id="begin"><timerEventDefinition><{tag}>{text}</{tag}></timerEventDefinition></startEvent>'
        + d.user_task(task)
        + '<endEvent id="end"/>'
        + d.flows(f"begin>{task}", f"{task}>end")
    )
    return d.process(body, key)


def test_timers_of_suspended_cases_rest_and_hide_nobody_elses(house: House) -> None:
    house.deploy(p_bpmn=waiting())
    held = [house.start("p") for _ in range(6)]
    with house.writing() as session:
        for instance in held:
            api.suspend(session, api.SYSTEM, instance)
    house.clock.move(minutes=1)
    free = house.start("p")
    house.clock.move(hours=2)
    assert worker.run_due(house.runtime, limit=3) == 1
    assert house.task("then", free)
    assert worker.run_due(house.runtime, limit=3) == 0
    with house.writing() as session:
        api.resume(session, api.SYSTEM, held[0])
    house.work()
    assert house.task("then", held[0])
    assert len(house.tasks()) == 2


def test_a_timer_that_cannot_be_fired_does_not_hide_the_next_and_tells_people_in_the_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.deploy(p_bpmn=waiting())
    bad, good = house.start("p"), house.start("p")
    whole, broken = advance.advance, [True]

    def failing(session: object, actor: str, live: object, trigger: object) -> object:
        if broken[0] and live.id == bad:  # type: ignore[attr-defined]
            raise ValueError("a fault of ours")
        return whole(session, actor, live, trigger)  # type: ignore[arg-type]

    monkeypatch.setattr(advance, "advance", failing)
    house.clock.move(hours=2)
    assert worker.run_due(house.runtime, limit=1) == 1
    assert house.task("then", good)
    for _ in range(6):
        house.pass_time(hours=1)
    [incident] = house.rows(t.incident)
    assert (incident["kind"], incident["instance_id"]) == ("timer", bad)
    assert "a fault of ours" in incident["text"]
    broken[0] = False
    with house.writing() as session:
        api.retry(session, house.actor("owen"), incident["id"])
    house.work()
    assert house.task("then", bad)
    assert house.rows(t.incident, t.incident.c.resolved_at.is_(None)) == []


def test_a_timer_does_not_fire_before_its_moment_when_the_clock_goes_back(house: House) -> None:
    house.deploy(p_bpmn=waiting())
    instance = house.start("p")
    house.clock.move(hours=2)
    with house.looking() as session:
        [due] = timers.due(session, 10)
    house.clock.move(hours=-3)
    assert firing.fire(house.runtime, [due]) == 0
    assert house.work() == 0
    house.pass_time(hours=3)
    assert house.task("then", instance)


def test_days_of_a_timer_keep_the_hour_on_the_wall_when_the_clocks_change(open_house: Callable[..., House]) -> None:
    house = open_house(handlers=(), zone="Europe/Berlin", country="DE")
    berlin = ZoneInfo("Europe/Berlin")
    house.clock.at = datetime(2026, 3, 28, 9, 0, tzinfo=berlin)  # the night of 29 March has 23 hours
    house.deploy("days", p_bpmn=waiting("P1D"))
    house.deploy("hours", q_bpmn=waiting("PT24H", "q"))
    house.start("p")
    house.start("q")
    dues = sorted(row["due_at"].astimezone(berlin) for row in house.rows(t.timer))
    assert [f"{due:%d %H:%M}" for due in dues] == ["29 09:00", "29 10:00"]


def test_a_process_is_started_by_its_timer_as_often_as_it_says(house: House) -> None:
    house.deploy(p_bpmn=starting("timeCycle", "R2/PT1H"))
    assert house.work() == 0
    for expected in (1, 2, 2, 2):
        house.pass_time(hours=1)
        assert len(house.tasks()) == expected
    assert house.rows(t.timer) == []
    assert {row["started_by"] for row in house.rows(t.instance)} == {"timer"}


def test_an_endless_cycle_catches_up_once_after_a_stop(house: House) -> None:
    house.deploy(p_bpmn=starting("timeCycle", "0 8 * * MON-FRI"))
    house.pass_time(days=14)
    assert len(house.tasks()) == 1
    [timer] = house.rows(t.timer)
    local = timer["due_at"].astimezone(house.runtime.zone)
    assert (local.hour, local.weekday() < 5, timer["due_at"] > house.clock()) == (8, True, True)


def test_a_new_version_takes_over_the_start_timer(house: House) -> None:
    house.deploy(p_bpmn=starting("timeCycle", "R/PT1H"))
    house.deploy(p_bpmn=starting("timeCycle", "R/PT1H", task="check"))
    house.pass_time(hours=1)
    assert [task["element"] for task in house.tasks()] == ["check"]
    house.deploy(p_bpmn=d.one_task())
    assert house.rows(t.timer) == []


def test_a_start_date_that_has_passed_starts_nothing_and_one_ahead_starts_once(house: House) -> None:
    house.deploy("past", p_bpmn=starting("timeDate", "2026-01-01T09:00:00"))
    assert house.rows(t.timer) == []
    house.deploy("ahead", q_bpmn=starting("timeDate", "2026-03-03T09:00:00", key="q"))
    house.pass_time(days=2)
    house.pass_time(days=2)
    assert [task["process_key"] for task in house.tasks()] == ["q"]


def test_a_start_timer_that_gives_no_moment_is_refused_with_its_name(house: House) -> None:
    with pytest.raises(ModelRefused) as refused:
        house.deploy(p_bpmn=starting("timeDate", '= "next week"'))
    assert refused.value.faults[0].element == "begin"
    assert house.rows(t.definition) == []


def test_a_message_for_a_suspended_case_is_kept_for_it(house: House) -> None:
    body = (
        '<startEvent id="start"/><receiveTask id="await" messageRef="m"/>'
        + d.user_task("then")
        + '<endEvent id="end"/>'
        + d.flows("start>await", "await>then", "then>end")
    )
    house.deploy(p_bpmn=d.process(body, outside='<message id="m" name="paid"/>'))
    instance, owner = house.start("p", business_key="CL-1"), house.actor("owen")
    with house.writing() as session:
        api.suspend(session, owner, instance)
    assert house.message("paid", "CL-1", variables={"amount": 3}).state == "kept"
    with house.writing() as session:
        api.resume(session, owner, instance)
    assert house.task("then", instance)
    assert house.variables(instance) == {"amount": 3}


def test_suspension_holds_what_was_called_and_resuming_lets_both_go_on(house: House) -> None:
    caller = d.process(
        '<startEvent id="start"/><callActivity id="call" calledElement="p"/><endEvent id="end"/>'
        + d.flows("start>call", "call>end"),
        key="caller",
    )
    house.deploy("called", p_bpmn=waiting())
    house.deploy("caller", caller_bpmn=caller)
    root, owner = house.start("caller"), house.actor("owen")
    [child] = [row["id"] for row in house.rows(t.instance, t.instance.c.parent_id == root)]
    with house.writing() as session:
        api.suspend(session, owner, root)
    assert {row["state"] for row in house.rows(t.instance)} == {"suspended"}
    assert house.pass_time(days=1) == 0
    with pytest.raises(Exception, match="resume that one"), house.writing() as session:
        api.resume(session, owner, child)
    with pytest.raises(Forbidden), house.writing() as session:
        api.set_variables(session, owner, root, {"x": 1})
    with house.writing() as session:
        api.resume(session, owner, root)
    house.work()
    house.complete("then", house.task("then")["assignee"])
    assert {row["state"] for row in house.rows(t.instance)} == {"completed"}


def test_cancelling_a_suspended_caller_takes_its_called_process_along(house: House) -> None:
    caller = d.process(
        '<startEvent id="start"/><callActivity id="call" calledElement="p"/><endEvent id="end"/>'
        + d.flows("start>call", "call>end"),
        key="caller",
    )
    house.deploy("called", p_bpmn=d.one_task())
    house.deploy("caller", caller_bpmn=caller)
    root, owner = house.start("caller"), house.actor("owen")
    with house.writing() as session:
        api.suspend(session, owner, root)
    with house.writing() as session:
        api.cancel(session, owner, root, "wrong client")
    assert {row["state"] for row in house.rows(t.instance)} == {"cancelled"}
    assert house.tasks() == []


def test_the_clock_of_the_process_sweeps_by_itself_and_survives_a_duty_that_fails(
    open_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    house = open_house(handlers=(), sweep_seconds=0.05)
    house.deploy(p_bpmn=waiting())
    instance = house.start("p")
    house.clock.move(hours=2)
    failed, fired, whole = threading.Event(), threading.Event(), firing.drain

    def drain(runtime: Runtime, shard: int | None) -> int:
        if not failed.is_set():
            failed.set()
            raise OSError("the database is away")
        done = whole(runtime, shard)
        if done:
            fired.set()
        return done

    monkeypatch.setattr(firing, "drain", drain)
    clock = scheduler.start(house.runtime)
    try:
        assert fired.wait(PATIENCE)
    finally:
        clock.shutdown()
    assert house.task("then", instance)


def test_due_timers_are_listed_by_their_index(house: House) -> None:
    with house.looking() as session:
        plan = session.execute(
            sa.text("EXPLAIN QUERY PLAN SELECT id FROM timer WHERE due_at <= '2026' ORDER BY due_at, id LIMIT 50")
        ).all()
    assert any("ix_timer_due_at_id" in row[-1] for row in plan), plan
    assert not any("TEMP B-TREE" in row[-1] for row in plan), plan
