"""What hosts hold: a compiled expression, compiled unary tests. Both are immutable and may be shared by
threads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from engine.errors import FeelSyntaxError
from engine.feel.builtins import COMPOUND_NAMES
from engine.feel.compiler import Compiler
from engine.feel.lexer import syntax_error
from engine.feel.moment import Moment
from engine.feel.parser import Parser
from engine.feel.reasons import Null, note, note_null
from engine.feel.scope import Code, Scope
from engine.feel.values import Value, admit

_END: Final = object()
MAX_DEPTH: Final = 100
MAX_ITEMS: Final = 2_000_000
"""How deep and how large the value of an expression may be, all that is in it counted as often as it stands there."""
_CONTAINERS: Final = frozenset({list, dict})


def _bounded(value: Value) -> Value:
    """The value itself; raises Null when it is too deep or too large. Lists that share their parts grow beyond any
    memory as soon as somebody writes them out."""
    pending: list[Iterator[Value]] = [iter((value,))]
    for _ in range(MAX_ITEMS):
        item = next(pending[-1], _END)
        if item is _END:
            pending.pop()
            if not pending:
                return value
        elif isinstance(item, list | dict):
            pending.append(iter(item if isinstance(item, list) else item.values()))
            if len(pending) > MAX_DEPTH:
                raise Null("depth")
    raise Null("size", limit=MAX_ITEMS)


class Expression:
    """A compiled FEEL expression. `expression(scope, at)` yields its value; it never raises for what FEEL
    calls an error but yields None and says why in `at.warnings`."""

    __slots__ = ("_code", "free_names", "text")

    def __init__(self, text: str, code: Code, free_names: frozenset[str]) -> None:
        self.text = text
        self.free_names = free_names
        self._code = code

    def __call__(self, scope: Mapping[str, Value], at: Moment) -> Value:
        try:
            value = self._code(Scope(scope, None, at, [0]))
            return _bounded(value) if type(value) in _CONTAINERS else value
        except Null as null:
            note_null(at, null)
        except RecursionError:
            note(at, "depth")
        except (ArithmeticError, MemoryError):
            note(at, "overflow")
        except TimeoutError:
            note(at, "slow")
        return None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnaryTests:
    """Compiled unary tests (a decision table's cell). `tests(value, scope, at)` is True, False, or None
    where FEEL cannot tell."""

    __slots__ = ("_code", "free_names", "text")

    def __init__(self, text: str, code: Code, free_names: frozenset[str]) -> None:
        self.text = text
        self.free_names = free_names
        self._code = code

    def __call__(self, input_value: Value, scope: Mapping[str, Value], at: Moment) -> bool | None:
        outer = Scope(scope, None, at, [0])
        try:
            found = self._code(outer.inner({"?": admit(input_value)}))
        except Null as null:
            note_null(at, null)
            return None
        except RecursionError:
            note(at, "depth")
            return None
        except (ArithmeticError, MemoryError):
            note(at, "overflow")
            return None
        except TimeoutError:
            note(at, "slow")
            return None
        return found if isinstance(found, bool) else None

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"


def compile_expression(text: str, names: Collection[str] = (), types: Mapping[str, Any] | None = None) -> Expression:
    """Compiles one FEEL expression.

    names: what is known in scope, and the component names of contexts, so that names with blanks or signs
    can be read; other single words are allowed and looked up when evaluated. types: the model's own types
    by name (`engine.feel.types.FeelType`), for `instance of`. Raises FeelSyntaxError.
    """
    try:
        tree = Parser(text, names, COMPOUND_NAMES, types or {}).whole_expression()
        compiler = Compiler(names, types or {})
        return Expression(text, compiler.code(tree), frozenset(compiler.free))
    except RecursionError:
        raise _too_deep(text) from None


def compile_unary_tests(text: str, names: Collection[str] = (), types: Mapping[str, Any] | None = None) -> UnaryTests:
    """Compiles unary tests: `-`, `not(…)` or tests separated by commas; `?` is the tested value. Raises
    FeelSyntaxError."""
    try:
        tree = Parser(text, names, COMPOUND_NAMES, types or {}).whole_tests()
        compiler = Compiler(names, types or {})
        return UnaryTests(text, compiler.tests(tree), frozenset(compiler.free - {"?"}))
    except RecursionError:
        raise _too_deep(text) from None


def _too_deep(text: str) -> FeelSyntaxError:
    return syntax_error(text, 0, "nested too deeply", "嵌套过深")
