"""One minimal bad model for each rule, and its good twin: the bad line corrected and nothing else.

`at` is a text in the bad model that stands in the line which the fault must name; `element` the id it must name.
"""

# XML reads better in one line than broken for its length.
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    rule: str
    element: str | None
    at: str
    bad: str
    good: str
    roots: str = ""
    known: dict[str, Any] = field(default_factory=dict)
    good_roots: str | None = None
    process: str = 'id="p" isExecutable="true"'
    good_process: str | None = None


def swapped(rule: str, element: str | None, body: str, wrong: str, right: str, at: str = "", **more: Any) -> Case:
    """A case whose models differ in one place, marked `@@` in the body."""
    assert "@@" in body
    return Case(rule, element, at or wrong, body.replace("@@", wrong), body.replace("@@", right), **more)


LINE = """<startEvent id="s"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="t"/>
{task}
<sequenceFlow id="f2" sourceRef="t" targetRef="e"/>
<endEvent id="e"/>"""


def line(task: str = '<task id="t"/>', *, after: str = "") -> str:
    """start → t → end."""
    return LINE.format(task=task) + "\n" + after


CAM = "<camunda:executionListener "
SET_X = 'event="start" expression="${execution.setVariable(&quot;x&quot;, y)}"/>'


def heard(listener: str) -> str:
    """start → t, which is listened to → end."""
    return line(f'<task id="t"><extensionElements>\n{listener}</extensionElements></task>')


def scripted(language: str, text: str) -> str:
    return f'<camunda:executionListener event="start"><camunda:script scriptFormat="{language}">{text}</camunda:script></camunda:executionListener>'


def listened(marks: str) -> str:
    return line(
        f'<task id="t"><extensionElements><zeebe:executionListeners>\n<zeebe:executionListener {marks}/></zeebe:executionListeners></extensionElements></task>'
    )


def scripting(text: str) -> str:
    return line(f'<scriptTask id="t" scriptFormat="python">\n<script>{text}</script></scriptTask>')


MESSAGE = '<message id="m" name="paid"/>'
CHOICE = """<startEvent id="s"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="g"/>
{gateway}
<sequenceFlow id="yes" sourceRef="g" targetRef="e">{yes}</sequenceFlow>
<sequenceFlow id="no" sourceRef="g" targetRef="e">{no}</sequenceFlow>
<endEvent id="e"/>"""
IF = "<conditionExpression>= x &gt; 1</conditionExpression>"
EVENT_GATEWAY = """<startEvent id="s"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="g"/>
<eventBasedGateway id="g"/>
<sequenceFlow id="f2" sourceRef="g" targetRef="a"/>
<sequenceFlow id="f3" sourceRef="g" targetRef="b"/>
<intermediateCatchEvent id="a"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></intermediateCatchEvent>
{b}
<sequenceFlow id="f4" sourceRef="a" targetRef="e"/>
<sequenceFlow id="f5" sourceRef="b" targetRef="e"/>
<endEvent id="e"/>"""
CATCH_B = '<intermediateCatchEvent id="b"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
RECEIVE_B = '<receiveTask id="b" messageRef="m"/>'
SUB = """<startEvent id="s"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="sub"/>
<subProcess id="sub">
{inner}
</subProcess>
<sequenceFlow id="f2" sourceRef="sub" targetRef="e"/>
<endEvent id="e"/>"""
INNER = """<startEvent id="is"/>
<sequenceFlow id="if" sourceRef="is" targetRef="ie"/>
<endEvent id="ie"/>"""
TIMER = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
EVENT_SUB = line(
    after="""<subProcess id="es" triggeredByEvent="true">
{start}
<sequenceFlow id="if" sourceRef="is" targetRef="ie"/>
<endEvent id="ie"/>
</subProcess>"""
)
SECOND_SUB = """
<subProcess id="ejs" triggeredByEvent="true">{start}
<sequenceFlow id="jf" sourceRef="js" targetRef="je"/>
<endEvent id="je"/>
</subProcess>"""
STARTED = '<startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>'
SECOND = """<process id="q" isExecutable="true">
<startEvent id="qs"><messageEventDefinition messageRef="{message}"/></startEvent>
<sequenceFlow id="qf" sourceRef="qs" targetRef="qe"/>
<endEvent id="qe"/></process>"""
TRANSACTION = """<startEvent id="s"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="tx"/>
{kind}
<startEvent id="is"/>
<sequenceFlow id="if" sourceRef="is" targetRef="ie"/>
{end}
</{tag}>
<sequenceFlow id="f2" sourceRef="tx" targetRef="e"/>
{boundary}
<endEvent id="e"/>"""
CANCEL_END = '<endEvent id="ie"><cancelEventDefinition/></endEvent>'
CANCEL_BOUNDARY = """<boundaryEvent id="b" attachedToRef="tx"><cancelEventDefinition/></boundaryEvent>
<sequenceFlow id="f3" sourceRef="b" targetRef="e"/>"""


def transaction(end: str = CANCEL_END, boundary: str = CANCEL_BOUNDARY, tag: str = "transaction") -> str:
    return TRANSACTION.format(kind=f'<{tag} id="tx">', tag=tag, end=end, boundary=boundary)


COMPENSATED = line(
    after="""<boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>
{undo}
{association}"""
)
UNDO = '<task id="undo" isForCompensation="true"/>'
WIRE = '<association id="a" sourceRef="b" targetRef="undo" associationDirection="One"/>'


def boundary(definition: str, *, marks: str = "", host: str = "t") -> str:
    """A boundary event with its own way to the end."""
    return f"""<boundaryEvent id="b" attachedToRef="{host}"{marks}>{definition}</boundaryEvent>
<sequenceFlow id="f3" sourceRef="b" targetRef="e"/>"""


def catching(definition: str) -> str:
    return line(f'<intermediateCatchEvent id="t">{definition}</intermediateCatchEvent>')


