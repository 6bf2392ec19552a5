"""Named collisions: two things happen to one case at one moment, or somebody comes back too late."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, handling, leadership, leases, seals, worker
from engine.errors import AlreadyHandled, DatabaseUnavailable
from engine.registry import handles
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.test_competition import MESSAGES, completing, timed_receive
from tests.engine.together import POSTGRES, at_once, errors
from tests.house import House
from tests.patience import PATIENCE


def joined(branches: int) -> str:
    """A task in each branch, a join behind them, and the task `after`."""
    body = '<startEvent id="start"/><parallelGateway id="split"/><parallelGateway id="join"/>'
    names = [f"u{n}" for n in range(branches)]
    body += "".join(d.user_task(name, assign="queue") for name in names)
    pairs = [pair for name in names for pair in (f"split>{name}", f"{name}>join")]
    body += d.user_task("after", assign="queue") + '<endEvent id="end"/>'
    return d.process(body + d.flows("start>split", *pairs, "join>after", "after>end"))


def test_branches_that_come_to_a_join_at_once_let_one_token_through(house: House) -> None:
    house.deploy(p_bpmn=joined(5))
    for _ in range(3):
        instance = house.start("p")
        people = ("li", "wang", "zhao", "li", "wang")
        tasks = [house.task(f"u{n}", instance)["id"] for n in range(5)]
        results = at_once(*[completing(house, task, who) for task, who in zip(tasks, people, strict=True)])
        assert errors(results) == []
        assert [task["element"] for task in house.tasks(instance)] == ["after"]


def test_a_message_a_timer_and_a_person_reach_one_join_at_once(house: House) -> None:
    body = (
        '<startEvent id="start"/><parallelGateway id="split"/><parallelGateway id="join"/>'
        + d.user_task("ask", assign="queue")
        + '<receiveTask id="await" messageRef="m"/><intermediateCatchEvent id="hour"><timerEventDefinition>'
        "<timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>"
        + d.user_task("after", assign="queue")
        + '<endEvent id="end"/>'
        + d.flows("start>split", "split>ask", "split>await", "split>hour", "ask>join", "await>join")
        + d.flows("hour>join", "join>after", "after>end")
    )
    house.deploy(p_bpmn=d.process(body, outside=MESSAGES))
    for n in range(3):
        instance = house.start("p", business_key=f"K-{n}")
        task = house.task("ask", instance)["id"]
        house.clock.move(hours=2)
        results = at_once(
            completing(house, task, "li"),
            lambda n=n: house.runtime.unit(  # type: ignore[misc]
                lambda session: api.send_message(session, api.SYSTEM, "paid", business_key=f"K-{n}")
            ),
            lambda: worker.run_due(house.runtime),
        )
        assert errors(results) == []
        house.work()
        assert [task["element"] for task in house.tasks(instance)] == ["after"]


def test_a_message_and_its_timer_at_once_take_one_way(house: House) -> None:
    house.deploy(p_bpmn=timed_receive())
    started = {f"K-{n}": house.start("p", business_key=f"K-{n}") for n in range(8)}
    house.clock.move(hours=2)

    def paying(key: str) -> Any:
        return lambda: house.runtime.unit(
            lambda session: api.send_message(session, api.SYSTEM, "paid", business_key=key)
        )

    results = at_once(*[paying(key) for key in started], lambda: worker.run_due(house.runtime))
    assert errors(results) == []
    house.work()
    ways = Counter(task["element"] for task in house.tasks())
    states = Counter(row["state"] for row in house.rows(t.message))
    assert set(ways) <= {"paid", "late"} and ways.total() == len(started)
    assert (states["delivered"], states["kept"]) == (ways["paid"], ways["late"])
    assert house.rows(t.timer) == [] and house.rows(t.subscription) == []


def test_signals_at_once_are_heard_once_by_each_who_waits(house: House) -> None:
    body = (
        '<startEvent id="start"/><intermediateCatchEvent id="go"><signalEventDefinition signalRef="s"/>'
        "</intermediateCatchEvent>"
        + d.user_task("after", assign="queue")
        + '<endEvent id="end"/>'
        + d.flows("start>go", "go>after", "after>end")
    )
    house.deploy(p_bpmn=d.process(body, outside='<signal id="s" name="go"/>'))
    started = [house.start("p") for _ in range(6)]
    results = at_once(*[lambda: house.runtime.unit(lambda s: api.raise_signal(s, api.SYSTEM, "go"))] * 3)
    assert errors(results) == []
    assert Counter(task["instance_id"] for task in house.tasks()) == dict.fromkeys(started, 1)


def test_suspending_and_completing_at_once_leave_the_task_done_or_open_and_the_case_whole(house: House) -> None:
    house.deploy(p_bpmn=joined(2))
    for _ in range(3):
        instance = house.start("p")
        task = house.task("u0", instance)["id"]

        def suspending(instance: int = instance) -> None:
            house.runtime.unit(lambda session: api.suspend(session, api.SYSTEM, instance))

        results = at_once(completing(house, task, "li"), suspending)
        assert results[1] is None
        house.runtime.unit(lambda session, id=instance: api.resume(session, api.SYSTEM, id))  # type: ignore[misc]
        left = {one["element"] for one in house.tasks(instance)}
        assert left == ({"u0", "u1"} if errors(results) else {"u1"})
        house.complete("u1", "wang", instance)
        if errors(results):
            house.complete("u0", "wang", instance)
        house.complete("after", "li", instance)
        assert house.state(instance) == "completed"


# ── leases ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_worker_that_lost_its_lease_while_working_changes_nothing(house: House) -> None:
    """The first worker's handler takes longer than its lease, and its heartbeat does not come through."""
    done: list[int] = []
    at_work, go_on = threading.Event(), threading.Event()

    @handles("send")
    def send(ctx: Any) -> dict[str, object]:
        done.append(len(done))
        if len(done) == 1:
            at_work.set()
            assert go_on.wait(PATIENCE)
            return {"by": "first"}
        return {"by": "second"}

    house.runtime.registry.add_functions(send)
    house.deploy(p_bpmn=d.one_service("send"))
    instance = house.start("p")
    [job] = house.runtime.unit(lambda session: leases.claim(session, "first", 1))
    thread = threading.Thread(target=handling.outside, args=(house.runtime, job))
    thread.start()
    assert at_work.wait(PATIENCE)
    house.clock.move(seconds=house.runtime.settings.lease_seconds + 1)
    assert worker.run_jobs(house.runtime) == 1
    go_on.set()
    thread.join()
    assert house.variables(instance)["by"] == "second"
    assert [task["element"] for task in house.tasks(instance)] == ["after"]
    steps = house.rows(t.history, t.history.c.instance_id == instance)
    assert len(steps) == 2  # started, and done once


