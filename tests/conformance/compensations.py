"""Compensation and transactions: BPMN 2.0 §10.7, §13.5.5."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.drawing import (
    CANCEL,
    boundary,
    compensate,
    end,
    error,
    event_sub,
    many,
    message,
    script,
    service,
    start,
    sub,
    tag,
    throw,
    user,
)
from tests.conformance.events import come, now_expect
from tests.conformance.flows import done, one, run
from tests.conformance.judging import Case


def undo(host: str, mark: str = "") -> tuple[str, str, str]:
    """A compensation boundary and its handler, which notes its letter in `log`; the flow is `b_X ..> z_X`."""
    return (
        boundary(f"b_{host}", host, compensate()),
        script(f"z_{host}", f'log = log + ["{mark or host}"]', undoes=True),
        f"; b_{host} ..> z_{host}",
    )


def with_undo(flows: str, hosts: str, *elements: str) -> tuple[str, ...]:
    parts = [undo(host) for host in hosts.split()]
    return (flows + "".join(p[2] for p in parts), *elements, *(piece for p in parts for piece in p[:2]))


def tx(id: str, *content: str, **fields: object) -> str:
    return sub(id, *content, kind="transaction", **fields)


TH = throw("th", compensate())
COMPENSATIONS = [
    Case("in reverse order of completion", one(*with_undo("s -> t1 -> t2 -> t3 -> th -> t4 -> e", "t1 t2 t3", TH)), [run(log=[])], variables={"log": ["t3", "t2", "t1"]}, before=[("-z_t1", "+t4")], states="completed"),
    Case("only what completed", one(*with_undo("s -> p1; p1 -> u1 -> e1; p1 -> u2 -> th -> t -> e", "u1 u2", TH)), [run(log=[]), done("u2")], variables={"log": ["u2"]}, waiting="u1"),
    Case("one activity named", one(*with_undo("s -> t1 -> t2 -> th -> e", "t1 t2", throw("th", compensate("t1")))), [run(log=[])], variables={"log": ["t1"]}),
    Case("nothing done, nothing undone", one(*with_undo("s -> th -> t1 -> e", "t1", TH)), [run(log=[])], variables={"log": []}, states="completed", trace="s th t1 e"),
    Case("only once", one(*with_undo("s -> t1 -> th -> th2 -> e", "t1", TH, throw("th2", compensate()))), [run(log=[])], variables={"log": ["t1"]}),
    Case("as often as it ran", one(*with_undo("s -> x0 -> t1 -> u1 -> x1; x1 -> x0 [again]; x1 -> th; th -> e", "t1", TH, tag("exclusiveGateway", "x1", default="x1_th"))), [run(log=[]), done("u1", again=True), done("u1", again=False)], variables={"log": ["t1", "t1"]}),
    Case("by the end event", one(*with_undo("s -> t1 -> t2 -> e", "t1 t2", end("e", compensate()))), [run(log=[])], variables={"log": ["t2", "t1"]}, states="completed"),
    Case("handlers that wait hold the thrower", one("s -> t1 -> th -> t -> e; b ..> h", boundary("b", "t1", compensate()), user("h", undoes=True), TH), [run(), now_expect(waiting=["h"], not_visited=["t"]), done("h")], bag="s t1 th b h t e", states="completed", before=[("-h", "+t")]),
    Case("into a completed sub-process, in its reverse order", one("s -> h -> th -> e", sub("h", *with_undo("s1 -> t1 -> t2 -> e1", "t1 t2")), TH), [run(log=[])], variables={"log": ["t2", "t1"]}, states="completed"),
    Case("sub-process before and after in their order", one(*with_undo("s -> t0 -> h -> t9 -> th -> e", "t0 t9", sub("h", *with_undo("s1 -> t1 -> t2 -> e1", "t1 t2")), TH)), [run(log=[])], variables={"log": ["t9", "t2", "t1", "t0"]}),
    Case("a handler on the sub-process itself", one(*with_undo("s -> h -> th -> e", "h", sub("h", *with_undo("s1 -> t1 -> e1", "t1")), TH)), [run(log=[])], variables={"log": ["h"]}),
    Case("a compensation event sub-process", one("s -> h -> th -> e", sub("h", *with_undo("s1 -> t1 -> t2 -> e1", "t1 t2", event_sub("k", "s2 -> q -> e2", start("s2", compensate()), script("q", 'log = log + ["k"]')))), TH), [run(log=[])], variables={"log": ["k"]}, states="completed"),
    Case("a compensation event sub-process that goes on into the activities", one("s -> h -> th -> e", sub("h", *with_undo("s1 -> t1 -> t2 -> e1", "t1 t2", event_sub("k", "s2 -> q -> th2 -> e2", start("s2", compensate()), script("q", 'log = log + ["k"]'), throw("th2", compensate())))), TH), [run(log=[])], variables={"log": ["k", "t2", "t1"]}, states="completed"),
    Case("data as it was when the sub-process completed", one("s -> h -> a -> th -> e", sub("h", "s1 -> t1 -> e1; b ..> z", boundary("b", "t1", compensate()), script("z", "seen = x", undoes=True)), script("a", "x = 9"), TH), [run(x=1)], variables={"seen": 9}),
    Case("within an interrupted scope only what is named", one(*with_undo("s -> h -> e; b -> th -> e9", "", sub("h", *with_undo("s1 -> t1 -> e1", "t1")), boundary("b", "h", message("m")), TH)), [run(log=[])], variables={"log": []}, states="completed"),
    Case("from the error handler of the process", one(*with_undo("s -> t1 -> w -> e; b -> th -> e9", "t1", service("w"), boundary("b", "w", error("A")), TH)), [run(log=[]), {"fail": "w", "code": "A"}], variables={"log": ["t1"]}, states="completed"),
    Case("of a multi-instance activity, each iteration", one("s -> h -> th -> e; b_h ..> z_h", service("h", None, many("3")), *undo("h")[:2], TH), [run(log=[])], head={"handlers": {"h": {"returns": {}}}}, variables={"log": ["h", "h", "h"]}),
    Case("of the activities inside multi-instance sub-processes", one("s -> h -> th -> e", sub("h", *with_undo("s1 -> t1 -> e1", "t1"), loop=many("3")), TH), [run(log=[])], variables={"log": ["t1", "t1", "t1"]}, states="completed"),
    Case("each iteration is undone with its own data", one("s -> h -> th -> e", sub("h", "s1 -> t1 -> e1; b ..> z", boundary("b", "t1", compensate()), script("z", "log = log + [x]", undoes=True), loop=many("", "xs", "x", isSequential=True)), TH), [run(log=[], xs=[1, 2, 3])], variables={"log": [3, 2, 1]}),
    Case("thrown in an event sub-process compensates its parent", one(*with_undo("s -> t1 -> u1 -> e", "t1", event_sub("k", "s2 -> th -> e2", start("s2", message("m")), TH))), [run(log=[]), come("m")], variables={"log": ["t1"]}, states="completed"),
    Case("a sub-process is named from outside", one(*with_undo("s -> t0 -> h -> th -> e", "t0", sub("h", *with_undo("s1 -> t1 -> e1", "t1")), throw("th", compensate("h")))), [run(log=[])], variables={"log": ["t1"]}),
    Case("activities run in parallel are undone latest first", one(*with_undo("s -> p1; p1 -> u1 -> p2; p1 -> u2 -> p2; p2 -> th -> e", "u1 u2", TH)), [run(log=[]), done("u2"), done("u1")], variables={"log": ["u1", "u2"]}),
]
TRANSACTIONS = [
    Case("cancel undoes, then leaves by the cancel event", one("s -> h -> e; b -> t -> e9", tx("h", *with_undo("s1 -> t1 -> t2 -> e1", "t1 t2", end("e1", CANCEL))), boundary("b", "h", CANCEL)), [run(log=[])], variables={"log": ["t2", "t1"]}, states="completed", never="e", before=[("-z_t1", "+b")]),
    Case("cancel stops what runs", one("s -> h -> e; b -> t -> e9", tx("h", *with_undo("s1 -> t1 -> p1; p1 -> u1 -> e1; p1 -> u2 -> e2", "t1", end("e1", CANCEL))), boundary("b", "h", CANCEL)), [run(log=[]), done("u1")], variables={"log": ["t1"]}, states="completed", waiting="", never="e2 e"),
    Case("a transaction that completes", one("s -> h -> e; b -> t -> e9", tx("h", *with_undo("s1 -> t1 -> x1; x1 -> e1 [bad]; x1 -> e2", "t1", end("e1", CANCEL), tag("exclusiveGateway", "x1", default="x1_e2"))), boundary("b", "h", CANCEL)), [run(log=[])], trace="s +h s1 t1 x1 e2 -h e", variables={"log": []}),
    Case("hazard: an error leaves without undoing", one("s -> h -> e; b -> t -> e9; c -> t2 -> e8", tx("h", *with_undo("s1 -> t1 -> x1; x1 -> e1 [bad]; x1 -> e2", "t1", end("e1", CANCEL), end("e2", error("A")), tag("exclusiveGateway", "x1", default="x1_e2"))), boundary("b", "h", CANCEL), boundary("c", "h", error("A"))), [run(log=[])], variables={"log": []}, states="completed", never="t e"),
    Case("undoing that waits", one("s -> h -> e; b -> t -> e9", tx("h", "s1 -> t1 -> e1; c ..> z", boundary("c", "t1", compensate()), user("z", undoes=True), end("e1", CANCEL)), boundary("b", "h", CANCEL)), [run(), now_expect(waiting=["z"], not_visited=["b"]), done("z")], never="e", states="completed"),
    Case("a completed transaction is compensated later", one("s -> h -> th -> e; b -> e9", tx("h", *with_undo("s1 -> t1 -> x1; x1 -> e1 [bad]; x1 -> e2", "t1", end("e1", CANCEL), tag("exclusiveGateway", "x1", default="x1_e2"))), boundary("b", "h", CANCEL), TH), [run(log=[])], variables={"log": ["t1"]}),
    Case("cancel from a sub-process event within", one("s -> h -> e; b -> t -> e9", tx("h", *with_undo("s1 -> t1 -> u1 -> e1", "t1", event_sub("k", "s2 -> e2", start("s2", message("m"))))), boundary("b", "h", message("n"))), [run(log=[]), come("m")], states="completed", variables={"log": []}),
    Case("cancel from an event sub-process of the transaction", one("s -> h -> e; b -> t -> e9", tx("h", *with_undo("s1 -> t1 -> u1 -> e1", "t1", event_sub("k", "s2 -> e2", start("s2", message("m")), end("e2", CANCEL)))), boundary("b", "h", CANCEL)), [run(log=[]), come("m")], variables={"log": ["t1"]}, states="completed", never="e1 e"),
    Case("cancel undoes sub-processes within", one("s -> h -> e; b -> t -> e9", tx("h", *with_undo("s1 -> t1 -> k -> e1", "t1", sub("k", *with_undo("s2 -> t2 -> t3 -> e2", "t2 t3")), end("e1", CANCEL))), boundary("b", "h", CANCEL)), [run(log=[])], variables={"log": ["t3", "t2", "t1"]}, states="completed"),
]
CASES = [*COMPENSATIONS, *TRANSACTIONS]
