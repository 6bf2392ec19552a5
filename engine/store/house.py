"""What a house decides about itself, and how people and programs come in.

Law: a secret stands here only as its hash, or sealed. `engine.house`, `engine.entry`, `engine.api.critical` and, of
tokens, `engine.identity` and `engine.api.administration` alone write these tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from engine.store.columns import Document, Id, Moment, Name, metadata

house_setting = Table(
    "house_setting",
    metadata,
    Column("key", Name, primary_key=True),
    Column("value", Document, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
)

web_session = Table(  # somebody is signed in at a browser
    "web_session",
    metadata,
    Column("sha256", sa.String(64), primary_key=True),  # of what the browser's cookie carries
    Column("person_id", Name, ForeignKey("person.id"), nullable=False),
    Column("how", sa.String(10), nullable=False),  # password | link | oidc
    Column("agent", Name, nullable=False, default=""),  # what the browser says it is
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index(None, "person_id", "ended_at"),
)

entry_link = Table(  # lets one person choose a password, once
    "entry_link",
    metadata,
    Column("sha256", sa.String(64), primary_key=True),
    Column("person_id", Name, ForeignKey("person.id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

critical_change = Table(  # waits for a second person
    "critical_change",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Name, nullable=False),
    Column("subject", Name, nullable=False),
    Column("data", Document, nullable=False),
    Column("why", sa.Text, nullable=False),
    Column("asked_by", Name, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", sa.String(10), nullable=False),  # open | agreed | refused | withdrawn
    Column("decided_by", Name),
    Column("decided_at", Moment),
    Index(None, "state", "asked_at"),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Name, nullable=False, unique=True),
    Column("sha256", sa.String(64), nullable=False, unique=True),
    Column("scopes", Name, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("created_by", Name),
    Column("expires_at", Moment),
)
