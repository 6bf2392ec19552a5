"""Closures for names, paths, filters and calls: everything that looks something up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.feel import nodes as n
from engine.feel.builtins import BUILTINS, Builtin
from engine.feel.moment import Moment
from engine.feel.properties import member
from engine.feel.reasons import Null, note, note_null
from engine.feel.scope import Code, Scope
from engine.feel.values import FunctionValue, Value, admit, kind

if TYPE_CHECKING:
    from engine.feel.compiler import Compiler

_HOST_TYPES: Final = frozenset({int, float, tuple})
_MISSING: Final = object()
_NO_MOMENT: Final = Moment(datetime(1, 1, 1, tzinfo=UTC))
"""For built-ins that do not look at the moment."""


def name(compiler: Compiler, node: n.Name) -> Code:
    """A name: the nearest scope that holds it, else a built-in or host function, else null."""
    local = compiler.is_local(node.name)
    if not local and (node.name not in BUILTINS or node.name in compiler.known):
        compiler.free.add(node.name)
    if local and node.name == "partial":
        return _copied(node.name)
    return _nearest(node.name) if compiler.locals else _outermost(node.name)


def _outermost(name: str) -> Code:
    def run(scope: Scope) -> Value:
        try:
            value = scope.names[name]
        except KeyError:
            return _fallback(scope, name)
        return admit(value) if type(value) in _HOST_TYPES else value

    return run


def _nearest(name: str) -> Code:
    def run(scope: Scope) -> Value:
        value = find(scope, name)
        return _fallback(scope, name) if value is _MISSING else value

    return run


def _copied(name: str) -> Code:
    """`partial` as a value is what it was then: the loop goes on filling its own list."""
    return lambda scope: list(scope.charge(find(scope, name)))


def find(scope: Scope, name: str) -> Value:
    """The value of the name in the nearest scope that holds it, or _MISSING."""
    around: Scope | None = scope
    while around is not None:
        if name in around.names:
            value = around.names[name]
            return admit(value) if type(value) in _HOST_TYPES else value
        around = around.outer
    return _MISSING


def _fallback(scope: Scope, name: str) -> Value:
    builtin = BUILTINS.get(name)
    if builtin is not None:
        return builtin.value(scope.at)
    host = scope.at.functions.get(name)
    if host is not None:
        return FunctionValue((), lambda *given: _call_host(scope, name, list(given)), name=name)
    note(scope.at, "unknown-name", name=name)
    return None


# ── paths and filters ─────────────────────────────────────────────────────────────────────────────────────


def path(compiler: Compiler, node: n.Path) -> Code:
    base, key = compiler.code(node.base), node.name

    def run(scope: Scope) -> Value:
        value = base(scope)
        if type(value) is dict and key in value:
            found = value[key]
            return admit(found) if type(found) in _HOST_TYPES else found
        try:
            return member(value, key)
        except Null as null:
            note_null(scope.at, null)
            return None

    return run


def filtered(compiler: Compiler, node: n.Filter) -> Code:
    partial = isinstance(node.base, n.Name) and node.base.name == "partial" and compiler.is_local("partial")
    base = _nearest("partial") if partial else compiler.code(node.base)
    if isinstance(node.predicate, n.Literal) and isinstance(node.predicate.value, Decimal):
        position = node.predicate.value
        return lambda scope: _at(scope, _listed(base(scope)), position)
    with compiler.local("item", open_scope=True):
        predicate = compiler.code(node.predicate)

    return lambda scope: _select(scope, _listed(base(scope)), predicate)


def _listed(value: Value) -> list[Value] | None:
    """What a filter works on: a list as it is, anything else but null as a list of itself."""
    return value if isinstance(value, list) or value is None else [value]


def _select(scope: Scope, items: list[Value] | None, predicate: Code) -> Value:
    if items is None:
        return None
    kept: list[Value] = []
    for at, item in enumerate(items or [None]):
        scope.work()
        found = predicate(_item_scope(scope, admit(item)))
        if found is True:
            kept.append(item)
        elif type(found) is Decimal and at == 0:
            return _at(scope, items, found)
        elif found is not False and found is not None:
            note(scope.at, "filter", kind=kind(found))
            return None
    return kept if items else []


def _item_scope(scope: Scope, item: Value) -> Scope:
    """`item` is the element; the element's own entries come before it."""
    inner = scope.inner({"item": item})
    return inner.inner(item) if isinstance(item, Mapping) else inner