FLOW_CASES = [
    swapped("flow-dangling", "f2", LINE.format(task='<task id="t"/>').replace('"e"/>\n<end', '"@@"/>\n<end'),
            "nowhere", "e"),
    swapped("reference-dangling", "t", line('<task id="t"><outgoing>@@</outgoing></task>'), "nothing", "f2"),
    Case("flow-crosses-scope", "out", 'id="out"',
         SUB.format(inner=INNER + '\n<task id="it"/>\n<sequenceFlow id="out" sourceRef="it" targetRef="e"/>'),
         SUB.format(inner=INNER + '\n<task id="it"/>\n<sequenceFlow id="out" sourceRef="it" targetRef="ie"/>')),
    Case("incoming-on-start", "s", 'id="s"', line(after='<sequenceFlow id="back" sourceRef="t" targetRef="s"/>'),
         line(after='<sequenceFlow id="back" sourceRef="t" targetRef="t"/>')),
    Case("outgoing-on-end", "e", 'id="e"', line(after='<sequenceFlow id="on" sourceRef="e" targetRef="t"/>'), line()),
    Case("incoming-on-boundary", "b", 'id="b"',
         line(after=boundary(TIMER) + '\n<sequenceFlow id="x" sourceRef="t" targetRef="b"/>'),
         line(after=boundary(TIMER) + '\n<sequenceFlow id="x" sourceRef="t" targetRef="e"/>')),
    Case("no-start", "p", "<process", '<task id="t"/>\n<sequenceFlow id="f" sourceRef="t" targetRef="t"/>',
         '<task id="t"/>\n<task id="u"/>\n<sequenceFlow id="f" sourceRef="t" targetRef="u"/>'),
    Case("several-none-starts", "s2", 'id="s2"',
         line(after='<startEvent id="s2"/>\n<sequenceFlow id="f3" sourceRef="s2" targetRef="t"/>'),
         line(after=f'<startEvent id="s2">{TIMER}</startEvent>\n<sequenceFlow id="f3" sourceRef="s2" targetRef="t"/>')),
    Case("start-message-twice", "s2", 'id="s2"',
         line(after='<startEvent id="s2"><messageEventDefinition messageRef="m"/></startEvent>\n'
              '<sequenceFlow id="f3" sourceRef="s2" targetRef="t"/>').replace(
                  '<startEvent id="s"/>', '<startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>'),
         line(after='<startEvent id="s2"><messageEventDefinition messageRef="m"/></startEvent>\n'
              '<sequenceFlow id="f3" sourceRef="s2" targetRef="t"/>'), roots=MESSAGE),
    Case("start-not-none", "is", 'id="is"',
         SUB.format(inner=INNER.replace('<startEvent id="is"/>', f'<startEvent id="is">{TIMER}</startEvent>')),
         SUB.format(inner=INNER)),
    Case("condition-forbidden", "yes", 'id="yes"', CHOICE.format(gateway='<parallelGateway id="g"/>', yes=IF, no=""),
         CHOICE.format(gateway='<parallelGateway id="g"/>', yes="", no="")),
    Case("condition-forbidden", "f1", 'id="f1"', line().replace('targetRef="t"/>', f'targetRef="t">{IF}</sequenceFlow>'),
         line()),
    Case("condition-on-default", "no", 'id="no"',
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes=IF, no=IF),
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes=IF, no="")),
    Case("default-foreign", "g", 'id="g"', CHOICE.format(gateway='<exclusiveGateway id="g" default="f1"/>', yes=IF, no=IF),
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes=IF, no="")),
    Case("flow-without-condition", "no", 'id="no"', CHOICE.format(gateway='<exclusiveGateway id="g"/>', yes=IF, no=""),
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes=IF, no="")),
    Case("gateway-no-outgoing", "t", 'id="t"', line('<exclusiveGateway id="t"/>').replace('sourceRef="t"', 'sourceRef="u"')
         + '\n<task id="u"/>', line('<exclusiveGateway id="t"/>')),
]  # fmt: skip

GATEWAY_CASES = [
    Case("gateway-event-targets", "g", 'id="g"', EVENT_GATEWAY.format(b='<task id="b"/>'),
         EVENT_GATEWAY.format(b=CATCH_B), roots=MESSAGE),
    Case("gateway-event-target-shared", "g", 'id="g"',
         EVENT_GATEWAY.format(b=CATCH_B) + '\n<task id="u"/>\n<sequenceFlow id="f6" sourceRef="u" targetRef="b"/>',
         EVENT_GATEWAY.format(b=CATCH_B) + '\n<task id="u"/>\n<sequenceFlow id="f6" sourceRef="u" targetRef="e"/>',
         roots=MESSAGE),
    Case("gateway-event-mixed", "g", 'id="g"',
         EVENT_GATEWAY.format(b=RECEIVE_B).replace(TIMER, '<messageEventDefinition messageRef="m"/>'),
         EVENT_GATEWAY.format(b=RECEIVE_B), roots=MESSAGE),
    Case("gateway-event-boundary", "g", 'id="g"', EVENT_GATEWAY.format(b=RECEIVE_B) + "\n" + boundary(
        TIMER, host="b").replace('id="b"', 'id="bb"').replace('sourceRef="b"', 'sourceRef="bb"').replace('"f3"', '"f7"'),
         EVENT_GATEWAY.format(b=RECEIVE_B), roots=MESSAGE),
    Case("gateway-event-few", "g", 'id="g"',
         EVENT_GATEWAY.format(b=CATCH_B).replace('<sequenceFlow id="f3" sourceRef="g" targetRef="b"/>\n', ""),
         EVENT_GATEWAY.format(b=CATCH_B), roots=MESSAGE),
    Case("gateway-parallel-start", "g", 'id="g"',
         EVENT_GATEWAY.format(b=CATCH_B).replace('id="g"/>', 'id="g" eventGatewayType="Parallel"/>'),
         EVENT_GATEWAY.format(b=CATCH_B), roots=MESSAGE),
    Case("gateway-instantiate", "g", 'id="g"',
         EVENT_GATEWAY.format(b=CATCH_B).replace('id="g"/>', 'id="g" instantiate="true"/>'),
         EVENT_GATEWAY.format(b=CATCH_B), roots=MESSAGE),
]  # fmt: skip

