"""Jobs: one worker at a time, nothing lost, nothing half done, and faults that people see."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, handling, leases, queries
from engine.errors import InvalidInput
from engine.registry import handles
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import SQLITE
from tests.house import House
from tests.patience import PATIENCE

notes = sa.Table("jotting", sa.MetaData(), sa.Column("text", sa.Text, unique=True))


@pytest.fixture
def noted(house: House) -> House:
    """A house whose handlers may write into a table of their own."""
    notes.metadata.create_all(house.runtime.database)
    return house


def texts(house: House) -> list[str]:
    return [row["text"] for row in house.rows(notes)]


def caller(called: str = "later", more: str = "") -> str:
    """Calls a process with its variables, then has the task `after`."""
    return d.process(
        f'<startEvent id="start"/><callActivity id="call" calledElement="{called}" {more}><extensionElements>'
        '<camunda:in variables="all"/><camunda:out variables="all"/></extensionElements></callActivity>'
        + d.user_task("after")
        + '<endEvent id="end"/>'
        + d.flows("start>call", "call>after", "after>end"),
        key="caller",
    )


@SQLITE
def test_a_later_attempt_gets_the_inputs_of_the_first(house: House) -> None:
    seen: list[tuple[int, object]] = []

    @handles("flaky", transactional=True, backoff="PT1M")
    def flaky(ctx: Any, amount: object) -> dict[str, object]:
        seen.append((ctx.attempt, amount))
        if len(seen) < 2:
            raise ValueError("not yet")
        return {"doubled": amount}

    house.runtime.registry.add_functions(flaky)
    house.deploy(p_bpmn=d.one_service("flaky"))
    instance = house.start("p", amount=21)
    house.pass_time(minutes=2)
    assert seen == [(1, 21), (2, 21)]
    assert house.variables(instance)["doubled"] == 21


def test_a_handler_that_commits_or_rolls_back_is_a_fault_and_leaves_nothing(noted: House) -> None:
    @handles("commits", transactional=True, attempts=1)
    def commits(ctx: Any) -> None:
        ctx.session.execute(sa.insert(notes).values(text="half"))
        ctx.session.commit()

    @handles("rolls", transactional=True, attempts=1)
    def rolls(ctx: Any) -> None:
        ctx.session.rollback()

    noted.runtime.registry.add_functions(commits, rolls)
    for number, topic in enumerate(("commits", "rolls")):
        noted.deploy(topic, **{f"p{number}_bpmn": d.one_service(topic).replace('id="p"', f'id="p{number}"')})
        instance = noted.start(f"p{number}")
        assert noted.state(instance) == "active"
        [incident] = noted.rows(t.incident, t.incident.c.instance_id == instance)
        assert incident["code"] == "UnitBroken"
    assert texts(noted) == []


def test_a_handler_that_swallows_a_failed_statement_cannot_break_the_step(noted: House) -> None:
    @handles("careless", transactional=True, attempts=1)
    def careless(ctx: Any) -> dict[str, object]:
        ctx.session.execute(sa.insert(notes).values(text="one"))
        with contextlib.suppress(sa.exc.IntegrityError):
            ctx.session.execute(sa.insert(notes).values(text="one"))
        return {"ok": True}

    noted.runtime.registry.add_functions(careless)
    noted.deploy(p_bpmn=d.one_service("careless"))
    instance = noted.start("p")
    assert noted.rows(t.history, t.history.c.instance_id == instance)
    if noted.tasks(instance):  # SQLite undoes the statement alone
        assert texts(noted) == ["one"]
    else:  # PostgreSQL gives up all since the savepoint: a job, with nothing of the handler's left
        assert texts(noted) == []
        assert [job["state"] for job in noted.rows(t.job)] == ["failed"]


def test_a_handler_outside_any_transaction_cannot_write_unseen(noted: House) -> None:
    @handles("sneaky", attempts=1)
    def sneaky(ctx: Any) -> None:
        ctx.session.execute(sa.insert(notes).values(text="lost"))

    noted.runtime.registry.add_functions(sneaky)
    noted.deploy(p_bpmn=d.one_service("sneaky"))
    noted.start("p")
    noted.work()
    assert texts(noted) == []
    [incident] = noted.rows(t.incident)
    assert "read" in incident["text"]


@SQLITE
def test_what_a_handler_outside_sends_and_audits_is_written_with_its_outcome(house: House) -> None:
    @handles("remote", attempts=2, backoff="PT1M")
    def remote(ctx: Any) -> None:
        assert ctx.outbox.add("in_app", "li", "hello", {"n": 1}, dedupe_key=f"{ctx.job_key}:{ctx.attempt}") == "waiting"
        ctx.audit("asked", {"attempt": ctx.attempt})
        raise ConnectionError

    @handles("fine")
    def fine(ctx: Any) -> None:
        ctx.outbox.add("in_app", "li", "hello", {"n": 1}, dedupe_key=ctx.job_key)
        ctx.audit("asked", {"attempt": ctx.attempt})

    house.runtime.registry.add_functions(remote, fine)
    house.deploy("one", p_bpmn=d.one_service("remote"))
    house.start("p")
    house.pass_time(minutes=5)
    assert house.rows(t.outbox, t.outbox.c.template == "hello") == []
    house.deploy("two", q_bpmn=d.one_service("fine").replace('process id="p"', 'process id="q"'))
    instance = house.start("q")
    house.work()
    [mail] = house.rows(t.outbox, t.outbox.c.template == "hello")
    assert (mail["recipient"], mail["instance_id"]) == ("li", instance)
    [entry] = house.rows(t.audit_entry, t.audit_entry.c.action == "asked")
    assert entry["subject"] == f"instance:{instance}"


@SQLITE
def test_a_job_that_waits_behind_a_slow_one_is_not_done_twice(house: House) -> None:
    calls: list[str] = []

    @handles("slow")
    def slow(ctx: Any) -> None:
        calls.append(ctx.instance)
        house.clock.move(seconds=house.runtime.settings.lease_seconds + 1)

    house.runtime.registry.add_functions(slow)
    house.deploy(p_bpmn=d.one_service("slow"))
    one, two = house.start("p"), house.start("p")
    with house.writing() as session:
        mine = leases.claim(session, "first", 10)
    handling.outside(house.runtime, mine[0])  # its outcome comes late: nobody else has taken it, so it counts
    with house.writing() as session:
        [taken] = leases.claim(session, "second", 10)
    handling.outside(house.runtime, mine[1])
    assert calls == [str(one)]
    handling.outside(house.runtime, taken)
    assert calls == [str(one), str(two)]
    assert len(house.tasks()) == 2


@SQLITE
def test_jobs_of_a_suspended_case_rest_and_an_outcome_that_meets_it_comes_again(house: House) -> None:
    calls: list[int] = []

    @handles("remote")
    def remote(ctx: Any) -> None:
        calls.append(ctx.attempt)
        if len(calls) == 1:
            with house.writing() as session:
                api.suspend(session, api.SYSTEM, int(ctx.instance))

    house.runtime.registry.add_functions(remote)
    house.deploy(p_bpmn=d.one_service("remote"))
    instance = house.start("p")
    assert house.work() == 1
    assert house.tasks(instance) == []
    assert house.pass_time(days=1) == 0
    with house.writing() as session:
        api.resume(session, api.SYSTEM, instance)
    house.work()
    assert calls == [1, 1]
    assert house.task("after", instance)


@SQLITE
def test_the_heartbeat_keeps_the_lease_of_a_long_handler(open_house: Any) -> None:
    house = open_house(handlers=(), lease_seconds=0.3)
    beaten = threading.Event()
    whole = leases.extend

    def extend(session: Any, job_id: int, fence: int) -> bool:
        if threading.current_thread().name.startswith("heartbeat"):
            beaten.set()
        return whole(session, job_id, fence)

    @handles("long")
    def long(ctx: Any) -> None:
        assert beaten.wait(PATIENCE)

    house.runtime.registry.add_functions(long)
    house.deploy(p_bpmn=d.one_service("long"))
    instance = house.start("p")
    leases.extend = extend
    try:
        house.work()
    finally:
        leases.extend = whole
    assert house.task("after", instance)


def test_a_called_process_that_is_missing_at_run_time_is_an_incident_and_can_be_retried(house: House) -> None:
    house.deploy("called", later_bpmn=d.one_task().replace('process id="p"', 'process id="later"'))
    house.deploy("caller", caller_bpmn=caller())
    [gone] = house.rows(t.definition, t.definition.c.key == "later")
    with house.writing() as session:
        session.execute(sa.update(t.definition).where(t.definition.c.id == gone["id"]).values(key="elsewhere"))
    instance = house.start("caller", amount=5, business_key="CL-1")
    assert house.state(instance) == "active"
    [incident] = house.rows(t.incident, t.incident.c.instance_id == instance)
    assert (incident["element"], incident["code"]) == ("call", "NotFound")
    assert "later" in incident["text"]
    with house.writing() as session:
        session.execute(sa.update(t.definition).where(t.definition.c.id == gone["id"]).values(key="later"))
        api.retry(session, house.actor("owen"), incident["id"])
    house.work()
    ask = house.task("ask")
    assert ask["business_key"] == "CL-1"
    house.complete("ask", ask["assignee"], answer=1)
    assert house.task("after", instance)
    assert house.variables(instance) == {"amount": 5, "answer": 1}
    assert house.rows(t.job) == []
    assert house.rows(t.incident, t.incident.c.resolved_at.is_(None)) == []


@SQLITE
def test_a_caller_with_a_missing_called_process_can_be_cancelled(house: House) -> None:
    house.deploy("called", later_bpmn=d.one_task().replace('process id="p"', 'process id="later"'))
    house.deploy("caller", caller_bpmn=caller())
    with house.writing() as session:
        session.execute(sa.update(t.definition).where(t.definition.c.key == "later").values(key="elsewhere"))
    instance = house.start("caller")
    with house.writing() as session:
        api.cancel(session, api.SYSTEM, instance, "no longer wanted")
    assert house.rows(t.job) == []
    assert house.rows(t.incident, t.incident.c.resolved_at.is_(None)) == []


@SQLITE
def test_processes_that_call_each_other_without_end_stop_as_an_incident(house: House) -> None:
    body = '<startEvent id="start"/><callActivity id="call" calledElement="p"/><endEvent id="end"/>' + d.flows(
        "start>call", "call>end"
    )
    house.deploy(p_bpmn=d.process(body))
    house.start("p")
    [incident] = house.rows(t.incident)
    assert incident["code"] == "CallTooDeep"


@SQLITE
def test_a_called_process_is_not_cancelled_behind_its_callers_back(house: House) -> None:
    house.deploy("called", later_bpmn=d.one_task().replace('process id="p"', 'process id="later"'))
    house.deploy("caller", caller_bpmn=caller())
    root = house.start("caller")
    child = house.task("ask")["instance_id"]
    with pytest.raises(InvalidInput) as refused, house.writing() as session:
        api.cancel(session, api.SYSTEM, child, "alone")
    assert str(root) in refused.value.text("zh")
    assert house.state(child) == "active"


@SQLITE
def test_an_error_that_a_called_process_does_not_catch_reaches_the_callers_boundary(house: House) -> None:
    called = d.process(
        '<startEvent id="start"/><endEvent id="bad"><errorEventDefinition errorRef="e"/></endEvent>'
        + d.flows("start>bad"),
        key="later",
        outside='<error id="e" name="refused" errorCode="REFUSED"/>',
    )
    body = (
        '<startEvent id="start"/><callActivity id="call" calledElement="later"/>'
        '<boundaryEvent id="caught" attachedToRef="call"><errorEventDefinition errorRef="e"/></boundaryEvent>'
        + d.user_task("repair")
        + '<endEvent id="end"/><endEvent id="end2"/>'
        + d.flows("start>call", "call>end", "caught>repair", "repair>end2")
    )
    outside = '<error id="e" name="refused" errorCode="REFUSED"/>'
    house.deploy("called", later_bpmn=called)
    house.deploy("caller", caller_bpmn=d.process(body, "caller", outside=outside))
    instance = house.start("caller")
    assert house.task("repair", instance)
    [child] = house.rows(t.instance, t.instance.c.parent_id == instance)
    assert (child["state"], child["end_error"]) == ("failed", "REFUSED")
    house.deploy("plain", caller_bpmn=caller())
    instance = house.start("caller")
    assert house.state(instance) == "failed"


@SQLITE
def test_an_escalation_of_a_called_process_reaches_the_caller_while_it_goes_on(house: House) -> None:
    outside = '<escalation id="x" name="late" escalationCode="LATE"/>'
    called = d.process(
        '<startEvent id="start"/><intermediateThrowEvent id="tell"><escalationEventDefinition escalationRef="x"/>'
        "</intermediateThrowEvent>" + d.user_task("ask") + '<endEvent id="end"/>'
        + d.flows("start>tell", "tell>ask", "ask>end"),
        key="later",
        outside=outside,
    )  # fmt: skip
    body = (
        '<startEvent id="start"/><callActivity id="call" calledElement="later"/>'
        '<boundaryEvent id="told" attachedToRef="call" cancelActivity="false">'
        '<escalationEventDefinition escalationRef="x"/></boundaryEvent>'
        + d.user_task("look")
        + '<endEvent id="end"/><endEvent id="end2"/>'
        + d.flows("start>call", "call>end", "told>look", "look>end2")
    )
    house.deploy("called", later_bpmn=called)
    house.deploy("caller", caller_bpmn=d.process(body, "caller", outside=outside))
    house.start("caller")
    assert sorted(task["element"] for task in house.tasks()) == ["ask", "look"]


@SQLITE
def test_one_message_thrown_twice_into_a_loop_is_taken_twice(house: House) -> None:
    """The second finds the place that the first one's step opened again."""
    outside = '<message id="m" name="tick"/>'
    counting = d.process(
        '<startEvent id="start"/><exclusiveGateway id="merge"/><receiveTask id="await" messageRef="m"/>'
        '<scriptTask id="count" scriptFormat="feel" camunda:resultVariable="n"><script>n + 1</script></scriptTask>'
        + d.flows("start>merge", "merge>await", "await>count", "count>merge"),
        key="counting",
        outside=outside,
    )
    throw = '<intermediateThrowEvent id="{0}"><messageEventDefinition messageRef="m"/></intermediateThrowEvent>'
    ticking = d.process(
        '<startEvent id="start"/>'
        + throw.format("one")
        + throw.format("two")
        + '<endEvent id="end"/>'
        + d.flows("start>one", "one>two", "two>end"),
        key="ticking",
        outside=outside,
    )
    house.deploy("counting", counting_bpmn=counting)
    house.deploy("ticking", ticking_bpmn=ticking)
    instance = house.start("counting", n=0, business_key="CL-1")
    house.start("ticking", business_key="CL-1")
    assert house.variables(instance)["n"] == 2
    assert {row["state"] for row in house.rows(t.message)} == {"delivered"}


