"""Tests that process owners write beside a table."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.decisions.row_tests import RowReport, read_row_tests, run_row_tests
from engine.errors import InvalidInput
from tests.engine.decisions.models import compiled, decision, definitions, input_data, one_table, table

XML = one_table(
    "FIRST",
    [("severity", "string"), ("since", "date")],
    ["hours", "due"],
    [
        ('"critical"', "-", "2", 'since + duration("P3D")'),
        ('"high"', '< date("2026-01-01")', "4.5", "null"),
        ("-", "-", "8", "null"),
    ],
)
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def run(*tests: dict[str, Any]) -> RowReport:
    return run_row_tests(compiled(XML), read_row_tests(json.dumps(tests), "sla.tests.json"), NOW, UTC)


def test_values_rules_and_dates_are_compared() -> None:
    report = run(
        {"decision": "d", "inputs": {"severity": "critical", "since": "2026-01-05"},
         "expect": {"hours": 2, "due": "2026-01-08"}, "rules": [1]},
        {"decision": "d", "inputs": {"severity": "high", "since": "2025-12-31"}, "expect": {"hours": 4.5, "due": None}},
    )  # fmt: skip
    assert [outcome.en for outcome in report.outcomes] == ["", ""]
    assert report.passed
    assert report.untested == (("d", 3),)


def test_a_miss_says_what_was_expected_and_what_came() -> None:
    (wrong,) = run({"decision": "d", "inputs": {"severity": "low"}, "expect": {"hours": 9, "due": None}}).outcomes
    assert not wrong.passed
    assert '"hours": 9' in wrong.en and '"hours": 8' in wrong.en
    assert "期望" in wrong.zh
    (row,) = run({"decision": "d", "inputs": {}, "expect": {"hours": 8, "due": None}, "rules": [1]}).outcomes
    assert row.en == "expected rules [1], got [3]"


def test_an_unknown_decision_fails_and_does_not_stop_the_rest() -> None:
    report = run(
        {"decision": "x", "inputs": {}, "expect": 1},
        {"decision": "d", "inputs": {}, "expect": {"hours": 8, "due": None}},
    )
    assert [outcome.passed for outcome in report.outcomes] == [False, True]


@pytest.mark.parametrize(
    "text",
    ["{", "{}", "[1]", '[{"decision": "d", "inputs": {}}]', '[{"decision": "d", "expect": 1}]',
     '[{"decision": "d", "inputs": {}, "expect": 1, "rule": [1]}]',
     '[{"decision": "d", "inputs": {}, "expect": 1, "now": "today"}]'],
)  # fmt: skip
def test_a_wrong_file_is_refused_naming_the_place(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_row_tests(text, "sla.tests.json")
    assert "sla.tests.json" in str(refused.value)


def test_dates_inside_declared_contexts_are_read() -> None:
    items = (
        '<itemDefinition name="tDraw"><itemComponent name="on"><typeRef>date</typeRef></itemComponent>'
        '<itemComponent name="terms" isCollection="true"><typeRef>dayTimeDuration</typeRef></itemComponent>'
        "</itemDefinition>"
    )
    rows = table("FIRST", [("draw.on.year", "number")], ["o"], [("2026", "draw.terms[1] + draw.terms[2]")])
    xml = definitions(items + input_data("draw", "tDraw") + decision("d", rows, ["input:#draw"]))
    tests = [{"decision": "d", "inputs": {"draw": {"on": "2026-02-01", "terms": ["P1D", "PT1H"]}}, "expect": "P1DT1H"}]
    report = run_row_tests(compiled(xml), read_row_tests(json.dumps(tests)), NOW, UTC)
    assert report.outcomes[0].en == ""
