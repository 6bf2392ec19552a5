"""Activities: BPMN 2.0 §10.3, §13.3."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.drawing import (
    again,
    boundary,
    call,
    diagram,
    end,
    error,
    event_sub,
    extensions,
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
    timer,
    user,
)
from tests.conformance.events import come, go, later, now_expect
from tests.conformance.flows import done, one, run
from tests.conformance.judging import Case

XS = [1, 2, 3]


def mapped(*pairs: tuple[str, str, str]) -> str:
    """Input and output mappings: ("in", name, expression)."""
    inside = "".join(f'<camunda:{side}putParameter name="{name}">{text}</camunda:{side}putParameter>' for side, name, text in pairs)
    return extensions(f"<camunda:inputOutput>{inside}</camunda:inputOutput>")


def behaviour(kind: str, event: str | None, *inside: str, times: str = "3", until: str = "") -> str:
    fields = {f"{kind.lower()}BehaviorEventRef": event} if event else {}
    return many(times, "", None, until, *inside, behavior=kind, **fields)


SIG_DEF = '<signalEventDefinition id="def_sig" signalRef="sig_g"/>'
COMPLEX_DEF = (
    '<complexBehaviorDefinition><condition xsi:type="tFormalExpression">nrOfCompletedInstances = 2</condition>'
    '<event id="imp"><signalEventDefinition signalRef="sig_g"/></event></complexBehaviorDefinition>'
)


def behaving(loop: str) -> str:
    return diagram(SIG_DEF, process("p", "s -> u1 -> e; b -> t -> e9", user("u1", loop), boundary("b", "u1", signal("g"), cancel=False)))


MANY = [
    Case("parallel, by number", one("s -> u1 -> e", user("u1", many("3"))), [run(), now_expect(waiting=["u1", "u1", "u1"]), done("u1"), done("u1"), done("u1")], trace="s +u1 +u1 +u1 +u1 -u1 -u1 -u1 -u1 e", states="completed"),
    Case("sequential, by number", one("s -> u1 -> e", user("u1", many("2", isSequential=True))), [run(), now_expect(waiting=["u1"]), done("u1"), now_expect(waiting=["u1"]), done("u1")], trace="s +u1 +u1 -u1 +u1 -u1 -u1 e"),
    Case("sequential over a collection, element and counter", one("s -> a -> e", script("a", "log = log + [x * 10 + loopCounter]", many("", "xs", "x", isSequential=True))), [run(xs=XS, log=[])], variables={"log": [10, 21, 32]}, bag="s +a a a a -a e"),
    Case("empty collection", one("s -> u1 -> e", user("u1", many("", "xs", "x"))), [run(xs=[])], trace="s u1 e"),
    Case("number nought", one("s -> u1 -> e", user("u1", many("0"))), [run()], trace="s u1 e"),
    Case("early completion cancels the rest", one("s -> u1 -> e", user("u1", many("4", "", None, "nrOfCompletedInstances >= 2"))), [run(), done("u1"), now_expect(waiting=["u1"] * 3), done("u1")], bag="s +u1 +u1 +u1 +u1 +u1 -u1 -u1 ~u1 ~u1 -u1 e", states="completed"),
    Case("early completion of a sequence", one("s -> u1 -> e", user("u1", many("4", "", None, "${nrOfCompletedInstances == 2}", isSequential=True))), [run(), done("u1"), done("u1")], trace="s +u1 +u1 -u1 +u1 -u1 -u1 e"),
    Case("counters seen inside", one("s -> a -> e", script("a", "n = nrOfInstances", many("3"))), [run()], variables={"n": 3}),
    Case("over a sub-process with local elements", one("s -> h -> e", sub("h", "s1 -> u1 -> a -> e1", script("a", "log = log + [x]"), loop=many("", "xs", "x"))), [run(xs=XS, log=[]), done("u1"), done("u1"), done("u1")], variables={"log": XS}, states="completed"),
    Case("a border cancels all", one("s -> u1 -> e; b -> t -> e9", user("u1", many("3")), boundary("b", "u1", timer("Duration", "PT1H"))), [run(), done("u1"), later("PT1H")], bag="s +u1 +u1 +u1 +u1 -u1 ~u1 ~u1 ~u1 b t e9", states="completed"),
    Case("a border beside all", one("s -> u1 -> e; b -> t -> e9", user("u1", many("2")), boundary("b", "u1", timer("Duration", "PT1H"), cancel=False)), [run(), later("PT2H"), done("u1"), done("u1")], bag="s +u1 +u1 +u1 -u1 -u1 -u1 e b t e9"),
    Case("behaviour all throws nothing", behaving(behaviour("All", None)), [run(), done("u1"), done("u1"), done("u1")], never="b", thrown=""),
    Case("behaviour none throws at each", behaving(behaviour("None", "def_sig")), [run(), done("u1"), done("u1"), done("u1")], bag="s +u1 +u1 +u1 +u1 -u1 -u1 -u1 -u1 e b t e9 b t e9 b t e9"),
    Case("behaviour one throws at the first", behaving(behaviour("One", "def_sig")), [run(), done("u1"), done("u1"), done("u1")], bag="s +u1 +u1 +u1 +u1 -u1 -u1 -u1 -u1 e b t e9", before=[("+b", "+e")]),
    Case("behaviour complex throws where its condition holds", behaving(behaviour("Complex", None, COMPLEX_DEF)), [run(), done("u1"), now_expect(not_visited=["b"]), done("u1"), now_expect(visited=["b"]), done("u1")], bag="s +u1 +u1 +u1 +u1 -u1 -u1 -u1 -u1 e b t e9"),
    Case("sequential sub-process", one("s -> h -> e", sub("h", "s1 -> u1 -> e1", loop=many("2", isSequential=True))), [run(), done("u1"), done("u1")], trace="s +h +h s1 u1 e1 -h +h s1 u1 e1 -h -h e"),
    Case("parallel call activities", diagram(process("p", "s -> c -> e", call("c", "q", extensions('<camunda:in source="x" target="y"/>'), many("", "xs", "x"))), process("q", "s2 -> u2 -> e2")), [go("p", xs=XS), done("u2"), done("u2"), done("u2")], states="completed completed completed completed"),
    Case("terminate in one iteration ends that one", one("s -> h -> e", sub("h", "s1 -> p1 -> u1 -> e1; p1 -> u2 -> e2", end("e1", "<terminateEventDefinition/>"), loop=many("2"))), [run(), {**done("u1"), "index": 0}, now_expect(waiting=["u1", "u2"]), done("u1")], states="completed"),
    Case("standard data input over a list", one("s -> a -> e", script("a", "n = n + x", tag("multiInstanceLoopCharacteristics", "", "<loopDataInputRef>xs</loopDataInputRef>", '<inputDataItem id="x" name="x"/>')), '<dataObject id="xs" name="xs" isCollection="true"/>'), [run(xs=XS, n=0)], variables={"n": 6}),
    Case("boundary message on an event of each: outer body only once", one("s -> u1 -> e; b -> t -> e9", user("u1", many("2")), boundary("b", "u1", message("m"))), [run(), come("m")], bag="s +u1 +u1 +u1 ~u1 ~u1 ~u1 b t e9"),
    Case("more iterations at once than anybody means are an incident", one("s -> u1 -> e", user("u1", many("1000000000"))), [run()], incidents="u1"),
    Case("nested repetition", one("s -> h -> e", sub("h", "s1 -> a -> e1", script("a", "n = n + 1", many("3")), loop=many("2"))), [run(n=0)], variables={"n": 6}),
]
LOOPS = [
    Case("loop after", one("s -> a -> e", script("a", "n = n + 1", again("n < 3"))), [run(n=0)], variables={"n": 3}, trace="s +a a a a -a e"),
    Case("loop after runs at least once", one("s -> a -> e", script("a", "n = n + 1", again("n < 3"))), [run(n=5)], variables={"n": 6}),
    Case("loop before may not run", one("s -> a -> e", script("a", "n = n + 1", again("n < 3", testBefore=True))), [run(n=5)], variables={"n": 5}, trace="s a e"),
    Case("loop maximum", one("s -> a -> e", script("a", "n = n + 1", again("true", loopMaximum=4))), [run(n=0)], variables={"n": 4}),
    Case("loop over a user task", one("s -> u1 -> e", user("u1", again("more"))), [run(), done("u1", more=True), done("u1", more=False)], trace="s +u1 +u1 -u1 +u1 -u1 -u1 e"),
    Case("loop over a sub-process with boundary", one("s -> h -> e; b -> e9", sub("h", "s1 -> u1 -> e1", loop=again("more")), boundary("b", "h", message("m"))), [run(), done("u1", more=True), come("m")], bag="s +h +h s1 u1 e1 -h +h s1 +u1 ~u1 ~h ~h b e9", states="completed"),
]


def adhoc(id: str, flows: str, *elements: str, until: str = "", **fields: object) -> str:
    tail = [f'<completionCondition xsi:type="tFormalExpression">{until}</completionCondition>'] if until else []
    return sub(id, flows, *elements, *tail, kind="adHocSubProcess", **fields)


ADHOC = [
    Case("ad-hoc in parallel starts all", one("s -> h -> t -> e", adhoc("h", "", user("u1"), user("u2"))), [run(), now_expect(waiting=["u1", "u2"]), done("u2"), done("u1")], bag="s +h u1 u2 -h t e", states="completed"),
    Case("ad-hoc completion condition cancels the rest", one("s -> h -> t -> e", adhoc("h", "", user("u1"), user("u2"), until="ok")), [run(ok=False), done("u1", ok=True)], bag="s +h u1 +u2 ~u2 -h t e", states="completed"),
    Case("ad-hoc completion condition lets the rest end", one("s -> h -> t -> e", adhoc("h", "", user("u1"), user("u2"), until="ok", cancelRemainingInstances=False)), [run(ok=False), done("u1", ok=True), now_expect(not_visited=["t"]), done("u2")], bag="s +h u1 u2 -h t e", states="completed"),
    Case("ad-hoc sequential, one at a time", one("s -> h -> t -> e", adhoc("h", "", user("u1"), user("u2"), ordering="Sequential")), [run(), now_expect(waiting=["u1"]), done("u1"), now_expect(waiting=["u2"]), done("u2")], trace="s +h u1 u2 -h t e"),
    Case("ad-hoc with flows inside", one("s -> h -> t -> e", adhoc("h", "u1 -> u2", user("u3"))), [run(), now_expect(waiting=["u1", "u3"]), done("u1"), done("u2"), done("u3")], bag="s +h u1 u2 u3 -h t e"),
    Case("ad-hoc sequential, condition met early", one("s -> h -> t -> e", adhoc("h", "", user("u1"), user("u2"), ordering="Sequential", until="ok")), [run(ok=False), done("u1", ok=True)], trace="s +h u1 -h t e"),
]
CALLS = [
    Case("call with mappings", diagram(process("p", "s -> c -> e", call("c", "q", extensions('<camunda:in source="a" target="x"/><camunda:in sourceExpression="${a + 1}" target="y"/><camunda:out source="z" target="r"/>'))), process("q", "s2 -> k -> e2", script("k", "z = x + y; hidden = 1"))), [go("p", a=2)], variables={"r": 5, "z": "-absent-", "x": "-absent-", "hidden": "-absent-"}, states="completed completed"),
    Case("call of a global script task", diagram(tag("globalScriptTask", "gs", "<script>z = x + 1</script>", scriptLanguage="python"), process("p", "s -> c -> e", call("c", "gs", extensions('<camunda:in source="x" target="x"/><camunda:out source="z" target="z"/>')))), [go("p", x=1)], variables={"z": 2}),
    Case("call of a global user task", diagram(tag("globalUserTask", "gu", name="Look"), process("p", "s -> c -> e", call("c", "gu", share_all()))), [go("p"), done("c", x=1)], trace="s c e", variables={"x": 1}),
    Case("a called process waits", diagram(process("p", "s -> c -> e", call("c", "q", share_all())), process("q", "s2 -> u2 -> e2")), [go("p"), now_expect(waiting=["c", "u2"]), done("u2", z=1)], trace="s +c s2 u2 e2 -c e", variables={"z": 1}),
    Case("cancel of the caller cancels the called", diagram(process("p", "s -> c -> e", call("c", "q")), process("q", "s2 -> u2 -> e2")), [go("p"), {"cancel": 1}], states="cancelled cancelled"),
    Case("terminate in the called process only ends it", diagram(process("p", "s -> c -> e", call("c", "q")), process("q", "s2 -> p2 -> e2; p2 -> u2 -> e3", end("e2", "<terminateEventDefinition/>"))), [go("p")], states="completed terminated"),
    Case("a chain of calls", diagram(process("p", "s -> c -> e", call("c", "q", share_all())), process("q", "s2 -> c2 -> e2", call("c2", "r", share_all())), process("r", "s3 -> k -> e3", script("k", "z = 7"))), [go("p")], variables={"z": 7}, states="completed completed completed"),
]
DATA = [
    Case("sub-process writes outward", one("s -> h -> e", sub("h", "s1 -> a -> e1", script("a", "x = 2"))), [run(x=1)], variables={"x": 2}),
    Case("input mapping is local", one("s -> u1 -> e", user("u1", mapped(("in", "x", "${y}")))), [run(x=1, y=2), now_expect(variables={"x": 1}), done("u1", z=1)], variables={"x": 1, "z": 1}),
    Case("output mapping lets out only what it names", one("s -> w -> e", service("w", None, mapped(("out", "r", "${score}")))), [run()], head={"handlers": {"w": {"returns": {"score": 7, "more": 1}}}}, variables={"r": 7, "score": "-absent-", "more": "-absent-"}),
    Case("a write to a local name stays local", one("s -> h -> e", tag("subProcess", "h", mapped(("in", "x", "${5}")), start("s1"), script("a", "x = 9"), '<endEvent id="e1"/><sequenceFlow id="f1" sourceRef="s1" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="e1"/>')), [run(x=1)], variables={"x": 1}),
    Case("handlers are consumed call by call", one("s -> a -> b -> c -> e", service("a", "k"), service("b", "k"), service("c", "k")), [run()], head={"handlers": {"k": [{"returns": {"x": 1}}, {"returns": {"x": 2, "y": 2}}]}}, variables={"x": 2, "y": 2}, trace="s a b c e"),
    Case("a service without handler waits", one("s -> w -> e", service("w")), [run(), now_expect(waiting=["w"]), done("w", x=1)], trace="s w e", variables={"x": 1}),
    Case(
        "an output mapping fills the output element of its own iteration",
        one(
            "s -> k -> e",
            service(
                "k", "w",
                extensions('<zeebe:ioMapping><zeebe:output source="=r * i" target="o"/></zeebe:ioMapping>'),
                tag("multiInstanceLoopCharacteristics", "", extensions(tag("zeebe:loopCharacteristics", "", inputCollection="=items", inputElement="i", outputCollection="res", outputElement="=o"))),
            ),
        ),
        [run(items=[1, 2, 3])],
        head={"handlers": {"w": {"returns": {"r": 10}}}},
        variables={"res": [10, 20, 30], "o": "-absent-", "r": "-absent-"},
        states="completed",
    ),
    Case(
        "a manual task with a form waits for who confirms it",
        one("s -> k -> k2 -> e", tag("manualTask", "k", camunda_formKey="f", camunda_assignee="li"), tag("manualTask", "k2", extensions('<zeebe:formDefinition formId="f"/>'))),
        [run(), {"expect": {"tasks": {"k": {"assignee": "li", "form": "f"}}}}, done("k", seen=True), done("k2")],
        trace="s k k2 e",
        variables={"seen": True},
        states="completed",
    ),
    Case("manual and none tasks pass", one("s -> k -> t -> e", tag("manualTask", "k")), [run()], trace="s k t e"),
    Case("input sets ask for their data", one("s -> w -> e", tag("userTask", "w", '<ioSpecification><dataInput id="i1" name="amount"/><inputSet><dataInputRefs>i1</dataInputRefs></inputSet><outputSet/></ioSpecification><dataInputAssociation><sourceRef>d</sourceRef><targetRef>i1</targetRef></dataInputAssociation>'), '<dataObject id="do" name="amount"/><dataObjectReference id="d" dataObjectRef="do"/>'), [run(amount=3), done("w")], trace="s w e"),
]
TRANSACTIONS_AND_BORDERS = [
    Case("error inside an event sub-process of a sub-process", one("s -> h -> e; b -> t9 -> e9", sub("h", "s1 -> u1 -> e1", event_sub("k", "s2 -> e2", start("s2", message("m"), interrupt=False), end("e2", error("A")))), boundary("b", "h", error("A"))), [run(), come("m")], bag="s +h s1 +u1 +k s2 +e2 ~e2 ~k ~u1 ~h b t9 e9", states="completed"),
    Case("several borders, the first to come", one("s -> u1 -> e; b -> t1 -> e8; c -> t2 -> e9", boundary("b", "u1", timer("Duration", "PT1H")), boundary("c", "u1", message("m"))), [run(), come("m"), later("PT2H")], bag="s +u1 ~u1 c t2 e9"),
]
CASES = [*MANY, *LOOPS, *ADHOC, *CALLS, *DATA, *TRANSACTIONS_AND_BORDERS]
