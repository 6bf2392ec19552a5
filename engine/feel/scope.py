"""Where a running expression finds its names. A scope is one mapping and the scope around it; nothing in it
changes once evaluation has entered (a context literal fills its own as it goes)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from engine.feel.moment import Moment
from engine.feel.reasons import Null
from engine.feel.values import Value

MAX_WORK: Final = 2_000_000
"""Steps that one evaluation may take before it ends as null: an iteration is one, a call of a function literal
CALL_WORK, a long string or list that a built-in reads or makes as many as it is long, divided by the sizes below."""
CALL_WORK: Final = 5
_STRING_STEP: Final = 64
_LIST_STEP: Final = 8


class Scope:
    """`names` here, `outer` around; `at` is the moment and `meter` the one-element count of iteration
    steps, both shared by the whole evaluation."""

    __slots__ = ("at", "meter", "names", "outer")

    def __init__(self, names: Mapping[str, Value], outer: Scope | None, at: Moment, meter: list[int]) -> None:
        self.names = names
        self.outer = outer
        self.at = at
        self.meter = meter

    def inner(self, names: Mapping[str, Value]) -> Scope:
        """A scope inside this one."""
        return Scope(names, self, self.at, self.meter)

    def work(self, steps: int = 1) -> None:
        """Counts iteration; raises Null when the evaluation has done too much of it."""
        self.meter[0] += steps
        if self.meter[0] > MAX_WORK:
            raise Null("work", limit=MAX_WORK)

    def charge(self, value: Value) -> Value:
        """Counts the handling of a long string or list; the value itself again."""
        if type(value) is str:
            if len(value) > 1024:
                self.work(len(value) // _STRING_STEP)
        elif type(value) is list and len(value) > 64:
            self.work(len(value) // _LIST_STEP)
        return value


Code: TypeAlias = Callable[[Scope], Value]
"""Compiled FEEL: scope in, value out."""
