"""Who did what, chained. Law: entries are only added; each holds the hash of the one before it on the same subject."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.feel.codec import encode_value
from engine.ids import new_id
from engine.store import tables as t
from engine.store import upsert

ORIGIN = "0" * 64


def append(session: Session, subject: str, actor: str, action: str, data: Mapping[str, object]) -> str:
    """Add an entry to the subject's chain; returns its hash (SHA-256 over the previous hash and the entry).

    Two units that speak of one subject at once wait for each other here, and neither loses its entry: on PostgreSQL
    the second one's insert waits for the first's end, finds the place taken and takes the next. Whoever appends holds
    the end of the chain until its own end, so this is the last thing that a verb locks.
    """
    while True:
        now = runtime_of(session).now()
        last = session.execute(
            sa.select(t.audit_entry.c.seq, t.audit_entry.c.hash)
            .where(t.audit_entry.c.subject == subject)
            .order_by(t.audit_entry.c.seq.desc())
            .limit(1)
        ).first()
        seq, previous = (last.seq + 1, last.hash) if last else (1, ORIGIN)
        digest = entry_hash(previous, subject, seq, now, actor, action, data)
        row = {"subject": subject, "seq": seq, "at": now, "actor": actor, "action": action, "data": dict(data)}
        insert = upsert(session, t.audit_entry).values(id=new_id(), **row, previous=previous, hash=digest)
        mine = insert.on_conflict_do_nothing(index_elements=["subject", "seq"]).returning(t.audit_entry.c.seq)
        if session.scalar(mine) is not None:
            return digest


def entry_hash(
    previous: str, subject: str, seq: int, at: datetime, actor: str, action: str, data: Mapping[str, object]
) -> str:
    """The hash of one entry, from exactly what is stored: the moment in UTC."""
    content = encode_value([previous, subject, seq, at.astimezone(UTC).isoformat(), actor, action, dict(data)])
    return hashlib.sha256(content).hexdigest()
