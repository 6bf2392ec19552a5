"""A scenario that is wrong is told with the step's number, and is never a crash."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import ScenarioWrong
from engine.play import play
from tests.conformance.drawing import catch, message, service
from tests.conformance.flows import done, one, run

MODEL = one("s -> u1 -> w -> c -> e", service("w"), catch("c", message("m")))
HEADS: list[Any] = [
    [], None, 5, {"steps": "x"}, {"now": "bad", "steps": []}, {"zone": "Mars/X", "steps": []},
    {"people": [1], "steps": []}, {"people": {"a": 5}, "steps": []}, {"handlers": [1], "steps": []},
    {"handlers": {"w": 5}, "steps": []}, {"handlers": {"w": {"returns": 5}}, "steps": []},
    {"holidays": ["x"], "steps": []}, {"unknown": 1, "steps": []},
]  # fmt: skip
STEPS: list[Any] = [
    1, {}, {"start": 5}, {"start": "gone"}, {"start": "p", "at": "e"}, {"start": "p", "at": "gone"},
    {"start": "p", "variables": [1]}, {"start": "p", "wrong": 1}, {"start": "p", "complete": "u1"}, done("u9"),
    {"complete": "u1", "index": "x"}, {"complete": "u1", "index": 3}, {"complete": ["u1"]},
    {"fail": "u9", "code": "A"}, {"message": 5}, {"message": "m", "correlation": [1]}, {"message": "m", "variables": 5},
    {"signal": None}, {"set": [1]}, {"set": None}, {"advance": "x"}, {"advance": 5}, {"advance": "-P1D"},
    {"advance": "P99999Y"}, {"move": "x"}, {"move": {"from": "u1"}}, {"move": {"from": "u9", "to": "w"}},
    {"move": {"from": "u1", "to": "gone"}}, {"cancel": 9}, {"cancel": "x"}, {"expect": [1]}, {"expect": {"wat": 1}},
    {"expect": {"waiting": "u1"}}, {"expect": {"waiting": 5}}, {"expect": {"tasks": [1]}},
    {"expect": {"tasks": {"u1": 5}}}, {"expect": {"variables": [1]}}, {"expect": {"ended": "x"}},
    {"expect": {"visited": 5}}, {"expect": {"instance": 99}}, {"expect": {"incidents": 5}},
]  # fmt: skip


@pytest.mark.parametrize("scenario", HEADS, ids=str)
def test_a_wrong_head_is_step_nought(scenario: Any) -> None:
    with pytest.raises(ScenarioWrong, match="step 0"):
        play([MODEL], scenario)


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_wrong_step_is_named(step: Any) -> None:
    with pytest.raises(ScenarioWrong, match="step 2"):
        play([MODEL], {"steps": [run(), step]})