@SQLITE
def test_a_thrown_message_that_fits_twice_is_kept_with_an_incident_of_the_thrower(house: House) -> None:
    outside = '<message id="m" name="paid"/>'
    waits = d.process(
        '<startEvent id="start"/><receiveTask id="await" messageRef="m"/>' + d.user_task("ship")
        + '<endEvent id="end"/>' + d.flows("start>await", "await>ship", "ship>end"),
        outside=outside,
    )  # fmt: skip
    throws = d.process(
        '<startEvent id="start"/>' + d.user_task("pay")
        + '<endEvent id="end"><messageEventDefinition messageRef="m"/></endEvent>'
        + d.flows("start>pay", "pay>end"),
        key="payer",
        outside=outside,
    )  # fmt: skip
    house.deploy("waits", p_bpmn=waits)
    house.deploy("payer", payer_bpmn=throws)
    one, two = house.start("p", business_key="CL-1"), house.start("p", business_key="CL-1")
    payer = house.start("payer", business_key="CL-1")
    house.complete("pay", house.task("pay")["assignee"])
    assert house.state(payer) == "completed"
    [incident] = house.rows(t.incident)
    assert (incident["code"], incident["instance_id"]) == ("AMBIGUOUS_MESSAGE", payer)
    assert house.work() == 0  # the sweep passes it over, and harms nobody
    third = house.start("p", business_key="CL-1")
    assert house.tasks(third) == []
    with house.writing() as session:
        api.cancel(session, api.SYSTEM, one, "entered twice")
        api.cancel(session, api.SYSTEM, third, "entered twice")
    house.work()
    assert house.task("ship", two)


