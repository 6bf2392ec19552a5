"""Events: BPMN 2.0 §10.5, §13.5."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.drawing import (
    TERMINATE,
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
    share_all,
    signal,
    start,
    sub,
    tag,
    throw,
    timer,
    user,
)
from tests.conformance.flows import done, one, run, xor
from tests.conformance.judging import Case


def go(process_id: str, **variables: object) -> dict[str, object]:
    return {"start": process_id, "variables": variables}


def come(name: str, **fields: object) -> dict[str, object]:
    return {"message": name, **fields}


def later(duration: str) -> dict[str, object]:
    return {"advance": duration}


def now_expect(**fields: object) -> dict[str, object]:
    return {"expect": fields}


MS = message("m")
GATE = '<eventBasedGateway id="g"/>'
CORRELATED = tag("intermediateCatchEvent", "c", extensions('<camunda:properties><camunda:property name="correlate.client" value="${client}"/></camunda:properties>'), message("m"))

TIMERS = [
    Case("timer duration", one("s -> c -> e", catch("c", timer("Duration", "PT2H"))), [run(), later("PT1H59M"), now_expect(waiting=["c"]), later("PT1M")], trace="s c e"),
    Case("timer date", one("s -> c -> e", catch("c", timer("Date", "2026-01-06T09:00:00+08:00"))), [run(), later("PT23H"), now_expect(waiting=["c"]), later("PT1H")], trace="s c e"),
    Case("a past date fires at once", one("s -> c -> e", catch("c", timer("Date", "2020-01-06T09:00:00+08:00"))), [run(), later("PT0S")], trace="s c e"),
    Case("timer from variables", one("s -> c -> e", catch("c", timer("Duration", "${d}"))), [run(d="PT2H"), later("PT2H")], trace="s c e"),
    Case("interrupting boundary timer", one("s -> u1 -> e1; b -> e2", boundary("b", "u1", timer("Duration", "PT1H"))), [run(), later("PT1H")], bag="s +u1 ~u1 b e2", states="completed"),
    Case("boundary timer of a done task is gone", one("s -> u1 -> u2 -> e1; b -> e2", boundary("b", "u1", timer("Duration", "PT1H"))), [run(), done("u1"), later("PT9H")], trace="s u1 +u2", waiting="u2"),
    Case("non-interrupting boundary timer fires once", one("s -> u1 -> e1; b -> t -> e2", boundary("b", "u1", timer("Duration", "PT1H"), cancel=False)), [run(), later("PT5H"), done("u1")], trace="s +u1 b t e2 -u1 e1", states="completed"),
    Case("non-interrupting cycle of three", one("s -> u1 -> e1; b -> t -> e2", boundary("b", "u1", timer("Cycle", "R3/PT1H"), cancel=False)), [run(), later("PT10H"), done("u1")], trace="s +u1 b t e2 b t e2 b t e2 -u1 e1"),
    Case("a cycle by Zeebe's function", one("s -> u1 -> e1; b -> t -> e2; b2 -> t2 -> e3", boundary("b", "u1", timer("Cycle", "=cycle(times, duration(&quot;PT1H&quot;))"), cancel=False), boundary("b2", "u1", timer("Cycle", "=cycle(duration(&quot;PT150M&quot;))"))), [run(times=3), later("PT90M"), later("PT60M")], trace="s +u1 b t e2 b t e2 ~u1 b2 t2 e3"),
    Case("non-interrupting cycle ends with its host", one("s -> u1 -> e1; b -> t -> e2", boundary("b", "u1", timer("Cycle", "R/PT1H"), cancel=False)), [run(), later("PT2H30M"), done("u1"), later("PT9H")], trace="s +u1 b t e2 b t e2 -u1 e1", states="completed"),
    Case("interrupting cycle fires once", one("s -> u1 -> e1; b -> t -> e2", boundary("b", "u1", timer("Cycle", "R3/PT1H"))), [run(), later("PT10H")], bag="s +u1 ~u1 b t e2"),
    Case("two timers in order of due time", one("s -> p1 -> c1 -> e1; p1 -> c2 -> e2", catch("c1", timer("Duration", "PT2H")), catch("c2", timer("Duration", "PT1H"))), [run(), later("PT3H")], before=[("-c2", "-c1")], bag="s p1 c1 c2 e1 e2"),
    Case("a timer set by a timer in the same advance", one("s -> c1 -> c2 -> e", catch("c1", timer("Duration", "PT1H")), catch("c2", timer("Duration", "PT1H"))), [run(), later("PT2H")], trace="s c1 c2 e"),
    Case("cron across the spring change", one("s -> u1 -> e1; b -> t -> e2", boundary("b", "u1", timer("Cycle", "0 30 2 * * ?"), cancel=False)), [run(), later("PT96H")], head={"now": "2026-03-27T12:00:00+01:00", "zone": "Europe/Berlin"}, bag="s +u1 b t e2 b t e2 b t e2 b t e2", waiting="b u1"),
    Case("timer start event repeats", one("s -> t -> e", start("s", timer("Cycle", "R3/PT1H"))), [later("PT10H")], bag="s t e s t e s t e", states="completed completed completed"),
    Case("timer event sub-process, non-interrupting", one("s -> u1 -> e", event_sub("h", "s1 -> t1 -> e1", start("s1", timer("Cycle", "R2/PT1H"), interrupt=False))), [run(), later("PT10H"), done("u1")], bag="s +u1 +h s1 t1 e1 -h +h s1 t1 e1 -h -u1 e", states="completed"),
    Case("event gateway: the earlier of two timers", one("s -> g; g -> c1 -> t1 -> e; g -> c2 -> t2 -> e", GATE, catch("c1", timer("Duration", "PT2H")), catch("c2", timer("Duration", "PT1H"))), [run(), later("PT9H")], trace="s g c2 t2 e"),
    Case("event gateway: the message", one("s -> g; g -> c1 -> t1 -> e; g -> c2 -> t2 -> e; g -> c3 -> t3 -> e", GATE, catch("c1", timer("Duration", "PT2H")), catch("c2", MS), catch("c3", message("n"))), [run(), come("n"), later("P1D")], trace="s g c3 t3 e", states="completed"),
    Case("event gateway: receive task", one("s -> g; g -> r -> t1 -> e; g -> c2 -> t2 -> e", GATE, tag("receiveTask", "r", messageRef="msg_m"), catch("c2", timer("Duration", "PT2H"))), [run(), come("m")], trace="s g r t1 e"),
]
MESSAGES = [
    Case("message caught", one("s -> c -> e", catch("c", MS)), [run(), come("m", variables={"x": 1})], trace="s c e", variables={"x": 1}),
    Case("message kept until awaited", one("s -> u1 -> c -> e", catch("c", MS)), [run(), come("m", variables={"x": 1}), done("u1")], trace="s u1 c e", variables={"x": 1}),
    Case("kept message serves one only", one("s -> p1 -> c1 -> e1; p1 -> u1 -> c2 -> e2", catch("c1", message("n")), catch("c2", MS)), [run(), come("m"), done("u1"), come("n")], bag="s p1 c1 e1 u1 c2 e2"),
    Case("correlation chooses the instance", one("s -> c -> e", CORRELATED), [run(client="A"), run(client="B"), come("m", correlation={"client": "B"})], states="active completed"),
    Case("boundary message repeats", one("s -> u1 -> e1; b -> t -> e2", boundary("b", "u1", MS, cancel=False)), [run(), come("m"), come("m"), done("u1")], trace="s +u1 b t e2 b t e2 -u1 e1", states="completed"),
    Case("each non-interrupting boundary token is its own", one("s -> u1 -> e1; b -> u2 -> e2", boundary("b", "u1", MS, cancel=False)), [run(), come("m"), come("m"), done("u1"), now_expect(ended=False, waiting=["u2", "u2"]), done("u2"), done("u2")], bag="s u1 e1 b b u2 u2 e2 e2", states="completed"),
    Case("message start", one("s -> t -> e", start("s", MS)), [come("m", variables={"x": 1})], trace="s t e", variables={"x": 1}),
    Case("message to the one who waits before a start", one("s -> u1 -> c -> e; s2 -> u2 -> e2", start("s2", MS), catch("c", MS)), [run(), done("u1"), come("m"), now_expect(state=["completed"]), come("m"), now_expect(state=["completed", "active"])], bag="s u1 c e s2 +u2"),
    Case("message start while instances run", one("s -> u1 -> e", start("s", MS)), [come("m"), come("m")], states="active active"),
    Case("thrown message reaches another process", diagram(process("p", "s -> th -> t -> e", throw("th", MS)), process("q", "s2 -> c -> e2", catch("c", MS))), [go("q"), go("p")], bag="s2 c e2 s th t e", before=[("+c", "+t")], states="completed completed"),
    Case("thrown message starts another process", diagram(process("p", "s -> th -> t -> e", throw("th", MS)), process("q", "s2 -> t2 -> e2", start("s2", MS))), [go("p")], bag="s th t e s2 t2 e2", states="completed completed", thrown="message:m:true"),
    Case("thrown message nobody awaits is kept", diagram(process("p", "s -> th -> e", throw("th", MS)), process("q", "s2 -> c -> e2", catch("c", MS))), [go("p"), go("q")], bag="s th e s2 c e2", states="completed completed"),
    Case("message end event", diagram(process("p", "s -> e", end("e", MS)), process("q", "s2 -> t2 -> e2", start("s2", MS))), [go("p")], bag="s e s2 t2 e2"),
    Case("send task throws", diagram(process("p", "s -> n -> e", tag("sendTask", "n", messageRef="msg_m")), process("q", "s2 -> t2 -> e2", start("s2", MS))), [go("p")], bag="s n e s2 t2 e2"),
    Case("receive task", one("s -> r -> e", tag("receiveTask", "r", messageRef="msg_m")), [run(), come("m")], trace="s r e"),
    Case("receive task that instantiates", one("r -> t -> e", tag("receiveTask", "r", messageRef="msg_m", instantiate=True)), [come("m", variables={"x": 1}), come("m")], bag="r t e r t e", states="completed completed"),
    Case("event gateway that instantiates", one("g -> c1 -> t1 -> e; g -> c2 -> t2 -> e", tag("eventBasedGateway", "g", instantiate=True), catch("c1", MS), catch("c2", message("n"))), [come("n")], never="t1", states="completed"),
    Case("message event sub-process interrupts", one("s -> u1 -> e", event_sub("h", "s1 -> t1 -> e1", start("s1", MS))), [run(), come("m")], bag="s +u1 ~u1 +h s1 t1 e1 -h", states="completed"),
    Case("message event sub-process, several at once", one("s -> u1 -> e", event_sub("h", "s1 -> u2 -> e1", start("s1", MS, interrupt=False))), [run(), come("m"), come("m"), done("u1"), now_expect(ended=False), done("u2"), done("u2")], bag="s u1 e +h s1 u2 e1 -h +h s1 u2 e1 -h", states="completed"),
    Case("nested event sub-processes: the inner runs within the outer", one("s -> u1 -> e", event_sub("h", "s1 -> u2 -> e1", start("s1", MS, interrupt=False), event_sub("k", "s2 -> t2 -> e2", start("s2", message("n"))))), [run(), come("m"), come("n"), done("u1")], bag="s u1 e +h s1 +u2 ~u2 +k s2 t2 e2 -k -h", states="completed"),
    Case("interrupting event sub-process stops a running non-interrupting one", one("s -> u1 -> e", event_sub("h", "s1 -> u2 -> e1", start("s1", MS, interrupt=False)), event_sub("k", "s2 -> u3 -> e2", start("s2", message("n")))), [run(), come("m"), come("n"), now_expect(waiting=["u3"]), done("u3")], bag="s +u1 ~u1 +h s1 +u2 ~u2 ~h +k s2 u3 e2 -k", states="completed"),
    Case("event sub-process inside a sub-process interrupts only it", one("s -> h -> t -> e", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> t2 -> e2", start("s2", MS)))), [run(), come("m")], bag="s +h s1 +u1 ~u1 +k s2 t2 e2 -k -h t e", states="completed"),
    Case("boundary on a sub-process cancels all within", one("s -> h -> e; b -> t -> e9", sub("h", "s1 -> p1 -> u1 -> e1; p1 -> k -> e1", sub("k", "s2 -> u2 -> e2")), boundary("b", "h", MS)), [run(), come("m")], bag="s +h s1 p1 +u1 +k s2 +u2 ~u2 ~k ~u1 ~h b t e9", states="completed"),
    Case("multiple catch: one is enough", one("s -> c -> e", catch("c", MS, signal("g"))), [run(), {"signal": "g"}, come("m")], trace="s c e"),
    Case("parallel multiple catch: all are needed", one("s -> c -> e", catch("c", MS, signal("g"), parallelMultiple=True)), [run(), {"signal": "g"}, now_expect(waiting=["c"]), come("m")], bag="s c e", unmet=0),
    Case("multiple boundary, non-interrupting, each time", one("s -> u1 -> e; b -> t -> e2", boundary("b", "u1", MS, signal("g"), cancel=False)), [run(), come("m"), {"signal": "g"}, come("m"), done("u1")], trace="s +u1 b t e2 b t e2 b t e2 -u1 e"),
    Case("parallel multiple boundary", one("s -> u1 -> e; b -> t -> e2", boundary("b", "u1", MS, signal("g"), parallelMultiple=True)), [run(), come("m"), come("m"), now_expect(waiting=["u1"]), {"signal": "g"}], bag="s +u1 ~u1 b t e2"),
    Case("multiple start", one("s -> t -> e", start("s", MS, signal("g"))), [come("m"), {"signal": "g"}], states="completed completed"),
    Case("parallel multiple start: all are needed, again for the next", one("s -> t -> e", start("s", MS, signal("g"), parallelMultiple=True)), [come("m", variables={"x": 1}), now_expect(not_visited=["s"]), {"signal": "g", "variables": {"y": 2}}, {"signal": "g"}, {"signal": "g"}, come("m")], trace="s t e s t e", states="completed completed", variables={"x": 1, "y": 2}),
    Case("parallel multiple event sub-process", one("s -> u1 -> e", event_sub("h", "s1 -> t1 -> e1", start("s1", MS, signal("g"), parallelMultiple=True))), [run(), come("m"), {"signal": "g"}], bag="s +u1 ~u1 +h s1 t1 e1 -h"),
    Case("multiple throw", diagram(process("p", "s -> th -> e", throw("th", MS, signal("g"))), process("q", "s2 -> e2", start("s2", MS)), process("r", "s3 -> e3", start("s3", signal("g")))), [go("p")], bag="s th e s2 e2 s3 e3"),
    Case("multiple end", diagram(process("p", "s -> e", end("e", MS, signal("g"))), process("q", "s2 -> e2", start("s2", MS)), process("r", "s3 -> e3", start("s3", signal("g")))), [go("p")], bag="s e s2 e2 s3 e3"),
    Case("a message end event of a sub-process reaches its own border", one("s -> h -> e; b -> t -> e9", sub("h", "s1 -> p1 -> e1; p1 -> u1 -> e2", end("e1", MS)), boundary("b", "h", MS, cancel=False)), [run(), done("u1")], bag="s +h s1 p1 e1 b t e9 u1 e2 -h e", states="completed"),
]
SIGNALS = [
    Case("signal reaches all who wait and starts", diagram(process("p", "s -> c -> e", catch("c", signal("g"))), process("q", "s2 -> t2 -> e2", start("s2", signal("g")))), [go("p"), go("p"), {"signal": "g", "variables": {"x": 1}}], bag="s s c c e e s2 t2 e2", states="completed completed completed", variables={"x": 1}),
    Case("signals are delivered before the thrower moves on", diagram(process("p", "s -> th -> t -> e", throw("th", signal("g"))), process("q", "s2 -> c -> t2 -> e2", catch("c", signal("g")))), [go("q"), go("p")], before=[("+t2", "+t")], states="completed completed"),
    Case("signals are not kept", one("s -> u1 -> c -> e", catch("c", signal("g"))), [run(), {"signal": "g"}, done("u1")], waiting="c"),
    Case("a signal within one instance", one("s -> p1 -> c -> t1 -> e1; p1 -> u1 -> th -> t2 -> e2", catch("c", signal("g")), throw("th", signal("g"))), [run(), done("u1")], bag="s p1 u1 th c t1 e1 t2 e2", before=[("+t1", "+t2")]),
    Case("a signal thrown inside its host interrupts it", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> th -> t1 -> e1", throw("th", signal("g"))), boundary("b", "h", signal("g"))), [run()], never="t1 e1 e", states="completed"),
    Case("a non-interrupting signal boundary lets its thrower go on", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> th -> t1 -> e1", throw("th", signal("g"))), boundary("b", "h", signal("g"), cancel=False)), [run()], bag="s +h s1 th t1 e1 -h e b t9 e9", before=[("+t9", "+t1")]),
    Case("signal end event", one("s -> p1 -> u1 -> e1; p1 -> c -> e2", end("e1", signal("g")), catch("c", signal("g"))), [run(), done("u1")], bag="s p1 u1 e1 c e2", states="completed"),
    Case("a signal interrupts its thrower's whole instance by event sub-process", one("s -> th -> t -> e", throw("th", signal("g")), event_sub("h", "s1 -> t1 -> e1", start("s1", signal("g")))), [run()], never="t e", states="completed"),
    Case("a signal across instances interrupts the thrower as well", one("s -> u1 -> th -> t -> e", throw("th", signal("g")), event_sub("h", "s1 -> t1 -> e1", start("s1", signal("g")))), [run(), run(), done("u1")], never="t e", states="completed completed"),
]
ERRORS = [
    Case("error end caught at the border", one("s -> h -> e; b -> t -> e9", sub("h", "s1 -> e1", end("e1", error("A"))), boundary("b", "h", error("A"))), [run()], never="e", states="completed", bag="s +h s1 +e1 ~e1 ~h b t e9", thrown="error:A:true"),
    Case("specific before catch-all", one("s -> h -> e; b1 -> t1 -> e9; b2 -> t2 -> e8", sub("h", "s1 -> e1", end("e1", error("A"))), boundary("b1", "h", error()), boundary("b2", "h", error("A"))), [run()], never="e t1", states="completed"),
    Case("catch-all takes what no specific one takes", one("s -> h -> e; b1 -> t1 -> e9; b2 -> t2 -> e8", sub("h", "s1 -> e1", end("e1", error("A"))), boundary("b1", "h", error()), boundary("b2", "h", error("B"))), [run()], never="e t2", states="completed"),
    Case("inner catch-all before outer specific", one("s -> h -> e; b2 -> t2 -> e8", sub("h", "s1 -> k -> e1; b1 -> t1 -> e3", sub("k", "s2 -> e2", end("e2", error("A"))), boundary("b1", "k", error())), boundary("b2", "h", error("A"))), [run()], never="t2 e1", bag="s +h s1 +k s2 +e2 ~e2 ~k b1 t1 e3 -h e"),
    Case("error passes a border that does not catch it", one("s -> h -> e; b2 -> t2 -> e8", sub("h", "s1 -> k -> e1; b1 -> t1 -> e3", sub("k", "s2 -> e2", end("e2", error("A"))), boundary("b1", "k", error("B"))), boundary("b2", "h", error("A"))), [run()], never="t1 e1 e", bag="s +h s1 +k s2 +e2 ~e2 ~k ~h b2 t2 e8"),
    Case("error through a call activity", diagram(process("p", "s -> c -> e; b -> t -> e9", call("c", "q"), boundary("b", "c", error("A"))), process("q", "s2 -> e2", end("e2", error("A")))), [go("p")], bag="s +c ~c b t e9 s2 +e2 ~e2", states="completed failed"),
    Case("error of a service", one("s -> w -> e; b -> t -> e9", service("w"), boundary("b", "w", error("A"))), [run(), {"fail": "w", "code": "A"}], bag="s +w ~w b t e9", states="completed"),
    Case("error of a handler", one("s -> w -> e; b -> t -> e9", service("w"), boundary("b", "w", error("A"))), [run()], head={"handlers": {"w": {"bpmn_error": "A"}}}, bag="s +w ~w b t e9"),
    Case("error event sub-process of the process", one("s -> h -> e", sub("h", "s1 -> e1", end("e1", error("A"))), event_sub("k", "s2 -> t2 -> e2", start("s2", error("A")))), [run()], never="e", bag="s +h s1 +e1 ~e1 ~h +k s2 t2 e2 -k", states="completed"),
    Case("error end of the process itself caught by its event sub-process", one("s -> p1 -> u1 -> e1; p1 -> u2 -> e2", end("e1", error("A")), event_sub("k", "s2 -> t2 -> e3", start("s2", error("A")))), [run(), done("u1")], bag="s p1 u1 +e1 ~e1 +u2 ~u2 +k s2 t2 e3 -k", states="completed"),
    Case("inner event sub-process before the border", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> e1", end("e1", error("A")), event_sub("k", "s2 -> t2 -> e2", start("s2", error("A")))), boundary("b", "h", error("A"))), [run()], never="t9", bag="s +h s1 +e1 ~e1 +k s2 t2 e2 -k -h e"),
    Case("error end in an error event sub-process goes outward", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> e1", end("e1", error("A")), event_sub("k", "s2 -> e2", start("s2", error("A")), end("e2", error("A")))), boundary("b", "h", error("A"))), [run()], never="e", bag="s +h s1 +e1 ~e1 +k s2 +e2 ~e2 ~k ~h b t9 e9", states="completed"),
    Case("uncaught error fails the instance", one("s -> p1 -> e1; p1 -> u1 -> e2", end("e1", error("A"))), [run()], states="failed", waiting="", thrown="error:A:false"),
    Case("an error stops its siblings", one("s -> h -> e; b -> t -> e9", sub("h", "s1 -> p1 -> e1; p1 -> u1 -> e2; p1 -> t3 -> t4 -> t5 -> e3", end("e1", error("A"))), boundary("b", "h", error("A"))), [run()], never="e t5 e3", states="completed"),
    Case("a task with code and a catch-all: errors are not escalations", one("s -> h -> e; b1 -> t1 -> e9", sub("h", "s1 -> e1", end("e1", error("A"))), boundary("b1", "h", escalation())), [run()], never="t1", states="failed"),
    Case("error of one iteration reaches the border of all", one("s -> w -> e; b -> t -> e9", service("w", None, many("3")), boundary("b", "w", error("A"))), [run(), {"fail": "w", "code": "A", "index": 1}], bag="s +w +w +w +w ~w ~w ~w ~w b t e9", states="completed"),
]
ESCALATIONS = [
    Case("escalation, non-interrupting, goes on", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> th -> t1 -> e1", throw("th", escalation("A"))), boundary("b", "h", escalation("A"), cancel=False)), [run()], bag="s +h s1 th t1 e1 -h e b t9 e9", before=[("+t9", "+t1")], thrown="escalation:A:true"),
    Case("escalation, interrupting, stops", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> th -> t1 -> e1", throw("th", escalation("A"))), boundary("b", "h", escalation("A"))), [run()], never="t1 e"),
    Case("uncaught escalation goes on", one("s -> th -> t -> e", throw("th", escalation("A"))), [run()], trace="s th t e", states="completed", thrown="escalation:A:false"),
    Case("escalation end event", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> p1 -> e1; p1 -> u1 -> e2", end("e1", escalation("A"))), boundary("b", "h", escalation("A"), cancel=False)), [run(), done("u1")], bag="s +h s1 p1 e1 b t9 e9 u1 e2 -h e"),
    Case("escalation specific before catch-all", one("s -> h -> e; b1 -> t1 -> e9; b2 -> t2 -> e8", sub("h", "s1 -> e1", end("e1", escalation("A"))), boundary("b1", "h", escalation(), cancel=False), boundary("b2", "h", escalation("A"), cancel=False)), [run()], never="t1", bag="s +h s1 e1 -h e b2 t2 e8"),
    Case("escalation inner before outer", one("s -> h -> e; b2 -> t2 -> e8", sub("h", "s1 -> k -> e1; b1 -> t1 -> e3", sub("k", "s2 -> e2", end("e2", escalation("A"))), boundary("b1", "k", escalation(), cancel=False)), boundary("b2", "h", escalation("A"), cancel=False)), [run()], never="t2"),
    Case("escalation through a call activity", diagram(process("p", "s -> c -> e; b -> t9 -> e9", call("c", "q"), boundary("b", "c", escalation("A"), cancel=False)), process("q", "s2 -> th -> t2 -> e2", throw("th", escalation("A")))), [go("p")], bag="s +c s2 th b t9 e9 t2 e2 -c e", states="completed completed", before=[("+t9", "+t2")]),
    Case("an escalation through a call brings along what the call maps out", diagram(process("p", "s -> c -> e; b -> u9 -> e9", call("c", "q", extensions('<camunda:out source="k" target="got"/>')), boundary("b", "c", escalation("A"), cancel=False)), process("q", "s2 -> t2 -> th -> u2 -> e2", script("t2", "k = 1\nhidden = 2"), throw("th", escalation("A")))), [go("p"), {"expect": {"instance": 1, "waiting": ["c", "u9"], "variables": {"got": 1}}}, done("u2", k=4), done("u9")], states="completed completed", variables={"got": 4, "hidden": "-absent-"}),
    Case("escalation through a call activity, interrupting", diagram(process("p", "s -> c -> e; b -> t9 -> e9", call("c", "q"), boundary("b", "c", escalation("A"))), process("q", "s2 -> th -> t2 -> e2", throw("th", escalation("A")))), [go("p")], never="t2 e"),
    Case("escalation event sub-process, non-interrupting", one("s -> th -> t -> e", throw("th", escalation("A")), event_sub("k", "s2 -> t2 -> e2", start("s2", escalation("A"), interrupt=False))), [run()], bag="s th +k s2 t2 e2 -k t e", before=[("+t2", "+t")]),
    Case("escalations repeat", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> th -> th2 -> e1", throw("th", escalation("A")), throw("th2", escalation("A"))), boundary("b", "h", escalation("A"), cancel=False)), [run()], bag="s +h s1 th th2 e1 -h e b t9 e9 b t9 e9"),
    Case("escalation and error of one code do not mix", one("s -> h -> e; b1 -> t1 -> e9; b2 -> t2 -> e8", sub("h", "s1 -> e1", end("e1", escalation("A"))), boundary("b1", "h", error("A")), boundary("b2", "h", escalation("A"))), [run()], never="t1 e", states="completed"),
]
CONDITIONS = [
    Case("conditional catch waits for a change", one("s -> c -> e", catch("c", conditional("x > 1"))), [run(x=0), {"set": {"x": 1}}, now_expect(waiting=["c"]), {"set": {"x": 2}}], trace="s c e"),
    Case("conditional catch that is true already", one("s -> c -> e", catch("c", conditional("x > 1"))), [run(x=5)], trace="s c e"),
    Case("conditional boundary by a script beside", one("s -> p1 -> u1 -> e1; p1 -> u2 -> a -> e2; b -> t -> e3", script("a", "x = 5"), boundary("b", "u1", conditional("x > 1"))), [run(x=0), done("u2")], bag="s p1 +u1 ~u1 u2 a e2 b t e3", states="completed"),
    Case("non-interrupting conditional fires at each change to true", one("s -> u1 -> e1; b -> t -> e3", boundary("b", "u1", conditional("x > 1"), cancel=False)), [run(x=0), {"set": {"x": 2}}, {"set": {"x": 0}}, {"set": {"x": 3}}, done("u1")], trace="s +u1 b t e3 b t e3 -u1 e1"),
    Case("conditional event sub-process", one("s -> u1 -> a -> t -> e", script("a", "x = 5"), event_sub("k", "s2 -> t2 -> e2", start("s2", conditional("x > 1")))), [run(x=0), done("u1")], never="t", states="completed"),
    Case("event gateway with a condition", one("s -> g; g -> c1 -> t1 -> e; g -> c2 -> t2 -> e", GATE, catch("c1", conditional("x > 1")), catch("c2", timer("Duration", "PT1H"))), [run(x=0), {"set": {"x": 2}}], trace="s g c1 t1 e"),
    Case("conditional on a sub-process with a local change inside", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> u1 -> a -> u2 -> e1", script("a", "x = 5")), boundary("b", "h", conditional("x > 1"))), [run(x=0), done("u1")], never="u2 e", states="completed"),
]
OTHERS = [
    Case("link pairs", one("s -> x1; x1 -> l1 [n = 1]; x1 -> l2 [n = 2]; c -> t -> e", throw("l1", link("L")), throw("l2", link("L")), catch("c", link("L"))), [run(n=2)], bag="s x1 l2 c t e", states="completed"),
    Case("link in a loop", one("s -> x0 -> u1 -> x1; x1 -> l [again]; x1 -> e; c -> x0", xor("x1", "x1_e"), throw("l", link("L")), catch("c", link("L"))), [run(), done("u1", again=True), done("u1", again=False)], trace="s x0 u1 x1 l c x0 u1 x1 e"),
    Case("inclusive join sees through links", one("s -> p1 -> u1 -> l; c -> o2; p1 -> t1 -> o2 -> t2 -> e", throw("l", link("L")), catch("c", link("L"))), [run(), now_expect(not_visited=["t2"]), done("u1")], bag="s p1 u1 l c t1 +o2 +o2 -o2 t2 e"),
    Case("none throw event passes", one("s -> th -> e", throw("th")), [run()], trace="s th e"),
    Case("terminate in an event sub-process ends only it", one("s -> h -> t -> e", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> p2 -> e2; p2 -> u2 -> e4", start("s2", message("m"), interrupt=False), end("e2", TERMINATE)))), [run(), come("m"), now_expect(waiting=["u1"]), done("u1")], bag="s +h s1 u1 e1 +k s2 p2 e2 -k -h t e"),
    Case("compensation end event without handlers", one("s -> t -> e", end("e", compensate())), [run()], trace="s t e"),
    Case("boundary on a call activity", diagram(process("p", "s -> c -> e; b -> t9 -> e9", call("c", "q", share_all()), boundary("b", "c", timer("Duration", "PT1H"))), process("q", "s2 -> u2 -> e2")), [go("p"), later("PT1H")], bag="s +c s2 +u2 ~u2 ~c b t9 e9"),
    Case("boundary on user task in a sub-process leads on in it", one("s -> h -> e", sub("h", "s1 -> u1 -> e1; b -> t9 -> e9", boundary("b", "u1", message("m")))), [run(), come("m")], bag="s +h s1 +u1 ~u1 b t9 e9 -h e"),
    Case("signal start event of two processes", diagram(process("p", "s -> u1 -> e", start("s", signal("g"))), process("q", "s2 -> u2 -> e2", start("s2", signal("g")))), [{"signal": "g"}], states="active active"),
    Case("start at a chosen start event", one("s -> t1 -> e; s2 -> t2 -> e2", start("s2", message("m"))), [{"start": "p", "at": "s2"}], trace="s2 t2 e2"),
    Case("conditional start event", one("s -> t -> e", start("s", conditional("x > 1"))), [{"start": "p", "at": "s", "variables": {"x": 2}}], trace="s t e"),
    Case("user task in a non-interrupting event sub-process keeps the scope alive", one("s -> h -> t -> e", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> u2 -> e2", start("s2", message("m"), interrupt=False)))), [run(), come("m"), done("u1"), now_expect(not_visited=["t"]), done("u2")], bag="s +h s1 u1 e1 +k s2 u2 e2 -k -h t e"),
    Case("a boundary error on a user task by fail", one("s -> u1 -> e; b -> t -> e9", user("u1"), boundary("b", "u1", error("A"))), [run(), {"fail": "u1", "code": "A"}], bag="s +u1 ~u1 b t e9"),
]
CASES = [*TIMERS, *MESSAGES, *SIGNALS, *ERRORS, *ESCALATIONS, *CONDITIONS, *OTHERS]
