"""Two kernels, one answer: generated models played on both agree wherever SpiffWorkflow's kernel supports the model."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.play import play
from engine.play.values import read_scenario
from engine.process import native, spiff
from engine.process import triggers as t
from engine.process.codec import decode, encode
from engine.process.contract import Env, Passed, Step, Took
from engine.process.expressions import compile_condition, compile_expression
from engine.process.model import Definition, EventDefinition, Loop, Node, Param, ScopeSpec, WorkSpec
from engine.process.spiff import supported
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
    Wait,
)
from tests.engine.process.native.building import env, model, node
from tests.paths import ROOT, shared


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


LEAVES = [
    "task",
    "user",
    "topic",
    "script",
    "signal",
    "message",
    "wait",
    "choice",
    "overdue",
    "failing",
    "reminded",
    "anew",
]
BLOCKS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.tuples(st.just("seq"), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.sampled_from(["and", "or", "xor", "fork"]), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(
            st.sampled_from(["sub", "several", "series", "stopping", "throwing", "hurried"]),
            st.lists(inner, min_size=1, max_size=2),
        ),
        st.tuples(st.sampled_from(["loop", "again"]), st.lists(inner, min_size=1, max_size=1)),
    ),
    max_leaves=8,
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
    if kind == "fork":
        return _fork(b, parts, scope)
    if kind == "loop":
        return _loop(b, parts[0], scope)
    return _sub(b, kind, parts, scope)


def _leaf(b: Building, kind: str, scope: str) -> tuple[str, str]:
    if kind == "topic":
        id = b.add("serviceTask", scope, work=WorkSpec(topic="work"))
    elif kind == "script":
        id = _script(b, scope, "n")
    elif kind in ("signal", "message"):
        id = b.add("intermediateThrowEvent", scope, events=(EventDefinition(kind, ref="gong"),))  # type: ignore[arg-type]
    elif kind == "wait":
        id = b.add("intermediateCatchEvent", scope, events=(EventDefinition("signal", ref="gong"),))
    elif kind == "choice":
        return _choice(b, scope)
    elif kind == "anew":
        return _anew(b, scope)
    elif kind in ("overdue", "failing", "reminded"):
        return _guarded(b, kind, scope)
    else:
        id = b.add("userTask" if kind == "user" else "task", scope)
    return id, id


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
    """A block that is done again while there are turns left."""
    enter = b.add("exclusiveGateway", scope)
    first, last = _build(b, part, scope)
    turns = f"turns{b.count}"
    count = _script(b, scope, turns)
    leave, done = b.add("exclusiveGateway", scope), b.add("task", scope)
    for arrow in ((enter, first), (last, count), (count, leave)):
        b.tie(*arrow)
    b.tie(leave, enter, f"{turns} < 3")
    b.tie(leave, done, f"{turns} >= 3")
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


def definition_of(block: Any) -> Definition:
    """The model of a block."""
    b = Building()
    start = b.add("startEvent", "p")
    first, last = _build(b, block, "p")
    b.tie(start, first)
    b.tie(last, b.add("endEvent", "p"))
    return model(b.nodes, *b.arrows, defaults=_defaults(b))


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


# ── playing ────────────────────────────────────────────────────────────────────────────────────────────────────


def _shape(wait: Wait) -> tuple[str, ...]:
    """A wait without its number."""
    more = {k: v for k, v in ((f, getattr(wait, f)) for f in type(wait).__slots__) if k not in ("id", "element")}
    if isinstance(wait, JobWait):
        more.pop("inputs")
    return wait.element, type(wait).__name__, repr(more)


def _ordered(state: State) -> list[Wait]:
    return sorted(state.open_waits(), key=lambda wait: (_shape(wait), wait.id))


def _trigger(state: State, choice: int) -> tuple[t.Trigger, Env]:
    """Answer one of the open waits, whichever kernel opened it."""
    waits = _ordered(state)
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
            return t.MessageArrived(wait.id, {"said": choice}), env()
        case ThrowWait():
            return t.Delivered(wait.id), env()
        case SignalWait():
            return t.SignalRaised(wait.name, {"rang": choice}), env()
        case ConditionWait():
            return t.ConditionChanged({"choice": choice % 4}), env()
    assert isinstance(wait, IncidentWait)
    return t.Retried(wait.id, {"choice": choice % 4, "turns": 0}), env()


@dataclass
class Seen:
    """What can be told of a run, whatever kernel it had."""

    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    took: Counter[str] = field(default_factory=Counter)

    def add(self, step: Step) -> tuple[Any, ...]:
        """All that both must agree on after a step."""
        self.passed.update((e.event, e.element) for e in step.events if isinstance(e, Passed))
        self.took.update(e.flow for e in step.events if isinstance(e, Took))
        waits = [_shape(wait) for wait in _ordered(step.state)]
        ended = step.ended and (step.ended.state, step.ended.error)
        return dict(self.passed), dict(self.took), waits, step.state.variables(), ended


def agree(definition: Definition, choices: list[int]) -> None:
    """Play on both kernels, saved and restored between the steps, and compare after every step."""
    kernels = (native.step, spiff.step)
    seen = (Seen(), Seen())
    first = t.Started(variables={"choice": 1})
    steps = [kernel(definition, new_state(), first, env(), node_limit=LIMIT) for kernel in kernels]
    for choice in [*choices, None]:
        mine, theirs = (one.add(step) for one, step in zip(seen, steps, strict=True))
        if any(_endless(step.state) for step in steps):
            return
        assert theirs == mine
        if choice is None or steps[0].ended is not None or not steps[0].state.open_waits():
            return
        for step in steps:
            assert encode(decode(encode(step.state))) == encode(step.state)
        steps = [
            kernel(definition, decode(encode(step.state)), *_trigger(step.state, choice), node_limit=LIMIT)
            for kernel, step in zip(kernels, steps, strict=True)
        ]


def _endless(state: State) -> bool:
    """A loop that never ends stopped: the kernels count what they enter differently, so they stop elsewhere."""
    return any(isinstance(wait, IncidentWait) and wait.code == "LOOP_LIMIT" for wait in state.open_waits())


LIMIT = 120
CHOICES = st.lists(st.integers(0, 50), min_size=1, max_size=20)
BOUNDED = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@BOUNDED
@given(BLOCKS, CHOICES)
def test_block_structured_models_run_alike_on_both_kernels(block: Any, choices: list[int]) -> None:
    definition = definition_of(block)
    assume(not supported(definition))
    agree(definition, choices)


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


@BOUNDED
@given(unstructured(), CHOICES)
def test_unstructured_models_run_alike_on_both_kernels(definition: Definition, choices: list[int]) -> None:
    assume(not supported(definition))
    agree(definition, choices)


# ── the house's own processes, and the models that every engine is measured on ─────────────────────────────────


def _told(report: dict[str, Any]) -> tuple[Any, ...]:
    """A report without its order: branches side by side may take turns."""
    assert report["refused"] == []
    trace = Counter((one["instance"], one["event"], one["element"]) for one in report["trace"])
    instances = [
        {**one, "waiting": sorted(one["waiting"], key=lambda wait: (wait["element"], wait["kind"]))}
        for one in report["instances"]
    ]
    return trace, instances, report["thrown"], report["unmet"]


def both(files: list[str | Path], scenario: dict[str, Any]) -> dict[str, Any]:
    """Play on both kernels; the report of the native one, with which the other must agree."""
    first = play(files, scenario)
    assert _told(play(files, scenario, kernel="spiff", save_between_steps=True)) == _told(first)
    return first


KYC = ROOT / "bpmn" / "kyc_onboarding"
INTAKE = ROOT / "bpmn" / "client_intake"
ASK_MORE = {
    "01_inquiry_to_evaluation": "calls the due diligence, which is played by itself above",
    "18_rescreen_clear_then_false_positive": "begins an event sub-process",
    "19_rescreen_confirmed_before_review": "begins an event sub-process",
    "20_rescreen_by_hand_during_review": "begins an event sub-process",
}
"""Scenarios of the whole intake that the reduced one cannot play, and why."""


def _tables_and_forms(folder: Path) -> list[str | Path]:
    return [file for file in sorted(folder.rglob("*")) if file.suffix in (".dmn", ".form")]


@pytest.mark.parametrize("path", sorted(KYC.glob("scenarios/*.json")), ids=lambda path: path.stem)
def test_due_diligence_runs_alike_on_both_kernels(path: Path) -> None:
    told = both([*KYC.glob("*.bpmn"), *_tables_and_forms(KYC)], read_scenario(path))
    assert told["unmet"] == []


def reduced_intake() -> str:
    """The client intake without its event sub-processes."""
    text = (INTAKE / "client_intake.bpmn").read_text()
    text = re.sub(r'<subProcess id="esp_.*?</subProcess>|<flowNodeRef>esp_.*?</flowNodeRef>', "", text, flags=re.DOTALL)
    return re.sub(r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", text, flags=re.DOTALL)


def test_only_the_event_subprocesses_keep_the_intake_from_the_second_kernel() -> None:
    found = supported((INTAKE / "client_intake.bpmn").read_bytes())
    assert {fault.rule for fault in found} == {"spiff-event-subprocess"}
    assert all(fault.line for fault in found)
    assert supported(reduced_intake()) == []


PLAYED = [path for path in sorted(INTAKE.glob("scenarios/*.json")) if path.stem not in ASK_MORE]


@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.stem)
def test_the_reduced_intake_runs_alike_on_both_kernels(path: Path) -> None:
    scenario = {name: value for name, value in read_scenario(path).items() if name != "files"}
    told = both([reduced_intake(), *_tables_and_forms(INTAKE)], scenario)
    assert len({one["element"] for one in told["trace"]}) > 5


@pytest.mark.parametrize("name", ["B1", "B2"])
def test_the_bench_models_run_alike_on_both_kernels(name: str) -> None:
    folder = shared()
    if folder is None:
        pytest.skip("the folder shared is absent: the bench models were not played")
    file = folder / "bench" / f"{name}.bpmn"
    found = re.search(r'<(?:\w+:)?process id="(\w+)"', file.read_text())
    assert found is not None
    first = {"start": found[1], "variables": {"amount": 150, "customer": "c"}}
    steps = [first, *([{"complete": "approve", "variables": {"approved": True}}] if name == "B1" else [])]
    told = both([file], {"steps": steps})
    assert [one["state"] for one in told["instances"]] == ["completed"]
