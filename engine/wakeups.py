"""Hints across processes: a shard has due work. Law: a hint may be lost, late or doubled, and nothing is lost with it.

Told after the commit, on a connection of its own, by a thread that gathers what several commits told, so that no unit
of work waits for it or fails with it. On PostgreSQL a hint is a NOTIFY that every worker hears; on SQLite the one
process that writes tells itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from engine.execution import Runtime
from engine.log import logger

log = logger("wakeups")
CHANNEL = "dealflow_due"
AGAIN, LISTENS = 1.0, 0.5
"""Seconds before the next try to connect, and between looks whether all is over."""
Told = Callable[[frozenset[int]], None]


@dataclass(slots=True)
class Wakeups:
    """The threads of one process that tell and hear hints."""

    address: str
    heard: Told | None
    changed: threading.Condition = field(default_factory=threading.Condition)
    telling: set[int] = field(default_factory=set)
    over: bool = False
    listening: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)


def connect(runtime: Runtime, heard: Told | None = None) -> Wakeups | None:
    """Tell workers what becomes due by this process; `heard` is called with what others (and we) tell.

    None on SQLite, where `heard` is told directly.
    """
    if runtime.database.dialect.name == "sqlite":
        if heard is not None:
            runtime.tell = heard
        return None
    wakeups = Wakeups(runtime.database.url.set(drivername="postgresql").render_as_string(hide_password=False), heard)

    def tell(shards: frozenset[int]) -> None:
        with wakeups.changed:
            wakeups.telling |= shards
            wakeups.changed.notify()

    runtime.tell = tell
    for target in (_tell, _listen) if heard is not None else (_tell,):
        thread = threading.Thread(target=_keep_on, args=(wakeups, target), daemon=True, name=f"hints{target.__name__}")
        wakeups.threads.append(thread)
        thread.start()
    return wakeups


def close(wakeups: Wakeups) -> None:
    """Stop telling and hearing; what is not told yet is found by the sweep."""
    with wakeups.changed:
        wakeups.over = True
        wakeups.changed.notify_all()
    for thread in wakeups.threads:
        thread.join(2 * LISTENS)


def _keep_on(wakeups: Wakeups, work: Callable[[Wakeups, psycopg.Connection[Any]], None]) -> None:
    """A connection that breaks is opened again; that it broke is said once."""
    said = False
    while not wakeups.over:
        try:
            with psycopg.connect(wakeups.address, autocommit=True, application_name="dealflow hints") as connection:
                said = False
                work(wakeups, connection)
        except psycopg.Error as error:
            if not said:
                log.warning("hints_interrupted", error=str(error).strip())
            said = True
            threading.Event().wait(AGAIN)


def _tell(wakeups: Wakeups, connection: psycopg.Connection[Any]) -> None:
    while True:
        with wakeups.changed:
            while not wakeups.telling and not wakeups.over:
                wakeups.changed.wait()
            told = sorted(wakeups.telling)
            wakeups.telling.clear()
        if told:
            connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, " ".join(map(str, told))))
        elif wakeups.over:
            return


def _listen(wakeups: Wakeups, connection: psycopg.Connection[Any]) -> None:
    connection.execute(f"LISTEN {CHANNEL}")
    wakeups.listening.set()
    while not wakeups.over:
        for notice in connection.notifies(timeout=LISTENS):
            if wakeups.heard is not None:
                wakeups.heard(frozenset(map(int, notice.payload.split())))
            if wakeups.over:
                return
