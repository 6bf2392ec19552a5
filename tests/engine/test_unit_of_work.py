"""The unit of work: one trigger, one transaction, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, handling, instances, leases
from engine.errors import AlreadyHandled, Forbidden, FourEyes
from engine.registry import BpmnError, handles
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import PEOPLE, House

notes = sa.Table("note", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))


@pytest.fixture
def noted(house: House) -> House:
    """A house whose handlers may write into a table of their own."""
    notes.metadata.create_all(house.runtime.database)
    return house


def texts(house: House) -> list[str]:
    return [row["text"] for row in house.rows(notes)]


def test_a_started_case_has_state_task_and_history_in_one_transaction(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    instance = house.start("p", amount=120)
    assert [task["element"] for task in house.tasks(instance)] == ["ask"]
    assert house.variables(instance) == {"amount": 120}
    history = house.rows(t.history, t.history.c.instance_id == instance)
    assert [row["seq"] for row in history] == [1]
    assert history[0]["trigger"][0][0] == "Started"


def test_a_fault_in_the_unit_of_work_leaves_nothing(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    with pytest.raises(RuntimeError), house.writing() as session:
        api.start(session, api.SYSTEM, "p")
        raise RuntimeError("the machine stops here")
    assert house.rows(t.instance) == []
    assert house.rows(t.user_task) == []
    assert house.rows(t.outbox) == []


def test_the_second_of_two_people_is_told_who_was_faster(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(assign="queue"))
    instance = house.start("p")
    task, li, wang = house.task("ask")["id"], house.actor("li"), house.actor("wang")
    with house.writing() as session:
        api.complete(session, li, task, {"answer": "yes"})
    with pytest.raises(AlreadyHandled) as refused, house.writing() as session:
        api.complete(session, wang, task, {"answer": "no"})
    assert refused.value.fields["by"] == "li"
    assert refused.value.text("zh") == "“ask”已由 李雷 于 09:00 办理。"
    assert house.variables(instance) == {"answer": "yes"}
    assert house.state(instance) == "completed"


def test_a_transactional_handler_writes_with_the_step(noted: House) -> None:
    @handles("note", transactional=True)
    def note(ctx: Any, text: str) -> dict[str, object]:
        ctx.session.execute(sa.insert(notes).values(text=text))
        return {"noted": True}

    noted.runtime.registry.add_functions(note)
    noted.deploy(p_bpmn=d.one_service("note"))
    instance = noted.start("p", text="hello")
    assert texts(noted) == ["hello"]
    assert noted.variables(instance) == {"text": "hello", "noted": True}
    with pytest.raises(RuntimeError), noted.writing() as session:
        api.start(session, api.SYSTEM, "p", {"text": "lost"})
        raise RuntimeError
    assert texts(noted) == ["hello"]


def test_a_handler_that_raises_leaves_a_job_and_what_the_person_did_stands(noted: House) -> None:
    calls = []

    @handles("flaky", transactional=True, attempts=3, backoff="PT1M")
    def flaky(ctx: Any) -> None:
        ctx.session.execute(sa.insert(notes).values(text="half done"))
        calls.append(ctx.attempt)
        if len(calls) < 3:
            raise ValueError("not yet")

    noted.runtime.registry.add_functions(flaky)
    body = (
        '<startEvent id="start"/>'
        + d.user_task("ask")
        + '<serviceTask id="work" camunda:type="external" camunda:topic="flaky"/><endEvent id="end"/>'
        + d.flows("start>ask", "ask>work", "work>end")
    )
    noted.deploy(p_bpmn=d.process(body))
    instance = noted.start("p")
    noted.complete("ask", noted.task("ask")["assignee"], answer="kept")
    assert noted.variables(instance)["answer"] == "kept"
    assert texts(noted) == []
    [job] = noted.rows(t.job)
    assert (job["state"], job["attempts"]) == ("ready", 1)
    assert "not yet" in job["last_error"]
    noted.pass_time(minutes=1)
    assert noted.state(instance) == "active"
    noted.pass_time(minutes=2)
    assert noted.state(instance) == "completed"
    assert texts(noted) == ["half done"]


def test_exhausted_attempts_become_an_incident_that_a_person_retries(house: House) -> None:
    broken = [True]

    @handles("remote", attempts=2, backoff="PT1M")
    def remote(ctx: Any) -> dict[str, object]:
        if broken[0]:
            raise ConnectionError("registry is down")
        return {"ok": True}

    house.runtime.registry.add_functions(remote)
    house.deploy(p_bpmn=d.one_service("remote"))
    instance = house.start("p")
    house.work()
    house.pass_time(minutes=1)
    [incident] = house.rows(t.incident, t.incident.c.resolved_at.is_(None))
    assert "registry is down" in incident["text"]
    assert "ConnectionError" in incident["stack"]
    house.pass_time(days=3)
    assert house.rows(t.job)[0]["state"] == "failed"
    broken[0] = False
    with house.writing() as session:
        api.retry(session, house.actor("owen"), incident["id"])
    house.work()
    assert house.task("after", instance)
    assert house.rows(t.incident, t.incident.c.resolved_at.is_(None)) == []


def test_a_business_error_of_a_handler_takes_the_drawn_path(house: House) -> None:
    @handles("check")
    def check(ctx: Any) -> None:
        raise BpmnError("PROVIDER_DOWN", "no answer")

    house.runtime.registry.add_functions(check)
    body = (
        '<startEvent id="start"/><serviceTask id="work" camunda:type="external" camunda:topic="check"/>'
        '<boundaryEvent id="down" attachedToRef="work"><errorEventDefinition errorRef="e"/></boundaryEvent>'
        + d.user_task("by_hand")
        + '<endEvent id="end"/><endEvent id="end2"/>'
        + d.flows("start>work", "work>end", "down>by_hand", "by_hand>end2")
    )
    house.deploy(p_bpmn=d.process(body, outside='<error id="e" name="down" errorCode="PROVIDER_DOWN"/>'))
    instance = house.start("p")
    house.work()
    assert house.task("by_hand", instance)


def test_a_worker_that_lost_its_lease_changes_nothing(house: House) -> None:
    @handles("slow")
    def slow(ctx: Any) -> dict[str, object]:
        return {"by": "slow"}

    house.runtime.registry.add_functions(slow)
    house.deploy(p_bpmn=d.one_service("slow"))
    instance = house.start("p")
    with house.writing() as session:
        [stale] = leases.claim(session, "first", 10)
    house.clock.move(seconds=house.runtime.settings.lease_seconds + 1)
    with house.writing() as session:
        [fresh] = leases.claim(session, "second", 10)
    handling.outside(house.runtime, stale)
    assert house.tasks(instance) == []
    handling.outside(house.runtime, fresh)
    assert house.task("after", instance)


def test_the_collector_cannot_be_the_verifier(house: House) -> None:
    body = (
        '<startEvent id="start"/>'
        + d.user_task("collect", name="采集")
        + d.user_task("verify", notSameUserAs="collect")
        + '<endEvent id="end"/>'
        + d.flows("start>collect", "collect>verify", "verify>end")
    )
    house.deploy(p_bpmn=d.process(body))
    house.start("p")
    collector = house.task("collect")["assignee"]
    house.complete("collect", collector)
    verify = house.task("verify")
    assert verify["assignee"] not in (None, collector)
    with house.writing() as session:
        api.release(session, house.actor(verify["assignee"]), verify["id"])
    with pytest.raises(FourEyes) as refused:
        house.complete("verify", collector)
    assert "采集" in refused.value.text("zh")


def test_nobody_finishes_another_persons_task(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    holder = house.task("ask")["assignee"]
    other = next(person for person in ("li", "wang", "zhao") if person != holder)
    with pytest.raises(Forbidden) as refused:
        house.complete("ask", other)
    assert PEOPLE[holder][1] in str(refused.value), "by name, not by what they sign in with"
    with pytest.raises(Forbidden):
        house.complete("ask", "chen")


def test_a_suspended_case_holds_still_and_goes_on_where_it_was(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    instance, owner = house.start("p"), house.actor("owen")
    with house.writing() as session:
        api.suspend(session, owner, instance)
    holder = house.task("ask")["assignee"]
    with pytest.raises(Forbidden):
        house.complete("ask", holder)
    with house.writing() as session:
        api.resume(session, owner, instance)
    house.complete("ask", holder)
    assert house.state(instance) == "completed"


def test_a_cancelled_case_takes_its_tasks_timers_and_reminders_with_it(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    instance = house.start("p")
    with house.writing() as session:
        api.cancel(session, house.actor("owen"), instance, "entered twice")
    assert house.state(instance) == "cancelled"
    assert house.tasks(instance) == []
    assert {row["state"] for row in house.rows(t.reminder)} == {"dropped"}
    assert house.rows(t.audit_entry, t.audit_entry.c.action == "cancelled")[0]["data"] == {"reason": "entered twice"}


def test_a_state_written_past_the_lock_is_refused(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    instance = house.start("p")
    with pytest.raises(Exception, match="somebody else"), house.writing() as session:
        live = instances.load(session, instance)
        assert live is not None
        session.execute(sa.update(t.instance).where(t.instance.c.id == instance).values(version=99))
        instances.write(session, live, house.clock())


def test_work_that_an_interruption_takes_away_is_not_done(noted: House) -> None:
    """Two branches open work at once; the first one's error ends the sub-process: the second is never worked on."""

    @handles("breaks", transactional=True)
    def breaks(ctx: Any) -> None:
        raise BpmnError("STOP")

    @handles("writes", transactional=True)
    def writes(ctx: Any) -> None:
        ctx.session.execute(sa.insert(notes).values(text="must not be"))

    noted.runtime.registry.add_functions(breaks, writes)
    task = '<serviceTask id="{0}" camunda:type="external" camunda:topic="{0}"/>'
    body = (
        '<startEvent id="start"/><subProcess id="sub"><startEvent id="s"/><parallelGateway id="split"/>'
        + task.format("breaks")
        + task.format("writes")
        + '<endEvent id="e1"/><endEvent id="e2"/>'
        + d.flows("s>split", "split>breaks", "split>writes", "breaks>e1", "writes>e2")
        + '</subProcess><boundaryEvent id="stopped" attachedToRef="sub"><errorEventDefinition/></boundaryEvent>'
        + d.user_task("after")
        + '<endEvent id="end"/><endEvent id="end2"/>'
        + d.flows("start>sub", "sub>end", "stopped>after", "after>end2")
    )
    noted.deploy(p_bpmn=d.process(body))
    instance = noted.start("p")
    assert noted.task("after", instance)
    assert texts(noted) == []
    assert noted.rows(t.job) == []
