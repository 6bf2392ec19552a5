"""How many B1 instances a second the engine starts and completes, every call committed before it returns.

    .venv/bin/python bench/b1.py [--count 200] [--only sqlite|postgres] [--statements]

B1 (start → expression → gateway → user task → parallel split → two expressions → join → end) is read from
../shared/bench where that stands beside the checkout; an equal model is inline. SQLite runs with synchronous=FULL,
PostgreSQL with its defaults, one client each, with full history. Figures of different runs are not comparable: the
clock speed of a machine changes under load.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import postgres
from engine import api
from engine.execution import Runtime
from engine.settings import load
from engine.store import tables as t

BESIDE = Path(__file__).parents[2] / "shared" / "bench" / "B1.bpmn"
INLINE = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="http://dealflow/bench">
<process id="B1" isExecutable="true"><startEvent id="start"/>
<serviceTask id="calc" camunda:expression="${amount * 2 / 100}" camunda:resultVariable="fee"/>
<exclusiveGateway id="gw" default="f3b"/><userTask id="approve"/><parallelGateway id="split"/>
<serviceTask id="a" camunda:expression="${amount - fee}" camunda:resultVariable="net"/>
<serviceTask id="b" camunda:expression="${amount * 2}" camunda:resultVariable="double"/>
<parallelGateway id="join"/><endEvent id="end"/><endEvent id="end2"/>
<sequenceFlow id="f1" sourceRef="start" targetRef="calc"/><sequenceFlow id="f2" sourceRef="calc" targetRef="gw"/>
<sequenceFlow id="f3" sourceRef="gw" targetRef="approve"><conditionExpression xsi:type="tFormalExpression">
${amount &gt; 100}</conditionExpression></sequenceFlow><sequenceFlow id="f3b" sourceRef="gw" targetRef="end2"/>
<sequenceFlow id="f4" sourceRef="approve" targetRef="split"/><sequenceFlow id="f5" sourceRef="split" targetRef="a"/>
<sequenceFlow id="f6" sourceRef="split" targetRef="b"/><sequenceFlow id="f7" sourceRef="a" targetRef="join"/>
<sequenceFlow id="f8" sourceRef="b" targetRef="join"/><sequenceFlow id="f9" sourceRef="join" targetRef="end"/>
</process></definitions>"""


def timed(works: list[Callable[[], object]]) -> tuple[float, float]:
    """(works a second, median milliseconds of one)."""
    spans = []
    for work in works:
        begun = time.perf_counter()
        work()
        spans.append(time.perf_counter() - begun)
    return len(spans) / sum(spans), statistics.median(spans) * 1000


def measure(name: str, url: str, folder: Path, count: int, show_statements: bool) -> None:
    """Deploy B1, start `count` instances, complete them all; print one line."""
    runtime = api.open_engine(load(database_url=url, data_dir=folder, handlers=()))
    api.migrate(runtime)
    content = BESIDE.read_bytes() if BESIDE.exists() else INLINE
    with runtime.transaction() as session:
        api.deploy(session, api.SYSTEM, "bench", {"B1.bpmn": content})
    _start(runtime)
    said: Counter[str] = Counter()
    event.listen(runtime.database, "before_cursor_execute", lambda *args: said.update([" ".join(args[2].split())[:70]]))
    starts = timed([lambda: _start(runtime)] * count)
    started, per_start = sum(said.values()) / count, Counter(said)
    with runtime.reading() as session:
        tasks = session.scalars(sa.select(t.user_task.c.id)).all()
    said.clear()
    cpu = time.process_time()
    completions = timed([lambda task=task: _complete(runtime, task) for task in tasks])
    cpu = (time.process_time() - cpu) / len(tasks) * 1000
    completed = sum(said.values()) / len(tasks)
    whole = 1 / (1 / starts[0] + 1 / completions[0])
    print(
        f"{name:9} B1 {whole:6.0f}/s   start {starts[0]:6.0f}/s {starts[1]:5.1f} ms {started:4.1f} statements   "
        f"complete {completions[0]:6.0f}/s {completions[1]:5.1f} ms {completed:4.1f} statements, {cpu:.1f} ms CPU"
    )
    if show_statements:
        for statements, n in ((per_start, count), (said, len(tasks))):
            print("\n".join(f"    {times / n:4.1f}  {text}" for text, times in statements.most_common()), "\n")
    with runtime.reading() as session:
        left = session.scalar(sa.select(sa.func.count()).where(t.instance.c.state != "completed"))
    assert left == 0, f"{left} instances did not end"
    runtime.database.dispose()


def _start(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        api.start(session, api.SYSTEM, "B1", {"amount": 150, "customer": "c"})


def _complete(runtime: Runtime, task: int) -> None:
    with runtime.transaction() as session:
        api.complete(session, api.SYSTEM, task, {"approved": True})


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where its wheel is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    postgres.ask_which(parser)
    parser.add_argument("--statements", action="store_true", help="show which statements a start and a completion cost")
    args = parser.parse_args()
    with postgres.stores(args.only) as found:
        for name, url, folder in found:
            measure(name, url, folder, args.count, args.statements)


if __name__ == "__main__":
    main()
