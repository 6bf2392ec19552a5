"""Bodies of parallel iterations with everything inside them: BPMN 2.0 §13.3.7, and what may reach into a body."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

from tests.conformance.compensations import undo, with_undo
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
)  # fmt: skip
from tests.conformance.events import come, go, later, now_expect
from tests.conformance.flows import done, one, run
from tests.conformance.judging import Case


def nth(id: str, index: int, **variables: Any) -> dict[str, Any]:
    return {**done(id, **variables), "index": index}


def collected(times: str, element: str = "y", until: str = "") -> str:
    """A body over `xs` that collects; zeebe's names of the standard's data output."""
    loop = tag("zeebe:loopCharacteristics", "", inputCollection="=xs", inputElement="x", outputCollection="found", outputElement=f"={element}")
    ending = f'<completionCondition xsi:type="tFormalExpression">{until}</completionCondition>' if until else ""
    return tag("multiInstanceLoopCharacteristics", "", f"<extensionElements>{loop}</extensionElements>", ending)


FORKS = "s1 -> p1 -> u1 -> p2 -> e1; p1 -> u2 -> p2"
MAYBE = "s1 -> o1; o1 -> u1 [true]; o1 -> u2 [n > 1]; o1 -> u3 [n > 5]; u1 -> o2; u2 -> o2; u3 -> o2; o2 -> t1 -> e1"
XS = [1, 2, 3, 4, 5]

CASES = [
    Case("results are collected in the order of the list, however they come", one("s -> u1 -> e", user("u1", collected("xs"))), [run(xs=XS), nth("u1", 4, y=50), nth("u1", 0, y=10), nth("u1", 1, y=30), done("u1", y=20), done("u1", y=40)], variables={"found": [10, 20, 30, 40, 50]}, states="completed"),
    Case("early completion collects what there is", one("s -> u1 -> e", user("u1", collected("xs", "x * 10", "numberOfCompletedInstances = 2"))), [run(xs=XS), nth("u1", 3), nth("u1", 0)], variables={"found": [10, None, None, 40, None]}, states="completed"),
    Case("a border takes results with it", one("s -> u1 -> e; b -> e9", user("u1", collected("xs", "x")), boundary("b", "u1", message("m"))), [run(xs=XS), done("u1"), come("m")], variables={"found": "-absent-"}, states="completed"),
    Case("parallel ways meet inside each", one("s -> h -> e", sub("h", FORKS, loop=many("3"))), [run(), nth("u1", 1), nth("u2", 2), nth("u2", 1), done("u1"), now_expect(waiting=["u1", "u2"]), done("u2"), done("u1")], states="completed"),
    Case("inclusive ways meet inside each", one("s -> h -> e", sub("h", MAYBE, loop=many("3"))), [run(n=2), nth("u2", 2), nth("u1", 2), nth("u1", 0), now_expect(waiting=["u1", "u2", "u2"]), done("u1"), done("u2"), done("u2")], states="completed"),
    Case("own borders inside each", one("s -> h -> e", sub("h", "s1 -> u1 -> e1; b -> t2 -> e2", user("u1"), boundary("b", "u1", timer("Duration", "PT1H"), cancel=False), loop=many("3"))), [run(), nth("u1", 1), later("PT2H"), done("u1"), done("u1")], bag="s +h +h +h +h s1 s1 s1 u1 u1 u1 e1 e1 e1 b t2 e2 b t2 e2 -h -h -h -h e", states="completed"),
    Case("own interrupting borders inside each", one("s -> h -> e", sub("h", "s1 -> u1 -> e1; b -> u2 -> e2", user("u1"), boundary("b", "u1", timer("Duration", "PT1H")), loop=many("3"))), [run(), nth("u1", 1), later("PT2H"), now_expect(waiting=["u2", "u2"]), done("u2"), done("u2")], states="completed"),
    Case("a cycle inside each", one("s -> h -> e", sub("h", "s1 -> u1 -> e1; b -> t2 -> e2", user("u1"), boundary("b", "u1", timer("Cycle", "R3/PT1H"), cancel=False), loop=many("2"))), [run(), later("PT90M"), nth("u1", 1), later("PT90M"), done("u1")], states="completed"),
    Case("an error of one ends all", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> u1 -> e1", end("e1", error("A")), loop=many("4")), boundary("b", "h", error("A"))), [run(), nth("u1", 2)], never="e", states="completed", waiting=""),
    Case("an escalation of each runs beside", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> u1 -> e1", end("e1", escalation("A")), loop=many("3")), boundary("b", "h", escalation("A"), cancel=False)), [run(), nth("u1", 2), nth("u1", 0), done("u1")], states="completed", bag="s +h +h +h +h s1 s1 s1 u1 u1 u1 e1 e1 e1 b b b t9 t9 t9 e9 e9 e9 -h -h -h -h e"),
    Case("a signal reaches all that wait for it", one("s -> h -> e", sub("h", "s1 -> u1 -> k -> e1", catch("k", signal("g")), loop=many("4"))), [run(), nth("u1", 3), nth("u1", 1), {"signal": "g"}, now_expect(waiting=["u1", "u1"]), done("u1"), done("u1"), {"signal": "g"}], states="completed"),
    Case("a signal from one reaches the others and the outside", one("s -> p1 -> h -> p2 -> e; p1 -> k0 -> p2", catch("k0", signal("g")), sub("h", "s1 -> x1; x1 -> k1 [x < 3]; x1 -> u1 -> th -> e1; k1 -> e2", tag("exclusiveGateway", "x1", default="x1_u1"), catch("k1", signal("g")), throw("th", signal("g")), loop=many("", "xs", "x"))), [run(xs=[1, 2, 3]), done("u1")], states="completed", thrown="signal:g:true"),
    Case("a condition inside each", one("s -> h -> e", sub("h", "s1 -> u1 -> k -> e1", catch("k", conditional("n > x")), loop=many("", "xs", "x"))), [run(xs=XS, n=0), nth("u1", 0), nth("u1", 2), {"set": {"n": 2}}, nth("u1", 0), {"set": {"n": 4}}, now_expect(waiting=["u1", "u1"]), done("u1"), done("u1", n=9)], states="completed"),
    Case("a condition inside each, changed by one of them", one("s -> h -> e", sub("h", "s1 -> u1 -> e1; b -> t2 -> e2", user("u1"), boundary("b", "u1", conditional("stop")), loop=many("3"))), [run(stop=False), nth("u1", 1), nth("u1", 0, stop=True)], states="completed", waiting=""),
    Case("bodies in bodies", one("s -> h -> e", sub("h", "s1 -> u1 -> t1 -> e1", user("u1", many("3")), loop=many("3"))), [run(), *[nth("u1", n) for n in (7, 0, 3, 5, 2)], now_expect(waiting=["u1"] * 4), *[done("u1")] * 4], states="completed"),
    Case("bodies in bodies, cancelled from outside", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> u1 -> t1 -> e1", user("u1", many("3")), loop=many("3")), boundary("b", "h", message("m"))), [run(), nth("u1", 4), come("m")], states="completed", waiting="", never="e"),
    Case("bodies in bodies, ended early", one("s -> h -> e", sub("h", "s1 -> u1 -> t1 -> e1", user("u1", many("3", "", None, "numberOfCompletedInstances = 2")), loop=many("3", "", None, "numberOfCompletedInstances = 1"))), [run(), nth("u1", 4), nth("u1", 1), nth("u1", 2)], states="completed"),
    Case("bodies in bodies, with results", one("s -> h -> e", sub("h", "s1 -> u1 -> e1", user("u1", collected("xs")), loop=many("2"))), [run(xs=[1, 2], y=0), nth("u1", 3, y=4), nth("u1", 0, y=1), nth("u1", 1, y=3), done("u1", y=2)], variables={"found": [1, 2]}, states="completed"),
    Case("a body in one of the iterations alone", one("s -> h -> e", sub("h", "s1 -> x1; x1 -> u1 [x = 2]; x1 -> u2; u1 -> e1; u2 -> e2", tag("exclusiveGateway", "x1", default="x1_u2"), user("u1", many("2")), loop=many("", "xs", "x"))), [run(xs=[1, 2, 3]), done("u1"), done("u2"), done("u1"), done("u2")], states="completed"),
    Case("each is undone, last completed first", one("s -> h -> u9 -> th -> e", sub("h", "s1 -> u1 -> e1; b ..> z", user("u1"), boundary("b", "u1", compensate()), script("z", "log = log + [x]", undoes=True), loop=many("", "xs", "x")), throw("th", compensate())), [run(log=[], xs=[1, 2, 3]), nth("u1", 1), nth("u1", 1), done("u1"), done("u9")], variables={"log": [1, 3, 2]}, states="completed"),
    Case("a handler of the repeated task undoes each", one("s -> h -> u9 -> th -> e; b_h ..> z_h", user("h", many("3")), *undo("h")[:2], throw("th", compensate())), [run(log=[]), nth("h", 2), done("h"), done("h"), done("u9")], variables={"log": ["h", "h", "h"]}, states="completed"),
    Case("each undoes its own", one("s -> h -> e", sub("h", *with_undo("s1 -> t1 -> u2 -> th2 -> e1", "t1", throw("th2", compensate())), loop=many("3"))), [run(log=[]), nth("u2", 1), done("u2"), done("u2")], variables={"log": ["t1", "t1", "t1"]}, states="completed"),
    Case("event sub-processes inside each, interrupting", one("s -> h -> e", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> u2 -> e2", start("s2", timer("Duration", "PT1H"))), loop=many("3"))), [run(), nth("u1", 1), later("PT2H"), now_expect(waiting=["u2", "u2"]), done("u2"), done("u2")], states="completed"),
    Case("event sub-processes inside each, beside", one("s -> h -> e", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> u2 -> e2", start("s2", signal("g"), interrupt=False)), loop=many("3"))), [run(), {"signal": "g"}, nth("u1", 1), {"signal": "g"}, *[done("u2")] * 5, done("u1"), done("u1"), done("u2")], states="completed"),
    Case("terminate of the process takes all", one("s -> p9 -> h -> e; p9 -> u9 -> e9", sub("h", FORKS, loop=many("4")), end("e9", TERMINATE)), [run(), nth("u1", 1), done("u9")], states="terminated", waiting=""),
    Case("terminate inside ends its own", one("s -> h -> e", sub("h", "s1 -> p1 -> u1 -> e1; p1 -> u2 -> e2", end("e1", TERMINATE), loop=many("3"))), [run(), nth("u1", 2), nth("u1", 0), done("u2"), done("u1")], states="completed"),
    Case("cancelling the instance takes all", one("s -> h -> e", sub("h", "s1 -> u1 -> e1", user("u1", many("2")), loop=many("3"))), [run(), nth("u1", 2), {"cancel": 1}], states="cancelled", waiting=""),
    Case("an interrupting event sub-process of the process takes all", one("s -> h -> e", sub("h", FORKS, loop=many("3")), event_sub("k", "s2 -> e2", start("s2", message("m")))), [run(), nth("u2", 2), come("m")], states="completed", never="e"),
    Case("an uncaught error of one fails the instance", one("s -> h -> e", sub("h", "s1 -> u1 -> e1", end("e1", error("A")), loop=many("3"))), [run(), nth("u1", 2)], states="failed", waiting=""),
    Case("an incident in one leaves the others", one("s -> h -> e", sub("h", "s1 -> u1 -> x1; x1 -> e1 [ok]", loop=many("3"))), [run(ok=False), nth("u1", 1), nth("u1", 1, ok=True), done("u1")], incidents="x1", states="active"),
    Case("calls from each come back", diagram(process("p", "s -> c -> e", call("c", "q", collected("xs"))), process("q", "s2 -> u2 -> e2")), [go("p", xs=XS), nth("u2", 3), nth("u2", 0), nth("u2", 2), done("u2"), done("u2")], states="completed completed completed completed completed completed"),
    Case("calls from each, cancelled by a border", diagram(process("p", "s -> c -> e; b -> e9", call("c", "q", many("3")), boundary("b", "c", message("m"))), process("q", "s2 -> u2 -> e2")), [go("p"), nth("u2", 1), come("m")], states="completed cancelled completed cancelled"),
    Case("services of each", one("s -> w -> e", service("w", None, collected("xs"))), [run(xs=XS)], head={"handlers": {"w": {"returns": {"y": 7}}}}, variables={"found": [7] * 5}, states="completed"),
    Case("a transaction in each is cancelled alone", one("s -> h -> e", sub("h", "s1 -> x -> e1; b -> t2 -> e2", sub("x", "s3 -> u1 -> e3", end("e3", "<cancelEventDefinition/>"), kind="transaction"), boundary("b", "x", "<cancelEventDefinition/>"), loop=many("3"))), [run(), nth("u1", 1), done("u1"), done("u1")], bag="s +h +h +h +h s1 s1 s1 +x +x +x s3 s3 s3 u1 u1 u1 +e3 +e3 +e3 -e3 -e3 -e3 ~x ~x ~x b b b t2 t2 t2 e2 e2 e2 -h -h -h -h e", states="completed"),
    Case("a body moved away from", one("s -> u1 -> t1 -> e; ", user("u1", many("3"))), [run(), nth("u1", 1), {"move": {"from": "u1", "to": "t1"}}], states="completed", waiting=""),
    Case("a token moved inside an iteration", one("s -> h -> e", sub("h", "s1 -> u1 -> u2 -> e1", loop=many("1"))), [run(), {"move": {"from": "u1", "to": "u2"}}, done("u2")], states="completed"),
    Case("two bodies side by side", one("s -> p1 -> u1 -> p2 -> e; p1 -> u2 -> p2", user("u1", many("4")), user("u2", many("3"))), [run(), nth("u2", 2), nth("u1", 3), done("u2"), done("u1"), done("u2"), done("u1"), done("u1")], states="completed"),
    Case("a body entered again and again", one("s -> x0 -> u1 -> x1; x1 -> x0 [n < 3]; x1 -> e", tag("exclusiveGateway", "x1", default="x1_e"), user("u1", many("2"))), [run(n=0), done("u1"), done("u1", n=1), nth("u1", 1), done("u1", n=2), done("u1"), done("u1", n=3)], states="completed"),
    Case("event gateways inside each", one("s -> h -> e", sub("h", "s1 -> g -> k1 -> e1; g -> k2 -> e2", tag("eventBasedGateway", "g"), catch("k1", signal("g")), catch("k2", timer("Duration", "PT1H")), loop=many("3"))), [run(), later("PT2H")], states="completed", never="k1"),
    Case("an ad-hoc sub-process in each", one("s -> h -> e", sub("h", "s1 -> a -> e1", sub("a", "", user("u1"), user("u2"), kind="adHocSubProcess"), loop=many("2"))), [run(), nth("u2", 1), nth("u1", 0), done("u1"), done("u2")], states="completed"),
]
