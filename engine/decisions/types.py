"""Item definitions → FEEL types, and the check that a value is of its declared type (DMN 1.5
§7.3.2, §10.3.2.9.4).

Law: a value that does not conform, even after the standard's implicit conversions, is null with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

from engine.decisions import model as m
from engine.decisions.result import Run, Value
from engine.errors import Fault, FeelSyntaxError
from engine.feel import FunctionValue, Moment, UnaryTests, compile_unary_tests, to_string
from engine.feel.reasons import Null
from engine.feel.types import (
    ANY,
    SIMPLE,
    ContextType,
    FeelType,
    FunctionType,
    ListType,
    RestrictedType,
    coerce,
)

Coerce: TypeAlias = Callable[[Value, Run], Value]

# What DMN 1.1 and Camunda Modeler call the types of FEEL.
_ALIASES: Final = {
    "any": "Any", "integer": "number", "long": "number", "double": "number", "decimal": "number",
    "int": "number", "float": "number", "bool": "boolean", "datetime": "date and time",
    "days and time duration": "days and time duration", "daytimeduration": "days and time duration",
    "yearmonthduration": "years and months duration", "yearsandmonthsduration": "years and months duration",
    "daysandtimeduration": "days and time duration",
}  # fmt: skip
_MOMENT: Final = Moment(datetime(2000, 1, 1, tzinfo=UTC), UTC)


@dataclass(frozen=True, slots=True)
class DeferredType(FeelType):
    """A type that is still being read when it is used: item definitions may be recursive and in any order."""

    known: Mapping[str, FeelType]

    def accepts(self, value: Value) -> bool:
        return self.known[self.name].accepts(value)

    def fits(self, other: FeelType) -> bool:
        return self.name == other.name or self.known[self.name].fits(other)


@dataclass(frozen=True, slots=True)
class CallableType(FunctionType):
    """A function type that a value is held to: what a function leaves undeclared speaks against nothing."""

    def accepts(self, value: Value) -> bool:
        if not isinstance(value, FunctionValue) or len(value.parameters) != len(self.parameters):
            return False
        taken = all(
            theirs.type is None or ours is None or ours.fits(theirs.type)
            for ours, theirs in zip(self.parameters, value.parameters, strict=True)
        )
        undeclared = value.result is None or self.result is None or value.result.name == "Any"
        return taken and (undeclared or value.result.fits(self.result))


class _Reader:
    """Item definitions to types, once per way of asking.

    `held`: with allowed values, for values that are assigned. Otherwise bare, for `instance of`, which asks
    for the type alone.
    """

    def __init__(
        self,
        items: Mapping[str, m.ItemDefinition],
        imported: Mapping[str, FeelType],
        held: bool,
        file: str,
        prefixes: Mapping[str, str],
    ) -> None:
        self.items = items
        self.held = held
        self.prefixes = prefixes  # of qualified names (DMN 1.1, 1.2) that lead into an import: its alias
        self.file = file
        self.faults: list[Fault] = []
        self.types: dict[str, FeelType] = dict(imported)
        self._open: set[str] = set()
        for name in items:
            self._named(name)

    def find(self, type_ref: str) -> FeelType | None:
        """The type behind a reference; None when there is none."""
        prefix, _, name = type_ref.rpartition(":")
        if prefix in self.prefixes:
            return self.types.get(_qualified(self.prefixes[prefix], name))
        if name in self.items:
            return self._named(name)
        return self.types.get(name) or SIMPLE.get(name) or SIMPLE.get(_ALIASES.get(name.lower(), ""))

    def _named(self, name: str) -> FeelType:
        if name in self._open:
            return self.types.get(name) or DeferredType(name, self.types)
        self._open.add(name)
        self.types[name] = self._build(self.items[name])
        return self.types[name]

    def _build(self, item: m.ItemDefinition) -> FeelType:
        found: FeelType = ANY
        if item.function is not None:
            found = self._function(item, item.function)
        elif item.components:
            found = ContextType(item.name, {c.name: self._build(c) for c in item.components})
        elif item.type_ref:
            found = self._checked(item.type_ref, item)
        found = self._restricted(found, item, item.allowed)
        if item.is_collection:
            found = ListType(item.name, found)
        return self._restricted(found, item, item.constraint)

    def _function(self, item: m.ItemDefinition, function: m.FunctionItem) -> FeelType:
        kind = CallableType if self.held else FunctionType
        parameters = (self._checked(p.type_ref, item) if p.type_ref else None for p in function.parameters)
        returns = function.output_type_ref
        return kind(item.name, tuple(parameters), self._checked(returns, item) if returns else None)

    def _checked(self, type_ref: str, owner: m.ItemDefinition) -> FeelType:
        found = self.find(type_ref)
        if found is None:
            self.faults.append(_unknown(type_ref, owner, self.file))
            return ANY
        return found

    def _restricted(self, base: FeelType, item: m.ItemDefinition, text: m.Text | None) -> FeelType:
        if text is None or not self.held:
            return base
        try:
            tests = compile_unary_tests(text.text)
        except FeelSyntaxError as error:
            self.faults.append(_unreadable(error, item, text, self.file))
            return base
        return RestrictedType(item.name, base, _allows(tests))


class Types:
    """The types of one model; `feel` maps their names for FEEL's `instance of`."""

    def __init__(self, model: m.Model, imported: Sequence[tuple[str, Types]], file: str) -> None:
        self.namespace: str = model.namespace
        self._items = {item.name: item for item in model.items}
        bare = {_qualified(a, n): t for a, types in imported for n, t in types.feel.items()}
        held = {_qualified(a, n): t for a, types in imported for n, t in types.held.items()}
        spaces = {types.namespace: alias for alias, types in imported}
        prefixes = {prefix: spaces[uri] for prefix, uri in model.prefixes if prefix and uri in spaces}
        self._reader = _Reader(self._items, held, True, file, prefixes)
        self.held: Mapping[str, FeelType] = self._reader.types
        self.feel: Mapping[str, FeelType] = _Reader(self._items, bare, False, file, prefixes).types
        self.faults = self._reader.faults
        self._file = file

    def of(self, type_ref: str) -> FeelType | None:
        """The type behind a reference; None when nothing is declared or the type is Any or unknown."""
        found = self._reader.find(type_ref) if type_ref else None
        return None if found is None or found.name == "Any" else found

    def known(self, type_ref: str) -> bool:
        """Whether a reference is empty or leads to a type."""
        return not type_ref or self._reader.find(type_ref) is not None

    def coercer(self, type_ref: str, what: str) -> Coerce:
        """A function that holds a value to its type; `what` names the value in the reason for a null."""
        if not self.known(type_ref):
            self.faults.append(_not_known(type_ref, what, self._file))
        wanted = self.of(type_ref)
        if wanted is None:
            return _unchanged

        def held(value: Value, run: Run) -> Value:
            try:
                return coerce(value, wanted)
            except Null:
                shown = to_string(value)
                run.warn(f"{what}: {shown} is not of type {type_ref}", f"{what}:{shown} 不属于类型 {type_ref}")
                return None

        return held

    def is_list(self, type_ref: str) -> bool:
        """Whether the type is a collection."""
        return isinstance(_bare(self.of(type_ref)), ListType)

    def allowed_of(self, type_ref: str, component: str = "") -> m.Text | None:
        """The allowed values of a type of the model, or of one of its components."""
        item = self._items.get(type_ref)
        if item is not None and component:
            item = next((c for c in item.components if c.name == component), None)
        if item is None:
            return None
        return item.allowed or (self.allowed_of(item.type_ref) if item.type_ref != type_ref else None)

    def result_of(self, type_ref: str) -> str:
        """What a function variable's type says of its result: the function's output, or the type itself."""
        item = self._items.get(type_ref)
        return item.function.output_type_ref if item is not None and item.function is not None else type_ref


