"""Unary tests: the cells of decision tables."""

from decimal import Decimal

import pytest

from engine.errors import FeelSyntaxError
from engine.feel import compile_unary_tests
from tests.engine.feel.tables import moment, run

CASES = [
    ("-", "1", True),
    ("-", "null", True),
    ("1", "1", True),
    ("1, 2", "2", True),
    ("1, 2", "3", False),
    ("< 10", "5", True),
    ("<= 5, > 10", "7", False),
    ("= 5", "5", True),
    ("!= 5", "5", False),
    ("[1..5]", "5", True),
    ("(1..5)", "5", False),
    ("]1..5[", "3", True),
    ("[a..b]", "3", True),
    ("not(1, 2)", "3", True),
    ("not(1, 2)", "2", False),
    ("not(< 10)", "5", False),
    ('"A", "B"', '"B"', True),
    ('not("A")', '"B"', True),
    ("true", "true", True),
    ("false", "true", False),
    ("null", "null", True),
    ("null", "1", False),
    ("not(null)", "1", True),
    ("not(null)", "null", False),
    ("? > 3", "5", True),
    ("? > 3 and ? < 4", "5", False),
    ('starts with(?, "a")', '"abc"', True),
    ("? in [1, 5]", "5", True),
    ("a", "1", True),
    ("a + 1, b", "2", True),
    ("list", "3", True),
    ("list", "4", False),
    ("list", "[2, 3]", True),
    ("a < b", "7", True),
    ("a > b", "7", False),
    ('date("2026-03-31")', '@"2026-03-31"', True),
    ('< @"2026-03-31"', '@"2026-03-30"', True),
    ("> 3", "null", None),
    ("> 3", '"x"', None),
    ("not(> 3)", "null", None),
    ("1", '"1"', None),
    ("every x in ? satisfies x > 1", "[2, 3]", True),
    ("not(a = 1 and b = 1)", "7", True),
]
SCOPE = {"a": Decimal(1), "b": Decimal(4), "list": [Decimal(2), Decimal(3)]}


@pytest.mark.parametrize(("cell", "value", "holds"), CASES, ids=[f"{c} on {v}" for c, v, _ in CASES])
def test_a_cell_holds_or_not(cell, value, holds):
    tests = compile_unary_tests(cell, SCOPE.keys())
    assert tests(run(value), SCOPE, moment()) is holds


@pytest.mark.parametrize("cell", ["", "1,", "not(", "< ", "1 2", "-, 1", "[1..", "= = 1"])
def test_a_cell_that_cannot_be_read_is_refused(cell):
    with pytest.raises(FeelSyntaxError):
        compile_unary_tests(cell)


def test_a_whole_number_of_the_host_is_a_number():
    assert compile_unary_tests("[1..5]")(3, {}, moment()) is True


def test_free_names_leave_out_the_tested_value():
    assert compile_unary_tests("? > limit").free_names == {"limit"}


def test_a_cell_that_counts_too_far_cannot_tell_and_says_why():
    at = moment()
    assert compile_unary_tests("> 10 ** 7000")(Decimal(1), {}, at) is None
    assert at.warnings == ["the number is too large, too small or undefined"]
