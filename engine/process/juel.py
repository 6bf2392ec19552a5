"""JUEL, the expression language of Camunda 7 files: `${…}` and `#{…}`, alone or inside text. Law: compiled once to
closures, never `eval`; only listed methods and the host's pure functions can be called, all else is refused here.

Grammar: JSR-245 §1.19 (EL 2.2), without assignment and lambdas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from engine.errors import ExpressionFailed, JuelSyntaxError
from engine.feel import Moment
from engine.process import juel_values as values
from engine.process.juel_values import CannotEvaluate

Scope = Mapping[str, Any]
Closure = Callable[[Scope, Moment], Any]

DEEPEST = 60
"""Parentheses within parentheses; deeper is a mistake or an attack, and would exhaust the stack."""

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)
          |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
          |(?P<name>[^\W\d]\w*|\$\w+)
          |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,\[\](){}])
          |(?P<end>\Z))""",
    re.VERBOSE,
)
_WORDS: Final = {
    "and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
    "div": "/", "mod": "%", "empty": "empty",
}  # fmt: skip
_LITERALS: Final = {"true": True, "false": False, "null": None}
_ADDITIVE: Final = {"+": values.add, "-": values.subtract}
_MULTIPLICATIVE: Final = {"*": values.multiply, "/": values.divide, "%": values.modulo}
_EXECUTION_FACTS: Final = {
    "businessKey": "business_key", "processBusinessKey": "business_key",
    "getBusinessKey": "business_key", "getProcessBusinessKey": "business_key",
    "processInstanceId": "instance_id", "getProcessInstanceId": "instance_id", "getId": "instance_id",
}  # fmt: skip
"""What `execution` tells, and the host function that answers it."""


@dataclass(frozen=True, slots=True)
class JuelExpression:
    """A compiled expression or template. Calling it raises ExpressionFailed, naming a missing variable."""

    text: str
    run: Closure
    free_names: frozenset[str] = frozenset()
    """The variables it reads."""

    def __call__(self, scope: Scope, at: Moment) -> object:
        try:
            return self.run(scope, at)
        except CannotEvaluate as problem:
            raise ExpressionFailed(text=self.text, reason=problem.en, reason_zh=problem.zh) from None


def is_juel(text: str) -> bool:
    """Whether the text holds a JUEL expression."""
    return "${" in text or "#{" in text


def compile_juel(text: str, functions: Collection[str] = ()) -> JuelExpression:
    """Compile an expression or a text with expressions in it.

    `functions` are the names the host offers. Raises JuelSyntaxError (text, 0-based position, reason).
    """
    parts: list[Closure | str] = []
    names: set[str] = set()
    at = 0
    while at < len(text):
        begin = _next_opening(text, at)
        if begin > at:
            parts.append(text[at:begin].replace("\\${", "${").replace("\\#{", "#{"))
        if begin == len(text):
            break
        parser = _Parser(text, begin + 2, frozenset(functions))
        parts.append(parser.whole())
        names |= parser.names
        at = parser.end
    if len(parts) == 1 and not isinstance(parts[0], str):
        return JuelExpression(text, parts[0], frozenset(names))
    return JuelExpression(text, _template(parts), frozenset(names))


def _next_opening(text: str, at: int) -> int:
    for found in re.finditer(r"[$#]\{", text[at:]):
        if at + found.start() == 0 or text[at + found.start() - 1] != "\\":
            return at + found.start()
    return len(text)


def _template(parts: list[Closure | str]) -> Closure:
    def template(scope: Scope, at: Moment) -> str:
        return "".join(part if isinstance(part, str) else values.text(part(scope, at)) for part in parts)

    return template


