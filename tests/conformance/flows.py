"""Gateways and sequence flows: BPMN 2.0 §10.6, §13.3.1, §13.4."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

from tests.conformance.drawing import TERMINATE, boundary, diagram, end, process, script, sub, tag, timer, user
from tests.conformance.judging import Case


def xor(id: str, default: str | None = None) -> str:
    return tag("exclusiveGateway", id, default=default)


def run(**variables: Any) -> dict[str, Any]:
    return {"start": "p", "variables": variables}


def done(id: str, **variables: Any) -> dict[str, Any]:
    return {"complete": id, "variables": variables}


def one(flows: str, *elements: str) -> str:
    return diagram(process("p", flows, *elements))


LOOP_JOIN = one(
    "s -> x0 -> p1 -> u1 -> o2; p1 -> u2 -> o2; o2 -> x1; x1 -> x0 [again]; x1 -> e", xor("x1", "x1_e")
)
DYING = one("s -> p1 -> u1 -> x1; p1 -> u2 -> o2; x1 -> o2 [ok]; x1 -> e1; o2 -> t -> e", xor("x1", "x1_e1"))
INNER_LOOP = one(
    "s -> p1 -> x0 -> u1 -> x1; x1 -> x0 [again]; x1 -> o2; p1 -> u2 -> o2; o2 -> t -> e", xor("x1", "x1_o2")
)
TOKEN_REACHES_HELD = one(
    "s -> p1 -> t1 -> x2 -> o2; p1 -> u3 -> x1; x1 -> x2 [held]; x1 -> o2; o2 -> t2 -> e", xor("x1", "x1_o2")
)
COMPLEX = one(
    "s -> p1 -> u1 -> c; p1 -> u2 -> c; p1 -> u3 -> c; c -> t [waitingForStart] ; t -> e",
    tag("complexGateway", "c", '<activationCondition xsi:type="tFormalExpression">activationCount &gt;= 2</activationCondition>'),
)
COMPLEX_PLAIN = one(
    "s -> p1 -> u1 -> c; p1 -> u2 -> c; p1 -> u3 -> c; c -> t -> e",
    tag("complexGateway", "c", '<activationCondition xsi:type="tFormalExpression">activationCount &gt;= 2</activationCondition>'),
)
COMPLEX_BOTH = one(
    "s -> p1 -> u1 -> c; p1 -> u2 -> c; p1 -> u3 -> c; c -> t1 [waitingForStart]; c -> t2 [not(waitingForStart)]; t1 -> e1; t2 -> e2",
    tag("complexGateway", "c", '<activationCondition xsi:type="tFormalExpression">activationCount &gt;= 2</activationCondition>'),
)
CHOOSING = one("s -> t1; t1 -> t2 [n > 1]; t1 -> t3 [n > 0]; t1 -> t4; t2 -> e2; t3 -> e3; t4 -> e4", tag("task", "t1", default="t1_t4"))
SURPLUS = one("s -> p1; p1 -> x1 #a; p1 -> x1 #b; p1 -> x3 -> u1 -> p3; p3 -> x3; p3 -> p2; x1 -> p2 -> t -> e")

CASES = [
    Case("exclusive takes the first that is true", one("s -> x1; x1 -> t1 [n > 5]; x1 -> t2 [n > 1]; x1 -> t3 [n > 0]; t1 -> e; t2 -> e; t3 -> e"), [run(n=3)], trace="s x1 t2 e", states="completed"),
    Case("exclusive default", one("s -> x1; x1 -> t1 [n > 5]; x1 -> t2; t1 -> e; t2 -> e", xor("x1", "x1_t2")), [run(n=3)], trace="s x1 t2 e"),
    Case("exclusive default listed first is still last asked", one("s -> x1; x1 -> t2; x1 -> t1 [n > 1]; t1 -> e; t2 -> e", xor("x1", "x1_t2")), [run(n=3)], trace="s x1 t1 e"),
    Case("exclusive with nothing true is an incident", one("s -> x1; x1 -> t1 [n > 5]; x1 -> t2 [n > 6]; t1 -> e; t2 -> e"), [run(n=3)], trace="s +x1", incidents="x1"),
    Case("exclusive with null condition goes to default", one("s -> x1; x1 -> t1 [n > 5]; x1 -> t2; t1 -> e; t2 -> e", xor("x1", "x1_t2")), [run()], trace="s x1 t2 e"),
    Case("exclusive merge passes every token", one("s -> p1 -> t1 -> x1; p1 -> t2 -> x1; x1 -> t3 -> e"), [run()], bag="s p1 t1 t2 x1 x1 t3 t3 e e", states="completed"),
    Case("parallel fork and join", one("s -> p1 -> u1 -> p2; p1 -> u2 -> p2; p2 -> t -> e"), [run(), done("u1"), {"expect": {"not_visited": ["t"]}}, done("u2")], bag="s p1 u1 u2 +p2 +p2 -p2 t e", states="completed"),
    Case("parallel join waits for what never comes", one("s -> x1; x1 -> t1 [true]; x1 -> t2 [false]; t1 -> p2; t2 -> p2; p2 -> e"), [run()], trace="s x1 t1 +p2", states="active", waiting=""),
    Case("two flows between the same gateways", one("s -> p1; p1 -> p2 #a; p1 -> p2 #b; p2 -> t -> e"), [run()], bag="s p1 +p2 +p2 -p2 t e", states="completed"),
    Case("parallel join keeps the surplus for its next activation", SURPLUS, [run(), done("u1"), done("u1")], bag="s p1 x1 x1 x3 u1 p3 +p2 +p2 +p2 -p2 t e x3 u1 p3 +p2 -p2 t e x3 +u1", waiting="u1"),
    Case("parallel join does not fire on two tokens of one flow", one("s -> p1; p1 -> x1 #a; p1 -> x1 #b; p1 -> u1 -> p2; x1 -> p2 -> t -> e"), [run(), {"expect": {"not_visited": ["t"]}}, done("u1"), {"expect": {"ended": False}}], bag="s p1 x1 x1 u1 +p2 +p2 +p2 -p2 t e", states="active"),
    Case("inclusive takes all true ones, joins them", one("s -> o1; o1 -> u1 [n > 1]; o1 -> u2 [n > 2]; o1 -> u3 [n > 5]; u1 -> o2; u2 -> o2; u3 -> o2; o2 -> t -> e"), [run(n=3), {"expect": {"waiting": ["u1", "u2"]}}, done("u2"), {"expect": {"not_visited": ["t"]}}, done("u1")], bag="s o1 u1 u2 +o2 +o2 -o2 t e", states="completed"),
    Case("inclusive default only when none is true", one("s -> o1; o1 -> t1 [n > 1]; o1 -> t2; t1 -> e; t2 -> e", tag("inclusiveGateway", "o1", default="o1_t2")), [run(n=3)], trace="s o1 t1 e"),
    Case("inclusive default when none is true", one("s -> o1; o1 -> t1 [n > 1]; o1 -> t2; t1 -> e; t2 -> e", tag("inclusiveGateway", "o1", default="o1_t2")), [run(n=0)], trace="s o1 t2 e"),
    Case("inclusive with nothing true is an incident", one("s -> o1; o1 -> t1 [n > 5]; o1 -> t2 [n > 6]; t1 -> e; t2 -> e"), [run(n=0)], trace="s +o1", incidents="o1"),
    Case("inclusive join when the other token dies", DYING, [run(), done("u2"), {"expect": {"not_visited": ["t"]}}, done("u1", ok=False)], bag="s p1 u2 +o2 u1 x1 e1 -o2 t e", states="completed"),
    Case("inclusive join when the other token comes", DYING, [run(), done("u2"), done("u1", ok=True)], bag="s p1 u2 +o2 u1 x1 +o2 -o2 t e", states="completed"),
    Case("inclusive join in a loop joins at every turn", LOOP_JOIN, [run(), done("u1"), done("u2", again=True), done("u2"), {"expect": {"waiting": ["u1"]}}, done("u1", again=False)], bag="s x0 p1 u1 u2 +o2 +o2 -o2 x1 x0 p1 u1 u2 +o2 +o2 -o2 x1 e", states="completed"),
    Case("inclusive join waits while a branch loops", INNER_LOOP, [run(), done("u2"), done("u1", again=True), {"expect": {"not_visited": ["t"]}}, done("u1", again=False)], bag="s p1 x0 u2 +o2 u1 x1 x0 u1 x1 +o2 -o2 t e", states="completed"),
    Case("inclusive join does not wait for a token that can also reach a held flow", TOKEN_REACHES_HELD, [run(), {"expect": {"visited": ["t2"], "waiting": ["u3"]}}, done("u3", held=False)], bag="s p1 t1 x2 o2 t2 e u3 x1 o2 t2 e", states="completed"),
    Case("inclusive join does not wait for who cannot come", one("s -> p1 -> u1 -> e1; p1 -> t1 -> o2 -> t2 -> e2; x9 -> o2"), [run(), {"expect": {"visited": ["t2"]}}], bag="s p1 +u1 t1 o2 t2 e2", waiting="u1"),
    Case("inclusive join waits for a boundary that may come", one("s -> p1 -> u1 -> e1; p1 -> t1 -> o2 -> t2 -> e2; b -> o2", boundary("b", "u1", timer("Duration", "PT1H"))), [run(), {"expect": {"not_visited": ["t2"]}}, done("u1")], bag="s p1 u1 e1 t1 +o2 -o2 t2 e2", states="completed"),
    Case("inclusive join with the boundary that came", one("s -> p1 -> u1 -> e1; p1 -> t1 -> o2 -> t2 -> e2; b -> o2", boundary("b", "u1", timer("Duration", "PT1H"))), [run(), {"advance": "PT1H"}], bag="s p1 +u1 ~u1 b t1 +o2 +o2 -o2 t2 e2", states="completed"),
    Case("inclusive join after an inner sub-process with several tokens", one("s -> p1 -> h -> o2; p1 -> t1 -> o2; o2 -> t2 -> e", sub("h", "s1 -> u1 -> e1")), [run(), {"expect": {"not_visited": ["t2"]}}, done("u1")], bag="s p1 +h s1 u1 e1 -h t1 +o2 +o2 -o2 t2 e"),
    Case("two inclusive joins in a row", one("s -> p1 -> u1 -> o2; p1 -> u2 -> o2; p1 -> t3 -> o3; o2 -> o3; o3 -> t -> e"), [run(), done("u1"), {"expect": {"not_visited": ["t"]}}, done("u2")], bag="s p1 u1 u2 t3 +o2 +o2 -o2 +o3 +o3 -o3 t e", states="completed"),
    Case("inclusive join of a cancelled branch", one("s -> p1 -> h -> o2; p1 -> t1 -> o2; b -> e9; o2 -> t2 -> e", sub("h", "s1 -> u1 -> e1"), boundary("b", "h", timer("Duration", "PT1H"))), [run(), {"expect": {"not_visited": ["t2"]}}, {"advance": "PT1H"}], bag="s p1 +h s1 +u1 ~u1 ~h b e9 t1 +o2 -o2 t2 e", states="completed"),
    Case("inclusive join twice on one flow keeps the surplus", one("s -> p1; p1 -> x1 #a; p1 -> x1 #b; p1 -> u1 -> o2; x1 -> o2 -> t -> e"), [run(), done("u1")], bag="s p1 x1 x1 u1 +o2 +o2 +o2 -o2 -o2 t t e e", states="completed"),
    Case("a task with two outgoing flows splits", one("s -> t1; t1 -> t2 -> e; t1 -> t3 -> e"), [run()], bag="s t1 t2 t3 e e", states="completed"),
    Case("a task with two incoming flows runs twice", one("s -> p1; p1 -> t1; p1 -> t2; t1 -> t3; t2 -> t3; t3 -> e"), [run()], bag="s p1 t1 t2 t3 t3 e e", states="completed"),
    Case("a start event splits", one("s -> t1; s -> t2; t1 -> e; t2 -> e"), [run()], bag="s t1 t2 e e"),
    Case("conditional flows: both", CHOOSING, [run(n=2)], bag="s t1 t2 t3 e2 e3"),
    Case("conditional flows: one", CHOOSING, [run(n=1)], bag="s t1 t3 e3"),
    Case("conditional flows: default", CHOOSING, [run(n=0)], bag="s t1 t4 e4"),
    Case("conditional, plain and default flows: a plain flow that is taken spares the default", one("s -> t1; t1 -> t2 [n > 1]; t1 -> t3; t1 -> t4; t2 -> e; t3 -> e; t4 -> e", tag("task", "t1", default="t1_t4")), [run(n=0)], bag="s t1 t3 e"),
    Case("start quantity gathers tokens", one("s -> p1; p1 -> x1 #a; p1 -> x1 #b; x1 -> t1 -> e", tag("task", "t1", startQuantity=2)), [run()], bag="s p1 x1 x1 t1 e", states="completed"),
    Case("completion quantity multiplies tokens", one("s -> t1 -> t2 -> e", tag("task", "t1", completionQuantity=3)), [run()], bag="s t1 t2 t2 t2 e e e", states="completed"),
    Case("start quantity not met waits for ever", one("s -> t1 -> e", tag("task", "t1", startQuantity=2)), [run()], states="active", never="e"),
    Case("complex gateway: second of three opens", COMPLEX, [run(), done("u1"), {"expect": {"not_visited": ["t"]}}, done("u2"), {"expect": {"visited": ["t"]}}, done("u3")], bag="s p1 u1 u2 u3 +c +c -c t e +c", states="completed"),
    Case("complex gateway: no second token of the reset", COMPLEX_PLAIN, [run(), done("u1"), done("u2"), done("u3")], bag="s p1 u1 u2 u3 +c +c -c t e +c", states="completed"),
    Case("complex gateway: the reset takes the flow that asks for it", COMPLEX_BOTH, [run(), done("u1"), done("u2"), {"expect": {"not_visited": ["t2"]}}, done("u3")], bag="s p1 u1 u2 u3 +c +c -c t1 e1 +c -c t2 e2", states="completed"),
    Case("complex gateway splits as an inclusive one", one("s -> c; c -> t1 [n > 1]; c -> t2 [n > 2]; c -> t3; t1 -> e; t2 -> e; t3 -> e", tag("complexGateway", "c", default="c_t3")), [run(n=3)], bag="s c t1 t2 e e"),
    Case("terminate ends the whole", one("s -> p1 -> u1 -> e1; p1 -> u2 -> e2", end("e1", TERMINATE)), [run(), done("u1")], bag="s p1 u1 e1 +u2 ~u2", states="terminated"),
    Case("terminate stops synchronous work", one("s -> p1 -> e1; p1 -> u2 -> e2; p1 -> t3 -> t4 -> t5 -> e5", end("e1", TERMINATE)), [run()], never="t5 e5", states="terminated"),
    Case("terminate in a sub-process ends only it", one("s -> h -> t -> e", sub("h", "s1 -> p1 -> u1 -> e1; p1 -> u2 -> e2", end("e1", TERMINATE))), [run(), done("u1")], bag="s +h s1 p1 u1 e1 +u2 ~u2 -h t e", states="completed"),
    Case("a sub-process ends when its last token does", one("s -> h -> t -> e", sub("h", "s1 -> p1 -> u1 -> e1; p1 -> u2 -> e2")), [run(), done("u1"), {"expect": {"not_visited": ["t"]}}, done("u2")], bag="s +h s1 p1 u1 e1 u2 e2 -h t e"),
    Case("activities without incoming flows start by themselves", one("u1 -> e1; u2 -> e2", user("u1"), user("u2")), [run()], bag="+u1 +u2", waiting="u1 u2"),
    Case("a sub-process without start event", one("s -> h -> e", sub("h", "t1 -> t2; t3 -> t4")), [run()], bag="s +h t1 t2 t3 t4 -h e"),
    Case("a node without outgoing flow ends its token", one("s -> p1 -> t1; p1 -> t2"), [run()], bag="s p1 t1 t2", states="completed"),
    Case("script writes and reads", one("s -> a -> b -> e", script("a", "x = 2"), script("b", "y = x * 3")), [run()], trace="s a b e", variables={"x": 2, "y": 6}),
    Case("default flow with an empty else on a gateway of many", one("s -> o1; o1 -> t1 [true]; o1 -> t2 [true]; o1 -> t3; t1 -> o2; t2 -> o2; t3 -> o2; o2 -> e", tag("inclusiveGateway", "o1", default="o1_t3")), [run()], bag="s o1 t1 t2 +o2 +o2 -o2 e"),
]
