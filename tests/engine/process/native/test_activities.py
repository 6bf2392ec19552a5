"""Activities, repetition, calls, compensation as BPMN 2.0 §13.3 and §10.7 have them."""

from __future__ import annotations

import pytest

from tests.engine.process.native.diagrams import diagram, played, script

COMPENSATED = """
    <{kind} id="{id}"{more}/>
    <boundaryEvent id="u_{id}" attachedToRef="{id}"><compensateEventDefinition/></boundaryEvent>
    <task id="undo_{id}" isForCompensation="true"/>
"""


def compensated(id: str, kind: str = "task", more: str = "") -> str:
    """An activity with its compensation handler `undo_<id>`."""
    return COMPENSATED.format(id=id, kind=kind, more=more)


def ties(*ids: str) -> str:
    """The associations to the handlers; artifacts stand last."""
    return "".join(f'<association id="as_{id}" sourceRef="u_{id}" targetRef="undo_{id}"/>' for id in ids)


def test_a_parallel_multi_instance_has_its_counters_and_completes_early() -> None:
    text = diagram("""
        <startEvent id="s"/><userTask id="vote"><multiInstanceLoopCharacteristics camunda:collection="${members}"
        camunda:elementVariable="member"><completionCondition xsi:type="tFormalExpression">
        nrOfCompletedInstances &gt;= 2</completionCondition></multiInstanceLoopCharacteristics></userTask>
        <endEvent id="e"/>
        s -> vote
        vote -> e
    """)  # fmt: skip
    members = {"variables": {"members": ["li", "wang", "chen"]}}
    done = played(text, {"complete": "vote", "index": 2}, {"complete": "vote"}, start=members)
    assert done.trace == "+s -s +vote +vote +vote +vote -vote -vote xvote -vote +e -e"
    assert done.variables == {"members": ["li", "wang", "chen"]}
    none = played(text, start={"variables": {"members": []}})
    assert none.trace == "+s -s +vote -vote +e -e"


def test_a_sequential_multi_instance_collects_its_results_in_order() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/><scriptTask id="t" scriptFormat="python"><multiInstanceLoopCharacteristics
        isSequential="true"><extensionElements><zeebe:loopCharacteristics inputCollection="= items" inputElement="item"
        outputCollection="doubled" outputElement="= result"/></extensionElements></multiInstanceLoopCharacteristics>
        <script>result = item * 2</script>
        </scriptTask>{script("sum", "n = sum(doubled)")}
        s -> t
        t -> sum
    """), start={"variables": {"items": [1, 2, 3]}})  # fmt: skip
    assert done.variables == {"items": [1, 2, 3], "doubled": [2, 4, 6], "n": 12}


def test_a_collection_that_is_no_list_is_an_incident() -> None:
    done = played(diagram("""
        <startEvent id="s"/><userTask id="t"><multiInstanceLoopCharacteristics camunda:collection="${x}"/></userTask>
        s -> t
    """), start={"variables": {"x": 5}})  # fmt: skip
    assert done.incidents == [("t", "COLLECTION_INVALID")]


def test_a_standard_loop_tests_after_or_before() -> None:
    text = """
        <startEvent id="s"/><scriptTask id="t" scriptFormat="python">
        <standardLoopCharacteristics testBefore="{before}"><loopCondition xsi:type="tFormalExpression">n &lt; 3
        </loopCondition></standardLoopCharacteristics><script>n = n + 1</script></scriptTask>
        s -> t
    """
    after, before = (diagram(text.format(before=word)) for word in ("false", "true"))
    assert played(after, start={"variables": {"n": 7}}).variables == {"n": 8}
    assert played(before, start={"variables": {"n": 7}}).variables == {"n": 7}
    assert played(before, start={"variables": {"n": 0}}).variables == {"n": 3}


def test_sub_processes_keep_their_data_objects_to_themselves() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/><subProcess id="sub"><dataObject id="d" name="local"/><dataObjectReference id="r"
        name="local" dataObjectRef="d"/><startEvent id="i"/>{script("w", "local = 5")}{script("x", "outer = local + 1")}
        i -> w
        w -> x
        </subProcess>
        s -> sub
    """))  # fmt: skip
    assert done.variables == {"outer": 6}


def test_token_quantities_gather_and_multiply() -> None:
    done = played(diagram("""
        <startEvent id="s"/><task id="three" completionQuantity="3"/><task id="two" startQuantity="2"/>
        s -> three
        three -> two
    """))  # fmt: skip
    assert done.entered("three", "two") == ["three", "two"] and done.state == "active"


