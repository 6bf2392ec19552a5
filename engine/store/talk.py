"""What people say about their work, beside what they do. Named by `engine.store.tables`, too."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from engine.store.columns import Document, Id, Moment, Name, metadata

comment = Table(
    "comment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),
    Column("task_id", Id, ForeignKey("user_task.id")),  # at which task it was said
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("mentions", Document, nullable=False),  # sign-in names of those whom it names
    Column("file", Document),  # what hangs on it: {"document", "name", "size", "sha256"}
    Column("withdrawn_at", Moment),
    Index(None, "instance_id", "at"),
    Index(None, "task_id"),
)
