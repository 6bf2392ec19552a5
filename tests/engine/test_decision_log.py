"""What was decided can be read again: by case, by decision, by time, with the rules that fired."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.queries.decisions import decisions
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House

TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="http://x">
  <decision id="grade" name="Grade"><decisionTable id="t" hitPolicy="UNIQUE">
    <input id="i"><inputExpression id="ie" typeRef="number"><text>amount</text></inputExpression></input>
    <output id="o" name="grade" typeRef="string"/>
    <rule id="r1"><inputEntry id="a"><text>&lt; 10</text></inputEntry>
      <outputEntry id="b"><text>"low"</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="c"><text>&gt;= 10</text></inputEntry>
      <outputEntry id="e"><text>"high"</text></outputEntry></rule>
  </decisionTable></decision></definitions>"""


def test_decisions_are_found_by_case_by_name_and_by_time(house: House) -> None:
    body = (
        '<startEvent id="s"/><businessRuleTask id="rule" name="Grading" camunda:decisionRef="grade" '
        'camunda:resultVariable="grade" camunda:mapDecisionResult="singleEntry"/><endEvent id="e"/>'
    )
    house.deploy(p_bpmn=d.process(body + d.flows("s>rule", "rule>e")), g_dmn=TABLE)
    first = house.start("p", amount=5, business_key="PJ-1")
    house.clock.move(days=1)
    second = house.start("p", amount=50)
    with house.looking() as session:
        rows = decisions(session)
        assert [row.instance_id for row in rows] == [second, first]
        [row] = decisions(session, instance_id=first)
        assert (row.decision, row.element, row.element_name, row.process_key) == ("grade", "rule", "Grading", "p")
        assert (row.business_key, row.inputs["amount"], row.output) == ("PJ-1", 5, "low")
        assert [(fired.table, fired.rule) for fired in row.fired] == [("t", 1)] and len(row.model_hash) == 64
        late = decisions(session, decision="grade", key="p", since=house.clock() - timedelta(hours=1))
        assert [row.instance_id for row in late] == [second]
        assert decisions(session, decision="else") == []
        assert [row.instance_id for row in decisions(session, page=2, size=1)] == [first]


def bound(marks: str, extension: str = "") -> str:
    rule = f'<businessRuleTask id="rule" {marks}>{extension}</businessRuleTask>'
    return d.process(f'<startEvent id="s"/>{rule}<endEvent id="e"/>' + d.flows("s>rule", "rule>e"))


def graded(low: str, tag: str = "") -> str:
    """The table with another word for low, and a version tag."""
    marked = TABLE.replace('"low"', f'"{low}"')
    named = f'xmlns:camunda="http://camunda.org/schema/1.0/dmn" camunda:versionTag="{tag}" '
    return marked.replace('<decision id="grade" ', f'<decision id="grade" {named if tag else ""}')


MAPPED = 'camunda:decisionRef="grade" camunda:resultVariable="grade" camunda:mapDecisionResult="singleEntry"'
ZEEBE = (
    '<extensionElements><zeebe:calledDecision xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" decisionId="grade"'
    ' resultVariable="grade" bindingType="versionTag" versionTag="one"/></extensionElements>'
)


@pytest.mark.parametrize(
    ("marks", "extension", "grade"),
    [
        (MAPPED, "", "third"),
        (f'{MAPPED} camunda:decisionRefBinding="deployment"', "", "third"),
        (f'{MAPPED} camunda:decisionRefBinding="version" camunda:decisionRefVersion="2"', "", "second"),
        (f'{MAPPED} camunda:decisionRefBinding="versionTag" camunda:decisionRefVersionTag="one"', "", "first"),
        ("", ZEEBE, "first"),
    ],
)
def test_a_decision_is_made_in_the_version_that_it_is_bound_to(
    house: House, marks: str, extension: str, grade: str
) -> None:
    house.deploy("tables", g_dmn=graded("first", "one"))
    house.deploy("tables", g_dmn=graded("second", "two"))
    house.deploy(p_bpmn=bound(marks, extension), g_dmn=graded("third", "three"))
    house.deploy("tables", g_dmn=graded("fourth"))
    instance = house.start("p", amount=5)
    assert house.variables(instance)["grade"] == grade


def test_a_version_that_is_not_there_is_an_incident(house: House) -> None:
    marks = f'{MAPPED} camunda:decisionRefBinding="version" camunda:decisionRefVersion="9"'
    house.deploy(p_bpmn=bound(marks), g_dmn=TABLE)
    house.start("p", amount=5)
    for _ in range(3):
        house.pass_time(minutes=2)
    assert [row["element"] for row in house.rows(t.incident)] == ["rule"]


def test_a_text_is_read_as_the_date_that_the_table_declares(house: House) -> None:
    table = TABLE.replace('typeRef="number"><text>amount', 'typeRef="date"><text>due').replace(
        "&lt; 10", '&lt; date("2026-06-01")'
    ).replace("&gt;= 10", '&gt;= date("2026-06-01")')  # fmt: skip
    house.deploy(p_bpmn=bound(MAPPED), g_dmn=table)
    instance = house.start("p", due="2026-03-01")
    assert house.variables(instance)["grade"] == "low"