def test_a_call_passes_variables_and_the_child_s_error_meets_a_boundary() -> None:
    parent = diagram("""
        <startEvent id="s"/><callActivity id="c" calledElement="q"><extensionElements>
        <camunda:in source="x" target="y"/><camunda:out source="z" target="w"/></extensionElements></callActivity>
        <boundaryEvent id="b" attachedToRef="c"><errorEventDefinition errorRef="E"/></boundaryEvent>
        <endEvent id="e"/><endEvent id="f"/>
        s -> c
        c -> e
        b -> f
    """, '<error id="E" errorCode="BAD"/>')  # fmt: skip
    child = diagram(f"""
        <startEvent id="s2"/>{script("calc", "z = y * 2")}<exclusiveGateway id="x" default="x_ok"/><endEvent id="ok"/>
        <endEvent id="no"><errorEventDefinition errorRef="E"/></endEvent>
        s2 -> calc
        calc -> x
        x -> no if z > 10
        x -> ok
    """, '<error id="E" errorCode="BAD"/>', key="q")  # fmt: skip
    fine = played([parent, child], start={"variables": {"x": 2}})
    assert fine.variables == {"x": 2, "w": 4} and fine.entered("e", "f") == ["e"]
    assert fine.instance(2)["parent"] == 1 and fine.instance(2)["variables"] == {"y": 2, "z": 4}
    bad = played([parent, child], start={"variables": {"x": 9}})
    assert bad.entered("e", "f") == ["f"] and bad.instance(2)["state"] == "failed"
    assert played(parent).waiting == ["c"]


def test_compensation_runs_backwards() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/>{compensated("a")}{compensated("b")}<task id="c"/>
        <intermediateThrowEvent id="undo"><compensateEventDefinition/></intermediateThrowEvent><endEvent id="e"/>
        s -> a
        a -> b
        b -> c
        c -> undo
        undo -> e
        {ties("a", "b")}
    """))  # fmt: skip
    assert done.entered("undo_a", "undo_b", "undo", "e") == ["undo", "undo_b", "undo_a", "e"]


def test_compensation_of_one_activity_leaves_the_others() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/>{compensated("a")}{compensated("b")}
        <endEvent id="undo"><compensateEventDefinition activityRef="a"/></endEvent>
        s -> a
        a -> b
        b -> undo
        {ties("a", "b")}
    """))  # fmt: skip
    assert done.entered("undo_a", "undo_b") == ["undo_a"] and done.state == "completed"


def test_a_completed_sub_process_is_undone_with_its_own_data() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/><subProcess id="sub"><dataObject id="d" name="key"/><dataObjectReference id="r" name="key"
        dataObjectRef="d"/><startEvent id="i"/>{script("set", "key = n")}
        <task id="book"/><boundaryEvent id="ub" attachedToRef="book"><compensateEventDefinition/></boundaryEvent>
        <scriptTask id="back" isForCompensation="true" scriptFormat="python"><script>undone = key</script></scriptTask>
        i -> set
        set -> book
        <association id="as" sourceRef="ub" targetRef="back"/>
        </subProcess>{script("later", "n = 99")}
        <endEvent id="undo"><compensateEventDefinition/></endEvent>
        s -> sub
        sub -> later
        later -> undo
    """), start={"variables": {"n": 7}})  # fmt: skip
    assert done.variables == {"n": 99, "undone": 7}


def test_a_cancelled_transaction_is_undone_and_left_by_its_cancel_boundary() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/><transaction id="tx"><startEvent id="i"/>{compensated("pay")}<parallelGateway id="split"/>
        <userTask id="wait"/><endEvent id="no"><cancelEventDefinition/></endEvent>
        i -> pay
        pay -> split
        split -> wait
        split -> no
        {ties("pay")}</transaction>
        <boundaryEvent id="cancelled" attachedToRef="tx"><cancelEventDefinition/></boundaryEvent>
        <endEvent id="e"/><endEvent id="f"/>
        s -> tx
        tx -> e
        cancelled -> f
    """))  # fmt: skip
    assert done.state == "completed"
    assert done.entered("undo_pay", "cancelled", "e", "f") == ["undo_pay", "cancelled", "f"]
    assert "xwait" in done.trace


