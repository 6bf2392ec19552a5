"""Triggers beside the plain ones: due dates that move, incidents that are retried, tokens that are moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.errors import InvalidInput, NotFound, WaitClosed
from engine.process import triggers as t
from engine.process.codec import decode, encode
from engine.process.contract import Step, Threw
from engine.process.definition import read_bpmn
from engine.process.model import Definition
from engine.process.native import step
from engine.process.state import new_state
from engine.process.waits import CallWait, IncidentWait, JobWait, ThrowWait, TimerWait, UserWait, Wait
from tests.engine.process.native.building import ZONE, env, trace
from tests.engine.process.native.diagrams import diagram


def _read(body: str, roots: str = "") -> Definition:
    return read_bpmn(diagram(body, roots)).definition("p")


def _start(definition: Definition, **variables: Any) -> Step:
    return step(definition, new_state(), t.Started(variables=variables), env())


def _only(waits: tuple[Wait, ...], kind: type[Any]) -> Any:
    found = [wait for wait in waits if isinstance(wait, kind)]
    assert len(found) == 1, waits
    return found[0]


HANGING = """
    <startEvent id="s"/><userTask id="t" camunda:dueDate="P2D"/>
    <boundaryEvent id="before" attachedToRef="t" cancelActivity="false"><timerEventDefinition>
    <timeDate>=task_due_minus("P1D")</timeDate></timerEventDefinition></boundaryEvent>
    <boundaryEvent id="fixed" attachedToRef="t" cancelActivity="false"><timerEventDefinition>
    <timeDuration>P9D</timeDuration></timerEventDefinition></boundaryEvent><task id="n"/><task id="m"/>
    s -> t
    before -> n
    fixed -> m
