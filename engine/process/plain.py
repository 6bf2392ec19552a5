"""Scripts of plain assignments (`x = a + 1`) compiled for the step itself. Law: a closed subset of Python, no
attribute, no statement but assignment; a script with anything else is left to the sandbox.

Numbers are Decimal as everywhere (`0.1` is exactly one tenth, `/` has 34 digits); all else means what Python means.
"""

from __future__ import annotations

import ast
import operator
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from engine.errors import ExpressionFailed, PlainSyntaxError
from engine.feel import Moment
from engine.process.juel_values import DECIMAL128
from engine.process.model import Expr, Param

Closure = Callable[[Mapping[str, Any], Moment], Any]

LONGEST = 20_000
"""Characters; longer scripts go to the sandbox, which has limits of its own."""
DEEPEST = 60


class _NotPlain(Exception):
    def __init__(self, node: ast.AST) -> None:
        self.node = node


class _Missing(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True, slots=True)
class PlainExpression:
    """A compiled expression of the subset. Calling it raises ExpressionFailed with the reason."""

    text: str
    run: Closure
    free_names: frozenset[str] = frozenset()

    def __call__(self, scope: Mapping[str, Any], at: Moment) -> object:
        try:
            return self.run(scope, at)
        except _Missing as missing:
            raise ExpressionFailed(
                text=self.text,
                reason=f"there is no variable “{missing.name}”",
                reason_zh=f"没有变量“{missing.name}”",
            ) from None
        except (TypeError, ValueError, ArithmeticError, LookupError) as problem:
            raise ExpressionFailed(text=self.text, reason=f"{type(problem).__name__}: {problem}") from problem


def compile_plain_script(text: str, result_variable: str | None = None) -> tuple[Param, ...] | None:
    """The assignments of a script in order, or None when it holds more than plain assignments.

    With a result variable, a script that is one single expression gives that variable its value. Raises
    PlainSyntaxError when the text is no Python at all.
    """
    if len(text) > LONGEST:
        return None
    source = _dedented(text)
    module = _parsed(source, "exec")
    params: list[Param] = []
    try:
        if result_variable and len(module.body) == 1 and isinstance(module.body[0], ast.Expr):
            return (Param(result_variable, _expression(module.body[0].value, source)),)
        for statement in module.body:
            params.append(_assignment(statement, source))
    except _NotPlain:
        return None
    return tuple(params)


def compile_plain_expression(text: str) -> Expr:
    """One expression of the subset. Raises PlainSyntaxError naming the place that does not belong to it."""
    module = _parsed(text, "eval")
    try:
        return _expression(module.body, text)
    except _NotPlain as odd:
        raise PlainSyntaxError(
            text=text,
            position=getattr(odd.node, "col_offset", 0),
            reason="only names, numbers, texts, arithmetic, comparisons and simple functions can stand here",
            reason_zh="此处只能使用变量、数字、文本、四则运算、比较和简单函数",
        ) from None


def _dedented(text: str) -> str:
    return textwrap.dedent(text.strip("\n\r")).strip()


def _parsed(source: str, mode: str) -> Any:
    try:
        return ast.parse(source, mode=mode)
    except SyntaxError as error:
        raise PlainSyntaxError(
            text=source, position=max(0, (error.offset or 1) - 1), reason=f"line {error.lineno}: {error.msg}",
            reason_zh=f"第 {error.lineno} 行有语法错误",
        ) from None  # fmt: skip
    except (ValueError, RecursionError, MemoryError):
        raise PlainSyntaxError(
            text=source[:80], position=0, reason="it cannot be read", reason_zh="无法读取"
        ) from None


def _assignment(statement: ast.stmt, source: str) -> Param:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name):
            return Param(target.id, _expression(statement.value, source))
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        name = statement.target
        read = ast.copy_location(ast.Name(name.id, ast.Load()), name)
        both = ast.copy_location(ast.BinOp(read, statement.op, statement.value), statement)
        return Param(name.id, _expression(both, source))
    raise _NotPlain(statement)


def _expression(node: ast.expr, source: str) -> PlainExpression:
    compiler = _Compiler(source)
    run = compiler.closure(node, 0)
    return PlainExpression(ast.get_source_segment(source, node) or source, run, frozenset(compiler.names))