def test_a_compensation_event_sub_process_undoes_what_holds_it() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/><subProcess id="sub"><startEvent id="i"/>{compensated("a")}
        i -> a
        <subProcess id="handler" triggeredByEvent="true"><startEvent id="go"><compensateEventDefinition/></startEvent>
        <intermediateThrowEvent id="inner"><compensateEventDefinition/></intermediateThrowEvent><task id="log"/>
        go -> inner
        inner -> log
        </subProcess>{ties("a")}</subProcess><endEvent id="undo"><compensateEventDefinition/></endEvent>
        s -> sub
        sub -> undo
    """))  # fmt: skip
    assert done.entered("handler", "go", "undo_a", "log") == ["handler", "go", "undo_a", "log"]
    assert done.state == "completed"


@pytest.mark.parametrize(("ordering", "waiting"), [("Parallel", ["a", "b"]), ("Sequential", ["a"])])
def test_an_ad_hoc_sub_process_ends_when_its_condition_holds(ordering: str, waiting: list[str]) -> None:
    text = diagram(f"""
        <startEvent id="s"/><adHocSubProcess id="free" ordering="{ordering}"><userTask id="a"/><userTask id="b"/>
        <completionCondition xsi:type="tFormalExpression">enough</completionCondition></adHocSubProcess>
        <endEvent id="e"/>
        s -> free
        free -> e
    """)  # fmt: skip
    assert played(text).waiting == waiting
    assert played(text, {"complete": "a", "variables": {"enough": True}}).state == "completed"
    assert played(text, {"complete": "a", "variables": {"enough": False}}).waiting == ["b"]


def test_a_task_s_due_date_in_working_days_and_the_timer_that_hangs_on_it() -> None:
    done = played(diagram("""
        <startEvent id="s"/><userTask id="t" camunda:candidateGroups="rm"><extensionElements><camunda:properties>
        <camunda:property name="due" value="2BD"/></camunda:properties></extensionElements></userTask>
        <boundaryEvent id="late" attachedToRef="t"><timerEventDefinition>
        <timeDate>=task_due_plus("3BD")</timeDate></timerEventDefinition></boundaryEvent><endEvent id="e"/>
        s -> t
        late -> e
    """), {"expect": {"tasks": {"t": {"due": "2026-01-13T18:00", "assignee": "li"}}}}, {"advance": "P6D"},
        {"expect": {"waiting": ["t"]}}, {"advance": "P2D"}, {"expect": {"ended": True}},
        now="2026-01-09T10:00:00+08:00", people={"rm": ["li", "wang"]})  # fmt: skip
    assert done.told["unmet"] == []


def test_four_eyes_and_fair_turns_among_people() -> None:
    done = played(diagram("""
        <startEvent id="s"/><userTask id="make" camunda:candidateGroups="ops"/><userTask id="check"
        camunda:candidateGroups="ops"><extensionElements><camunda:properties><camunda:property name="notSameUserAs"
        value="make"/></camunda:properties></extensionElements></userTask>
        s -> make
        make -> check
    """), {"complete": "make", "as": "wang"}, {"expect": {"tasks": {"check": {"assignee": "li"}}}},
        people={"ops": ["wang", "li"]})  # fmt: skip
    assert done.told["unmet"] == []


def test_input_and_output_mappings_make_locals() -> None:
    done = played(diagram("""
        <startEvent id="s"/><serviceTask id="t" camunda:type="external" camunda:topic="score"><extensionElements>
        <camunda:inputOutput><camunda:inputParameter name="amount">${total * 2}</camunda:inputParameter>
        <camunda:outputParameter name="tier">${grade}</camunda:outputParameter></camunda:inputOutput>
        </extensionElements></serviceTask>
        s -> t
    """), start={"variables": {"total": 5}}, handlers={"score": {"returns": {"grade": "A"}}})  # fmt: skip
    assert done.variables == {"total": 5, "tier": "A"}


def test_handlers_are_consumed_call_by_call_and_their_errors_are_caught() -> None:
    done = played(diagram("""
        <startEvent id="s"/><serviceTask id="pull" camunda:type="external" camunda:topic="bureau.pull"/>
        <boundaryEvent id="down" attachedToRef="pull"><errorEventDefinition errorRef="E"/></boundaryEvent>
        <task id="wait"/><exclusiveGateway id="m"/>
        s -> m
        m -> pull
        down -> wait
        wait -> m
    """, '<error id="E" errorCode="DOWN"/>'), handlers={"bureau.pull": [{"bpmn_error": "DOWN"},
        {"bpmn_error": "DOWN"}, {"returns": {"ok": True}}]})  # fmt: skip
    assert done.entered("pull") == ["pull"] * 3 and done.variables == {"ok": True}


def test_a_receive_task_instantiates() -> None:
    done = played(diagram("""
        <receiveTask id="r" instantiate="true" messageRef="m"/><userTask id="t"/>
        r -> t
    """, '<message id="m" name="inquiry"/>'), start={"at": "r", "variables": {"client": "A"}})  # fmt: skip
    assert done.trace == "+r -r +t"


def test_behaviour_one_throws_at_the_first_completion() -> None:
    done = played(diagram("""
        <startEvent id="s"/><userTask id="t"><multiInstanceLoopCharacteristics behavior="One"
        oneBehaviorEventRef="sd"><loopCardinality xsi:type="tFormalExpression">3</loopCardinality>
        </multiInstanceLoopCharacteristics></userTask>
        <boundaryEvent id="b" attachedToRef="t" cancelActivity="false"><signalEventDefinition signalRef="g"/>
        </boundaryEvent><task id="first"/>
        s -> t
        b -> first
    """, '<signal id="g" name="one"/><signalEventDefinition id="sd" signalRef="g"/>'),
        {"complete": "t"}, {"complete": "t"}, {"complete": "t"})  # fmt: skip
    assert done.entered("first") == ["first"] and done.state == "completed"