def _qualified(alias: str, name: str) -> str:
    return f"{alias}.{name}" if alias else name


def _allows(tests: UnaryTests) -> Callable[[Value], bool]:
    return lambda value: tests(value, {}, Moment(_MOMENT.now, _MOMENT.zone)) is True


def _bare(found: FeelType | None) -> FeelType | None:
    while isinstance(found, RestrictedType):
        found = found.base
    return found


def _unchanged(value: Value, run: Run) -> Value:
    return value


def _unreadable(error: FeelSyntaxError, item: m.ItemDefinition, text: m.Text, file: str) -> Fault:
    return Fault(
        "feel.syntax", item.name, text.line,
        f"Type {item.name}, allowed values: {error.text('en')}.",
        f"类型 {item.name} 的允许值：{error.text('zh')}。", file=file,
    )  # fmt: skip


def _not_known(type_ref: str, what: str, file: str) -> Fault:
    return Fault(
        "dmn.unknown_type", what, None,
        f"{what}: there is no type “{type_ref}”; values of any type are taken.",
        f"{what}：没有类型“{type_ref}”，将接受任意类型的值。", severity="warning", file=file,
    )  # fmt: skip


def _unknown(type_ref: str, owner: m.ItemDefinition, file: str) -> Fault:
    return Fault(
        "dmn.unknown_type", owner.name, owner.line,
        f"Type {owner.name}: there is no type “{type_ref}”.",
        f"类型 {owner.name}：没有类型“{type_ref}”。", file=file,
    )  # fmt: skip