@SQLITE
def test_a_signal_starts_processes_and_wakes_running_ones(house: House) -> None:
    outside = '<signal id="s" name="rates"/>'
    starts = d.process(
        '<startEvent id="on"><signalEventDefinition signalRef="s"/></startEvent>' + d.user_task("look")
        + '<endEvent id="end"/>' + d.flows("on>look", "look>end"),
        outside=outside,
    )  # fmt: skip
    throws = d.process(
        '<startEvent id="start"/><endEvent id="end"><signalEventDefinition signalRef="s"/></endEvent>'
        + d.flows("start>end"),
        key="thrower",
        outside=outside,
    )
    house.deploy("starts", p_bpmn=starts)
    house.deploy("starts", p_bpmn=starts.replace("look", "check"))
    house.deploy("thrower", thrower_bpmn=throws)
    assert house.state(house.start("thrower")) == "completed"
    assert [task["element"] for task in house.tasks()] == ["check"]
    with house.writing() as session:
        assert api.raise_signal(session, api.SYSTEM, "rates") == 1


@SQLITE
def test_a_plain_number_of_retries_is_a_number_of_attempts(house: House) -> None:
    house.deploy(p_bpmn=d.process(
        '<startEvent id="start"/><serviceTask id="work"><extensionElements><zeebe:taskDefinition type="outside"'
        ' retries="5" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"/></extensionElements></serviceTask>'
        '<endEvent id="end"/>'
        + d.flows("start>work", "work>end"),
    ))  # fmt: skip
    house.start("p")
    assert [row["max_attempts"] for row in house.rows(t.job)] == [5]


