"""Due timers in batches: one transaction, a savepoint each, once each, whatever stops, fails, competes or jumps."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from engine import advance, api, firing, timers
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.test_timers import waiting
from tests.engine.together import POSTGRES, SQLITE, at_once, commits_of, errors
from tests.house import MONDAY, House


def nagging(cycle: str, **values: str) -> str:
    """`ask` with a repeating timer at its border that leads to the task `nag`."""
    extra = d.properties(**values) if values else ""
    return d.process(
        '<startEvent id="start"/>' + d.user_task("ask") + '<endEvent id="end"/><endEvent id="end2"/>'
        f'<boundaryEvent id="again" attachedToRef="ask" cancelActivity="false">{extra}<timerEventDefinition>'
        f"<timeCycle>{cycle}</timeCycle></timerEventDefinition></boundaryEvent>"
        + d.user_task("nag")
        + d.flows("start>ask", "ask>end", "again>nag", "nag>end2")
    )


def fork(*spans: str) -> str:
    """A timer in each branch, and a task behind each."""
    body = '<startEvent id="start"/><parallelGateway id="split"/>' + d.flows("start>split")
    for n, span in enumerate(spans):
        body += (
            f'<intermediateCatchEvent id="t{n}"><timerEventDefinition><timeDuration>{span}</timeDuration>'
            f'</timerEventDefinition></intermediateCatchEvent><endEvent id="e{n}"/>'
            + d.user_task(f"u{n}")
            + d.flows(f"split>t{n}", f"t{n}>u{n}", f"u{n}>e{n}")
        )
    return d.process(body)


def broken_for(monkeypatch: pytest.MonkeyPatch, bad: int) -> None:
    """A fault of ours in every step of one instance."""
    whole = advance.advance

    def failing(session: Any, actor: str, live: Any, trigger: Any) -> Any:
        if live.id == bad:
            session.execute(sa.update(t.user_task).values(name="half done"))
            raise ValueError("a fault of ours")
        return whole(session, actor, live, trigger)

    monkeypatch.setattr(advance, "advance", failing)


def timers_measured() -> float:
    """How many firings the metrics have seen."""
    return REGISTRY.get_sample_value("dealflow_timer_lateness_seconds_count") or 0.0


def test_incidents_are_looked_for_only_when_a_timer_had_failed(house: House) -> None:
    house.deploy(p_bpmn=waiting())
    cases = [house.start("p") for _ in range(3)]
    with house.writing() as session:
        session.execute(sa.update(t.timer).where(t.timer.c.instance_id == cases[1]).values(last_error="it failed"))
    house.clock.move(hours=2)
    said: list[str] = []
    sa.event.listen(house.runtime.database, "before_cursor_execute", lambda *args: said.append(args[2]))
    assert firing.sweep(house.runtime) == 3
    assert len([one for one in said if one.startswith("UPDATE incident")]) == 1


def test_a_batch_is_one_commit_and_a_poisoned_timer_in_it_undoes_itself_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.deploy(p_bpmn=waiting())
    cases = [house.start("p") for _ in range(9)]
    bad = cases[4]
    broken_for(monkeypatch, bad)
    house.clock.move(hours=2)
    commits, fired = commits_of(house), timers_measured()
    assert firing.sweep(house.runtime) == 8
    assert (len(commits), timers_measured() - fired) == (1, 8), "what was undone is not measured"
    assert sorted(task["instance_id"] for task in house.tasks()) == sorted(set(cases) - {bad})
    assert {task["name"] for task in house.tasks()} == {"then"}
    [left] = house.rows(t.timer)
    assert (left["instance_id"], left["attempts"]) == (bad, 1)
    assert "a fault of ours" in left["last_error"]
    for _ in range(6):
        house.pass_time(hours=1)
    [incident] = house.rows(t.incident)
    assert (incident["kind"], incident["instance_id"]) == ("timer", bad)


def test_timers_of_one_instance_fire_in_the_order_of_their_moments(house: House) -> None:
    house.deploy(p_bpmn=fork("PT3H", "PT1H", "PT2H"))
    house.start("p")
    house.clock.move(hours=5)
    assert firing.sweep(house.runtime) == 3
    assert [task["element"] for task in house.tasks()] == ["u1", "u2", "u0"]


@pytest.mark.parametrize("workers", [4])
def test_sweepers_at_once_fire_every_timer_once(house: House, workers: int) -> None:
    house.deploy(p_bpmn=waiting())
    started = [house.start("p") for _ in range(40)]
    house.clock.move(hours=2)
    results = at_once(*[lambda: firing.sweep(house.runtime, 10)] * workers)
    assert errors(results) == []
    while firing.sweep(house.runtime):
        pass
    assert Counter(task["instance_id"] for task in house.tasks()) == dict.fromkeys(started, 1)
    assert house.rows(t.timer) == []


@POSTGRES
def test_what_somebody_holds_is_passed_over_and_fires_when_they_are_done(house: House) -> None:
    house.deploy(p_bpmn=waiting())
    held, free = house.start("p"), house.start("p")
    house.clock.move(hours=2)
    with house.writing() as session:
        session.execute(sa.select(t.instance.c.id).where(t.instance.c.id == held).with_for_update())
        assert firing.sweep(house.runtime) == 1
        assert firing.sweep(house.runtime) == 0
    assert house.task("then", free)
    assert firing.sweep(house.runtime) == 1
    assert house.task("then", held)


@POSTGRES
def test_batches_that_reach_for_each_others_cases_both_come_through(house: House) -> None:
    """Each case's timer throws a message to the other one: two batches lock them in opposite order."""
    message = '<message id="m" name="hello"/>'
    body = (
        '<startEvent id="start"/><parallelGateway id="split"/><intermediateCatchEvent id="pause">'
        "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>"
        '<intermediateThrowEvent id="say"><messageEventDefinition messageRef="m"/></intermediateThrowEvent>'
        '<receiveTask id="hear" messageRef="m"/><endEvent id="end"/><endEvent id="end2"/>'
        + d.flows("start>split", "split>pause", "pause>say", "say>end", "split>hear", "hear>end2")
    )
    house.deploy(p_bpmn=d.process(body, outside=message))
    for _ in range(6):
        house.start("p", business_key="same")
    house.clock.move(hours=2)
    with house.looking() as session:
        due = timers.due(session, 10)
    at_once(lambda: firing.fire(house.runtime, due[:3]), lambda: firing.fire(house.runtime, due[3:]))
    while firing.sweep(house.runtime):
        pass
    assert house.rows(t.timer) == []
    assert len(house.rows(t.message)) == 6


