"""Gateways as BPMN 2.0 §13.4 has them."""

from __future__ import annotations

from tests.engine.process.native.diagrams import diagram, played, script


def test_a_parallel_join_keeps_the_surplus_of_one_flow() -> None:
    done = played(diagram("""
        <startEvent id="s"/><parallelGateway id="split"/><task id="a"/><task id="b"/><exclusiveGateway id="merge"/>
        <userTask id="c"/><parallelGateway id="join"/><task id="after"/><endEvent id="e"/>
        s -> split
        split -> a
        split -> b
        split -> c
        a -> merge
        b -> merge
        merge -> join
        c -> join
        join -> after
        after -> e
    """), {"complete": "c"})  # fmt: skip
    assert done.entered("join", "after") == ["join", "join", "join", "after"]
    assert done.state == "active" and done.waiting == []


def test_an_inclusive_join_waits_for_those_branches_that_were_taken() -> None:
    text = diagram("""
        <startEvent id="s"/><inclusiveGateway id="split" default="split_c"/>
        <userTask id="a"/><userTask id="b"/><userTask id="c"/><inclusiveGateway id="join"/><endEvent id="e"/>
        s -> split
        split -> a if amount > 10
        split -> b if amount > 100
        split -> c
        a -> join
        b -> join
        c -> join
        join -> e
    """)
    two = played(text, {"complete": "a"}, start={"variables": {"amount": 500}})
    assert two.waiting == ["b"]
    assert played(text, {"complete": "a"}, start={"variables": {"amount": 50}}).state == "completed"
    assert played(text, start={"variables": {"amount": 5}}).waiting == ["c"]


def test_an_inclusive_join_fires_when_the_token_it_waited_for_dies() -> None:
    done = played(diagram("""
        <startEvent id="s"/><parallelGateway id="split"/><userTask id="a"/><userTask id="b"/>
        <exclusiveGateway id="x" default="x_join"/><inclusiveGateway id="join"/><endEvent id="dead"/><endEvent id="e"/>
        s -> split
        split -> a
        split -> b
        a -> join
        b -> x
        x -> dead if stop
        x -> join
        join -> e
    """), {"complete": "a"}, {"complete": "b", "variables": {"stop": True}})  # fmt: skip
    assert done.state == "completed" and done.entered("join", "e") == ["join", "e"]


def test_an_inclusive_join_in_a_loop_is_not_held_back_by_its_own_token() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/>{script("begin", "n = 0")}<inclusiveGateway id="join"/>{script("count", "n = n + 1")}
        <exclusiveGateway id="x" default="x_e"/><endEvent id="e"/>
        s -> begin
        begin -> join
        join -> count
        count -> x
        x -> join if n < 3
        x -> e
    """))  # fmt: skip
    assert done.state == "completed" and done.variables == {"n": 3}


def test_an_event_gateway_takes_the_first_event_and_forgets_the_others() -> None:
    text = diagram("""
        <startEvent id="s"/><eventBasedGateway id="g"/>
        <intermediateCatchEvent id="answer"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>
        <intermediateCatchEvent id="day"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>
        </intermediateCatchEvent>
        <intermediateCatchEvent id="week"><timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition>
        </intermediateCatchEvent><endEvent id="e1"/><endEvent id="e2"/><endEvent id="e3"/>
        s -> g
        g -> answer
        g -> day
        g -> week
        answer -> e1
        day -> e2
        week -> e3
    """, '<message id="m" name="answered"/>')  # fmt: skip
    late = played(text, {"advance": "P2D"})
    assert late.trace == "+s -s +g -g +day -day +e2 -e2"
    early = played(text, {"message": "answered", "variables": {"ok": True}})
    assert early.trace == "+s -s +g -g +answer -answer +e1 -e1" and early.variables == {"ok": True}


def test_no_flow_taken_is_an_incident_that_can_be_corrected() -> None:
    done = played(diagram("""
        <startEvent id="s"/><exclusiveGateway id="x"/><endEvent id="a"/><endEvent id="b"/>
        s -> x
        x -> a if n = 1
        x -> b if n = 2
    """), start={"variables": {"n": 3}})  # fmt: skip
    assert done.incidents == [("x", "NO_FLOW")] and done.trace == "+s -s +x"


def test_a_complex_gateway_activates_after_two_of_three_and_swallows_the_third() -> None:
    done = played(diagram("""
        <startEvent id="s"/><parallelGateway id="split"/><userTask id="a"/><userTask id="b"/><userTask id="c"/>
        <complexGateway id="two"><activationCondition>activationCount &gt;= 2</activationCondition></complexGateway>
        <task id="after"/><endEvent id="e"/>
        s -> split
        split -> a
        split -> b
        split -> c
        a -> two
        b -> two
        c -> two
        two -> after
        after -> e
    """), {"complete": "a"}, {"complete": "c"}, {"expect": {"visited": ["after"]}}, {"complete": "b"})  # fmt: skip
    assert done.told["unmet"] == []
    assert done.entered("after") == ["after"] and done.state == "completed"


def test_conditional_and_default_flows_leave_an_activity_like_an_inclusive_split() -> None:
    text = diagram("""
        <startEvent id="s"/><task id="t" default="t_c"/><task id="a"/><task id="b"/><task id="c"/>
        s -> t
        t -> a if n > 0
        t -> b if n > 1
        t -> c
    """)
    assert played(text, start={"variables": {"n": 2}}).entered("a", "b", "c") == ["a", "b"]
    assert played(text, start={"variables": {"n": 0}}).entered("a", "b", "c") == ["c"]
