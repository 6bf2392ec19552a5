"""Elements inside elements: event sub-processes in event sub-processes, repetition around them, calls of every kind."""

from __future__ import annotations

from engine.play import play
from tests.engine.process.native.diagrams import diagram, played, script

ROOTS = """<error id="E" errorCode="BAD"/><escalation id="X" escalationCode="UP"/><signal id="G" name="gong"/>
<message id="A" name="a"/><message id="B" name="b"/>"""


def esp(id: str, definition: str, inside: str, interrupting: bool = True) -> str:
    """An event sub-process with start `<id>_s`."""
    return (
        f'<subProcess id="{id}" triggeredByEvent="true"><startEvent id="{id}_s" '
        f'isInterrupting="{str(interrupting).lower()}">{definition}</startEvent>{inside}</subProcess>'
    )


ERROR, UP, GONG = (
    '<errorEventDefinition errorRef="E"/>',
    '<escalationEventDefinition escalationRef="X"/>',
    '<signalEventDefinition signalRef="G"/>',
)


def test_an_error_inside_an_event_sub_process_is_caught_inside_it_first() -> None:
    inner = esp("inner", ERROR, '<task id="fixed"/>\ninner_s -> fixed\n')
    inside = f'<endEvent id="bang">{ERROR}</endEvent>\nouter_s -> bang\n{inner}'
    done = played(diagram(
        '<startEvent id="s"/><userTask id="t"/>\ns -> t\n'
        + esp("outer", '<messageEventDefinition messageRef="A"/>', inside, interrupting=False)
        + esp("last", ERROR, '<task id="never"/>\nlast_s -> never\n'),
        ROOTS,
    ), {"message": "a"})  # fmt: skip
    assert done.entered("fixed", "never") == ["fixed"] and done.waiting == ["outer_s", "t"]


def _with_handler(inside: str) -> str:
    handler = esp("handler", ERROR, f"{inside}")
    return diagram(
        '<startEvent id="s"/><subProcess id="sub"><startEvent id="i"/><userTask id="t"/>\ni -> t\n'
        f'{handler}</subProcess><boundaryEvent id="b" attachedToRef="sub">{ERROR}</boundaryEvent>'
        '<task id="after"/><task id="out"/>\ns -> sub\nsub -> after\nb -> out\n',
        ROOTS,
    )


def test_an_error_event_sub_process_takes_over_its_scope_and_the_flow_goes_on_after_it() -> None:
    done = played(_with_handler('<task id="fix"/>\nhandler_s -> fix\n'), {"fail": "t", "code": "BAD"})
    assert done.trace == ("+s -s +sub +i -i +t xt +handler +handler_s -handler_s +fix -fix -handler -sub +after -after")


def test_an_error_from_an_interrupting_handler_goes_further_out() -> None:
    text = _with_handler(f'<endEvent id="again">{ERROR}</endEvent>\nhandler_s -> again\n')
    done = played(text, {"fail": "t", "code": "BAD"})
    assert done.entered("handler", "b", "out") == ["handler", "b", "out"] and done.state == "completed"


def test_escalation_signal_timer_and_condition_start_event_sub_processes() -> None:
    text = diagram(
        '<startEvent id="s"/><intermediateThrowEvent id="up">' + UP + '</intermediateThrowEvent><userTask id="t"/>\n'
        "s -> up\nup -> t\n"
        + esp("e", UP, '<task id="et"/>\ne_s -> et\n', interrupting=False)
        + esp("g", GONG, '<task id="gt"/>\ng_s -> gt\n', interrupting=False)
        + esp("h", "<timerEventDefinition><timeCycle>R2/PT1H</timeCycle></timerEventDefinition>",
              '<task id="ht"/>\nh_s -> ht\n', interrupting=False)
        + esp("c", '<conditionalEventDefinition><condition xsi:type="tFormalExpression">n = 3</condition>'
              "</conditionalEventDefinition>", '<task id="ct"/>\nc_s -> ct\n'),
        ROOTS,
    )  # fmt: skip
    done = played(text, {"signal": "gong"}, {"advance": "P1D"}, {"signal": "gong"}, {"set": {"n": 3}})
    assert done.entered("et", "gt", "ht", "ct", "t") == ["et", "t", "gt", "ht", "ht", "gt", "ct"]
    assert done.state == "completed"


def test_each_iteration_of_a_sub_process_has_its_own_event_sub_process() -> None:
    handler = esp("handler", ERROR, '<userTask id="fix"/>\nhandler_s -> fix\n')
    done = played(diagram(f"""
        <startEvent id="s"/><subProcess id="sub"><multiInstanceLoopCharacteristics><loopCardinality
        xsi:type="tFormalExpression">2</loopCardinality></multiInstanceLoopCharacteristics>
        <startEvent id="i"/><userTask id="t"/>
        i -> t
        {handler}</subProcess><task id="after"/>
        s -> sub
        sub -> after
    """, ROOTS), {"fail": "t", "code": "BAD", "index": 1}, {"complete": "t"}, {"complete": "fix"})  # fmt: skip
    assert done.state == "completed" and done.entered("fix", "after") == ["fix", "after"]
    scopes = {one["scope"] for one in done.told["trace"] if one["element"] == "t"}
    assert len(scopes) == 2


def test_a_boundary_of_a_repeated_activity_guards_all_iterations() -> None:
    done = played(diagram("""
        <startEvent id="s"/><userTask id="t"><multiInstanceLoopCharacteristics><loopCardinality
        xsi:type="tFormalExpression">3</loopCardinality></multiInstanceLoopCharacteristics></userTask>
        <boundaryEvent id="b" attachedToRef="t"><timerEventDefinition><timeDuration>P1D</timeDuration>
        </timerEventDefinition></boundaryEvent><endEvent id="e"/>
        s -> t
        b -> e
    """), {"complete": "t"}, {"advance": "P1D"})  # fmt: skip
    assert done.trace == "+s -s +t +t +t +t -t xt xt xt +b -b +e -e"


