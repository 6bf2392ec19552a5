"""Where programs stand in the feed of events. Law: `engine.forwarding` alone writes it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Table

from engine.store.tables import Document, Id, Moment, Name, metadata

event_subscription = Table(
    "event_subscription",
    metadata,
    Column("name", Name, primary_key=True),  # of the endpoint of the channel `webhook`
    Column("kinds", Document, nullable=False),  # of events; empty: all
    Column("process_key", Name),  # only this process's events
    Column("told_at", Moment, nullable=False),  # the place in the feed up to which events were handed over …
    Column("told_instance", Id, nullable=False),
    Column("told_seq", sa.Integer, nullable=False),
    Column("generation", sa.Integer, nullable=False),  # grows with every replay: what is told again is told anew
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
)