EVENT_CASES = [
    Case("event-illegal", "t", 'id="t"',
         line('<intermediateThrowEvent id="t"><terminateEventDefinition/></intermediateThrowEvent>'),
         line('<intermediateThrowEvent id="t"/>')),
    Case("event-illegal", "s", 'id="s"', line().replace('<startEvent id="s"/>',
         '<startEvent id="s"><errorEventDefinition/></startEvent>'), line()),
    Case("event-undefined", "t", 'id="t"', line('<intermediateCatchEvent id="t"/>'), catching(TIMER)),
    Case("event-undefined", "b", 'id="b"', line(after=boundary("")), line(after=boundary(TIMER))),
    Case("event-message-missing", "t", 'id="t"', catching("<messageEventDefinition/>"),
         catching('<messageEventDefinition messageRef="m"/>'), roots=MESSAGE),
    Case("event-message-missing", "t", 'id="t"', line('<receiveTask id="t"/>'),
         line('<receiveTask id="t" messageRef="m"/>'), roots=MESSAGE, known={"topics": set()}),
    Case("event-signal-missing", "t", 'id="t"', catching("<signalEventDefinition/>"),
         catching('<signalEventDefinition signalRef="m"/>'), roots='<signal id="m" name="changed"/>'),
    Case("event-error-missing", "e", 'id="e"', line().replace(
        '<endEvent id="e"/>', '<endEvent id="e"><errorEventDefinition/></endEvent>'), line().replace(
        '<endEvent id="e"/>', '<endEvent id="e"><errorEventDefinition errorRef="x"/></endEvent>'),
         roots='<error id="x" errorCode="X"/>'),
    Case("event-escalation-missing", "t", 'id="t"',
         line('<intermediateThrowEvent id="t"><escalationEventDefinition/></intermediateThrowEvent>'),
         line('<intermediateThrowEvent id="t"><escalationEventDefinition escalationRef="x"/></intermediateThrowEvent>'),
         roots='<escalation id="x" escalationCode="X"/>'),
    Case("name-missing", "m", 'id="m"', catching('<messageEventDefinition messageRef="m"/>'),
         catching('<messageEventDefinition messageRef="m"/>'), roots='<message id="m"/>', good_roots=MESSAGE),
    Case("reference-dangling", "t", 'id="t"', catching('<messageEventDefinition messageRef="other"/>'),
         catching('<messageEventDefinition messageRef="m"/>'), roots=MESSAGE),
    Case("error-not-interrupting", "b", 'id="b"',
         line(after=boundary("<errorEventDefinition/>", marks=' cancelActivity="false"')),
         line(after=boundary("<errorEventDefinition/>"))),
    Case("cancel-not-interrupting", "b", 'id="b"',
         transaction().replace('attachedToRef="tx"', 'attachedToRef="tx" cancelActivity="false"'), transaction()),
    Case("timer-empty", "t", "<timerEventDefinition", catching("\n<timerEventDefinition/>\n"), catching(TIMER)),
    Case("timer-unreadable", "t", "2 days", catching(TIMER.replace("P1D", "2 days")), catching(TIMER)),
    Case("timer-start-variables", "s", 'id="s"',
         line().replace('id="s"/>', f'id="s">{TIMER.replace("P1D", "${wait}")}</startEvent>'),
         line().replace('id="s"/>', f'id="s">{TIMER}</startEvent>')),
    Case("condition-missing", "t", "<conditionalEventDefinition",
         catching("\n<conditionalEventDefinition/>\n"),
         catching("<conditionalEventDefinition><condition>= x &lt; 1</condition></conditionalEventDefinition>")),
    Case("boundary-host", "b", 'id="b"', line('<exclusiveGateway id="t"/>', after=boundary(TIMER)),
         line('<task id="t"/>', after=boundary(TIMER))),
    Case("reference-dangling", "b", 'id="b"', line(after=boundary(TIMER, host="nobody")), line(after=boundary(TIMER))),
    Case("boundary-scope", "b", 'id="b"',
         SUB.format(inner='<task id="t"/>') + f'\n<boundaryEvent id="b" attachedToRef="t">{TIMER}</boundaryEvent>\n'
         '<sequenceFlow id="f3" sourceRef="b" targetRef="e"/>',
         SUB.format(inner='<task id="t"/>') + f'\n<boundaryEvent id="b" attachedToRef="sub">{TIMER}</boundaryEvent>\n'
         '<sequenceFlow id="f3" sourceRef="b" targetRef="e"/>'),
    Case("boundary-on-event-subprocess", "b", 'id="b"',
         EVENT_SUB.format(start=f'<startEvent id="is">{TIMER}</startEvent>') + boundary(TIMER, host="es"),
         EVENT_SUB.format(start=f'<startEvent id="is">{TIMER}</startEvent>')),
    Case("event-subprocess-triggered-twice", "js", 'id="js"',
         EVENT_SUB.format(start='<startEvent id="is"><errorEventDefinition/></startEvent>') + SECOND_SUB.format(start='\n<startEvent id="js"><errorEventDefinition/></startEvent>'),
         EVENT_SUB.format(start='<startEvent id="is"><errorEventDefinition/></startEvent>') + SECOND_SUB.format(start=f'\n<startEvent id="js">{TIMER}</startEvent>')),
    Case("boundary-catches-twice", "b2", 'id="b2"',
         line(after=boundary("<errorEventDefinition/>") + "\n" + boundary("<errorEventDefinition/>").replace(
             '"b"', '"b2"').replace('"f3"', '"f4"')),
         line(after=boundary('<errorEventDefinition errorRef="x"/>') + "\n" + boundary("<errorEventDefinition/>").replace(
             '"b"', '"b2"').replace('"f3"', '"f4"')), roots='<error id="x" errorCode="X"/>'),
]  # fmt: skip

