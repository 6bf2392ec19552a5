# XML reads better in one line than broken for its length.
# ruff: noqa: E501
"""What stands in a file arrives in the model: elements of BPMN 2.0 and attributes of the dialects."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.feel import Moment
from engine.process import support
from engine.process.definition import read_bpmn
from engine.process.model import Definition, Expr, Node, Param
from tests.engine.process.definition.models import faults, model, read
from tests.engine.process.definition.rule_cases import line

AT = Moment(now=datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture(autouse=True)
def everything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for feature in support.RUNS:
        monkeypatch.setitem(support.RUNS, feature, True)


def only(body: str, roots: str = "", **known: Any) -> Definition:
    [definition] = read(body, roots, **known).definitions
    return definition


def task(element: str, roots: str = "", after: str = "", **known: Any) -> Node:
    """The node `t` between start and end."""
    return only(line(element, after=after), roots, **known).nodes["t"]


def value(expr: Expr | None, **scope: object) -> object:
    assert expr is not None
    return expr(scope, AT)


def evaluated(params: tuple[Param, ...], **scope: object) -> dict[str, object]:
    return {param.name: param.value(scope, AT) for param in params}


# ── structure ───────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────────

ROOTS = """<message id="m" name="paid"/><message id="mx" name="paid-${region}"/>
<signal id="g" name="= &quot;list-&quot; + region"/>
<error id="er" errorCode="NO_MONEY" name="Poor"/><escalation id="es" escalationCode="LATE"/>
<error id="named" name="BY_NAME"/>"""


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
    assert boundary('<errorEventDefinition errorRef="named"/>').ref == "BY_NAME"
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
        ROOTS
        + '<timerEventDefinition id="shared"><timeDuration>P1D</timeDuration></timerEventDefinition>',
    )
    assert [event.kind for event in node.events] == ["message", "timer"]
    assert node.parallel_multiple


def extended(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"


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
    zeebe = '<message id="m" name="paid">' + extended('<zeebe:subscription correlationKey="= order.id"/>') + "</message>"
    node = task('<receiveTask id="t" messageRef="m"/>', zeebe)
    assert node.message is not None
    assert evaluated(node.message.correlation, order={"id": "7"}) == {"correlationKey": "7"}
    own = """<message id="m" name="paid"/><correlationProperty id="cp" name="order">
