"""Models and runs as Hypothesis draws them: blocks within blocks, graphs of any shape, and answers to open waits.

A block is a leaf's name, or a pair of a kind and the blocks inside it. What each kind is stands at its function.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from engine.process import triggers as t
from engine.process.contract import Env
from engine.process.expressions import compile_condition, compile_expression
from engine.process.model import Definition, EventDefinition, Loop, Node, Param, ScopeSpec, WorkSpec
from engine.process.state import State
from engine.process.waits import (
    ConditionWait,
    IncidentWait,
    JobWait,
    MessageWait,
    SignalWait,
    ThrowWait,
    TimerWait,
    UserWait,
    Wait,
)
from tests.engine.process.native.building import env, model, node

PARTS = {
    "seq": (1, 3),
    **dict.fromkeys(("and", "or", "xor", "fork"), (2, 3)),
    **dict.fromkeys(("sub", "several", "series", "stopping", "throwing", "hurried", "watched", "transaction"), (1, 2)),
    **dict.fromkeys(("loop", "again"), (1, 1)),
}
"""Kind of block -> how few and how many blocks it has inside."""

CHOICES = st.lists(st.integers(0, 50), min_size=1, max_size=25)
"""Which of the open waits is answered, and how: see `answer`."""


def blocks(leaves: Iterable[str], kinds: Iterable[str], most: int) -> st.SearchStrategy[Any]:
    """Blocks of these kinds over these leaves, of which there are `most`."""
    chosen = list(kinds)

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        pairs = []
        for kind in chosen:
            fewest, largest = PARTS[kind]
            pairs.append(st.tuples(st.just(kind), st.lists(inner, min_size=fewest, max_size=largest)))
        return st.one_of(*pairs)

    return st.recursive(st.sampled_from(list(leaves)), around, max_leaves=most)


def answer(wait: Wait, choice: int) -> tuple[t.Trigger, Env]:
    """What happens to an open wait."""
    match wait:
        case UserWait():
            if choice % 7 == 6:
                return t.JobFailed(wait.id, "BAD"), env()
            return t.TaskCompleted(wait.id, {"choice": choice % 4}, "li"), env()
        case JobWait():
            return (t.JobFailed(wait.id, "BAD") if choice % 11 == 10 else t.JobDone(wait.id, {"done": choice})), env()
        case TimerWait():
            return t.TimerFired(wait.id), env(wait.due)
        case MessageWait():
            return t.MessageArrived(wait.id, {"said": choice}), env()
        case ThrowWait():
            return t.Delivered(wait.id), env()
        case SignalWait():
            return t.SignalRaised(wait.name, {"rang": choice}), env()
        case ConditionWait():
            return t.ConditionChanged({"choice": choice % 4}), env()
    assert isinstance(wait, IncidentWait)
    return t.Retried(wait.id, {"choice": choice % 4, "turns": 0}), env()


def shape(wait: Wait) -> tuple[str, ...]:
    """A wait without its number."""
    more = {k: v for k, v in ((f, getattr(wait, f)) for f in type(wait).__slots__) if k not in ("id", "element")}
    if isinstance(wait, JobWait):
        more.pop("inputs")
    return wait.element, type(wait).__name__, repr(more)


def ordered(state: State) -> list[Wait]:
    return sorted(state.open_waits(), key=lambda wait: (shape(wait), wait.id))


def answered(state: State, choice: int) -> tuple[t.Trigger, Env]:
    """Answer one of the open waits, whichever kernel opened it."""
    waits = ordered(state)
    return answer(waits[choice % len(waits)], choice)


def begun(turns: int = 3) -> t.Started:
    """The start of a run in which loops turn that often."""
    return t.Started(variables={"choice": 1, "turns": turns})


# ── from a block to a model ────────────────────────────────────────────────────────────────────────────────────


def definition_of(block: Any) -> Definition:
    """The model of a block."""
    b = Building()
    start = b.add("startEvent", "p")
    first, last = _build(b, block, "p")
    b.tie(start, first)
    b.tie(last, b.add("endEvent", "p"))
    return model(b.nodes, *b.arrows, defaults=_defaults(b))


@dataclass
class Building:
    """Nodes and arrows as a block grows."""

    nodes: list[Node] = field(default_factory=list)
    arrows: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, type: str, scope: str, **fields: Any) -> str:
        self.count += 1
        id = f"{type[:4]}{self.count}"
        self.nodes.append(node(id, type, scope=scope, **fields))
        return id

    def tie(self, source: str, target: str, condition: str = "") -> None:
        self.arrows.append(f"{source} -> {target}" + (f" if {condition}" if condition else ""))


def _build(b: Building, block: Any, scope: str) -> tuple[str, str]:
    """The first and last node of a block."""
    if isinstance(block, str):
        return _leaf(b, block, scope)
    kind, parts = block
    if kind == "seq":
        ends = [_build(b, part, scope) for part in parts]
        for (_, last), (first, _) in itertools.pairwise(ends):
            b.tie(last, first)
        return ends[0][0], ends[-1][1]
    if kind in ("and", "or", "xor"):
        return _branches(b, kind, parts, scope)
    if kind == "fork":
        return _fork(b, parts, scope)
    if kind == "loop":
        return _loop(b, parts[0], scope)
    if kind == "watched":
        return _watched(b, parts, scope)
    if kind == "transaction":
        return _transaction(b, parts, scope)
    return _sub(b, kind, parts, scope)


def _leaf(b: Building, kind: str, scope: str) -> tuple[str, str]:
    if kind == "topic":
        id = b.add("serviceTask", scope, work=WorkSpec(topic="work"))
    elif kind == "script":
        id = _script(b, scope, "n")
    elif kind in THROWN:
        id = b.add("intermediateThrowEvent", scope, events=(THROWN[kind],))
    elif kind == "wait":
        id = b.add("intermediateCatchEvent", scope, events=(EventDefinition("signal", ref="gong"),))
    elif kind == "choice":
        return _choice(b, scope)
    elif kind == "anew":
        return _anew(b, scope)
    elif kind == "compensable":
        return _compensable(b, scope)
    elif kind in ("overdue", "failing", "reminded"):
        return _guarded(b, kind, scope)
    else:
        id = b.add("userTask" if kind == "user" else "task", scope)
    return id, id


THROWN = {
    "signal": EventDefinition("signal", ref="gong"),
    "message": EventDefinition("message", ref="gong"),
    "undo": EventDefinition("compensation"),
    "escalate": EventDefinition("escalation", ref="UP"),
}


def _script(b: Building, scope: str, name: str) -> str:
    counted = Param(name, compile_expression(f"= if {name} = null then 1 else {name} + 1"))
    return b.add("scriptTask", scope, work=WorkSpec(script="x", compiled_script=(counted,)))


def _timer(kind: Any, text: str) -> tuple[EventDefinition, ...]:
    return (EventDefinition("timer", timer=kind, expr=compile_expression(text)),)


def _guarded(b: Building, kind: str, scope: str) -> tuple[str, str]:
    """A task with a boundary event: a deadline, an error, or a reminder that comes again and again."""
    id, merge = b.add("userTask", scope), b.add("exclusiveGateway", scope)
    b.tie(id, merge)
    if kind == "reminded":
        caught = b.add("boundaryEvent", scope, attached_to=id, interrupting=False, events=_timer("cycle", "R2/PT1H"))
        b.tie(caught, b.add("endEvent", scope))
        return id, merge
    events = _timer("duration", "PT1H") if kind == "overdue" else (EventDefinition("error"),)
    caught = b.add("boundaryEvent", scope, attached_to=id, events=events)
    beside = b.add("userTask", scope)
    b.tie(caught, beside)
    b.tie(beside, merge)
    return id, merge


def _compensable(b: Building, scope: str) -> tuple[str, str]:
    """A task with somebody who undoes it."""
    id, handler = b.add("task", scope), b.add("userTask", scope, for_compensation=True)
    event = (EventDefinition("compensation"),)
    b.add("boundaryEvent", scope, attached_to=id, events=event, compensation_handler=handler)
    return id, id


def _anew(b: Building, scope: str) -> tuple[str, str]:
    """A task whose deadline leads back to it."""
    enter, id = b.add("exclusiveGateway", scope), b.add("userTask", scope)
    late = b.add("boundaryEvent", scope, attached_to=id, events=_timer("duration", "PT1H"))
    recall = b.add("serviceTask", scope, work=WorkSpec(topic="recall"))
    for arrow in ((enter, id), (late, recall), (recall, enter)):
        b.tie(*arrow)
    return enter, id


def _choice(b: Building, scope: str) -> tuple[str, str]:
    """An event gateway over a message, two timers and a condition."""
    gateway, merge = b.add("eventBasedGateway", scope), b.add("exclusiveGateway", scope)
    for events in (
        (EventDefinition("message", ref="m"),),
        _timer("duration", "PT1H"),
        _timer("duration", "PT2H"),
        (EventDefinition("conditional", expr=compile_condition("choice > 2")),),
    ):
        caught = b.add("intermediateCatchEvent", scope, events=events)
        b.tie(gateway, caught)
        b.tie(caught, merge)
    return gateway, merge


def _branches(b: Building, kind: str, parts: list[Any], scope: str) -> tuple[str, str]:
    gateway = {"and": "parallelGateway", "or": "inclusiveGateway", "xor": "exclusiveGateway"}[kind]
    split, join = b.add(gateway, scope), b.add(gateway, scope)
    for number, part in enumerate(parts):
        first, last = _build(b, part, scope)
        condition = "" if kind == "and" or number == 0 else f"choice > {number}"
        b.tie(split, first, condition)
        b.tie(last, join)
    return split, join


def _fork(b: Building, parts: list[Any], scope: str) -> tuple[str, str]:
    """Several flows out of a task, of which the first goes on; the others end by themselves."""
    split, on = b.add("task", scope), b.add("task", scope)
    for number, part in enumerate(parts):
        first, last = _build(b, part, scope)
        b.tie(split, first)
        b.tie(last, on if number == 0 else b.add("endEvent", scope))
    return split, on


def _loop(b: Building, part: Any, scope: str) -> tuple[str, str]:
    """A block that is done as often as `turns` says, and once at least."""
    enter = b.add("exclusiveGateway", scope)
    first, last = _build(b, part, scope)
    turned = f"turned{b.count}"
    count = _script(b, scope, turned)
    leave, done = b.add("exclusiveGateway", scope), b.add("task", scope)
    for arrow in ((enter, first), (last, count), (count, leave)):
        b.tie(*arrow)
    b.tie(leave, enter, f"{turned} < turns")
    b.tie(leave, done, f"{turned} >= turns")
    return enter, done


LOOPS = {
    "several": Loop("parallel", cardinality=compile_condition("2"), completion=compile_condition("choice > 2")),
    "series": Loop("sequential", cardinality=compile_condition("2"), completion=compile_condition("choice > 2")),
    "again": Loop("standard", condition=compile_condition("loopCounter < 2")),
}


def _sub(b: Building, kind: str, parts: list[Any], scope: str) -> tuple[str, str]:
    """A sub-process: plain, repeated, with a deadline, or ended by an error or a terminate event."""
    id = b.add("subProcess", scope, inner=ScopeSpec(), loop=LOOPS.get(kind))
    start = b.add("startEvent", id)
    first, last = _build(b, ("seq", parts), id)
    b.tie(start, first)
    if kind not in ("stopping", "throwing", "hurried"):
        b.tie(last, b.add("endEvent", id))
        return id, id
    if kind == "hurried":
        b.tie(last, b.add("endEvent", id))
        caught = b.add("boundaryEvent", scope, attached_to=id, events=_timer("duration", "PT3H"))
    else:
        choose = b.add("exclusiveGateway", id)
        event = EventDefinition("terminate") if kind == "stopping" else EventDefinition("error", ref="BAD")
        b.tie(last, choose)
        b.tie(choose, b.add("endEvent", id, events=(event,)), "choice > 1")
        b.tie(choose, b.add("endEvent", id), "choice <= 1")
        if kind == "stopping":
            return id, id
        caught = b.add("boundaryEvent", scope, attached_to=id, events=(EventDefinition("error", ref="BAD"),))
    merge = b.add("exclusiveGateway", scope)
    b.tie(id, merge)
    b.tie(caught, merge)
    return id, merge


def _watched(b: Building, parts: list[Any], scope: str) -> tuple[str, str]:
    """A sub-process with event sub-processes of both kinds, an escalation boundary and a terminate end."""
    id, last = _sub(b, "sub", parts, scope)
    for event, interrupting in (
        (EventDefinition("signal", ref="gong"), False),
        (EventDefinition("message", ref="stop"), True),
        (EventDefinition("compensation"), True),
    ):
        esp = b.add("subProcess", id, inner=ScopeSpec(), by_event=True)
        start = b.add("startEvent", esp, events=(event,), interrupting=interrupting)
        b.tie(start, b.add("userTask", esp))
    told = b.add("boundaryEvent", scope, attached_to=id, events=(EventDefinition("escalation"),), interrupting=False)
    b.tie(told, b.add("endEvent", scope))
    return id, last


def _transaction(b: Building, parts: list[Any], scope: str) -> tuple[str, str]:
    """A transaction that is cancelled when the choice says so."""
    id = b.add("transaction", scope, inner=ScopeSpec())
    start, choose = b.add("startEvent", id), b.add("exclusiveGateway", id)
    first, last = _build(b, ("seq", parts), id)
    b.tie(start, first)
    b.tie(last, choose)
    b.tie(choose, b.add("endEvent", id, events=(EventDefinition("cancel"),)), "choice > 1")
    b.tie(choose, b.add("endEvent", id, events=(EventDefinition("terminate"),)), "choice <= 1")
    merge = b.add("exclusiveGateway", scope)
    cancelled = b.add("boundaryEvent", scope, attached_to=id, events=(EventDefinition("cancel"),))
    b.tie(id, merge)
    b.tie(cancelled, merge)
    return id, merge


def _defaults(b: Building) -> dict[str, str]:
    """The first branch of an inclusive or exclusive split is its default."""
    found: dict[str, str] = {}
    for arrow in b.arrows:
        source, _, target = arrow.partition(" -> ")
        kind = next(one.type for one in b.nodes if one.id == source)
        plain = kind in ("inclusiveGateway", "exclusiveGateway") and " if " not in arrow
        if plain and sum(other.startswith(f"{source} -> ") for other in b.arrows) > 1:
            found[source] = f"{source}_{target}"
    return found


# ── graphs of any shape ────────────────────────────────────────────────────────────────────────────────────────

KINDS = ["task", "userTask", "serviceTask", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "endEvent"]


@st.composite
def unstructured(draw: st.DrawFn) -> Definition:
    """Any graph: nodes of any kind, flows from anywhere to anywhere, loops among them."""
    count = draw(st.integers(2, 8))
    nodes = [node("s", "startEvent")]
    for number in range(count):
        kind = draw(st.sampled_from(KINDS))
        nodes.append(node(f"n{number}", kind, work=WorkSpec(topic="work") if kind == "serviceTask" else None))
    arrows, defaults = ["s -> n0"], {}
    for number in range(count):
        if nodes[number + 1].type == "endEvent":
            continue
        targets = draw(st.lists(st.integers(0, count - 1), max_size=3, unique=True))
        chooses = nodes[number + 1].type in ("exclusiveGateway", "inclusiveGateway") and len(targets) > 1
        for place, target in enumerate(targets):
            arrows.append(f"n{number} -> n{target}" + (f" if choice > {place}" if chooses and place else ""))
        if chooses:
            defaults[f"n{number}"] = f"n{number}_n{targets[0]}"
    return model(nodes, *arrows, defaults=defaults)