LINKED = line(
    '<intermediateThrowEvent id="t"><linkEventDefinition name="{thrown}"/></intermediateThrowEvent>',
    after="""<intermediateCatchEvent id="c"><linkEventDefinition name="{caught}"/></intermediateCatchEvent>
<sequenceFlow id="f3" sourceRef="c" targetRef="e"/>""",
).replace('<sequenceFlow id="f2" sourceRef="t" targetRef="e"/>\n', "")
LINK_GOOD = LINKED.format(thrown="A", caught="A")
LINK_CASES = [
    Case("link-without-target", "t", 'id="t"', LINKED.format(thrown="B", caught="A"), LINK_GOOD),
    Case("link-without-source", "c", 'id="c"', LINKED.format(thrown="B", caught="A"), LINK_GOOD),
    Case("link-nameless", "t", 'id="t"', LINKED.format(thrown="", caught="A"), LINK_GOOD),
    Case("link-connected", "t", 'id="t"', LINK_GOOD + '\n<sequenceFlow id="f2" sourceRef="t" targetRef="e"/>', LINK_GOOD),
    Case("link-target-twice", "c2", 'id="c2"',
         LINK_GOOD + '\n<intermediateCatchEvent id="c2"><linkEventDefinition name="A"/></intermediateCatchEvent>\n'
         '<sequenceFlow id="f4" sourceRef="c2" targetRef="e"/>', LINK_GOOD),
]  # fmt: skip

TRANSACTION_CASES = [
    Case("cancel-boundary-place", "b", 'id="b"', transaction(end='<endEvent id="ie"/>', tag="subProcess"),
         transaction(end='<endEvent id="ie"/>')),
    Case("cancel-end-place", "ie", 'id="ie"', transaction(boundary="", tag="subProcess"), transaction()),
    Case("cancel-unpaired", "ie", 'id="ie"', transaction(boundary=""), transaction()),
    Case("cancel-boundary-twice", "b2", 'id="b2"',
         transaction(boundary=CANCEL_BOUNDARY + "\n" + CANCEL_BOUNDARY.replace('"b"', '"b2"').replace('"f3"', '"f4"')),
         transaction()),
    Case("compensation-unwired", "b", 'id="b"', COMPENSATED.format(undo=UNDO, association=""),
         COMPENSATED.format(undo=UNDO, association=WIRE)),
    Case("compensation-handler-lost", "undo", 'id="undo"', COMPENSATED.format(undo=UNDO, association=""),
         COMPENSATED.format(undo=UNDO, association=WIRE)),
    Case("compensation-handler-mark", "undo", 'id="undo"',
         COMPENSATED.format(undo='<task id="undo"/>', association=WIRE), COMPENSATED.format(undo=UNDO, association=WIRE)),
    Case("compensation-flow", "undo", 'id="undo"',
         COMPENSATED.format(undo=UNDO + '\n<sequenceFlow id="x" sourceRef="undo" targetRef="e"/>', association=WIRE),
         COMPENSATED.format(undo=UNDO, association=WIRE)),
    Case("compensation-target", "e", 'id="e"',
         COMPENSATED.format(undo=UNDO, association=WIRE).replace(
             '<endEvent id="e"/>', '<endEvent id="e"><compensateEventDefinition activityRef="undo"/></endEvent>'),
         COMPENSATED.format(undo=UNDO, association=WIRE).replace(
             '<endEvent id="e"/>', '<endEvent id="e"><compensateEventDefinition activityRef="t"/></endEvent>')),
]  # fmt: skip

ACTIVITY_CASES = [
    Case("event-subprocess-flow", "es", 'id="es"',
         EVENT_SUB.format(start=f'<startEvent id="is">{TIMER}</startEvent>')
         + '<sequenceFlow id="x" sourceRef="t" targetRef="es"/>',
         EVENT_SUB.format(start=f'<startEvent id="is">{TIMER}</startEvent>')),
    Case("event-subprocess-start", "es", 'id="es"', EVENT_SUB.format(start='<startEvent id="is"/>'),
         EVENT_SUB.format(start=f'<startEvent id="is">{TIMER}</startEvent>')),
    Case("adhoc-content", "t", 'id="t"', line('<adHocSubProcess id="t"><startEvent id="i"/></adHocSubProcess>'),
         line('<adHocSubProcess id="t"><task id="i"/></adHocSubProcess>')),
    Case("receive-instantiate", "t", 'id="t"', line('<receiveTask id="t" messageRef="m" instantiate="true"/>'),
         line('<receiveTask id="t" messageRef="m"/>'), roots=MESSAGE),
    Case("value-unreadable", "t", 'id="t"', line('<userTask id="t" camunda:dueDate="tomorrow"/>'),
         line('<userTask id="t" camunda:dueDate="P2D" camunda:followUpDate="2027-01-01" camunda:priority="70"/>')),
    Case("value-unreadable", "t", 'id="t"', line('<userTask id="t" camunda:priority="high"/>'),
         line('<userTask id="t" camunda:dueDate="${when}" camunda:followUpDate="2027-01-01T09:00:00+08:00"/>')),
    Case("quantity", "t", 'id="t"', line('<task id="t" startQuantity="0"/>'), line('<task id="t" startQuantity="1"/>')),
    Case("loop-collection-missing", "t", "<multi", line('<task id="t">\n<multiInstanceLoopCharacteristics/></task>'),
         line('<task id="t">\n<multiInstanceLoopCharacteristics camunda:collection="members"/></task>')),
    Case("loop-endless", "t", "<standard", line('<task id="t">\n<standardLoopCharacteristics/></task>'),
         line('<task id="t">\n<standardLoopCharacteristics loopMaximum="3"/></task>')),
]  # fmt: skip

