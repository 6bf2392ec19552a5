"""What was said about a case: by everybody who works on it, in it and in what it called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.queries.standing import english
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment: at which task it was said ("" for the case itself), whom it names, which file hangs on it.

    `file`: {"document", "name", "size", "sha256"}. A withdrawn one has no words any more.
    """

    id: int
    at: datetime
    by: str
    text: str
    mentions: tuple[str, ...]
    file: Mapping[str, Any] | None
    task_id: int | None
    task_name: str
    task_name_en: str
    withdrawn: bool


def comments(session: Session, instance_id: int) -> list[CommentRow]:
    """All comments of the tree of calls that the instance belongs to, oldest first."""
    root = sa.select(t.instance.c.root_id).where(t.instance.c.id == instance_id).scalar_subquery()
    columns = (t.comment, t.user_task.c.name, t.user_task.c.element, t.user_task.c.definition_id)
    query = (
        sa.select(*columns)
        .join(t.instance, t.instance.c.id == t.comment.c.instance_id)
        .outerjoin(t.user_task, t.user_task.c.id == t.comment.c.task_id)
        .where(t.instance.c.root_id == root)
        .order_by(t.comment.c.at, t.comment.c.id)
    )
    return [_row(session, row) for row in session.execute(query)]


def _row(session: Session, row: Any) -> CommentRow:
    name = row.name or ""
    name_en = english(definitions.package(session, row.definition_id), row.element, name) if name else ""
    return CommentRow(
        id=row.id,
        at=row.at,
        by=row.by,
        text=row.text,
        mentions=tuple(row.mentions),
        file=row.file,
        task_id=row.task_id,
        task_name=name,
        task_name_en=name_en,
        withdrawn=row.withdrawn_at is not None,
    )


def number_of_comments(session: Session, task_ids: Iterable[int]) -> dict[int, int]:
    """Task -> how many comments stand at it; tasks without any are left out. For lists."""
    c = t.comment.c
    asked = sa.select(c.task_id, sa.func.count()).where(c.task_id.in_(list(task_ids)), c.withdrawn_at.is_(None))
    return {row[0]: row[1] for row in session.execute(asked.group_by(c.task_id))}