def _decimal(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def _exact(name: str, plain: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator that is exact on numbers (34 digits where a Decimal takes part) and Python's own on all else."""
    on_decimals = getattr(DECIMAL128, name)

    def operation(a: Any, b: Any) -> Any:
        a, b = _decimal(a), _decimal(b)
        if isinstance(a, Decimal) and isinstance(b, Decimal | int):
            return on_decimals(a, Decimal(b))
        if isinstance(b, Decimal) and isinstance(a, int):
            return on_decimals(Decimal(a), b)
        return plain(a, b)

    return operation


def _divided(a: Any, b: Any) -> Any:
    a, b = _decimal(a), _decimal(b)
    if isinstance(a, int) and isinstance(b, int):
        return DECIMAL128.divide(Decimal(a), Decimal(b))
    return _DECIMAL_DIVIDE(a, b)


def _floored(a: Any, b: Any) -> tuple[Any, Any]:
    """Quotient rounded down and remainder with the divisor's sign, for Decimals as Python has it for integers."""
    quotient, remainder = DECIMAL128.divide_int(Decimal(a), Decimal(b)), DECIMAL128.remainder(Decimal(a), Decimal(b))
    if remainder and (remainder < 0) is not (b < 0):
        return quotient - 1, DECIMAL128.add(remainder, Decimal(b))
    return quotient, remainder


def _floor_divided(a: Any, b: Any) -> Any:
    a, b = _decimal(a), _decimal(b)
    return _floored(a, b)[0] if _with_decimal(a, b) else a // b


def _modulo(a: Any, b: Any) -> Any:
    a, b = _decimal(a), _decimal(b)
    return _floored(a, b)[1] if _with_decimal(a, b) else a % b


def _with_decimal(a: Any, b: Any) -> bool:
    return isinstance(a, Decimal | int) and isinstance(b, Decimal | int) and isinstance(a + b, Decimal)


def _times(a: Any, b: Any) -> Any:
    """Repetition of texts and lists is bounded: `"x" * 10**9` must not eat the memory."""
    for many, count in ((a, b), (b, a)):
        if isinstance(many, str | list | tuple) and isinstance(count, int) and len(many) * count > LONGEST:
            raise ValueError("the result is too large")
    return _DECIMAL_TIMES(a, b)


def _power(a: Any, b: Any) -> Any:
    if not isinstance(b, int) or abs(b) > 1000:
        raise ValueError("the exponent must be an integer up to 1000")
    if isinstance(a, int) and (abs(a) > 10**40 or b < 0):
        a = Decimal(a)
    return _DECIMAL_POWER(a, b)


_DECIMAL_DIVIDE: Final = _exact("divide", operator.truediv)
_DECIMAL_TIMES: Final = _exact("multiply", operator.mul)
_DECIMAL_POWER: Final = _exact("power", operator.pow)

_BINARY: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: _exact("add", operator.add),
    ast.Sub: _exact("subtract", operator.sub),
    ast.Mult: _times,
    ast.Div: _divided,
    ast.FloorDiv: _floor_divided,
    ast.Mod: _modulo,
    ast.Pow: _power,
}
_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
_UNARY: Final[Mapping[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
}  # fmt: skip


def _rounded(value: Any, digits: int = 0) -> Any:
    """Python's round: half to even; without digits an integer."""
    value = _decimal(value)
    return round(value, digits) if digits else round(value)


def _text(value: Any) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _sum(values: Sequence[Any]) -> Any:
    total: Any = 0
    for value in values:
        total = _BINARY[ast.Add](total, value)
    return total


_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "len": len, "min": min, "max": max, "sum": _sum, "round": _rounded, "abs": abs, "str": _text, "sorted": sorted,
    "int": int, "bool": bool, "list": list, "any": any, "all": all,
}  # fmt: skip


class _Compiler:
    def __init__(self, source: str) -> None:
        self.source = source
        self.names: set[str] = set()

    def closure(self, node: ast.expr, depth: int) -> Closure:
        method = self.BY_KIND.get(type(node))
        if method is None or depth > DEEPEST:
            raise _NotPlain(node)
        return method(self, node, depth + 1)

    def constant(self, node: ast.Constant, depth: int) -> Closure:
        value: Any = node.value
        if isinstance(value, float):
            written = ast.get_source_segment(self.source, node)
            value = Decimal((written or repr(value)).replace("_", ""))
        elif not (value is None or isinstance(value, str | int)):
            raise _NotPlain(node)
        return lambda scope, at: value

    def name(self, node: ast.Name, depth: int) -> Closure:
        name = node.id
        self.names.add(name)

        def variable(scope: Mapping[str, Any], at: Moment) -> Any:
            try:
                return scope[name]
            except KeyError:
                raise _Missing(name) from None

        return variable

    def binary(self, node: ast.BinOp, depth: int) -> Closure:
        operation = _BINARY.get(type(node.op))
        if operation is None:
            raise _NotPlain(node)
        left, right = self.closure(node.left, depth), self.closure(node.right, depth)
        return lambda scope, at: operation(left(scope, at), right(scope, at))

    def unary(self, node: ast.UnaryOp, depth: int) -> Closure:
        operation = _UNARY.get(type(node.op))
        if operation is None:
            raise _NotPlain(node)
        operand = self.closure(node.operand, depth)
        return lambda scope, at: operation(operand(scope, at))

    def connective(self, node: ast.BoolOp, depth: int) -> Closure:
        terms = [self.closure(value, depth) for value in node.values]
        stop_at = isinstance(node.op, ast.Or)

        def connective(scope: Mapping[str, Any], at: Moment) -> Any:
            value: Any = None
            for term in terms:
                value = term(scope, at)
                if bool(value) is stop_at:
                    break
            return value

        return connective

    def comparison(self, node: ast.Compare, depth: int) -> Closure:
        first = self.closure(node.left, depth)
        rest = [
            (_COMPARE[type(sign)], self.closure(right, depth))
            for sign, right in zip(node.ops, node.comparators, strict=True)
        ]

        def comparison(scope: Mapping[str, Any], at: Moment) -> bool:
            left = first(scope, at)
            for compare, operand in rest:
                right = operand(scope, at)
                if not compare(left, right):
                    return False
                left = right
            return True

        return comparison

    def choice(self, node: ast.IfExp, depth: int) -> Closure:
        test, then, other = (self.closure(part, depth) for part in (node.test, node.body, node.orelse))
        return lambda scope, at: (then if test(scope, at) else other)(scope, at)

    def subscript(self, node: ast.Subscript, depth: int) -> Closure:
        if isinstance(node.slice, ast.Slice):
            raise _NotPlain(node)
        value, key = self.closure(node.value, depth), self.closure(node.slice, depth)
        return lambda scope, at: value(scope, at)[key(scope, at)]

    def call(self, node: ast.Call, depth: int) -> Closure:
        if not isinstance(node.func, ast.Name) or node.keywords or node.func.id not in _FUNCTIONS:
            raise _NotPlain(node)
        function = _FUNCTIONS[node.func.id]
        arguments = [self.closure(argument, depth) for argument in node.args]
        return lambda scope, at: function(*[argument(scope, at) for argument in arguments])

    def sequence(self, node: ast.List | ast.Tuple, depth: int) -> Closure:
        entries = [self.closure(entry, depth) for entry in node.elts]
        return lambda scope, at: [entry(scope, at) for entry in entries]

    def mapping(self, node: ast.Dict, depth: int) -> Closure:
        if any(not (isinstance(key, ast.Constant) and isinstance(key.value, str)) for key in node.keys):
            raise _NotPlain(node)
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        entries = [self.closure(value, depth) for value in node.values]
        return lambda scope, at: {key: entry(scope, at) for key, entry in zip(keys, entries, strict=True)}

    BY_KIND: Final[Mapping[type[ast.expr], Callable[..., Closure]]] = {
        ast.Constant: constant, ast.Name: name, ast.BinOp: binary, ast.UnaryOp: unary, ast.BoolOp: connective,
        ast.Compare: comparison, ast.IfExp: choice, ast.Subscript: subscript, ast.Call: call, ast.List: sequence,
        ast.Tuple: sequence, ast.Dict: mapping,
    }  # fmt: skip
