"""Models that must be refused, each with its legal twin: BPMN 2.0 by chapter.

An entry: name, refused model, rule, element, legal twin (None: the other entries' twins stand for it).
"""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.drawing import (
    CANCEL,
    TERMINATE,
    again,
    boundary,
    call,
        catch,
    compensate,
    conditional,
    diagram,
    end,
    error,
    escalation,
    event_sub,
    extensions,
    link,
    many,
    message,
    process,
    script,
    service,
    signal,
    start,
    sub,
    tag,
    throw,
    timer,
    user,
)
from tests.conformance.flows import one, xor

M, G, ERR, ESC = message("m"), signal("g"), error("A"), escalation("A")
SOON = timer("Duration", "PT1H")
GATE = '<eventBasedGateway id="g"/>'


def event(text: str) -> str:
    """One event in the middle of a process."""
    return one("s -> c -> e", text)


def start_event(*definitions: str) -> str:
    return one("s -> t -> e", start("s", *definitions))


def border(*definitions: str, host: str | None = None, **fields: object) -> str:
    return one("s -> u1 -> e; b -> e9", host or user("u1"), boundary("b", "u1", *definitions, **fields))


def raw(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def retry(text: str) -> str:
    return extensions(f"<camunda:failedJobRetryTimeCycle>{text}</camunda:failedJobRetryTimeCycle>")


def lanes(*entries: str, id: str = "ls") -> str:
    """A lane set: `lane:element element`."""
    parts = []
    for lane, _, refs in (entry.partition(":") for entry in entries):
        parts.append(tag("lane", lane, *(f"<flowNodeRef>{ref}</flowNodeRef>" for ref in refs.split())))
    return tag("laneSet", id, *parts)


def gathered(marks: str) -> str:
    """Multi-instance over `xs`, with what it gathers."""
    return tag("multiInstanceLoopCharacteristics", "", extensions(f'<zeebe:loopCharacteristics inputCollection="=xs" {marks}/>'))


def talking(model: str, source: str, target: str) -> str:
    """The model in a pool `pa` beside an empty one `pb`, and a message flow `mf`."""
    pools = '<participant id="pa" processRef="p"/><participant id="pb"/>'
    flow = tag("messageFlow", "mf", sourceRef=source, targetRef=target)
    return raw(model, ("\n</definitions>", f'<collaboration id="co">{pools}{flow}</collaboration></definitions>'))


LINE = "s -> u1 -> e"
SIMPLE = one("s -> u1 -> e")
TX = sub("h", "s1 -> u1 -> e1", end("e1", CANCEL), kind="transaction")
REFUSED: list[tuple[str, str, str, str, str | None]] = [
    # flows
    ("flow to nowhere", raw(SIMPLE, ('targetRef="e"', 'targetRef="gone"')), "flow-dangling", "u1_e", SIMPLE),
    ("flow from nowhere", raw(SIMPLE, ('sourceRef="u1"', 'sourceRef="gone"')), "flow-dangling", "u1_e", None),
    ("flow to a flow", raw(SIMPLE, ('targetRef="e"', 'targetRef="s_u1"')), "flow-dangling", "u1_e", None),
    ("flow into a sub-process", raw(one("s -> h -> e; s -> t9", sub("h", "t1 -> e1")), ('targetRef="t9"', 'targetRef="t1"')), "flow-crosses-scope", "s_t9", one("s -> h -> e", sub("h", "t1 -> e1"))),
    ("flow out of a sub-process", raw(one("s -> h -> t -> e", sub("h", "s1 -> t1 -> t9")), ('targetRef="t9"', 'targetRef="t"')), "flow-crosses-scope", "t1_t9", None),
    ("flow between pools", raw(diagram(process("p", "s -> t1 -> t9"), process("q", "s2 -> t2 -> e2")), ('targetRef="t9"', 'targetRef="t2"')), "flow-crosses-pool", "t1_t9", diagram(process("p", "s -> e"), process("q", "s2 -> t2 -> e2"))),
    ("incoming on start", one("s -> u1 -> e; u1 -> s"), "incoming-on-start", "s", None),
    ("outgoing on end", one("s -> u1 -> e -> t -> e2"), "outgoing-on-end", "e", None),
    ("condition after a parallel gateway", one("s -> p1; p1 -> t1 [x]; p1 -> t2; t1 -> e; t2 -> e"), "condition-forbidden", "p1_t1", one("s -> p1; p1 -> t1; p1 -> t2; t1 -> e; t2 -> e")),
    ("condition after an event gateway", one("s -> g; g -> c1 [x]; g -> c2; c1 -> e; c2 -> e", GATE, catch("c1", M), catch("c2", SOON)), "condition-forbidden", "g_c1", one("s -> g; g -> c1; g -> c2; c1 -> e; c2 -> e", GATE, catch("c1", M), catch("c2", SOON))),
    ("condition after a start event", one("s -> t1 [x]; s -> t2; t1 -> e; t2 -> e"), "condition-forbidden", "s_t1", None),
    ("condition on the default", one("s -> x1; x1 -> t1 [x]; x1 -> t2 [y]; t1 -> e; t2 -> e", xor("x1", "x1_t2")), "condition-on-default", "x1_t2", one("s -> x1; x1 -> t1 [x]; x1 -> t2; t1 -> e; t2 -> e", xor("x1", "x1_t2"))),
    ("default of another", one("s -> x1; x1 -> t1 [x]; x1 -> t2 [y]; t1 -> e; t2 -> e", xor("x1", "t1_e")), "default-foreign", "x1", None),
    ("default that is not there", one("s -> x1; x1 -> t1 [x]; x1 -> t2 [y]; t1 -> e; t2 -> e", xor("x1", "gone")), "default-foreign", "x1", None),
    ("neither condition nor default", one("s -> x1; x1 -> t1 [x]; x1 -> t2; t1 -> e; t2 -> e"), "flow-without-condition", "x1_t2", None),
    ("bad condition", one("s -> x1; x1 -> t1 [x >]; x1 -> t2; t1 -> e; t2 -> e", xor("x1", "x1_t2")), "expression-invalid", "x1_t1", None),
    ("bad JUEL", one("s -> x1; x1 -> t1 [${x > }]; x1 -> t2; t1 -> e; t2 -> e", xor("x1", "x1_t2")), "expression-invalid", "x1_t1", None),
    ("empty condition", one("s -> x1; x1 -> t1 [ ]; x1 -> t2; t1 -> e; t2 -> e", xor("x1", "x1_t2")), "expression-empty", "x1_t1", None),
    ("default on a parallel gateway", one("s -> p1; p1 -> t1; p1 -> t2; t1 -> e; t2 -> e", tag("parallelGateway", "p1", default="p1_t2")), "schema", "p1", None),
    # positions of events
    ("boundary with incoming", one("s -> u1 -> e; b -> e9; u1 -> b", boundary("b", "u1", SOON)), "incoming-on-boundary", "b", border(SOON)),
    ("boundary on a gateway", one("s -> x1 -> e; b -> e9", boundary("b", "x1", SOON)), "boundary-host", "b", None),
    ("boundary on an event", one("s -> c -> e; b -> e9", catch("c", M), boundary("b", "c", SOON)), "boundary-host", "b", None),
    ("boundary on nothing", one("s -> u1 -> e; b -> e9", boundary("b", "gone", SOON)), "reference-dangling", "b", None),
    ("boundary in another scope", one("s -> h -> e; b -> e9", sub("h", "s1 -> u1 -> e1"), boundary("b", "u1", SOON)), "boundary-scope", "b", None),
    ("boundary on an event sub-process", one("s -> u1 -> e; b -> e9", event_sub("h", "s1 -> u2 -> e1", start("s1", M)), boundary("b", "h", SOON)), "boundary-on-event-subprocess", "b", None),
    ("boundary without definition", border(), "event-undefined", "b", None),
    ("boundary with terminate", border(TERMINATE), "event-illegal", "b", None),
    ("boundary with link", border(link("L")), "event-illegal", "b", None),
    ("error boundary, not interrupting", border(ERR, cancel=False), "error-not-interrupting", "b", border(ERR)),
    ("cancel boundary on a sub-process", one("s -> h -> e; b -> e9", sub("h", "s1 -> u1 -> e1"), boundary("b", "h", CANCEL)), "cancel-boundary-place", "b", one("s -> h -> e; b -> e9", TX, boundary("b", "h", CANCEL))),
    ("cancel boundary, not interrupting", one("s -> h -> e; b -> e9", TX, boundary("b", "h", CANCEL, cancel=False)), "cancel-not-interrupting", "b", None),
    ("two cancel boundaries", one("s -> h -> e; b -> e9; c -> e8", TX, boundary("b", "h", CANCEL), boundary("c", "h", CANCEL)), "cancel-boundary-twice", "c", None),
    ("cancel end outside", one("s -> e", end("e", CANCEL)), "cancel-end-place", "e", None),
    ("cancel end in a sub-process of a sub-process", one("s -> h -> e; b -> e9", sub("h", "s1 -> k -> e1", sub("k", "s2 -> e2", end("e2", CANCEL))), boundary("b", "h", M)), "cancel-end-place", "e2", None),
    ("cancel without a boundary", one("s -> h -> e", TX), "cancel-unpaired", "e1", None),
    ("two boundaries for one error", one("s -> u1 -> e; b -> e9; c -> e8", boundary("b", "u1", ERR), boundary("c", "u1", ERR)), "boundary-catches-twice", "c", None),
    ("start with error", start_event(ERR), "event-illegal", "s", start_event(M)),
    ("start with escalation", start_event(ESC), "event-illegal", "s", None),
    ("start with compensation", start_event(compensate()), "event-illegal", "s", None),
    ("start with cancel", start_event(CANCEL), "event-illegal", "s", None),
    ("start with terminate", start_event(TERMINATE), "event-illegal", "s", None),
    ("start with link", start_event(link("L")), "event-illegal", "s", None),
    ("catch without definition", event(catch("c")), "event-undefined", "c", event(catch("c", M))),
    ("catch with error", event(catch("c", ERR)), "event-illegal", "c", None),
    ("catch with escalation", event(catch("c", ESC)), "event-illegal", "c", None),
    ("catch with compensation", event(catch("c", compensate())), "event-illegal", "c", None),
    ("catch with cancel", event(catch("c", CANCEL)), "event-illegal", "c", None),
    ("catch with terminate", event(catch("c", TERMINATE)), "event-illegal", "c", None),
    ("throw with timer", event(throw("c", SOON)), "event-illegal", "c", event(throw("c", M))),
    ("throw with error", event(throw("c", ERR)), "event-illegal", "c", None),
    ("throw with condition", event(throw("c", conditional("x"))), "event-illegal", "c", None),
    ("throw with terminate", event(throw("c", TERMINATE)), "event-illegal", "c", None),
    ("throw with cancel", event(throw("c", CANCEL)), "event-illegal", "c", None),
    ("end with timer", one("s -> e", end("e", SOON)), "event-illegal", "e", None),
    ("end with condition", one("s -> e", end("e", conditional("x"))), "event-illegal", "e", None),
    ("end with link", one("s -> e", end("e", link("L"))), "event-illegal", "e", None),
    ("message without reference", event(catch("c", "<messageEventDefinition/>")), "event-message-missing", "c", None),
    ("message that is not there", raw(event(catch("c", M)), ('messageRef="msg_m"', 'messageRef="gone"')), "reference-dangling", "c", None),
    ("message reference to a signal", raw(event(catch("c", M, G)), ('messageRef="msg_m"', 'messageRef="sig_g"')), "reference-dangling", "c", None),
    ("signal without reference", event(catch("c", "<signalEventDefinition/>")), "event-signal-missing", "c", None),
    ("error end without code", one("s -> e", end("e", error())), "event-error-missing", "e", None),
    ("error end whose error has a name but no code", raw(one("s -> e", end("e", ERR)), (' errorCode="A"', "")), "event-error-missing", "e", one("s -> e", end("e", ERR))),
    ("escalation thrown with a name but no code", raw(event(throw("c", ESC)), (' escalationCode="A"', "")), "event-escalation-missing", "c", event(throw("c", ESC))),
    ("error whose type is not there", raw(one("s -> e", end("e", ERR)), ('<error id="err_A"', '<error id="err_A" structureRef="gone"')), "reference-dangling", "err_A", None),
    ("escalation throw without code", event(throw("c", escalation())), "event-escalation-missing", "c", None),
    ("empty timer", event(catch("c", "<timerEventDefinition/>")), "timer-empty", "c", event(catch("c", SOON))),
    ("unreadable duration", event(catch("c", timer("Duration", "two days"))), "timer-unreadable", "c", None),
    ("unreadable date", event(catch("c", timer("Date", "2026-13-45"))), "timer-unreadable", "c", None),
    ("unreadable cycle", event(catch("c", timer("Cycle", "R/x"))), "timer-unreadable", "c", None),
    ("two timers in one", event(catch("c", "<timerEventDefinition><timeDuration>PT1H</timeDuration><timeDate>2026-01-01</timeDate></timerEventDefinition>")), "schema", "c", None),
    ("condition missing", event(catch("c", "<conditionalEventDefinition/>")), "schema", "c", None),
    ("bad condition of an event", event(catch("c", conditional("x >"))), "expression-invalid", "c", None),
    # links
    ("link without target", one("s -> l", throw("l", link("L"))), "link-without-target", "l", one("s -> l; c -> e", throw("l", link("L")), catch("c", link("L")))),
    ("link without source", one("s -> e; c -> e", catch("c", link("L"))), "link-without-source", "c", None),
    ("two link targets", one("s -> l; c -> e; d -> e", throw("l", link("L")), catch("c", link("L")), catch("d", link("L"))), "link-target-twice", "d", None),
    ("link across scopes", one("s -> l; h -> e", throw("l", link("L")), sub("h", "c -> e1", catch("c", link("L")))), "link-without-target", "l", None),
    ("link with outgoing", one("s -> l -> e; c -> e", throw("l", link("L")), catch("c", link("L"))), "link-connected", "l", None),
    ("link without name", one("s -> l; c -> e", throw("l", "<linkEventDefinition/>"), catch("c", "<linkEventDefinition/>")), "schema", "l", None),
    # event gateways
    ("event gateway to a task", one("s -> g; g -> u1; g -> c2; u1 -> e; c2 -> e", GATE, catch("c2", SOON)), "gateway-event-targets", "g", None),
    ("event gateway with one way", one("s -> g -> c1 -> e", GATE, catch("c1", M)), "gateway-event-few", "g", None),
    ("event gateway target with another incoming", one("s -> p1; p1 -> g; p1 -> c1; g -> c1; g -> c2; c1 -> e; c2 -> e", GATE, catch("c1", M), catch("c2", SOON)), "gateway-event-target-shared", "g", None),
    ("event gateway with receive task and message event", one("s -> g; g -> r; g -> c2; r -> e; c2 -> e", GATE, tag("receiveTask", "r", messageRef="msg_m"), catch("c2", message("n"))), "gateway-event-mixed", "g", None),
    ("event gateway receive task with boundary", one("s -> g; g -> r; g -> c2; r -> e; c2 -> e; b -> e", GATE, tag("receiveTask", "r", messageRef="msg_m"), catch("c2", SOON), boundary("b", "r", timer("Duration", "PT2H"))), "gateway-event-boundary", "g", None),
    ("instantiating gateway with incoming", one("s -> g; g -> c1; g -> c2; c1 -> e; c2 -> e", tag("eventBasedGateway", "g", instantiate=True), catch("c1", M), catch("c2", message("n"))), "gateway-instantiate", "g", one("g -> c1; g -> c2; c1 -> e; c2 -> e", tag("eventBasedGateway", "g", instantiate=True), catch("c1", M), catch("c2", message("n")))),
    ("instantiating receive task with incoming", one("s -> r -> e", tag("receiveTask", "r", messageRef="msg_m", instantiate=True)), "receive-instantiate", "r", one("r -> e", tag("receiveTask", "r", messageRef="msg_m", instantiate=True))),
    ("gateway without outgoing", one("s -> x1"), "gateway-no-outgoing", "x1", None),
    # compensation
    ("compensation boundary without handler", one("s -> t1 -> e", boundary("b", "t1", compensate())), "compensation-unwired", "b", one("s -> t1 -> e; b ..> h", boundary("b", "t1", compensate()), user("h", undoes=True))),
    ("handler not marked", one("s -> t1 -> e; b ..> h", boundary("b", "t1", compensate()), user("h")), "compensation-handler-mark", "h", None),
    ("handler without event", one("s -> t1 -> e", user("h", undoes=True)), "compensation-handler-lost", "h", None),
    ("handler with flow", one("s -> t1 -> e; h -> e; b ..> h", boundary("b", "t1", compensate()), user("h", undoes=True)), "compensation-flow", "h", None),
    ("compensation boundary with flow", one("s -> t1 -> e; b -> e; b ..> h", boundary("b", "t1", compensate()), user("h", undoes=True)), "compensation-flow", "b", None),
    ("compensating what is not there", event(throw("c", compensate("gone"))), "reference-dangling", "c", None),
    ("compensating what cannot be", one("s -> t1 -> c -> e", throw("c", compensate("t1"))), "compensation-target", "c", None),
    # sub-processes
    ("event sub-process with flow", one("s -> h -> e", event_sub("h", "s1 -> e1", start("s1", M))), "event-subprocess-flow", "h", one("s -> u1 -> e", event_sub("h", "s1 -> e1", start("s1", M)))),
    ("event sub-process without trigger", one("s -> u1 -> e", event_sub("h", "s1 -> e1")), "event-subprocess-start", "h", None),
    ("event sub-process without start", one("s -> u1 -> e", event_sub("h", "t1 -> e1")), "event-subprocess-start", "h", None),
    ("event sub-process with two starts", one("s -> u1 -> e", event_sub("h", "s1 -> e1; s2 -> e2", start("s1", M), start("s2", G))), "event-subprocess-start", "h", None),
    ("error start of an event sub-process, not interrupting", one("s -> u1 -> e", event_sub("h", "s1 -> e1", start("s1", ERR, interrupt=False))), "error-not-interrupting", "s1", None),
    ("sub-process with a message start", one("s -> h -> e", sub("h", "s1 -> e1", start("s1", M))), "start-not-none", "s1", None),
    ("sub-process with two none starts", one("s -> h -> e", sub("h", "s1 -> e1; s2 -> e2")), "several-none-starts", "s2", None),
    ("ad-hoc without activity", one("s -> h -> e", sub("h", "", kind="adHocSubProcess")), "adhoc-content", "h", None),
    ("ad-hoc with start", one("s -> h -> e", sub("h", "s1 -> u1 -> e1", kind="adHocSubProcess")), "adhoc-content", "h", None),
    # activities
    ("call without target", one("s -> c -> e", tag("callActivity", "c")), "call-target-missing", "c", None),
    ("script without script", one("s -> c -> e", tag("scriptTask", "c", scriptFormat="python")), "script-missing", "c", None),
    ("script that cannot be read", one("s -> c -> e", script("c", "x = = 1")), "script-unreadable", "c", None),
    ("script in another language", one("s -> c -> e", tag("scriptTask", "c", "<script>x</script>", scriptFormat="cobol")), "script-language", "c", None),
    ("repetition without number", one("s -> u1 -> e", user("u1", many())), "loop-collection-missing", "u1", None),
    ("bad completion condition", one("s -> u1 -> e", user("u1", many("3", "", None, "x >"))), "expression-invalid", "u1", None),
    ("loop without end", one("s -> u1 -> e", user("u1", again())), "loop-endless", "u1", None),
    ("due date in words", one("s -> u1 -> e", user("u1", camunda_dueDate="next week")), "value-unreadable", "u1", one("s -> u1 -> e", user("u1", camunda_dueDate="3BD"))),
    ("external task without a topic", one("s -> w -> e", tag("serviceTask", "w", camunda_type="external")), "work-missing", "w", None),
    ("start quantity nought", one("s -> u1 -> e", user("u1", startQuantity=0)), "quantity", "u1", None),
    ("bad input mapping", one("s -> u1 -> e", user("u1", extensions('<camunda:inputOutput><camunda:inputParameter name="x">${1 +}</camunda:inputParameter></camunda:inputOutput>'))), "expression-invalid", "u1", None),
    # the file
    ("duplicate id", raw(SIMPLE, ('<endEvent id="e"', '<endEvent id="u1_e"'), ('targetRef="e"', 'targetRef="u1_e"')), "duplicate-id", "u1_e", None),
    ("two processes of one id", diagram(process("p", "s -> e"), process("p", "s2 -> e2")), "duplicate-id", "p", None),
    ("no process", diagram(), "no-process", "", None),
    ("not executable", diagram(process("p", "s -> e", executable=False)), "not-executable", "p", None),
    ("no start", one("x0 -> u1 -> x0"), "no-start", "p", None),
    ("two none starts", one("s -> t -> e; s2 -> t"), "several-none-starts", "s2", None),
    ("empty process", diagram('<process id="p" isExecutable="true"/>'), "no-start", "p", None),
    ("unknown element", raw(SIMPLE, ('<userTask id="u1"/>', '<robotTask id="u1"/>')), "schema", "u1", None),
    ("unknown attribute value", raw(SIMPLE, ('<endEvent id="e"/>', '<endEvent id="e"/><subProcess id="k" triggeredByEvent="maybe"/>')), "schema", "k", None),
    ("missing id of a node", raw(SIMPLE, ('<endEvent id="e"/>', '<endEvent id="e"/><task/>')), "missing-id", "p", None),
    ("lane of what is not there", raw(SIMPLE, ('<startEvent id="s"/>', '<laneSet id="ls"><lane id="la"><flowNodeRef>gone</flowNodeRef></lane></laneSet><startEvent id="s"/>')), "lane-dangling", "la", None),
    ("item definition that is not there", raw(SIMPLE, ('<userTask id="u1"/>', '<userTask id="u1"><ioSpecification><dataInput id="i1"/><inputSet><dataInputRefs>gone</dataInputRefs></inputSet><outputSet/></ioSpecification></userTask>')), "reference-dangling", "u1", None),
    ("data object reference to nothing", raw(SIMPLE, ('<endEvent id="e"/>', '<endEvent id="e"/><dataObjectReference id="d" dataObjectRef="gone"/>')), "reference-dangling", "d", None),
    ("operation that is not there", one("s -> w -> e", service("w", operationRef="gone")), "reference-dangling", "w", None),
    ("association to nothing", one("s -> u1 -> e; u1 ..> gone"), "reference-dangling", "u1__gone", None),
    ("group of a category that is not there", raw(SIMPLE, ("\n</process>", '<group id="gr" categoryValueRef="gone"/>\n</process>')), "reference-dangling", "gr", None),
    ("message flow within one pool", raw(SIMPLE, ("\n</definitions>", '<collaboration id="co"><participant id="pa" processRef="p"/><messageFlow id="mf" sourceRef="s" targetRef="u1"/></collaboration></definitions>')), "message-flow-inside", "mf", None),
    ("message flow to nothing", raw(SIMPLE, ("\n</definitions>", '<collaboration id="co"><participant id="pa" processRef="p"/><participant id="pb"/><messageFlow id="mf" sourceRef="u1" targetRef="gone"/></collaboration></definitions>')), "reference-dangling", "mf", None),
    ("participant of a process that is not there", raw(SIMPLE, ("\n</definitions>", '<collaboration id="co"><participant id="pa" processRef="gone"/></collaboration></definitions>')), "reference-dangling", "pa", None),
    ("two starts by one message", one("s -> t -> e; s2 -> t", start("s", M), start("s2", M)), "start-message-twice", "s2", None),
    ("doctype", '<!DOCTYPE x [<!ENTITY a "b">]>' + SIMPLE, "doctype", "", None),
    ("not XML", SIMPLE[:-20], "xml-malformed", "", None),
    ("wrong root", "<html/>", "not-bpmn", "", None),
    ("parallel event gateway in the middle", one("s -> g; g -> c1; g -> c2; c1 -> e; c2 -> e", tag("eventBasedGateway", "g", eventGatewayType="Parallel"), catch("c1", M), catch("c2", message("n"))), "gateway-parallel-start", "g", None),
    ("behaviour without event", one("s -> u1 -> e", user("u1", many("3", behavior="One", oneBehaviorEventRef="gone"))), "reference-dangling", "u1", None),
    ("error reference that is not there", raw(border(ERR), ('errorRef="err_A"', 'errorRef="gone"')), "reference-dangling", "b", None),
    ("signal named by nothing", raw(event(catch("c", G)), (' name="g"', "")), "name-missing", "sig_g", None),
    ("complex gateway with a bad activation", one("s -> c; c -> e", tag("complexGateway", "c", '<activationCondition xsi:type="tFormalExpression">x &gt;</activationCondition>')), "expression-invalid", "c", None),
    ("two error event sub-processes for one error", one("s -> u1 -> e", event_sub("h", "s1 -> e1", start("s1", ERR)), event_sub("k", "s2 -> e2", start("s2", ERR))), "event-subprocess-triggered-twice", "s2", one("s -> u1 -> e", event_sub("h", "s1 -> e1", start("s1", ERR)), event_sub("k", "s2 -> e2", start("s2", error())))),
    ("two message boundaries for one message", one("s -> u1 -> e; b -> e9; c -> e8", boundary("b", "u1", M), boundary("c", "u1", M)), "boundary-catches-twice", "c", one("s -> u1 -> e; b -> e9; c -> e8", boundary("b", "u1", M), boundary("c", "u1", message("n")))),
    ("two compensation handlers of one activity", one("s -> t1 -> e; b ..> h; c ..> k", boundary("b", "t1", compensate()), boundary("c", "t1", compensate()), user("h", undoes=True), user("k", undoes=True)), "boundary-catches-twice", "c", None),
    ("compensation start, not interrupting", one("s -> h -> e", sub("h", "s1 -> e1", event_sub("k", "s2 -> e2", start("s2", compensate(), interrupt=False)))), "cancel-not-interrupting", "s2", one("s -> h -> e", sub("h", "s1 -> e1", event_sub("k", "s2 -> e2", start("s2", compensate()))))),
    ("item definition of data that is not there", one("s -> u1 -> e", '<dataObject id="d" itemSubjectRef="gone"/>'), "reference-dangling", "d", None),
    ("incoming that is not there", one("s -> u1 -> e", user("u1", "<incoming>gone</incoming>")), "reference-dangling", "u1", None),
    ("outgoing that is not there", one("s -> u1 -> e", user("u1", "<outgoing>gone</outgoing>")), "reference-dangling", "u1", None),
    ("resource that is not there", one("s -> u1 -> e", user("u1", "<potentialOwner><resourceRef>gone</resourceRef></potentialOwner>")), "reference-dangling", "u1", None),
    # what is written out and can never be right
    ("number of iterations below nought", one(LINE, user("u1", many("-1"))), "loop-count", "u1", one(LINE, user("u1", many("0")))),
    ("number of iterations with a fraction", one(LINE, user("u1", many("2.5"))), "loop-count", "u1", one(LINE, user("u1", many("2")))),
    ("number of iterations in words", one(LINE, user("u1", many('"many"'))), "loop-count", "u1", one(LINE, user("u1", many("many")))),
    ("number of iterations below nought, in JUEL", one(LINE, user("u1", many("${-1}"))), "loop-count", "u1", one(LINE, user("u1", many("${n - 1}")))),
    ("maximum of a loop below nought", one(LINE, user("u1", again("x", loopMaximum=-1))), "loop-count", "u1", one(LINE, user("u1", again("x", loopMaximum=1)))),
    ("start quantity below nought", one(LINE, user("u1", startQuantity=-1)), "quantity", "u1", one(LINE, user("u1", startQuantity=1))),
    ("completion quantity with a fraction", one(LINE, user("u1", completionQuantity="1.5")), "schema", "u1", one(LINE, user("u1", completionQuantity="2"))),
    ("duration backwards", event(catch("c", timer("Duration", "-PT1H"))), "timer-negative", "c", event(catch("c", timer("Duration", "PT0S")))),
    ("duration backwards, computed", event(catch("c", timer("Duration", '=duration("-PT1H")'))), "timer-negative", "c", event(catch("c", timer("Duration", '=duration("PT1H")')))),
    ("duration that is a number", event(catch("c", timer("Duration", "=1 + 1"))), "timer-unreadable", "c", event(catch("c", timer("Duration", "=d")))),
    ("cycle of no times", border(timer("Cycle", "R0/PT1H"), cancel=False), "timer-never", "b", border(timer("Cycle", "R1/PT1H"), cancel=False)),
    ("cycle backwards", border(timer("Cycle", "R3/-PT1H"), cancel=False), "timer-negative", "b", border(timer("Cycle", "R/PT1H"), cancel=False)),
    ("cycle without interval", border(timer("Cycle", "R3/PT0S"), cancel=False), "timer-negative", "b", border(timer("Cycle", "0 0 9 * * ?"), cancel=False)),
    ("cycle of no times that starts a process", start_event(timer("Cycle", "R0/PT1H")), "timer-never", "s", start_event(timer("Cycle", "R2/PT1H"))),
    ("retries in words", one("s -> w -> e", service("w", "a", retry("three"))), "retry-unreadable", "w", one("s -> w -> e", service("w", "a", retry("R3/PT5M")))),
    ("no retries", one("s -> w -> e", service("w", "a", retry("R0/PT5M"))), "retry-unreadable", "w", one("s -> w -> e", service("w", "a", retry("PT1M,PT5M")))),
    ("retries backwards", one("s -> w -> e", service("w", "a", retry("R3/-PT5M"))), "retry-unreadable", "w", one("s -> w -> e", service("w", "a", retry("${cycle}")))),
    ("retries of a job in words", one("s -> w -> e", tag("serviceTask", "w", extensions('<zeebe:taskDefinition type="a" retries="few"/>'))), "retry-unreadable", "w", one("s -> w -> e", tag("serviceTask", "w", extensions('<zeebe:taskDefinition type="a" retries="5"/>')))),
    ("priority of a job in words", one(LINE, user("u1", camunda_jobPriority="high")), "value-unreadable", "u1", one(LINE, user("u1", camunda_jobPriority="${n}"))),
    # scripts
    ("script that imports", one("s -> k -> e", script("k", "import os\nx = os.getcwd()")), "script-forbidden", "k", one("s -> k -> e", script("k", "import math\nx = math.sqrt(4)"))),
    ("script that opens a file", one("s -> k -> e", script("k", "x = open('/etc/passwd').read()")), "script-forbidden", "k", None),
    ("script that runs text", one("s -> k -> e", script("k", "exec('x = 1')")), "script-forbidden", "k", None),
    ("script that looks behind its values", one("s -> k -> e", script("k", "x = ().__class__.__bases__")), "script-forbidden", "k", None),
    ("script that returns", one("s -> k -> e", script("k", "return 1")), "script-unreadable", "k", None),
    # lanes, directions, pools
    ("a task in two lanes", raw(SIMPLE, ('<startEvent id="s"/>', lanes("la:u1 s", "lb:u1 e") + '<startEvent id="s"/>')), "lane-twice", "lb", raw(SIMPLE, ('<startEvent id="s"/>', lanes("la:u1 s", "lb:e") + lanes("lc:u1 s e", id="l2") + '<startEvent id="s"/>'))),
    ("converging with several ways out", one("s -> x1; x1 -> e [a]; x1 -> e2", tag("exclusiveGateway", "x1", default="x1_e2", gatewayDirection="Converging")), "gateway-direction", "x1", one("s -> x1; x1 -> e [a]; x1 -> e2", tag("exclusiveGateway", "x1", default="x1_e2", gatewayDirection="Diverging"))),
    ("diverging with several ways in", one("s -> p1; p1 -> p2 #a; p1 -> p2 #b; p2 -> e; p2 -> e2", tag("parallelGateway", "p2", gatewayDirection="Diverging")), "gateway-direction", "p2", one("s -> p1; p1 -> p2 #a; p1 -> p2 #b; p2 -> e; p2 -> e2", tag("parallelGateway", "p2", gatewayDirection="Mixed"))),
    ("one message starts two processes", diagram(process("p", "s -> e", start("s", M)), process("q", "s2 -> e2", start("s2", M))), "start-message-shared", "s2", diagram(process("p", "s -> e", start("s", G)), process("q", "s2 -> e2", start("s2", G)))),
    ("choreography", raw(SIMPLE, ("\n</definitions>", '<choreography id="ch"/></definitions>')), "choreography", "ch", raw(SIMPLE, ("\n</definitions>", '<collaboration id="co"><participant id="pa" processRef="p"/><participant id="pb"/><conversation id="cv"><participantRef>pa</participantRef><participantRef>pb</participantRef></conversation></collaboration></definitions>'))),
    ("event gateway that awaits one message twice", one("s -> g; g -> c1; g -> c2; c1 -> e; c2 -> e", GATE, catch("c1", M), catch("c2", M)), "gateway-event-twice", "g", one("s -> g; g -> c1; g -> c2; c1 -> e; c2 -> e", GATE, catch("c1", M), catch("c2", message("n")))),
    ("cancel end in a sub-process of the transaction", one("s -> h -> e; b -> e9", sub("h", "s1 -> k -> e1", sub("k", "s2 -> e2", end("e2", CANCEL)), kind="transaction"), boundary("b", "h", CANCEL)), "cancel-end-deep", "e2", one("s -> h -> e; b -> e9", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> e2", start("s2", M), end("e2", CANCEL)), kind="transaction"), boundary("b", "h", CANCEL))),
    ("ad-hoc where nothing can begin", one("s -> h -> e", sub("h", "u1 -> u2 -> u1", kind="adHocSubProcess")), "adhoc-content", "h", one("s -> h -> e", sub("h", "u1 -> u2", kind="adHocSubProcess"))),
    # bindings and forms
    ("called in an unknown version", one("s -> c -> e", call("c", "q", camunda_calledElementBinding="newest")), "binding-unreadable", "c", one("s -> c -> e", call("c", "q", camunda_calledElementBinding="deployment"))),
    ("called in a version that is not named", one("s -> c -> e", call("c", "q", camunda_calledElementBinding="version")), "binding-unreadable", "c", one("s -> c -> e", call("c", "q", camunda_calledElementBinding="version", camunda_calledElementVersion="2"))),
    ("called by a tag that is not named", one("s -> c -> e", call("c", "q", camunda_calledElementBinding="versionTag")), "binding-unreadable", "c", one("s -> c -> e", call("c", "q", camunda_calledElementBinding="versionTag", camunda_calledElementVersionTag="v2"))),
    ("decision in an unknown version", one("s -> d -> e", tag("businessRuleTask", "d", camunda_decisionRef="x", camunda_decisionRefBinding="old")), "binding-unreadable", "d", one("s -> d -> e", tag("businessRuleTask", "d", camunda_decisionRef="x", camunda_decisionRefBinding="version", camunda_decisionRefVersion="1"))),
    ("form in an unknown version", one(LINE, user("u1", camunda_formRef="f", camunda_formRefBinding="old")), "binding-unreadable", "u1", one(LINE, user("u1", camunda_formRef="f", camunda_formRefBinding="latest"))),
    ("two forms", one(LINE, user("u1", camunda_formRef="f", camunda_formKey="g")), "form-twice", "u1", one(LINE, user("u1", camunda_formKey="g"))),
    ("form field without id", one(LINE, user("u1", extensions('<camunda:formData><camunda:formField type="string"/></camunda:formData>'))), "form-field-nameless", "u1", one(LINE, user("u1", extensions('<camunda:formData><camunda:formField id="a" type="string"/></camunda:formData>')))),
    ("two form fields of one id", one(LINE, user("u1", extensions('<camunda:formData><camunda:formField id="a"/><camunda:formField id="a"/></camunda:formData>'))), "form-field-nameless", "u1", None),
    # what starts, repeats and talks in the wrong place
    ("receive task in a sub-process that starts an instance", one("s -> h -> e", sub("h", "r -> e1", tag("receiveTask", "r", messageRef="msg_m", instantiate=True))), "instantiate-place", "r", one("s -> h -> e", sub("h", "r -> e1", tag("receiveTask", "r", messageRef="msg_m")))),
    ("gateway in a sub-process that starts an instance", one("s -> h -> e", sub("h", "g -> c1; g -> c2; c1 -> e1; c2 -> e1", tag("eventBasedGateway", "g", instantiate=True), catch("c1", M), catch("c2", message("n")))), "instantiate-place", "g", one("s -> h -> e", sub("h", "g -> c1; g -> c2; c1 -> e1; c2 -> e1", GATE, catch("c1", M), catch("c2", message("n"))))),
    ("event sub-process that is repeated", one("s -> u1 -> e", sub("h", "s1 -> e1", start("s1", M), loop=many("2"), by_event=True)), "event-subprocess-loop", "h", one("s -> u1 -> e", event_sub("h", "s1 -> k -> e1", start("s1", M), sub("k", "s2 -> e2", loop=many("2"))))),
    ("output collection of nothing", one(LINE, user("u1", gathered('outputCollection="ys"'))), "loop-output", "u1", one(LINE, user("u1", gathered('outputCollection="ys" outputElement="=y"')))),
    ("output element into nothing", one(LINE, user("u1", gathered('outputElement="=y"'))), "loop-output", "u1", one(LINE, user("u1", gathered("")))),
    ("message flow from a start event", talking(SIMPLE, "s", "pb"), "message-flow-end", "mf", talking(SIMPLE, "pb", "s")),
    ("message flow to an end event", talking(SIMPLE, "pb", "e"), "message-flow-end", "mf", talking(SIMPLE, "e", "pb")),
    ("message flow to a gateway", talking(one("s -> x0 -> e"), "pb", "x0"), "message-flow-end", "mf", talking(SIMPLE, "u1", "pb")),
    ("message flow from a pool to itself", talking(SIMPLE, "pa", "pa"), "message-flow-inside", "mf", talking(SIMPLE, "pa", "pb")),
    ("message flow from a pool into itself", talking(SIMPLE, "pa", "u1"), "message-flow-inside", "mf", talking(SIMPLE, "pb", "u1")),
    ("an expression and a class", one("s -> w -> e", tag("serviceTask", "w", camunda_class="a.B", camunda_expression="${x}")), "implementation-code", "w", one("s -> w -> e", tag("serviceTask", "w", camunda_expression="${x}"))),
    ("a topic and a class", one("s -> w -> e", service("w", "a", camunda_class="a.B")), "implementation-code", "w", one("s -> w -> e", service("w", "a"))),
    ("time to live in words", raw(SIMPLE, ('<process id="p"', '<process id="p" camunda:historyTimeToLive="soon"')), "value-unreadable", "p", raw(SIMPLE, ('<process id="p"', '<process id="p" camunda:historyTimeToLive="P180D"'))),
]
