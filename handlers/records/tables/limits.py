"""Credit limits: what may be lent to whom, what of it is promised, and what is drawn."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint

from engine.store.tables import Id, Moment, Name
from handlers.records.tables.base import Currency, Kind, metadata
from handlers.records.types import Money, Rate

credit_line = Table(
    "credit_line",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), index=True),  # the group's head; empty: the house's default
    Column("amount", Money, nullable=False),
    Column("currency", Currency, nullable=False),
    Column("valid_from", sa.Date, nullable=False),
    Column("valid_until", sa.Date),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("note", sa.Text),
)

credit_limit = Table(
    "credit_limit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("facility", Name, nullable=False, index=True),  # business key of the project or the facility
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("currency", Currency, nullable=False),
    Column("amount", Money, nullable=False),  # promised
    Column("used", Money, nullable=False),  # drawn of it
    Column("line_rate", Rate, nullable=False),  # its currency into the line's
    Column("state", Kind, nullable=False),  # open | released
    Column("valid_until", sa.Date),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
)

limit_entry = Table(
    "limit_entry",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("limit_id", Id, ForeignKey("credit_limit.id"), nullable=False),
    Column("kind", Kind, nullable=False),  # reserve | use | restore | repay | release
    Column("key", Name, nullable=False),
    Column("amount", Money, nullable=False),
    Column("promised_after", Money, nullable=False),
    Column("used_after", Money, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("instance", Name),
    UniqueConstraint("limit_id", "kind", "key"),
)