class _Parser:
    """Recursive descent over the tokens between `${` and its `}`."""

    def __init__(self, text: str, start: int, functions: frozenset[str]) -> None:
        self.text = text
        self.at = start
        self.end = start
        self.functions = functions
        self.names: set[str] = set()
        self.depth = 0
        self.kind = self.value = ""
        self.place = start
        self.advance()

    # ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────

    def fail(self, en: str, zh: str, place: int | None = None) -> JuelSyntaxError:
        position = self.place if place is None else place
        return JuelSyntaxError(text=self.text, position=position, reason=en, reason_zh=zh)

    def advance(self) -> None:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            rest = self.text[self.at :].lstrip()
            self.place = len(self.text) - len(rest)
            if rest.startswith("="):
                raise self.fail("“=” is not understood here; equality is “==”", "此处不能用“=”；相等请用“==”")
            raise self.fail(f"“{rest[:1]}” is not understood here", f"此处无法识别“{rest[:1]}”")
        self.kind = found.lastgroup or "end"
        self.value = found[self.kind]
        self.place = found.start(self.kind)
        self.at = found.end()
        if self.kind == "name" and self.value in _WORDS:
            self.kind, self.value = "sign", _WORDS[self.value]

    def accept(self, *signs: str) -> str | None:
        if self.kind == "sign" and self.value in signs:
            sign = self.value
            self.advance()
            return sign
        return None

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.fail(f"“{sign}” is missing", f"缺少“{sign}”")

    # ── grammar ─────────────────────────────────────────────────────────────────────────────────────────────

    def whole(self) -> Closure:
        closure = self.ternary()
        if not (self.kind == "sign" and self.value == "}"):
            missing = self.kind == "end"
            raise self.fail(
                "the closing “}” is missing" if missing else f"“{self.value}” does not fit here",
                "缺少结尾的“}”" if missing else f"“{self.value}”放在此处不合语法",
            )
        self.end = self.at
        return closure

    def ternary(self) -> Closure:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail("the expression is nested too deeply", "表达式嵌套过深")
        condition = self.any_of()
        if self.accept("?"):
            then = self.ternary()
            self.expect(":")
            condition = _choice(condition, then, self.ternary())
        self.depth -= 1
        return condition

    def any_of(self) -> Closure:
        terms = [self.all_of()]
        while self.accept("||"):
            terms.append(self.all_of())
        return terms[0] if len(terms) == 1 else _any_of(terms)

    def all_of(self) -> Closure:
        terms = [self.equality()]
        while self.accept("&&"):
            terms.append(self.equality())
        return terms[0] if len(terms) == 1 else _all_of(terms)

    def equality(self) -> Closure:
        left = self.relation()
        while sign := self.accept("==", "!="):
            left = _equality(left, self.relation(), sign == "==")
            self.count_link()
        return left

    def relation(self) -> Closure:
        left = self.chain(self.term, _ADDITIVE)
        while sign := self.accept("<", ">", "<=", ">="):
            left = _relation(left, self.chain(self.term, _ADDITIVE), sign)
            self.count_link()
        return left

    def count_link(self) -> None:
        """Chained comparisons nest closures, so they count as depth for the rest of the expression."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail("too many comparisons in a row", "连续比较过多")

    def term(self) -> Closure:
        return self.chain(self.unary, _MULTIPLICATIVE)

    def chain(
        self, operand: Callable[[], Closure], signs: Mapping[str, Callable[[Any, Any], Any]]
    ) -> Closure:
        first = operand()
        rest: list[tuple[Callable[[Any, Any], Any], Closure]] = []
        while sign := self.accept(*signs):
            rest.append((signs[sign], operand()))
        return _folded(first, rest) if rest else first

    def unary(self) -> Closure:
        prefixes: list[Callable[[Any], Any]] = []
        while sign := self.accept("-", "!", "empty"):
            prefixes.append({"-": values.negative, "!": _negation, "empty": values.empty}[sign])
            if len(prefixes) > DEEPEST:
                raise self.fail("too many signs in a row", "连续的运算符过多")
        operand = self.postfix()
        return _prefixed(prefixes[::-1], operand) if prefixes else operand

    def postfix(self) -> Closure:
        name, place = (self.value, self.place) if self.kind == "name" else ("", self.place)
        closure = self.execution() if name == "execution" else self.primary()
        steps: list[Callable[[Any, Scope, Moment], Any]] = []
        while True:
            if self.accept("."):
                steps.append(self.member(name, place))
            elif self.accept("["):
                steps.append(_entry(self.ternary()))
                self.expect("]")
            else:
                return _walked(closure, steps) if steps else closure

    def member(self, owner: str, place: int) -> Callable[[Any, Scope, Moment], Any]:
        name = self.value
        if self.kind != "name" and not name.isidentifier():
            raise self.fail("a name is missing after the dot", "点号后缺少名称")
        where = self.place
        self.advance()
        if not self.accept("("):
            return _property(name)
        if name not in values.METHODS:
            shown = f"{self.text[place:where]}{name}" if owner else name
            raise self.fail(
                f"the method {shown}() cannot be called from a model; write a handler topic for it",
                f"模型中不能调用方法 {shown}()；请改写为处理程序主题（topic）",
                place if owner else where,
            )
        return _method(name, self.arguments())

    def arguments(self) -> list[Closure]:
        found: list[Closure] = []
        if self.accept(")"):
            return found
        while True:
            found.append(self.ternary())
            if self.accept(")"):
                return found
            self.expect(",")

    def primary(self) -> Closure:
        kind, value, place = self.kind, self.value, self.place
        if self.accept("("):
            inner = self.ternary()
            self.expect(")")
            return inner
        if kind == "number":
            self.advance()
            return _constant(int(value) if value.isdigit() else Decimal(value))
        if kind == "string":
            self.advance()
            return _constant(re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL))
        if kind == "name":
            self.advance()
            return self.named(value, place)
        if kind == "end":
            raise self.fail("the expression ends too early", "表达式不完整")
        raise self.fail(f"“{value}” does not fit here", f"“{value}”放在此处不合语法")

    def named(self, name: str, place: int) -> Closure:
        if name in _LITERALS:
            return _constant(_LITERALS[name])
        if self.accept("("):
            return self.function(name, place)
        self.names.add(name)
        return _variable(name, self.text)

    def function(self, name: str, place: int) -> Closure:
        if name not in self.functions:
            known = ", ".join(sorted(self.functions))
            raise self.fail(
                f"there is no function {name}() (known: {known})", f"没有函数 {name}()（可用：{known}）", place
            )
        return _function(name, self.arguments())

    def execution(self) -> Closure:
        """`execution.getVariable("x")` and the few facts that an instance tells of itself."""
        place = self.place
        self.advance()
        self.expect(".")
        name = self.value
        self.advance()
        called = self.accept("(") is not None
        arguments = self.arguments() if called else []
        if name in ("getVariable", "getVariableLocal", "getVariableTyped") and len(arguments) == 1:
            return _lookup(arguments[0])
        if name in ("hasVariable", "hasVariableLocal") and len(arguments) == 1:
            return _presence(arguments[0])
        if name in _EXECUTION_FACTS and not arguments:
            return _function(_EXECUTION_FACTS[name], [])
        raise self.fail(
            f"execution.{name} cannot be used in a model; write a handler topic for it",
            f"模型中不能使用 execution.{name}；请改写为处理程序主题（topic）",
            place,
        )


# ── closures ────────────────────────────────────────────────────────────────────────────────────────────────────


def _constant(value: Any) -> Closure:
    return lambda scope, at: value


def _variable(name: str, text: str) -> Closure:
    def variable(scope: Scope, at: Moment) -> Any:
        try:
            return scope[name]
        except KeyError:
            raise CannotEvaluate(f"there is no variable “{name}”", f"没有变量“{name}”") from None

    return variable


def _lookup(name: Closure) -> Closure:
    return lambda scope, at: scope.get(values.text(name(scope, at)))


def _presence(name: Closure) -> Closure:
    return lambda scope, at: values.text(name(scope, at)) in scope


def _function(name: str, arguments: list[Closure]) -> Closure:
    def call(scope: Scope, at: Moment) -> Any:
        function = at.functions.get(name)
        if function is None:
            raise CannotEvaluate(f"{name}() is not offered here", f"此处不提供函数 {name}()")
        try:
            return function(*[argument(scope, at) for argument in arguments])
        except (TypeError, ValueError, ArithmeticError) as problem:
            raise CannotEvaluate(f"{name}(): {problem}", f"{name}():{problem}") from problem

    return call


def _method(name: str, arguments: list[Closure]) -> Callable[[Any, Scope, Moment], Any]:
    return lambda value, scope, at: values.call_method(value, name, [one(scope, at) for one in arguments])


def _property(name: str) -> Callable[[Any, Scope, Moment], Any]:
    return lambda value, scope, at: values.item(value, name)


def _entry(key: Closure) -> Callable[[Any, Scope, Moment], Any]:
    return lambda value, scope, at: values.item(value, key(scope, at))


def _walked(start: Closure, steps: list[Callable[[Any, Scope, Moment], Any]]) -> Closure:
    def walked(scope: Scope, at: Moment) -> Any:
        value = start(scope, at)
        for step in steps:
            value = step(value, scope, at)
        return value

    return walked


def _folded(first: Closure, rest: list[tuple[Callable[[Any, Any], Any], Closure]]) -> Closure:
    if len(rest) == 1:
        [(operation, second)] = rest
        return lambda scope, at: operation(first(scope, at), second(scope, at))

    def folded(scope: Scope, at: Moment) -> Any:
        value = first(scope, at)
        for operation, operand in rest:
            value = operation(value, operand(scope, at))
        return value

    return folded


def _choice(condition: Closure, then: Closure, other: Closure) -> Closure:
    return lambda scope, at: (then if values.truth(condition(scope, at)) else other)(scope, at)


def _any_of(terms: list[Closure]) -> Closure:
    def any_of(scope: Scope, at: Moment) -> bool:
        return any(values.truth(term(scope, at)) for term in terms)

    return any_of


def _all_of(terms: list[Closure]) -> Closure:
    def all_of(scope: Scope, at: Moment) -> bool:
        return all(values.truth(term(scope, at)) for term in terms)

    return all_of


def _equality(left: Closure, right: Closure, wanted: bool) -> Closure:
    return lambda scope, at: values.equal(left(scope, at), right(scope, at)) is wanted


def _relation(left: Closure, right: Closure, sign: str) -> Closure:
    compare = values.compare
    if sign == "<":
        return lambda scope, at: compare(left(scope, at), right(scope, at)) < 0
    if sign == ">":
        return lambda scope, at: compare(left(scope, at), right(scope, at)) > 0
    if sign == "<=":
        return lambda scope, at: compare(left(scope, at), right(scope, at)) <= 0
    return lambda scope, at: compare(left(scope, at), right(scope, at)) >= 0


def _negation(value: Any) -> bool:
    return not values.truth(value)


def _prefixed(prefixes: list[Callable[[Any], Any]], operand: Closure) -> Closure:
    def prefixed(scope: Scope, at: Moment) -> Any:
        value = operand(scope, at)
        for prefix in prefixes:
            value = prefix(value)
        return value

    return prefixed
