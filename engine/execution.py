"""What a unit of work runs with. Law: made once by `bootstrap`-like wiring, passed on through the session.

Functions of the rooms above take `session` first; `runtime_of(session)` gives them the clock, the settings, the
registry and the cache of compiled definitions.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import Clock, system_clock
from engine.errors import Contended, DatabaseUnavailable
from engine.log import logger
from engine.registry import Registry
from engine.settings import Settings, parse_offset
from engine.store import is_unproved, open_database, overtaken, reading, transaction

log = logger("execution")

Result = TypeVar("Result")
TRIES, LONGEST_PAUSE = 5, 0.05
"""How often a unit that met another one is run, and how long (in seconds) it steps back at most the first time."""


def _nobody(shards: frozenset[int]) -> None:
    """No worker listens in this process: the sweeps of others find what is due."""


def _nobody_asks() -> None:
    """No program outside waits at this process for work."""


class Undone(Exception):
    """Nothing of the unit is to be kept, and who raised it does it again another way: it says nothing about rows."""


@dataclass(slots=True)
class Runtime:
    """One process's engine: what does not change from step to step."""

    settings: Settings
    database: sa.Engine
    registry: Registry
    clock: Clock
    compiled: dict[int, Any] = field(default_factory=dict)
    """Definition id -> compiled package; definitions never change, so entries never go stale."""
    cache: dict[str, Any] = field(default_factory=dict)
    """Small read-mostly values of rooms above, by room name (business calendar, policies)."""
    supposed: dict[tuple[Any, ...], Mapping[str, Any] | None] = field(default_factory=dict)
    """Rows that hardly ever change, as they were last read (`engine.supposing`)."""
    tell: Callable[[frozenset[int]], None] = field(default=_nobody)
    """Told after a commit in which shards something became due; a hint: nothing is lost when nobody listens."""
    offered: Callable[[], None] = field(default=_nobody_asks)
    """Told after a commit that there is new work for programs outside; a hint as well."""

    @property
    def zone(self) -> tzinfo:
        """The business zone."""
        return self.settings.tzinfo

    def now(self) -> datetime:
        """The present (aware)."""
        return self.clock()

    @property
    def supposes(self) -> bool:
        """Whether a row that is not read saves enough: where a statement is a journey."""
        return self.database.dialect.name == "postgresql"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A unit of work that knows this runtime: committed at its end, or nothing of it."""
        with transaction(self.database, runtime=self) as session:
            yield session

    def unit(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` in a unit of work and return its result; a unit that met another one is run again, unseen.

        So is one that found a key taken which it had looked for (`overtaken`): now it finds the row. Where it does so
        every time, nobody else is the cause, and the error is told as it is. Contended when it met others every time.
        `work` is run anew each time: it reads what it needs itself.
        DatabaseUnavailable is told at once: what SavedUnknown may have saved is not done again.
        """
        for attempt in range(1, TRIES + 1):
            session: Session | None = None
            try:
                with transaction(self.database, runtime=self, supposes=self.supposes and attempt == 1) as session:
                    return work(session)
            except Exception as error:
                unproved = session is not None and is_unproved(session)
                if unproved and not isinstance(error, Undone | DatabaseUnavailable):
                    self.supposed.clear()  # what it supposed may be why: it is run again and reads
                    log.info("unit_run_again", error=type(error).__name__)
                    continue
                if attempt == TRIES or not (isinstance(error, Contended) or overtaken(error)):
                    raise
            time.sleep(random.uniform(0, LONGEST_PAUSE * 2**attempt))
        raise AssertionError("unreachable")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading alone."""
        with reading(self.database, runtime=self) as session:
            yield session


def make_runtime(settings: Settings, registry: Registry, clock: Clock | None = None) -> Runtime:
    """Open the database and put the parts together."""
    return Runtime(
        settings=settings,
        database=open_database(settings.database_url, **_connections(settings)),
        registry=registry,
        clock=clock or system_clock(parse_offset(settings.clock_offset)),
    )


def _connections(settings: Settings) -> dict[str, int]:
    """A handler outside any transaction reads on a connection of its own, beside those of pages and duties."""
    return {"pool_size": (5 if settings.database_url.startswith("sqlite") else 20) + settings.concurrency}


def runtime_of(session: Session) -> Runtime:
    """The runtime that opened this session."""
    runtime: Runtime = session.info["runtime"]
    return runtime