@SQLITE
@pytest.mark.parametrize(("cycle", "values", "nags"), [
    ("R/PT1H", {}, 1),
    ("R9/PT1H", {}, 1),
    ("R9/PT1H", {"catchUp": "once"}, 1),
    ("R9/PT1H", {"catchUp": "each"}, 7),
    ("R/PT1H", {"catchUp": "each"}, 7),
])  # fmt: skip
def test_a_cycle_is_caught_up_once_or_each_time_as_the_model_says(
    house: House, cycle: str, values: dict[str, str], nags: int
) -> None:
    house.deploy(p_bpmn=nagging(cycle, **values))
    instance = house.start("p")
    house.pass_time(hours=7, minutes=30)
    assert [task["element"] for task in house.tasks(instance)] == ["ask", *["nag"] * nags]
    house.pass_time(minutes=30)
    assert len(house.tasks(instance)) == 1 + nags + 1


@SQLITE
def test_a_counted_cycle_uses_up_what_it_missed(house: House) -> None:
    house.deploy(p_bpmn=nagging("R3/PT1H"))
    house.start("p")
    house.pass_time(hours=10)
    assert house.rows(t.timer) == []
    assert len(house.tasks()) == 2


@SQLITE
def test_a_clock_that_jumps_back_and_forth_fires_nothing_twice_and_loses_nothing(house: House) -> None:
    house.deploy("once", p_bpmn=waiting())
    house.deploy("often", q_bpmn=nagging("R/PT1H").replace('process id="p"', 'process id="q"'))
    house.start("p")
    house.start("q")
    for hours in (1.5, -1, 0.6, -3, 3.2, -0.5, 0.5):  # at most 1.8 h past the beginning
        house.pass_time(hours=hours)
    assert Counter(task["element"] for task in house.tasks()) == {"ask": 1, "then": 1, "nag": 1}
    house.clock.at = MONDAY + timedelta(hours=3, minutes=1)
    house.work()
    assert Counter(task["element"] for task in house.tasks()) == {"ask": 1, "then": 1, "nag": 2}
    [timer] = house.rows(t.timer)
    assert timer["due_at"] == MONDAY + timedelta(hours=4)


@SQLITE
def test_a_database_without_room_undoes_the_whole_batch_and_it_comes_again(house: House) -> None:
    house.deploy(p_bpmn=waiting())
    for _ in range(20):
        house.start("p", text="x" * 2000)
    house.clock.move(hours=2)
    with house.runtime.database.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: Any, _record: object, *_more: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages + room[0]}")

    room = [1]
    sa.event.listen(house.runtime.database, "checkout", limit)
    house.runtime.database.dispose()  # nor does a connection that is at hand have more room
    with pytest.raises(api_storage_full()):
        firing.sweep(house.runtime)
    assert (len(house.tasks()), {row["attempts"] for row in house.rows(t.timer)}) == (0, {0})
    room[0] = 100_000
    assert firing.sweep(house.runtime) == 20


def api_storage_full() -> type[Exception]:
    """The error that says the disk is full."""
    from engine.errors import StorageFull

    return StorageFull


@SQLITE
def test_a_timer_taken_away_by_one_before_it_in_the_batch_is_no_fault(house: House) -> None:
    choice = d.process(
        '<startEvent id="start"/><eventBasedGateway id="race"/>'
        '<intermediateCatchEvent id="fast"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>"
        '<intermediateCatchEvent id="slow"><timerEventDefinition><timeDuration>PT2H</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>"
        + d.user_task("first")
        + d.user_task("second")
        + '<endEvent id="end"/>'
        + d.flows("start>race", "race>fast", "race>slow", "fast>first", "slow>second", "first>end", "second>end")
    )
    house.deploy(p_bpmn=choice)
    house.start("p")
    house.clock.move(hours=9)
    assert firing.sweep(house.runtime) == 1
    assert [task["element"] for task in house.tasks()] == ["first"]
    assert (house.rows(t.timer), house.rows(t.incident)) == ([], [])


def test_suspended_cases_rest_in_a_batch_too(house: House) -> None:
    house.deploy(p_bpmn=waiting())
    held = house.start("p")
    house.start("p")
    with house.looking() as session:
        assert timers.due(session, 10) == []
    house.clock.move(hours=2)
    with house.looking() as session:
        due = timers.due(session, 10)
    with house.writing() as session:
        api.suspend(session, api.SYSTEM, held)
    assert firing.fire(house.runtime, due) == 1
