"""A process says with its property `kernel` on which kernel it runs; the engine holds it to that."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine import instances
from engine.errors import ModelRefused
from engine.process.spiffstate import SpiffState
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House


def forked(kernel: str, more: str = "") -> str:
    """start → two tasks side by side → join → end."""
    return d.process(
        d.properties(kernel=kernel)
        + '<startEvent id="start"/><parallelGateway id="split"/><parallelGateway id="join"/><endEvent id="end"/>'
        + d.user_task("a")
        + d.user_task("b")
        + more
        + d.flows("start>split", "split>a", "split>b", "a>join", "b>join", "join>end")
    )


def test_a_process_runs_on_the_kernel_that_it_names(house: House) -> None:
    house.deploy(p_bpmn=forked("spiff"))
    instance = house.start("p", amount=120)
    assert [row["kernel"] for row in house.rows(t.definition)] == ["spiff"]
    assert sorted(task["element"] for task in house.tasks(instance)) == ["a", "b"]
    with house.writing() as session:
        live = instances.load(session, instance)
        assert live is not None and isinstance(live.state, SpiffState)
    house.complete("a", "li", first=1)
    assert [task["element"] for task in house.tasks(instance)] == ["b"]
    house.complete("b", str(house.task("b")["assignee"]), second=2)
    assert house.state(instance) == "completed"
    assert house.variables(instance) == {"amount": 120, "first": 1, "second": 2}


def test_a_process_that_its_kernel_cannot_run_is_refused_with_element_and_file(house: House) -> None:
    gathering = '<task id="g" startQuantity="2"/>'
    with pytest.raises(ModelRefused) as refused:
        house.deploy(p_bpmn=forked("spiff", gathering))
    found = {(fault.rule, fault.element, bool(fault.file)) for fault in refused.value.faults}
    assert ("spiff-quantity", "g", True) in found
    assert house.rows(t.deployment) == []


def test_a_kernel_that_is_none_is_refused(house: House) -> None:
    with pytest.raises(ModelRefused) as refused:
        house.deploy(p_bpmn=forked("zeebe"))
    assert [fault.rule for fault in refused.value.faults] == ["kernel-unknown"]
    with house.writing() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.definition)) == 0
