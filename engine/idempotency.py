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

from engine.errors import DuplicateKey
from engine.execution import runtime_of
from engine.store import tables as t

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
    """Remember the answer; a second request at the same moment fails on the key and is rolled back."""
    now = runtime_of(session).now()
    session.execute(sa.delete(t.idempotency).where(t.idempotency.c.at < now - KEPT))
    session.execute(
        sa.insert(t.idempotency).values(
            key=key, fingerprint=_fingerprint(content), at=now, status=status, answer=dict(answer)
        )
    )


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
