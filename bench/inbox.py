"""How long a person's inbox takes among a million open tasks.

    python -m bench.inbox [--tasks 1000000] [--only sqlite|postgres]

Filled by SQL: copies of one task that the engine opened, five hundred for each person, one in fifty of them unassigned
in the queue of one of a hundred teams. What is timed is the read model behind the page (`queries.inbox`: one page of
fifty rows, its total, and the counts of all views), for one person after another, so that nothing is warm by chance.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench import postgres
from bench.contenders import dealflow
from engine import queries
from engine.execution import Runtime
from engine.identity import Actor
from engine.queries.lists import Sort, View
from engine.store import tables as t

EACH = 500
"""Open tasks of a person."""
TEAMS, QUEUED = 100, 50
"""How many teams, and of how many tasks one stands in a team's queue."""
LOOKS = 20


@dataclass(frozen=True, slots=True)
class Looked:
    """One view: median and longest of the looks, in milliseconds."""

    view: str
    median: float
    longest: float
    total: int


def fill(runtime: Runtime, tasks: int) -> int:
    """`tasks` open tasks for so many people as have five hundred each; how many people."""
    [instance] = dealflow.start(runtime, "B1")
    people = max(2, tasks // EACH)
    with runtime.transaction() as session:
        sqlite = runtime.database.dialect.name == "sqlite"
        numbers = (
            "(WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < :most) SELECT n FROM c) AS s"
        )
        if not sqlite:
            numbers = "(SELECT n::bigint AS n FROM generate_series(1, :most) AS n) AS s"
        queued = f"s.n % {QUEUED} = 0"
        changed = {
            "id": "s.n",
            "wait": "1000000 + s.n",
            "assignee": f"CASE WHEN {queued} THEN NULL ELSE 'p' || (s.n % :people) END",
            "team": f"'team' || (s.n / {QUEUED} % {TEAMS})",
            "due_at": "datetime('now', (s.n * 7919 % 40000 - 10000) || ' minutes') || '.000000'"
            if sqlite
            else "now() + (s.n * 7919 % 40000 - 10000) * interval '1 minute'",
            "search": "'approve b1 px-2026-' || s.n",
            "business_key": "'PX-2026-' || s.n",
        }
        columns = [column.name for column in t.user_task.columns]
        values = ", ".join(changed.get(name, f'u."{name}"') for name in columns)
        listed = ", ".join(f'"{name}"' for name in columns)
        session.execute(
            sa.text(
                f"INSERT INTO user_task ({listed}) SELECT {values} FROM user_task u CROSS JOIN {numbers}"
                " WHERE u.instance_id = :instance"
            ),
            {"most": tasks, "people": people, "instance": instance},
        )
        session.execute(sa.insert(t.person), [{"id": f"p{n}", "name": f"Person {n}"} for n in range(people)])
        session.execute(sa.insert(t.team), [{"id": f"team{n}", "name": f"Team {n}"} for n in range(TEAMS)])
        session.execute(sa.text("ANALYZE"))
    return people


def look(runtime: Runtime, people: int) -> list[Looked]:
    """Every view, each time as another person."""
    found = []
    views: tuple[tuple[str, View, Sort, str], ...] = (
        ("mine, by due date", "mine", "due", ""),
        ("mine, by priority", "mine", "priority", ""),
        ("mine, one word searched", "mine", "due", "px-2026-77"),
        ("my team's queue", "teams", "due", ""),
        ("mine, overdue", "overdue", "due", ""),
    )
    for name, view, sort, search in views:
        spans, totals = [], []
        for number in range(LOOKS):
            who = Actor(f"p{number * 97 % people}", frozenset({f"team{number % TEAMS}"}))
            begun = time.perf_counter()
            with runtime.reading() as session:
                page = queries.inbox(session, who, view, sort=sort, search=search)
            spans.append((time.perf_counter() - begun) * 1000)
            totals.append(page.total)
        found.append(Looked(name, statistics.median(spans), max(spans), round(statistics.median(totals))))
    return found


def measure(url: str, folder: Path, tasks: int) -> list[Looked]:
    """Fill a database and look. An inbox that does not hold what was put into it gives no figure."""
    runtime = dealflow.opened(url, folder)
    people = fill(runtime, tasks)
    looked = look(runtime, people)
    runtime.database.dispose()
    least = EACH * (QUEUED - 1) // QUEUED if tasks >= EACH else 1
    if looked[0].total < least - 10:
        raise RuntimeError(f"an inbox shows {looked[0].total} tasks")
    return looked


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where its wheel is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    postgres.ask_which(parser)
    arguments = parser.parse_args()
    with postgres.stores(arguments.only) as found:
        for store, url, folder in found:
            for seen in measure(url, folder, arguments.tasks):
                told = f"{seen.total:5} tasks  {seen.median:7.1f} ms, longest {seen.longest:.1f}"
                print(f"{store:10} {seen.view:24} {told}")


if __name__ == "__main__":
    main()
