"""How a built-in function is declared and called.

    @builtin("substring", "string: string, start position: number, length?: number")
    def substring(string, start, length=None): ...

One decorator a signature; a name may have several. `name?` marks what may be left out, `name...` takes the
rest, `type|type` either one. Null fits `any` and `null` only: elsewhere it makes the call null. Before a
call is refused, one-item lists are taken for their item and single values for one-item lists (DMN 1.5
§10.3.2.9.4). A function raises `Null` where FEEL gives null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from engine.feel.moment import Moment
from engine.feel.reasons import Null, note_null
from engine.feel.values import FunctionValue, Parameter, Value, admit, kind

_SHORT: Final = {
    "datetime": "date and time",
    "days": "days and time duration",
    "months": "years and months duration",
}
_NO_MATCH: Final = object()


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameter names, the kinds each takes (empty: any), how many are required, and whether the last takes
    more."""

    names: tuple[str, ...]
    kinds: tuple[frozenset[str], ...]
    required: int
    variadic: bool
    function: Callable[..., Value]
    wants_moment: bool

    def run(self, at: Moment, given: Sequence[Value], coerced: bool) -> Value:
        """The function's value, or _NO_MATCH when the arguments do not fit."""
        count = len(given)
        if count < self.required or (count > len(self.names) and not self.variadic):
            return _NO_MATCH
        values: list[Value] = []
        last = len(self.kinds) - 1
        for position, value in enumerate(given):
            fitted = _fit(value, self.kinds[min(position, last)], coerced)
            if fitted is _NO_MATCH:
                return _NO_MATCH
            values.append(fitted)
        return self.function(at, *values) if self.wants_moment else self.function(*values)

    def by_name(self, names: Sequence[str], given: Sequence[Value]) -> list[Value] | None:
        """The named arguments in order; None when the names are not this signature's.

        What is not named is null, which only a parameter of any kind takes.
        """
        found = dict(zip(names, given, strict=True))
        if not found or len(found) != len(names) or not set(names) <= set(self.names):
            return None
        for name, kinds in list(zip(self.names, self.kinds, strict=True))[: self.required]:
            if kinds and name not in found:
                return None
            found.setdefault(name, None)
        furthest = max(self.names.index(name) for name in found) if found else -1
        return [found.get(name, _LEFT_OUT) for name in self.names[: furthest + 1]]


class _LeftOut:
    """An optional argument that was not named, before one that was."""


_LEFT_OUT: Final = _LeftOut()


def _fit(value: Value, kinds: frozenset[str], coerced: bool) -> Value:
    if not kinds or kind(value) in kinds:
        return None if value is _LEFT_OUT else admit(value)
    if value is _LEFT_OUT:
        return None
    if not coerced:
        return _NO_MATCH
    if isinstance(value, list):
        return admit(value[0]) if len(value) == 1 and kind(value[0]) in kinds else _NO_MATCH
    return [value] if "list" in kinds and value is not None else _NO_MATCH


@dataclass(slots=True)
class Builtin:
    """All signatures of one name."""

    name: str
    signatures: list[Signature] = field(default_factory=list)

    def invoke(self, at: Moment, given: Sequence[Value]) -> Value:
        """Calls the first signature that fits as given, else the first that fits after conversion; raises
        Null."""
        for coerced in (False, True):
            for signature in self.signatures:
                found = signature.run(at, given, coerced)
                if found is not _NO_MATCH:
                    return found
        raise self._refusal(given)

    def invoke_named(self, at: Moment, names: Sequence[str], given: Sequence[Value]) -> Value:
        """Calls with named arguments; raises Null when no signature has those names."""
        for coerced in (False, True):
            for signature in self.signatures:
                ordered = signature.by_name(names, given)
                found = _NO_MATCH if ordered is None else signature.run(at, ordered, coerced)
                if found is not _NO_MATCH:
                    return found
        raise self._refusal(given, names)

    def _refusal(self, given: Sequence[Value], names: Sequence[str] = ()) -> Null:
        kinds = [kind(value) for value in given]
        written = [f"{name}: {of}" for name, of in zip(names, kinds, strict=True)] if names else kinds
        expected = " / ".join("(" + ", ".join(signature.names) + ")" for signature in self.signatures)
        return Null("arguments", function=self.name, given=", ".join(written), expected=expected)

    def value(self, at: Moment) -> FunctionValue:
        """The built-in as a value that can be handed to other functions."""

        def call(*given: Value) -> Value:
            try:
                return self.invoke(at, given)
            except Null as null:
                note_null(at, null)
                return None

        parameters = tuple(Parameter(name) for name in self.signatures[0].names)
        return FunctionValue(parameters, call, name=self.name)


BUILTINS: Final[dict[str, Builtin]] = {}


def builtin(
    name: str, parameters: str = "", moment: bool = False
) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declares one signature of the built-in `name`; `moment`: the function takes the Moment first."""

    def declare(function: Callable[..., Value]) -> Callable[..., Value]:
        names, kinds, required, variadic = [], [], 0, False
        for written in filter(None, (part.strip() for part in parameters.split(","))):
            label, _, types = (part.strip() for part in written.partition(":"))
            variadic = label.endswith("...")
            required += not label.endswith("?") and not variadic
            names.append(label.rstrip("?."))
            kinds.append(frozenset(_SHORT.get(of, of) for of in types.split("|") if of != "any"))
        entry = BUILTINS.setdefault(name, Builtin(name))
        entry.signatures.append(Signature(tuple(names), tuple(kinds), required, variadic, function, moment))
        return function

    return declare


def whole(value: Decimal, function: str) -> int:
    """A whole number of moderate size as int (a fraction is cut off); raises Null for others."""
    if value.adjusted() > 15:
        raise Null("invalid", function=function, value=value)
    return int(value)
