"""Listeners of both dialects: what runs at the border of an element."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.drawing import (
    boundary,
    catch,
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
    start,
    sub,
    tag,
    throw,
    timer,
    user,
)
from tests.conformance.events import come, later, now_expect
from tests.conformance.flows import done, one, run, xor
from tests.conformance.judging import Case


def zeebe(*entries: tuple[str, str], kind: str = "execution") -> str:
    """`zeebe:executionListeners`: pairs of event and topic."""
    inside = "".join(f'<zeebe:{kind}Listener eventType="{event}" type="{topic}"/>' for event, topic in entries)
    return extensions(f"<zeebe:{kind}Listeners>{inside}</zeebe:{kind}Listeners>")


def camunda(*entries: tuple[str, str], kind: str = "execution") -> str:
    """`camunda:executionListener`: pairs of event and Python text, or an expression."""
    parts = []
    for event, text in entries:
        if text.startswith("$"):
            parts.append(f"<camunda:{kind}Listener event=\"{event}\" expression='{text}'/>")
        else:
            inside = f'<camunda:script scriptFormat="python">{text}</camunda:script>'
            parts.append(f'<camunda:{kind}Listener event="{event}">{inside}</camunda:{kind}Listener>')
    return extensions(*parts)


BOTH = zeebe(("start", "a"), ("start", "b"), ("end", "c"))
SETS = '${execution.setVariable("x", n + 1)}'
JOBS = {"handlers": {"a": {"returns": {"la": 1}}, "b": {"returns": {"lb": 2}}, "c": {"returns": {"lc": 3}}}}
EVENT_SUB = event_sub("z", "s3 -> u3 -> e3", start("s3", message("m")))
CATCH = one("s -> c -> e", catch("c", BOTH, message("m")))
CASES = [
    Case(
        "start listeners come before the work, end listeners after it",
        one("s -> u1 -> e", user("u1", BOTH)),
        [
            run(),
            done("u1", x=1),
            done("u1", y=2),
            now_expect(tasks={"u1": {}}),
            done("u1", z=3),
            now_expect(waiting=["u1"], ended=False),
            done("u1", w=4),
        ],
        trace="s u1 e",
        variables={"x": "-absent-", "y": "-absent-", "z": 3, "w": 4},
        states="completed",
    ),
    Case(
        "listeners by handlers",
        one("s -> u1 -> e", user("u1", BOTH)),
        [run(), now_expect(tasks={"u1": {}}), done("u1")],
        trace="s u1 e",
        head=JOBS,
        variables={"la": "-absent-", "lc": 3},
        states="completed",
    ),
    Case(
        "what a start listener brings is there for the work",
        one("s -> k -> e", script("k", "x = la + 1", zeebe(("start", "a")))),
        [run()],
        head=JOBS,
        variables={"x": 2, "la": "-absent-"},
    ),
    Case(
        "an end listener sees mapped outputs",
        one(
            "s -> u1 -> e",
            user(
                "u1",
                extensions(
                    '<zeebe:ioMapping><zeebe:output source="=y" target="x"/></zeebe:ioMapping><camunda:executionListener event="end"><camunda:script scriptFormat="python">z = x + 1</camunda:script></camunda:executionListener>'
                ),
            ),
        ),
        [run(), done("u1", y=1)],
        variables={"x": 1, "z": 2},
    ),
    Case(
        "a boundary event is not armed before start listeners are done",
        one("s -> u1 -> e; b -> e9", user("u1", BOTH), boundary("b", "u1", timer("Duration", "PT1H"))),
        [run(), later("PT2H"), done("u1"), done("u1"), later("PT59M"), now_expect(waiting=["u1"]), later("PT1M")],
        trace="s +u1 ~u1 b e9",
        states="completed",
    ),
    Case(
        "a listener that is interrupted dies with its element",
        one("s -> p1; p1 -> u1 -> e; p1 -> u2 -> e8", user("u1", BOTH), end("e8", "<terminateEventDefinition/>")),
        [run(), done("u2")],
        bag="s p1 +u1 ~u1 u2 e8",
        states="terminated",
    ),
    Case(
        "an error out of a listener is caught at its element",
        one("s -> u1 -> e; b -> e9", user("u1", BOTH), boundary("b", "u1", error("A"))),
        [run(), {"fail": "u1", "code": "A"}],
        trace="s +u1 ~u1 b e9",
        states="completed",
    ),
    Case(
        "listeners of a catch event",
        CATCH,
        [run(), done("c"), done("c", k=1), come("m", variables={"x": 2}), now_expect(waiting=["c"]), done("c", z=3)],
        trace="s c e",
        variables={"k": 1, "x": 2, "z": 3},
        states="completed",
    ),
    Case(
        "listeners of a throw and of an end event",
        one("s -> c -> e", throw("c", BOTH, message("m")), end("e", zeebe(("start", "a")))),
        [run()],
        head=JOBS,
        trace="s c e",
        variables={"la": 1, "lb": 2, "lc": 3},
        thrown="message:m:false",
        states="completed",
    ),
    Case(
        "listeners of a start event and of gateways",
        one(
            "s -> x1; x1 -> p1 [la = 1]; x1 -> e9; p1 -> t1 -> p2; p1 -> t2 -> p2; p2 -> e",
            start("s", zeebe(("end", "c"))),
            tag("exclusiveGateway", "x1", zeebe(("start", "a")), default="x1_e9"),
            tag("parallelGateway", "p2", zeebe(("start", "b"))),
        ),
        [run()],
        head=JOBS,
        bag="s x1 p1 t1 t2 +p2 +p2 -p2 e",
        variables={"la": 1, "lb": 2, "lc": 3},
        states="completed",
    ),
    Case(
        "an event gateway's listener comes before its events are awaited",
        one(
            "s -> g; g -> c1; g -> c2; c1 -> e; c2 -> e",
            tag("eventBasedGateway", "g", zeebe(("start", "a"))),
            catch("c1", BOTH, message("m")),
            catch("c2", timer("Duration", "PT1H")),
        ),
        [run(), later("PT2H"), done("g"), come("m"), now_expect(waiting=["c1"]), done("c1"), done("c1"), done("c1")],
        trace="s g c1 e",
        states="completed",
    ),
    Case(
        "listeners of a sub-process",
        one("s -> h -> e", sub("h", "s1 -> u1 -> e1", BOTH)),
        [run(), done("h"), done("h", k=1), done("u1", k=2), now_expect(waiting=["h"]), done("h")],
        trace="s +h s1 u1 e1 -h e",
        variables={"k": "-absent-"},
        states="completed",
    ),
    Case(
        "listeners of an event sub-process",
        one("s -> u1 -> e", event_sub("v", "s1 -> e1", BOTH, start("s1", message("m")))),
        [run(), come("m"), now_expect(waiting=["v"]), done("v"), done("v"), now_expect(waiting=["v"]), done("v")],
        trace="s +u1 ~u1 +v s1 e1 -v",
        states="completed",
    ),
    Case(
        "each iteration has its listeners",
        one("s -> u1 -> e", user("u1", BOTH, many("2", isSequential=True))),
        [run(), *[done("u1")] * 8],
        trace="s +u1 u1 u1 -u1 e",
        states="completed",
    ),
    Case(
        "an iteration's listener sees its element",
        one(
            "s -> k -> e",
            service(
                "k",
                "k",
                camunda(("start", '${execution.setVariable("seen", seen + it)}')),
                many("", "xs", "it", isSequential=True),
            ),
        ),
        [run(xs=[1, 2], seen=0)],
        head={"handlers": {"k": {"returns": {}}}},
        variables={"seen": 3},
    ),
    Case(
        "an expression sets a variable",
        one(
            "s -> t -> e", tag("task", "t", camunda(("start", SETS), ("end", '${execution.setVariable("x", x * 10)}')))
        ),
        [run(n=1)],
        trace="s t e",
        variables={"x": 20},
    ),
    Case(
        "scripts set variables; one that is more than assignments runs in the sandbox",
        one(
            "s -> t -> e", tag("task", "t", camunda(("start", "x = 1"), ("end", "y = 0\nfor i in range(3):\n  y += x")))
        ),
        [run()],
        trace="s t e",
        variables={"x": 1, "y": 3},
    ),
    Case(
        "a flow's listener assigns before what follows",
        one("s -> x1; x1 -> e9; x1 -> t [ok]; t -> e", xor("x1", "x1_e9")).replace(
            'id="x1_t" sourceRef="x1" targetRef="t">',
            'id="x1_t" sourceRef="x1" targetRef="t">' + camunda(("take", "way = 1")),
        ),
        [run(ok=True)],
        trace="s x1 t e",
        variables={"way": 1},
    ),
    Case(
        "a flow that is not taken is not heard",
        one("s -> x1; x1 -> e9; x1 -> t [ok]; t -> e", xor("x1", "x1_e9")).replace(
            'id="x1_t" sourceRef="x1" targetRef="t">',
            'id="x1_t" sourceRef="x1" targetRef="t">' + camunda(("take", "way = 1")),
        ),
        [run(ok=False)],
        trace="s x1 e9",
        variables={"way": "-absent-"},
    ),
    Case(
        "task listeners: creating before the task, completing before its outputs",
        one("s -> u1 -> e", user("u1", zeebe(("creating", "a"), ("completing", "c"), kind="task"))),
        [
            run(),
            now_expect(tasks={}),
            done("u1", who="li"),
            now_expect(tasks={"u1": {}}),
            done("u1", x=1),
            now_expect(waiting=["u1"]),
            done("u1"),
        ],
        trace="s u1 e",
        variables={"x": 1},
        states="completed",
    ),
    Case(
        "task listeners of camunda",
        one(
            "s -> u1 -> e",
            user(
                "u1",
                camunda(
                    ("create", '${task.setVariable("made", true)}'), ("complete", "done = made and x > 1"), kind="task"
                ),
            ),
        ),
        [run(), done("u1", x=2)],
        variables={"made": True, "done": True},
    ),
    Case(
        "a listener that fails is tried again where it stopped",
        one("s -> t -> e", tag("task", "t", camunda(("start", "n = n + 1"), ("start", "y = n / z")))),
        [run(n=0, z=0), now_expect(incidents=["t"])],
        incidents="t",
        variables={"n": 1},
        states="active",
    ),
    Case(
        "a link is left after its end listener",
        one(
            "s -> l; c -> e",
            throw("l", zeebe(("end", "a")), '<linkEventDefinition name="L"/>'),
            catch("c", '<linkEventDefinition name="L"/>'),
        ),
        [run(), now_expect(waiting=["l"]), done("l")],
        trace="s l c e",
        states="completed",
    ),
    Case(
        "listeners of a called process wait as its own",
        diagram(
            process(
                "p", "s -> c -> e", tag("callActivity", "c", zeebe(("start", "a"), ("end", "c")), calledElement="q")
            ),
            process("q", "s2 -> e2"),
        ),
        [run()],
        head=JOBS,
        states="completed completed",
        variables={"lc": 3},
    ),
    Case(
        "listeners of the process are heard before all else and when nothing is left",
        one("s -> u1 -> e", zeebe(("start", "a"), ("end", "c")), EVENT_SUB),
        [
            run(x=1),
            now_expect(waiting=["p"], visited=[], not_visited=["s"]),
            done("p", la=5),
            now_expect(waiting=["u1", "s3"], variables={"la": 5}),
            done("u1"),
            come("m"),
            now_expect(waiting=["p"], visited=["e"], ended=False),
            done("p", lc=6),
        ],
        trace="s u1 e",
        variables={"x": 1, "la": 5, "lc": 6},
        states="completed",
    ),
    Case(
        "a caller gets what an end listener of the called process assigns",
        diagram(
            process("p", "s -> c -> e", tag("callActivity", "c", extensions('<camunda:out variables="all"/>'), calledElement="q")),
            process("q", "s2 -> e2", camunda(("start", "n = 1"), ("end", SETS))),
        ),
        [run()],
        trace="s +c s2 e2 -c e",
        variables={"n": 1, "x": 2},
        states="completed completed",
    ),
    Case(
        "a terminated process hears its end listeners, a cancelled one only assigns",
        one("s -> x1; x1 -> u1 -> e; x1 -> e9 [quick]", camunda(("end", "x = 1")), user("u1"), end("e9", "<terminateEventDefinition/>"), xor("x1", "x1_u1")),
        [run(quick=True), now_expect(variables={"x": 1}, instance=1), run(quick=False), {"cancel": 2}, now_expect(variables={"x": 1}, instance=2)],
        trace="s x1 e9 s x1 +u1 ~u1",
        states="terminated cancelled",
    ),
    Case(
        "a job at the end is waited for after a terminate, not by who cancels",
        one("s -> u1 -> e9", zeebe(("end", "c")), user("u1"), end("e9", "<terminateEventDefinition/>")),
        [run(), done("u1"), now_expect(waiting=["p"], ended=False), done("p", x=1), run(), {"cancel": 2}],
        variables={"x": 1},
        states="terminated cancelled",
    ),
    Case(
        "an error out of a start listener of the process is caught by its event sub-process",
        one("s -> e", zeebe(("start", "a"), ("end", "c")), event_sub("z", "s3 -> e3", start("s3", error("A")))),
        [run(), {"fail": "p", "code": "A"}, now_expect(waiting=["p"]), done("p")],
        trace="+z s3 e3 -z",
        states="completed",
    ),
    Case(
        "a listener of the process that cannot be computed waits for somebody to mend it",
        one("s -> e", camunda(("start", "x = 1 / n"))),
        [run(n=0)],
        trace="",
        incidents="s",
        states="active",
    ),
]
