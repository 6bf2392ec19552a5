"""How FEEL tests are written: tables of `expression → value`, the value as FEEL writes it (strings in quotes)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine.feel import Moment, compile_expression, to_string

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=SHANGHAI)


def moment(**fields):
    """A moment of its own, so that its warnings are this test's."""
    return Moment(now=NOW, zone=SHANGHAI, **fields)


def table(text):
    """`expression → value` lines as parameters; the expression is the test's name."""
    rows = [line.strip().rsplit(" → ", 1) for line in text.strip().splitlines() if line.strip()]
    return pytest.mark.parametrize(("expression", "value"), [pytest.param(*row, id=row[0].strip()) for row in rows])


def names_of(scope):
    """The names of the scope and of the contexts in it, as a host hands them in."""
    inner = [names_of(value) for value in scope.values() if isinstance(value, dict)]
    return set(scope).union(*inner)


def run(expression, scope=None, at=None):
    """The value of the expression with the scope's names known."""
    return compile_expression(expression, names_of(scope or {}))(scope or {}, at or moment())


def written(value):
    """A value as FEEL writes it inside a list: "null", "7", '"abc"', "2026-03-31"."""
    return to_string([value])[1:-1]


def shows(expression, scope=None):
    """What the expression's value looks like."""
    return written(run(expression, scope))
