"""FEEL types as values: what `instance of` asks, what parameters demand, what results are coerced to
(DMN 1.5 §10.3.2.9, table 54 on conformance and the implicit conversions)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.feel import nodes as n
from engine.feel.arithmetic import midnight
from engine.feel.reasons import Null
from engine.feel.values import FunctionValue, Range, Value, kind


@dataclass(frozen=True, slots=True)
class FeelType:
    """A simple type by its FEEL name; "Any" holds everything but null, "Null" null only."""

    name: str

    def accepts(self, value: Value) -> bool:
        """Whether `value` is an instance; null is one of Null only."""
        if self.name == "Any":
            return value is not None
        if self.name == "duration":
            return kind(value).endswith("duration")
        return kind(value) == self.name.lower()

    def fits(self, other: FeelType) -> bool:
        """Whether every instance of this type is one of `other` (conformance)."""
        return other.name == "Any" or self == other or self.name == "Null"


@dataclass(frozen=True, slots=True)
class ListType(FeelType):
    """list<of>."""

    of: FeelType

    def accepts(self, value: Value) -> bool:
        return isinstance(value, list | tuple) and all(_holds(self.of, item) for item in value)

    def fits(self, other: FeelType) -> bool:
        return other.name == "Any" or (isinstance(other, ListType) and self.of.fits(other.of))


@dataclass(frozen=True, slots=True)
class RangeType(FeelType):
    """range<of>."""

    of: FeelType

    def accepts(self, value: Value) -> bool:
        if not isinstance(value, Range):
            return False
        return all(_holds(self.of, end) for end in (value.start, value.end) if end is not None)

    def fits(self, other: FeelType) -> bool:
        return other.name == "Any" or (isinstance(other, RangeType) and self.of.fits(other.of))


@dataclass(frozen=True, slots=True)
class ContextType(FeelType):
    """context<name: type, …>: at least these entries."""

    fields: Mapping[str, FeelType]

    def accepts(self, value: Value) -> bool:
        if kind(value) != "context":
            return False
        return all(key in value and _holds(of, value[key]) for key, of in self.fields.items())

    def fits(self, other: FeelType) -> bool:
        if other.name == "Any":
            return True
        return isinstance(other, ContextType) and all(
            key in self.fields and self.fields[key].fits(of) for key, of in other.fields.items()
        )


@dataclass(frozen=True, slots=True)
class FunctionType(FeelType):
    """function<parameters> -> result. None for a type that is not declared."""

    parameters: tuple[FeelType | None, ...]
    result: FeelType | None

    def accepts(self, value: Value) -> bool:
        if not isinstance(value, FunctionValue):
            return False
        return FunctionType("function", tuple(p.type for p in value.parameters), value.result).fits(self)

    def fits(self, other: FeelType) -> bool:
        """Parameters the other way round (contravariant), the result the same way; what is undeclared is
        Any."""
        if other.name == "Any":
            return True
        if not isinstance(other, FunctionType) or len(self.parameters) != len(other.parameters):
            return False
        taken = all(
            (theirs or ANY).fits(ours or ANY) for ours, theirs in zip(self.parameters, other.parameters, strict=True)
        )
        return taken and (self.result or ANY).fits(other.result or ANY)


@dataclass(frozen=True, slots=True)
class RestrictedType(FeelType):
    """A model's own type: `base` with allowed values. `allows` tells whether a value that the base accepts
    is one."""

    base: FeelType
    allows: Callable[[Value], bool]

    def accepts(self, value: Value) -> bool:
        return self.base.accepts(value) and self.allows(value)

    def fits(self, other: FeelType) -> bool:
        return self is other or self.base.fits(other)


@dataclass(frozen=True, slots=True)
class UnknownType(FeelType):
    """A type that nobody has declared: asking it is null."""

    def accepts(self, value: Value) -> bool:
        raise Null("unknown-type", name=self.name)


ANY: Final = FeelType("Any")
SIMPLE: Final[dict[str, FeelType]] = {
    name: FeelType(name)
    for name in (
        "Any", "Null", "number", "string", "boolean", "date", "time", "date and time", "list", "context",
        "days and time duration", "years and months duration", "function", "range",
    )
}  # fmt: skip
SIMPLE["dateTime"] = SIMPLE["date and time"]
SIMPLE["dayTimeDuration"] = SIMPLE["days and time duration"]
SIMPLE["yearMonthDuration"] = SIMPLE["years and months duration"]


def _holds(of: FeelType, value: Value) -> bool:
    """Inside lists and contexts null belongs to every type."""
    return value is None or of.accepts(value)


def resolve(node: n.TypeNode, types: Mapping[str, FeelType]) -> FeelType:
    """The type as written in an expression; the model's own `types` come before the simple ones."""
    if not node.generic:
        found = types.get(node.name) or SIMPLE.get(node.name)
        return unrestricted(found) if found else UnknownType(node.name)
    of = tuple(resolve(item, types) for item in node.of)
    if node.name == "list":
        return ListType("list", of[0])
    if node.name == "range":
        return RangeType("range", of[0])
    if node.name == "context":
        return ContextType("context", {key: resolve(item, types) for key, item in node.fields})
    return FunctionType("function", of, resolve(node.result, types) if node.result else None)


def unrestricted(of: FeelType) -> FeelType:
    """The type without allowed values, at any depth: `instance of` does not ask for them."""
    if isinstance(of, RestrictedType):
        return unrestricted(of.base)
    if isinstance(of, ListType):
        return ListType(of.name, unrestricted(of.of))
    if isinstance(of, ContextType):
        return ContextType(of.name, {key: unrestricted(item) for key, item in of.fields.items()})
    return of


_LITERALS: Final = {str: "string", Decimal: "number", bool: "boolean", type(None): "Null"}


def infer(node: n.Node) -> FeelType:
    """What can be said of an expression's type without running it; Any when nothing."""
    if isinstance(node, n.Literal):
        return SIMPLE[_LITERALS[type(node.value)]]
    if isinstance(node, n.ContextNode):
        return ContextType("context", {key: infer(value) for key, value in node.entries})
    if isinstance(node, n.Comparison | n.Between | n.In | n.InstanceOf | n.Quantified):
        return SIMPLE["boolean"]
    if isinstance(node, n.ListNode):
        of = {infer(item) for item in node.items if not isinstance(item, n.ContextNode)}
        return ListType("list", of.pop() if len(of) == 1 else ANY)
    return ANY


def coerce(value: Value, to: FeelType | None) -> Value:
    """`value` as an instance of `to`: itself, the item of a one-item list, a list of itself, or a date as
    its UTC midnight; raises Null when it is none. Null stays null."""
    if to is None or value is None or to.accepts(value):
        return value
    if isinstance(value, list) and len(value) == 1 and to.accepts(value[0]):
        return value[0]
    if not isinstance(value, list) and to.accepts([value]):
        return [value]
    if kind(value) == "date" and to.name == "date and time":
        return midnight(value)
    raise Null("type", kind=kind(value), type=to.name)
