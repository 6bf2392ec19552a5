"""How long a heat map takes over a million rows of history, and how fast history is folded into figures.

    .venv/bin/python bench/figures.py [--rows 1000000] [--days 90] [--only sqlite|postgres]

Some hundred cases are played by the engine over `--days` days (a task that is sometimes done again, a choice, a
script, an end) and their rows are copied in SQL until history has `--rows` rows. *Folded*: a rebuild from the first
row to the last, as the duty does it after a long stop. *Heat map*, *tasks*, *KPIs*: the median of nine calls, each in
a session of its own. *Scan*: reading and decoding every row of history once, which is what would have to be done
without figures (timed over a part, and multiplied).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import postgres
from engine import api
from engine.execution import Runtime
from engine.queries import kpis, statistics
from engine.settings import load
from engine.statistics import keeping
from engine.store import tables as t

MODEL = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  id="d" targetNamespace="http://dealflow/bench"><process id="case" isExecutable="true"><startEvent id="start"/>
<userTask id="enter" name="enter" camunda:dueDate="2BD"/><userTask id="check" name="check"/>
<exclusiveGateway id="ok" default="yes"/><scriptTask id="add" scriptFormat="python"><script>x = 1</script></scriptTask>
<userTask id="approve" name="approve"/><exclusiveGateway id="large" default="small"/>
<userTask id="second" name="second"/>
<endEvent id="end"/>
<sequenceFlow id="f1" sourceRef="start" targetRef="enter"/><sequenceFlow id="f2" sourceRef="enter" targetRef="check"/>
<sequenceFlow id="f3" sourceRef="check" targetRef="ok"/><sequenceFlow id="yes" sourceRef="ok" targetRef="add"/>
<sequenceFlow id="no" sourceRef="ok" targetRef="enter"><conditionExpression>again = true</conditionExpression>
</sequenceFlow><sequenceFlow id="f4" sourceRef="add" targetRef="approve"/>
<sequenceFlow id="f5" sourceRef="approve" targetRef="large"/>
<sequenceFlow id="small" sourceRef="large" targetRef="end"/>
<sequenceFlow id="big" sourceRef="large" targetRef="second"><conditionExpression>big = true</conditionExpression>
</sequenceFlow><sequenceFlow id="f6" sourceRef="second" targetRef="end"/></process></definitions>"""
PLAYED = 220


class Clock:
    """A clock that the measurement moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def play(runtime: Runtime, clock: Clock, days: int) -> None:
    """PLAYED cases over so many days; some are still open at the end."""
    chance = random.Random(1)
    with runtime.transaction() as session:
        api.deploy(session, api.SYSTEM, "bench", {"case.bpmn": MODEL})
    step = timedelta(days=days) / (PLAYED * 5)
    begun = 0
    while True:
        clock.at += step
        with runtime.reading() as session:
            open_tasks = session.scalars(sa.select(t.user_task.c.id).where(t.user_task.c.state == "open")).all()
        if begun < PLAYED and (chance.random() < 0.25 or not open_tasks):
            begun += 1
            with runtime.transaction() as session:
                api.start(session, api.SYSTEM, "case", {"amount": begun})
        elif len(open_tasks) > PLAYED // 20 or begun < PLAYED:
            with runtime.transaction() as session:
                values = {"again": chance.random() < 0.2, "big": chance.random() < 0.3}
                api.complete(session, api.SYSTEM, chance.choice(open_tasks), values)
        else:
            return


def copy(runtime: Runtime, wanted: int) -> int:
    """Copy cases with their history and tasks, all at once, until there are enough; returns the rows of history."""
    tables = ((t.instance, ("id", "root_id")), (t.history, ("instance_id",)), (t.user_task, ("id", "instance_id")))
    with runtime.reading() as session:
        first, last = (
            session.scalar(sa.select(sa.func.min(t.instance.c.id))),
            session.scalar(sa.select(sa.func.max(t.user_task.c.id))),
        )
        rows: int = session.scalar(sa.select(sa.func.count()).select_from(t.history)) or 0
    span = (last or 0) - (first or 0) + 1
    while rows < wanted:
        with runtime.transaction() as session:
            for table, moved in tables:
                columns = [column + span if column.name in moved else column for column in table.columns]
                names = [column.name for column in table.columns]
                session.execute(sa.insert(table).from_select(names, sa.select(*columns)))
        rows, span = rows * 2, span * 2
    with runtime.database.begin() as connection:  # what a day of quiet running would have done
        connection.exec_driver_sql("ANALYZE")
    if runtime.database.dialect.name == "sqlite":
        raw: Any = runtime.database.raw_connection()
        raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
    return rows


def timed(runtime: Runtime, ask: Callable[[Any], object], times: int = 9) -> float:
    """Milliseconds of one call: the median."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        with runtime.reading() as session:
            ask(session)
        found.append((time.perf_counter() - begun) * 1000)
    return median(found)


def scan(runtime: Runtime, rows: int, part: int = 50_000) -> float:
    """Seconds to read and decode all of history, from a part of it."""
    begun = time.perf_counter()
    with runtime.reading() as session:
        seen = sum(1 for _ in session.execute(sa.select(t.history).limit(part)))
    return (time.perf_counter() - begun) * rows / seen


def measure(name: str, url: str, folder: Path, args: Any) -> None:
    """One database; prints two lines."""
    clock = Clock()
    runtime = api.open_engine(load(database_url=url, data_dir=folder, handlers=()), clock)
    api.migrate(runtime)
    play(runtime, clock, args.days)
    rows = copy(runtime, args.rows)
    begun, worked = time.perf_counter(), time.process_time()
    folded = keeping.rebuild(runtime)
    took, worked = time.perf_counter() - begun, time.process_time() - worked
    assert folded == rows, f"{folded} of {rows} rows were folded"
    assert keeping.keep_up(runtime) == 0
    since = (clock.at - timedelta(days=30)).date()
    heat = timed(runtime, lambda session: statistics.heat_map(session, "case"))
    month = timed(runtime, lambda session: statistics.heat_map(session, "case", since=since))
    people = timed(runtime, lambda session: statistics.tasks(session, "case", by=("element", "person")))
    figures = timed(runtime, lambda session: kpis.kpis(session, "case", milestone="end"))
    with runtime.reading() as session:
        shown = statistics.heat_map(session, "case")
    facts = f"{rows:,} rows of history, {shown.started:,} cases"
    print(
        f"{name:10} {facts}: folded {folded / took:,.0f} rows/s by the clock, {folded / worked:,.0f} by the processor"
    )
    print(
        f"{'':10} heat map {heat:5.0f} ms (30 days {month:4.0f} ms)   tasks by person {people:5.0f} ms   "
        f"KPIs {figures:5.0f} ms   reading history instead {scan(runtime, rows):5.1f} s"
    )
    runtime.database.dispose()


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where its wheel is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    postgres.ask_which(parser)
    args = parser.parse_args()
    with postgres.stores(args.only) as found:
        for name, url, folder in found:
            measure(name, url, folder, args)


if __name__ == "__main__":
    main()
