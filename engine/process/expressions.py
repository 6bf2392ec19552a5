"""Every expression of a model, whatever its language, as one thing to call. Law: compiled once, at deployment.

`= …` is FEEL, `${…}` and `#{…}` are JUEL (alone or inside text), all else is a literal text. Conditions of sequence
flows and events may also be bare FEEL. Raises FeelSyntaxError, JuelSyntaxError or LanguageUnknown; never at run time
for its form.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from engine.errors import DealflowError, ExpressionFailed, FeelSyntaxError, LanguageUnknown
from engine.feel import Moment
from engine.feel import compile_expression as compile_feel
from engine.process.juel import JuelExpression, compile_juel, is_juel
from engine.process.model import Expr
from engine.process.plain import compile_plain_expression

HOST_FUNCTIONS: Final = frozenset(
    {"due", "task_due_plus", "task_due_minus", "add_working_days", "working_days_between", "is_working_day",
     "business_key", "instance_id", "initiator", "now", "today", "cycle"}
)  # fmt: skip
"""What every expression may call beside its language's own functions (see `engine.process.businesstime_functions`)."""

_FEEL: Final = "feel"
_JUEL: Final = "juel"
_PYTHON: Final = "python"
_BY_NAME: Final = {
    "feel": _FEEL, "juel": _JUEL, "el": _JUEL, "uel": _JUEL, "python": _PYTHON, "text/x-python": _PYTHON,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Literal:
    """A text that stands for itself."""

    text: str
    free_names: frozenset[str] = frozenset()

    def __call__(self, scope: Mapping[str, Any], at: Moment) -> object:
        return self.text


@dataclass(frozen=True, slots=True)
class Variable:
    """The value of one variable, by its name as it stands; null when there is none."""

    text: str

    @property
    def free_names(self) -> frozenset[str]:
        return frozenset({self.text})

    def __call__(self, scope: Mapping[str, Any], at: Moment) -> object:
        return scope.get(self.text)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list built from expressions."""

    text: str
    entries: tuple[Expr, ...]

    def __call__(self, scope: Mapping[str, Any], at: Moment) -> object:
        return [entry(scope, at) for entry in self.entries]


@dataclass(frozen=True, slots=True)
class ContextOf:
    """A context built from expressions by key."""

    text: str
    entries: tuple[tuple[str, Expr], ...]

    def __call__(self, scope: Mapping[str, Any], at: Moment) -> object:
        return {key: entry(scope, at) for key, entry in self.entries}


@dataclass(frozen=True, slots=True)
class JuelCondition:
    """A JUEL expression where true or false is asked for (JSR-245 §1.18.5); anything else fails by name."""

    text: str
    inner: JuelExpression

    @property
    def free_names(self) -> frozenset[str]:
        return self.inner.free_names

    def __call__(self, scope: Mapping[str, Any], at: Moment) -> object:
        value = self.inner(scope, at)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        shown = "null" if value is None else f"“{value}”"
        raise ExpressionFailed(
            text=self.text,
            reason=f"it gives {shown}, neither true nor false",
            reason_zh=f"结果为 {shown}，既不是真也不是假",
        )


def names_read(expr: Expr) -> frozenset[str] | None:
    """Every name that an expression may look up in its scope (some more do no harm); None: it reads the clock or asks
    for names that only the run knows, so that its value may change with anything."""
    words = frozenset(_WORD.findall(expr.text))
    free = getattr(expr, "free_names", None)
    return None if free is None or words & _MOVING else words | free


def constant(expr: Expr) -> object:
    """What an expression without variables and clock always gives; None where that is not known."""
    if getattr(expr, "free_names", None) != frozenset() or frozenset(_WORD.findall(expr.text)) & _MOVING:
        return None
    try:
        return expr({}, Moment(datetime(2026, 1, 5, tzinfo=UTC)))
    except (DealflowError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        return None


_WORD: Final = re.compile(r"[^\W\d]\w*")
_MOVING: Final = frozenset({"now", "today", "due", "task_due_plus", "task_due_minus", "execution"})


def language_of(name: str | None) -> str | None:
    """The expression language behind a `language` attribute (a name or an address): feel, juel, python or None.

    Raises LanguageUnknown for any other.
    """
    if not name or not name.strip():
        return None
    folded = name.strip().lower()
    if folded in _BY_NAME:
        return _BY_NAME[folded]
    if "feel" in folded:
        return _FEEL
    if "juel" in folded or "/jsp/" in folded:
        return _JUEL
    raise LanguageUnknown(language=name.strip())


def compile_expression(
    text: str,
    *,
    names: Collection[str] = (),
    functions: Collection[str] = HOST_FUNCTIONS,
    language: str | None = None,
) -> Expr:
    """Compile a value as it stands in a model: `= …` FEEL, `${…}` JUEL or a template, else a literal text.

    names: variables whose names hold blanks or signs. functions: what the host offers to call. language: overrides
    the guess.
    """
    chosen = language_of(language)
    stripped = text.strip()
    if chosen == _FEEL or (chosen is None and stripped.startswith("=")):
        return _feel(stripped, names, functions)
    if chosen == _PYTHON:
        return compile_plain_expression(stripped)
    if is_juel(stripped):
        return compile_juel(stripped, functions)
    return Literal(stripped)


def compile_formula(
    text: str,
    *,
    names: Collection[str] = (),
    functions: Collection[str] = HOST_FUNCTIONS,
    language: str | None = None,
) -> Expr:
    """Compile what can only be an expression (a cardinality, a transformation): as a value, but bare text is FEEL."""
    chosen = language_of(language)
    stripped = text.strip()
    if chosen == _PYTHON:
        return compile_plain_expression(stripped)
    if chosen == _JUEL or (chosen is None and is_juel(stripped) and not stripped.startswith("=")):
        return compile_juel(stripped, functions)
    return _feel(stripped, names, functions)


def compile_condition(
    text: str,
    *,
    names: Collection[str] = (),
    functions: Collection[str] = HOST_FUNCTIONS,
    language: str | None = None,
) -> Expr:
    """Compile a condition: as `compile_formula`, and JUEL must give true or false."""
    compiled = compile_formula(text, names=names, functions=functions, language=language)
    return JuelCondition(compiled.text, compiled) if isinstance(compiled, JuelExpression) else compiled


def _feel(text: str, names: Collection[str], functions: Collection[str]) -> Expr:
    inner = text.removeprefix("=").strip()
    compiled = compile_feel(inner, names)
    _refuse_unknown_calls(text, compiled.free_names - set(functions))
    return compiled


def _refuse_unknown_calls(text: str, unknown: Collection[str]) -> None:
    """FEEL makes a call of nothing null when it runs; the person who drew the model should hear of it before."""
    if not unknown:
        return
    bare = _FEEL_TEXT.sub(lambda found: " " * len(found[0]), text)
    for name in unknown:
        called = re.search(rf"(?<![.\w]){re.escape(name)}\s*\(", bare)
        if called:
            raise FeelSyntaxError(
                text=text,
                position=called.start(),
                reason=f"there is no function {name}()",
                reason_zh=f"没有函数 {name}()",
            )


_FEEL_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
