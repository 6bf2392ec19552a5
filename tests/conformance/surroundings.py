"""What stands around the flow: data, lanes, pools, notes; and the rarer calls and starts (BPMN 2.0 §9, §10.4, §10.8)."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.drawing import call, diagram, event_sub, message, process, signal, start, tag, throw, user
from tests.conformance.events import come, go, now_expect
from tests.conformance.flows import done, one, run
from tests.conformance.judging import Case

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="t" name="t" namespace="n">
<decision id="tier" name="tier"><variable name="tier"/><literalExpression><text>if amount > 100 then "A" else "B"</text>
</literalExpression></decision></definitions>"""
OUT = (
    '<ioSpecification><dataOutput id="o1" name="verdict"/><inputSet/><outputSet><dataOutputRefs>o1</dataOutputRefs>'
    "</outputSet></ioSpecification><dataOutputAssociation><sourceRef>o1</sourceRef><targetRef>d</targetRef>"
    "</dataOutputAssociation>"
)
KEPT = '<dataObject id="do" name="opinion"/><dataObjectReference id="d" dataObjectRef="do"/>'
LANES = '<laneSet id="ls"><lane id="front" name="front"><flowNodeRef>u1</flowNodeRef></lane><lane id="risk" name="risk"><flowNodeRef>u2</flowNodeRef></lane></laneSet>'
NOTE = '<textAnnotation id="n"><text>For people.</text></textAnnotation>'
POOLS = (
    '<collaboration id="c"><participant id="a" processRef="p"/><participant id="b" processRef="q"/>'
    '<messageFlow id="m1" sourceRef="th" targetRef="s2"/></collaboration>'
)
ANY = event_sub("h", "s1 -> t1 -> e1", start("s1", message("m"), signal("g"), interrupt=False))
GATE = tag("eventBasedGateway", "g", instantiate=True, eventGatewayType="Parallel")

CASES = [
    Case(
        "a call to a decision",
        [one("s -> c -> e", call("c", "tier")), TABLE],
        [run(amount=150)],
        trace="s c e",
        variables={"tier": "A"},
    ),
    Case(
        "a business rule task decides by a decision model",
        [
            one(
                "s -> r -> e",
                tag(
                    "businessRuleTask",
                    "r",
                    camunda_decisionRef="tier",
                    camunda_resultVariable="grade",
                    camunda_mapDecisionResult="singleEntry",
                ),
            ),
            TABLE,
        ],
        [run(amount=50)],
        trace="s r e",
        variables={"grade": "B"},
    ),
    Case(
        "a data output is mapped to its data object",
        one("s -> u -> e", user("u", OUT), KEPT),
        [run(), done("u", verdict="yes")],
        trace="s u e",
        variables={"opinion": "yes"},
    ),
    Case(
        "a property is local to its activity",
        one("s -> u -> e", user("u", '<property id="pr" name="note"/>')),
        [run(), done("u", note="x", x=1)],
        trace="s u e",
        variables={"note": "-absent-", "x": 1},
    ),
    Case(
        "a lane gives the task to its group",
        one("s -> u1 -> u2 -> e", LANES),
        [
            run(),
            now_expect(tasks={"u1": {"assignee": "li"}}),
            done("u1"),
            now_expect(tasks={"u2": {"assignee": "chen"}}),
            done("u2"),
        ],
        head={"people": {"front": ["li"], "risk": ["chen"]}},
        trace="s u1 u2 e",
    ),
    Case("a note changes nothing", one("s -> t -> e", NOTE), [run()], trace="s t e"),
    Case(
        "pools talk by message",
        diagram(
            POOLS,
            process("p", "s -> th -> e", throw("th", message("m"))),
            process("q", "s2 -> t2 -> e2", start("s2", message("m"))),
        ),
        [go("p")],
        bag="s th e s2 t2 e2",
        states="completed completed",
    ),
    Case(
        "multiple event sub-process: each of its events",
        one("s -> u1 -> e", ANY),
        [run(), come("m"), {"signal": "g"}, done("u1")],
        bag="s u1 e +h s1 t1 e1 -h +h s1 t1 e1 -h",
        states="completed",
    ),
    Case(
        "a parallel event gateway begins with one and awaits the others",
        one(
            "g -> c1 -> t1 -> e; g -> c2 -> t2 -> e",
            GATE,
            tag("intermediateCatchEvent", "c1", message("m")),
            tag("intermediateCatchEvent", "c2", message("n")),
        ),
        [come("n"), now_expect(ended=False, waiting=["c1"]), come("m")],
        bag="g c2 t2 e c1 t1 e",
        states="completed",
    ),
]
