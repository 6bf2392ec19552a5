"""What stands in a file arrives in the model: events of every kind, their names, timers, payloads and keys."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.engine.process.definition.reading import ROOTS, evaluated, extended, only, task, value
from tests.engine.process.definition.rule_cases import line

pytestmark = pytest.mark.usefixtures("everything_runs")


def catch(definition: str, marks: str = "") -> Any:
    return task(f'<intermediateCatchEvent id="t"{marks}>{definition}</intermediateCatchEvent>', ROOTS).events[0]


def test_names_may_be_expressions() -> None:
    message = catch('<messageEventDefinition messageRef="mx"/>')
    assert message.ref is None
    assert value(message.ref_expr, region="cn") == "paid-cn"
    assert value(catch('<signalEventDefinition signalRef="g"/>').ref_expr, region="cn") == "list-cn"


@pytest.mark.parametrize(
    ("kind", "tag", "text"),
    [
        ("date", "timeDate", "2026-01-05T09:00:00+08:00"),
        ("duration", "timeDuration", "PT30M"),
        ("duration", "timeDuration", "3BD"),
        ("cycle", "timeCycle", "R3/PT1H"),
        ("cycle", "timeCycle", "0 0 9 ? * MON-FRI"),
        ("date", "timeDate", '${due(2, "BD")}'),
        ("duration", "timeDuration", '= duration("P" + string(days) + "D")'),
    ],
)
def test_timers_of_every_kind(kind: str, tag: str, text: str) -> None:
    event = catch(f"<timerEventDefinition><{tag}>{text}</{tag}></timerEventDefinition>")
    assert (event.kind, event.timer) == ("timer", kind)
    assert event.expr.text == text.removeprefix("= ")


def test_errors_and_escalations_by_code_and_for_all() -> None:
    def boundary(definition: str) -> Any:
        body = f'<boundaryEvent id="b" attachedToRef="t">{definition}</boundaryEvent>'
        return only(line(after=body), ROOTS).nodes["b"].events[0]

    coded = boundary(
        '<errorEventDefinition errorRef="er" camunda:errorCodeVariable="code" camunda:errorMessageVariable="why"/>'
    )
    assert (coded.ref, coded.code_variable, coded.message_variable) == ("NO_MONEY", "code", "why")
    assert boundary("<errorEventDefinition/>").ref is None
    assert boundary('<errorEventDefinition errorRef="named"/>').ref is None, "an error without a code is any error"
    late = boundary('<escalationEventDefinition escalationRef="es" camunda:escalationCodeVariable="c"/>')
    assert (late.kind, late.ref, late.code_variable) == ("escalation", "LATE", "c")


def test_other_event_definitions() -> None:
    link = only(
        """<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="a"/>
<intermediateThrowEvent id="a"><linkEventDefinition name="L"/></intermediateThrowEvent>
<intermediateCatchEvent id="b"><linkEventDefinition name="L"/></intermediateCatchEvent>
<sequenceFlow id="f2" sourceRef="b" targetRef="e"/><endEvent id="e"><terminateEventDefinition/></endEvent>"""
    )
    assert link.nodes["a"].events[0].ref == "L"
    assert link.nodes["e"].events[0].kind == "terminate"
    condition = catch("<conditionalEventDefinition><condition>dscr &lt; 1.05</condition></conditionalEventDefinition>")
    assert value(condition.expr, dscr=Decimal("1.02")) is True
    thrown = task(
        '<intermediateThrowEvent id="t"><compensateEventDefinition waitForCompletion="false"/></intermediateThrowEvent>'
    )
    assert (thrown.events[0].kind, thrown.events[0].wait_for_completion) == ("compensation", False)


def test_several_definitions_and_references_to_shared_ones() -> None:
    node = task(
        '<intermediateCatchEvent id="t" parallelMultiple="true"><messageEventDefinition messageRef="m"/>'
        "<eventDefinitionRef>shared</eventDefinitionRef></intermediateCatchEvent>",
        ROOTS + '<timerEventDefinition id="shared"><timeDuration>P1D</timeDuration></timerEventDefinition>',
    )
    assert [event.kind for event in node.events] == ["message", "timer"]
    assert node.parallel_multiple


KEYS = extended(
    '<camunda:properties><camunda:property name="correlate.client" value="${client_id}"/></camunda:properties>'
    '<camunda:inputOutput><camunda:inputParameter name="sum">= amount * 2</camunda:inputParameter>'
    '<camunda:outputParameter name="paid">${amount}</camunda:outputParameter></camunda:inputOutput>'
)


def test_correlation_keys_and_payload_of_messages() -> None:
    caught = catch(KEYS + '<messageEventDefinition messageRef="m"/>')
    assert evaluated(caught.correlation, client_id="CL-1") == {"client": "CL-1"}
    assert (evaluated(caught.outputs, amount=3), caught.inputs) == ({"paid": 3}, ())
    thrown = task(
        f'<intermediateThrowEvent id="t">{KEYS}<messageEventDefinition messageRef="m"/></intermediateThrowEvent>', ROOTS
    ).events[0]
    assert evaluated(thrown.inputs, amount=3) == {"sum": 6}
    assert evaluated(thrown.correlation, client_id="CL-1") == {"client": "CL-1"}


def test_the_key_of_zeebe_and_the_keys_of_bpmn_itself() -> None:
    zeebe = (
        '<message id="m" name="paid">' + extended('<zeebe:subscription correlationKey="= order.id"/>') + "</message>"
    )
    node = task('<receiveTask id="t" messageRef="m"/>', zeebe)
    assert node.message is not None
    assert evaluated(node.message.correlation, order={"id": "7"}) == {"correlationKey": "7"}
    own = """<message id="m" name="paid"/><correlationProperty id="cp" name="order">
<correlationPropertyRetrievalExpression messageRef="m"><messagePath>order_id</messagePath>
</correlationPropertyRetrievalExpression></correlationProperty>"""
    node = task('<receiveTask id="t" messageRef="m"/>', own)
    assert node.message is not None
    assert evaluated(node.message.correlation, order_id="9") == {"order": "9"}
