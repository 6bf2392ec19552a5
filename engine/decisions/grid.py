"""A decision table as a grid of regions: what the static checks compute with.

Each column's values are cut into regions inside which no cell tells two values apart (cells.py), null being
one more region. A rule is then one set of regions (bits) per column, or None where a cell cannot be decided
from its text. Columns that test the same expression are one column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.decisions import model as m
from engine.decisions.bits import members
from engine.decisions.cells import Domain, Shape, domain_of, shape_of
from engine.decisions.columns import passes_null, sweep
from engine.decisions.types import Types
from engine.feel import YearsMonths, to_string

_PLAIN: Final = re.compile(r"[^\W\d]\w*(?:[ .]+\w+)*")


class TooComplex(Exception):
    """The search went over its budget: nothing is said about the table."""


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One tested expression. `cells[rule]` are the regions its cell lets through; `domain` is None when no
    cell restricts it. `universe` are the regions of values that may occur, `expected` those that a complete
    table must answer."""

    title: str
    plain: bool
    domain: Domain | None
    universe: int
    expected: int
    cells: tuple[int | None, ...]

    at_region: tuple[int, ...]
    doubtful: int

    @property
    def regions(self) -> int:
        return 1 if self.domain is None else self.domain.size

    def rules_at(self, region: int, doubtful: bool) -> int:
        """The rules (bits) that let a region through; `doubtful` says whether undecidable cells count."""
        return self.at_region[region] | (self.doubtful if doubtful else 0)

    def restricts(self, rule: int) -> bool:
        """Whether the rule's cell is more than `-`."""
        cell = self.cells[rule]
        return cell is None or cell != (1 << (self.regions + 1)) - 1

    def example(self, region: int) -> tuple[str, str]:
        """A region in words, English and Chinese."""
        if region == self.regions:
            return f"{self.title} is null", f"{self.title} 为 null"
        domain = self.domain
        if domain is None:
            return f"any {self.title}", f"任意 {self.title}"
        points = [_written(domain.kind, point) for point in domain.points]
        if not domain.ordered:
            if region < len(points):
                return (f"{self.title} = {points[region]}",) * 2
            return f"{self.title} = another value", f"{self.title} 为其他值"
        at, is_point = divmod(region, 2)
        if is_point:
            return (f"{self.title} = {points[at]}",) * 2
        if at == len(points):
            return (f"{self.title} > {points[at - 1]}",) * 2
        low = f"{points[at - 1]} < " if at else ""
        return (f"{low}{self.title} < {points[at]}",) * 2


@dataclass(frozen=True, slots=True)
class Grid:
    columns: tuple[GridColumn, ...]
    rules: int

    def decided(self, rule: int) -> bool:
        """Whether every cell of the rule is understood."""
        return all(column.cells[rule] is not None for column in self.columns)


def build_grid(table: m.DecisionTable, types: Types) -> Grid:
    """The grid of a table whose rules have a cell for every column."""
    groups: dict[str, list[int]] = {}
    for at, clause in enumerate(table.inputs):
        groups.setdefault(" ".join(clause.expression.text.split()), []).append(at)
    return Grid(tuple(_column(table, at, types) for at in groups.values()), len(table.rules))


def _column(table: m.DecisionTable, places: Sequence[int], types: Types) -> GridColumn:
    clause = table.inputs[places[0]]
    texts = [[rule.inputs[at].text for at in places] for rule in table.rules]
    shapes = [[shape_of(text) for text in row] for row in texts]
    allowed = clause.allowed or types.allowed_of(clause.type_ref)
    bounds = None if allowed is None else shape_of(allowed.text)
    if bounds is not None and (bounds.any or bounds.negated):
        bounds = None
    known = [shape for row in shapes for shape in row if shape is not None]
    kinds = {kind for shape in known for kind in shape.kinds() if kind != "null"}
    domain = None
    if len(kinds) == 1:
        domain = domain_of(kinds.pop(), known if bounds is None else [*known, bounds])
    elif kinds:  # several kinds of value in one column: only `-` is decided
        shapes = [[shape if shape is not None and shape.any else None for shape in row] for row in shapes]
    cells = tuple(_bits(domain, row, written) for row, written in zip(shapes, texts, strict=True))
    universe, expected = _bounds(domain, bounds, known)
    text = clause.expression.text
    title = clause.label or text
    regions = 2 if domain is None else domain.size + 1
    doubtful = sum(1 << rule for rule, cell in enumerate(cells) if cell is None)
    plain = _PLAIN.fullmatch(text) is not None
    return GridColumn(title, plain, domain, universe, expected, cells, sweep(cells, regions), doubtful)


