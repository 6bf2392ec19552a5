"""Two actors, one thing: one wins, the other is told or comes after, and nothing is lost or done twice."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import sqlalchemy as sa

from engine import advance, api, instances, outbox, reminders, subscriptions, timers, worker
from engine.errors import AlreadyClaimed, AlreadyHandled
from engine.process.triggers import TimerFired
from engine.registry import handles
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import POSTGRES, SQLITE, at_once, behind, errors
from tests.house import House

MESSAGES = '<message id="m" name="paid"/><message id="g" name="go"/>'


def timed_receive(key: str = "p") -> str:
    """Waits for the message `paid` for an hour, then goes to `late`."""
    body = (
        '<startEvent id="start"/><receiveTask id="await" messageRef="m"/>'
        '<boundaryEvent id="hour" attachedToRef="await"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
        + d.user_task("paid")
        + d.user_task("late")
        + '<endEvent id="end"/><endEvent id="end2"/>'
        + d.flows("start>await", "await>paid", "hour>late", "paid>end", "late>end2")
    )
    return d.process(body, key, outside=MESSAGES)


def timed_task() -> str:
    """The task `ask` for an hour, then `late`."""
    body = (
        '<startEvent id="start"/>'
        + d.user_task("ask")
        + '<boundaryEvent id="hour" attachedToRef="ask"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
        + d.user_task("done")
        + d.user_task("late")
        + '<endEvent id="end"/><endEvent id="end2"/>'
        + d.flows("start>ask", "ask>done", "hour>late", "done>end", "late>end2")
    )
    return d.process(body)


def caller(called: str = "p") -> str:
    """Calls a process, then has the task `after`."""
    return d.process(
        f'<startEvent id="start"/><callActivity id="call" calledElement="{called}"/>'
        + d.user_task("after")
        + '<endEvent id="end"/>'
        + d.flows("start>call", "call>after", "after>end"),
        key="caller",
    )


def completing(house: House, task: int, who: str) -> Any:
    actor = house.actor(who)
    return lambda: house.runtime.unit(lambda session: api.complete(session, actor, task, {"by": who}))


def test_of_two_people_who_finish_one_task_one_wins_and_the_other_is_told(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(assign="queue"))
    for _ in range(3):
        instance = house.start("p")
        task = house.task("ask", instance)["id"]
        results = at_once(completing(house, task, "li"), completing(house, task, "wang"))
        [lost] = errors(results)
        assert isinstance(lost, AlreadyHandled)
        winner = house.variables(instance)["by"]
        assert lost.fields["by"] == winner
        assert house.state(instance) == "completed"


def test_of_two_people_who_claim_one_task_one_has_it(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(assign="queue"))
    task = (house.start("p"), house.task("ask")["id"])[1]

    def claiming(who: str) -> Any:
        actor = house.actor(who)
        return lambda: house.runtime.unit(lambda session: api.claim(session, actor, task))

    results = at_once(claiming("li"), claiming("wang"), claiming("zhao"))
    assert [type(error) for error in errors(results)] == [AlreadyClaimed, AlreadyClaimed]
    assert len(house.rows(t.audit_entry, t.audit_entry.c.action == "claimed")) == 1


def test_a_person_and_the_timer_of_the_task_never_both_go_on(house: House) -> None:
    house.deploy(p_bpmn=timed_task())
    started = [house.start("p") for _ in range(6)]
    asked = {instance: house.task("ask", instance) for instance in started}
    house.clock.move(hours=2)
    people = [completing(house, task["id"], task["assignee"]) for task in asked.values()]
    results = at_once(*people, lambda: worker.run_due(house.runtime), lambda: worker.run_due(house.runtime))
    assert all(isinstance(error, AlreadyHandled) for error in errors(results)), results
    house.work()
    for instance in started:
        [task] = house.tasks(instance)
        assert task["element"] in ("done", "late")
    assert house.rows(t.timer) == []


@POSTGRES
def test_a_message_that_meets_a_timer_is_delivered_or_kept_but_never_lost(house: House) -> None:
    house.deploy(p_bpmn=timed_receive())
    instance = house.start("p", business_key="CL-1")
    house.clock.move(hours=2)
    with house.writing() as session:
        live = instances.load(session, instance)
        assert live is not None
        [due] = timers.due(session, 10)
        [(_, wait)] = timers.claim(session, [due])
        assert wait is not None
        advance.advance(session, "timer", live, TimerFired(wait))
        with behind(house, lambda: house.message("paid", "CL-1")) as sent:
            session.keep()  # type: ignore[attr-defined]  # what transaction() does at its end
            delivery = sent.result()
    assert delivery.state == "kept"
    assert [task["element"] for task in house.tasks(instance)] == ["late"]
    assert [row["state"] for row in house.rows(t.message)] == ["kept"]


@POSTGRES
def test_a_message_sent_while_its_place_opens_is_delivered_once_by_the_sweep(house: House) -> None:
    house.deploy(p_bpmn=timed_receive())
    with house.writing() as session:
        instance = api.start(session, api.SYSTEM, "p", business_key="CL-1")
        assert house.message("paid", "CL-1", variables={"amount": 5}).state == "kept"
    assert house.tasks(instance) == []
    results = at_once(*[lambda: worker.run_kept(house.runtime)] * 3)
    assert errors(results) == []
    assert sum(results) == 1
    assert house.task("paid", instance)
    assert [(row["state"], row["instance_id"]) for row in house.rows(t.message)] == [("delivered", instance)]


@POSTGRES
def test_a_kept_message_goes_to_the_place_that_opens_or_to_another_never_to_both(house: House) -> None:
    """The sweep has chosen the one open place; meanwhile another opens and takes the message."""
    house.deploy(p_bpmn=timed_receive())
    with house.writing() as session:
        first = api.start(session, api.SYSTEM, "p", business_key="CL-1")
        assert house.message("paid", "CL-1").state == "kept"
    with house.looking() as session:
        [(message, mail)] = subscriptions.kept_for(session, "paid")
    with house.writing() as session:
        assert subscriptions.take(session, message)  # as a step does whose place fits
        with behind(house, lambda: worker._deliver(house.runtime, message, mail)) as swept:
            session.keep()  # type: ignore[attr-defined]
            assert swept.result() is False
    assert house.tasks(first) == []


def test_the_same_message_id_from_four_senders_starts_one_case(house: House) -> None:
    body = (
        '<startEvent id="go"><messageEventDefinition messageRef="g"/></startEvent>'
        + d.user_task("pack")
        + '<endEvent id="end"/>'
        + d.flows("go>pack", "pack>end")
    )
    house.deploy(p_bpmn=d.process(body, outside=MESSAGES))
    results = at_once(*[lambda: house.message("go", message_id="mail-1")] * 4)
    assert errors(results) == []
    assert Counter(delivery.state for delivery in results) == {"started": 1, "duplicate": 3}
    assert len({delivery.instance_id for delivery in results}) == 1
    assert len(house.tasks()) == 1


def test_two_messages_for_one_place_are_one_delivered_and_one_kept(house: House) -> None:
    house.deploy(p_bpmn=timed_receive())
    house.start("p", business_key="CL-1")
    results = at_once(*[lambda: house.message("paid", "CL-1")] * 3)
    assert errors(results) == []
    assert Counter(delivery.state for delivery in results) == {"delivered": 1, "kept": 2}
    assert Counter(row["state"] for row in house.rows(t.message)) == {"delivered": 1, "kept": 2}


def test_sweepers_at_once_fire_every_timer_once(house: House) -> None:
    house.deploy(p_bpmn=timed_receive())
    started = [house.start("p", business_key=f"CL-{n}") for n in range(20)]
    house.clock.move(hours=2)
    results = at_once(*[lambda: worker.run_due(house.runtime)] * 3)
    assert errors(results) == []
    house.work()
    assert Counter(task["instance_id"] for task in house.tasks()) == dict.fromkeys(started, 1)


def test_workers_at_once_do_every_job_once(house: House) -> None:
    done: list[str] = []

    @handles("send")
    def send(ctx: Any) -> None:
        done.append(ctx.job_key)

    house.runtime.registry.add_functions(send)
    house.deploy(p_bpmn=d.one_service("send"))
    started = [house.start("p") for _ in range(15)]
    results = at_once(*[lambda: worker.run_jobs(house.runtime, 4)] * 4)
    assert errors(results) == []
    house.work()
    assert len(done) == len(set(done)) == 15
    assert Counter(task["instance_id"] for task in house.tasks()) == dict.fromkeys(started, 1)


def test_sweepers_at_once_send_every_reminder_and_mail_once(house: House) -> None:
    sent: list[str] = []

    def channel(settings: Any, session: Any, message: Any) -> None:
        sent.append(message.dedupe_key)

    house.runtime.settings = house.runtime.settings.model_copy(update={"mail_hold_hours": 24 * 30})
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    for _ in range(5):
        house.start("p")
    house.clock.move(days=20)
    results = at_once(*[lambda: reminders.sweep(house.runtime)] * 3)
    assert errors(results) == []
    assert sum(results) == 5
    results = at_once(*[lambda: outbox.sweep(house.runtime, {"in_app": channel}, 8)] * 4)
    assert errors(results) == []
    while outbox.sweep(house.runtime, {"in_app": channel}):
        pass
    assert len(sent) == len(set(sent)) == len(house.rows(t.outbox, t.outbox.c.channel == "in_app"))
    escalated = [key for key in sent if "overdue" in key]
    assert len(escalated) == 10


@POSTGRES
def test_a_called_process_that_ends_and_a_caller_that_is_cancelled_do_not_hold_each_other_up(house: House) -> None:
    house.deploy("called", p_bpmn=d.one_task())
    house.deploy("caller", caller_bpmn=caller())
    for _ in range(5):
        instance = house.start("caller")
        task = house.task("ask")

        def cancelling(instance: int = instance) -> None:
            with house.writing() as session:
                api.cancel(session, api.SYSTEM, instance, "no longer wanted")

        results = at_once(completing(house, task["id"], task["assignee"]), cancelling)
        assert all(isinstance(error, AlreadyHandled) for error in errors(results)), results
        assert house.state(instance) == "cancelled"
        assert house.tasks() == []
        assert {row["state"] for row in house.rows(t.instance)} <= {"completed", "cancelled"}


@POSTGRES
def test_the_root_of_a_tree_of_calls_is_locked_before_its_member(house: House) -> None:
    house.deploy("called", p_bpmn=d.one_task())
    house.deploy("caller", caller_bpmn=caller())
    root = house.start("caller")
    task = house.task("ask")
    with house.writing() as session:
        assert instances.load(session, root) is not None
        with house.writing() as other:
            assert instances.load(other, task["instance_id"], skip_locked=True) is None
        with behind(house, completing(house, task["id"], task["assignee"])) as done:
            api.cancel(session, api.SYSTEM, root, "first")
            session.keep()  # type: ignore[attr-defined]
            assert isinstance(done.exception(), AlreadyHandled)


@POSTGRES
def test_units_that_deadlock_are_run_again_unseen(house: House) -> None:
    """Each holds one case and then wants the other's: PostgreSQL ends one of them, which comes after."""
    house.deploy(p_bpmn=d.one_task())
    one, two = house.start("p"), house.start("p")
    both_hold, runs = threading.Barrier(2), Counter[int]()

    def work(first: int, second: int) -> Any:
        def unit(session: Any) -> None:
            runs[first] += 1
            instances.load(session, first)
            if runs[first] == 1:
                both_hold.wait()
            instances.load(session, second)
            session.execute(sa.update(t.instance).values(version=t.instance.c.version + 1))

        return lambda: house.runtime.unit(unit)

    assert errors(at_once(work(one, two), work(two, one))) == []
    assert sorted(runs.values()) == [1, 2]
    assert {row["version"] for row in house.rows(t.instance)} == {3}


