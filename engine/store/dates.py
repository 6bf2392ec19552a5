"""The table of dates that send a message when they come. Law: only `engine.schedule` writes it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table, UniqueConstraint

from engine.store.tables import Document, Id, Moment, Name, metadata

schedule = Table(
    "schedule",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("message", Name, nullable=False),
    Column("business_key", Name, nullable=False),
    Column("variables", Document, nullable=False),
    Column("dedupe_key", Name, nullable=False),
    Column("day", sa.Date),  # when it is due on a day, not at a moment
    Column("due_at", Moment, nullable=False),
    Column("state", sa.String(10), nullable=False),  # waiting | sent | cancelled | failed
    Column("attempts", sa.Integer, nullable=False),
    Column("last_error", sa.Text),
    Column("instance_id", Id),  # who planned it; may be cleaned up before the date comes
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    UniqueConstraint("dedupe_key"),
    Index(None, "state", "due_at", "id"),
    Index(None, "business_key"),
)
