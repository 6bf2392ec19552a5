"""Conditions are asked when what they read was written, and only then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.errors import WaitClosed
from engine.feel import Moment
from engine.process import triggers as t
from engine.process.codec import decode, encode
from engine.process.contract import Step
from engine.process.expressions import compile_condition, names_read
from engine.process.model import Definition, EventDefinition, Expr, Loop, Node
from engine.process.native import step
from engine.process.state import State, new_state
from engine.process.waits import ConditionWait, UserWait
from tests.engine.process.native.building import env, model, node


@dataclass
class Counted:
    """A condition that counts how often it is asked."""

    inner: Expr
    asked: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.inner.text

    @property
    def free_names(self) -> frozenset[str]:
        return self.inner.free_names  # type: ignore[attr-defined, no-any-return]

    def __call__(self, scope: Mapping[str, object], at: Moment) -> object:
        self.asked.append(self.text)
        return self.inner(scope, at)


def watching(condition: str, asked: list[str]) -> tuple[EventDefinition, ...]:
    return (EventDefinition("conditional", expr=Counted(compile_condition(condition), asked)),)


def many(count: int, asked: list[str], condition: str = "x{} > 1") -> Definition:
    """A start that splits to `count` events, each with a condition of its own."""
    events = [
        node(f"c{n}", "intermediateCatchEvent", events=watching(condition.format(n), asked)) for n in range(count)
    ]
    arrows = ["s -> g", *(f"g -> c{n}" for n in range(count))]
    return model([node("s", "startEvent"), node("g", "parallelGateway"), *events], *arrows)


def started(definition: Definition, **variables: object) -> State:
    """Run to the first rest, saved and restored."""
    return decode(encode(step(definition, new_state(), t.Started(variables=variables), env()).state))


def set_to(definition: Definition, state: State, **variables: object) -> Step:
    return step(definition, state, t.ConditionChanged(variables), env())


def open_conditions(state: State) -> list[str]:
    return [wait.element for wait in state.open_waits() if isinstance(wait, ConditionWait)]


@pytest.mark.parametrize("count", [50, 500])
def test_opening_many_conditions_asks_each_once(count: int) -> None:
    asked: list[str] = []
    started(many(count, asked))
    assert len(asked) == count


@pytest.mark.parametrize("count", [50, 500])
def test_a_write_asks_the_one_condition_that_reads_it(count: int) -> None:
    asked: list[str] = []
    definition = many(count, asked)
    state = started(definition)
    asked.clear()
    after = set_to(definition, state, x7=2).state
    assert asked == ["x7 > 1"]
    assert "c7" not in open_conditions(after) and len(open_conditions(after)) == count - 1
    set_to(definition, after, nobody_reads_this=1)
    assert asked == ["x7 > 1"]


def test_a_change_that_nobody_names_asks_all() -> None:
    asked: list[str] = []
    definition = many(5, asked)
    state = started(definition)
    asked.clear()
    step(definition, state, t.ConditionChanged(), env())
    assert len(asked) == 5


def test_a_condition_that_reads_the_clock_is_asked_at_any_write() -> None:
    asked: list[str] = []
    definition = many(1, asked, "now() > deadline{}")
    state = started(definition)
    asked.clear()
    set_to(definition, state, other=1)
    assert asked == ["now() > deadline0"]


NAMES = [
    ("x > 1 and order.total < y", {"x", "order", "y"}),
    ('some i in items satisfies i.state = "late"', {"items"}),
    ("count > 3", {"count"}),  # a variable may have a built-in function's name
    ("${a.b eq 'c' && flag}", {"a", "flag"}),
]


@pytest.mark.parametrize(("text", "names"), NAMES)
def test_the_names_that_a_condition_reads_are_known_beforehand(text: str, names: set[str]) -> None:
    found = names_read(compile_condition(text))
    assert found is not None and names <= found


@pytest.mark.parametrize("text", ["today() > d", "${execution.getVariable(name) eq 1}", "due(3) > d"])
def test_what_hangs_on_more_than_variables_names_nothing(text: str) -> None:
    assert names_read(compile_condition(text)) is None


def inside(asked: list[str]) -> Definition:
    """Two iterations with a variable of their own, each with a condition inside."""
    loop = Loop("parallel", collection=compile_condition("limits"), element_variable="limit")
    nodes: list[Node] = [
        node("s", "startEvent"),
        node("h", "subProcess", loop=loop, inner=model([]).scope),
        node("s1", "startEvent", scope="h"),
        node("g", "parallelGateway", scope="h"),
        node("u", "userTask", scope="h"),
        node("c", "intermediateCatchEvent", scope="h", events=watching("limit > 10", asked)),
    ]
    return model(nodes, "s -> h", "s1 -> g", "g -> u", "g -> c")


def test_a_write_in_one_iteration_asks_nothing_of_its_sibling() -> None:
    asked: list[str] = []
    definition = inside(asked)
    state = started(definition, limits=[1, 2])
    asked.clear()
    first = next(wait for wait in state.open_waits() if isinstance(wait, UserWait))
    after = step(definition, state, t.TaskCompleted(first.id, {"limit": 11}), env()).state
    assert asked == ["limit > 10"] and open_conditions(after) == ["c"]


def test_a_condition_on_the_counters_of_a_body_happens_when_they_change() -> None:
    asked: list[str] = []
    loop = Loop("parallel", cardinality=compile_condition("3"))
    boundary = node(
        "b", "boundaryEvent", attached_to="u", events=watching("nrOfCompletedInstances >= 2", asked), interrupting=True
    )
    definition = model([node("s", "startEvent"), node("u", "userTask", loop=loop), boundary, node("e", "endEvent")],
                       "s -> u", "b -> e")  # fmt: skip
    state: Any = started(definition)
    for _ in range(2):
        wait = next(wait for wait in state.open_waits() if isinstance(wait, UserWait))
        done = step(definition, state, t.TaskCompleted(wait.id), env())
        state = done.state
    assert done.ended is not None and done.ended.state == "completed"


def test_who_reads_what_is_kept_between_steps_and_never_believed_by_another() -> None:
    """Stepping on from the state in memory, from the same state again and from a restored one is all the same."""
    asked: list[str] = []
    definition = inside(asked)
    first = started(definition, limits=[1, 2, 3], other=0)
    tasks = [wait.id for wait in first.open_waits() if isinstance(wait, UserWait)]
    second = step(definition, first, t.TaskCompleted(tasks[0], {"limit": 5}), env()).state
    assert second.watch is not None
    asked.clear()
    third = step(definition, second, t.TaskCompleted(tasks[1], {"limit": 11}), env()).state
    assert asked == ["limit > 10"]
    again = step(definition, second, t.TaskCompleted(tasks[1], {"limit": 11}), env()).state
    restored = step(definition, decode(encode(second)), t.TaskCompleted(tasks[1], {"limit": 11}), env()).state
    assert encode(third) == encode(again) == encode(restored)
    assert second.watch is None and open_conditions(third) == ["c", "c"]


def test_a_failed_step_throws_the_index_away_and_leaves_the_state_as_it_was() -> None:
    definition = many(3, [])
    state = set_to(definition, started(definition), x1=0).state
    before = encode(state)
    with pytest.raises(WaitClosed):
        step(definition, state, t.TaskCompleted(999), env())
    assert encode(state) == before and state.watch is None
    assert open_conditions(set_to(definition, state, x1=2).state) == ["c0", "c2"]
