"""What each process of the load does until it is killed. Law: whatever it was told, it has written to its log first.

`intents` of a client is written before it asks for something, `acks` after it was told that it is done: what was
acknowledged must be so for ever, and what was asked for twice must be there once.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import api, cleanup, crashpoints, scheduler, seals
from engine.clock import system_clock
from engine.errors import CallerError, MigrationRefused, OperatorError, WaitClosed
from engine.execution import Runtime
from engine.queries.selection import Cases
from engine.settings import load
from engine.statistics import keeping
from engine.store import tables as t
from tests.chaos import diagrams, work
from web.cli import serving

MOST_OPEN = 40
"""Orders that stand open at once; beyond, clients only work on what is there."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is started with. `crash_at`: as in `DEALFLOW_CRASH_AT`."""

    folder: Path
    database_url: str
    smtp_url: str
    name: str
    seed: int
    number: int = 0
    of: int = 1
    crash_at: str = ""


def begin(task: Task) -> None:
    """Settings and standard streams of the process; armed from now on."""
    os.environ |= {
        "DEALFLOW_DATABASE_URL": task.database_url,
        "DEALFLOW_DATA_DIR": str(task.folder),
        "DEALFLOW_HANDLERS": "tests.chaos.work,handlers",
        "DEALFLOW_SMTP_URL": task.smtp_url,
        "DEALFLOW_SWEEP_SECONDS": "0.15",
        "DEALFLOW_LEASE_SECONDS": "2",
        "DEALFLOW_MAIL_HOLD_HOURS": "9999",
        "DEALFLOW_LANGUAGE": "en",
        work.OUTSIDE: str(task.folder / "outside"),
    }
    log = os.open(task.folder / f"{task.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    random.seed(task.seed)
    crashpoints.arm(task.crash_at)


def nothing() -> None:
    """The first process of a nest waits until everything is imported."""


def worker(task: Task) -> None:
    """`dealflow worker`, as it is; its rarer duties come more often."""
    begin(task)
    scheduler.SLOW = 0.5
    sys.argv[0] = "dealflow"
    serving.worker.main(args=[], standalone_mode=False)


def until_killed(task: Task, act: Callable[[], None], pause: float) -> None:
    """Act again and again; a refusal is none of the load's business, what nobody expects is written down."""
    while True:
        try:
            act()
        except (OperatorError, CallerError, MigrationRefused, WaitClosed) as refused:
            print(type(refused).__name__, refused, flush=True)
            time.sleep(0.1 if isinstance(refused, OperatorError) else 0)
        except Exception:
            with open(task.folder / "faults", "a", encoding="utf-8") as faults:
                faults.write(f"{task.name}: {traceback.format_exc()}\n")
        time.sleep(random.uniform(0, pause))


def keeper(task: Task) -> None:
    """Seals, cleans up, deploys new versions and carries cases over to them."""
    begin(task)
    runtime = api.open_engine(load(), system_clock(timedelta(minutes=2)))

    def migrate() -> None:
        with runtime.reading() as session:
            newest = session.scalar(sa.select(sa.func.max(t.definition.c.version)).where(t.definition.c.key == "order"))
            former = sa.select(t.definition.c.id).where(t.definition.c.key == "order", t.definition.c.version < newest)
            mine = sa.and_(t.instance.c.state == "active", t.instance.c.definition_id.in_(former))
            some = session.scalars(sa.select(t.instance.c.id).where(mine).order_by(t.instance.c.id).limit(3)).all()
        if some and random.random() < 0.5:
            runtime.unit(lambda session: [api.migrate_instance(session, api.SYSTEM, id) for id in some])
        elif some:  # the workers do it
            runtime.unit(lambda session: api.start_batch(session, api.SYSTEM, "migrate", Cases(ids=tuple(some))))
        else:
            number = time.time_ns()
            runtime.unit(lambda session: api.deploy(session, api.SYSTEM, "chaos", diagrams.package(number)))

    def act() -> None:
        runtime.unit(seals.make)
        keeping.keep_up(runtime)
        cleanup.sweep(runtime, any_hour=True)
        migrate()

    until_killed(task, act, 0.3)


class Journal:
    """Lines of what was asked and what was answered. A line that is written survives the process."""

    def __init__(self, folder: Path, number: int) -> None:
        self.path = folder / f"journal-{number}"
        self.folder = folder

    def write(self, kind: str, **what: object) -> None:
        """Append one line."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, **what}) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """All lines; a last one that was cut short counts as never written."""
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines(True) if line[-1] == "\n"]


def client(task: Task) -> None:
    """A program that starts cases and answers tasks; after a crash it goes on from its journal."""
    begin(task)
    runtime, journal = api.open_engine(load()), Journal(task.folder, task.number)
    answered = {line["number"] for line in journal.read() if line["kind"] == "started"}
    number = max(answered, default=task.number - task.of)
    often_held = 0.6 if task.crash_at.startswith("message.taken") else 0.92

    def start(kind: str, open_now: int) -> None:
        nonlocal number
        if open_now >= MOST_OPEN:
            return
        wanted = number + task.of
        journal.write("starting", number=wanted)
        instances = runtime.unit(lambda session: start_once(session, wanted))
        journal.write("started", number=wanted, **instances)
        number = wanted

    def act() -> None:
        choice = random.random()
        if choice < 0.25:
            start("order", open_orders(runtime))
        elif choice < min(0.75, often_held):
            complete_one(runtime, journal, f"{task.name}:{time.time_ns()}")
        elif choice < often_held:
            pay_one(runtime, journal, random.randint(0, number + 2 * task.of))
        else:
            hold_one(runtime, journal)

    until_killed(task, act, 0.02)


def start_once(session: Any, number: int) -> dict[str, int]:
    """An order and a brief case, by an idempotency key: asked for again, the same come back."""
    before = api.earlier_answer(session, f"order-{number}", b"")
    if before is not None:
        return dict(before[1])
    answer = {
        "order": api.start(session, api.SYSTEM, "order", business_key=f"O-{number}"),
        "brief": api.start(session, api.SYSTEM, "brief", business_key=f"O-{number}"),
    }
    api.keep_answer(session, f"order-{number}", 201, answer)
    return answer


def open_orders(runtime: Runtime) -> int:
    """Orders that have not ended."""
    mine = sa.and_(t.instance.c.key == "order", t.instance.c.state.in_(("active", "suspended")))
    with runtime.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(t.instance).where(mine)) or 0


def open_tasks(runtime: Runtime, limit: int = 5) -> list[Any]:
    """Some of the oldest open tasks."""
    query = sa.select(t.user_task.c.id, t.user_task.c.assignee).where(t.user_task.c.state == "open")
    with runtime.reading() as session:
        return list(session.execute(query.order_by(t.user_task.c.id).limit(limit)).all())


def complete_one(runtime: Runtime, journal: Journal, token: str) -> bool:
    """Finish one of the oldest open tasks as its assignee; others may be at the same one."""
    tasks = open_tasks(runtime)
    if not tasks:
        return False
    task = random.choice(tasks)
    who = task.assignee or "li"
    with runtime.reading() as session:
        actor = api.actor(session, who)
    runtime.unit(lambda session: api.complete(session, actor, task.id, {"token": token}))
    journal.write("completed", task=task.id, token=token, by=who)
    return True


def pay_one(runtime: Runtime, journal: Journal, number: int) -> None:
    """Send an order's message, perhaps before the order is there, perhaps again."""
    key = f"O-{number}"
    delivery = runtime.unit(
        lambda session: api.send_message(session, api.SYSTEM, "paid", business_key=key, message_id=f"paid-{number}")
    )
    journal.write("paid", number=number, state=delivery.state)


def hold_one(runtime: Runtime, journal: Journal) -> None:
    """Suspend an order for a moment and send its message meanwhile; whoever dies then leaves it suspended."""
    mine = sa.and_(t.instance.c.key == "order", t.instance.c.state.in_(("active", "suspended")))
    with runtime.reading() as session:
        columns = t.instance.c.id, t.instance.c.state, t.instance.c.business_key
        some = session.execute(sa.select(*columns).where(mine).order_by(t.instance.c.id.desc()).limit(10)).all()
    if not some:
        return
    id, state, key = random.choice(some)
    if state == "active":
        runtime.unit(lambda session: api.suspend(session, api.SYSTEM, id))
        pay_one(runtime, journal, int(key[2:]))
    runtime.unit(lambda session: api.resume(session, api.SYSTEM, id))


ROLES: dict[str, Callable[[Task], None]] = {"worker": worker, "client": client, "keeper": keeper}
