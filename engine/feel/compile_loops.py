"""Closures for `for`, `some` and `every`. Every step is counted, so that no loop runs for ever."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import nodes as n
from engine.feel import wide as w
from engine.feel.reasons import Null, note, note_null
from engine.feel.scope import Code, Scope
from engine.feel.values import Range, Value, admit, kind

if TYPE_CHECKING:
    from engine.feel.compiler import Compiler

_Source = tuple[str, Code, Code | None]


def loop(compiler: Compiler, node: n.For) -> Code:
    with compiler.local("partial"):
        sources, body = _sources(compiler, node.iterators, node.body)

    def run(scope: Scope) -> Value:
        results: list[Value] = []
        try:
            for inner in _bindings(scope.inner({"partial": results}), sources):
                results.append(body(inner))
        except Null as null:
            note_null(scope.at, null)
            return None
        return results

    return run


def quantified(compiler: Compiler, node: n.Quantified) -> Code:
    sources, condition = _sources(compiler, node.iterators, node.condition)
    decisive = not node.every

    def run(scope: Scope) -> Value:
        result: bool | None = node.every
        try:
            for inner in _bindings(scope, sources):
                found = condition(inner)
                if found is decisive:
                    return decisive
                if not isinstance(found, bool):
                    result = None
                    if found is not None:
                        note(scope.at, "no-boolean", place="satisfies", kind=kind(found))
        except Null as null:
            note_null(scope.at, null)
            return None
        return result

    return run


def _sources(compiler: Compiler, iterators: tuple[n.Iterator, ...], body: n.Node) -> tuple[list[_Source], Code]:
    """The iterators in order, each seeing the names of those before it, and the body that sees all."""
    if not iterators:
        return [], compiler.code(body)
    first = iterators[0]
    source = compiler.code(first.source)
    end = compiler.code(first.end) if first.end is not None else None
    with compiler.local(first.name):
        rest, code = _sources(compiler, iterators[1:], body)
    return [(first.name, source, end), *rest], code


def _bindings(scope: Scope, sources: list[_Source]) -> Iterator[Scope]:
    """One scope for each combination, the last iterator running fastest."""
    name, source, end = sources[0]
    start = source(scope)
    values = elements(start) if end is None else _steps(start, end(scope))
    for value in values:
        scope.work()
        inner = scope.inner({name: value})
        if len(sources) == 1:
            yield inner
        else:
            yield from _bindings(inner, sources[1:])


def elements(source: Value) -> Iterator[Value]:
    """What iteration runs over: a list's items, an interval's steps, any other value once; raises Null for
    null."""
    if isinstance(source, list):
        return map(admit, source)
    if isinstance(source, Range):
        return range_steps(source)
    if source is None:
        raise Null("iterate", kind="null")
    return iter([source])


def range_steps(interval: Range) -> Iterator[Value]:
    """The whole numbers or days of an interval, from its start to its end; raises Null where it has no
    steps."""
    for value in _steps(interval.start, interval.end):
        if not (value == interval.start and not interval.start_included) and not (
            value == interval.end and not interval.end_included
        ):
            yield value


def _steps(start: Value, end: Value) -> Iterator[Value]:
    """From start to end, both included, upwards or downwards, by 1 or by a day."""
    of = kind(start)
    if of != kind(end) or of not in ("number", "date"):
        raise Null("iterate", kind=f"{of}..{kind(end)}")
    if of == "number":
        return _numbers(admit(start), admit(end))
    return _days(w.day_number(start), w.day_number(end))


def _numbers(start: Decimal, end: Decimal) -> Iterator[Decimal]:
    step = 1 if start <= end else -1
    while (start <= end) if step == 1 else (start >= end):
        yield start
        start = start + step


def _days(start: int, end: int) -> Iterator[Value]:
    step = 1 if start <= end else -1
    return map(w.from_day_number, range(start, end + step, step))
