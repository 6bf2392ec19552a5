"""Requests that come twice. Law: the same key and content get the same answer; other content is refused.

The row is written in the request's own unit of work, before anything else is done: when that is rolled back, the key
is free again, and a second request with the key waits for the first one's answer. Statuses for programs follow
draft-ietf-httpapi-idempotency-key-header-06, section 2.7; web chooses them by the error's class.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine.errors import DuplicateKey, KeyInUse
from engine.execution import runtime_of
from engine.store import tables as t
from engine.store import upsert

KEPT = timedelta(days=30)
PATIENCE = timedelta(seconds=10)
"""How long a request waits for the answer of the one that came first with its key."""
RUNNING = 0
"""Stands as status while the first request is at work; nobody but itself ever sees it."""
_LOCK_NOT_AVAILABLE = "55P03"


def earlier_answer(session: Session, key: str, content: bytes, *, owner: str = "") -> tuple[int, Any] | None:
    """(status, answer) given to the key before; None when it is new, and then it is taken for this unit of work.

    Keys of different owners are different keys. DuplicateKey when the content differs; KeyInUse when the request that
    came first with the key is still at work after PATIENCE (SQLite writes one unit of work at a time and never asks).
    """
    if _taken(session, key, content, owner):
        return None
    row = session.execute(sa.select(t.idempotency).where(t.idempotency.c.key == _stored(owner, key))).one()
    if row.fingerprint != _fingerprint(content):
        raise DuplicateKey(key=key)
    return int(row.status), row.answer


def _taken(session: Session, key: str, content: bytes, owner: str) -> bool:
    """Whether the key was free and is ours now; waits for whoever took it and has not committed."""
    waits = session.get_bind().dialect.name == "postgresql"
    if waits:
        session.execute(sa.text(f"SET LOCAL lock_timeout = {int(PATIENCE.total_seconds() * 1000)}"))
    now = runtime_of(session).now()
    row = {"key": _stored(owner, key), "fingerprint": _fingerprint(content), "at": now}
    insert = upsert(session, t.idempotency).values(**row, status=RUNNING, answer={})
    try:
        taken = session.execute(insert.on_conflict_do_nothing().returning(t.idempotency.c.key)).scalar() is not None
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise KeyInUse(key=key) from error
        raise
    if waits:
        session.execute(sa.text("SET LOCAL lock_timeout TO DEFAULT"))
    return taken


def keep_answer(session: Session, key: str, status: int, answer: Mapping[str, Any], *, owner: str = "") -> None:
    """Remember the answer of the request that took the key."""
    session.execute(
        sa.update(t.idempotency)
        .where(t.idempotency.c.key == _stored(owner, key))
        .values(status=status, answer=dict(answer))
    )


def forget_old(session: Session) -> int:
    """Answers older than KEPT are given no more."""
    gone = session.execute(sa.delete(t.idempotency).where(t.idempotency.c.at < runtime_of(session).now() - KEPT))
    return int(getattr(gone, "rowcount", 0))


def _stored(owner: str, key: str) -> str:
    return f"{owner}:{key}" if owner else key


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
