"""Lifetime value and surveys by topic."""

from decimal import Decimal
from typing import Any

import pytest

from engine.errors import InvalidInput
from handlers import loyalty
from tests.handlers.pure import Counter

DESK = Counter(loyalty.crm_clv, loyalty.survey_score)


def test_a_clients_value_comes_with_what_it_was_made_of() -> None:
    found = DESK.run("crm.clv", {"margin": 3, "retention": "0.9", "discount": "0.1"})
    assert (found["value"], found["perpetual"]) == (Decimal("9.5003"), Decimal("15.0000"))
    assert "0.9" in found["reasons"][0]["text"]
    with pytest.raises(InvalidInput, match="margin"):
        DESK.run("crm.clv", {"margin": None, "retention": "0.9", "discount": "0.1"})


def test_answers_are_scored_and_a_bad_touchpoint_is_named() -> None:
    answers: list[dict[str, Any]] = [
        {"nps": 9, "csat": 4, "touchpoint": "drawdown", "expectation": 5, "experience": 2},
        {"nps": 7, "csat": None, "touchpoint": "drawdown", "expectation": "4", "experience": 3},
        {"nps": 6, "csat": 5, "touchpoint": "report", "expectation": 3, "experience": 4},
        {"nps": 10, "csat": 3},
    ]
    found = DESK.run("survey.score", {"answers": answers})
    assert (found["nps"], found["csat"], found["answered"]) == (Decimal("25.00"), Decimal("66.67"), 4)
    assert (found["gaps"], found["low"]) == ({"drawdown": Decimal("-2.00"), "report": Decimal("1.00")}, ["drawdown"])


def test_without_answers_there_is_no_score_rather_than_nought() -> None:
    found = DESK.run("survey.score", {"answers": [{"comment": "—"}]})
    assert (found["nps"], found["csat"]) == (None, None)


@pytest.mark.parametrize("answer", [{"nps": 11}, {"nps": -1}, {"csat": 0}, {"csat": "4.5"}])
def test_marks_off_the_scale_are_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"answers\[1\]"):
        DESK.run("survey.score", {"answers": [answer]})
