"""A rule of a table as its author wrote it, for people who ask why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.decisions import model as m

ANYTHING = ("", "-")
"""What a condition says that always holds (DMN 1.5, 8.3.3)."""


@dataclass(frozen=True, slots=True)
class ToldRule:
    """The decision's name and id, the rule's id; conditions as (column's label, its expression, what it asks);
    conclusions as (column's label, column's name, expression); remarks. `columns`: expression or name of a column ->
    the column's id."""

    decision: str
    decision_id: str
    id: str
    number: int
    conditions: tuple[tuple[str, str, str], ...]
    conclusions: tuple[tuple[str, str, str], ...]
    remarks: tuple[str, ...]
    columns: Mapping[str, str]


def told_rule(decision: m.Decision, table: m.DecisionTable, rule: m.Rule) -> ToldRule:
    """The rule without conditions that always hold."""
    asked = zip(table.inputs, rule.inputs, strict=False)
    given = zip(table.outputs, rule.outputs, strict=False)
    return ToldRule(
        decision=decision.name,
        decision_id=decision.id,
        id=rule.id,
        number=rule.number,
        conditions=tuple(
            (column.label or column.expression.text, column.expression.text, cell.text.strip())
            for column, cell in asked
            if cell.text.strip() not in ANYTHING
        ),
        conclusions=tuple((column.label or column.name, column.name, cell.text.strip()) for column, cell in given),
        remarks=tuple(one for one in rule.annotations if one),
        columns={one.expression.text: one.id for one in table.inputs} | {one.name: one.id for one in table.outputs},
    )