WORK_CASES = [
    Case("work-missing", "t", 'id="t"', line('<serviceTask id="t"/>'), line('<serviceTask id="t" camunda:topic="a.b"/>'),
         known={"topics": {"a.b"}}),
    Case("work-missing", "t", 'id="t"', line('<businessRuleTask id="t"/>'),
         line('<businessRuleTask id="t" camunda:decisionRef="d"/>')),
    Case("send-nothing", "t", 'id="t"', line('<sendTask id="t"/>'), line('<sendTask id="t" messageRef="m"/>'), roots=MESSAGE,
         known={"topics": set()}),
    Case("implementation-code", "t", 'id="t"', line('<serviceTask id="t" camunda:class="org.acme.Pay"/>'),
         line('<serviceTask id="t" camunda:type="external" camunda:topic="pay"/>')),
    Case("implementation-code", "t", 'id="t"', line('<serviceTask id="t" camunda:delegateExpression="${pay}"/>'),
         line('<serviceTask id="t" camunda:expression="${pay}"/>')),
    Case("implementation-type", "t", 'id="t"', line('<serviceTask id="t" flowable:type="mail"/>'),
         line('<serviceTask id="t" flowable:topic="notify.send"/>')),
    Case("topic-computed", "t", 'id="t"', line('<serviceTask id="t" camunda:topic="${which}"/>'),
         line('<serviceTask id="t" camunda:topic="which"/>')),
    Case("script-missing", "t", 'id="t"', line('<scriptTask id="t"/>'),
         line('<scriptTask id="t"><script>x = 1</script></scriptTask>')),
    Case("script-resource", "t", 'id="t"', line('<scriptTask id="t" camunda:resource="deployment://a.py"/>'),
         line('<scriptTask id="t"><script>x = 1</script></scriptTask>')),
    Case("script-language", "t", 'id="t"',
         line('<scriptTask id="t" scriptFormat="groovy"><script>x = 1</script></scriptTask>'),
         line('<scriptTask id="t" scriptFormat="python"><script>x = 1</script></scriptTask>')),
    Case("script-unreadable", "t", "<script>", line('<scriptTask id="t">\n<script>x = = 1</script></scriptTask>'),
         line('<scriptTask id="t">\n<script>x = 1</script></scriptTask>')),
    Case("decision-mapping", "t", 'id="t"',
         line('<businessRuleTask id="t" camunda:decisionRef="d" camunda:mapDecisionResult="first"/>'),
         line('<businessRuleTask id="t" camunda:decisionRef="d" camunda:mapDecisionResult="singleEntry"/>')),
    Case("call-target-missing", "t", 'id="t"', line('<callActivity id="t"/>'), line('<callActivity id="t" calledElement="q"/>')),
    Case("call-case", "t", 'id="t"', line('<callActivity id="t" camunda:caseRef="c"/>'),
         line('<callActivity id="t" calledElement="q"/>')),
]  # fmt: skip

EXPRESSION_CASES = [
    Case("expression-invalid", "yes", "= x &gt;",
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes=IF.replace("x &gt; 1", "x &gt; &gt;"), no=""),
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes=IF, no="")),
    Case("expression-invalid", "t", 'id="t"', line('<userTask id="t" camunda:assignee="${owner"/>'),
         line('<userTask id="t" camunda:assignee="${owner}"/>')),
    Case("expression-invalid", "t", 'id="t"', line('<userTask id="t" camunda:assignee="${bean.pick()}"/>'),
         line('<userTask id="t" camunda:assignee="${owner.trim()}"/>')),
    Case("expression-invalid", "yes", "nope(",
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes=IF.replace("x &gt; 1", "nope(x) &gt; 1"), no=""),
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes=IF.replace("x &gt; 1", "abs(x) &gt; 1"), no="")),
    Case("expression-empty", "yes", "<conditionExpression>",
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes="\n<conditionExpression></conditionExpression>",
                       no=""),
         CHOICE.format(gateway='<exclusiveGateway id="g" default="no"/>', yes=IF, no="")),
    Case("mapping-nameless", "t", "<camunda:inputParameter",
         line('<task id="t"><extensionElements><camunda:inputOutput>\n<camunda:inputParameter>1</camunda:inputParameter>'
              "</camunda:inputOutput></extensionElements></task>"),
         line('<task id="t"><extensionElements><camunda:inputOutput>\n<camunda:inputParameter name="a">1'
              "</camunda:inputParameter></camunda:inputOutput></extensionElements></task>")),
    Case("mapping-script", "t", "<camunda:script",
         line('<task id="t"><extensionElements><camunda:inputOutput><camunda:inputParameter name="a">\n'
              '<camunda:script scriptFormat="groovy">1</camunda:script></camunda:inputParameter></camunda:inputOutput>'
              "</extensionElements></task>"),
         line('<task id="t"><extensionElements><camunda:inputOutput><camunda:inputParameter name="a">\n'
              '<camunda:script scriptFormat="feel">1</camunda:script></camunda:inputParameter></camunda:inputOutput>'
              "</extensionElements></task>")),
    Case("mapping-sourceless", "t", "<camunda:in ",
         line('<callActivity id="t" calledElement="q"><extensionElements>\n<camunda:in target="a"/></extensionElements>'
              "</callActivity>"),
         line('<callActivity id="t" calledElement="q"><extensionElements>\n<camunda:in source="a" target="a"/>'
              "</extensionElements></callActivity>")),
    Case("correlation-empty", "t", 'id="t"',
         line('<receiveTask id="t" messageRef="m"><extensionElements><camunda:properties>'
              '<camunda:property name="correlate." value="${client}"/></camunda:properties></extensionElements></receiveTask>'),
         line('<receiveTask id="t" messageRef="m"><extensionElements><camunda:properties>'
              '<camunda:property name="correlate.client" value="${client}"/></camunda:properties></extensionElements>'
              "</receiveTask>"), roots=MESSAGE),
]  # fmt: skip

