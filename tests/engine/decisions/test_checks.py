"""Static checks at deployment: only what is certain is said, and it names the rows."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decisions import compile_decisions
from engine.errors import Fault, ModelRefused
from tests.engine.decisions.models import moment, one_table
from tests.examples import cases

AUTHORITY = [("amount", "number"), ("category", "string")]


def faults_of(xml: str) -> list[Fault]:
    try:
        return list(compile_decisions(xml, "t.dmn").warnings)
    except ModelRefused as refused:
        return list(refused.faults)


def rules_of(xml: str) -> list[str]:
    return [fault.rule for fault in faults_of(xml)]


def test_a_unique_table_with_overlapping_rows_is_refused_naming_them() -> None:
    rules = [("> 300000000", "-", '"board"'), ("<= 50000000", '"Strong","Good"', '"two"'), ("-", "-", '"committee"')]
    with pytest.raises(ModelRefused) as refused:
        compile_decisions(one_table("UNIQUE", AUTHORITY, ["body"], rules))
    first = refused.value.faults[0]
    assert first.rule == "table.overlap"
    assert "规则 1 与 3 重叠" in first.text("zh")
    assert "amount > 300000000" in first.text("en")
    assert first.element == "r3"
    assert len(refused.value.faults) == 2
    assert rules_of(one_table("FIRST", AUTHORITY, ["body"], rules)) == []


def test_touching_intervals_overlap_only_where_both_ends_are_closed() -> None:
    amount = [("amount", "number")]
    assert rules_of(one_table("UNIQUE", amount, ["o"], [("<= 5", "1"), ("> 5", "2")])) == []
    assert "table.overlap" in rules_of(one_table("UNIQUE", amount, ["o"], [("<= 5", "1"), (">= 5", "2")]))


def test_a_gap_is_a_warning_with_an_example() -> None:
    rules = [("<5", '"x"', "1"), (">5", '"x"', "2"), (">=5", '"y"', "2")]
    faults = faults_of(one_table("UNIQUE", [("a", "number"), ("c", "string")], ["b"], rules))
    assert {(fault.rule, fault.severity) for fault in faults} == {("table.gap", "warning")}
    assert any('a < 5、c = "y"' in fault.text("zh") for fault in faults)
    assert any('a = 5, c = "x"' in fault.text("en") for fault in faults)


def test_an_enumeration_is_complete_when_every_allowed_value_is_answered() -> None:
    tier = [("tier", "string")]
    whole = [('"A"', "1"), ('"B"', "2"), ('not("A","B")', "3")]
    allowed = {"tier": '"A","B","C"'}
    assert rules_of(one_table("UNIQUE", tier, ["o"], whole, allowed=allowed)) == []
    assert rules_of(one_table("UNIQUE", tier, ["o"], whole[:2], allowed=allowed)) == ["table.gap"]
    assert rules_of(one_table("UNIQUE", tier, ["o"], whole[:2])) == [], "nobody said which texts may come"


def test_booleans_and_dates_are_checked_too() -> None:
    assert rules_of(one_table("UNIQUE", [("f", "boolean")], ["o"], [("true", "1")])) == ["table.gap"]
    assert rules_of(one_table("UNIQUE", [("f", "boolean")], ["o"], [("true", "1"), ("false", "1")])) == []
    dates = [('< date("2026-01-01")', "1"), ('>= @"2026-01-01"', "2")]
    assert rules_of(one_table("UNIQUE", [("f", "date")], ["o"], dates)) == []
    assert rules_of(one_table("UNIQUE", [("f", "date")], ["o"], [dates[0], ('> @"2026-01-01"', "2")])) == ["table.gap"]


def test_codes_are_no_line_of_numbers() -> None:
    grades = [(str(grade), f'"{grade}"') for grade in range(1, 5)]
    assert rules_of(one_table("UNIQUE", [("grade", "number")], ["o"], grades)) == []
    pairs = [("1", "1", "1"), ("1", "2", "2"), ("2", "1", "3")]
    assert rules_of(one_table("UNIQUE", [("a", "number"), ("b", "number")], ["o"], pairs)) == ["table.gap"]


def test_a_default_output_or_a_collection_closes_every_gap() -> None:
    amount = [("amount", "number")]
    assert rules_of(one_table("UNIQUE", amount, ["o"], [("1", "1")], defaults={"o": "0"})) == []
    assert rules_of(one_table("COLLECT", amount, ["o"], [("1", "1"), ("1", "2")])) == []


def test_a_rule_hidden_by_the_rules_above_it_is_named_under_first() -> None:
    rules = [("< 5", "1"), ("[1..4]", "2"), (">= 5", "3"), ("-", "4")]
    faults = faults_of(one_table("FIRST", [("amount", "number")], ["o"], rules))
    assert [(fault.rule, fault.element) for fault in faults] == [("table.unreachable", "r2")]
    assert "规则 2" in faults[0].text("zh")
    # the last row still answers a missing amount, so it is reachable


def test_a_cell_that_no_allowed_value_passes_is_named() -> None:
    xml = one_table("COLLECT", [("tier", "string")], ["o"], [('"a"', "1")], allowed={"tier": '"A","B"'})
    assert rules_of(xml) == ["table.never"]


def test_cells_too_complex_to_decide_are_passed_over() -> None:
    amount = [("amount", "number")]
    assert rules_of(one_table("UNIQUE", amount, ["o"], [("< limit", "1"), ("> limit / 2", "2")])) == []
    assert rules_of(one_table("FIRST", amount, ["o"], [("< limit", "1"), ("-", "2")])) == []


def test_dependent_expressions_are_only_warned_about() -> None:
    columns = [("amount > 5", "boolean"), ("amount", "number")]
    faults = faults_of(one_table("UNIQUE", columns, ["o"], [("true", "-", "1"), ("-", "< 3", "2")]))
    assert [(fault.rule, fault.severity) for fault in faults] == [("table.overlap", "warning")]


def test_two_columns_on_one_expression_are_one_question() -> None:
    columns = [("amount", "number"), ("amount", "number")]
    rules = [("> 1", "< 5", "1"), (">= 5", "-", "2"), ("<= 1", "-", "3")]
    assert rules_of(one_table("UNIQUE", columns, ["o"], rules)) == []


def test_any_warns_where_overlapping_rules_disagree() -> None:
    amount = [("amount", "number")]
    rules = [("> 5", '"a"'), ("> 7", '"b"'), ("-", '"b"')]
    faults = faults_of(one_table("ANY", amount, ["o"], rules))
    assert {fault.severity for fault in faults} == {"warning"}
    assert [fault.rule for fault in faults] == ["table.overlap", "table.overlap"]


def test_a_large_table_is_checked_in_seconds() -> None:
    columns = [("a", "number"), ("b", "number"), ("c", "string")]
    rules = [(f"[{n}..{n + 1})", f"[{n % 7}..{n % 7 + 2}]", f'"s{n % 9}"', str(n)) for n in range(600)]
    started = time.thread_time()
    assert "table.gap" in rules_of(one_table("UNIQUE", columns, ["o"], rules))
    assert time.thread_time() - started < 10


CELLS = st.sampled_from(["-", "< 2", "<= 2", "> 2", "[1..3)", "2", "not(2)", "1,3"])
TEXTS = st.sampled_from(["-", '"A"', '"B"', '"A","B"', 'not("A")'])


@settings(max_examples=cases(50, 150), deadline=None)
@given(st.lists(st.tuples(CELLS, TEXTS), min_size=1, max_size=5))
def test_what_the_checks_say_is_what_evaluation_does(rows: list[tuple[str, str]]) -> None:
    columns = [("n", "number"), ("t", "string")]
    rules = [(*row, str(at)) for at, row in enumerate(rows)]
    allowed = {"t": '"A","B","C"'}
    model = compile_decisions(one_table("COLLECT", columns, ["o"], rules, allowed=allowed), lenient=True)
    overlap = gap = False
    codes = {int(point) for cell, _ in rows for point in cell.split(",") if point.isdigit()}
    only_codes = codes and all(cell in ("-", "2", "1,3") for cell, _ in rows)
    for n in sorted(codes) if only_codes else (0, 1, 1.5, 2, 2.5, 3, 4):
        for t in "ABC":
            hits = len(model.evaluate("d", {"n": n, "t": t}, moment()).value)
            overlap, gap = overlap or hits > 1, gap or hits == 0
    named = set(rules_of(one_table("UNIQUE", columns, ["o"], rules, allowed=allowed)))
    assert ("table.overlap" in named, "table.gap" in named) == (overlap, gap)
    first = one_table("FIRST", columns, ["o"], rules)
    ordered = compile_decisions(first, lenient=True)
    numbers = (0, 1, 1.5, 2, 2.5, 3, 4, None)
    reached = {ordered.evaluate("d", {"n": n, "t": t}, moment()).value for n in numbers for t in ("A", "B", "C", None)}
    hidden = {fault.element for fault in faults_of(first) if fault.rule == "table.unreachable"}
    assert hidden == {f"r{at + 1}" for at in range(len(rows))} - {f"r{int(at) + 1}" for at in reached if at is not None}
