"""Closures for arithmetic, comparison, logic and `if`. Law: the common pairs (number with number, anything
with a literal of its kind) take a path of their own, since decision tables spend their time here."""

from __future__ import annotations

import operator as op
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.feel import nodes as n
from engine.feel.arithmetic import compute, negate
from engine.feel.comparison import compare, equal
from engine.feel.reasons import Null, note, note_null
from engine.feel.scope import Code, Scope
from engine.feel.values import DECIMAL128, Value, kind

if TYPE_CHECKING:
    from engine.feel.compiler import Compiler

_FAST: Final[dict[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": DECIMAL128.add,
    "-": DECIMAL128.subtract,
    "*": DECIMAL128.multiply,
}
ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}


def negation(compiler: Compiler, node: n.Negation) -> Code:
    operand = compiler.code(node.operand)

    def run(scope: Scope) -> Value:
        try:
            return negate(operand(scope))
        except Null as null:
            note_null(scope.at, null)
            return None

    return run


def arithmetic(compiler: Compiler, node: n.Arithmetic) -> Code:
    code = compiler.code(node.first)
    if len(node.rest) > 8:
        return _long_chain(code, [(sign, compiler.code(operand)) for sign, operand in node.rest])
    for sign, operand in node.rest:
        code = _step(sign, code, compiler.code(operand))
    return code


def _step(sign: str, left: Code, right: Code) -> Code:
    fast = _FAST.get(sign)

    def run(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        if type(a) is Decimal and type(b) is Decimal and fast is not None:
            try:
                return fast(a, b)
            except ArithmeticError:
                note(scope.at, "overflow")
                return None
        return _compute(scope, sign, a, b)

    return run


def _compute(scope: Scope, sign: str, a: Value, b: Value) -> Value:
    try:
        return scope.charge(compute(sign, a, b))
    except Null as null:
        note_null(scope.at, null)
        return None


def _long_chain(first: Code, rest: list[tuple[str, Code]]) -> Code:
    def run(scope: Scope) -> Value:
        total = first(scope)
        for sign, operand in rest:
            total = _compute(scope, sign, total, operand(scope))
        return total

    return run


# ── comparison ────────────────────────────────────────────────────────────────────────────────────────────


def comparison(compiler: Compiler, node: n.Comparison) -> Code:
    left, right = compiler.code(node.left), compiler.code(node.right)
    if node.operator in ("=", "!="):
        if isinstance(node.right, n.Literal):
            return _equal_literal(left, node.right.value, node.operator == "=")
        return _equality(left, right, node.operator == "=")
    if isinstance(node.right, n.Literal) and type(node.right.value) is Decimal:
        return _order_number(left, node.right.value, node.operator)
    return _order(left, right, node.operator)


def _equality(left: Code, right: Code, wanted: bool) -> Code:
    def run(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        if type(a) is Decimal and type(b) is Decimal:
            return (a == b) is wanted
        return _same(scope, a, b, wanted)

    return run


def _same(scope: Scope, a: Value, b: Value, wanted: bool) -> bool | None:
    found = equal(a, b)
    if found is None:
        note(scope.at, "incomparable", left=kind(a), right=kind(b))
        return None
    return found is wanted


def _equal_literal(left: Code, literal: Value, wanted: bool) -> Code:
    of = type(literal)

    def run(scope: Scope) -> Value:
        a = left(scope)
        if type(a) is of:
            return (a == literal) is wanted
        return _same(scope, a, literal, wanted)

    return run


def _order_number(left: Code, literal: Decimal, sign: str) -> Code:
    holds = ORDERS[sign]

    def run(scope: Scope) -> Value:
        a = left(scope)
        if type(a) is Decimal:
            return holds(a, literal)
        return ordered(scope, sign, a, literal)

    return run


def _order(left: Code, right: Code, sign: str) -> Code:
    holds = ORDERS[sign]

    def run(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        if type(a) is Decimal and type(b) is Decimal:
            return holds(a, b)
        return ordered(scope, sign, a, b)

    return run


def ordered(scope: Scope, sign: str, a: Value, b: Value) -> bool | None:
    """`a sign b`, or None with a notice when the two have no order."""
    found = compare(a, b)
    if found is None:
        note(scope.at, "incomparable", left=kind(a), right=kind(b))
        return None
    return ORDERS[sign](found, 0)


def between(compiler: Compiler, node: n.Between) -> Code:
    operand, low, high = compiler.code(node.operand), compiler.code(node.low), compiler.code(node.high)

    def run(scope: Scope) -> Value:
        value = operand(scope)
        above = ordered(scope, ">=", value, low(scope))
        below = ordered(scope, "<=", value, high(scope))
        if above is False or below is False:
            return False if above is not None and below is not None else None
        return None if above is None or below is None else True

    return run


# ── logic ─────────────────────────────────────────────────────────────────────────────────────────────────


def conjunction(compiler: Compiler, node: n.Conjunction) -> Code:
    return _junction([compiler.code(operand) for operand in node.operands], decisive=False, place="and")


def disjunction(compiler: Compiler, node: n.Disjunction) -> Code:
    return _junction([compiler.code(operand) for operand in node.operands], decisive=True, place="or")


def _junction(operands: list[Code], decisive: bool, place: str) -> Code:
    """Three-valued and/or: `decisive` settles it, anything but a boolean leaves it unknown."""
    if len(operands) == 2:
        return _pair(operands[0], operands[1], decisive, place)

    def run(scope: Scope) -> Value:
        result: bool | None = not decisive
        for operand in operands:
            value = operand(scope)
            if value is decisive:
                return decisive
            if value is not (not decisive):
                result = _unknown(scope, place, value)
        return result

    return run


def _pair(left: Code, right: Code, decisive: bool, place: str) -> Code:
    neutral = not decisive

    def run(scope: Scope) -> Value:
        a = left(scope)
        if a is decisive:
            return decisive
        b = right(scope)
        if b is decisive:
            return decisive
        if a is neutral and b is neutral:
            return neutral
        return _unknown(scope, place, b if a is neutral else a)

    return run


def _unknown(scope: Scope, place: str, value: Value) -> bool | None:
    """Null, with a notice unless the operand was null itself."""
    if value is not None:
        note(scope.at, "no-boolean", place=place, kind=kind(value))
    return None


def condition(compiler: Compiler, node: n.If) -> Code:
    branches = [(compiler.code(test), compiler.code(result)) for test, result in node.branches]
    otherwise = compiler.code(node.otherwise)

    def run(scope: Scope) -> Value:
        for test, result in branches:
            value = test(scope)
            if value is True:
                return result(scope)
            if value is not False and value is not None:
                note(scope.at, "no-boolean", place="if", kind=kind(value))
        return otherwise(scope)

    return run
