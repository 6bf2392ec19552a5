"""Requirements: each decision once, only what is required is seen, services, knowledge and imported models."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.decisions import compile_decisions
from engine.errors import ModelRefused, NotFound
from tests.engine.decisions.models import (
    compiled,
    decision,
    definitions,
    input_data,
    literal,
    moment,
    table,
    value_of,
)

SERVICE = (
    '<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#total"/>'
    '<encapsulatedDecision href="#double"/><inputDecision href="#rate"/><inputData href="#n"/></decisionService>'
)
SERVED = (
    input_data("n", "number")
    + decision("rate", literal("100"))
    + decision("double", literal("n * 2"), ["input:#n"])
    + decision("total", literal("double + rate"), ["decision:#double", "decision:#rate"])
    + SERVICE
)


def knowledge(name: str, parameters: str, body: str, requires: str = "", type_ref: str = "") -> str:
    kind = f' typeRef="{type_ref}"' if type_ref else ""
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}"><variable name="{name}"{kind}/>'
        f"<encapsulatedLogic>{parameters}{literal(body)}</encapsulatedLogic>{requires}</businessKnowledgeModel>"
    )


def test_a_decision_required_twice_is_evaluated_once() -> None:
    once = table("FIRST", [("n", "number")], ["o"], [("-", "n + 1")])
    xml = definitions(
        input_data("n", "number")
        + decision("base", once, ["input:#n"])
        + decision("left", literal("base * 2"), ["decision:#base"])
        + decision("right", literal("base * 3"), ["decision:#base"])
        + decision("d", literal("left + right"), ["decision:#left", "decision:#right"])
    )
    result = compiled(xml).evaluate("d", {"n": 1}, moment())
    assert result.value == Decimal(10)
    assert [(fired.decision, fired.rule) for fired in result.fired] == [("base", 1)]
    assert result.decisions == {"base": 2, "left": 4, "right": 6, "d": 10}


def test_what_is_not_required_is_not_seen() -> None:
    xml = definitions(input_data("n", "number") + decision("d", literal("if n = null then 0 else n")))
    assert value_of(xml, n=5) == 0


def test_what_is_used_and_not_required_is_pointed_at() -> None:
    warnings = compiled(definitions(input_data("n") + decision("d", literal("n + 1")))).warnings
    assert [(fault.rule, fault.element) for fault in warnings] == [("dmn.not_required", "d")]
    entry = (
        '<itemDefinition name="t"><itemComponent name="n"><typeRef>number</typeRef></itemComponent></itemDefinition>'
    )
    filtered = decision("d", literal("rows[n > 1]"), ["input:#rows"])
    assert compiled(definitions(entry + input_data("n") + input_data("rows") + filtered)).warnings == ()


def test_values_under_undeclared_names_are_seen() -> None:
    assert value_of(definitions(decision("d", literal("amount + 1"))), amount=2) == 3


def test_a_missing_input_is_null_with_a_reason() -> None:
    xml = definitions(input_data("client tier") + decision("d", literal("client tier"), ["input:#client_tier"]))
    result = compiled(xml).evaluate("d", {}, moment())
    assert result.value is None
    assert "client tier" in result.warnings[0]


def test_decisions_are_found_by_id_and_by_name() -> None:
    xml = definitions('<decision id="x1" name="授权 级别"><variable name="授权 级别"/>' + literal("7") + "</decision>")
    assert value_of(xml, "x1") == value_of(xml, "授权 级别") == 7
    with pytest.raises(NotFound):
        value_of(xml, "other")


def test_a_service_is_called_with_input_data_then_input_decisions() -> None:
    called = decision("d", literal("s(5, 1)"), ["knowledge:#s"])
    by_name = decision("e", literal("s(rate: 2, n: 5)"), ["knowledge:#s"])
    xml = definitions(SERVED + called + by_name)
    assert value_of(xml, "d") == 11
    assert value_of(xml, "e") == 12


def test_a_service_evaluated_directly_takes_its_input_decisions_as_given() -> None:
    xml = definitions(SERVED)
    assert value_of(xml, "s", n=5, rate=1) == 11
    assert value_of(xml, "total", n=5) == 110


def test_a_service_with_two_outputs_gives_a_context() -> None:
    two = SERVICE.replace('<encapsulatedDecision href="#double"/>', '<outputDecision href="#double"/>')
    xml = definitions(SERVED.replace(SERVICE, two))
    assert value_of(xml, "s", n=5, rate=1) == {"total": 11, "double": 10}


def test_knowledge_may_call_itself_and_other_knowledge() -> None:
    one = '<formalParameter name="n" typeRef="number"/>'
    xml = definitions(
        knowledge("factorial", one, "if n < 2 then 1 else n * factorial(n - 1)")
        + knowledge(
            "twice",
            one,
            "2 * factorial(n)",
            '<knowledgeRequirement><requiredKnowledge href="#factorial"/></knowledgeRequirement>',
        )
        + decision("d", literal("twice(5)"), ["knowledge:#twice"])
    )
    assert value_of(xml) == 240


def test_endless_recursion_is_null_with_a_reason() -> None:
    xml = definitions(
        knowledge("f", '<formalParameter name="n"/>', "f(n + 1)") + decision("d", literal("f(1)"), ["knowledge:#f"])
    )
    result = compiled(xml).evaluate("d", {}, moment())
    assert result.value is None
    assert result.warnings


def test_decisions_that_require_each_other_are_refused() -> None:
    xml = definitions(decision("a", literal("b"), ["decision:#b"]) + decision("b", literal("a"), ["decision:#a"]))
    with pytest.raises(ModelRefused) as refused:
        compiled(xml)
    assert refused.value.faults[0].rule == "dmn.cycle"
    assert compile_decisions(xml, lenient=True).evaluate("a", {}, moment()).value is None


def test_a_reference_to_nothing_is_refused() -> None:
    with pytest.raises(ModelRefused) as refused:
        compiled(definitions(decision("a", literal("1"), ["decision:#gone"])))
    assert "gone" in refused.value.faults[0].text("zh")


BASE = definitions(
    '<itemDefinition name="tName"><typeRef>string</typeRef></itemDefinition>'
    + input_data("Person name", "tName")
    + knowledge("Say Hello", '<formalParameter name="who"/>', '"Hello, " + who')
    + decision("Greeting", literal("Say Hello(Person name)"), ["knowledge:#Say Hello", "input:#Person_name"]),
    "urn:base",
)


def importing(namespace: str, alias: str, of: str, body: str) -> str:
    written = f'<import name="{alias}" namespace="{of}" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
    return definitions(written + body, namespace)


def test_elements_of_an_imported_model_are_named_through_its_alias() -> None:
    body = decision(
        "d",
        literal('base.Say Hello("Li") + "; " + base.Greeting + "; " + base.Person name'),
        ["knowledge:urn:base#Say Hello", "decision:urn:base#Greeting", "input:urn:base#Person_name"],
    )
    xml = importing("urn:top", "base", "urn:base", body)
    expected = "Hello, Li; Hello, Wang; Wang"
    for inputs in ({"base": {"Person name": "Wang"}}, {"base.Person name": "Wang"}, {"Person name": "Wang"}):
        assert compiled(xml, [BASE]).evaluate("d", inputs, moment()).value == expected


def test_an_import_without_a_name_makes_the_elements_our_own() -> None:
    body = decision("d", literal("Greeting"), ["decision:urn:base#Greeting"])
    xml = importing("urn:top", "", "urn:base", body)
    assert compiled(xml, [BASE]).evaluate("d", {"Person name": "Wang"}, moment()).value == "Hello, Wang"


def test_one_model_imported_on_two_ways_takes_an_input_for_each() -> None:
    middle = [
        importing(
            f"urn:{name}", "base", "urn:base", decision(name, literal("base.Greeting"), ["decision:urn:base#Greeting"])
        )
        for name in ("left", "right")
    ]
    both = (
        '<import name="L" namespace="urn:left" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
        '<import name="R" namespace="urn:right" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
        + decision("d", literal("[L.left, R.right]"), ["decision:urn:left#left", "decision:urn:right#right"])
    )
    top = definitions(both, "urn:top")
    inputs = {"L": {"base": {"Person name": "Li"}}, "R": {"base": {"Person name": "Wang"}}}
    found = compiled(top, [*middle, BASE]).evaluate("d", inputs, moment())
    assert found.value == ["Hello, Li", "Hello, Wang"]


def test_an_import_that_is_not_among_the_files_is_refused() -> None:
    with pytest.raises(ModelRefused) as refused:
        compiled(importing("urn:top", "base", "urn:base", decision("d", literal("1"))))
    assert refused.value.faults[0].rule == "dmn.import_missing"


def test_what_a_decision_needs_is_listed_through_its_requirements() -> None:
    needs = compiled(definitions(SERVED)).inputs_of("total")
    assert [(need.name, need.type_ref, need.declared) for need in needs] == [("n", "number", True)]
    undeclared = compiled(definitions(decision("d", table("FIRST", [("amount", "number")], ["o"], [("-", "1")]))))
    assert [(need.name, need.declared) for need in undeclared.inputs_of("d")] == [("amount", False)]


def test_the_hash_names_the_text() -> None:
    one, two = definitions(decision("d", literal("1"))), definitions(decision("d", literal("2")))
    results = [compiled(xml).evaluate("d", {}, moment()) for xml in (one, one, two)]
    assert results[0].model_hash == results[1].model_hash != results[2].model_hash


def test_files_that_are_not_imported_change_nothing() -> None:
    xml = definitions(decision("d", literal("1")))
    alone, beside = compiled(xml), compiled(xml, [BASE, "<broken"])
    assert alone.hash == beside.hash
    body = decision("d", literal("base.Greeting"), ["decision:urn:base#Greeting"])
    top = importing("urn:top", "base", "urn:base", body)
    assert compiled(top, ["<broken", BASE]).hash == compiled(top, [BASE]).hash != compiled(top, [BASE + " "]).hash
