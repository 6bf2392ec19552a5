"""Corners where several rules meet: what interrupts whom, who hears first, what is left over."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.activities import adhoc
from tests.conformance.compensations import TH, tx, with_undo
from tests.conformance.drawing import (
    CANCEL,
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
from tests.conformance.events import come, go, later, now_expect
from tests.conformance.flows import done, one, run, xor
from tests.conformance.judging import Case

M = message("m")
CASES = [
    # interruption
    Case("error boundary on a call: the called is failed, the caller goes on", diagram(process("p", "s -> c -> e; b -> t -> e9", call("c", "q"), boundary("b", "c", error("A"))), process("q", "s2 -> u2 -> e2", end("e2", error("A")))), [go("p"), done("u2")], states="completed failed", never="e"),
    Case("error through two calls", diagram(process("p", "s -> c -> e; b -> t -> e9", call("c", "q"), boundary("b", "c", error("A"))), process("q", "s2 -> c2 -> e2", call("c2", "r")), process("r", "s3 -> e3", end("e3", error("A")))), [go("p")], states="completed failed failed", never="e"),
    Case("escalation through two calls, the inner catch-all first", diagram(process("p", "s -> c -> e; b -> t9 -> e9", call("c", "q"), boundary("b", "c", escalation("A"), cancel=False)), process("q", "s2 -> c2 -> e2; b2 -> t2 -> e8", call("c2", "r"), boundary("b2", "c2", escalation(), cancel=False)), process("r", "s3 -> th -> e3", throw("th", escalation("A")))), [go("p")], never="t9", states="completed completed completed"),
    Case("escalation end event in a called process", diagram(process("p", "s -> c -> e; b -> t9 -> e9", call("c", "q"), boundary("b", "c", escalation("A"), cancel=False)), process("q", "s2 -> e2", end("e2", escalation("A")))), [go("p")], bag="s +c s2 e2 b t9 e9 -c e"),
    Case("an interrupting escalation boundary of an outer scope ends the inner", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> k -> e1", sub("k", "s2 -> p1 -> th -> t1 -> e2; p1 -> u2 -> e3", throw("th", escalation("A")))), boundary("b", "h", escalation("A"))), [run()], never="t1 e1 e", waiting="", states="completed"),
    Case("an interrupting event sub-process is not interrupted by its own trigger again", one("s -> u1 -> e", event_sub("h", "s1 -> u2 -> e1", start("s1", M))), [run(), come("m"), come("m"), done("u2")], bag="s +u1 ~u1 +h s1 u2 e1 -h", states="completed"),
    Case("a boundary still stands while an interrupting event sub-process runs", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> u2 -> e2", start("s2", M))), boundary("b", "h", message("n"))), [run(), come("m"), come("n")], bag="s +h s1 +u1 ~u1 +k s2 +u2 ~u2 ~k ~h b t9 e9", states="completed"),
    Case("another event sub-process no longer starts once one interrupted", one("s -> u1 -> e", event_sub("h", "s1 -> u2 -> e1", start("s1", M)), event_sub("k", "s2 -> u3 -> e2", start("s2", message("n"), interrupt=False))), [run(), come("m"), come("n"), now_expect(waiting=["u2"]), done("u2")], states="completed", never="u3"),
    Case("error in a non-interrupting event sub-process is caught by its sibling", one("s -> u1 -> e", event_sub("h", "s1 -> e1", start("s1", M, interrupt=False), end("e1", error("A"))), event_sub("k", "s2 -> t2 -> e2", start("s2", error("A")))), [run(), come("m")], bag="s +u1 ~u1 +h s1 +e1 ~e1 ~h +k s2 t2 e2 -k", states="completed"),
    Case("escalation from an event sub-process reaches the border of its parent", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> th -> e2", start("s2", M, interrupt=False), throw("th", escalation("A")))), boundary("b", "h", escalation("A"), cancel=False)), [run(), come("m"), done("u1")], bag="s +h s1 u1 e1 +k s2 th e2 -k -h e b t9 e9"),
    Case("terminate in the process ends running event sub-processes", one("s -> u1 -> e", end("e", TERMINATE), event_sub("h", "s1 -> u2 -> e1", start("s1", M, interrupt=False))), [run(), come("m"), done("u1")], bag="s u1 e +h s1 +u2 ~u2 ~h", states="terminated"),
    Case("terminate inside a call activity's caller cancels the called", diagram(process("p", "s -> p1 -> c -> e1; p1 -> u1 -> e2", call("c", "q"), end("e2", TERMINATE)), process("q", "s2 -> u2 -> e3")), [go("p"), done("u1")], states="terminated cancelled"),
    Case("a timer boundary and its task end at the same moment", one("s -> u1 -> e1; b -> c -> e9", boundary("b", "u1", timer("Duration", "PT1H"), cancel=False), catch("c", timer("Duration", "PT1H"))), [run(), later("PT1H"), done("u1"), later("PT1H")], bag="s u1 e1 b c e9", states="completed"),
    # repetition and borders
    Case("non-interrupting boundary on a loop's sub-process, at every turn anew", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> u1 -> e1", loop=many("2", isSequential=True)), boundary("b", "h", M, cancel=False)), [run(), come("m"), done("u1"), come("m"), done("u1")], bag="s +h +h s1 u1 e1 -h +h s1 u1 e1 -h -h e b t9 e9 b t9 e9"),
    Case("error in one iteration caught inside its sub-process leaves the others", one("s -> h -> e", sub("h", "s1 -> w -> e1; b -> t -> e2", service("w"), boundary("b", "w", error("A")), loop=many("2"))), [run(), {"fail": "w", "code": "A"}, done("w")], bag="s +h +h +h s1 s1 +w ~w w b t e2 e1 -h -h -h e", states="completed"),
    Case("event sub-process inside each iteration", one("s -> h -> e", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> t2 -> e2", start("s2", signal("g"))), loop=many("2"))), [run(), {"signal": "g"}], bag="s +h +h s1 +u1 ~u1 +k s2 t2 e2 -k -h +h s1 +u1 ~u1 +k s2 t2 e2 -k -h -h e", states="completed"),
    Case("completion condition over variables that iterations write", one("s -> u1 -> e", user("u1", many("3", "", None, "approved = false"))), [run(approved=True), done("u1", approved=False)], bag="s +u1 +u1 +u1 +u1 -u1 ~u1 ~u1 -u1 e"),
    Case("early completion before all automatic iterations ran", one("s -> a -> e", script("a", "n = n + 1", many("5", "", None, "n >= 2", isSequential=True))), [run(n=0)], variables={"n": 2}),
    Case("multi-instance call activity cancelled by a border", diagram(process("p", "s -> c -> e; b -> e9", call("c", "q", many("2")), boundary("b", "c", M)), process("q", "s2 -> u2 -> e2")), [go("p"), come("m")], states="completed cancelled cancelled"),
    Case("multi-instance with an event sub-process that ends the parent", one("s -> u1 -> e", user("u1", many("2")), event_sub("k", "s2 -> e2", start("s2", M))), [run(), come("m")], bag="s +u1 +u1 +u1 ~u1 ~u1 ~u1 +k s2 e2 -k"),
    # gateways
    Case("event gateway in a loop", one("s -> x0 -> g; g -> c1 -> x0; g -> c2 -> e", '<eventBasedGateway id="g"/>', catch("c1", M), catch("c2", timer("Duration", "PT1H"))), [run(), come("m"), come("m"), later("PT1H")], trace="s x0 g c1 x0 g c1 x0 g c2 e", states="completed"),
    Case("event gateway under a boundary", one("s -> h -> e; b -> e9", sub("h", "s1 -> g; g -> c1 -> e1; g -> c2 -> e1", '<eventBasedGateway id="g"/>', catch("c1", M), catch("c2", timer("Duration", "PT2H"))), boundary("b", "h", timer("Duration", "PT1H"))), [run(), later("PT9H")], states="completed", never="c1 c2 e"),
    Case("event gateway signal and conditional at once", one("s -> g; g -> c1 -> e; g -> c2 -> e", '<eventBasedGateway id="g"/>', catch("c1", signal("g")), catch("c2", conditional("x > 1"))), [run(x=0), {"signal": "g"}, {"set": {"x": 5}}], trace="s g c1 e"),
    Case("event gateway whose condition holds at once", one("s -> g; g -> c1 -> t1 -> e; g -> c2 -> e", '<eventBasedGateway id="g"/>', catch("c1", conditional("x > 1")), catch("c2", M)), [run(x=5)], trace="s g c1 t1 e", states="completed"),
    Case("inclusive join behind an event gateway", one("s -> p1 -> g; p1 -> t1 -> o2; g -> c1 -> o2; g -> c2 -> e2; o2 -> t -> e", '<eventBasedGateway id="g"/>', catch("c1", M), catch("c2", message("n"))), [run(), now_expect(not_visited=["t"]), come("n")], bag="s p1 g t1 +o2 c2 e2 -o2 t e", states="completed"),
    Case("inclusive join with a token in a non-interrupting boundary path", one("s -> p1 -> u1 -> o2; p1 -> t1 -> o2; b -> u3 -> o2; o2 -> t -> e", boundary("b", "u1", M, cancel=False)), [run(), come("m"), done("u1"), now_expect(not_visited=["t"]), done("u3")], bag="s p1 u1 t1 b u3 +o2 +o2 +o2 -o2 t e", states="completed"),
    Case("inclusive join whose other branch is terminated in its sub-process", one("s -> p1 -> h -> o2; p1 -> t1 -> o2; o2 -> t -> e", sub("h", "s1 -> u1 -> e1", end("e1", TERMINATE))), [run(), done("u1")], bag="s p1 +h s1 u1 e1 -h t1 +o2 +o2 -o2 t e"),
    Case("parallel join inside a loop used twice", one("s -> x0 -> p1; p1 -> t1 -> p2; p1 -> t2 -> p2; p2 -> u1 -> x1; x1 -> x0 [again]; x1 -> e", xor("x1", "x1_e")), [run(), done("u1", again=True), done("u1", again=False)], bag="s x0 p1 t1 t2 +p2 +p2 -p2 u1 x1 x0 p1 t1 t2 +p2 +p2 -p2 u1 x1 e", states="completed"),
    Case("a gateway that joins and splits", one("s -> p1 -> t1 -> p2; p1 -> t2 -> p2; p2 -> t3 -> e; p2 -> t4 -> e"), [run()], bag="s p1 t1 t2 +p2 +p2 -p2 t3 t4 e e"),
    Case("an inclusive gateway that joins and splits", one("s -> p1 -> t1 -> o2; p1 -> t2 -> o2; o2 -> t3 [true]; o2 -> t4 [false]; o2 -> t5 [true]; t3 -> e; t4 -> e; t5 -> e"), [run()], bag="s p1 t1 t2 +o2 +o2 -o2 t3 t5 e e"),
    # links
    Case("a link leads out of a parallel branch", one("s -> p1; p1 -> l; p1 -> t1 -> p2; c -> p2 -> e", throw("l", link("L")), catch("c", link("L"))), [run()], bag="s p1 l t1 c +p2 +p2 -p2 e"),
    # messages
    Case("a message carries its thrower's mappings", diagram(process("p", "s -> th -> e", tag("intermediateThrowEvent", "th", extensions('<camunda:inputOutput><camunda:inputParameter name="v">${x + 1}</camunda:inputParameter></camunda:inputOutput>'), M)), process("q", "s2 -> e2", start("s2", M))), [go("p", x=1), {"expect": {"instance": 2, "variables": {"v": 2}}}]),
    Case("a message kept before its catcher starts waiting in another instance", diagram(process("p", "s -> th -> e", throw("th", M)), process("q", "s2 -> u2 -> r -> e2", tag("receiveTask", "r", messageRef="msg_m"))), [go("p"), go("q"), done("u2")], states="completed completed"),
    Case("a message end and a message catch in one process", one("s -> p1 -> e1; p1 -> c -> e2", end("e1", M), catch("c", M)), [run()], bag="s p1 e1 c e2", states="completed"),
    Case("request and answer between two processes", diagram(process("p", "s -> th -> c -> e", throw("th", message("ask")), catch("c", message("tell"))), process("q", "s2 -> t2 -> th2 -> e2", start("s2", message("ask")), throw("th2", message("tell")))), [go("p")], states="completed completed"),
    # conditions
    Case("a condition on completion of a task", one("s -> p1 -> c -> t -> e1; p1 -> u1 -> e2", catch("c", conditional("ok"))), [run(ok=False), done("u1", ok=True)], bag="s p1 c t e1 u1 e2", states="completed"),
    Case("a condition changed by a handler", one("s -> p1 -> c -> t -> e1; p1 -> u1 -> w -> e2", catch("c", conditional("ok")), service("w")), [run(ok=False), done("u1")], head={"handlers": {"w": {"returns": {"ok": True}}}}, states="completed"),
    Case("a condition changed by what a call returns", diagram(process("p", "s -> p1 -> cc -> t -> e1; p1 -> c -> e2", catch("cc", conditional("ok")), call("c", "q", share_all())), process("q", "s2 -> a -> e3", script("a", "ok = True"))), [go("p", ok=False)], states="completed completed"),
    Case("an interrupting condition stops the script that made it true from going on", one("s -> h -> e; b -> e9", sub("h", "s1 -> a -> t2 -> t3 -> e1", script("a", "x = 5")), boundary("b", "h", conditional("x > 1"))), [run(x=0)], never="t3 e1 e", states="completed"),
    # compensation in corners
    Case("error end after compensation by the event sub-process", one(*with_undo("s -> h -> e; b -> t -> e9", "", sub("h", *with_undo("s1 -> t1 -> e1", "t1", end("e1", error("A")), event_sub("k", "s2 -> th -> e2", start("s2", error("A")), TH))), boundary("b", "h", error("A")))), [run(log=[])], variables={"log": ["t1"]}, states="completed", never="t"),
    Case("compensating a call activity", diagram(process("p", "s -> c -> th -> e; b ..> z", call("c", "q"), boundary("b", "c", compensate()), script("z", 'log = log + ["c"]', undoes=True), TH), process("q", "s2 -> e2")), [go("p", log=[])], variables={"log": ["c"]}, states="completed completed"),
    Case("a sub-process as compensation handler", one("s -> t1 -> th -> e; b ..> z", boundary("b", "t1", compensate()), sub("z", "s2 -> u2 -> a -> e2", script("a", 'log = log + ["z"]'), undoes=True), TH), [run(log=[]), done("u2")], variables={"log": ["z"]}, states="completed"),
    Case("a compensation that is interrupted", one("s -> h -> e; b9 -> e9", sub("h", "s1 -> t1 -> th -> e1; b ..> z", boundary("b", "t1", compensate()), user("z", undoes=True), TH), boundary("b9", "h", M)), [run(), come("m")], waiting="", states="completed", never="e"),
    Case("cancel end from parallel branches of nested sub-processes", one("s -> h -> e; b -> t -> e9", tx("h", *with_undo("s1 -> p1; p1 -> t1 -> u1 -> e1; p1 -> k -> e2", "t1", sub("k", "s2 -> u2 -> e3"), end("e1", CANCEL))), boundary("b", "h", CANCEL)), [run(log=[]), done("u1")], variables={"log": ["t1"]}, waiting="", states="completed", never="e2 e"),
    Case("a throw named for one activity leaves the rest for later", one(*with_undo("s -> t1 -> t2 -> th -> th2 -> e", "t1 t2", throw("th", compensate("t1")), throw("th2", compensate()))), [run(log=[])], variables={"log": ["t1", "t2"]}),
    # ad-hoc
    Case("ad-hoc within a border", one("s -> h -> e; b -> e9", adhoc("h", "", user("u1"), user("u2")), boundary("b", "h", M)), [run(), done("u1"), come("m")], bag="s +h u1 +u2 ~u2 ~h b e9"),
    Case("ad-hoc of automatic tasks", one("s -> h -> t -> e", adhoc("h", "", tag("task", "t1"), tag("task", "t2"))), [run()], bag="s +h t1 t2 -h t e"),
    # several at once
    Case("a message boundary and an event gateway wait for different messages", one("s -> p1 -> u1 -> e1; p1 -> c -> e2; b -> e3", boundary("b", "u1", message("n")), catch("c", M)), [run(), come("m"), come("n")], bag="s p1 +u1 ~u1 b e3 c e2"),
    Case("signal boundary on two tasks at once", one("s -> p1 -> u1 -> e1; p1 -> u2 -> e2; b -> e3; c -> e4", boundary("b", "u1", signal("g")), boundary("c", "u2", signal("g"))), [run(), {"signal": "g"}], bag="s p1 +u1 ~u1 +u2 ~u2 b e3 c e4", states="completed"),
    Case("a signal that interrupts an outer scope does not reach the inner", one("s -> h -> e; b -> e9", sub("h", "s1 -> c -> t1 -> e1", catch("c", signal("g"))), boundary("b", "h", signal("g"))), [run(), {"signal": "g"}], states="completed", never="e"),
    Case("cycle by cron every day at nine in Shanghai", one("s -> u1 -> e; b -> t -> e9", boundary("b", "u1", timer("Cycle", "0 0 9 * * ?"), cancel=False)), [run(), later("P3D")], bag="s +u1 b t e9 b t e9 b t e9"),
    Case("a bounded cycle with a start", one("s -> u1 -> e; b -> t -> e9", boundary("b", "u1", timer("Cycle", "R2/2026-01-06T09:00:00+08:00/P1D"), cancel=False)), [run(), later("P9D")], bag="s +u1 b t e9 b t e9"),
    Case("duration of a day across daylight saving", one("s -> c -> u1 -> e", catch("c", timer("Duration", "P1D"))), [run(), later("PT22H59M"), now_expect(waiting=["c"]), later("PT1M"), now_expect(waiting=["u1"])], head={"now": "2026-03-28T12:00:00+01:00", "zone": "Europe/Berlin"}),
    Case("escalation thrown from a multi-instance sub-process repeats at its border", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> th -> e1", throw("th", escalation("A")), loop=many("3")), boundary("b", "h", escalation("A"), cancel=False)), [run()], bag="s +h +h s1 th e1 -h +h s1 th e1 -h +h s1 th e1 -h -h e b t9 e9 b t9 e9 b t9 e9"),
    Case("interrupting escalation from a multi-instance sub-process ends them all", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> th -> u1 -> e1", throw("th", escalation("A")), loop=many("3")), boundary("b", "h", escalation("A"))), [run()], never="u1 e", states="completed", waiting=""),
]
