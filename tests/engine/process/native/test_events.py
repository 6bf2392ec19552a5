"""Events as BPMN 2.0 §13.5 has them: boundary, event sub-process, thrown and caught."""

from __future__ import annotations

from tests.engine.process.native.diagrams import diagram, played, script

ERRORS = '<error id="E" errorCode="BAD" name="bad"/><error id="F" errorCode="OTHER" name="other"/>'


def test_an_interrupting_boundary_timer_takes_the_place_of_its_task() -> None:
    text = diagram("""
        <startEvent id="s"/><userTask id="t"/><boundaryEvent id="late" attachedToRef="t"><timerEventDefinition>
        <timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent><endEvent id="e"/><endEvent id="l"/>
        s -> t
        t -> e
        late -> l
    """)
    assert played(text, {"advance": "P1D"}).trace == "+s -s +t xt +late -late +l -l"
    assert played(text, {"complete": "t"}, {"advance": "P9D"}).trace == "+s -s +t -t +e -e"


def test_a_non_interrupting_cycle_repeats_beside_its_task() -> None:
    text = diagram("""
        <startEvent id="s"/><userTask id="t"/><boundaryEvent id="remind" attachedToRef="t" cancelActivity="false">
        <timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition></boundaryEvent>
        <task id="mail"/><endEvent id="e"/>
        s -> t
        t -> e
        remind -> mail
    """)
    assert played(text, {"advance": "PT150M"}).entered("mail") == ["mail"] * 2
    assert played(text, {"advance": "P3D"}, {"complete": "t"}).entered("mail") == ["mail"] * 3


def test_an_error_meets_its_own_handler_before_one_that_catches_all() -> None:
    text = diagram("""
        <startEvent id="s"/><subProcess id="sub"><startEvent id="i"/><userTask id="t"/>
        i -> t
        </subProcess>
        <boundaryEvent id="any" attachedToRef="sub"><errorEventDefinition/></boundaryEvent>
        <boundaryEvent id="bad" attachedToRef="sub"><errorEventDefinition errorRef="E"/></boundaryEvent>
        s -> sub
        any -> a
        bad -> b
        <endEvent id="a"/><endEvent id="b"/>
    """, ERRORS)  # fmt: skip
    assert played(text, {"fail": "t", "code": "BAD"}).trace == "+s -s +sub +i -i +t xt xsub +bad -bad +b -b"
    assert played(text, {"fail": "t", "code": "OTHER"}).entered("any", "bad") == ["any"]


def test_an_error_that_nobody_catches_fails_the_instance() -> None:
    done = played(diagram("""
        <startEvent id="s"/><parallelGateway id="split"/><userTask id="t"/>
        <endEvent id="e"><errorEventDefinition errorRef="E"/></endEvent>
        s -> split
        split -> t
        split -> e
    """, ERRORS))  # fmt: skip
    assert done.state == "failed" and done.instance()["error"]["code"] == "BAD"
    assert done.told["thrown"] == [{"kind": "error", "name": "BAD", "handled": False}]


