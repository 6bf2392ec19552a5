"""What stands in a file arrives in the model: processes, lanes, nodes and flows, sub-processes, boundaries."""

from __future__ import annotations

import pytest

from engine.process.definition import read_bpmn
from tests.engine.process.definition.models import model
from tests.engine.process.definition.reading import only, task, value
from tests.engine.process.definition.rule_cases import line

pytestmark = pytest.mark.usefixtures("everything_runs")


def test_flows_know_their_ends_and_nodes_their_flows() -> None:
    definition = only(line('<task id="t" name="Do it"><documentation>Why</documentation></task>'))
    node = definition.nodes["t"]
    assert (node.incoming, node.outgoing, node.name, node.documentation) == (("f1",), ("f2",), "Do it", "Why")
    assert (definition.flows["f2"].source, definition.flows["f2"].target) == ("t", "e")
    assert (definition.scope.nodes, definition.scope.starts) == (("s", "t", "e"), ("s",))


def test_a_process_says_what_it_is() -> None:
    marks = (
        'id="p" name="Intake" isExecutable="true" camunda:versionTag="1.2" camunda:historyTimeToLive="P180D" '
        'camunda:candidateStarterGroups="rm, marketing"'
    )
    extension = (
        '<extensionElements><camunda:properties><camunda:property name="reminderPolicy" value="slow"/>'
        "</camunda:properties></extensionElements>"
    )
    [definition] = read_bpmn(model(extension + line(), process=marks)).definitions
    assert (definition.name, definition.version_tag, definition.history_ttl) == ("Intake", "1.2", "P180D")
    assert definition.candidate_starters == ("rm", "marketing")
    assert definition.properties == {"reminderPolicy": "slow"}


def test_a_node_belongs_to_its_innermost_lane() -> None:
    lanes = """<laneSet id="ls"><lane id="rm" name="客户经理"><flowNodeRef>s</flowNodeRef><flowNodeRef>t</flowNodeRef>
<childLaneSet id="c"><lane id="Lane_0a1b2c3" name="head"><flowNodeRef>t</flowNodeRef></lane></childLaneSet></lane>
<lane id="lane_risk" name="风险"><extensionElements><camunda:properties>
<camunda:property name="group" value="risk_officer"/></camunda:properties></extensionElements>
<flowNodeRef>e</flowNodeRef></lane></laneSet>"""
    definition = only(lanes + line())
    assert [definition.nodes[key].lane for key in "ste"] == ["rm", "Lane_0a1b2c3", "lane_risk"]
    assert definition.lanes["rm"] == "客户经理"
    assert definition.lane_groups == {"rm": "rm", "Lane_0a1b2c3": "head", "lane_risk": "risk_officer"}


def test_sub_processes_nest() -> None:
    inner = '<task id="i"/><subProcess id="deep"><task id="j"/></subProcess>'
    definition = only(line(f'<subProcess id="t">{inner}</subProcess>'))
    outer, deep = definition.nodes["t"], definition.nodes["deep"]
    assert outer.inner is not None and deep.inner is not None
    assert (outer.inner.nodes, outer.inner.starts) == (("i", "deep"), ("i", "deep"))
    assert (deep.scope, definition.nodes["j"].scope) == ("t", "deep")


def test_an_event_sub_process_is_told_apart() -> None:
    definition = only(
        line(
            after="""<subProcess id="es" triggeredByEvent="true">
<startEvent id="is" isInterrupting="false"><signalEventDefinition signalRef="g"/></startEvent></subProcess>"""
        ),
        '<signal id="g" name="list changed"/>',
    )
    assert definition.scope.event_subprocesses == ("es",)
    assert definition.nodes["es"].by_event
    start = definition.nodes["is"]
    assert not start.interrupting
    assert (start.events[0].kind, start.events[0].ref) == ("signal", "list changed")


def test_an_ad_hoc_sub_process_says_order_and_end() -> None:
    node = task(
        '<adHocSubProcess id="t" ordering="Sequential" cancelRemainingInstances="false"><task id="i"/>'
        "<completionCondition>= done</completionCondition></adHocSubProcess>"
    )
    assert node.inner is not None
    assert (node.inner.ordering, node.inner.cancel_remaining) == ("Sequential", False)
    assert value(node.inner.completion, done=True) is True


def test_boundaries_compensation_and_quantities() -> None:
    definition = only(
        line(
            '<task id="t" startQuantity="2" completionQuantity="3"/>',
            after="""<boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>
<task id="undo" isForCompensation="true"/>
<association id="a" sourceRef="b" targetRef="undo"/>""",
        )
    )
    node = definition.nodes["t"]
    assert (node.boundaries, node.start_quantity, node.completion_quantity) == (("b",), 2, 3)
    assert definition.nodes["b"].compensation_handler == "undo"
    assert definition.nodes["undo"].for_compensation
