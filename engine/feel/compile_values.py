"""Closures for literals: constants, lists, contexts, intervals, functions; and `instance of`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.feel import nodes as n
from engine.feel.comparison import compare
from engine.feel.reasons import Null, note, note_null
from engine.feel.scope import CALL_WORK, Code, Scope
from engine.feel.text import to_string
from engine.feel.types import SIMPLE, FeelType, UnknownType, coerce, infer
from engine.feel.values import DECIMAL128, FunctionValue, Parameter, Range, Value, kind

if TYPE_CHECKING:
    from engine.feel.compiler import Compiler


def literal(compiler: Compiler, node: n.Literal) -> Code:
    """The constant; a number is rounded to decimal128, and null beyond its exponents."""
    value = node.value
    if kind(value) == "number":
        try:
            value = DECIMAL128.plus(value)
        except ArithmeticError:
            return _overflow
    return lambda scope: value


def _overflow(scope: Scope) -> Value:
    note(scope.at, "overflow")
    return None


def list_literal(compiler: Compiler, node: n.ListNode) -> Code:
    items = [compiler.code(item) for item in node.items]
    return lambda scope: [item(scope) for item in items]


def context_literal(compiler: Compiler, node: n.ContextNode) -> Code:
    """Each entry sees the ones before it; functions among them see all, themselves included."""
    entries: list[tuple[str, Code]] = []
    with compiler.local(*(key for key, _ in node.entries)):
        for key, value in node.entries:
            entries.append((key, compiler.code(value)))

    def run(scope: Scope) -> Value:
        built: dict[str, Value] = {}
        inner = scope.inner(built)
        for key, value in entries:
            built[key] = value(inner)
        return built

    return run


def interval(compiler: Compiler, node: n.RangeNode) -> Code:
    start, end = compiler.code(node.start), compiler.code(node.end)
    start_included, end_included = node.start_included, node.end_included
    if isinstance(node.start, n.Literal) and isinstance(node.end, n.Literal):
        value = _constant_range(node.start.value, node.end.value, start_included, end_included)
        if value is not None:
            return lambda scope: value

    def run(scope: Scope) -> Value:
        try:
            return make_range(start(scope), end(scope), start_included, end_included)
        except Null as null:
            note_null(scope.at, null)
            return None

    return run


def _constant_range(start: Value, end: Value, start_included: bool, end_included: bool) -> Range | None:
    try:
        return make_range(start, end, start_included, end_included)
    except Null:
        return None


def make_range(start: Value, end: Value, start_included: bool, end_included: bool, operator: str = "") -> Range:
    """The interval; raises Null when its ends have no common order or the start comes after the end."""
    if (start is not None or end is not None) and _fit(start, end):
        return Range(start, end, start_included, end_included, operator)
    raise Null("range", start=to_string(start), end=to_string(end))


def _fit(start: Value, end: Value) -> bool:
    if start is None or end is None:
        one = end if start is None else start
        return compare(one, one) is not None
    return compare(start, end) in (-1, 0)


def half_interval(compiler: Compiler, node: n.UnaryRange) -> Code:
    operand, sign = compiler.code(node.operand), node.operator

    def run(scope: Scope) -> Value:
        try:
            return half_range(sign, operand(scope))
        except Null as null:
            note_null(scope.at, null)
            return None

    return run


def half_range(sign: str, end: Value) -> Value:
    """`(< e)` and its kin as an interval; `(= e)` is [e..e], `(!= e)` has no interval and is null."""
    if sign == "=":
        return make_range(end, end, True, True, sign)
    if sign == "!=" or end is None:
        raise Null("range", start=sign, end=to_string(end))
    if sign in ("<", "<="):
        return make_range(None, end, False, sign == "<=", sign)
    return make_range(end, None, sign == ">=", False, sign)


def function_literal(compiler: Compiler, node: n.FunctionNode) -> Code:
    parameters = tuple(Parameter(name, compiler.type(declared)) for name, declared in node.parameters)
    names = [parameter.name for parameter in parameters]
    types: list[FeelType | None] = [parameter.type for parameter in parameters]
    with compiler.local(*names):
        body = compiler.code(node.body) if not node.external else _external
    result = infer(node.body)

    def run(scope: Scope) -> Value:
        def function(*given: Value) -> Value:
            if len(given) != len(names):
                note(scope.at, "arguments", function="function", given=len(given), expected=", ".join(names))
                return None
            try:
                scope.work(CALL_WORK)
                values = [coerce(value, to) for value, to in zip(given, types, strict=True)]
                return body(scope.inner(dict(zip(names, values, strict=True))))
            except Null as null:
                note_null(scope.at, null)
                return None

        return FunctionValue(parameters, function, result)

    return run


def _external(scope: Scope) -> Value:
    raise Null("external")


def instance_of(compiler: Compiler, node: n.InstanceOf) -> Code:
    operand, wanted = compiler.code(node.operand), compiler.type(node.type)
    assert wanted is not None
    if node.type.name in ("list", "context", "function", "range") and wanted is SIMPLE[node.type.name]:
        wanted = UnknownType(f"{node.type.name}<…>")  # DMN 1.5, table 63: such a type needs its parameters

    def run(scope: Scope) -> Value:
        try:
            return wanted.accepts(operand(scope))
        except Null as null:
            note_null(scope.at, null)
            return None

    return run
