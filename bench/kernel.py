"""The kernel alone: CPU per run of B1, flat steps, large bodies and models, conditions, FEEL, decision tables.

    python -m bench.kernel [--quick] [NAME…]     # b1, turns, bodies, model, waiting, feel, table

No store, no clock. Prints one line a measurement with its goal. SpiffWorkflow runs the same B1 (its work as Python
scripts) in the same run, because only ratios of one run count.
"""

from __future__ import annotations

import io
import itertools
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.decisions import compile_decisions
from engine.feel import Moment, compile_expression
from engine.process import triggers as t
from engine.process.businesstime import BusinessCalendar
from engine.process.codec import Stored, decode, encode, split
from engine.process.contract import Env
from engine.process.definition import read_bpmn
from engine.process.model import Definition
from engine.process.native import step
from engine.process.parts import LARGE, Range
from engine.process.state import State, new_state
from engine.process.stepping import step_with

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="bench" id="d"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn">'
)
ENV = Env(datetime(2026, 1, 5, 1, tzinfo=UTC), ZoneInfo("Asia/Shanghai"), BusinessCalendar())


def b1(work: Callable[[str, str, str], str], condition: str) -> str:
    """B1: a computation, a choice, a person, two computations side by side."""
    flows = "".join(
        f'<sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}"/>'
        for id, source, target in (
            ("f1", "start", "calc"), ("f2", "calc", "gw"), ("f3b", "gw", "end2"), ("f4", "approve", "split"),
            ("f5", "split", "a"), ("f6", "split", "b"), ("f7", "a", "join"), ("f8", "b", "join"), ("f9", "join", "end"),
        )
    )  # fmt: skip
    return (
        f'{HEAD}<process id="B1" isExecutable="true"><startEvent id="start"/>{work("calc", "fee", "amount * 2 / 100")}'
        f'<exclusiveGateway id="gw" default="f3b"/><userTask id="approve" name="Approve"/><parallelGateway id="split"/>'
        f'{work("a", "net", "amount - fee")}{work("b", "double", "amount * 2")}<parallelGateway id="join"/>'
        f'<endEvent id="end"/><endEvent id="end2"/>{flows}<sequenceFlow id="f3" sourceRef="gw" targetRef="approve">'
        f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression></sequenceFlow>'
        "</process></definitions>"
    )


def _juel(id: str, into: str, text: str) -> str:
    return f'<serviceTask id="{id}" camunda:expression="${{{text}}}" camunda:resultVariable="{into}"/>'


def _python(id: str, into: str, text: str) -> str:
    return f'<scriptTask id="{id}" scriptFormat="python"><script>{into} = {text}</script></scriptTask>'


def cpu(work: Callable[[], Any], times: int) -> float:
    """Milliseconds of CPU a call, the best of three rounds."""
    best = float("inf")
    for _ in range(3):
        begin = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - begin) / times * 1000)
    return best


def line(what: str, value: str, goal: str = "") -> None:
    """One measurement."""
    print(f"{what:<58} {value:>14}   {goal}")


def native_b1(times: int) -> None:
    """B1 to its end, and the state at its user task."""
    definition = read_bpmn(b1(_juel, "${amount &gt; 100}")).definition("B1")
    variables = {"amount": 150, "customer": "c"}

    def run() -> State:
        first = step(definition, new_state(), t.Started(variables=variables), ENV)
        step(definition, first.state, t.TaskCompleted(first.opened[0].id, {"approved": True}), ENV)
        return first.state

    def saved() -> None:
        first = step(definition, new_state(), t.Started(variables=variables), ENV)
        state = decode(encode(first.state))
        encode(step(definition, state, t.TaskCompleted(first.opened[0].id, {"approved": True}), ENV).state)

    line("B1 full run, native", f"{cpu(run, times):.3f} ms", "≤ 0.15 ms")
    line("B1 full run, native, stored and restored between", f"{cpu(saved, times):.3f} ms")
    line("B1 state at the user task", f"{len(encode(run()))} bytes", "≤ 1,536 bytes")


def spiff_b1(times: int) -> None:
    """The same on SpiffWorkflow."""
    from lxml import etree
    from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    parser = BpmnParser()
    parser.add_bpmn_xml(etree.parse(io.BytesIO(b1(_python, "amount &gt; 100").encode())))
    spec = parser.get_spec("B1")

    def run() -> None:
        workflow = BpmnWorkflow(spec)
        workflow.task_tree.data.update({"amount": 150, "customer": "c"})
        for task in workflow.get_tasks(state=TaskState.READY):
            task.data.update({"amount": 150, "customer": "c"})
        workflow.do_engine_steps()
        waiting = workflow.get_tasks(state=TaskState.READY, manual=True)
        waiting[0].data["approved"] = True
        waiting[0].run()
        workflow.do_engine_steps()
        assert workflow.is_completed()

    line("B1 full run, SpiffWorkflow", f"{cpu(run, max(20, times // 20)):.3f} ms")


