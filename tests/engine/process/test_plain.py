"""Scripts of plain assignments: what compiles, what is left to the sandbox, and that the numbers are exact."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import ExpressionFailed, PlainSyntaxError
from engine.feel import Moment
from engine.process.plain import compile_plain_expression, compile_plain_script

AT = Moment(now=datetime(2026, 1, 5, tzinfo=UTC))


def run(script: str, **scope: Any) -> dict[str, Any]:
    params = compile_plain_script(script)
    assert params is not None, "left to the sandbox"
    values = dict(scope)
    for param in params:
        values[param.name] = param.value(values, AT)
    return values


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("x = 1", 1),
        ("x = 0.1 + 0.2", Decimal("0.3")),
        ("x = 10 / 4", Decimal("2.5")),
        ("x = 7 // 2", 3),
        ("x = 7 % 4", 3),
        ("x = -7 % 4", 1),
        ("x = -7.5 % 4", Decimal("0.5")),
        ("x = 7.5 % -4", Decimal("-0.5")),
        ("x = -7.5 // 2", Decimal(-4)),
        ("x = 7.5 // 2", Decimal(3)),
        ("x = 2 ** 10", 1024),
        ("x = a * rate", Decimal("6.00")),
        ("x = a\nx += 1\nx = x * 2", 242),
        ("# a remark\n\nx = -a", -120),
        ("x = 'big' if a > 100 else 'small'", "big"),
        ("x = a > 1 and a < 5", False),
        ("x = 1 < a <= 120", True),
        ("x = not a", False),
        ("x = names[1]", "wang"),
        ("x = client['tier']", "A"),
        ("x = len(names) + max(1, 5, 3)", 7),
        ("x = sum([1, 2, 0.5])", Decimal("3.5")),
        ("x = round(2.5)", 2),
        ("x = round(rate * 3, 1)", Decimal("0.2")),
        ("x = abs(-1.5)", Decimal("1.5")),
        ("x = str(rate) + '!'", "0.05!"),
        ("x = 'li' in names", True),
        ("x = {'a': a, 'b': [1, 2]}", {"a": 120, "b": [1, 2]}),
        ("x = None", None),
        ("   x = 1\n   x = x + 1", 2),
    ],
)
def test_assignments_run_in_order(script: str, expected: object) -> None:
    scope = {"a": 120, "rate": Decimal("0.05"), "names": ["li", "wang"], "client": {"tier": "A"}}
    found = run(script, **scope)["x"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "script",
    [
        "import os",
        "x = a.b",
        "x = open('f')",
        "for i in y:\n    x = i",
        "x, y = 1, 2",
        "x['a'] = 1",
        "x = [i for i in y]",
        "x = lambda: 1",
        "x = f(1)",
        "x = f'{a}'",
        "x = y[1:2]",
        "def f(): pass",
        "x = __import__('os')",
        "x = max(y, key=len)",
        "x = " + "-" * 200 + "1",
        "x = " + " " * 30_000 + "1",
    ],
)
def test_anything_else_is_left_to_the_sandbox(script: str) -> None:
    assert compile_plain_script(script) is None


def test_a_single_expression_fills_the_result_variable() -> None:
    params = compile_plain_script("a + 1", "total")
    assert params is not None
    assert [(param.name, param.value({"a": 1}, AT)) for param in params] == [("total", 2)]


@pytest.mark.parametrize(
    ("script", "word"),
    [
        ("x = absent", "absent"),
        ("x = 1 / 0", "Zero"),
        ("x = 1.5 % 0", "Division"),
        ("x = '%s' % 1.5 + 1", "TypeError"),
        ("x = 'a' + 1", "TypeError"),
        ("x = [1][5]", "IndexError"),
        ("x = 'ab' * 1000000000", "too large"),
        ("x = 9 ** 999999", "exponent"),
    ],
)
def test_a_failure_says_why(script: str, word: str) -> None:
    with pytest.raises(ExpressionFailed, match=word):
        run(script)


def test_what_is_no_python_is_refused_with_its_line() -> None:
    with pytest.raises(PlainSyntaxError, match="line 2"):
        compile_plain_script("x = 1\ny = = 2")


def test_an_expression_of_the_subset_can_be_a_condition() -> None:
    assert compile_plain_expression("choice == 'Yes'")({"choice": "Yes"}, AT) is True
    with pytest.raises(PlainSyntaxError):
        compile_plain_expression("a.b")
