"""What holds of every run of every model: generated block-structured models, played with generated triggers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import DealflowError
from engine.process import triggers as t
from engine.process.codec import decode, encode
from engine.process.contract import Env, Event, Passed
from engine.process.expressions import compile_condition, compile_expression
from engine.process.model import Definition, EventDefinition, Loop, Node, Param, ScopeSpec, WorkSpec
from engine.process.native import step
from engine.process.state import State, new_state
from engine.process.waits import (
    ConditionWait,
    IncidentWait,
    JobWait,
    MessageWait,
    SignalWait,
    ThrowWait,
    TimerWait,
    UserWait,
)
from tests.engine.process.native.building import env, model, node

JOINS = {"parallelGateway", "inclusiveGateway", "complexGateway"}


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


LEAVES = ["task", "user", "topic", "script", "error", "compensable", "undo", "signal", "escalate", "choice"]
BLOCKS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.tuples(st.just("seq"), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("and"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("or"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("xor"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("sub"), st.lists(inner, min_size=1, max_size=2)),
        st.tuples(st.just("several"), st.lists(inner, min_size=1, max_size=2)),
        st.tuples(st.just("loop"), st.lists(inner, min_size=1, max_size=1)),
        st.tuples(st.just("watched"), st.lists(inner, min_size=1, max_size=2)),
        st.tuples(st.just("transaction"), st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=9,
)


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
        counted = Param("n", compile_expression("= if n = null then 1 else n + 1"))
        id = b.add("scriptTask", scope, work=WorkSpec(script="n = n + 1", compiled_script=(counted,)))
    elif kind == "compensable":
        id = b.add("task", scope)
        handler = b.add("userTask", scope, for_compensation=True)
        event = (EventDefinition("compensation"),)
        b.add("boundaryEvent", scope, attached_to=id, events=event, compensation_handler=handler)
    elif kind in THROWN:
        id = b.add("intermediateThrowEvent", scope, events=(THROWN[kind],))
    elif kind == "choice":
        return _choice(b, scope)
    elif kind == "error":
        id = b.add("userTask", scope)
        caught = b.add("boundaryEvent", scope, attached_to=id, events=(EventDefinition("error"),), interrupting=True)
        late = b.add(
            "boundaryEvent", scope, attached_to=id, interrupting=False,
            events=(EventDefinition("timer", timer="cycle", expr=compile_expression("R2/PT1H")),),
        )  # fmt: skip
        b.tie(late, b.add("endEvent", scope))
        merge = b.add("exclusiveGateway", scope)
        b.tie(id, merge)
        b.tie(caught, merge)
        return id, merge
    else:
        id = b.add("userTask" if kind == "user" else "task", scope)
    return id, id


THROWN = {
    "undo": EventDefinition("compensation"),
    "signal": EventDefinition("signal", ref="gong"),
    "escalate": EventDefinition("escalation", ref="UP"),
}


def _choice(b: Building, scope: str) -> tuple[str, str]:
    """An event gateway over a message, a timer and a condition."""
    gateway, merge = b.add("eventBasedGateway", scope), b.add("exclusiveGateway", scope)
    for event in (
        EventDefinition("message", ref="m"),
        EventDefinition("timer", timer="duration", expr=compile_expression("PT1H")),
        EventDefinition("conditional", expr=compile_condition("choice > 2")),
    ):
        caught = b.add("intermediateCatchEvent", scope, events=(event,))
        b.tie(gateway, caught)
        b.tie(caught, merge)
    return gateway, merge


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


def _branches(b: Building, kind: str, parts: list[Any], scope: str) -> tuple[str, str]:
    gateway = {"and": "parallelGateway", "or": "inclusiveGateway", "xor": "exclusiveGateway"}[kind]
    split, join = b.add(gateway, scope), b.add(gateway, scope)
    for number, part in enumerate(parts):
        first, last = _build(b, part, scope)
        condition = "" if kind == "and" or number == 0 else f"choice > {number}"
        b.tie(split, first, condition)
        b.tie(last, join)
    return split, join


def _loop(b: Building, part: Any, scope: str) -> tuple[str, str]:
    """A block that is done again while there are turns left."""
    enter = b.add("exclusiveGateway", scope)
    first, last = _build(b, part, scope)
    count = Param("turns", compile_expression("= turns - 1"))
    less = b.add("scriptTask", scope, work=WorkSpec(script="turns = turns - 1", compiled_script=(count,)))
    leave = b.add("exclusiveGateway", scope)
    b.tie(enter, first)
    b.tie(last, less)
    b.tie(less, leave)
    b.tie(leave, enter, "turns > 0")
    done = b.add("task", scope)
    b.tie(leave, done, "turns <= 0")
    return enter, done


def _sub(b: Building, kind: str, parts: list[Any], scope: str) -> tuple[str, str]:
    loop = Loop("parallel", cardinality=compile_condition("2")) if kind == "several" else None
    id = b.add("subProcess", scope, inner=ScopeSpec(), loop=loop)
    start = b.add("startEvent", id)
    first, last = _build(b, ("seq", parts), id)
    b.tie(start, first)
    b.tie(last, b.add("endEvent", id))
    return id, id


def _definition(block: Any) -> Definition:
    b = Building()
    start = b.add("startEvent", "p")
    first, last = _build(b, block, "p")
    b.tie(start, first)
    b.tie(last, b.add("endEvent", "p"))
    return model(b.nodes, *b.arrows)


def _triggers(state: State, choice: int) -> tuple[t.Trigger, Env]:
    """Answer one of the open waits."""
    waits = state.open_waits()
    wait = waits[choice % len(waits)]
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
            return t.MessageArrived(wait.id), env()
        case ThrowWait():
            return t.Delivered(wait.id), env()
        case SignalWait():
            return t.SignalRaised(wait.name), env()
        case ConditionWait():
            return t.ConditionChanged({"choice": choice % 4}), env()
    assert isinstance(wait, IncidentWait)
    return t.Retried(wait.id, {"choice": 3, "turns": 0, "n": 0}), env()


def _run(definition: Definition, choices: list[int], turns: int, save: bool) -> tuple[list[Event], State, Any]:
    events: list[Event] = []
    done = step(definition, new_state(), t.Started(variables={"turns": turns, "choice": 1}), env(), node_limit=3000)
    events += done.events
    for choice in choices:
        if done.ended is not None or not done.state.open_waits():
            break
        state = decode(encode(done.state)) if save else done.state
        trigger, at = _triggers(state, choice)
        done = step(definition, state, trigger, at, node_limit=3000)
        events += done.events
    return events, done.state, done.ended


CHOICES = st.lists(st.integers(0, 50), min_size=1, max_size=25)
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUIET
@given(BLOCKS, CHOICES, st.integers(0, 3))
def test_every_enter_has_one_leave_or_cancel_and_what_has_ended_waits_for_nothing(
    block: Any, choices: list[int], turns: int
) -> None:
    events, state, ended = _run(_definition(block), choices, turns, save=False)
    balance: dict[tuple[str, str], int] = {}
    for event in events:
        if isinstance(event, Passed) and event.type not in JOINS:
            key = (event.scope, event.element)
            balance[key] = balance.get(key, 0) + (1 if event.event == "enter" else -1)
            assert balance[key] >= 0
    if ended is not None:
        assert not any(balance.values())
        assert not state.open_waits() and not state.tokens
    else:
        assert state.open_waits() and state.tokens
        _consistent(state)


def _consistent(state: State) -> None:
    """Ids meet each other: each wait has its owner, each scope counts its tokens."""
    for scope in state.scopes.values():
        assert scope.live == sum(token.scope == scope.id for token in state.tokens.values())
        assert scope.parent == 0 or scope.parent in state.scopes
        assert scope.owner == 0 or state.tokens[scope.owner].inner == scope.id
    for id, held in state.waits.items():
        owner = state.tokens[held.token] if held.token else state.scopes[held.scope]
        assert id in owner.waits
    for token in state.tokens.values():
        assert token.scope in state.scopes and all(id in state.waits for id in token.waits)
    for (scope_id, join), waiting in state.joins.items():
        assert waiting and all(state.tokens[id].scope == scope_id and state.tokens[id].node == join for id in waiting)


@QUIET
@given(BLOCKS, CHOICES, st.integers(0, 3))
def test_saving_between_steps_changes_nothing(block: Any, choices: list[int], turns: int) -> None:
    definition = _definition(block)
    kept, kept_state, kept_end = _run(definition, choices, turns, save=False)
    saved, saved_state, saved_end = _run(definition, choices, turns, save=True)
    assert saved == kept and saved_end == kept_end
    assert encode(saved_state) == encode(kept_state)


@QUIET
@given(BLOCKS, CHOICES, st.integers(0, 3))
def test_a_step_never_alters_the_state_it_was_given(block: Any, choices: list[int], turns: int) -> None:
    definition = _definition(block)
    state = step(
        definition, new_state(), t.Started(variables={"turns": turns, "choice": 1}), env(), node_limit=3000
    ).state
    for choice in choices:
        if state.ended or not state.open_waits():
            return
        before = encode(state)
        trigger, at = _triggers(state, choice)
        following = step(definition, state, trigger, at, node_limit=3000).state
        assert encode(state) == before
        for wrong in (t.TaskCompleted(10**6), t.Modified("nothing", "nowhere"), t.Started()):
            try:
                step(definition, state, wrong, at)
                raise AssertionError("it should have been refused")
            except DealflowError:
                assert encode(state) == before
        state = following


@QUIET
@given(BLOCKS, CHOICES)
def test_cancelling_leaves_nothing(block: Any, choices: list[int]) -> None:
    definition = _definition(block)
    _, state, ended = _run(definition, choices[:3], 1, save=False)
    if ended is None:
        done = step(definition, state, t.Cancelled(), env())
        assert done.ended is not None and done.ended.state == "cancelled"
        assert not done.state.open_waits() and not done.state.tokens
        assert {closed.reason for closed in done.closed} <= {"cancelled"}


KINDS = ["task", "userTask", "serviceTask", "exclusiveGateway", "parallelGateway", "inclusiveGateway"]


@st.composite
def unstructured(draw: st.DrawFn) -> Definition:
    """Any graph: nodes of any kind, flows from anywhere to anywhere, loops among them."""
    count = draw(st.integers(2, 8))
    nodes = [node("s", "startEvent")]
    for number in range(count):
        kind = draw(st.sampled_from(KINDS))
        work = WorkSpec(topic="work") if kind == "serviceTask" else None
        nodes.append(node(f"n{number}", kind, work=work))
    arrows, defaults = ["s -> n0"], {}
    for number in range(count):
        targets = draw(st.lists(st.integers(0, count - 1), max_size=3, unique=True))
        chooses = nodes[number + 1].type in ("exclusiveGateway", "inclusiveGateway") and len(targets) > 1
        for place, target in enumerate(targets):
            condition = f" if choice > {place}" if chooses and place else ""
            arrows.append(f"n{number} -> n{target}{condition}")
        if chooses:
            defaults[f"n{number}"] = f"n{number}_n{targets[0]}"
    return model(nodes, *arrows, defaults=defaults)


@QUIET
@given(unstructured(), CHOICES)
def test_unstructured_models_lose_and_double_no_token(definition: Definition, choices: list[int]) -> None:
    done = step(definition, new_state(), t.Started(variables={"choice": 1, "turns": 0}), env(), node_limit=300)
    for choice in choices:
        _consistent(done.state)
        _no_join_is_forgotten(definition, done.state)
        if done.ended is not None or not done.state.open_waits():
            break
        trigger, at = _triggers(done.state, choice)
        before = encode(done.state)
        again = step(definition, decode(before), trigger, at, node_limit=300)
        done = step(definition, done.state, trigger, at, node_limit=300)
        assert encode(again.state) == encode(done.state) and again.events == done.events


def _no_join_is_forgotten(definition: Definition, state: State) -> None:
    """At rest no parallel join has a token on every flow, and no inclusive join stands alone in its scope."""
    if any(isinstance(wait, IncidentWait) for wait in state.open_waits()):
        return
    for (_, join), waiting in state.joins.items():
        filled = {state.tokens[id].flow for id in waiting}
        if definition.nodes[join].type == "parallelGateway":
            assert filled < set(definition.nodes[join].incoming)
        else:
            assert len(state.tokens) > len(waiting)
