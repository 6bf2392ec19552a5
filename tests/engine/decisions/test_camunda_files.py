"""Files as Camunda Modeler writes them: tables without variables, inputs known only by their expressions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.decisions import compile_decisions
from engine.errors import ModelRefused
from tests.engine.decisions.models import DMN_13, compiled, decision, definitions, input_data, literal, moment, value_of

DISH = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:camunda="http://camunda.org/schema/1.0/dmn"
  xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  id="dish" name="Dish" namespace="http://camunda.org/schema/1.0/dmn" exporter="Camunda Modeler">
  <decision id="dish_decision" name="Dish Decision">
    <informationRequirement id="ir1"><requiredDecision href="#season_decision"/></informationRequirement>
    <informationRequirement id="ir2"><requiredDecision href="#guest_decision"/></informationRequirement>
    <decisionTable id="dt">
      <input id="i1" label="Season">
        <inputExpression id="e1" typeRef="string"><text>season</text></inputExpression></input>
      <input id="i2" label="Guests" camunda:inputVariable="guests">
        <inputExpression id="e2" typeRef="integer"><text>guestCount</text></inputExpression></input>
      <output id="o1" label="Dish" name="desiredDish" typeRef="string"/>
      <rule id="r1"><description>grill</description><inputEntry id="c1"><text>"Summer"</text></inputEntry>
        <inputEntry id="c2"><text>guests &gt; 8</text></inputEntry>
        <outputEntry id="c3"><text>"Steak"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="c4"><text></text></inputEntry>
        <inputEntry id="c5"><text>&lt;= 8</text></inputEntry>
        <outputEntry id="c6"><text>"Stew"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="season_decision" name="Season decision">
    <informationRequirement id="ir3"><requiredInput href="#temperature_id"/></informationRequirement>
    <decisionTable id="dt2" hitPolicy="FIRST">
      <input id="i3"><inputExpression id="e3" typeRef="double"><text>temperature</text></inputExpression></input>
      <output id="o2" name="season" typeRef="string"/>
      <rule id="r3"><inputEntry id="c7"><text>&gt; 30</text></inputEntry>
        <outputEntry id="c8"><text>"Summer"</text></outputEntry></rule>
      <rule id="r4"><inputEntry id="c9"><text></text></inputEntry>
        <outputEntry id="c10"><text>"Winter"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="guest_decision" name="Guest Count">
    <decisionTable id="dt3" hitPolicy="FIRST">
      <input id="i4"><inputExpression id="e4" typeRef="string"><text>dayType</text></inputExpression></input>
      <output id="o3" name="guestCount" typeRef="integer"/>
      <output id="o4" name="mood" typeRef="string"/>
      <rule id="r5"><inputEntry id="c11"><text>"Weekday"</text></inputEntry>
        <outputEntry id="c12"><text>4</text></outputEntry><outputEntry id="c13"><text>"calm"</text></outputEntry></rule>
      <rule id="r6"><inputEntry id="c14"><text>-</text></inputEntry>
        <outputEntry id="c15"><text>12</text></outputEntry><outputEntry id="c16"><text>"gay"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <inputData id="temperature_id" name="Temperature in Celsius"/>
</definitions>"""


@pytest.mark.parametrize(
    ("temperature", "day", "dish"), [(35, "Weekend", "Steak"), (35, "Weekday", "Stew"), (10, "Weekday", "Stew")]
)
def test_required_tables_are_seen_by_their_outputs(temperature: int, day: str, dish: str) -> None:
    result = compiled(DISH).evaluate("dish_decision", {"temperature": temperature, "dayType": day}, moment())
    assert result.value == dish
    assert [fired.decision for fired in result.fired] == ["Season decision", "Guest Count", "Dish Decision"]


def test_the_description_of_a_row_is_its_annotation() -> None:
    result = compiled(DISH).evaluate("Dish Decision", {"temperature": 35, "dayType": "x"}, moment())
    assert result.fired[-1].annotations == ("grill",)
    assert result.fired[-1].outputs == {"desiredDish": "Steak"}


def test_what_such_a_file_needs_is_found_from_its_expressions() -> None:
    needs = {need.name: need.type_ref for need in compiled(DISH).inputs_of("dish_decision") if not need.declared}
    assert needs["temperature"] == "double"
    assert needs["dayType"] == "string"


def test_two_elements_of_one_id_are_refused() -> None:
    twice = decision("a", literal("1")) + decision("a", literal("2"))
    with pytest.raises(ModelRefused) as refused:
        compiled(definitions(twice, dmn=DMN_13))
    assert refused.value.faults[0].rule == "dmn.duplicate_id"


def test_an_unknown_type_takes_any_value_and_is_pointed_at() -> None:
    model = compiled(definitions(input_data("n", "tMoney") + decision("d", literal("n"), ["input:#n"])))
    assert model.evaluate("d", {"n": 1}, moment()).value == 1
    assert [fault.rule for fault in model.warnings] == ["dmn.unknown_type"]


def test_qualified_type_names_lead_into_an_import() -> None:
    base = definitions(
        '<itemDefinition name="tTier"><typeRef>string</typeRef><allowedValues><text>"A","B"</text></allowedValues>'
        "</itemDefinition>",
        "urn:types",
    )
    body = (
        '<import name="base" namespace="urn:types" importType="http://www.omg.org/spec/DMN/20180521/MODEL/"/>'
        + '<inputData id="t" name="t"><variable name="t" typeRef="{kind}"/></inputData>'
        + decision("d", literal("t"), ["input:#t"])
    )
    for kind in ("b:tTier", "base.tTier"):
        xml = definitions(body.format(kind=kind)).replace("<definitions ", '<definitions xmlns:b="urn:types" ')
        assert value_of(xml, "d", [base], t="A") == "A"
        assert value_of(xml, "d", [base], t="C") is None


def test_a_computation_without_end_stops_with_a_reason() -> None:
    knowledge = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic><formalParameter name="n"/>'
        + literal("if n = 0 then 1 else f(n - 1) + f(n - 1)") + "</encapsulatedLogic></businessKnowledgeModel>"
    )  # fmt: skip
    model = compile_decisions(definitions(knowledge + decision("d", literal("f(40)"), ["knowledge:#f"])))
    result = model.evaluate("d", {}, moment())
    assert result.value is None
    assert any("function calls" in warning for warning in result.warnings)
    assert model.evaluate("f", {"n": 5}, moment()).value == Decimal(32)
