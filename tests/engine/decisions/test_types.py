"""Declared types: a value that does not conform is null with a reason (DMN 1.5 §10.3.2.9.4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.engine.decisions.models import compiled, decision, definitions, input_data, literal, moment, value_of

ITEMS = """
<itemDefinition name="tScore"><typeRef>number</typeRef>
  <allowedValues><text>[0..100]</text></allowedValues></itemDefinition>
<itemDefinition name="tScores" isCollection="true"><typeRef>tScore</typeRef></itemDefinition>
<itemDefinition name="tFew" isCollection="true"><typeRef>tScore</typeRef>
  <typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>
<itemDefinition name="tParty"><itemComponent name="full name"><typeRef>string</typeRef></itemComponent>
  <itemComponent name="score"><typeRef>tScore</typeRef></itemComponent></itemDefinition>
<itemDefinition name="tTree"><itemComponent name="v"><typeRef>number</typeRef></itemComponent>
  <itemComponent name="children" isCollection="true"><typeRef>tTree</typeRef></itemComponent></itemDefinition>
"""


def as_type(type_ref: str, value: Any) -> Any:
    """The value as an input of that type sees it."""
    xml = definitions(ITEMS + input_data("v", type_ref) + decision("d", literal("v"), ["input:#v"]))
    return value_of(xml, v=value)


@pytest.mark.parametrize(
    ("type_ref", "value", "expected"),
    [
        ("number", 5, Decimal(5)),
        ("number", "5", None),
        ("number", True, None),
        ("string", 5, None),
        ("integer", 5, Decimal(5)),
        ("feel:string", "x", "x"),
        ("Any", {"a": 1}, {"a": Decimal(1)}),
        ("tScore", 100, Decimal(100)),
        ("tScore", 101, None),
        ("tScores", [1, 2], [Decimal(1), Decimal(2)]),
        ("tScores", 7, [Decimal(7)]),
        ("tScores", [1, 200], None),
        ("tScore", [7], Decimal(7)),
        ("tScore", [7, 8], None),
        ("tFew", [1, 2], [Decimal(1), Decimal(2)]),
        ("tFew", [1, 2, 3], None),
        ("tParty", {"full name": "Li", "score": 3}, {"full name": "Li", "score": Decimal(3)}),
        ("tParty", {"full name": "Li", "score": 300}, None),
        ("tParty", {"full name": 5, "score": 3}, None),
        ("date and time", date(2026, 1, 5), datetime(2026, 1, 5, tzinfo=UTC)),
        ("number", None, None),
        ("tTree", {"v": 1, "children": [{"v": 2, "children": []}]},
         {"v": Decimal(1), "children": [{"v": Decimal(2), "children": []}]}),
        ("tTree", {"v": 1, "children": [{"v": "x", "children": []}]}, None),
    ],
)  # fmt: skip
def test_an_input_is_held_to_its_type(type_ref: str, value: Any, expected: Any) -> None:
    assert as_type(type_ref, value) == expected


def test_the_reason_names_value_and_type() -> None:
    xml = definitions(ITEMS + input_data("v", "tScore") + decision("d", literal("v"), ["input:#v"]))
    result = compiled(xml).evaluate("d", {"v": 101}, moment())
    assert "v: 101 is not of type tScore" in result.warnings[0]


def test_a_decision_is_held_to_its_variables_type() -> None:
    assert value_of(definitions(decision("d", literal('"x"'), type_ref="number"))) is None
    assert value_of(definitions(decision("d", literal("[3]"), type_ref="number"))) == 3


def test_arguments_and_result_of_knowledge_are_held_to_their_types() -> None:
    knowledge = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f" typeRef="{returns}"/><encapsulatedLogic>'
        '<formalParameter name="a" typeRef="number"/>'
        + literal("{body}")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )

    def called(body: str, returns: str, argument: str) -> Any:
        model = knowledge.format(returns=returns, body=body)
        return value_of(definitions(model + decision("d", literal(f"f({argument})"), ["knowledge:#f"])))

    assert called("a + 1", "number", "[4]") == 5
    assert called("a = null", "boolean", '"x"') is None, "a call with an argument of another type is null"
    assert called("a = null", "boolean", "null") is True
    assert called("a = null", "boolean", "1, 2") is None, "and so is one with too many"
    assert called("string(a)", "number", "4") is None


def test_component_names_with_blanks_are_read_after_a_dot() -> None:
    xml = definitions(ITEMS + input_data("p", "tParty") + decision("d", literal("p.full name"), ["input:#p"]))
    assert value_of(xml, p={"full name": "Li", "score": 1}) == "Li"


def test_an_entry_of_a_context_is_held_to_its_type() -> None:
    entry = '<contextEntry><variable name="n" typeRef="number"/>' + literal('"x"') + "</contextEntry>"
    assert value_of(definitions(decision("d", f"<context>{entry}</context>"))) == {"n": None}
