"""Batches as people follow them: how far, and what became of each item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.store import tables as t

b, item = t.batch.c, t.batch_item.c
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch. `state`: running, paused, cancelled, finished. total = done + failed + dropped + left."""

    id: int
    kind: str
    state: str
    started_by: str
    why: str
    created_at: datetime
    finished_at: datetime | None
    total: int
    done: int
    failed: int
    dropped: int
    left: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why items failed, or cannot follow: the same for `count` of them, some of which are named."""

    code: str
    text: str
    text_zh: str
    count: int
    instances: tuple[int, ...]

    def told(self, language: str) -> str:
        """The reason in Chinese or English."""
        return self.text_zh if language.startswith("zh") else self.text


@dataclass(frozen=True, slots=True)
class BatchDetail:
    """A batch with what was asked for, and its failures by reason, the most frequent first."""

    row: BatchRow
    criteria: Mapping[str, Any]
    parameters: Mapping[str, Any]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class BatchItemRow:
    """What became of one item. `result` is what the action tells of it (changes, the new instance)."""

    subject_id: int
    instance_id: int
    business_key: str | None
    state: str
    at: datetime | None
    code: str | None
    text: str
    text_zh: str
    result: Any


def batches(session: Session, *, open_only: bool = False, limit: int = 100) -> list[BatchRow]:
    """Batches, newest first."""
    query = sa.select(t.batch).order_by(b.created_at.desc(), b.id.desc()).limit(limit)
    if open_only:
        query = query.where(b.state.in_(("running", "paused")))
    rows = session.execute(query).all()
    counts = _counts(session, [row.id for row in rows])
    return [_row(row, counts.get(row.id, {})) for row in rows]


def batch(session: Session, batch_id: int) -> BatchDetail:
    """One batch. NotFound when there is none."""
    row = session.execute(sa.select(t.batch).where(b.id == batch_id)).first()
    if row is None:
        raise NotFound(what="batch", id=batch_id)
    counts = _counts(session, [batch_id]).get(batch_id, {})
    return BatchDetail(_row(row, counts), row.criteria, row.parameters, _reasons(session, batch_id))


def batch_items(
    session: Session, batch_id: int, *, state: str | None = None, page: int = 1, size: int = 100
) -> list[BatchItemRow]:
    """A page of a batch's items, by their ids."""
    query = (
        sa.select(t.batch_item, t.instance.c.business_key)
        .outerjoin(t.instance, t.instance.c.id == item.instance_id)
        .where(item.batch_id == batch_id)
        .order_by(item.subject_id)
        .limit(size)
        .offset((page - 1) * size)
    )
    rows = session.execute(query.where(item.state == state) if state else query)
    return [
        BatchItemRow(r.subject_id, r.instance_id, r.business_key, r.state, r.at, r.code, r.text, r.text_zh, r.result)
        for r in rows
    ]


def _counts(session: Session, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    query = sa.select(item.batch_id, item.state, sa.func.count()).where(item.batch_id.in_(ids))
    for id, state, number in session.execute(query.group_by(item.batch_id, item.state)):
        found.setdefault(id, {})[state] = number
    return found


def _row(row: Any, counts: Mapping[str, int]) -> BatchRow:
    done, failed, dropped, left = (counts.get(state, 0) for state in ("done", "failed", "dropped", "waiting"))
    head = (row.id, row.kind, row.state, row.started_by, row.why, row.created_at, row.finished_at, row.total)
    return BatchRow(*head, done, failed, dropped, left)


def _reasons(session: Session, batch_id: int) -> tuple[Reason, ...]:
    failed = sa.and_(item.batch_id == batch_id, item.state == "failed")
    number = sa.func.count().label("number")
    groups = (
        sa.select(item.code, item.text, item.text_zh, number)
        .where(failed)
        .group_by(item.code, item.text, item.text_zh)
        .order_by(number.desc(), item.text)
        .limit(50)
    )
    return tuple(
        Reason(row.code, row.text, row.text_zh, row.number, _examples(session, failed, row))
        for row in session.execute(groups).all()
    )


def _examples(session: Session, failed: sa.ColumnElement[bool], group: Any) -> tuple[int, ...]:
    same = sa.and_(failed, item.code == group.code, item.text == group.text)
    query = sa.select(item.instance_id).where(same).order_by(item.subject_id).limit(EXAMPLES)
    return tuple(session.scalars(query))