def _at(scope: Scope, items: list[Value] | None, position: Decimal) -> Value:
    """The item at a 1-based index, negative ones from the end; null outside."""
    if items is None:
        return None
    if position == position.to_integral_value() and 0 < abs(position) <= len(items):
        index = int(position)
        return admit(items[index - 1 if index > 0 else index])
    note(scope.at, "index", index=position, length=len(items))
    return None


# ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────


def call(compiler: Compiler, node: n.Call) -> Code:
    arguments = [compiler.code(argument) for argument in node.arguments]
    callee = node.function
    if not isinstance(callee, n.Name):
        return _call_value(compiler.code(callee), arguments, node.names, "function")
    builtin = BUILTINS.get(callee.name)
    if builtin is not None and not compiler.is_local(callee.name) and callee.name not in compiler.known:
        value = _constant(node, builtin)
        return (lambda scope: value) if value is not _MISSING else _call_builtin(builtin, arguments, node.names)
    if not compiler.is_local(callee.name):
        compiler.free.add(callee.name)
    return _call_name(callee.name, arguments, node.names)


_CONSTANT: Final = frozenset({"@", "date", "time", "date and time", "duration"})


def _constant(node: n.Call, builtin: Builtin) -> Value:
    """The value of a call like date("2026-03-31"), which is the same at every moment; _MISSING when it is none."""
    if builtin.name not in _CONSTANT or node.names or not all(isinstance(a, n.Literal) for a in node.arguments):
        return _MISSING
    try:
        return builtin.invoke(_NO_MOMENT, [a.value for a in node.arguments if isinstance(a, n.Literal)])
    except Null:
        return _MISSING


def _call_builtin(builtin: Builtin, arguments: list[Code], names: tuple[str, ...]) -> Code:
    def run(scope: Scope) -> Value:
        given = [argument(scope) for argument in arguments]
        try:
            return _run_builtin(scope, builtin, given, names)
        except Null as null:
            note_null(scope.at, null)
            return None

    return run


def _run_builtin(scope: Scope, builtin: Builtin, given: list[Value], names: tuple[str, ...]) -> Value:
    for value in given:
        scope.charge(value)
    if names:
        return scope.charge(builtin.invoke_named(scope.at, names, given))
    return scope.charge(builtin.invoke(scope.at, given))


def _call_name(name: str, arguments: list[Code], names: tuple[str, ...]) -> Code:
    """A called name that some scope may hold: its function, else the built-in, else the host's."""
    builtin = BUILTINS.get(name)

    def run(scope: Scope) -> Value:
        value = find(scope, name)
        given = [argument(scope) for argument in arguments]
        try:
            if isinstance(value, FunctionValue):
                return invoke(value, given, names)
            if builtin is not None:
                return _run_builtin(scope, builtin, given, names)
            if value is _MISSING and name in scope.at.functions and not names:
                return _call_host(scope, name, given)
            if value is _MISSING:
                raise Null("unknown-function", name=name)
            raise Null("no-function", name=name, kind=kind(value))
        except Null as null:
            note_null(scope.at, null)
            return None

    return run


def _call_value(callee: Code, arguments: list[Code], names: tuple[str, ...], name: str) -> Code:
    def run(scope: Scope) -> Value:
        value = callee(scope)
        given = [argument(scope) for argument in arguments]
        try:
            if not isinstance(value, FunctionValue):
                raise Null("no-function", name=name, kind=kind(value))
            return invoke(value, given, names)
        except Null as null:
            note_null(scope.at, null)
            return None

    return run


def invoke(function: FunctionValue, given: list[Value], names: tuple[str, ...]) -> Value:
    """Calls a function value with arguments by position, or by name when `names` has them: what is not named is
    null then."""
    if not names:
        return function.call(*given)
    by_name = dict(zip(names, given, strict=True))
    wanted = [parameter.name for parameter in function.parameters]
    if len(by_name) != len(names) or not set(by_name) <= set(wanted):
        raise Null("arguments", function=function.name, given=", ".join(names), expected=", ".join(wanted))
    return function.call(*(by_name.get(key) for key in wanted))


def _call_host(scope: Scope, name: str, given: list[Value]) -> Value:
    try:
        return admit(scope.at.functions[name](*given))
    except Exception as error:
        raise Null("host", name=name, reason=error) from error