def test_behaviours_none_and_complex_throw_as_they_say() -> None:
    text = """
        <startEvent id="s"/><userTask id="t"><multiInstanceLoopCharacteristics behavior="{behavior}" {ref}>
        <loopCardinality xsi:type="tFormalExpression">3</loopCardinality>{complex}</multiInstanceLoopCharacteristics>
        </userTask><boundaryEvent id="b" attachedToRef="t" cancelActivity="{cancels}">
        <signalEventDefinition signalRef="G"/></boundaryEvent><task id="heard"/>
        s -> t
        b -> heard
    """
    roots = ROOTS + '<signalEventDefinition id="sd" signalRef="G"/>'
    none = text.format(behavior="None", ref='noneBehaviorEventRef="sd"', complex="", cancels="false")
    done = played(diagram(none, roots), *[{"complete": "t"}] * 3)
    assert done.entered("heard") == ["heard"] * 3
    two = (
        '<complexBehaviorDefinition><condition xsi:type="tFormalExpression">nrOfCompletedInstances = 2</condition>'
        '<event id="ev"><signalEventDefinition signalRef="G"/></event></complexBehaviorDefinition>'
    )
    complex_ = text.format(behavior="Complex", ref="", complex=two, cancels="true")
    done = played(diagram(complex_, roots), *[{"complete": "t"}] * 2)
    assert done.entered("heard") == ["heard"] and done.state == "completed"


def test_compensating_a_repeated_activity_undoes_each_iteration_backwards() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/>{script("begin", "log = []")}
        <task id="t"><multiInstanceLoopCharacteristics isSequential="true"><loopCardinality
        xsi:type="tFormalExpression">3</loopCardinality></multiInstanceLoopCharacteristics></task>
        <boundaryEvent id="u" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>
        <scriptTask id="undo" isForCompensation="true" scriptFormat="python">
        <script>log = log + [loopCounter]</script></scriptTask>
        <endEvent id="e"><compensateEventDefinition/></endEvent>
        s -> begin
        begin -> t
        t -> e
        <association id="as" sourceRef="u" targetRef="undo"/>
    """))  # fmt: skip
    assert done.variables == {"log": [2, 1, 0]} and done.state == "completed"


def test_a_transaction_left_by_an_error_is_a_hazard_and_undoes_nothing() -> None:
    done = played(diagram(f"""
        <startEvent id="s"/><transaction id="tx"><startEvent id="i"/><task id="pay"/>
        <boundaryEvent id="u" attachedToRef="pay"><compensateEventDefinition/></boundaryEvent>
        <task id="undo" isForCompensation="true"/><endEvent id="bang">{ERROR}</endEvent>
        i -> pay
        pay -> bang
        <association id="as" sourceRef="u" targetRef="undo"/></transaction>
        <boundaryEvent id="hazard" attachedToRef="tx">{ERROR}</boundaryEvent>
        <boundaryEvent id="cancelled" attachedToRef="tx"><cancelEventDefinition/></boundaryEvent>
        <task id="h"/><task id="c"/>
        s -> tx
        hazard -> h
        cancelled -> c
    """, ROOTS))  # fmt: skip
    assert done.entered("undo", "h", "c") == ["h"]


def test_a_call_to_a_global_task_and_to_a_decision() -> None:
    text = diagram("""
        <startEvent id="s"/><callActivity id="ask" calledElement="gt"/><callActivity id="calc" calledElement="gs"/>
        s -> ask
        ask -> calc
    """, '<globalUserTask id="gt" name="Ask"/><globalScriptTask id="gs" scriptLanguage="python">'
         "<script>n = n + 1</script></globalScriptTask>")  # fmt: skip
    first = played(text, start={"variables": {"n": 1}})
    assert first.waiting == ["ask"]
    assert played(text, {"complete": "ask"}, start={"variables": {"n": 1}}).variables == {"n": 2}


def test_an_event_gateway_that_instantiates() -> None:
    body = """
        <eventBasedGateway id="g" instantiate="true"{more}/>
        <intermediateCatchEvent id="a"><messageEventDefinition messageRef="A"/></intermediateCatchEvent>
        <intermediateCatchEvent id="b"><messageEventDefinition messageRef="B"/></intermediateCatchEvent>
        <task id="ta"/><task id="tb"/>
        g -> a
        g -> b
        a -> ta
        b -> tb
    """
    told = play([diagram(body.format(more=""), ROOTS)], {"steps": [{"message": "b", "variables": {"x": 1}}]})
    assert [one["element"] for one in told["trace"] if one["event"] == "enter"] == ["g", "b", "tb"]
    assert told["instances"][0]["variables"] == {"x": 1} and told["instances"][0]["state"] == "completed"
    both = diagram(body.format(more=' eventGatewayType="Parallel"'), ROOTS)
    told = play([both], {"steps": [{"message": "b"}]})
    assert told["instances"][0]["state"] == "active"
    told = play([both], {"steps": [{"message": "b"}, {"message": "a"}]})
    assert [one["state"] for one in told["instances"]] == ["completed"]


def test_a_condition_starts_a_process_when_it_becomes_true() -> None:
    text = diagram("""
        <startEvent id="s"><conditionalEventDefinition><condition xsi:type="tFormalExpression">price &gt; 10</condition>
        </conditionalEventDefinition></startEvent><task id="t"/>
        s -> t
    """)
    told = play([text], {"steps": [{"set": {"price": 5}}, {"set": {"price": 12}}, {"set": {"price": 13}}]})
    assert len(told["instances"]) == 1