"""


def test_timers_that_hang_on_a_due_date_move_with_it_and_others_stay() -> None:
    definition = _read(HANGING)
    first = _start(definition)
    task = _only(first.opened, UserWait)
    timers = {wait.element: wait for wait in first.opened if isinstance(wait, TimerWait)}
    assert timers["before"].due == env().now + timedelta(days=1)
    later = datetime(2026, 1, 12, 9, tzinfo=ZONE)
    moved = step(definition, decode(encode(first.state)), t.DueMoved(task.id, later), env())
    assert [closed.wait for closed in moved.closed] == [timers["before"]]
    assert _only(moved.opened, TimerWait).due == later - timedelta(days=1)
    assert [w.due for w in moved.state.open_waits() if isinstance(w, UserWait)] == [later]
    none = step(definition, moved.state, t.DueMoved(task.id, None), env())
    assert not none.opened and len(none.closed) == 1
    back = step(definition, none.state, t.DueMoved(task.id, later), env())
    assert _only(back.opened, TimerWait).element == "before"


def test_a_retried_incident_goes_on_with_the_corrected_variables() -> None:
    definition = _read("""
        <startEvent id="s"/><exclusiveGateway id="x"/><endEvent id="a"/><endEvent id="b"/>
        s -> x
        x -> a if n = 1
        x -> b if n = 2
    """)
    stopped = _start(definition, n=3)
    incident = _only(stopped.opened, IncidentWait)
    again = step(definition, stopped.state, t.Retried(incident.id), env())
    assert again.closed[0].wait == incident and _only(again.opened, IncidentWait).code == "NO_FLOW"
    done = step(definition, decode(encode(stopped.state)), t.Retried(incident.id, {"n": 2}), env())
    assert done.ended is not None
    assert trace(stopped) + trace(done) == ["enter s", "leave s", "enter x", "leave x", "enter b", "leave b"]


FAILING = {
    "input": '<camunda:inputParameter name="y">${missing.field}</camunda:inputParameter>',
    "output": '<camunda:outputParameter name="y">${missing.field}</camunda:outputParameter>',
}


@pytest.mark.parametrize("side", ["input", "output"])
def test_a_mapping_that_fails_is_tried_again_without_repeating_the_work(side: str) -> None:
    definition = _read(f"""
        <startEvent id="s"/><serviceTask id="t" camunda:type="external" camunda:topic="w"><extensionElements>
        <camunda:inputOutput>{FAILING[side]}</camunda:inputOutput></extensionElements></serviceTask><endEvent id="e"/>
        s -> t
        t -> e
    """)
    now = _start(definition)
    if side == "output":
        now = step(definition, now.state, t.JobDone(_only(now.opened, JobWait).id, {"r": 1}), env())
    incident = _only(now.opened, IncidentWait)
    assert incident.code == "EXPRESSION_FAILED" and incident.element == "t"
    fixed = step(definition, now.state, t.Retried(incident.id, {"missing": {"field": 5}}), env())
    if side == "input":
        job = _only(fixed.opened, JobWait)
        assert job.inputs == {"y": 5}
        fixed = step(definition, fixed.state, t.JobDone(job.id), env())
    assert fixed.ended is not None and not [w for w in fixed.opened if isinstance(w, JobWait)]
    assert fixed.state.variables().get("y") == (5 if side == "output" else None)


def test_a_timer_expression_that_gives_no_moment_is_an_incident_beside_the_open_task() -> None:
    definition = _read("""
        <startEvent id="s"/><userTask id="t"/><boundaryEvent id="b" attachedToRef="t"><timerEventDefinition>
        <timeDate>=moment</timeDate></timerEventDefinition></boundaryEvent><endEvent id="e"/>
        s -> t
        b -> e
    """)
    first = _start(definition)
    incident = _only(first.opened, IncidentWait)
    assert incident.code == "TIMER_INVALID"
    due = datetime(2026, 2, 1, tzinfo=UTC)
    armed = step(definition, first.state, t.Retried(incident.id, {"moment": due}), env())
    assert _only(armed.opened, TimerWait).due == due
    done = step(definition, first.state, t.TaskCompleted(_only(first.opened, UserWait).id), env())
    assert done.ended is not None


def test_moving_into_a_sub_process_opens_it_on_the_way() -> None:
    definition = _read("""
        <startEvent id="s"/><userTask id="a"/><subProcess id="sub"><startEvent id="i"/><userTask id="b"/>
        i -> b
        </subProcess><endEvent id="e"/>
        s -> a
        a -> sub
        sub -> e
    """)
    first = _start(definition)
    moved = step(definition, first.state, t.Modified("a", "b"), env())
    assert trace(moved) == ["enter sub", "cancel a", "enter b"]
    done = step(definition, moved.state, t.TaskCompleted(_only(moved.opened, UserWait).id), env())
    assert done.ended is not None and trace(done) == ["leave b", "leave sub", "enter e", "leave e"]
    with pytest.raises(InvalidInput):
        step(definition, first.state, t.Modified("b", "a"), env())
    with pytest.raises(NotFound):
        step(definition, first.state, t.Modified("a", "nowhere"), env())


def test_an_answer_of_the_wrong_kind_or_too_late_changes_nothing() -> None:
    definition = _read("""
        <startEvent id="s"/><userTask id="t"/>
        s -> t
    """)
    first = _start(definition)
    wait = _only(first.opened, UserWait)
    before = encode(first.state)
    for wrong in (t.JobDone(wait.id), t.TimerFired(wait.id), t.TaskCompleted(99), t.Delivered(wait.id)):
        with pytest.raises(WaitClosed):
            step(definition, first.state, wrong, env())
    assert encode(first.state) == before
    done = step(definition, first.state, t.TaskCompleted(wait.id), env())
    with pytest.raises(WaitClosed):
        step(definition, done.state, t.TaskCompleted(wait.id), env())


def test_an_escalation_that_nobody_here_catches_waits_until_it_was_told() -> None:
    definition = _read("""
        <startEvent id="s"/><intermediateThrowEvent id="up"><escalationEventDefinition escalationRef="X"/>
        </intermediateThrowEvent><userTask id="t"/>
        s -> up
        up -> t
    """, '<escalation id="X" escalationCode="LATE"/>')  # fmt: skip
    first = _start(definition)
    assert [event.handled for event in first.events if isinstance(event, Threw)] == [False]
    on = step(definition, first.state, t.Delivered(_only(first.opened, ThrowWait).id), env())
    assert _only(on.opened, UserWait).element == "t"


def test_a_called_instance_s_escalation_meets_a_boundary_that_lets_it_run_on() -> None:
    definition = _read("""
        <startEvent id="s"/><callActivity id="c" calledElement="q"/>
        <boundaryEvent id="b" attachedToRef="c" cancelActivity="false"><escalationEventDefinition escalationRef="X"/>
        </boundaryEvent><userTask id="t"/>
        s -> c
        b -> t
    """, '<escalation id="X" escalationCode="LATE"/>')  # fmt: skip
    first = _start(definition)
    call = _only(first.opened, CallWait)
    told = step(definition, first.state, t.CallEscalated(call.id, "LATE"), env())
    assert _only(told.opened, UserWait).element == "t" and not told.closed
    done = step(definition, told.state, t.CallEnded(call.id), env())
    assert done.ended is None


def test_equal_input_gives_an_equal_step() -> None:
    definition = _read(HANGING)
    assert encode(_start(definition).state) == encode(_start(definition).state)
    assert _start(definition).events == _start(definition).events


def test_all_that_an_endless_loop_stopped_go_on_with_one_retry() -> None:
    """Two steps ran into the limit one after the other; retrying one incident frees both, and closes both."""
    definition = _read(
        '<startEvent id="s"/><userTask id="n0"/><exclusiveGateway id="n3" default="again"/><endEvent id="e"/>'
        '<sequenceFlow id="f0" sourceRef="s" targetRef="n0"/><sequenceFlow id="f1" sourceRef="n0" targetRef="n0"/>'
        '<sequenceFlow id="f2" sourceRef="n0" targetRef="n3"/>'
        '<sequenceFlow id="again" sourceRef="n3" targetRef="n3"/>'
        '<sequenceFlow id="out" sourceRef="n3" targetRef="e">'
        "<conditionExpression>=choice &gt; 1</conditionExpression></sequenceFlow>"
    )
    done = step(definition, new_state(), t.Started(variables={"choice": 0}), env())
    for _ in range(2):
        wait = next(w for w in done.state.open_waits() if isinstance(w, UserWait))
        done = step(definition, done.state, t.TaskCompleted(wait.id), env(), node_limit=500)
    incidents = [w for w in done.state.open_waits() if isinstance(w, IncidentWait)]
    assert len(incidents) == 2
    done = step(definition, done.state, t.Retried(incidents[0].id, {"choice": 3}), env())
    assert [type(w) for w in done.state.open_waits()] == [UserWait]
    assert {token.node for token in done.state.tokens.values()} == {"n0"}
