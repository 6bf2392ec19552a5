"""Two kernels, one answer: generated models played on both agree wherever SpiffWorkflow's kernel supports the model."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings

from engine.play import play
from engine.play.values import read_scenario
from engine.process import native, spiff
from engine.process import triggers as t
from engine.process.codec import decode, encode
from engine.process.contract import Passed, Step, Took
from engine.process.model import Definition
from engine.process.spiff import supported
from engine.process.state import State, new_state
from engine.process.waits import ConditionWait, IncidentWait, SignalWait
from tests.engine.process.generated import (
    CHOICES,
    answered,
    begun,
    blocks,
    definition_of,
    ordered,
    shape,
    unstructured,
)
from tests.engine.process.native.building import env
from tests.examples import cases
from tests.paths import ROOT, shared

LEAVES = (
    "task", "user", "topic", "script", "signal", "message", "wait", "choice", "overdue", "failing", "reminded", "anew",
)  # fmt: skip
KINDS = (
    "seq", "and", "or", "xor", "fork", "sub", "several", "series", "stopping", "throwing", "hurried", "loop", "again",
)  # fmt: skip
"""What the second kernel runs, for the most part."""
BLOCKS = blocks(LEAVES, KINDS, 8)


# ── playing ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Seen:
    """What can be told of a run, whatever kernel it had."""

    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    took: Counter[str] = field(default_factory=Counter)

    def add(self, step: Step) -> tuple[Any, ...]:
        """All that both must agree on after a step."""
        self.passed.update((e.event, e.element) for e in step.events if isinstance(e, Passed))
        self.took.update(e.flow for e in step.events if isinstance(e, Took))
        waits = [shape(wait) for wait in ordered(step.state)]
        ended = step.ended and (step.ended.state, step.ended.error)
        return dict(self.passed), dict(self.took), waits, step.state.variables(), ended


def agree(definition: Definition, choices: list[int]) -> None:
    """Play on both kernels, saved and restored between the steps, and compare after every step."""
    kernels = (native.step, spiff.step)
    seen = (Seen(), Seen())
    steps = [kernel(definition, new_state(), begun(), env(), node_limit=LIMIT) for kernel in kernels]
    for choice in [*choices, None]:
        mine, theirs = (one.add(step) for one, step in zip(seen, steps, strict=True))
        if any(_endless(step.state) for step in steps):
            return
        assert theirs == mine
        if choice is None or steps[0].ended is not None or not steps[0].state.open_waits():
            return
        if _races(definition, steps[0].state, answered(steps[0].state, choice)[0]):
            return
        for step in steps:
            assert encode(decode(encode(step.state))) == encode(step.state)
        steps = [
            kernel(definition, decode(encode(step.state)), *answered(step.state, choice), node_limit=LIMIT)
            for kernel, step in zip(kernels, steps, strict=True)
        ]


def _endless(state: State) -> bool:
    """A loop that never ends stopped: the kernels count what they enter differently, so they stop elsewhere."""
    return any(isinstance(wait, IncidentWait) and wait.code == "LOOP_LIMIT" for wait in state.open_waits())


def _races(definition: Definition, state: State, trigger: t.Trigger) -> bool:
    """One trigger wakes several tokens, of which the first to arrive cuts the others short: how far these come in the
    same step is nobody's promise, and the kernels take turns differently."""
    woken = {t.SignalRaised: SignalWait, t.ConditionChanged: ConditionWait}.get(type(trigger))
    if woken is None or sum(isinstance(wait, woken) for wait in state.open_waits()) < 2:
        return False
    return any(
        (one.loop is not None and one.loop.completion is not None)
        or (one.type == "endEvent" and any(event.kind in ("terminate", "error") for event in one.events))
        for one in definition.nodes.values()
    )


LIMIT = 120
BOUNDED = settings(max_examples=cases(40, 200), deadline=None, suppress_health_check=list(HealthCheck))


@BOUNDED
@given(BLOCKS, CHOICES)
@example(("sub", [("several", [("or", ["choice", "task"])])]), [7])
def test_block_structured_models_run_alike_on_both_kernels(block: Any, choices: list[int]) -> None:
    definition = definition_of(block)
    assume(not supported(definition))
    agree(definition, choices)


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
