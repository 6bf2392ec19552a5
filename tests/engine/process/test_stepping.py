"""A step of a state that is not all in hand fetches what it needs, and what it needs is little."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import FrameType

import pytest

from engine.errors import InternalError, WaitClosed
from engine.process import parts
from engine.process import triggers as t
from engine.process.codec import Stored, decode, encode, split, with_parts
from engine.process.contract import Step
from engine.process.definition import read_bpmn
from engine.process.native import step
from engine.process.parts import CHUNK, PartsNeeded, Range, age, part_of
from engine.process.state import State, new_state
from engine.process.stepping import step_with, whole
from engine.process.waits import UserWait
from tests.conformance.drawing import boundary, catch, many, message, signal, sub, user
from tests.conformance.flows import one
from tests.engine.process.native.building import env

GOLDEN = Path(__file__).parents[2] / "golden"


class Store:
    """An instance as it is stored, and what was fetched of it since the last step."""

    def __init__(self, text: str, **variables: object) -> None:
        self.definition = read_bpmn(text.encode()).definition("p")
        begun = step(self.definition, new_state(), t.Started(variables=variables), env())
        self.last = begun
        self.waits = [wait.id for wait in begun.opened if isinstance(wait, UserWait)]
        self.stored = split(begun.state)
        self.fetched: list[int] = []

    def fetch(self, ranges: tuple[Range, ...]) -> Mapping[int, bytes]:
        found = {n: body for n, body in self.stored.parts.items() if any(low <= n <= high for low, high in ranges)}
        self.fetched += found
        return found

    def take(self, trigger: t.Trigger) -> Step:
        self.fetched = []
        done = step_with(step, self.definition, decode(self.stored.body), trigger, env(), self.fetch)
        after = split(done.state)
        away = {n: body for n, body in self.stored.parts.items() if not done.state.here(n, n)}
        self.stored = Stored(after.body, {**away, **after.parts})
        self.last = done
        return done


TASKS = one("s -> u1 -> e; b -> e9", user("u1", many("400")), boundary("b", "u1", message("m")))


def test_a_completion_fetches_the_one_part_that_the_wait_names() -> None:
    store = Store(TASKS)
    assert len(store.stored.parts) == 400 // CHUNK
    wait = store.waits[200]
    store.take(t.TaskCompleted(wait))
    assert store.fetched == [part_of(wait)] == [200 // CHUNK + 1]


def test_the_main_part_does_not_grow_with_the_body() -> None:
    small, large = (Store(TASKS.replace("400", n)) for n in ("60", "6000"))
    assert len(large.stored.body) < len(small.stored.body) * 1.2


def test_a_wait_that_is_over_is_closed_after_its_part_was_looked_at() -> None:
    store = Store(TASKS)
    store.take(t.TaskCompleted(store.waits[7]))
    with pytest.raises(WaitClosed):
        store.take(t.TaskCompleted(store.waits[7]))


def test_a_part_is_over_with_its_last_iteration() -> None:
    store = Store(TASKS)
    for wait in store.waits[:CHUNK]:
        assert 1 in store.stored.parts
        store.take(t.TaskCompleted(wait))
    assert 1 not in store.stored.parts and len(store.stored.parts) == 400 // CHUNK - 1
    with pytest.raises(WaitClosed):
        store.take(t.TaskCompleted(store.waits[3]))


def test_after_the_body_the_state_is_an_ordinary_one() -> None:
    store = Store(one("s -> u1 -> u2 -> e", user("u1", many("60")), user("u2")))
    for wait in reversed(store.waits):
        store.take(t.TaskCompleted(wait))
    assert store.stored.parts == {} and store.stored.body.startswith(b"[1,")
    assert [wait.element for wait in decode(store.stored.body).open_waits()] == ["u2"]


def test_a_border_fetches_all_and_leaves_nothing() -> None:
    store = Store(TASKS)
    message_wait = next(wait.id for wait in store.last.opened if wait.element == "b")
    done = store.take(t.MessageArrived(message_wait))
    assert len(store.fetched) == 400 // CHUNK and store.stored.parts == {}
    assert done.ended is not None and len(done.closed) == 401


def test_a_signal_fetches_the_parts_where_somebody_waits_for_it() -> None:
    store = Store(one("s -> h -> e", sub("h", "s1 -> u1 -> k -> e1", catch("k", signal("g")), loop=many("400"))))
    store.take(t.TaskCompleted(store.waits[100]))
    store.take(t.TaskCompleted(store.waits[300]))
    store.take(t.SignalRaised("other"))
    assert store.fetched == []
    store.take(t.SignalRaised("g"))
    assert store.fetched == [100 // CHUNK + 1, 300 // CHUNK + 1]


def test_a_state_of_which_parts_are_away_does_not_pretend_to_be_whole() -> None:
    state = decode(Store(TASKS).stored.body)
    for ask in (State.open_waits, encode):
        with pytest.raises(PartsNeeded) as needed:
            ask(state)
        assert needed.value.ranges == ((1, 25),)


def test_the_whole_of_a_stored_state_is_what_it_was() -> None:
    store = Store(TASKS)
    again = whole(decode(store.stored.body), store.fetch)
    assert encode(again) == encode(store.last.state)
    assert [age(wait.id) for wait in again.open_waits()] == sorted(age(wait.id) for wait in again.open_waits())


def test_a_missing_part_is_a_fault_and_not_an_empty_body() -> None:
    store = Store(TASKS)
    with pytest.raises(InternalError, match="1 parts"):
        whole(decode(store.stored.body), lambda ranges: {n: b for n, b in store.fetch(ranges).items() if n != 4})


def test_a_part_of_a_later_format_is_refused() -> None:
    with pytest.raises(InternalError, match="part-9"):
        with_parts(decode(Store(TASKS).stored.body), ((1, 1),), {1: b'["part-9",[],[],[],[]]'})


@pytest.mark.parametrize("in_one_piece", [False, True])
def test_the_golden_divided_state_goes_on_with_its_diagram(in_one_piece: bool) -> None:
    """Read for ever: written with two iterations a part, whatever the sizes are today."""
    definition = read_bpmn((GOLDEN / "divided.bpmn").read_bytes()).definition("p")
    rows = {int(path.stem): path.read_bytes() for path in (GOLDEN / "divided-2").glob("*.json")}
    state = decode(rows.pop(0))
    assert (state.away, sorted(state.ears)) == (3, ["c", "sgo"])

    def fetch(ranges: tuple[Range, ...]) -> Mapping[int, bytes]:
        return {n: body for n, body in rows.items() if any(low <= n <= high for low, high in ranges)}

    if in_one_piece:
        piece = decode((GOLDEN / "state-2-large.json").read_bytes())
        assert whole(state, fetch).open_waits() == piece.open_waits()
        state = piece
    for wait in [wait for wait in whole(state, fetch).open_waits() if isinstance(wait, UserWait)]:
        state = step_with(step, definition, state, t.TaskCompleted(wait.id, {"y": 2}), env(), fetch).state
    state = step_with(step, definition, state, t.SignalRaised("go"), env(), fetch).state
    assert state.ended and state.variables()["found"] == [2, 4, Decimal("35.00"), 8, 10]


def test_sizes_are_those_that_were_measured() -> None:
    assert (parts.LARGE, parts.CHUNK) == (50, 16)


def test_interrupting_every_iteration_at_once_looks_at_each_token_a_few_times() -> None:
    """Cost in proportion: what an interruption takes away is found by its scope, not among all tokens each time."""
    looked = []
    for count in (100, 400):
        inner = sub("x", "s2 -> u1 -> e3")
        each = sub("h", "s1 -> x -> e1; b -> e2", inner, boundary("b", "x", signal("g")), loop=many(str(count)))
        definition = read_bpmn(one("s -> h -> e", each).encode()).definition("p")
        state = step(definition, new_state(), t.Started(), env()).state
        lines = 0

        def note(frame: FrameType, event: str, arg: object) -> object:
            nonlocal lines
            lines += event == "line"
            return note

        former = sys.gettrace()
        sys.settrace(note)
        done = step(definition, state, t.SignalRaised("g"), env())
        sys.settrace(former)
        assert done.ended is not None
        looked.append(lines)
    assert looked[1] < looked[0] * 5