def _bits(domain: Domain | None, shapes: Sequence[Shape | None], texts: Sequence[str]) -> int | None:
    """One rule's regions in a column, null being the highest; several cells on one expression must all let
    pass.
    """
    size = 1 if domain is None else domain.size
    found = (1 << (size + 1)) - 1
    for shape, text in zip(shapes, texts, strict=True):
        if shape is None:
            return None
        if shape.any:
            continue
        inside = 0 if domain is None else domain.regions(shape)
        found &= inside | (passes_null(shape, text) << size)
    return found


def _bounds(domain: Domain | None, allowed: Shape | None, shapes: Sequence[Shape]) -> tuple[int, int]:
    """The regions that may occur, and those that a complete table must answer."""
    if domain is None:
        return 0b11, 0b01
    every = (1 << domain.size) - 1
    null = 1 << domain.size
    if allowed is not None:
        inside = domain.regions(allowed)
        return inside | null, inside
    if domain.kind == "string":  # without an enumeration nobody can expect an answer for any other text
        return every | null, every & ~(1 << (domain.size - 1))
    if domain.ordered and all(not s.negated and all(p.low == p.high for p in s.spans) for s in shapes):
        points = sum(1 << (2 * at + 1) for at in range(len(domain.points)))
        return every | null, points  # codes such as grades 1 to 4: what lies between them is nobody's question
    if domain.kind == "boolean":
        present = {bool(point) for point in domain.points}
        both = every if len(present) < 2 else every & ~(1 << (domain.size - 1))
        return both | null, both
    return every | null, every


def witnesses(
    grid: Grid, box: Sequence[int], rules: int, doubtful: bool, budget: list[int]
) -> Iterator[tuple[int, ...]]:
    """Places inside `box` (regions per column) that none of `rules` (bits) covers, as region per column.

    Raises TooComplex when `budget[0]` steps do not suffice.
    """
    columns = grid.columns
    masks: list[Mapping[int, int]] = [
        {region: column.rules_at(region, doubtful) & rules for region in members(bits)}
        for column, bits in zip(columns, box, strict=True)
    ]
    # Rules that cover the whole rest of the box from a column on: while one is alive nothing is open there.
    covers = [rules] * (len(columns) + 1)
    for at in range(len(columns) - 1, -1, -1):
        covers[at] = covers[at + 1]
        for mask in masks[at].values():
            covers[at] &= mask
    closed: set[tuple[int, int]] = set()

    def search(at: int, alive: int, path: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        budget[0] -= 1
        if budget[0] < 0:
            raise TooComplex
        if not alive:
            yield path + tuple(next(members(bits)) for bits in box[at:])
            return
        if alive & covers[at] or (at, alive) in closed:
            return
        open_here = False
        seen: set[int] = set()
        for region, mask in masks[at].items():
            rest = alive & mask
            if rest in seen:
                continue
            seen.add(rest)
            for found in search(at + 1, rest, (*path, region)):
                open_here = True
                yield found
        if not open_here:
            closed.add((at, alive))

    if all(box):
        yield from search(0, rules, ())


def _written(kind: str, point: Any) -> str:
    if kind == "string":
        return f'"{point}"'
    if kind == "years and months duration":
        return to_string(YearsMonths(point)) or ""
    return str(to_string(point))
