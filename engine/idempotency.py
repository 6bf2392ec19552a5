"""Requests that come twice. Law: the same key and content get the same answer; other content is refused.

The row is written in the request's own unit of work: when that is rolled back, the key is free again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import Contended, DuplicateKey
from engine.execution import runtime_of
from engine.store import tables as t
from engine.store import upsert

KEPT = timedelta(days=30)


def earlier_answer(session: Session, key: str, content: bytes) -> tuple[int, Any] | None:
    """(status, answer) given to the key before; None when it is new. DuplicateKey when the content differs."""
    row = session.execute(sa.select(t.idempotency).where(t.idempotency.c.key == key)).first()
    if row is None:
        return None
    if row.fingerprint != _fingerprint(content):
        raise DuplicateKey(key=key)
    return int(row.status), row.answer


def keep_answer(session: Session, key: str, content: bytes, status: int, answer: Mapping[str, Any]) -> None:
    """Remember the answer. Contended when the same key came twice at once: run again, the second finds the answer."""
    insert = upsert(session, t.idempotency).values(
        key=key,
        fingerprint=_fingerprint(content),
        at=runtime_of(session).now(),
        status=status,
        answer=dict(answer),
    )
    if session.execute(insert.on_conflict_do_nothing().returning(t.idempotency.c.key)).scalar() is None:
        raise Contended(reason=f"the key {key} came twice at once")


def forget_old(session: Session) -> int:
    """Answers older than KEPT are given no more."""
    gone = session.execute(sa.delete(t.idempotency).where(t.idempotency.c.at < runtime_of(session).now() - KEPT))
    return int(getattr(gone, "rowcount", 0))


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
