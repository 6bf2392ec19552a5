"""What was decided can be read again: by case, by decision, by time, with the rules that fired."""

from __future__ import annotations

from datetime import timedelta

from engine.queries.decisions import decisions
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
