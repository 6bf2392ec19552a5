"""Letters in the house's own words, version by version; what ships in files counts where there is none."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Table, UniqueConstraint

from engine.store.tables import Id, Moment, Name
from handlers.records.tables.base import metadata

letter_version = Table(
    "letter_version",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("template", Name, nullable=False),
    Column("language", sa.String(10), nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("text", sa.Text, nullable=False),  # empty: the shipped one counts again
    Column("note", sa.Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    UniqueConstraint("template", "language", "version", name="uq_letter_version_template_language_version"),
)
