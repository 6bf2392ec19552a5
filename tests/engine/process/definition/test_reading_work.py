"""What stands in a file arrives in the model: services, sending, decisions and scripts, in every dialect."""

from __future__ import annotations

import pytest

from tests.engine.process.definition.models import faults, model
from tests.engine.process.definition.reading import ROOTS, evaluated, extended, task, value
from tests.engine.process.definition.rule_cases import line

pytestmark = pytest.mark.usefixtures("everything_runs")


def test_service_tasks_by_topic_expression_and_zeebe_type() -> None:
    own = task('<serviceTask id="t" camunda:type="external" camunda:topic="pay" camunda:taskPriority="5"/>')
    assert own.work is not None
    assert (own.work.topic, own.work.external, value(own.job_priority)) == ("pay", True, "5")
    computed = task('<serviceTask id="t" camunda:expression="${a * 2}" camunda:resultVariable="b"/>').work
    assert computed is not None
    assert (value(computed.expression, a=2), computed.result_variable) == (4, "b")
    zeebe = task(
        '<serviceTask id="t">' + extended('<zeebe:taskDefinition type="pay" retries="5"/>') + "</serviceTask>"
    ).work
    assert zeebe is not None
    assert (zeebe.topic, zeebe.retries, zeebe.external) == ("pay", "5", True)
    retried = task(
        '<serviceTask id="t" camunda:topic="pay">'
        + extended("<camunda:failedJobRetryTimeCycle>R5/PT5M</camunda:failedJobRetryTimeCycle>")
        + "</serviceTask>"
    ).work
    assert retried is not None and retried.retries == "R5/PT5M"


def test_bpmns_own_ways_to_name_an_implementation() -> None:
    assert task('<serviceTask id="t" implementation="lead.score"/>').work.topic == "lead.score"  # type: ignore[union-attr]
    interface = (
        '<message id="m" name="paid"/><interface name="I"><operation id="op" name="score">'
        "<inMessageRef>m</inMessageRef></operation></interface>"
    )
    assert task('<serviceTask id="t" operationRef="op"/>', interface).work.topic == "score"  # type: ignore[union-attr]


def test_an_external_topic_need_not_be_known_a_plain_one_must() -> None:
    external = line('<serviceTask id="t" camunda:type="external" camunda:topic="theirs"/>')
    assert faults(model(external), topics=set()) == ()
    [fault] = faults(model(line('<serviceTask id="t" camunda:topic="lead.scor"/>')), topics={"lead.score"})
    assert "lead.score" in fault.hint_en and "lead.score" in fault.hint_zh


def test_a_send_task_throws_its_message_or_is_a_service_task() -> None:
    thrown = task('<sendTask id="t" messageRef="m"/>', ROOTS).work
    assert thrown is not None and thrown.message is not None
    assert (thrown.message.ref, thrown.topic) == ("paid", None)
    served = task('<sendTask id="t" messageRef="m" camunda:topic="notify.send"/>', ROOTS).work
    assert served is not None and served.topic == "notify.send"


def test_decisions_of_both_dialects() -> None:
    own = task(
        '<businessRuleTask id="t" camunda:decisionRef="limit" camunda:decisionRefBinding="version" '
        'camunda:decisionRefVersion="2" camunda:mapDecisionResult="singleEntry" camunda:resultVariable="r"/>'
    ).work
    assert own is not None
    assert (own.decision, own.binding, own.map_result, own.result_variable) == (
        "limit",
        "version:2",
        "singleEntry",
        "r",
    )
    zeebe = task(
        '<businessRuleTask id="t">'
        + extended(
            '<zeebe:calledDecision decisionId="limit" resultVariable="r" bindingType="versionTag" versionTag="a"/>'
        )
        + "</businessRuleTask>"
    ).work
    assert zeebe is not None
    assert (zeebe.decision, zeebe.binding, zeebe.map_result) == ("limit", "tag:a", "feel")
    chosen = task('<businessRuleTask id="t" camunda:decisionRef="${which}"/>').work
    assert chosen is not None and value(chosen.decision_expr, which="limit") == "limit"


def test_scripts_compile_where_they_can() -> None:
    plain = task('<scriptTask id="t" scriptFormat="python"><script>b = a + 1\nc = b * 2</script></scriptTask>').work
    assert plain is not None and plain.compiled_script is not None
    assert [param.name for param in plain.compiled_script] == ["b", "c"]
    boxed = task('<scriptTask id="t" scriptFormat="python"><script>for x in y:\n  z = x</script></scriptTask>').work
    assert boxed is not None
    assert boxed.compiled_script is None and boxed.script == "for x in y:\n  z = x"
    feel = task(
        '<scriptTask id="t" scriptFormat="feel" camunda:resultVariable="b"><script>a + 1</script></scriptTask>'
    ).work
    assert feel is not None and feel.compiled_script is not None
    assert evaluated(feel.compiled_script, a=1) == {"b": 2}
    zeebe = task(
        '<scriptTask id="t">' + extended('<zeebe:script expression="= a + 1" resultVariable="b"/>') + "</scriptTask>"
    ).work
    assert zeebe is not None and zeebe.compiled_script is not None
    assert evaluated(zeebe.compiled_script, a=1) == {"b": 2}
