"""Generated models: a state kept in parts, stored after each step and loaded as asked, tells what a whole one tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.process import parts
from engine.process.codec import Stored, decode, split
from engine.process.contract import Env, Step
from engine.process.model import Definition
from engine.process.native import step
from engine.process.parts import Range, age
from engine.process.state import State, new_state
from engine.process.stepping import step_with, whole
from engine.process.triggers import Trigger
from engine.process.waits import Wait
from tests.engine.process.generated import CHOICES, PARTS, answered, begun, blocks, definition_of
from tests.engine.process.native.building import env
from tests.examples import cases

LEAVES = (
    "task", "user", "topic", "script", "signal", "message", "wait", "choice", "overdue", "failing", "reminded", "anew",
    "compensable", "undo", "escalate",
)  # fmt: skip


@pytest.fixture(autouse=True)
def usual_sizes() -> Iterator[None]:
    usual = parts.LARGE, parts.CHUNK
    yield
    parts.LARGE, parts.CHUNK = usual


class Divided:
    """The run whose every parallel body is a large one."""

    def __init__(self, definition: Definition, chunk: int) -> None:
        self.definition, self.chunk = definition, chunk
        self.stored = split(new_state())

    def fetch(self, ranges: tuple[Range, ...]) -> dict[int, bytes]:
        return {n: body for n, body in self.stored.parts.items() if any(low <= n <= high for low, high in ranges)}

    def take(self, trigger: Trigger, at: Env) -> Step:
        parts.LARGE, parts.CHUNK = 0, self.chunk
        done = step_with(_step, self.definition, decode(self.stored.body), trigger, at, self.fetch)
        parts.LARGE = 1_000
        after = split(done.state)
        away = {n: body for n, body in self.stored.parts.items() if not done.state.here(n, n)}
        self.stored = Stored(after.body, {**away, **after.parts})
        return done

    def whole(self) -> State:
        return whole(decode(self.stored.body), self.fetch)


def _step(definition: Definition, state: State, trigger: Trigger, at: Env) -> Step:
    return step(definition, state, trigger, at, node_limit=300)


def told(waits: list[Wait]) -> list[Wait]:
    """Waits with their ages for ids, as a whole state numbers them."""
    return sorted((replace(wait, id=age(wait.id)) for wait in waits), key=lambda wait: wait.id)


def agree(definition: Definition, choices: list[int], chunk: int) -> None:
    parts.LARGE = 1_000
    divided, trigger, at = Divided(definition, chunk), begun(), env()
    done, same = _step(definition, new_state(), trigger, at), divided.take(trigger, at)
    for choice in [*choices, -1]:
        assert (same.events, same.ended) == (done.events, done.ended)
        assert told(list(same.opened)) == told(list(done.opened))
        assert [(closed.reason, age(closed.wait.id)) for closed in same.closed] == [
            (closed.reason, closed.wait.id) for closed in done.closed
        ]
        assert told(divided.whole().open_waits()) == told(done.state.open_waits())
        assert divided.whole().variables() == done.state.variables()
        if done.ended is not None or not done.state.open_waits() or choice < 0:
            return
        trigger, at = answered(done.state, choice)
        ids = {age(wait.id): wait.id for wait in divided.whole().open_waits()}
        done = _step(definition, done.state, trigger, at)
        number = getattr(trigger, "wait", None)
        same = divided.take(trigger if number is None else replace(trigger, wait=ids[number]), at)  # type: ignore[call-arg]


@settings(max_examples=cases(25, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(blocks(LEAVES, PARTS, 7), CHOICES, st.integers(1, 3))
def test_a_divided_state_tells_what_a_whole_one_tells(block: Any, choices: list[int], chunk: int) -> None:
    agree(definition_of(("several", [block])), choices, chunk)