@SQLITE
def test_a_listener_is_a_job_that_its_element_waits_for(house: House) -> None:
    heard: list[str] = []

    @handles("audit", transactional=True)
    def audit(ctx: Any, amount: object) -> dict[str, object]:
        heard.append(ctx.element)
        return {"amount": 42}

    house.runtime.registry.add_functions(audit)
    listener = "".join(f'<zeebe:executionListener eventType="{moment}" type="audit"/>' for moment in ("start", "end"))
    house.deploy(p_bpmn=d.process(
        '<startEvent id="start"/><task id="plain"><extensionElements><zeebe:executionListeners'
        f' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">{listener}</zeebe:executionListeners></extensionElements>'
        "</task>" + d.user_task("after") + '<endEvent id="end"/>' + d.flows("start>plain", "plain>after", "after>end"),
    ))  # fmt: skip
    instance = house.start("p", amount=21)
    assert heard == ["plain", "plain"]
    assert house.variables(instance)["amount"] == 42


@SQLITE
def test_a_listener_of_the_process_is_a_job_before_it_begins_and_before_it_is_over(house: House) -> None:
    heard: list[str] = []

    @handles("audit", transactional=True)
    def audit(ctx: Any) -> dict[str, object]:
        heard.append(ctx.element)
        return {"times": len(heard)}

    house.runtime.registry.add_functions(audit)
    listener = "".join(
        f'<zeebe:executionListener eventType="{moment}" type="{topic}"/>'
        for moment, topic in (("start", "audit"), ("end", "robot"), ("end", "audit"))
    )
    house.deploy(p_bpmn=d.process(
        '<extensionElements><zeebe:executionListeners xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">'
        f'{listener}</zeebe:executionListeners></extensionElements><startEvent id="start"/>' + d.user_task("ask")
        + '<endEvent id="end"/>' + d.flows("start>ask", "ask>end"),
    ))  # fmt: skip
    instance = house.start("p")
    assert house.variables(instance)["times"] == 1
    house.complete("ask", house.task("ask")["assignee"])
    assert (house.state(instance), [row["element"] for row in house.rows(t.job)]) == ("active", ["p"])
    with house.looking() as session:
        assert queries.instance(session, instance).row.id == instance
    with house.writing() as session:
        [task] = api.fetch_and_lock(session, api.SYSTEM, "w1", [api.Topic("robot", timedelta(minutes=1))], 1)
        api.complete_external(session, api.SYSTEM, "w1", task.id, {"seen": True})
    assert (house.state(instance), heard) == ("completed", ["p", "p"])
    assert house.variables(instance) == {"times": 2, "seen": True}
