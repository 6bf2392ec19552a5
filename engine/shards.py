"""Where due work belongs. Law: everything that is due of one tree of calls is in one shard.

A shard is the root instance's id modulo 64 (of a start timer: the definition's). Whoever drains a shard meets nobody
else who does, so that timers and jobs of one instance are worked off in their order, by as many processes as there are
shards. That a shard has due work is a hint, told after the commit; the sweep finds what a lost hint missed.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.store import after_commit

SHARDS = 64
"""More than the workers of a house, few enough that looking at each of them costs nothing."""
CLAIMABLE = -1
"""Told in place of a shard: there is work to claim, which nobody drains."""
_LOCKS = 0x64656C66
"""First half of the advisory lock of a shard."""


def shard_of(root_id: int) -> int:
    """The shard of a tree of calls."""
    return root_id % SHARDS


def hint(session: Session, shard: int) -> None:
    """Something becomes due in this shard (or CLAIMABLE) with the commit of this unit of work: workers are told."""
    told: set[int] | None = session.info.get("due_shards")
    if told is None:
        told = session.info["due_shards"] = set()
        runtime = runtime_of(session)
        after_commit(session, lambda: runtime.tell(frozenset(told)))
    told.add(shard)


def numbers() -> Any:
    """All shards as rows, for a look into each of them by its index."""
    first = sa.select(sa.literal(0).label("shard")).cte("shards", recursive=True)
    return first.union_all(sa.select(first.c.shard + 1).where(first.c.shard < SHARDS - 1))


def take(session: Session, shard: int) -> bool:
    """Hold the shard until the transaction ends. False when another process drains it just now."""
    if session.get_bind().dialect.name == "sqlite":  # its one writer is a lock for all shards
        return True
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCKS, shard))))
