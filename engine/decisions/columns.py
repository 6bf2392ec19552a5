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
from typing import Any, Final

from engine.decisions.cells import Domain, Shape, domain_of, key_of
from engine.feel import Moment, UnaryTests

Scope = Mapping[str, Any]

_KINDS: Final = (
    "string", "boolean", "number", "date", "days and time duration", "years and months duration"
)  # fmt: skip


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

    tests: tuple[UnaryTests | None, ...]
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


def build_column(tests: Sequence[UnaryTests | None], shapes: Sequence[Shape | None]) -> Column:
    """A column from its compiled cells and their shapes (None: the cell must be run)."""
    free = run = null = null_run = 0
    moment = Moment(datetime(2000, 1, 1, tzinfo=UTC), UTC)
    for number, shape in enumerate(shapes):
        bit, cell = 1 << number, tests[number]
        if cell is None:
            free |= bit
        elif shape is None:
            run |= bit
        elif cell(None, {}, moment) is True:  # a constant cell: what null does to it never changes
            null |= bit
    null_run = run
    known = [shape for shape in shapes if shape is not None]
    kinds = {kind: _kind_index(domain_of(kind, known), shapes, run) for kind in _KINDS}
    return Column(tuple(tests), free, null | free, null_run, kinds)


def _kind_index(domain: Domain, shapes: Sequence[Shape | None], run: int) -> KindIndex:
    toggles = [0] * (domain.size + 1)
    for number, shape in enumerate(shapes):
        if shape is None:
            continue
        bit = 1 << number
        if shape.negated and domain.kind not in shape.kinds():
            run |= bit
            continue
        regions = domain.regions(shape)
        changes = regions ^ (regions << 1)
        while changes:
            first = changes & -changes
            changes ^= first
            toggles[first.bit_length() - 1] ^= bit
    rules, alive = [], 0
    for toggle in toggles[:-1]:
        alive ^= toggle
        rules.append(alive)
    places = {} if domain.ordered else {point: at for at, point in enumerate(domain.points)}
    return KindIndex(domain, tuple(rules), places, run)
