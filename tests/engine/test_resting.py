"""A suspended process starts nothing, whatever would start it, and loses nothing of what came meanwhile."""

from __future__ import annotations

from datetime import date

import pytest

from engine import api, firing, queries, timers
from engine.errors import Forbidden, NotFound, ProcessSuspended, StillRunning
from engine.queries import registers
from engine.queries.registers import Wanted
from engine.store import tables as t
from tests.conformance.drawing import call, diagram, message, process, signal, start, timer
from tests.house import House


def begun_by(*events: str) -> str:
    """A process with a none start and these others, each leading to a task."""
    starts = "".join(f"s{n} -> u; " for n in range(len(events)))
    elements = [start(f"s{n}", event) for n, event in enumerate(events)]
    return diagram(process("p", f"s -> u; {starts}u -> e", '<userTask id="u"/>', *elements))


def rested(house: House, key: str = "p", version: int | None = None, by: str = "owen") -> tuple[int, ...]:
    with house.writing() as session:
        return api.suspend_process(session, house.actor(by), key, version, "a fault in the table")


def woken(house: House, key: str = "p", version: int | None = None) -> tuple[int, ...]:
    with house.writing() as session:
        return api.resume_process(session, house.actor("owen"), key, version)


def running(house: House) -> int:
    return len(house.rows(t.instance, t.instance.c.key == "p"))


def test_it_is_not_started_by_hand_and_says_why(house: House) -> None:
    house.deploy(p_bpmn=begun_by())
    case = house.start("p")
    assert rested(house) == (1,) and rested(house) == ()
    with house.looking() as session:
        assert [version.suspended for version in queries.definitions(session, "p")[0].versions] == [True]
    with pytest.raises(ProcessSuspended) as refused:
        house.start("p")
    assert "suspended" in str(refused.value) and "挂起" in refused.value.text("zh")
    house.complete("u", "root", case)
    assert house.state(case) == "completed"
    assert woken(house) == (1,)
    assert house.start("p")


def test_processes_hear_that_one_rests_and_that_the_calendar_changed(house: House) -> None:
    house.deploy(p_bpmn=begun_by())
    with house.writing() as session:
        api.set_calendar_day(session, house.actor("root"), date(2026, 3, 4), False)
    assert running(house) == 0, "nobody listened"
    house.deploy("q", q_bpmn=begun_by(signal("process_suspended"), signal("calendar_changed")).replace('"p"', '"q"'))
    assert rested(house) == (1,) and rested(house) == ()
    with house.writing() as session:
        api.set_calendar_day(session, house.actor("root"), date(2026, 3, 5), False)
    told = [house.variables(int(row["id"])) for row in house.rows(t.instance, t.instance.c.key == "q")]
    assert [(one.get("process"), one.get("day")) for one in told] == [("p", None), (None, date(2026, 3, 5))]


def test_messages_are_kept_and_timers_rest_until_it_is_resumed(house: House) -> None:
    house.deploy(p_bpmn=begun_by(message("m"), timer("Duration", "PT1H"), signal("g")))
    rested(house)
    assert house.message("m").state == "kept"
    with house.writing() as session:
        assert api.raise_signal(session, api.SYSTEM, "g") == 0
    house.pass_time(hours=2)
    assert running(house) == 0
    woken(house)
    assert running(house) == 1 and house.rows(t.message)[0]["state"] == "delivered"
    house.work()
    assert running(house) == 2


def test_a_start_that_was_due_when_its_process_came_to_rest_does_not_happen(house: House) -> None:
    house.deploy(p_bpmn=begun_by(timer("Duration", "PT1H")))
    house.clock.move(hours=2)
    with house.looking() as session:
        due = timers.due(session, 5)
    rested(house)
    assert len(due) == 1 and firing.fire(house.runtime, due) == 0 and running(house) == 0
    woken(house)
    house.work()
    assert running(house) == 1


def test_one_version_rests_and_the_others_start(house: House) -> None:
    house.deploy(p_bpmn=begun_by())
    house.deploy(p_bpmn=begun_by(message("m")))
    rested(house, version=1)
    assert house.start("p")
    with house.writing() as session, pytest.raises(ProcessSuspended):
        api.start(session, api.SYSTEM, "p", version=1)


def test_a_new_version_of_a_process_that_rests_as_a_whole_rests_too(house: House) -> None:
    house.deploy(p_bpmn=begun_by())
    rested(house)
    house.deploy(p_bpmn=begun_by(message("m")))
    with pytest.raises(ProcessSuspended):
        house.start("p")
    assert woken(house) == (1, 2)
    rested(house, version=2)
    house.deploy(p_bpmn=begun_by(signal("g")))
    assert house.start("p")


def test_a_caller_stops_with_an_incident_and_calls_once_more_when_it_is_resumed(house: House) -> None:
    house.deploy(p_bpmn=begun_by())
    house.deploy("q", q_bpmn=diagram(process("q", "s -> c -> e", call("c", "p"))))
    rested(house)
    caller = house.start("q")
    [incident] = house.rows(t.incident)
    assert (incident["instance_id"], incident["code"]) == (caller, "ProcessSuspended")
    woken(house)
    house.work()
    house.complete("u", "root")
    assert house.state(caller) == "completed"
    assert house.rows(t.incident, t.incident.c.resolved_at.is_(None)) == []


def test_only_owners_let_a_process_rest_and_it_is_written_down(house: House) -> None:
    house.deploy(p_bpmn=begun_by())
    with pytest.raises(Forbidden):
        rested(house, by="li")
    with pytest.raises(NotFound):
        rested(house, "nothing")
    rested(house)
    woken(house)
    entries = house.rows(t.audit_entry, t.audit_entry.c.subject == "process:p")
    assert [(e["action"], e["data"]["versions"]) for e in entries] == [
        ("process_suspended", [1]),
        ("process_resumed", [1]),
    ]


def test_a_withdrawn_deployment_gives_way_to_the_one_before_it(house: House) -> None:
    first = house.deploy(p_bpmn=begun_by())
    second = house.deploy(p_bpmn=begun_by(message("again")))
    case = house.start("p")
    with pytest.raises(StillRunning), house.writing() as session:
        api.withdraw_deployment(session, house.actor("owen"), second.deployment_id)
    with house.writing() as session:
        instead = api.withdraw_deployment(session, house.actor("owen"), second.deployment_id, cascade=True)
    assert house.state(case) == "cancelled" and instead not in (None, first.deployment_id)
    case = house.start("p")
    house.complete("u", "root", case)
    assert house.message("again").state == "kept"  # which only the withdrawn version awaits
    passed = Wanted([("passed_any", "in", ["u", "x"])])  # elements stand in stored bytes
    with house.looking() as session:
        assert registers.number(session, "instances", passed) == 2
        assert registers.number(session, "instances", Wanted([("passed_any", "in", ["x"])])) == 0
        assert registers.number(session, "definitions", Wanted([("told", "eq", True)])) == 2
        assert registers.number(session, "deployments", Wanted([("told", "eq", True)])) == 2
