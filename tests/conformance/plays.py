"""What a scenario's steps do: `docs/play.md`."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.drawing import (
    call,
    catch,
    diagram,
    message,
    process,
    script,
    service,
    signal,
    start,
    throw,
    timer,
    user,
)
from tests.conformance.events import come, go, later, now_expect
from tests.conformance.flows import done, one, run
from tests.conformance.judging import Case

TWO = one("s -> u1 -> u2 -> e")
CASES = [
    Case("move a token", TWO, [run(), {"move": {"from": "u1", "to": "u2"}}, now_expect(waiting=["u2"]), done("u2")], bag="s +u1 ~u1 u2 e", states="completed"),
    Case("move a token back", TWO, [run(), done("u1"), {"move": {"from": "u2", "to": "u1"}}, done("u1"), done("u2")], bag="s u1 +u2 ~u2 u1 u2 e", states="completed"),
    Case("cancel the oldest", TWO, [run(), run(), {"cancel": ""}], states="cancelled active"),
    Case("cancel by number", TWO, [run(), run(), {"cancel": 2}], states="active cancelled"),
    Case("set reaches every active instance", TWO, [run(), run(), {"set": {"x": 1}}, {"expect": {"instance": 2, "variables": {"x": 1}}}], variables={"x": 1}),
    Case("expectations that fail are told", TWO, [run(x=1), now_expect(waiting=["u2"]), now_expect(visited=["e"]), now_expect(not_visited=["s"]), now_expect(variables={"x": 2}), now_expect(ended=True)], unmet=5),
    Case("expectations that hold", TWO, [run(x=1), now_expect(waiting=["u1"], visited=["s"], not_visited=["e"], variables={"x": 1}, ended=False)]),
    Case("index chooses", one("s -> p1; p1 -> x1 #a; p1 -> x1 #b; x1 -> u1 -> e"), [run(), {**done("u1", k=2), "index": 1}], waiting="u1", variables={"k": 2}),
    Case("people: the assignee, four eyes", one("s -> u1 -> u2 -> e", user("u1", camunda_candidateGroups="rm"), user("u2", '<extensionElements><camunda:properties><camunda:property name="notSameUserAs" value="u1"/></camunda:properties></extensionElements>', camunda_candidateGroups="rm")), [run(), {**done("u1"), "as": "li"}, now_expect(tasks={"u2": {"assignee": "wang"}}), {**done("u2"), "as": "wang"}], head={"people": {"rm": ["li", "wang"]}}, states="completed"),
    Case("advance fires in order of due time", diagram(process("p", "s -> c -> th -> e", catch("c", timer("Duration", "PT2H")), throw("th", message("m"))), process("q", "s2 -> c2 -> u2 -> e2", catch("c2", message("m")))), [go("q"), go("p"), later("P1D")], waiting="u2", states="active completed"),
    Case("fail without a catcher fails the instance", one("s -> w -> e", service("w")), [run(), {"fail": "w", "code": "A"}], states="failed", thrown="error:A:false"),
    Case("variables of start, business key", one("s -> u1 -> e"), [{"start": "p", "variables": {"x": [1, {"a": None}]}, "business_key": "K"}], variables={"x": [1, {"a": None}]}),
    Case("a handler consumed as an error, then as a value", one("s -> x0 -> w -> e; b -> x0", service("w"), '<boundaryEvent id="b" attachedToRef="w"><errorEventDefinition errorRef="err_A"/></boundaryEvent>'), [run()], head={"handlers": {"w": [{"bpmn_error": "A"}, {"returns": {"ok": True}}]}}, bag="s x0 +w ~w b x0 w e", variables={"ok": True}),
    Case("correlation by business key", one("s -> c -> e", catch("c", message("m"))), [{"start": "p", "business_key": "A"}, {"start": "p", "business_key": "B"}, come("m", correlation={"key": "B"})], states="active completed"),
    Case("processes that call each other without end stop as an incident", one("s -> c -> e", call("c", "p")), [run()], incidents="c"),
    Case("signals that start each other without end stop as an incident", one("s -> th -> e", start("s", signal("g")), throw("th", signal("g"))), [{"signal": "g"}], incidents="th"),
    Case("a script that fails in the sandbox is an incident", one("s -> k -> e", script("k", "for i in [1]:\n  x = i\ny = nothing_of_that_name")), [run(), {"expect": {"incidents": ["k"]}}], incidents="k", states="active"),
    Case("a decision that is not there is made by hand", one("s -> d -> e", '<businessRuleTask id="d" camunda:decisionRef="gone" camunda:resultVariable="r"/>'), [run(), now_expect(waiting=["d"]), done("d", tier="A")], variables={"tier": "A", "r": "-absent-"}, trace="s d e"),
    Case("a failure carries a message and variables", one("s -> w -> e; b -> t -> e9", service("w"), '<boundaryEvent id="b" attachedToRef="w"><errorEventDefinition errorRef="err_A" camunda:errorCodeVariable="ec" camunda:errorMessageVariable="em"/></boundaryEvent>'), [run(), {"fail": "w", "code": "A", "message": "down", "variables": {"k": 1}}], variables={"ec": "A", "em": "down", "k": 1}),
]