def test_an_interruption_stops_synchronous_work_at_once() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/><subProcess id="sub"><startEvent id="i"/><parallelGateway id="split"/>
        <endEvent id="bang"><errorEventDefinition errorRef="E"/></endEvent>{script("never", "x = 1")}
        i -> split
        split -> bang
        split -> never
        </subProcess><boundaryEvent id="caught" attachedToRef="sub"><errorEventDefinition errorRef="E"/></boundaryEvent>
        <endEvent id="e"/>
        s -> sub
        caught -> e
    """, ERRORS))  # fmt: skip
    assert done.state == "completed" and "never" not in done.entered() and done.variables == {}


def test_escalations_pass_error_handlers_and_a_non_interrupting_boundary_lets_work_go_on() -> None:
    done = played(diagram("""
        <startEvent id="s"/><subProcess id="sub"><startEvent id="i"/>
        <intermediateThrowEvent id="up"><escalationEventDefinition escalationRef="X"/></intermediateThrowEvent>
        <userTask id="t"/>
        i -> up
        up -> t
        </subProcess>
        <boundaryEvent id="err" attachedToRef="sub"><errorEventDefinition/></boundaryEvent>
        <boundaryEvent id="told" attachedToRef="sub" cancelActivity="false">
        <escalationEventDefinition escalationRef="X"/></boundaryEvent><task id="note"/><task id="n"/>
        s -> sub
        told -> note
        err -> n
    """, '<escalation id="X" escalationCode="LATE" name="late"/>'))  # fmt: skip
    assert done.waiting == ["t"] and done.entered("note", "n") == ["note"]


def test_event_sub_processes_of_both_kinds() -> None:
    text = diagram("""
        <startEvent id="s"/><userTask id="t"/><endEvent id="e"/>
        s -> t
        t -> e
        <subProcess id="ask" triggeredByEvent="true"><startEvent id="asked" isInterrupting="false">
        <messageEventDefinition messageRef="q"/></startEvent><task id="reply"/><endEvent id="replied"/>
        asked -> reply
        reply -> replied
        </subProcess>
        <subProcess id="stop" triggeredByEvent="true"><startEvent id="stopped">
        <messageEventDefinition messageRef="w"/></startEvent><userTask id="why"/>
        stopped -> why
        </subProcess>
    """, '<message id="q" name="question"/><message id="w" name="withdrawn"/>')  # fmt: skip
    done = played(text, {"message": "question"}, {"message": "question"}, {"message": "withdrawn"},
                  {"message": "question"}, {"complete": "why"})  # fmt: skip
    assert done.entered("reply") == ["reply", "reply"]
    assert done.state == "completed" and "e" not in done.entered()
    assert "xt +stop +stopped -stopped +why" in done.trace


def test_terminate_ends_its_own_sub_process_only() -> None:
    done = played(diagram("""
        <startEvent id="s"/><subProcess id="sub"><startEvent id="i"/><parallelGateway id="split"/><userTask id="t"/>
        <endEvent id="kill"><terminateEventDefinition/></endEvent>
        i -> split
        split -> t
        split -> kill
        </subProcess><task id="after"/>
        s -> sub
        sub -> after
    """))  # fmt: skip
    assert done.state == "completed" and done.entered("after") == ["after"]


def test_terminate_at_the_top_ends_the_instance_as_terminated() -> None:
    done = played(diagram("""
        <startEvent id="s"/><parallelGateway id="split"/><userTask id="t"/>
        <endEvent id="kill"><terminateEventDefinition/></endEvent>
        s -> split
        split -> t
        split -> kill
    """))  # fmt: skip
    assert done.state == "terminated" and done.trace.endswith("+t +kill -kill xt")


def test_a_signal_reaches_the_others_before_the_thrower_moves_on() -> None:
    thrower = diagram("""
        <startEvent id="s"/><intermediateThrowEvent id="call"><signalEventDefinition signalRef="g"/>
        </intermediateThrowEvent><task id="on"/>
        s -> call
        call -> on
    """, '<signal id="g" name="gong"/>')  # fmt: skip
    listener = diagram("""
        <startEvent id="s2"><signalEventDefinition signalRef="g"/></startEvent><task id="heard"/>
        s2 -> heard
    """, '<signal id="g" name="gong"/>', key="q")  # fmt: skip
    done = played([thrower, listener])
    assert done.entered("heard", "on") == ["heard", "on"]
    assert done.told["thrown"] == [{"kind": "signal", "name": "gong", "handled": True}]


def test_a_conditional_event_happens_when_a_variable_changes() -> None:
    done = played(diagram("""
        <startEvent id="s"/><userTask id="t"/><boundaryEvent id="low" attachedToRef="t" cancelActivity="false">
        <conditionalEventDefinition><condition xsi:type="tFormalExpression">dscr &lt; 1.1</condition>
        </conditionalEventDefinition></boundaryEvent><task id="warn"/>
        s -> t
        low -> warn
    """), {"set": {"dscr": 1.3}}, {"set": {"dscr": 1.0}}, {"set": {"dscr": 1.05}}, {"set": {"dscr": 2}},
        {"set": {"dscr": 1.02}})  # fmt: skip
    assert done.entered("warn") == ["warn", "warn"]


def test_a_link_goes_on_at_its_twin() -> None:
    done = played(diagram("""
        <startEvent id="s"/><intermediateThrowEvent id="to"><linkEventDefinition name="L"/></intermediateThrowEvent>
        <intermediateCatchEvent id="from"><linkEventDefinition name="L"/></intermediateCatchEvent><task id="t"/>
        s -> to
        from -> t
    """))  # fmt: skip
    assert done.trace == "+s -s +to -to +from -from +t -t"


def test_a_message_nobody_awaits_is_kept_for_who_comes() -> None:
    done = played(diagram("""
        <startEvent id="s"/><userTask id="t"/><receiveTask id="r" messageRef="m"/><endEvent id="e"/>
        s -> t
        t -> r
        r -> e
    """, '<message id="m" name="signed"/>'), {"message": "signed", "variables": {"by": "li"}},
        {"complete": "t"})  # fmt: skip
    assert done.state == "completed" and done.variables == {"by": "li"}


def test_a_parallel_multiple_event_waits_for_all_its_definitions() -> None:
    text = diagram("""
        <startEvent id="s"/><intermediateCatchEvent id="both" parallelMultiple="true">
        <messageEventDefinition messageRef="a"/><messageEventDefinition messageRef="b"/></intermediateCatchEvent>
        <endEvent id="e"/>
        s -> both
        both -> e
    """, '<message id="a" name="a"/><message id="b" name="b"/>')  # fmt: skip
    assert played(text, {"message": "b", "variables": {"x": 1}}).state == "active"
    done = played(text, {"message": "b", "variables": {"x": 1}}, {"message": "a", "variables": {"y": 2}})
    assert done.state == "completed" and done.variables == {"x": 1, "y": 2}
