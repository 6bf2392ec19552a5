"""Unary tests and the operator `in`: is this value among those (DMN 1.5 §7.3.3 and §10.3.2.8)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from engine.feel import nodes as n
from engine.feel.comparison import contains, equal
from engine.feel.compile_operators import ORDERS, ordered
from engine.feel.scope import Code, Scope
from engine.feel.values import Range, Value

if TYPE_CHECKING:
    from engine.feel.compiler import Compiler

Test: TypeAlias = Callable[[Scope, Value], bool | None]


def tests(compiler: Compiler, node: n.TestsNode) -> Code:
    """All of a cell: True when one test holds (none of them, negated); no test at all always holds."""
    found = [_test(compiler, test) for test in node.tests]
    negated = node.negated

    def run(scope: Scope) -> Value:
        result = _any(scope, scope.names["?"], found) if found else True
        return not result if negated and result is not None else result

    return run


def membership(compiler: Compiler, node: n.In) -> Code:
    """`e in t` and `e in (t, t)`."""
    operand = compiler.code(node.operand)
    with compiler.local("?"):
        found = [_test(compiler, test) for test in node.tests]

    def run(scope: Scope) -> Value:
        value = operand(scope)
        return _any(scope.inner({"?": value}), value, found)

    return run


def _any(scope: Scope, value: Value, found: list[Test]) -> bool | None:
    result: bool | None = False
    for test in found:
        holds = test(scope, value)
        if holds is True:
            return True
        if holds is None:
            result = None
    return result


def _test(compiler: Compiler, node: n.Node) -> Test:
    if isinstance(node, n.UnaryRange):
        return _order_test(node.operator, compiler.code(node.operand))
    if isinstance(node, n.Literal):
        return _literal_test(node.value)
    code = compiler.code(node)
    if isinstance(node, n.RangeNode) and not (_certain(node.start) and _certain(node.end)):
        return lambda scope, value: _within(value, code(scope))
    if _asks(node):
        return lambda scope, value: _boolean(code(scope))
    return lambda scope, value: _matches(value, code(scope))


def _order_test(sign: str, operand: Code) -> Test:
    if sign in ("=", "!="):

        def same(scope: Scope, value: Value) -> bool | None:
            found = equal(value, operand(scope))
            return found if found is None else found is (sign == "=")

        return same
    holds = ORDERS[sign]

    def order(scope: Scope, value: Value) -> bool | None:
        end = operand(scope)
        if type(value) is Decimal and type(end) is Decimal:
            return holds(value, end)
        if value is None or end is None:  # a null input is no mistake of the cell's
            return None
        return ordered(scope, sign, value, end)

    return order


def _literal_test(literal: Value) -> Test:
    of = type(literal)

    def same(scope: Scope, value: Value) -> bool | None:
        if type(value) is of:
            return bool(value == literal)
        return equal(value, literal)  # a missing value is not what a cell `true` asks for

    return same


def _certain(end: n.Node) -> bool:
    return isinstance(end, n.Literal) and end.value is not None


def _within(value: Value, found: Value) -> bool | None:
    """A drawn interval asks `start <= value and value <= end` (DMN 1.5, table 55): with an end that is null the
    answer is null. Only `(< e)` and `range()` make intervals without an end."""
    if isinstance(found, Range) and (found.start is None or found.end is None):
        return None
    return _matches(value, found)


def _boolean(found: Value) -> bool | None:
    return found if isinstance(found, bool) else None


def _matches(value: Value, found: Value) -> bool | None:
    """What an expression in place of a test means: a list or interval holds the value, any other equals it;
    an expression that is itself true holds for every value that is no boolean."""
    if isinstance(found, Range):
        return contains(found, value) if not isinstance(value, Range) else equal(value, found)
    if isinstance(found, list):
        if isinstance(value, list) and equal(value, found):
            return True
        return _any_of(value, found)
    if isinstance(found, bool) and not isinstance(value, bool):
        return found
    return equal(value, found)


def _any_of(value: Value, items: list[Value]) -> bool | None:
    for item in items:
        if isinstance(item, Range) and not isinstance(value, Range):
            if contains(item, value) is True:
                return True
        elif equal(value, item) is True:
            return True
    return False


def _asks(node: object) -> bool:
    """Whether `?` stands anywhere in the tree (function bodies included)."""
    if isinstance(node, n.Name):
        return node.name == "?"
    if isinstance(node, tuple):
        return any(_asks(part) for part in node)
    fields = getattr(type(node), "__dataclass_fields__", ()) if not isinstance(node, Decimal) else ()
    return any(_asks(getattr(node, name)) for name in fields)
