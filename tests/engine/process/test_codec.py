"""States survive as bytes, today's and yesterday's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from engine.errors import InternalError
from engine.feel import Range, YearsMonths
from engine.process.codec import decode, encode
from engine.process.definition import read_bpmn
from engine.process.expressions import compile_expression
from engine.process.model import Definition, UserSpec, WorkSpec
from engine.process.native import step
from engine.process.state import State, new_state
from engine.process.triggers import (
    CallEnded,
    ConditionChanged,
    Delivered,
    JobDone,
    MessageArrived,
    Retried,
    SignalRaised,
    Started,
    TaskCompleted,
    TimerFired,
    Trigger,
)
from engine.process.waits import (
    CallWait,
    IncidentWait,
    JobWait,
    MessageWait,
    SignalWait,
    ThrowWait,
    TimerWait,
    UserWait,
    Wait,
)
from tests.engine.process.native.building import env, model, node

GOLDEN = Path(__file__).parents[2] / "golden"
VALUES: dict[str, object] = {
    "null": None, "yes": True, "whole": 12, "huge": 10**30, "exact": Decimal("12.300"), "text": "项目 $n",
    "day": date(2026, 1, 5), "clock": time(9, 30), "utc": datetime(2026, 1, 5, 9, tzinfo=UTC),
    "moment": datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Asia/Shanghai")),
    "length": timedelta(days=1, microseconds=3), "months": YearsMonths(14),
    "range": Range(Decimal(1), Decimal(5), True, False),
    "list": [1, [Decimal("0.1"), {"$n": "no tag"}], None], "context": {"a": {"b": [date(2026, 2, 28)]}},
}  # fmt: skip


def _definition() -> Definition:
    due = UserSpec(due=compile_expression("P2D"))
    return model(
        [
            node("s", "startEvent"),
            node("split", "parallelGateway"),
            node("ask", "userTask", name="核实", user=due, properties={"assign": "rm"}),
            node("pull", "serviceTask", work=WorkSpec(topic="bureau.pull")),
            node("pass", "task"),
            node("join", "parallelGateway"),
        ],
        "s -> split", "split -> ask", "split -> pull", "split -> pass",
        "ask -> join", "pull -> join", "pass -> join",
    )  # fmt: skip


def _state() -> State:
    return step(_definition(), new_state(), Started(variables=VALUES), env()).state


def test_a_state_comes_back_equal_in_every_value_and_kind() -> None:
    state = _state()
    again = decode(encode(state))
    assert encode(again) == encode(state)
    back = again.variables()
    assert back == VALUES
    assert {name: type(value) for name, value in back.items()} == {n: type(v) for n, v in VALUES.items()}
    assert str(back["exact"]) == "12.300"
    assert back["moment"].tzinfo == ZoneInfo("Asia/Shanghai")
    assert again.open_waits() == state.open_waits()
    assert again.joins == state.joins and again.next == state.next


def test_a_restored_state_goes_on_as_the_kept_one_would() -> None:
    state = _state()
    ask = state.open_waits()[0]
    kept = step(_definition(), state, TaskCompleted(ask.id, {"ok": True}), env())
    restored = step(_definition(), decode(encode(state)), TaskCompleted(ask.id, {"ok": True}), env())
    assert restored.events == kept.events
    assert encode(restored.state) == encode(kept.state)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("state-*.json")), ids=lambda path: path.stem)
def test_golden_states_decode_for_ever(path: Path) -> None:
    state = decode(path.read_bytes().rstrip(b"\n"))
    assert state.open_waits()
    assert decode(encode(state)).open_waits() == state.open_waits()


def test_there_are_golden_states() -> None:
    assert list(GOLDEN.glob("state-1-*.json"))


def test_a_state_of_a_later_format_is_refused_by_number() -> None:
    with pytest.raises(InternalError, match="99"):
        decode(b"[99]")


def test_a_golden_state_goes_on_with_the_diagram_of_its_time() -> None:
    definition = read_bpmn((GOLDEN / "everything.bpmn").read_bytes()).definition("p")
    state = decode((GOLDEN / "state-1-everything.json").read_bytes())
    kinds = {type(wait) for wait in state.open_waits()}
    assert kinds == set(get_args(Wait)), "a golden state holds every kind of wait"
    assert {scope.kind for scope in state.scopes.values()} == {"process", "body", "task", "undo"}
    for _ in range(40):
        if not state.open_waits():
            break
        state = step(definition, state, _answer(_work(state)), env(datetime(2026, 3, 1, tzinfo=UTC))).state
    assert state.ended and state.variables()["client"] == "CL-1"


def _work(state: State) -> Wait:
    """A wait that brings the instance on: not a subscription, not a timer beside a task."""
    return next(held.wait for held in state.waits.values() if held.role not in ("start", "boundary"))


def _answer(wait: Wait) -> Trigger:
    match wait:
        case UserWait():
            return TaskCompleted(wait.id)
        case JobWait():
            return JobDone(wait.id)
        case TimerWait():
            return TimerFired(wait.id)
        case CallWait():
            return CallEnded(wait.id)
        case ThrowWait():
            return Delivered(wait.id)
        case IncidentWait():
            return Retried(wait.id, {"go": True})
        case MessageWait():
            return MessageArrived(wait.id)
        case SignalWait():
            return SignalRaised(wait.name)
    return ConditionChanged({"n": 5})