FOUR_EYES = (
    '<userTask id="t"><extensionElements><camunda:properties>'
    '<camunda:property name="notSameUserAs" value="{ref}"/></camunda:properties></extensionElements></userTask>'
)
REFERENCE_CASES = [
    Case("topic-unknown", "t", 'id="t"', line('<serviceTask id="t" camunda:topic="lead.scor"/>'),
         line('<serviceTask id="t" camunda:topic="lead.score"/>'), known={"topics": {"lead.score"}}),
    Case("decision-unknown", "t", 'id="t"', line('<businessRuleTask id="t" camunda:decisionRef="limt"/>'),
         line('<businessRuleTask id="t" camunda:decisionRef="limit"/>'), known={"decisions": {"limit"}}),
    Case("call-unknown", "t", 'id="t"', line('<callActivity id="t" calledElement="kyc"/>'),
         line('<callActivity id="t" calledElement="kyc_onboarding"/>'), known={"processes": {"kyc_onboarding"}}),
    Case("form-unknown", "t", 'id="t"', line('<userTask id="t" camunda:formRef="profil"/>'),
         line('<userTask id="t" camunda:formRef="profile"/>'), known={"forms": {"profile"}}),
    Case("four-eyes-unknown", "t", 'id="t"', line(FOUR_EYES.format(ref="e")), line(FOUR_EYES.format(ref="t"))),
    Case("lane-dangling", "l", 'id="l"',
         '<laneSet id="ls"><lane id="l"><flowNodeRef>gone</flowNodeRef></lane></laneSet>\n' + line(),
         '<laneSet id="ls"><lane id="l"><flowNodeRef>t</flowNodeRef></lane></laneSet>\n' + line()),
    Case("reference-dangling", "a", 'id="a"',
         line(after='<association id="a" sourceRef="t" targetRef="note"/>'),
         line(after='<association id="a" sourceRef="t" targetRef="note"/>\n<textAnnotation id="note"/>')),
    Case("reference-dangling", "t", "<sourceRef>",
         line('<task id="t"><ioSpecification><dataInput id="i"/><inputSet/><outputSet/></ioSpecification>'
              '<dataInputAssociation>\n<sourceRef>gone</sourceRef><targetRef>i</targetRef></dataInputAssociation></task>'),
         line('<task id="t"><ioSpecification><dataInput id="i"/><inputSet/><outputSet/></ioSpecification>'
              '<dataInputAssociation>\n<sourceRef>d</sourceRef><targetRef>i</targetRef></dataInputAssociation></task>',
              after='<dataObject id="d"/>')),
]  # fmt: skip

