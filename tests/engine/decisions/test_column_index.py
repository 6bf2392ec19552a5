"""The index of a column answers exactly what running its cells would."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decisions.cells import shape_of
from engine.decisions.columns import LazyTests, build_column
from engine.feel import YearsMonths, compile_unary_tests
from tests.engine.decisions.models import moment
from tests.examples import cases

NUMBERS = st.integers(-3, 6).map(str) | st.sampled_from(["2.50", "-1.5", ".5"])
STRINGS = st.sampled_from(['"a"', '"b"', '"c\\"d"', '""', '"甲"'])
DATES = st.sampled_from(['date("2026-01-01")', '@"2026-02-28"', 'date("2025-12-31")'])
DURATIONS = st.sampled_from(['duration("P2D")', 'duration("PT5H")', '@"P1Y"', 'duration("P14M")'])
ORDERED = NUMBERS | DATES | DURATIONS
CONSTANTS = ORDERED | STRINGS | st.sampled_from(["true", "false", "null"])


def intervals() -> st.SearchStrategy[str]:
    def written(low: str, high: str, opening: str, closing: str) -> str:
        return f"{opening}{low}..{high}{closing}"

    ends = st.sampled_from([NUMBERS, DATES]).flatmap(lambda kind: st.tuples(kind, kind))
    return st.tuples(ends, st.sampled_from("[(]"), st.sampled_from("])[")).map(
        lambda drawn: written(*drawn[0], drawn[1], drawn[2])
    )


COMPARISONS = st.tuples(st.sampled_from(["<", "<=", ">", ">="]), ORDERED).map(" ".join)
ITEMS = CONSTANTS | COMPARISONS | intervals()
LISTS = st.lists(ITEMS, min_size=1, max_size=3).map(", ".join)
CELLS = st.just("-") | LISTS | LISTS.map(lambda items: f"not({items})") | st.sampled_from(["? > 2", "other", "> other"])
VALUES = st.sampled_from(
    [None, True, False, "a", "b", 'c"d', "", "甲", "zz", date(2026, 1, 1), date(2025, 12, 31), date(2026, 2, 1)]
    + [timedelta(days=2), timedelta(hours=5), YearsMonths(12), YearsMonths(14), [], [Decimal(1)], {"a": Decimal(1)}]
    + [Decimal(n) / 2 for n in range(-8, 14)]
)  # fmt: skip


def run_cell(text: str, value: Any, scope: dict[str, Any]) -> bool:
    return text == "-" or compile_unary_tests(text)(value, scope, moment()) is True


@settings(max_examples=cases(100, 400), deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=6), st.lists(VALUES, min_size=1, max_size=6))
def test_a_column_matches_the_rules_that_feel_matches(cells: list[str], values: list[Any]) -> None:
    scope = {"other": Decimal(1)}
    shapes = [shape_of(cell) for cell in cells]
    tests = [None if cell == "-" else LazyTests(cell) for cell in cells]
    column = build_column(tests, shapes)
    every = (1 << len(cells)) - 1
    for value in values:
        found = column.matching(value, scope, moment(), every)
        expected = [run_cell(cell, value, scope) for cell in cells]
        assert [bool(found >> at & 1) for at in range(len(cells))] == expected, (cells, value)


def test_cells_that_depend_on_more_than_their_text_have_no_shape() -> None:
    for text in ("limit", "< limit", "? > 3", "[1..limit]", 'starts with(?, "a")', "1,", "not(1", "[5..1]"):
        assert shape_of(text) is None, text


def test_rules_already_out_are_not_run_again() -> None:
    column = build_column([LazyTests("1"), LazyTests("1")], [shape_of("1"), shape_of("1")])
    assert column.matching(Decimal(1), {}, moment(), 0b10) == 0b10