LOOP = f"""{HEAD}<process id="L" isExecutable="true"><startEvent id="s"/><exclusiveGateway id="m"/><userTask id="u"/>
<scriptTask id="c" scriptFormat="python"><script>n = n + 1</script></scriptTask>
<sequenceFlow id="f1" sourceRef="s" targetRef="m"/><sequenceFlow id="f2" sourceRef="m" targetRef="u"/>
<sequenceFlow id="f3" sourceRef="u" targetRef="c"/><sequenceFlow id="f4" sourceRef="c" targetRef="m"/>
</process></definitions>"""


def loop_turns(turns: tuple[int, ...]) -> None:
    """A turn of a loop through a person: flat, however many have been.

    The turns are measured in alternation, many short rounds each, and the best round of each counts: what else the
    machine does meanwhile falls on all of them alike.
    """
    definition = read_bpmn(LOOP).definition("L")
    state = step(definition, new_state(), t.Started(variables={"n": 0}), ENV).state
    kept: list[State] = []
    at = 0
    for turn in turns:
        while at < turn - 1:
            state = step(definition, state, t.TaskCompleted(next(iter(state.waits))), ENV).state
            at += 1
        kept.append(state)
    best = [float("inf")] * len(turns)
    for number in range(ROUNDS):
        for place in range(len(turns)):
            which = (place + number) % len(turns)
            best[which] = min(best[which], _turn(definition, kept[which]))
    for turn, took in zip(turns, best, strict=True):
        line(f"a loop's turn {turn:,}", f"{took:.4f} ms", f"{took / best[0]:.2f} of turn 1; flat (± 20 %)")
    line("state after the last turn", f"{len(encode(state))} bytes")


ROUNDS = 300


def _turn(definition: Definition, state: State, times: int = 20) -> float:
    """Milliseconds of CPU a turn from this state, over a few of them."""
    answer = t.TaskCompleted(next(iter(state.waits)))
    begin = time.process_time_ns()
    for _ in range(times):
        step(definition, state, answer, ENV)
    return (time.process_time_ns() - begin) / times / 1e6


def _several(count: int) -> Definition:
    text = f"""{HEAD}<process id="M" isExecutable="true"><startEvent id="s"/><userTask id="u">
    <multiInstanceLoopCharacteristics><loopCardinality xsi:type="tFormalExpression">{count}</loopCardinality>
    </multiInstanceLoopCharacteristics></userTask><sequenceFlow id="f" sourceRef="s" targetRef="u"/></process>
    </definitions>"""
    return read_bpmn(text).definition("M")


