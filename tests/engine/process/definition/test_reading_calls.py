# XML reads better in one line than broken for its length.
# ruff: noqa: E501
"""What stands in a file arrives in the model: calls, mappings, loops, data, and what a definition needs."""

from __future__ import annotations

import pytest

from engine.feel import Moment
from tests.engine.process.definition.models import read
from tests.engine.process.definition.reading import AT, evaluated, extended, only, task, value
from tests.engine.process.definition.rule_cases import line

pytestmark = pytest.mark.usefixtures("everything_runs")


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
        + extended(
            '<zeebe:calledElement processId="= which" propagateAllChildVariables="false" bindingType="deployment"/>'
        )
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
        '<loopDataOutputRef>d2</loopDataOutputRef><inputDataItem id="i" name="item"/><outputDataItem id="o"/>'
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