def test_cancelling_and_completing_at_once_end_the_case_once(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    for _ in range(3):
        instance = house.start("p")
        task = house.task("ask", instance)

        def cancelling(instance: int = instance) -> None:
            house.runtime.unit(lambda session: api.cancel(session, api.SYSTEM, instance, "twice"))

        results = at_once(completing(house, task["id"], task["assignee"]), cancelling)
        [lost] = errors(results)
        assert isinstance(lost, AlreadyHandled)
        assert house.state(instance) == ("cancelled" if results[0] is lost else "completed")


def test_choices_made_at_once_stay_fair(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    results = at_once(*[lambda: [house.start("p") for _ in range(6)]] * 4)
    assert errors(results) == []
    assert Counter(task["assignee"] for task in house.tasks()) == {"li": 8, "wang": 8, "zhao": 8}


@SQLITE
def test_eight_threads_write_one_sqlite_file_and_none_is_turned_away(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())

    def run() -> None:
        for _ in range(5):
            instance = house.start("p")
            task = house.task("ask", instance)
            house.complete("ask", task["assignee"], instance)

    assert errors(at_once(*[run] * 8)) == []
    assert Counter(row["state"] for row in house.rows(t.instance)) == {"completed": 40}


def test_two_processes_that_deploy_the_same_folder_make_one_version(house: House) -> None:
    results = at_once(*[lambda: house.deploy(p_bpmn=d.one_task())] * 3)
    assert errors(results) == []
    assert Counter(deployed.unchanged for deployed in results) == {True: 2, False: 1}
    assert [row["version"] for row in house.rows(t.definition)] == [1]


def test_an_idempotency_key_that_comes_twice_at_once_is_answered_once(house: House) -> None:
    made = []

    def request() -> Any:
        def work(session: Any) -> Any:
            before = api.earlier_answer(session, "k", b"body")
            if before is not None:
                return before[1]
            answer = {"instance": api.start(session, api.SYSTEM, "p")}
            api.keep_answer(session, "k", 201, answer)
            return answer

        made.append(house.runtime.unit(work))

    house.deploy(p_bpmn=d.one_task())
    assert errors(at_once(*[request] * 3)) == []
    assert made[0] == made[1] == made[2]
    assert len(house.rows(t.instance)) == 1