def test_a_heartbeat_keeps_a_long_handler_s_lease(house: House) -> None:
    house.runtime.settings = house.runtime.settings.model_copy(update={"lease_seconds": 0.3})
    at_work, beaten = threading.Event(), threading.Event()

    @handles("send")
    def send(ctx: Any) -> None:
        at_work.set()
        assert beaten.wait(PATIENCE)

    house.runtime.registry.add_functions(send)
    house.deploy(p_bpmn=d.one_service("send"))
    house.start("p")
    [job] = house.runtime.unit(lambda session: leases.claim(session, "first", 1))
    thread = threading.Thread(target=handling.outside, args=(house.runtime, job))
    thread.start()
    assert at_work.wait(PATIENCE)
    first = house.rows(t.job)[0]["lease_until"]
    house.clock.move(seconds=0.2)  # the next beat moves the lease on from here
    while house.rows(t.job)[0]["lease_until"] == first:
        assert thread.is_alive()
    house.clock.move(seconds=0.2)  # beyond the first lease
    assert worker.run_jobs(house.runtime) == 0
    beaten.set()
    thread.join()
    assert [task["element"] for task in house.tasks()] == ["after"]


def test_a_job_that_ends_every_worker_becomes_an_incident_that_can_be_retried(house: House) -> None:
    @handles("send")
    def send(ctx: Any) -> None:
        """Comes to nothing until it is retried: its workers are gone."""

    house.runtime.registry.add_functions(send)
    house.deploy(p_bpmn=d.one_service("send"))
    instance = house.start("p")
    for n in range(leases.MOST_LOST):
        claimed = house.runtime.unit(lambda session: leases.claim(session, f"lost {n}", 1))  # noqa: B023
        assert [job.attempt for job in claimed] == [1]
        house.clock.move(seconds=house.runtime.settings.lease_seconds + 1)
    assert worker.run_jobs(house.runtime) == 0
    [incident] = house.rows(t.incident)
    assert (incident["code"], incident["instance_id"]) == ("WorkersLost", instance)
    assert "send" in incident["text"] and "失去响应" in incident["text_zh"]
    house.runtime.unit(lambda session: api.retry(session, api.SYSTEM, incident["id"]))
    house.work()
    assert [task["element"] for task in house.tasks()] == ["after"]