<correlationPropertyRetrievalExpression messageRef="m"><messagePath>order_id</messagePath>
</correlationPropertyRetrievalExpression></correlationProperty>"""
    node = task('<receiveTask id="t" messageRef="m"/>', own)
    assert node.message is not None
    assert evaluated(node.message.correlation, order_id="9") == {"order": "9"}


# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_user_task_in_camundas_words() -> None:
    node = task(
        '<userTask id="t" camunda:assignee="${owner}" camunda:candidateUsers="li,wang" camunda:candidateGroups="= group" '
        'camunda:dueDate="${due(2, &quot;BD&quot;)}" camunda:followUpDate="2026-01-07" camunda:priority="70" '
        'camunda:formRef="profile" camunda:formRefBinding="version" camunda:formRefVersion="3" camunda:asyncBefore="true"/>'
    )
    user = node.user
    assert user is not None
    assert value(user.assignee, owner="li") == "li"
    assert value(user.candidate_users) == "li,wang"
    assert value(user.candidate_groups, group="rm") == "rm"
    assert (value(user.follow_up), value(user.priority)) == ("2026-01-07", "70")
    assert (user.form, user.form_binding, node.async_before) == ("profile", "version:3", True)


@pytest.mark.parametrize("prefix", ["camunda", "flowable"])
def test_relatives_of_camunda_mean_the_same(prefix: str) -> None:
    node = task(f'<userTask id="t" {prefix}:assignee="li" {prefix}:formKey="profile"/>')
    assert node.user is not None
    assert (value(node.user.assignee), node.user.form) == ("li", "profile")


def test_a_user_task_in_zeebes_words() -> None:
    node = task(
        '<userTask id="t">'
        + extended(
            '<zeebe:userTask/><zeebe:assignmentDefinition assignee="= owner" candidateGroups="rm, risk"/>'
            '<zeebe:taskSchedule dueDate="= due_at" followUpDate="2026-01-07"/>'
            '<zeebe:priorityDefinition priority="60"/><zeebe:formDefinition formId="profile" bindingType="deployment"/>'
        )
        + "</userTask>"
    )
    user = node.user
    assert user is not None
    assert value(user.assignee, owner="li") == "li"
    assert (value(user.candidate_groups), value(user.due, due_at="x"), value(user.priority)) == ("rm, risk", "x", "60")
    assert (user.form, user.form_binding) == ("profile", "deployment")


def test_bpmns_own_resource_roles() -> None:
    def role(tag: str, text: str) -> str:
        return (
            f"<{tag}><resourceAssignmentExpression><formalExpression>{text}</formalExpression>"
            f"</resourceAssignmentExpression></{tag}>"
        )

    node = task(
        '<userTask id="t">' + role("humanPerformer", "${owner}") + role("potentialOwner", "user(li), group(rm), risk")
        + "</userTask>"
    )  # fmt: skip
    assert node.user is not None
    assert value(node.user.assignee, owner="li") == "li"
    assert (value(node.user.candidate_users), value(node.user.candidate_groups)) == ("li", "rm,risk")


def test_form_fields_in_the_diagram() -> None:
    node = task(
        '<userTask id="t">'
        + extended(
            '<camunda:formData><camunda:formField id="kind" label="Kind" type="enum" defaultValue="b">'
            '<camunda:value id="a" name="A"/><camunda:value id="b" name="B"/><camunda:validation>'
            '<camunda:constraint name="required"/><camunda:constraint name="maxlength" config="9"/>'
            "</camunda:validation></camunda:formField></camunda:formData>"
        )
        + "</userTask>"
    )
    assert node.user is not None
    [entry] = node.user.form_fields
    assert (entry.id, entry.label, entry.type, entry.choices) == ("kind", "Kind", "enum", (("a", "A"), ("b", "B")))
    assert entry.constraints == {"required": "true", "maxlength": "9"}
    assert value(entry.default) == "b"


def test_a_start_event_has_a_form_and_an_initiator() -> None:
    body = line().replace('<startEvent id="s"/>', '<startEvent id="s" camunda:initiator="who" camunda:formKey="inquiry"/>')
    definition = only(body)
    start = definition.nodes["s"]
    assert start.user is not None
    assert (start.initiator, start.user.form, definition.forms) == ("who", "inquiry", {"inquiry"})


# ── work ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_service_tasks_by_topic_expression_and_zeebe_type() -> None:
    own = task('<serviceTask id="t" camunda:type="external" camunda:topic="pay" camunda:taskPriority="5"/>')
    assert own.work is not None
    assert (own.work.topic, own.work.external, value(own.job_priority)) == ("pay", True, "5")
    computed = task('<serviceTask id="t" camunda:expression="${a * 2}" camunda:resultVariable="b"/>').work
    assert computed is not None
    assert (value(computed.expression, a=2), computed.result_variable) == (4, "b")
    zeebe = task('<serviceTask id="t">' + extended('<zeebe:taskDefinition type="pay" retries="5"/>') + "</serviceTask>").work
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
    assert (own.decision, own.binding, own.map_result, own.result_variable) == ("limit", "version:2", "singleEntry", "r")
    zeebe = task(
        '<businessRuleTask id="t">'
        + extended('<zeebe:calledDecision decisionId="limit" resultVariable="r" bindingType="versionTag" versionTag="a"/>')
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


# ── calls, mappings, loops, data ────────────────────────────────────────────────────────────────────────────────


def test_call_activities() -> None:
    call = task(
        '<callActivity id="t" calledElement="kyc" camunda:calledElementBinding="version" camunda:calledElementVersion="4">'
        + extended(
            '<camunda:in source="client" target="party"/><camunda:in sourceExpression="${amount * 2}" target="sum"/>'
            '<camunda:in businessKey="${execution.businessKey}"/><camunda:out variables="all"/>'
            '<camunda:out source="rating" target="kyc_rating"/>'
        )
        + "</callActivity>"
    ).call
    assert call is not None
    assert (call.called, call.binding, call.all_in, call.all_out) == ("kyc", "version:4", False, True)
    assert evaluated(call.inputs, client="CL-1", amount=2) == {"party": "CL-1", "sum": 4}
    assert evaluated(call.outputs, rating=3) == {"kyc_rating": 3}
    assert call.business_key is not None
    zeebe = task(
        '<callActivity id="t">'
        + extended('<zeebe:calledElement processId="= which" propagateAllChildVariables="false" bindingType="deployment"/>')
        + "</callActivity>"
    ).call
    assert zeebe is not None
    assert (value(zeebe.called_expr, which="kyc"), zeebe.binding) == ("kyc", "deployment")
    assert (zeebe.all_in, zeebe.all_out) == (True, False)


def test_camunda_takes_expressions_where_the_schema_has_names() -> None:
    call = task('<callActivity id="t" calledElement="${which}"/>').call
    assert call is not None and value(call.called_expr, which="kyc") == "kyc"
    loop = task(
        '<userTask id="t"><multiInstanceLoopCharacteristics><loopDataInputRef>${client.members}</loopDataInputRef>'
        "</multiInstanceLoopCharacteristics></userTask>"
    ).loop
    assert loop is not None and value(loop.collection, client={"members": [1]}) == [1]


def test_a_call_may_mean_a_global_task_or_a_decision() -> None:
    roots = '<globalScriptTask id="double" scriptLanguage="python"><script>b = a * 2</script></globalScriptTask>'
    call = task('<callActivity id="t" calledElement="double"/>', roots).call
    assert call is not None and call.global_task is not None and call.global_task.work is not None
    assert (call.target_kind, call.global_task.type) == ("global", "scriptTask")
    assert call.global_task.work.compiled_script is not None
    decided = task('<callActivity id="t" calledElement="limit"/>', callable_decisions={"limit"}).call
    assert decided is not None and decided.target_kind == "decision"


def test_input_and_output_mappings_of_both_dialects() -> None:
    node = task(
        '<task id="t">'
        + extended(
            '<camunda:inputOutput><camunda:inputParameter name="a">${x + 1}</camunda:inputParameter>'
            '<camunda:inputParameter name="b"><camunda:list><camunda:value>1</camunda:value>'
            "<camunda:value>${x}</camunda:value></camunda:list></camunda:inputParameter>"
            '<camunda:inputParameter name="c"><camunda:map><camunda:entry key="k">${x}</camunda:entry>'
            '<camunda:entry key="l"><camunda:list><camunda:value>2</camunda:value></camunda:list></camunda:entry>'
            '</camunda:map></camunda:inputParameter><camunda:inputParameter name="d"/>'
            '<camunda:outputParameter name="e">= x * 2</camunda:outputParameter></camunda:inputOutput>'
            '<zeebe:ioMapping><zeebe:input source="= x" target="f"/><zeebe:output source="= x" target="g"/>'
            "</zeebe:ioMapping>"
        )
        + "</task>"
    )
    assert evaluated(node.inputs, x=1) == {
        "a": 2, "b": ["1", 1], "c": {"k": 1, "l": ["2"]}, "d": "", "f": 1
    }  # fmt: skip
    assert evaluated(node.outputs, x=1) == {"e": 2, "g": 1}


def test_multi_instance_of_both_dialects_and_of_bpmn_itself() -> None:
    loop = task(
        '<userTask id="t"><multiInstanceLoopCharacteristics camunda:collection="${members}" camunda:elementVariable="m">'
        "<completionCondition>= nrOfCompletedInstances &gt;= 2</completionCondition>"
        "</multiInstanceLoopCharacteristics></userTask>"
    ).loop
    assert loop is not None
    assert (loop.kind, loop.element_variable, value(loop.collection, members=[1])) == ("parallel", "m", [1])
    assert value(loop.completion, nrOfCompletedInstances=2) is True
    named = task(
        '<userTask id="t"><multiInstanceLoopCharacteristics isSequential="true" camunda:collection="members"/></userTask>'
    ).loop
    assert named is not None and (named.kind, value(named.collection, members=[1])) == ("sequential", [1])
    counted = task(
        '<userTask id="t"><multiInstanceLoopCharacteristics><loopCardinality>n + 1</loopCardinality>'
        "</multiInstanceLoopCharacteristics></userTask>"
    ).loop
    assert counted is not None and value(counted.cardinality, n=2) == 3
    zeebe = task(
        '<userTask id="t"><multiInstanceLoopCharacteristics>'
        + extended(
            '<zeebe:loopCharacteristics inputCollection="= members" inputElement="m" outputCollection="votes" '
            'outputElement="= vote"/>'
        )
        + "</multiInstanceLoopCharacteristics></userTask>"
    ).loop
    assert zeebe is not None
    assert (value(zeebe.collection, members=[2]), zeebe.element_variable) == ([2], "m")
    assert (zeebe.output_collection, value(zeebe.output_element, vote="y")) == ("votes", "y")
    own = task(
        '<userTask id="t"><multiInstanceLoopCharacteristics><loopDataInputRef>d1</loopDataInputRef>'
        "<loopDataOutputRef>d2</loopDataOutputRef><inputDataItem id=\"i\" name=\"item\"/><outputDataItem id=\"o\"/>"
        "</multiInstanceLoopCharacteristics></userTask>",
        after='<dataObject id="d1" name="orders" isCollection="true"/><dataObject id="d2" name="results"/>',
    ).loop
    assert own is not None
    assert (value(own.collection, orders=[3]), own.element_variable) == ([3], "item")
    assert (own.output_collection, value(own.output_element, o=1)) == ("results", 1)


def test_a_cardinality_in_juel_is_a_number() -> None:
    loop = task(
        '<userTask id="t"><multiInstanceLoopCharacteristics><loopCardinality>${n + 1}</loopCardinality>'
        "</multiInstanceLoopCharacteristics></userTask>"
    ).loop
    assert loop is not None and value(loop.cardinality, n=2) == 3


def test_collections_that_reach_the_loop_through_data_inputs() -> None:
    """BPMN 2.0 §10.3.8: the loop's data input is the activity's own, fed by an association."""
    node = task(
        '<userTask id="t"><ioSpecification><dataInput id="in" isCollection="true"/><dataOutput id="out" isCollection="true"/>'
        "<inputSet><dataInputRefs>in</dataInputRefs></inputSet><outputSet/></ioSpecification>"
        "<dataInputAssociation><sourceRef>d1</sourceRef><targetRef>in</targetRef></dataInputAssociation>"
        "<dataOutputAssociation><sourceRef>out</sourceRef><targetRef>d2</targetRef></dataOutputAssociation>"
        "<multiInstanceLoopCharacteristics><loopDataInputRef>in</loopDataInputRef><loopDataOutputRef>out</loopDataOutputRef>"
        '<inputDataItem id="item"/><outputDataItem id="vote"/></multiInstanceLoopCharacteristics></userTask>',
        after='<dataObject id="d1" name="orders"/><dataObject id="d2" name="results"/>',
    )
    assert node.loop is not None
    assert value(node.loop.collection, orders=[3]) == [3]
    assert (node.loop.output_collection, node.inputs, node.outputs) == ("results", (), ())
    assert node.input_sets == ()


def test_a_thrown_message_of_zeebe_is_work_for_a_handler() -> None:
    node = task(
        '<intermediateThrowEvent id="t">' + extended('<zeebe:taskDefinition type="notify.send"/>')
        + "<messageEventDefinition/></intermediateThrowEvent>"
    )  # fmt: skip
    assert node.events[0].topic == "notify.send"


def test_behaviours_name_what_they_throw() -> None:
    loop = task(
        '<userTask id="t"><multiInstanceLoopCharacteristics behavior="One" oneBehaviorEventRef="sig">'
        "<loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask>",
        '<signal id="g" name="first"/><signalEventDefinition id="sig" signalRef="g"/>',
    ).loop
    assert loop is not None and loop.one_throws is not None
    assert (loop.behavior, loop.one_event, loop.one_throws.ref) == ("One", "sig", "first")


def test_a_standard_loop() -> None:
    loop = task(
        '<task id="t"><standardLoopCharacteristics testBefore="true" loopMaximum="5"><loopCondition>= x &lt; 3'
        "</loopCondition></standardLoopCharacteristics></task>"
    ).loop
    assert loop is not None
    assert (loop.kind, loop.test_before, value(loop.maximum), value(loop.condition, x=1)) == ("standard", True, 5, True)


def test_data_objects_stores_and_associations_are_variables() -> None:
    definition = only(
        line(
            '<task id="t"><ioSpecification><dataInput id="i" name="inquiry"/><dataOutput id="o" name="score"/>'
            "<inputSet><dataInputRefs>i</dataInputRefs></inputSet><outputSet/></ioSpecification>"
            "<dataInputAssociation><sourceRef>ref</sourceRef><targetRef>i</targetRef></dataInputAssociation>"
            "<dataOutputAssociation><sourceRef>o</sourceRef><targetRef>store</targetRef></dataOutputAssociation></task>",
            after='<dataObject id="d"/><dataObjectReference id="ref" name="client file" dataObjectRef="d"/>'
            '<dataStoreReference id="store" dataStoreRef="ds"/>',
        ),
        '<dataStore id="ds" name="book"/>',
    )
    node = definition.nodes["t"]
    assert evaluated(node.inputs, **{"client file": {"x": 1}}) == {"inquiry": {"x": 1}}
    assert evaluated(node.outputs, score=7) == {"book": 7}
    assert node.input_sets == (("inquiry",),)
    assert definition.scope.data == {"client file": None}
    assert definition.data_stores == {"book"}


def test_functions_of_the_host_may_have_blanks_in_their_names() -> None:
    definition = only(
        line('<serviceTask id="t" camunda:expression="= vote decided(votes)" camunda:resultVariable="n"/>'),
        functions={"vote decided"},
    )
    work = definition.nodes["t"].work
    assert work is not None and work.expression is not None
    at = Moment(now=AT.now, functions={"vote decided": lambda votes: len(votes) > 1})
    assert work.expression({"votes": [1, 2]}, at) is True


def test_headers_of_zeebe_are_properties() -> None:
    headers = '<zeebe:taskHeaders><zeebe:header key="due" value="2BD"/></zeebe:taskHeaders>'
    assert task('<userTask id="t">' + extended(headers) + "</userTask>").properties == {"due": "2BD"}


def test_the_own_property_due_is_a_due_date() -> None:
    due = '<camunda:properties><camunda:property name="due" value="2BD"/></camunda:properties>'
    node = task('<userTask id="t">' + extended(due) + "</userTask>")
    assert node.user is not None and value(node.user.due) == "2BD"


def test_names_with_blanks_are_known_to_feel() -> None:
    definition = only(
        line('<serviceTask id="t" camunda:expression="= client file.size" camunda:resultVariable="n"/>',
             after='<dataObject id="d" name="client file"/>')
    )  # fmt: skip
    work = definition.nodes["t"].work
    assert work is not None and value(work.expression, **{"client file": {"size": 3}}) == 3


def test_what_a_definition_needs_is_listed() -> None:
    definition = only(
        line(
            '<serviceTask id="t" camunda:topic="pay"/>',
            after='<businessRuleTask id="r" camunda:decisionRef="limit"/><callActivity id="c" calledElement="kyc"/>'
            '<userTask id="u" camunda:formRef="profile"/>',
        )
    )
    assert (definition.topics, definition.decisions, definition.calls, definition.forms) == (
        {"pay"}, {"limit"}, {"kyc"}, {"profile"}
    )  # fmt: skip


def test_what_is_read_gives_no_warning() -> None:
    body = line(
        '<userTask id="t" camunda:assignee="li" camunda:asyncBefore="true">'
        + extended(
            '<camunda:properties><camunda:property name="due" value="2BD"/></camunda:properties>'
            "<camunda:inputOutput/><zeebe:properties/>"
        )
        + "</userTask>"
    )
    assert read(body).warnings == ()