FILE_CASES = [
    Case("mapping-nested", "t", "<zeebe:input",
         line('<task id="t"><extensionElements><zeebe:ioMapping>\n<zeebe:input source="= 1" target="a.b"/></zeebe:ioMapping></extensionElements></task>'),
         line('<task id="t"><extensionElements><zeebe:ioMapping>\n<zeebe:input source="= {b: 1}" target="a"/></zeebe:ioMapping></extensionElements></task>')),
    Case("message-flow-inside", "mf", "<messageFlow", line(), line(),
         roots='<collaboration id="k"><participant id="us" processRef="p"/><participant id="them"/>\n<messageFlow id="mf" sourceRef="t" targetRef="e"/></collaboration>',
         good_roots='<collaboration id="k"><participant id="us" processRef="p"/><participant id="them"/>\n<messageFlow id="mf" sourceRef="t" targetRef="them"/></collaboration>'),
    Case("reference-dangling", "us", '<participant id="us"', line(), line(),
         roots='<collaboration id="k">\n<participant id="us" processRef="gone"/></collaboration>',
         good_roots='<collaboration id="k">\n<participant id="us" processRef="p"/></collaboration>'),
    Case("event-subprocess-start", "tx", 'id="tx"',
         line(after='<transaction id="tx" triggeredByEvent="true"><startEvent id="is"/></transaction>'), line()),
    Case("duplicate-id", "t", 'name="twice"', line(after='<task id="t" name="twice"/>'), line(after='<task id="t2"/>')),
    Case("missing-id", "p", "<task/>", line(after="<task/>"), line(after='<task id="t2"/>')),
    Case("schema", "t", "<bogus", line('<task id="t">\n<bogus/></task>'), line()),
    Case("schema", "f2", 'id="f2"', line().replace('id="f2" sourceRef="t"', 'id="f2"'), line()),
    Case("not-executable", "p", "<process", line(), line(), process='id="p" isExecutable="false"',
         good_process='id="p" isExecutable="true"'),
    Case("not-executable", "p", "<process", line(), line(), process='id="p"', good_process='id="p" isExecutable="1"'),
    Case("choreography", "c", "<choreography", line(), line(), roots='<choreography id="c"/>', good_roots=""),
    *[
        Case(rule, "t", "<camunda:executionListener", heard(wrong), heard(right), known={"topics": ()})
        for rule, wrong, right in (
            ("listener-code", CAM + 'event="start" class="a.B"/>', CAM + SET_X),
            ("listener-code", CAM + 'event="end" delegateExpression="${b}"/>', CAM + SET_X),
            ("listener-event", CAM + 'event="take" expression="${execution.setVariable(&quot;x&quot;, 1)}"/>', CAM + SET_X),
            ("listener-effect", CAM + 'event="start" expression="${bean.call(execution)}"/>', CAM + SET_X),
            ("listener-effect", CAM + 'event="start" expression="${execution.removeVariable(&quot;x&quot;)}"/>', CAM + SET_X),
            ("listener-effect", CAM + 'event="start"/>', CAM + SET_X),
            ("expression-invalid", CAM + 'event="start" expression="${execution.setVariable(&quot;x&quot;, 1 +)}"/>', CAM + SET_X),
            ("listener-language", scripted("groovy", "x = 1"), scripted("python", "x = 1")),
        )
    ],
    Case("script-forbidden", "t", "<camunda:script", heard(scripted("python", "import socket")), heard(scripted("python", "import math"))),
    Case("script-unreadable", "t", "<camunda:script", heard(scripted("python", "x = = 1")), heard(scripted("python", "x = 1"))),
    *[
        Case("script-forbidden", "t", "<script>", scripting(wrong), scripting(right))
        for wrong, right in (
            ("import os\nx = 1", "import math\nx = math.sqrt(4)"),
            ("from subprocess import run\nx = 1", "from datetime import date\nx = 1"),
            ("from math import *\nx = 1", "from math import pi\nx = pi"),
            ("x = open('/etc/passwd').read()", "def open(a):\n    return a\nx = open(1)"),
            ("exec('x = 1')", "x = [i for i in range(3)]"),
            ("x = eval('1')", "x = sum([1])"),
            ("x = __import__('os')", "x = str(1)"),
            ("x = ().__class__.__bases__", "x = 'a'.upper()"),
            ("def f():\n    yield 1\nx = f()", "def f():\n    return 1\nx = f()"),
            ("x = 1\ndel x", "x = 1\nx = None"),
        )
    ],
    *[
        Case("script-unreadable", "t", "<script>", scripting(wrong), scripting(right))
        for wrong, right in (
            ("if x:\ny = 1", "if x:\n  y = 1"),
            ("for i in [1]:\n  x = i\nreturn x", "for i in [1]:\n  x = i"),
            ("def f():\n  nonlocal q", "def f():\n  q = 1"),
        )
    ],
    Case("listener-event", "t", "<zeebe:executionListener ", listened('eventType="cancel" type="a"'), listened('eventType="end" type="a"'),
         known={"topics": ()}),
    Case("listener-topic", "t", "<zeebe:executionListener ", listened('eventType="start" type="=topic"'), listened('eventType="end" type="a"'),
         known={"topics": ()}),
    Case("listener-topic", "t", "<zeebe:executionListener ", listened('eventType="start"'), listened('eventType="end" type="a"'),
         known={"topics": ()}),
    Case("listener-event", "t", "<zeebe:taskListener ",
         line('<userTask id="t"><extensionElements><zeebe:taskListeners>\n<zeebe:taskListener eventType="assigning" type="a"/></zeebe:taskListeners></extensionElements></userTask>'),
         line('<userTask id="t"><extensionElements><zeebe:taskListeners>\n<zeebe:taskListener eventType="completing" type="a"/></zeebe:taskListeners></extensionElements></userTask>'),
         known={"topics": ()}),
    Case("listener-event", "f2", "<camunda:executionListener",
         line().replace('targetRef="e"/>', 'targetRef="e"><extensionElements>\n' + CAM + SET_X + "</extensionElements></sequenceFlow>"),
         line().replace('targetRef="e"/>', 'targetRef="e"><extensionElements>\n' + CAM + SET_X.replace("start", "take") + "</extensionElements></sequenceFlow>"),
         known={"topics": ()}),
    *(
        Case(rule, "p", mark, "<extensionElements>\n" + refused + "</extensionElements>" + line(), "<extensionElements>\n" + taken + "</extensionElements>" + line(),
             known={"topics": ()})
        for rule, mark, refused, taken in (
            ("listener-event", "<camunda:executionListener", CAM + SET_X.replace("start", "take"), CAM + SET_X),
            ("listener-event", "<camunda:taskListener", CAM.replace("execution", "task") + SET_X.replace("start", "create"), CAM + SET_X.replace("start", "end")),
            ("listener-effect", "<camunda:executionListener", scripted("python", "for x in y: pass").replace("start", "end"), scripted("python", "for x in y: pass")),
        )
    ),
    Case("loop-count", "t", 'id="t"', line('<task id="t"><multiInstanceLoopCharacteristics><loopCardinality>-1</loopCardinality></multiInstanceLoopCharacteristics></task>'),
         line('<task id="t"><multiInstanceLoopCharacteristics><loopCardinality>1</loopCardinality></multiInstanceLoopCharacteristics></task>')),
    Case("timer-negative", "b", 'id="b"', line(after=boundary(TIMER.replace("P1D", "-P1D"))), line(after=boundary(TIMER))),
    Case("timer-never", "b", 'id="b"', line(after=boundary("<timerEventDefinition><timeCycle>R0/P1D</timeCycle></timerEventDefinition>")), line(after=boundary(TIMER))),
    Case("retry-unreadable", "t", 'id="t"', line('<task id="t"><extensionElements><camunda:failedJobRetryTimeCycle>often</camunda:failedJobRetryTimeCycle></extensionElements></task>'),
         line('<task id="t"><extensionElements><camunda:failedJobRetryTimeCycle>R3/PT5M</camunda:failedJobRetryTimeCycle></extensionElements></task>')),
    Case("lane-twice", "lb", 'id="lb"', '<laneSet id="ls"><lane id="la"><flowNodeRef>t</flowNodeRef></lane>\n<lane id="lb"><flowNodeRef>t</flowNodeRef></lane></laneSet>' + line(),
         '<laneSet id="ls"><lane id="la"><flowNodeRef>t</flowNodeRef></lane>\n<lane id="lb"><flowNodeRef>s</flowNodeRef></lane></laneSet>' + line()),
    Case("gateway-direction", "t", 'id="t"', line('<parallelGateway id="t" gatewayDirection="Diverging"/>', after='<sequenceFlow id="x" sourceRef="t" targetRef="u"/><task id="u"/><sequenceFlow id="y" sourceRef="u" targetRef="t"/>'),
         line('<parallelGateway id="t" gatewayDirection="Mixed"/>', after='<sequenceFlow id="x" sourceRef="t" targetRef="u"/><task id="u"/><sequenceFlow id="y" sourceRef="u" targetRef="t"/>')),
    Case("gateway-event-twice", "g", 'id="g"',
         EVENT_GATEWAY.replace("<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>", '<messageEventDefinition messageRef="m"/>').format(b=CATCH_B),
         EVENT_GATEWAY.format(b=CATCH_B), roots=MESSAGE),
    Case("cancel-end-deep", "ie", 'id="ie"',
         TRANSACTION.format(kind='<transaction id="tx">', tag="transaction", boundary=CANCEL_BOUNDARY, end='<subProcess id="ie2"><startEvent id="k1"/><sequenceFlow id="k2" sourceRef="k1" targetRef="ie"/>\n' + CANCEL_END + "</subProcess>").replace('id="if" sourceRef="is" targetRef="ie"', 'id="if" sourceRef="is" targetRef="ie2"'),
         TRANSACTION.format(kind='<transaction id="tx">', tag="transaction", boundary=CANCEL_BOUNDARY, end=CANCEL_END)),
    Case("start-message-shared", "s", 'id="s"', line().replace('<startEvent id="s"/>', STARTED), line().replace('<startEvent id="s"/>', STARTED),
         roots=MESSAGE + SECOND.format(message="m"), good_roots=MESSAGE + '<message id="n" name="other"/>' + SECOND.format(message="n")),
    Case("binding-unreadable", "t", 'id="t"', line('<callActivity id="t" calledElement="q" camunda:calledElementBinding="version"/>'),
         line('<callActivity id="t" calledElement="q" camunda:calledElementBinding="version" camunda:calledElementVersion="3"/>')),
    Case("instantiate-place", "r", 'id="r"', SUB.format(inner='<receiveTask id="r" messageRef="m" instantiate="true"/>'), SUB.format(inner='<receiveTask id="r" messageRef="m"/>'), roots=MESSAGE),
    Case("event-subprocess-loop", "es", 'id="es"', EVENT_SUB.format(start='<multiInstanceLoopCharacteristics camunda:collection="c"/><startEvent id="is">' + TIMER + "</startEvent>"),
         EVENT_SUB.format(start='<startEvent id="is">' + TIMER + "</startEvent>")),
    Case("loop-output", "t", 'id="t"', line('<task id="t"><multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=c" outputCollection="o"/></extensionElements></multiInstanceLoopCharacteristics></task>'),
         line('<task id="t"><multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=c"/></extensionElements></multiInstanceLoopCharacteristics></task>')),
    Case("message-flow-end", "mf", "<messageFlow", line(), line(),
         roots='<collaboration id="k"><participant id="us" processRef="p"/><participant id="them"/>\n<messageFlow id="mf" sourceRef="them" targetRef="e"/></collaboration>',
         good_roots='<collaboration id="k"><participant id="us" processRef="p"/><participant id="them"/>\n<messageFlow id="mf" sourceRef="e" targetRef="them"/></collaboration>'),
    Case("form-twice", "t", 'id="t"', line('<userTask id="t" camunda:formKey="a" camunda:formRef="b"/>'), line('<userTask id="t" camunda:formRef="b"/>')),
    Case("form-field-nameless", "t", "<camunda:formField", line('<userTask id="t"><extensionElements><camunda:formData>\n<camunda:formField type="string"/></camunda:formData></extensionElements></userTask>'),
         line('<userTask id="t"><extensionElements><camunda:formData>\n<camunda:formField id="a" type="string"/></camunda:formData></extensionElements></userTask>')),
]  # fmt: skip

