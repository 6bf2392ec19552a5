"""How fast due timers are claimed and fired when very many are due at once, beside what the bare store does.

    .venv/bin/python bench/timers.py [--due 100000] [--fire 2000] [--only sqlite|postgres]

`--due` cases wait at one timer each (one is started by the engine and copied row by row, so that setting up costs
seconds). *Claimed*: batches of fifty are listed, their instances locked and looked at again, to the end of all that is
due. *Fired*: the sweep as the product runs it (fifty in one transaction, written in lists): the case goes on to its
next timer, with history. *Bare store*: one update of a 4 KB row and five inserts a step, fifty steps a commit, on the
same database in the same run; only the ratio of one run means anything. Each timer that fired is counted: none twice.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import postgres
from engine import api, firing, timers
from engine.execution import Runtime
from engine.ids import new_id
from engine.settings import load
from engine.store import tables as t

MODEL = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="http://dealflow/bench">
<process id="wait" isExecutable="true"><startEvent id="start"/>
<intermediateCatchEvent id="one"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>
</intermediateCatchEvent><intermediateCatchEvent id="two"><timerEventDefinition><timeDuration>P1D</timeDuration>
</timerEventDefinition></intermediateCatchEvent><endEvent id="end"/>
<sequenceFlow id="f1" sourceRef="start" targetRef="one"/><sequenceFlow id="f2" sourceRef="one" targetRef="two"/>
<sequenceFlow id="f3" sourceRef="two" targetRef="end"/></process></definitions>"""
BATCH = firing.BATCH


class Clock:
    """A clock that the measurement moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def fill(runtime: Runtime, count: int) -> None:
    """`count` cases that wait at their timer: one is started, the others are copies of its rows."""
    with runtime.transaction() as session:
        api.deploy(session, api.SYSTEM, "bench", {"wait.bpmn": MODEL})
    with runtime.transaction() as session:
        first = api.start(session, api.SYSTEM, "wait", {"amount": 1})
    with runtime.reading() as session:
        case = dict(session.execute(sa.select(t.instance).where(t.instance.c.id == first)).mappings().one())
        timer = dict(session.execute(sa.select(t.timer).where(t.timer.c.instance_id == first)).mappings().one())
    for begin in range(1, count, 5000):
        ids = [new_id() for _ in range(min(5000, count - begin))]
        with runtime.transaction() as session:
            session.execute(sa.insert(t.instance), [{**case, "id": id, "root_id": id} for id in ids])
            session.execute(sa.insert(t.timer), [{**timer, "id": new_id(), "instance_id": id} for id in ids])


def claimed(runtime: Runtime) -> tuple[int, float]:
    """(how many were claimed, seconds) of everything that is due, in batches; nothing is fired."""
    count, last, begun = 0, None, time.perf_counter()
    while True:
        with runtime.transaction() as session:
            due = timers.due(session, BATCH, last)
            count += len(timers.claim(session, due)) if due else 0
        if not due:
            return count, time.perf_counter() - begun
        last = due[-1]


def fired(runtime: Runtime, most: int) -> tuple[int, float]:
    """(how many fired, seconds) of the sweep."""
    count, begun = 0, time.perf_counter()
    while count < most:
        done = firing.sweep(runtime)
        if not done:
            break
        count += done
    return count, time.perf_counter() - begun


def bare(runtime: Runtime, steps: int) -> float:
    """Steps a second of the store alone: an update of 4 KB and five inserts each, fifty a commit."""
    metadata = sa.MetaData()
    body = sa.Table(
        "bare_body", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("b", sa.LargeBinary)
    )
    rows = sa.Table(
        "bare_row", metadata, sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("b", sa.LargeBinary)
    )
    metadata.create_all(runtime.database)
    with runtime.database.begin() as connection:
        connection.execute(sa.insert(body), [{"id": n, "b": b"x" * 4096} for n in range(BATCH)])
    change = sa.update(body).where(body.c.id == sa.bindparam("n")).values(b=sa.bindparam("value"))
    begun = time.perf_counter()
    for batch in range(steps // BATCH):
        with runtime.database.begin() as connection:
            for n in range(BATCH):
                connection.execute(change, {"n": n, "value": bytes([batch % 256]) * 4096})
                first = (batch * BATCH + n) * 5
                connection.execute(sa.insert(rows), [{"id": first + k, "b": b"y" * 300} for k in range(5)])
    return steps / (time.perf_counter() - begun)


def measure(name: str, url: str, folder: Path, args: Any) -> None:
    """One database; prints one line, and stops the run when a timer was lost or fired twice."""
    clock = Clock()
    runtime = api.open_engine(load(database_url=url, data_dir=folder, handlers=()), clock)
    api.migrate(runtime)
    fill(runtime, args.due)
    clock.at += timedelta(hours=2)
    count, span = claimed(runtime)
    assert count == args.due, f"{count} of {args.due} were claimed"
    alone = bare(runtime, args.fire)
    done, took = fired(runtime, min(args.fire, args.due))
    with runtime.reading() as session:
        moved = session.scalar(sa.select(sa.func.count()).where(t.timer.c.element == "two"))
        total = session.scalar(sa.select(sa.func.count()).select_from(t.timer))
    assert (moved, total) == (done, args.due), f"{done} fired, {moved} went on, {total} timers are left"
    print(
        f"{name:10} {args.due:,} due: claimed {count / span:8,.0f}/s   fired {done / took:6,.0f}/s   "
        f"bare store {alone:6,.0f} steps/s   fired/bare {done / took / alone:4.0%}"
    )
    runtime.database.dispose()


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where its wheel is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--due", type=int, default=20_000)
    parser.add_argument("--fire", type=int, default=2_000)
    postgres.ask_which(parser)
    args = parser.parse_args()
    with postgres.stores(args.only) as found:
        for name, url, folder in found:
            measure(name, url, folder, args)


if __name__ == "__main__":
    main()
