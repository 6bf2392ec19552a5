"""Messages on their way out, and what attempts at handing them over came to. Named by `engine.store.tables`, too."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table

from engine.store.columns import Document, Id, Moment, Name, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("channel", sa.String(20), nullable=False),
    Column("recipient", Name, nullable=False),
    Column("template", Name, nullable=False),
    Column("language", sa.String(10), nullable=False, default="zh"),
    Column("data", Document, nullable=False),
    Column("dedupe_key", Name, nullable=False, unique=True),
    Column("state", sa.String(10), nullable=False),  # waiting | sent | failed | held | dropped
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("sent_at", Moment),
    Column("last_error", sa.Text),
    Column("instance_id", Id),
    Index(None, "state", "due_at"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("message_id", Id, nullable=False, index=True),  # of the outbox
    Column("instance_id", Id, index=True),
    Column("at", Moment, nullable=False),
    Column("attempt", sa.Integer, nullable=False),
    Column("outcome", sa.String(10), nullable=False),  # sent | delayed | failed
    Column("detail", sa.Text),
)
