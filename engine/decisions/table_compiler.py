"""Decision table → CompiledTable: cells to shapes and tests, columns to indexes, outputs to logic.

Law: a fault names the table, the row and the column as the owner sees them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.decisions import model as m
from engine.decisions.cells import shape_of
from engine.decisions.columns import Column, LazyTests, Tests, build_column
from engine.decisions.result import Logic, Value
from engine.decisions.table import CompiledRule, CompiledTable, InputColumn, OutputColumn
from engine.errors import FeelSyntaxError
from engine.feel import Moment, Range, compile_expression, compile_unary_tests

if TYPE_CHECKING:
    from engine.decisions.boxed import LogicCompiler


def compile_table(c: LogicCompiler, table: m.DecisionTable, names: frozenset[str], owner: str) -> CompiledTable:
    """The table of the element called `owner`, in surroundings that know `names`."""
    _check_policy(c, table, owner)
    cells_know = names | {clause.variable for clause in table.inputs if clause.variable}
    inputs = tuple(
        _input(c, clause, _cells(c, table, at, cells_know, owner), names, owner)
        for at, clause in enumerate(table.inputs)
    )
    whole = len(table.outputs) == 1
    outputs = tuple(_output(c, table, clause, names, owner, whole) for clause in table.outputs)
    rules = tuple(_rule(c, table, rule, names, owner) for rule in table.rules)
    return CompiledTable(owner, table.id, inputs, outputs, rules, table.hit_policy, table.aggregation)


def column_title(clause: m.InputClause | m.OutputClause, number: int) -> str:
    """What the owner sees above a column."""
    written = clause.expression.text if isinstance(clause, m.InputClause) else clause.name
    return clause.label or written or str(number)


def _cells(c: LogicCompiler, table: m.DecisionTable, at: int, names: frozenset[str], owner: str) -> Column:
    title = column_title(table.inputs[at], at + 1)
    tests: list[Tests | None] = []
    shapes = []
    for rule in table.rules:
        cell = rule.inputs[at] if at < len(rule.inputs) else m.Text("-", rule.line)
        shape = shape_of(cell.text)
        shapes.append(shape)
        if shape is None:
            tests.append(c.tests(cell, names, owner, *_place(rule, title)) or _NEVER)
            _bare_word(c, table, cell, names, owner, _place(rule, title))
        else:
            tests.append(None if shape.any else LazyTests(cell.text))
    return build_column(tests, shapes)


_WORDS = frozenset({"true", "false", "null"})
_NEVER = compile_unary_tests("null in (1)")  # stands in for a cell that could not be read: it lets nothing through


def _input(c: LogicCompiler, clause: m.InputClause, column: Column, names: frozenset[str], owner: str) -> InputColumn:
    title = clause.label or clause.expression.text
    place, place_zh = f", column “{title}”", f"，列“{title}”"
    allowed = clause.allowed
    return InputColumn(
        label=title,
        logic=c.expression(clause.expression, names, owner, place, place_zh),
        coerce=c.types.coercer(clause.type_ref, f"{owner}: {title}"),
        allowed=None if allowed is None else c.tests(allowed, names, owner, place, place_zh),
        collection=c.types.is_list(clause.type_ref),
        variable=clause.variable,
        column=column,
    )


def _output(
    c: LogicCompiler,
    table: m.DecisionTable,
    clause: m.OutputClause,
    names: frozenset[str],
    owner: str,
    whole: bool,
) -> OutputColumn:
    title = clause.name or clause.label
    place, place_zh = f", output “{title}”", f"，输出列“{title}”"
    type_ref = clause.type_ref
    allowed = clause.allowed or _allowed_by_type(c, table, clause)
    tests = None if clause.allowed is None else c.tests(clause.allowed, names, owner, place, place_zh)
    default = clause.default
    return OutputColumn(
        name="" if whole else clause.name or clause.label,
        title=title or owner,
        coerce=c.types.coercer(type_ref, f"{owner}: {title}"),
        ranks=() if allowed is None else _listed(allowed.text),
        allowed=tests,
        default=None if default is None else c.expression(default, names, owner, place, place_zh),
    )


def _allowed_by_type(c: LogicCompiler, table: m.DecisionTable, clause: m.OutputClause) -> m.Text | None:
    """The enumeration of the output's type, or of its part in the table's type."""
    if clause.type_ref and (found := c.types.allowed_of(clause.type_ref)):
        return found
    return c.types.allowed_of(table.type_ref, clause.name if len(table.outputs) > 1 else "")


def _rule(c: LogicCompiler, table: m.DecisionTable, rule: m.Rule, names: frozenset[str], owner: str) -> CompiledRule:
    outputs: list[Logic] = []
    for at, clause in enumerate(table.outputs):
        cell = rule.outputs[at] if at < len(rule.outputs) else m.Text("", rule.line)
        text = m.Text("", cell.line) if cell.text == "-" else cell
        place = _place(rule, column_title(clause, at + 1))
        outputs.append(c.expression(text, names, owner, *place))
        _bare_word(c, table, text, names, owner, place)
    return CompiledRule(rule.number, rule.id, rule.annotations, tuple(outputs))


def _bare_word(
    c: LogicCompiler,
    table: m.DecisionTable,
    cell: m.Text,
    names: frozenset[str],
    owner: str,
    place: tuple[str, str],
) -> None:
    """A lone word in a cell is a name to FEEL; one that nobody knows was mostly meant as a text."""
    word = cell.text
    if not word.isidentifier() or word in names or word in _WORDS:
        return
    if any(word in clause.expression.text.split() for clause in table.inputs):
        return
    c.fault(
        "table.bare_word", owner, cell.line,
        f"{owner}{place[0]}: “{word}” is read as the name of a variable.",
        f"{owner}{place[1]}：“{word}”会被当作变量名。",
        f'If it is a text, write "{word}".', f'若为文本，请写成 "{word}"。', severity="warning",
    )  # fmt: skip


def _place(rule: m.Rule, title: str) -> tuple[str, str]:
    return f", rule {rule.number}, column “{title}”", f"，规则 {rule.number}，列“{title}”"


def _listed(text: str) -> tuple[Value, ...]:
    """The values of an enumeration in their order; () when the text is no plain list of values."""
    try:
        values = compile_expression(f"[{text}]")({}, Moment(datetime(2000, 1, 1, tzinfo=UTC), UTC))
    except FeelSyntaxError:
        return ()
    if not isinstance(values, list) or any(isinstance(value, Range) for value in values):
        return ()
    return tuple(values)


def _check_policy(c: LogicCompiler, table: m.DecisionTable, owner: str) -> None:
    if table.aggregation is not None and table.hit_policy is not m.HitPolicy.COLLECT:
        c.fault(
            "dmn.aggregation_without_collect", owner, table.line,
            f"{owner}: an aggregation needs the hit policy COLLECT.",
            f"{owner}：聚合方式只能用于 COLLECT 命中策略。",
        )  # fmt: skip
    if len(table.outputs) > 1 and (missing := [o for o in table.outputs if not (o.name or o.label)]):
        c.fault(
            "dmn.output_without_name", owner, missing[0].line,
            f"{owner}: each of several output columns needs a name.",
            f"{owner}：多个输出列时每列都要有名称。",
        )  # fmt: skip
    ordered = table.hit_policy in (m.HitPolicy.PRIORITY, m.HitPolicy.OUTPUT_ORDER)
    if ordered and not any(o.allowed or _allowed_by_type(c, table, o) for o in table.outputs):
        c.fault(
            "dmn.priority_without_values", owner, table.line,
            f"{owner}: {table.hit_policy} needs the output values in their order of priority.",
            f"{owner}:{table.hit_policy} 需要按优先级列出输出值。",
        )  # fmt: skip
    if table.aggregation is not None and len(table.outputs) > 1:
        c.fault(
            "dmn.aggregation_of_several", owner, table.line,
            f"{owner}: an aggregation works on one output column.",
            f"{owner}：聚合只适用于单个输出列。",
        )  # fmt: skip
