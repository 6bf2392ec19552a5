"""How long after a SIGKILL the first step is done again, with a hundred thousand open instances.

    python -m bench.restart [--open 100000] [--only sqlite|postgres]

A process completes tasks as fast as it can and is killed in the middle. What is timed: from starting the next process
to its first committed completion, with the interpreter's start, imports, database recovery, the check of the schema and
the first use of the definition. Open instances are copies of one that the engine started, with all of its rows.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from bench import machine, postgres
from bench.contenders import dealflow
from bench.frame import ROOT
from engine.execution import Runtime
from engine.ids import new_id
from engine.store import tables as t

COPIED = (t.user_task, t.history, t.timer, t.job, t.subscription)
"""What may hang on an instance; its own columns `id` and `instance_id` are made anew."""


def fill(runtime: Runtime, count: int) -> None:
    """`count` open instances of B1: one is started, the others are copies of its rows."""
    [first] = dealflow.start(runtime, "B1")
    with runtime.reading() as session:
        case = dict(session.execute(sa.select(t.instance).where(t.instance.c.id == first)).mappings().one())
        hanging = [
            (
                table,
                [dict(row) for row in session.execute(sa.select(table).where(table.c.instance_id == first)).mappings()],
            )
            for table in COPIED
        ]
    for begin in range(1, count, 5000):
        ids = [new_id() for _ in range(min(5000, count - begin))]
        with runtime.transaction() as session:
            session.execute(sa.insert(t.instance), [{**case, "id": id, "root_id": id} for id in ids])
            for table, rows in hanging:
                own = {"id": None} if "id" in table.c else {}
                copies = [{**row, **{name: new_id() for name in own}, "instance_id": id} for id in ids for row in rows]
                if copies:
                    session.execute(sa.insert(table), copies)


def settle(runtime: Runtime) -> None:
    """Let the database write down what filling left in memory: a house that has run for a day has no such burst."""
    if runtime.database.dialect.name == "sqlite":
        machine.sqlite_size(Path(runtime.database.url.database or ""))  # it empties the log on the way
        return
    with runtime.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        connection.exec_driver_sql("ANALYZE")


def work(url: str, folder: Path) -> None:
    """The process: complete one task after the other and say each."""
    runtime = dealflow.opened(url, folder)
    while True:
        with runtime.reading() as session:
            tasks = session.scalars(sa.select(t.user_task.c.id).where(t.user_task.c.state == "open").limit(50)).all()
        for task in tasks:
            dealflow.complete(runtime, [task])
            print(task, flush=True)


def measure(url: str, folder: Path, count: int, times: int = 3) -> list[float]:
    """Seconds to the first completion after a kill, several times; a task that was said and is open again stops it."""
    runtime = dealflow.opened(url, folder)
    fill(runtime, count)
    settle(runtime)
    spans, said = [], []
    process, _ = _started(url, folder)
    for _ in range(times):
        said += [_line(process) for _ in range(5)]
        process.send_signal(signal.SIGKILL)
        process.communicate()
        process, span = _started(url, folder)
        spans.append(span)
    process.kill()
    process.communicate()
    with runtime.reading() as session:
        again = session.scalars(
            sa.select(t.user_task.c.id).where(t.user_task.c.id.in_(said), t.user_task.c.state == "open")
        )
        if lost := again.all():
            raise RuntimeError(f"completed, and open again after the kill: {lost}")
    runtime.database.dispose()
    return spans


def _started(url: str, folder: Path) -> tuple[subprocess.Popen[str], float]:
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.restart", "--work", url, "--folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    _line(process)
    return process, time.perf_counter() - begun


def _line(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where its wheel is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work, arguments.folder)
    with tempfile.TemporaryDirectory() as place, postgres.running(Path(place)) as server:
        urls = {"sqlite": f"sqlite:///{Path(place) / 'restart.db'}"}
        if server is not None:
            urls["postgres"] = server.create("restart")
        for store, url in urls.items():
            if arguments.only in (None, store):
                spans = measure(url, Path(place), arguments.open)
                middle = statistics.median(spans)
                print(f"{store:9} first step after a kill: median {middle:.2f} s, longest {max(spans):.2f}")


if __name__ == "__main__":
    main()
