"""Who does what only one may do. Law: a row with a lease says so; who is silent past it has lost it.

Duties that are harmless twice (sweeps of rows that are claimed one by one) need no leader. Those that read a whole
window (seals, clean-up, digests) do.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.store import tables as t
from engine.store import upsert


def lead(session: Session, duty: str, holder: str, seconds: float = 30.0) -> bool:
    """Take or keep the lease of a duty. False when somebody else holds it."""
    now = runtime_of(session).now()
    mine = {"holder": holder, "until": now + timedelta(seconds=seconds)}
    insert = upsert(session, t.lease).values(name=duty, **mine)
    free = sa.or_(t.lease.c.until < now, t.lease.c.holder == holder)
    taken = insert.on_conflict_do_update(index_elements=["name"], set_=mine, where=free).returning(t.lease.c.name)
    return session.scalar(taken) is not None


def resign(session: Session, holder: str) -> None:
    """Give back every lease: somebody else goes on at once."""
    session.execute(sa.delete(t.lease).where(t.lease.c.holder == holder))
