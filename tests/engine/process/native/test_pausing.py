"""Asynchronous continuations: a job stands between, and nothing else differs."""

from __future__ import annotations

from typing import Any

import pytest

from engine.process import triggers as t
from engine.process.codec import decode, encode
from engine.process.contract import Step
from engine.process.expressions import compile_condition, compile_expression
from engine.process.model import Definition, EventDefinition, Loop, Node
from engine.process.native import step
from engine.process.state import State, new_state
from engine.process.waits import IncidentWait, JobWait, TimerWait
from tests.engine.process.native.building import env, model, node, trace


def line(middle: Node, *more: Node) -> Definition:
    return model(
        [node("s", "startEvent"), middle, node("e", "endEvent"), *more], f"s -> {middle.id}", f"{middle.id} -> e"
    )


def started(definition: Definition, **variables: Any) -> Step:
    return step(definition, new_state(), t.Started(variables=variables), env())


def job(state: State) -> JobWait:
    [found] = [wait for wait in state.open_waits() if isinstance(wait, JobWait)]
    assert found.kind == "async"
    return found


def going_on(definition: Definition, state: State, wait: JobWait | None = None) -> Step:
    """The job is done; the state was saved meanwhile."""
    state = decode(encode(state))
    return step(definition, state, t.JobDone((wait or job(state)).id), env())


def test_before_a_node_nothing_of_it_has_begun() -> None:
    definition = line(node("a", "task", async_before=True, retries="R5/PT1M"))
    first = started(definition)
    assert trace(first) == ["enter s", "leave s"]
    assert (job(first.state).element, job(first.state).retries) == ("a", "R5/PT1M")
    done = going_on(definition, first.state)
    assert trace(done) == ["enter a", "leave a", "enter e", "leave e"] and done.ended


def test_after_a_node_its_outputs_stand_and_its_flows_are_not_chosen() -> None:
    script = node("a", "scriptTask", async_after=True)
    both = model(
        [node("s", "startEvent"), script, node("e1", "endEvent"), node("e2", "endEvent")],
        "s -> a", "a -> e1 if x > 1", "a -> e2 if x = 1",
    )  # fmt: skip
    first = started(both, x=1)
    assert trace(first) == ["enter s", "leave s", "enter a"]
    changed = step(both, first.state, t.ConditionChanged({"x": 2}), env())
    assert trace(going_on(both, changed.state)) == ["leave a", "enter e1", "leave e1"]


def test_before_and_after_are_two_jobs() -> None:
    definition = line(node("a", "task", async_before=True, async_after=True))
    first = started(definition)
    second = going_on(definition, first.state)
    assert trace(second) == ["enter a"] and second.ended is None
    assert trace(going_on(definition, second.state)) == ["leave a", "enter e", "leave e"]


@pytest.mark.parametrize(("when", "cancelled"), [("async_before", []), ("async_after", ["cancel a"])])
def test_what_waits_for_its_job_dies_with_its_scope(when: str, cancelled: list[str]) -> None:
    nodes = [
        node("s", "startEvent"), node("g", "parallelGateway"), node("a", "task", **{when: True}),
        node("u", "userTask"), node("stop", "endEvent", events=(EventDefinition("terminate"),)),
    ]  # fmt: skip
    definition = model(nodes, "s -> g", "g -> a", "g -> u", "u -> stop")
    first = started(definition)
    user = next(wait for wait in first.state.open_waits() if not isinstance(wait, JobWait))
    done = step(definition, first.state, t.TaskCompleted(user.id), env())
    assert [line for line in trace(done) if line.startswith("cancel")] == cancelled
    assert done.ended is not None and done.ended.state == "terminated"


def test_boundary_events_are_armed_behind_the_job() -> None:
    timer = EventDefinition("timer", timer="duration", expr=compile_expression("PT1H"))
    definition = line(
        node("u", "userTask", async_before=True), node("b", "boundaryEvent", attached_to="u", events=(timer,))
    )
    first = started(definition)
    assert not any(isinstance(wait, TimerWait) for wait in first.state.open_waits())
    assert any(isinstance(wait, TimerWait) for wait in going_on(definition, first.state).opened)


def test_each_iteration_has_its_job_when_the_loop_says_so() -> None:
    loop = Loop("sequential", cardinality=compile_condition("2"), async_before=True, async_after=True)
    definition = line(node("a", "task", loop=loop))
    last = started(definition)
    count = 0
    while last.ended is None:
        last, count = going_on(definition, last.state), count + 1
    assert count == 4


@pytest.mark.parametrize("join", ["inclusiveGateway", "parallelGateway"])
def test_a_join_waits_for_what_stands_before_it_with_a_job(join: str) -> None:
    nodes = [node("s", "startEvent"), node("g", "parallelGateway"), node("a", "task"), node("b", "task"),
             node("j", join, async_before=True), node("e", "endEvent")]  # fmt: skip
    definition = model(nodes, "s -> g", "g -> a", "g -> b", "a -> j", "b -> j", "j -> e")
    first = started(definition)
    waiting = [wait for wait in first.state.open_waits() if isinstance(wait, JobWait)]
    second = going_on(definition, first.state, waiting[0])
    assert trace(second) == ["enter j"] and second.ended is None
    third = going_on(definition, second.state, waiting[1])
    assert trace(third) == ["enter j", "leave j", "enter e", "leave e"] and third.ended


def test_a_retried_choice_does_not_wait_for_its_job_again() -> None:
    nodes = [node("s", "startEvent"), node("x", "exclusiveGateway", async_after=True), node("e", "endEvent")]
    definition = model(nodes, "s -> x", "x -> e if y > 1")
    first = started(definition)
    stuck = going_on(definition, first.state)
    [incident] = [wait for wait in stuck.opened if isinstance(wait, IncidentWait)]
    assert step(definition, stuck.state, t.Retried(incident.id, {"y": 2}), env()).ended


def test_a_job_has_the_priority_that_the_model_gives() -> None:
    definition = line(node("a", "task", async_before=True, job_priority=compile_expression("${level * 10}")))
    assert job(started(definition, level=7).state).priority == 70


@pytest.mark.parametrize(("written", "told"), [("${cycle}", "R2/PT1M"), ("=cycle", "R2/PT1M"), ("=n", "4"), ("3", "3")])
def test_retries_may_be_an_expression(written: str, told: str) -> None:
    first = started(line(node("a", "task", async_before=True, retries=written)), cycle="R2/PT1M", n=4)
    assert job(first.state).retries == told


def test_retries_that_are_none_are_an_incident_and_not_a_stopped_case() -> None:
    first = started(line(node("a", "task", async_before=True, retries="${cycle}")), cycle="often")
    [wait] = first.state.open_waits()
    assert isinstance(wait, IncidentWait) and wait.code == "RETRIES_INVALID"