@POSTGRES
def test_a_connection_cut_behind_a_handler_costs_no_attempt(house: House) -> None:
    """The handler did its work; that its outcome could not be written is not its fault."""

    @handles("send", attempts=1)
    def send(ctx: Any) -> None:
        if ctx.attempt == 1 and not cut:
            cut.append(True)
            with house.writing() as session:
                others = "pid <> pg_backend_pid() AND datname = current_database()"
                session.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))

    cut: list[bool] = []
    house.runtime.registry.add_functions(send)
    house.deploy(p_bpmn=d.one_service("send"))
    house.start("p")
    try:
        worker.run_jobs(house.runtime)
    except DatabaseUnavailable:
        house.runtime.database.dispose()
    assert cut and house.rows(t.incident) == []
    house.pass_time(minutes=2)
    assert [task["element"] for task in house.tasks()] == ["after"]


def test_of_many_who_would_lead_one_does_until_its_lease_is_over(house: House) -> None:
    def leading(who: str) -> Any:
        return lambda: house.runtime.unit(lambda session: leadership.lead(session, "keeping", who, 60))

    results = at_once(*[leading(f"w{n}") for n in range(4)])
    assert Counter(results) == {True: 1, False: 3}
    first = f"w{results.index(True)}"
    house.clock.move(seconds=59)
    assert [leading(f"w{n}")() for n in range(4)] == [f"w{n}" == first for n in range(4)]
    house.clock.move(seconds=61)
    assert Counter(at_once(*[leading(f"n{n}") for n in range(4)])) == {True: 1, False: 3}


def test_seals_made_at_once_are_one_chain(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    house.clock.move(minutes=5)
    results = at_once(*[lambda: house.runtime.unit(seals.make)] * 3)
    made = [seal for seal in results if seal is not None and not isinstance(seal, BaseException)]
    assert [seal.number for seal in made] == [1]
    assert [row["number"] for row in house.rows(t.seal)] == [1]


# ── the clock ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_clock_that_goes_back_an_hour_fires_nothing_twice_and_forgets_nothing(house: House) -> None:
    house.deploy(p_bpmn=timed_receive())
    early = house.start("p", business_key="early")
    house.pass_time(minutes=61)
    assert house.task("late", early)
    house.clock.at -= timedelta(hours=1)
    house.work()
    then = house.start("p", business_key="then")
    assert [task["element"] for task in house.tasks(early)] == ["late"]
    house.complete("late", house.task("late", early)["assignee"], early)
    assert house.state(early) == "completed"
    house.pass_time(minutes=59)
    assert house.tasks(then) == []
    house.pass_time(minutes=2)
    assert [task["element"] for task in house.tasks(then)] == ["late"]


def test_a_lease_taken_before_the_clock_went_back_is_kept_and_then_runs_out(house: House) -> None:
    done: list[str] = []

    @handles("send")
    def send(ctx: Any) -> None:
        done.append(ctx.job_key)

    house.runtime.registry.add_functions(send)
    house.deploy(p_bpmn=d.one_service("send"))
    house.start("p")
    [job] = house.runtime.unit(lambda session: leases.claim(session, "first", 1))
    house.clock.at -= timedelta(hours=1)
    assert worker.run_jobs(house.runtime) == 0
    handling.outside(house.runtime, job)
    assert len(done) == 1 and house.task("after")


def test_a_completion_behind_a_clock_that_went_back_is_still_told_who_was_first(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(assign="queue"))
    house.start("p")
    task = house.task("ask")["id"]
    completing(house, task, "li")()
    house.clock.at -= timedelta(hours=1)
    with pytest.raises(AlreadyHandled) as late:
        completing(house, task, "wang")()
    assert late.value.fields["by"] == "li"