def large_bodies(counts: tuple[int, ...]) -> None:
    """A completion among many parallel ones, as stored: main part and one more decoded, a step, both encoded again."""
    for count in counts:
        definition = _several(count)
        begin = time.process_time()
        state = step(definition, new_state(), t.Started(), ENV).state
        begun = (time.process_time() - begin) * 1000
        stored, waits = split(state), list(state.waits)
        assert count <= LARGE or len(stored.parts) > count // 100, "a large body is not kept in parts"

        def complete(wait: int, definition: Definition = definition, stored: Stored = stored) -> Stored:
            def fetch(ranges: tuple[Range, ...]) -> dict[int, bytes]:
                return {part: stored.parts[part] for low, high in ranges for part in range(low, high + 1)}

            return split(step_with(step, definition, decode(stored.body), t.TaskCompleted(wait), ENV, fetch).state)

        asked = itertools.cycle(waits[:: max(1, count // 20)])
        done = complete(waits[count // 2])
        written, kept = (len(one.body) + sum(map(len, one.parts.values())) for one in (done, stored))
        took = cpu(lambda: complete(next(asked)), 40)  # noqa: B023
        line(f"completion among {count:,}, loaded and stored", f"{took:.3f} ms", "≤ 5 ms, flat")
        line(f"  its bytes written, of {kept:,} kept", f"{written:,} bytes")
        line(f"  opening {count:,} in one step", f"{begun:.0f} ms", "linear")


def conditions(times: int) -> None:
    """One FEEL condition."""
    condition = compile_expression('amount > 100 and tier != "C"')
    moment = Moment(ENV.now, ENV.zone)
    scope = {"amount": 150, "tier": "A"}
    line("FEEL condition", f"{cpu(lambda: condition(scope, moment), times * 10) * 1000:.2f} µs", "≤ 3 µs")


def large_model(nodes: int) -> None:
    """A model of thousands of nodes in a row: read and checked, then run in one step."""
    ids = [f"t{number}" for number in range(nodes)]
    tasks = "".join(f'<task id="{id}"/>' for id in ids)
    flows = "".join(
        f'<sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(itertools.pairwise(["s", *ids, "e"]))
    )
    text = f'{HEAD}<process id="N" isExecutable="true"><startEvent id="s"/>{tasks}<endEvent id="e"/>{flows}'
    text += "</process></definitions>"
    line(f"a model of {nodes:,} nodes read and checked", f"{cpu(lambda: read_bpmn(text), 1):.0f} ms", "≤ 2,000 ms")
    definition = read_bpmn(text).definition("N")

    def run() -> None:
        assert step(definition, new_state(), t.Started(), ENV).ended is not None

    line("  run to its end in one step", f"{cpu(run, 1):.0f} ms", "without recursion")


def waiting_conditions(counts: tuple[int, ...]) -> None:
    """Many open conditions: opening each costs the same, and a write asks the one that reads it."""
    for count in counts:
        definition = _conditions(count)

        def begin(definition: Definition = definition) -> State:
            return step(definition, new_state(), t.Started(), ENV).state

        state = begin()

        def write(definition: Definition = definition, state: State = state) -> None:
            step(definition, state, t.ConditionChanged({"x7": 2}), ENV)

        line(f"opening one of {count:,} conditions", f"{cpu(begin, 1) / count * 1000:.1f} µs", "flat")
        line("  a write that one of them reads", f"{cpu(write, 5):.3f} ms")


def _conditions(count: int) -> Definition:
    event = (
        '<intermediateCatchEvent id="c{0}"><conditionalEventDefinition><condition xsi:type="tFormalExpression">'
        "x{0} &gt; 1</condition></conditionalEventDefinition></intermediateCatchEvent>"
        '<sequenceFlow id="f{0}" sourceRef="g" targetRef="c{0}"/>'
    )
    text = (
        f'{HEAD}<process id="C" isExecutable="true"><startEvent id="s"/><parallelGateway id="g"/>'
        f'<sequenceFlow id="f" sourceRef="s" targetRef="g"/>{"".join(map(event.format, range(count)))}'
        "</process></definitions>"
    )
    return read_bpmn(text, schema_check=False).definition("C")


def decision_table(rules: int, inputs: int) -> None:
    """One evaluation of a table of many rules, the last of which fires."""
    head = "".join(
        f'<input id="i{n}"><inputExpression typeRef="number"><text>a{n}</text></inputExpression></input>'
        for n in range(inputs)
    )
    rows = "".join(
        f'<rule id="r{rule}">'
        + f"<inputEntry><text>[{rule}..{rule + 1})</text></inputEntry>" * inputs
        + f"<outputEntry><text>{rule}</text></outputEntry></rule>"
        for rule in range(rules)
    )
    model = compile_decisions(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        '<decision id="t" name="t"><decisionTable id="dt" hitPolicy="FIRST">'
        f'{head}<output id="o" typeRef="number"/>{rows}</decisionTable></decision></definitions>'
    )
    given = {f"a{n}": Decimal(rules - 1) for n in range(inputs)}
    moment = Moment(ENV.now, ENV.zone)
    assert model.evaluate("t", given, moment).value == rules - 1
    took = cpu(lambda: model.evaluate("t", given, moment), 200)
    line(f"a table of {rules:,} rules × {inputs} inputs", f"{took:.3f} ms", "≤ 1 ms")


def both_kernels(times: int) -> None:
    """B1 on either kernel."""
    native_b1(times)
    spiff_b1(times)


def main(arguments: list[str]) -> None:
    """All measurements, or those that are named."""
    quick = "--quick" in arguments
    times = 300 if quick else 3000
    parts: dict[str, Callable[[], None]] = {
        "b1": lambda: both_kernels(times),
        "turns": lambda: loop_turns((1, 1000) if quick else (1, 1000, 100_000)),
        "bodies": lambda: large_bodies((100, 1000) if quick else (100, 1000, 10_000)),
        "model": lambda: large_model(500 if quick else 5000),
        "waiting": lambda: waiting_conditions((100, 1000) if quick else (100, 1000, 10_000)),
        "feel": lambda: conditions(times),
        "table": lambda: decision_table(100 if quick else 1000, 10),
    }
    for name in [name for name in arguments if not name.startswith("--")] or parts:
        parts[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
