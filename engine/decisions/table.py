"""A compiled decision table: which rules match, and what the hit policy makes of them (DMN 1.5 §8.2.8 to
§8.2.10).

Law: matching asks every column for the rules it lets through (columns.py); outputs are computed only for
rules that matched. A table that cannot answer gives null and says why, naming its rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.decisions.bits import members
from engine.decisions.columns import Column
from engine.decisions.model import Aggregation, HitPolicy
from engine.decisions.result import FiredRule, Logic, Run, Scope, Value
from engine.feel import UnaryTests, compile_expression, equal, to_string

Coerce = Callable[[Value, Run], Value]


@dataclass(frozen=True, slots=True)
class InputColumn:
    """One input: its logic and type, the tests its values must pass, the name cells may use, the cells."""

    label: str
    logic: Logic
    coerce: Coerce
    allowed: UnaryTests | None
    collection: bool
    variable: str
    column: Column


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One output: its name ("" when it is the only one), title, type, values by priority, tests of them,
    default.
    """

    name: str
    title: str
    coerce: Coerce
    ranks: tuple[Value, ...]
    allowed: UnaryTests | None
    default: Logic | None


@dataclass(frozen=True, slots=True)
class CompiledRule:
    number: int
    id: str
    annotations: tuple[str, ...]
    outputs: tuple[Logic, ...]


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """Call it with scope and run for the table's value."""

    owner: str
    id: str
    inputs: tuple[InputColumn, ...]
    outputs: tuple[OutputColumn, ...]
    rules: tuple[CompiledRule, ...]
    hit_policy: HitPolicy
    aggregation: Aggregation | None

    def __call__(self, scope: Scope, run: Run) -> Value:
        values = self._input_values(scope, run)
        if values is None:
            return None
        matched = self._matching(values, scope, run)
        if not matched:
            return self._without_match(scope, run)
        hits = [self._hit(rule, scope, run) for rule in matched]
        return _POLICIES[self.hit_policy](self, hits, run)

    # ── matching ──

    def _input_values(self, scope: Scope, run: Run) -> list[Value] | None:
        values = []
        for column in self.inputs:
            value = column.coerce(column.logic(scope, run), run)
            if column.allowed is not None and not _allowed(column.allowed, value, column.collection, scope, run):
                run.warn(
                    f"{self.owner}: “{column.label}” is {_shown(value)}, which is not among its allowed values",
                    f"{self.owner}：“{column.label}”的值 {_shown(value)} 不在允许范围内",
                )
                return None
            values.append(value)
        return values

    def _matching(self, values: Sequence[Value], scope: Scope, run: Run) -> list[CompiledRule]:
        alive = (1 << len(self.rules)) - 1
        named = {c.variable: v for c, v in zip(self.inputs, values, strict=True) if c.variable}
        cells = {**scope, **named} if named else scope
        for column, value in zip(self.inputs, values, strict=True):
            alive = column.column.matching(value, cells, run.at, alive)
            if not alive:
                return []
        if self.hit_policy is HitPolicy.FIRST:
            alive &= -alive
        return [self.rules[at] for at in members(alive)]

    def _hit(self, rule: CompiledRule, scope: Scope, run: Run) -> Hit:
        results = zip(self.outputs, rule.outputs, strict=True)
        return Hit(rule, tuple(self._output(column, logic(scope, run), scope, run) for column, logic in results))

    def _output(self, column: OutputColumn, value: Value, scope: Scope, run: Run) -> Value:
        value = column.coerce(value, run)
        if value is None or column.allowed is None or _allowed(column.allowed, value, True, scope, run):
            return value
        run.warn(
            f"{self.owner}: “{column.title}” gives {_shown(value)}, which is not among its allowed values",
            f"{self.owner}：“{column.title}”的结果 {_shown(value)} 不在允许范围内",
        )
        return None

    # ── results ──

    def _without_match(self, scope: Scope, run: Run) -> Value:
        defaults = [column.default for column in self.outputs]
        if any(default is not None for default in defaults):
            values = tuple(None if default is None else default(scope, run) for default in defaults)
            value = self.shape(values)
            return [value] if self._is_list() else value
        if self._is_list():
            return []
        if self.aggregation is Aggregation.COUNT:
            return Decimal(0)
        run.warn(f"{self.owner}: no rule of the table matches", f"{self.owner}：决策表没有匹配的规则")
        return None

    def _is_list(self) -> bool:
        listing = (HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER)
        return self.hit_policy in listing or (self.hit_policy is HitPolicy.COLLECT and self.aggregation is None)

    def shape(self, values: Sequence[Value]) -> Value:
        """One output is the value itself, several are a context."""
        if len(self.outputs) == 1:
            return values[0]
        return {column.name: value for column, value in zip(self.outputs, values, strict=True)}

    def fire(self, hits: Sequence[Hit], run: Run) -> None:
        """Records the hits that made the result."""
        for hit in hits:
            outputs = {c.title: v for c, v in zip(self.outputs, hit.values, strict=True)}
            rule = hit.rule
            run.fired.append(FiredRule(self.owner, self.id, rule.number, rule.id, rule.annotations, outputs))

    def ranked(self, hits: Sequence[Hit]) -> list[Hit]:
        """By the order of the allowed output values, first column first; stable."""
        return sorted(hits, key=lambda hit: self._ranks(hit.values))

    def _ranks(self, values: Sequence[Value]) -> tuple[int, ...]:
        return tuple(_rank(c.ranks, value) for c, value in zip(self.outputs, values, strict=True) if c.ranks)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, and its output values."""

    rule: CompiledRule
    values: tuple[Value, ...]


def _unique(table: CompiledTable, hits: Sequence[Hit], run: Run) -> Value:
    table.fire(hits, run)
    if len(hits) > 1:
        _refuse(table, hits, run, "a UNIQUE table must match one rule", "UNIQUE 决策表只能匹配一条规则")
        return None
    return table.shape(hits[0].values)


def _first(table: CompiledTable, hits: Sequence[Hit], run: Run) -> Value:
    table.fire(hits[:1], run)
    return table.shape(hits[0].values)


def _priority(table: CompiledTable, hits: Sequence[Hit], run: Run) -> Value:
    best = table.ranked(hits)[:1]
    table.fire(best, run)
    return table.shape(best[0].values)


def _any(table: CompiledTable, hits: Sequence[Hit], run: Run) -> Value:
    table.fire(hits, run)
    first = hits[0].values
    if not all(_same(a, b) for hit in hits[1:] for a, b in zip(first, hit.values, strict=True)):
        _refuse(table, hits, run, "an ANY table's matching rules must agree", "ANY 决策表匹配的规则结论必须一致")
        return None
    return table.shape(first)


def _rule_order(table: CompiledTable, hits: Sequence[Hit], run: Run) -> Value:
    table.fire(hits, run)
    return [table.shape(hit.values) for hit in hits]


def _output_order(table: CompiledTable, hits: Sequence[Hit], run: Run) -> Value:
    return _rule_order(table, table.ranked(hits), run)


def _collect(table: CompiledTable, hits: Sequence[Hit], run: Run) -> Value:
    table.fire(hits, run)
    match table.aggregation:
        case None:
            return [table.shape(hit.values) for hit in hits]
        case Aggregation.COUNT:
            return Decimal(len(hits))
        case aggregation:
            columns = zip(*(hit.values for hit in hits), strict=True)
            return table.shape([_aggregate(table, aggregation, values, run) for values in columns])


_POLICIES: Mapping[HitPolicy, Callable[[CompiledTable, Sequence[Hit], Run], Value]] = {
    HitPolicy.UNIQUE: _unique,
    HitPolicy.FIRST: _first,
    HitPolicy.PRIORITY: _priority,
    HitPolicy.ANY: _any,
    HitPolicy.RULE_ORDER: _rule_order,
    HitPolicy.OUTPUT_ORDER: _output_order,
    HitPolicy.COLLECT: _collect,
}


_AGGREGATES = {
    Aggregation.SUM: compile_expression("sum(values)", ("values",)),
    Aggregation.MIN: compile_expression("min(values)", ("values",)),
    Aggregation.MAX: compile_expression("max(values)", ("values",)),
}


def _aggregate(table: CompiledTable, aggregation: Aggregation, values: Sequence[Value], run: Run) -> Value:
    """Through FEEL's own sum, min and max, so that dates and durations aggregate as FEEL says."""
    value = _AGGREGATES[aggregation]({"values": list(values)}, run.at)
    if value is None:
        run.warn(
            f"{table.owner}: {aggregation} cannot be taken of {_shown(list(values))}",
            f"{table.owner}：无法对 {_shown(list(values))} 计算 {aggregation}",
        )
    return value


def _refuse(table: CompiledTable, hits: Sequence[Hit], run: Run, en: str, zh: str) -> None:
    numbers = [str(hit.rule.number) for hit in hits]
    run.warn(
        f"{table.owner}: rules {', '.join(numbers)} match; {en}",
        f"{table.owner}：规则 {'、'.join(numbers)} 同时匹配；{zh}",
    )


def _allowed(tests: UnaryTests, value: Value, collection: bool, scope: Scope, run: Run) -> bool:
    if collection and isinstance(value, list):
        return all(tests(item, scope, run.at) is True for item in value)
    return tests(value, scope, run.at) is True


def _shown(value: Value) -> str:
    return "null" if value is None else str(to_string(value))


def _rank(ranks: Sequence[Value], value: Value) -> int:
    return next((at for at, rank in enumerate(ranks) if _same(rank, value)), len(ranks))


def _same(left: Value, right: Value) -> bool:
    return left is right or equal(left, right) is True
