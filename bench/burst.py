"""Very many timers due at once, on fresh databases: claimed and fired beside the bare store. See `bench.timers`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bench import timers
from engine import api
from engine.settings import load
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class Burst:
    """Timers a second claimed and fired, and steps a second of the bare store in the same minute."""

    due: int
    claimed: float
    fired: float
    bare: float


def measure(url: str, folder: Path, due: int, fire: int) -> Burst:
    """`due` timers are claimed, `fire` of them fired. RuntimeError when one was lost or fired twice."""
    clock = timers.Clock()
    runtime = api.open_engine(load(database_url=url, data_dir=folder, handlers=(), log_level="WARNING"), clock)
    api.migrate(runtime)
    timers.fill(runtime, due)
    clock.at += timedelta(hours=2)
    count, span = timers.claimed(runtime)
    bare = timers.bare(runtime, fire)
    done, took = timers.fired(runtime, min(fire, due))
    with runtime.reading() as session:
        moved = session.scalar(sa.select(sa.func.count()).where(t.timer.c.element == "two"))
        total = session.scalar(sa.select(sa.func.count()).select_from(t.timer))
    runtime.database.dispose()
    if (count, moved, total) != (due, done, due):
        raise RuntimeError(f"{count} of {due} claimed, {done} fired, {moved} went on, {total} are left")
    return Burst(due, count / span, done / took, bare)
