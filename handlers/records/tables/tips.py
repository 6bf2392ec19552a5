"""What colleagues learnt about a step of a process, and who found it useful."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from engine.store.tables import Id, Moment, Name
from handlers.records.tables.base import metadata

tip = Table(
    "tip",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("process", Name, nullable=False),  # its key
    Column("element", Name, nullable=False),  # a user task; empty: the whole process
    Column("title_zh", Name, nullable=False),
    Column("title_en", Name, nullable=False),
    Column("text_zh", sa.Text, nullable=False),
    Column("text_en", sa.Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("retired_at", Moment),
    Index("ix_tip_process_element", "process", "element"),
)

tip_vote = Table(
    "tip_vote",
    metadata,
    Column("tip_id", Id, ForeignKey("tip.id", name="fk_tip_vote_tip_id"), primary_key=True),
    Column("person", Name, primary_key=True),
    Column("useful", sa.Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)
