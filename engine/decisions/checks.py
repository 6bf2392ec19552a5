"""Static checks of decision tables at deployment: overlaps, gaps, rules that can never be reached.

Law: only what is certain is said. Cells that cannot be decided from their text count as not overlapping, as
closing gaps and as hiding nothing; a table too large to search is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from engine.decisions import model as m
from engine.decisions.bits import members
from engine.decisions.grid import Grid, TooComplex, build_grid, witnesses
from engine.decisions.link import LinkedModel
from engine.errors import Fault

SEARCH_STEPS: Final = 60_000
"""Steps a search for gaps or hidden rules may take per table: a second or two at the worst."""
MOST_FAULTS: Final = 20
"""Overlaps named per table."""
_MOST_GAPS: Final = 3

_SINGLE = frozenset({m.HitPolicy.UNIQUE, m.HitPolicy.ANY, m.HitPolicy.FIRST, m.HitPolicy.PRIORITY})


def check_model(linked: LinkedModel, file: str) -> list[Fault]:
    """The faults of every table of the model, tables of business knowledge and of boxed contexts included."""
    faults: list[Fault] = []
    for owner, table in _tables(linked.model):
        widths = {(len(rule.inputs), len(rule.outputs)) for rule in table.rules}
        if not table.inputs or widths != {(len(table.inputs), len(table.outputs))}:
            continue  # nothing to compare, or a fault that is named already
        check = _TableCheck(owner, table, build_grid(table, linked.types), file)
        faults += [*check.never(), *check.overlaps(), *check.gaps(), *check.hidden()]
    return faults


def _tables(model: m.Model) -> Iterator[tuple[str, m.DecisionTable]]:
    for decision in model.decisions:
        yield from ((decision.name, table) for table in _inside(decision.logic))
    for knowledge in model.knowledge:
        yield from ((knowledge.name, table) for table in _inside(knowledge.function))


def _inside(box: m.Boxed | None) -> Iterator[m.DecisionTable]:
    match box:
        case m.DecisionTable():
            yield box
        case m.Function(body=body):
            yield from _inside(body)
        case m.Context(entries=entries):
            for entry in entries:
                yield from _inside(entry.value)
        case m.ListOf(items=items):
            for item in items:
                yield from _inside(item)
        case m.Invocation(bindings=bindings):
            for binding in bindings:
                yield from _inside(binding.value)
        case m.Conditional(then=then, otherwise=otherwise):
            yield from _inside(then)
            yield from _inside(otherwise)
        case _:
            return


@dataclass(frozen=True, slots=True)
class _TableCheck:
    owner: str
    table: m.DecisionTable
    grid: Grid
    file: str

    # ── a rule that matches nothing ──

    def never(self) -> Iterator[Fault]:
        """Rules with a cell that no allowed value passes."""
        for at, rule in enumerate(self.table.rules):
            for column in self.grid.columns:
                cell = column.cells[at]
                if cell is not None and not cell & column.universe:
                    yield self._fault(
                        "table.never", rule, "warning",
                        f"rule {rule.number} never matches: column “{column.title}” allows no such value",
                        f"规则 {rule.number} 永远不会匹配：列“{column.title}”不允许该值",
                        "Check the cell against the allowed values.", "请核对单元格与允许值。",
                    )  # fmt: skip

    # ── overlaps ──

    def overlaps(self) -> Iterator[Fault]:
        """UNIQUE: two rules that match together. ANY: the same, where they do not say the same."""
        if self.table.hit_policy not in (m.HitPolicy.UNIQUE, m.HitPolicy.ANY):
            return
        pairs = self._pairs()
        if self.table.hit_policy is m.HitPolicy.ANY:
            pairs = (pair for pair in pairs if not self._same_outputs(*pair))
        for first, second in islice(pairs, MOST_FAULTS):
            yield self._overlap(first, second)

    def _pairs(self) -> Iterator[tuple[int, int]]:
        rules = [rule for rule in range(self.grid.rules) if self.grid.decided(rule)]
        later = sum(1 << rule for rule in rules)
        columns = []
        for column in self.grid.columns:
            columns.append((column, dict[int, int]()))
        for rule in rules:
            later &= ~(1 << rule)
            together = later
            for column, cache in columns:
                cell = (column.cells[rule] or 0) & column.universe
                if cell not in cache:
                    cache[cell] = _union(column.at_region, cell)
                together &= cache[cell]
            for other in members(together):
                yield rule, other

    def _same_outputs(self, first: int, second: int) -> bool:
        a, b = self.table.rules[first].outputs, self.table.rules[second].outputs
        return [text.text for text in a] == [text.text for text in b]

    def _overlap(self, first: int, second: int) -> Fault:
        a, b = self.table.rules[first], self.table.rules[second]
        place = []
        for column in self.grid.columns:
            both = (column.cells[first] or 0) & (column.cells[second] or 0) & column.universe
            place.append(next(members(both)))
        en, zh = self._place(tuple(place), first, second)
        policy = self.table.hit_policy
        refused = policy is m.HitPolicy.UNIQUE and self._certain(first, second)
        return self._fault(
            "table.overlap", b, "error" if refused else "warning",
            f"rules {a.number} and {b.number} overlap under {policy}, for example where {en}",
            f"规则 {a.number} 与 {b.number} 重叠（{policy}），例如 {zh}",
            "Narrow one of them, or choose FIRST if the upper one shall win.",
            "请收窄其中一条；若应以靠上的规则为准，请改用 FIRST。",
        )  # fmt: skip

    def _certain(self, first: int, second: int) -> bool:
        """Expressions may depend on each other; names do not. One restricted column alone is always
        reachable.
        """
        used = [c for c in self.grid.columns if c.restricts(first) or c.restricts(second)]
        return len(used) < 2 or all(column.plain for column in used)

    # ── gaps ──

    def gaps(self) -> Iterator[Fault]:
        """Values for which a table that should answer has no rule."""
        answered = any(output.default is not None for output in self.table.outputs)
        if self.table.hit_policy not in _SINGLE or answered or not self.table.rules:
            return
        used = [c for c in self.grid.columns if any(c.restricts(rule) for rule in range(self.grid.rules))]
        if len(used) > 1 and not all(column.plain for column in used):
            return
        box = [column.expected for column in self.grid.columns]
        every = (1 << self.grid.rules) - 1
        try:
            found = list(islice(witnesses(self.grid, box, every, True, [SEARCH_STEPS]), _MOST_GAPS))
        except TooComplex:
            return
        for place in found:
            en, zh = self._place(place)
            yield self._fault(
                "table.gap", None, "warning",
                f"no rule answers where {en}", f"存在空缺，没有规则覆盖：{zh}",
                "Add a rule or a default output.", "请补充规则或默认输出。",
            )  # fmt: skip

    # ── hidden rules ──

    def hidden(self) -> Iterator[Fault]:
        """FIRST: rules that the rules above them always forestall."""
        if self.table.hit_policy is not m.HitPolicy.FIRST:
            return
        budget = [SEARCH_STEPS]
        above = 0
        for at, rule in enumerate(self.table.rules):
            box = [
                column.universe if (cell := column.cells[at]) is None else cell & column.universe
                for column in self.grid.columns
            ]
            try:
                reachable = not all(box) or not above or any(witnesses(self.grid, box, above, False, budget))
            except TooComplex:
                return
            if not reachable:
                yield self._fault(
                    "table.unreachable", rule, "warning",
                    f"rule {rule.number} is never reached: the rules above it match first",
                    f"规则 {rule.number} 永远不会执行：总是先匹配其上方的规则",
                    "Move it up or delete it.", "请将其上移或删除。",
                )  # fmt: skip
            if self.grid.decided(at):
                above |= 1 << at

    # ── saying it ──

    def _place(self, regions: tuple[int, ...], *rules: int) -> tuple[str, str]:
        """A place in words: the columns that matter there (for `rules`, or for any rule)."""
        wanted = rules or range(self.grid.rules)
        parts = [
            column.example(region)
            for column, region in zip(self.grid.columns, regions, strict=True)
            if any(column.restricts(rule) for rule in wanted)
        ]
        if not parts:
            return "anything is given", "任意输入"
        return ", ".join(en for en, _ in parts), "、".join(zh for _, zh in parts)

    def _fault(
        self, name: str, rule: m.Rule | None, severity: Literal["error", "warning"],
        en: str, zh: str, hint_en: str, hint_zh: str,
    ) -> Fault:  # fmt: skip
        element = (rule.id if rule else "") or self.table.id or self.owner
        line = rule.line if rule else self.table.line
        return Fault(
            name, element, line, f"{self.owner}: {en}.", f"{self.owner}：{zh}。",
            hint_en, hint_zh, severity, self.file,
        )  # fmt: skip


def _union(at_region: Sequence[int], cell: int) -> int:
    found = 0
    for region in members(cell):
        found |= at_region[region]
    return found
