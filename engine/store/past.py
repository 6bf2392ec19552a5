"""What happened, and what vouches for it. Law: rows are added; where some went in their time, `cleaned` says so."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table, UniqueConstraint

from engine.store.columns import Document, Hash, Id, Moment, Name, metadata

history = Table(
    "history",
    metadata,
    Column("instance_id", Id, primary_key=True),
    Column("seq", sa.Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", Name),
    Column("trigger", Document, nullable=False),
    Column("events", Document, nullable=False),
    Column("hash", Hash),  # over the row before and this one; none in rows older than the chain
    Index(None, "at"),
)

decision_log = Table(
    "decision_log",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("instance_id", Id),
    Column("seq", sa.Integer),  # of the history row that it belongs to
    Column("element", Name),
    Column("decision", Name, nullable=False),
    Column("model_hash", sa.String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("inputs", Document, nullable=False),
    Column("output", Document),
    Column("fired", Document, nullable=False),
    Index(None, "instance_id", "at"),
    Index(None, "decision", "at"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("subject", Name, nullable=False),  # e.g. instance:123, task:45, person:li
    Column("seq", sa.Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Name, nullable=False),
    Column("action", Name, nullable=False),
    Column("data", Document),
    Column("previous", sa.String(64), nullable=False),
    Column("hash", sa.String(64), nullable=False),
    UniqueConstraint("subject", "seq"),
    Index(None, "at"),
)

seal = Table(
    "seal",
    metadata,
    Column("number", sa.Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("until", Moment, nullable=False),  # history rows up to here are in it
    Column("heads", sa.LargeBinary, nullable=False),  # engine.seals says how
    Column("previous", Hash, nullable=False),
    Column("hash", Hash, nullable=False),
)

cleaned = Table(
    "cleaned",
    metadata,
    Column("instance_id", Id, primary_key=True, autoincrement=False),
    Column("key", Name, nullable=False),
    Column("seq", sa.Integer, nullable=False),  # of its last history row
    Column("hash", Hash),
    Column("ended_at", Moment, nullable=False),
    Column("at", Moment, nullable=False),
)
