"""The threads of a worker. Law: a thread holds nothing that is not a row; a crew that dies is missed by nobody.

Two kinds. Drainers do what is due in shards, inside transactions. Hands run claimed handlers, one each, outside any.
Both sleep until somebody tells them: a hint after a commit, the sweep, or a hand that is free again. Who stops claims
nothing more, lets the running handlers end, and gives back what did not end in time, so that others go on at once.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from engine import firing, handling, leases, shards
from engine.errors import Contended, DatabaseUnavailable, OperatorError
from engine.execution import Runtime
from engine.jobs import Job
from engine.log import logger

log = logger("crew")
DRAINERS = 2
PAUSE = 1.0
"""Seconds before the next try after the database was away."""


@dataclass(slots=True)
class Crew:
    """The threads of one process, and what they have in hand."""

    runtime: Runtime
    name: str
    hands: int
    changed: threading.Condition = field(default_factory=threading.Condition)
    shards: deque[int] = field(default_factory=deque)
    """Told to have due work, in the order in which they were told."""
    draining: set[int] = field(default_factory=set)
    claimable: bool = False
    """Whether there may be work to claim."""
    silent: bool = False
    """Whether it is time to look for jobs whose worker is silent."""
    queue: deque[Job] = field(default_factory=deque)
    held: dict[int, Job] = field(default_factory=dict)
    """Claimed and not yet finished."""
    stopping: bool = False
    threads: list[threading.Thread] = field(default_factory=list)
    swept: float = field(default_factory=time.monotonic)
    """When the last sweep ended."""


def start(runtime: Runtime, name: str) -> Crew:
    """Start the threads: as many hands as the settings say."""
    crew = Crew(runtime, name, runtime.settings.concurrency)
    drainers = 1 if runtime.database.dialect.name == "sqlite" else DRAINERS
    parts = [(_drain, "drainer")] * drainers + [(_claim, "claimer")] + [(_hand, "hand")] * crew.hands
    for number, (part, role) in enumerate(parts):
        thread = threading.Thread(target=part, args=(crew,), daemon=True, name=f"{role}-{number}")
        crew.threads.append(thread)
        thread.start()
    return crew


def tell(crew: Crew, due: Iterable[int]) -> None:
    """These shards have due work, or there is work to claim. Called from any thread; returns at once."""
    with crew.changed:
        known = {shards.CLAIMABLE, *crew.shards}
        for shard in due:
            crew.claimable = crew.claimable or shard == shards.CLAIMABLE
            if shard not in known:
                crew.shards.append(shard)
        crew.changed.notify_all()


def sweep(crew: Crew) -> None:
    """Look for what is due by now, or what a lost hint missed. Each process begins elsewhere."""
    found = firing.due_shards(crew.runtime)
    random.shuffle(found)
    with crew.changed:
        crew.silent = True
        crew.swept = time.monotonic()
    tell(crew, [*found, shards.CLAIMABLE])


def stop(crew: Crew, seconds: float) -> int:
    """Claim nothing more, wait so long for what runs, give back the rest; returns how many jobs were given back."""
    until = time.monotonic() + seconds
    with crew.changed:
        crew.stopping = True
        waiting = list(crew.queue)
        crew.queue.clear()
        crew.changed.notify_all()
    _give_back(crew, waiting)
    for thread in crew.threads:
        thread.join(max(0.0, until - time.monotonic()))
    with crew.changed:
        left = list(crew.held.values())
    _give_back(crew, left)
    return len(waiting) + len(left)


def _give_back(crew: Crew, claimed: list[Job]) -> None:
    if not claimed:
        return
    claims = [(job.id, job.fence) for job in claimed]
    try:
        crew.runtime.unit(lambda session: leases.give_back(session, claims))
    except OperatorError as error:  # the leases run out by themselves
        log.error("not_given_back", jobs=len(claims), error=str(error))
    with crew.changed:
        for job in claimed:
            crew.held.pop(job.id, None)


# ── drainers ───────────────────────────────────────────────────────────────────────────────────────────────────


def _drain(crew: Crew) -> None:
    """Take the next shard that nobody here drains, until the crew stops."""
    while True:
        with crew.changed:
            while not crew.stopping and (shard := _next(crew)) is None:
                crew.changed.wait()
            if crew.stopping or shard is None:
                return
            crew.draining.add(shard)
        # One writer at a time: on SQLite what is due in all shards shares batches.
        which = None if crew.runtime.database.dialect.name == "sqlite" else shard
        try:
            _enduring(crew, partial(firing.drain, crew.runtime, which))
        finally:
            with crew.changed:
                crew.draining.discard(shard)
                crew.changed.notify_all()


def _next(crew: Crew) -> int | None:
    if crew.runtime.database.dialect.name == "sqlite" and crew.shards:
        crew.shards.clear()
        return shards.SHARDS
    for _ in range(len(crew.shards)):
        shard = crew.shards.popleft()
        if shard not in crew.draining:
            return shard
        crew.shards.append(shard)  # told again while it is drained: once more, afterwards
    return None


# ── hands ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _claim(crew: Crew) -> None:
    """Claim as much as there are free hands, whenever there may be something."""
    while True:
        with crew.changed:
            while not crew.stopping and not (crew.claimable and len(crew.held) < crew.hands):
                crew.changed.wait()
            if crew.stopping:
                return
            free, silent = crew.hands - len(crew.held), crew.silent
            crew.claimable = crew.silent = False
        _enduring(crew, partial(_claim_some, crew, free, silent))


def _claim_some(crew: Crew, free: int, silent: bool) -> None:
    claimed = crew.runtime.unit(lambda session: leases.claim(session, crew.name, free, expired=silent))
    with crew.changed:
        late = claimed if crew.stopping else []
        if not crew.stopping:
            crew.held.update((job.id, job) for job in claimed)
            crew.queue.extend(claimed)
            crew.claimable = crew.claimable or len(claimed) == free
        crew.changed.notify_all()
    _give_back(crew, late)


def _hand(crew: Crew) -> None:
    """One handler at a time, until the crew stops."""
    while True:
        with crew.changed:
            while not crew.stopping and not crew.queue:
                crew.changed.wait()
            if not crew.queue:
                return
            job = crew.queue.popleft()
        try:
            _enduring(crew, partial(handling.outside, crew.runtime, job))
        finally:
            with crew.changed:
                crew.held.pop(job.id, None)
                crew.claimable = True  # a hand is free, and its case may have more work
                crew.changed.notify_all()


def _enduring(crew: Crew, work: Callable[[], object]) -> None:
    """A thread outlives what it works on: what failed is due still, or comes again when its lease runs out."""
    try:
        work()
    except DatabaseUnavailable as error:
        log.error("database_away", error=str(error))
        threading.Event().wait(PAUSE)
    except Contended:
        pass
    except Exception as error:
        log.error("crew_failed", exc_info=error)
