"""What people keep for their inbox: filters with a name, and the address under which a calendar reads due dates.

Law: `engine.api.lists` alone writes them; of a feed's secret only the hash is kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from engine.store.tables import Document, Id, Moment, Name, metadata

inbox_filter = Table(
    "inbox_filter",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("person_id", Name, ForeignKey("person.id"), nullable=False),
    Column("team", Name),  # the team that sees it too
    Column("name", Name, nullable=False),
    Column("query", Document, nullable=False),  # engine.queries.inbox.Ask, as a context
    Column("created_at", Moment, nullable=False),
    Index(None, "person_id"),
    Index(None, "team"),
)

calendar_feed = Table(
    "calendar_feed",
    metadata,
    Column("person_id", Name, ForeignKey("person.id"), primary_key=True),
    Column("sha256", sa.String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)
