"""The thinnest real path: start, work, a choice, a person, two branches, end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import WaitClosed
from engine.process.expressions import compile_expression
from engine.process.model import Definition, WorkSpec
from engine.process.native import step
from engine.process.state import new_state
from engine.process.triggers import JobDone, Retried, Started, TaskCompleted
from engine.process.waits import JobWait, UserWait
from tests.engine.process.native.building import env, model, node, trace


def _b1() -> Definition:
    def computes(id: str, text: str, into: str) -> object:
        return node(id, "serviceTask", work=WorkSpec(expression=compile_expression(text), result_variable=into))

    return model(
        [
            node("start", "startEvent"),
            computes("calc", "${amount * 2 / 100}", "fee"),
            node("gw", "exclusiveGateway"),
            node("approve", "userTask", name="Approve"),
            node("split", "parallelGateway"),
            computes("a", "${amount - fee}", "net"),
            computes("b", "${amount * 2}", "double"),
            node("join", "parallelGateway"),
            node("end", "endEvent"),
            node("end2", "endEvent"),
        ],
        "start -> calc", "calc -> gw", "gw -> approve if ${amount > 100}", "gw -> end2", "approve -> split",
        "split -> a", "split -> b", "a -> join", "b -> join", "join -> end",
        defaults={"gw": "gw_end2"},
    )  # fmt: skip


def test_an_instance_waits_for_a_person_and_then_runs_to_its_end() -> None:
    first = step(_b1(), new_state(), Started(variables={"amount": 150}), env())
    assert [type(wait) for wait in first.opened] == [UserWait]
    assert trace(first) == [
        "enter start",
        "leave start",
        "enter calc",
        "leave calc",
        "enter gw",
        "leave gw",
        "enter approve",
    ]
    second = step(_b1(), first.state, TaskCompleted(first.opened[0].id, {"approved": True}), env())
    assert second.ended is not None and second.ended.state == "completed"
    assert second.closed[0].reason == "done"
    assert second.state.variables() == {
        "amount": 150, "fee": Decimal(3), "approved": True, "net": Decimal(147), "double": Decimal(300),
    }  # fmt: skip
    assert trace(second).count("enter join") == 2
    assert trace(second).count("leave join") == 1


def test_the_default_flow_is_taken_when_no_condition_holds() -> None:
    done = step(_b1(), new_state(), Started(variables={"amount": 50}), env())
    assert done.ended is not None
    assert trace(done)[-2:] == ["enter end2", "leave end2"]


def test_a_job_opens_and_its_results_are_written() -> None:
    definition = model(
        [node("s", "startEvent"), node("t", "serviceTask", work=WorkSpec(topic="lead.score")), node("e", "endEvent")],
        "s -> t", "t -> e",
    )  # fmt: skip
    first = step(definition, new_state(), Started(variables={"x": 1}), env())
    wait = first.opened[0]
    assert isinstance(wait, JobWait) and wait.name == "lead.score" and wait.inputs == {"x": 1}
    second = step(definition, first.state, JobDone(wait.id, {"score": 71.5}), env())
    assert second.state.variables() == {"x": 1, "score": Decimal("71.5")}
    with pytest.raises(WaitClosed):
        step(definition, second.state, JobDone(wait.id), env())


def test_a_chain_of_five_thousand_nodes_needs_no_recursion() -> None:
    names = [f"n{i}" for i in range(5000)]
    nodes = [node("s", "startEvent"), *(node(name, "task") for name in names)]
    arrows = [f"{a} -> {b}" for a, b in zip(["s", *names], names, strict=False)]
    done = step(model(nodes, *arrows), new_state(), Started(), env())
    assert done.ended is not None and len(trace(done)) == 2 * 5001


def test_an_endless_automatic_loop_ends_as_an_incident() -> None:
    definition = model([node("s", "startEvent"), node("a", "task"), node("b", "task")], "s -> a", "a -> b", "b -> a")
    stopped = step(definition, new_state(), Started(), env(), node_limit=50)
    assert [getattr(wait, "code", None) for wait in stopped.opened] == ["LOOP_LIMIT"]


def test_a_loop_that_multiplies_tokens_stops_as_one_incident_and_can_be_retried() -> None:
    definition = model(
        [
            node("s", "startEvent"), node("x", "exclusiveGateway"), node("both", "parallelGateway"),
            node("a", "task"), node("e", "endEvent"),
        ],
        "s -> x", "x -> both if go", "x -> e", "both -> x", "both -> a", "a -> x",
        defaults={"x": "x_e"},
    )  # fmt: skip
    stopped = step(definition, new_state(), Started(variables={"go": True}), env(), node_limit=200)
    (incident,) = stopped.opened
    assert len(stopped.state.tokens) > 10
    done = step(definition, stopped.state, Retried(incident.id, {"go": False}), env(), node_limit=2000)
    assert done.ended is not None and done.ended.state == "completed"


def test_a_value_that_cannot_be_kept_is_an_incident_not_a_broken_state() -> None:
    work = WorkSpec(expression=compile_expression("= function(a) a + 1"), result_variable="f")
    definition = model([node("s", "startEvent"), node("t", "serviceTask", work=work)], "s -> t")
    stopped = step(definition, new_state(), Started(), env())
    assert [getattr(wait, "code", None) for wait in stopped.opened] == ["VALUE_INVALID"]
