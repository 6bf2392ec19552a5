"""A column of conditions compiled so that one look-up answers for all rules at once.

Rules are bits (rule n is bit n-1). For the kinds of values that cells speak of, the column's domain is cut
into regions (cells.py) and holds the bits of the matching rules per region; what cannot be told from the
text alone is run cell by cell, and only for rules that are still alive. The index answers exactly what
running would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from operator import xor
from typing import Any, Final

from engine.decisions.bits import members
from engine.decisions.cells import Domain, Shape, domain_of, key_of
from engine.feel import Moment, UnaryTests, compile_unary_tests

Scope = Mapping[str, Any]

_KINDS: Final = (
    "string", "boolean", "number", "date", "days and time duration", "years and months duration"
)  # fmt: skip


class LazyTests:
    """A cell whose shape is known, as FEEL's unary tests: compiled when a value comes that shapes say nothing
    of (a list, a value of another kind). What the first use keeps is the same for every use.
    """

    __slots__ = ("_compiled", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._compiled: UnaryTests | None = None

    def __call__(self, value: Any, scope: Scope, at: Moment) -> bool | None:
        if self._compiled is None:
            self._compiled = compile_unary_tests(self.text)
        return self._compiled(value, scope, at)


Tests = UnaryTests | LazyTests


@dataclass(frozen=True, slots=True)
class KindIndex:
    """One kind of input value: matching rules per region, and the rules whose cell must be run."""

    domain: Domain
    rules: tuple[int, ...]
    places: Mapping[Any, int]
    run: int

    def mask(self, key: Any) -> int:
        """The rules whose cell is known to match."""
        if self.domain.ordered:
            return self.rules[self.domain.region_of(key)]
        return self.rules[self.places.get(key, len(self.places))]


@dataclass(frozen=True, slots=True)
class Column:
    """One input column over all rules. `tests[n]` is None for the cell `-`."""

    tests: tuple[Tests | None, ...]
    free: int
    null: int
    null_run: int
    kinds: Mapping[str, KindIndex]

    def matching(self, value: Any, scope: Scope, at: Moment, alive: int) -> int:
        """Those of the rules `alive` whose cell lets `value` through."""
        key = key_of(value)
        if key is None:
            return alive & (self.free | self._run(alive & ~self.free, value, scope, at))
        if key[0] == "null":
            known, run = self.null, self.null_run
        else:
            index = self.kinds[key[0]]
            known, run = index.mask(key[1]), index.run
        run &= alive
        return alive & known | self._run(run, value, scope, at) if run else alive & known

    def _run(self, rules: int, value: Any, scope: Scope, at: Moment) -> int:
        found = 0
        while rules:
            bit = rules & -rules
            rules ^= bit
            tests = self.tests[bit.bit_length() - 1]
            if tests is None or tests(value, scope, at) is True:
                found |= bit
        return found


def passes_null(shape: Shape, text: str) -> bool:
    """Whether a cell of known shape lets null through; what a negation makes of null is FEEL's to say."""
    if not shape.negated:
        return shape.any or "null" in shape.kinds()
    return compile_unary_tests(text)(None, {}, Moment(datetime(2000, 1, 1, tzinfo=UTC), UTC)) is True


def build_column(tests: Sequence[Tests | None], shapes: Sequence[Shape | None]) -> Column:
    """A column from its cells and their shapes (None: the cell must be run)."""
    free = run = null = 0
    for number, shape in enumerate(shapes):
        bit, cell = 1 << number, tests[number]
        if cell is None:
            free |= bit
        elif shape is None:
            run |= bit
        elif passes_null(shape, cell.text):
            null |= bit
    known = [shape for shape in shapes if shape is not None]
    kinds = {kind: _kind_index(domain_of(kind, known), shapes, run) for kind in _KINDS}
    return Column(tuple(tests), free, null | free, run, kinds)


def sweep(sets: Sequence[int | None], regions: int) -> tuple[int, ...]:
    """Turns regions per rule into rules per region (None: in no region). One pass over where sets begin and
    end.
    """
    toggles = [0] * (regions + 1)
    for number, found in enumerate(sets):
        for edge in members((found or 0) ^ ((found or 0) << 1)):
            toggles[edge] ^= 1 << number
    return tuple(accumulate(toggles[:-1], xor))


def _kind_index(domain: Domain, shapes: Sequence[Shape | None], run: int) -> KindIndex:
    sets: list[int | None] = []
    for number, shape in enumerate(shapes):
        foreign = shape is not None and shape.negated and domain.kind not in shape.kinds()
        if foreign:
            run |= 1 << number
        sets.append(None if shape is None or foreign else domain.regions(shape))
    places = {} if domain.ordered else {point: at for at, point in enumerate(domain.points)}
    return KindIndex(domain, sweep(sets, domain.size), places, run)