WARNING_CASES = [
    Case("gateway-direction-idle", "t", 'id="t"', line('<parallelGateway id="t" gatewayDirection="Mixed"/>'), line('<parallelGateway id="t"/>')),
    Case("compensation-process", "ks", 'id="ks"',
         line(after='<subProcess id="k" triggeredByEvent="true">\n<startEvent id="ks"><compensateEventDefinition/></startEvent></subProcess>'), line()),
    Case("work-by-hand", "t", 'id="t"', line('<serviceTask id="t"/>'), line('<serviceTask id="t" camunda:topic="a"/>')),
    Case("work-by-hand", "t", 'id="t"', line('<sendTask id="t"/>'), line('<sendTask id="t" camunda:topic="a"/>')),
    Case("work-by-hand", "t", 'id="t"', line('<receiveTask id="t"/>'), line('<receiveTask id="t" messageRef="m"/>'),
         roots=MESSAGE),
    Case("unreachable", "lost", 'id="lost"', line(after='<task id="lost"/>'), line()),
    Case("boundary-without-outgoing", "b", 'id="b"',
         line(after=f'<boundaryEvent id="b" attachedToRef="t">{TIMER}</boundaryEvent>'), line(after=boundary(TIMER))),
    Case("condition-without-choice", "f2", 'id="f2"',
         line('<exclusiveGateway id="t"/>').replace('targetRef="e"/>', f'targetRef="e">{IF}</sequenceFlow>'),
         line('<exclusiveGateway id="t"/>')),
    Case("flow-unlisted", "t", "<outgoing", line('<task id="t">\n<outgoing>f1</outgoing></task>'),
         line('<task id="t">\n<outgoing>f2</outgoing></task>')),
    Case("subprocess-empty", "sub", 'id="sub"', SUB.format(inner=""), SUB.format(inner=INNER)),
    Case("script-result", "t", 'id="t"', line('<scriptTask id="t" scriptFormat="feel"><script>1 + 1</script></scriptTask>'),
         line('<scriptTask id="t" scriptFormat="feel" camunda:resultVariable="x"><script>1 + 1</script></scriptTask>')),
    Case("ignored-attribute", "t", 'id="t"', line('<task id="t" camunda:foo="1"/>'), line('<task id="t" camunda:asyncBefore="true"/>')),
    Case("ignored-attribute", "t", 'id="t"', line('<task id="t" flowable:skipExpression="1"/>'), line()),
    Case("ignored-listener", "t", "<camunda:executionListener",
         line('<task id="t"><extensionElements>\n<camunda:executionListener event="start" class="X"/></extensionElements></task>'),
         line()),
    Case("ignored-extension", "t", "<zeebe:assignmentDefinition",
         line('<serviceTask id="t" camunda:topic="a"><extensionElements>\n<zeebe:assignmentDefinition assignee="li"/></extensionElements></serviceTask>'),
         line('<userTask id="t"><extensionElements>\n<zeebe:assignmentDefinition assignee="li"/></extensionElements></userTask>')),
    Case("ignored-listener", "t", "<zeebe:executionListener ",
         line('<task id="t"><extensionElements><zeebe:executionListeners>\n<zeebe:executionListener eventType="cancel" type="a"/></zeebe:executionListeners></extensionElements></task>'),
         line('<task id="t"><extensionElements><zeebe:executionListeners>\n<zeebe:executionListener eventType="end" type="a"/></zeebe:executionListeners></extensionElements></task>')),
    Case("ignored-vendor", None, "<x:look", line('<task id="t"><extensionElements>\n<x:look xmlns:x="urn:x"/></extensionElements></task>'),
         line()),
    Case("loop-behavior", "t", 'id="t"',
         line('<task id="t"><multiInstanceLoopCharacteristics behavior="One" camunda:collection="c"/></task>'),
         line('<task id="t"><multiInstanceLoopCharacteristics behavior="All" camunda:collection="c"/></task>')),
    Case("gateway-activation-missing", "t", 'id="t"',
         line('<complexGateway id="t"/>', after='<task id="u"/><sequenceFlow id="x" sourceRef="u" targetRef="t"/>'),
         line('<complexGateway id="t"><activationCondition>= activationCount &gt;= 2</activationCondition></complexGateway>',
              after='<task id="u"/><sequenceFlow id="x" sourceRef="u" targetRef="t"/>')),
]  # fmt: skip

ERRORS = [
    *FLOW_CASES, *GATEWAY_CASES, *EVENT_CASES, *LINK_CASES, *TRANSACTION_CASES, *ACTIVITY_CASES, *WORK_CASES,
    *EXPRESSION_CASES, *REFERENCE_CASES, *FILE_CASES,
]  # fmt: skip
