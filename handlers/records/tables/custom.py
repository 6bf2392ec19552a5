"""Fields that a house adds to its records without a developer, and what stands in them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Kind, metadata
from handlers.records.types import Exact

custom_field = Table(
    "custom_field",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("record", Kind, nullable=False),  # the table: party, project, facility …
    Column("key", Name, nullable=False),  # letters, digits, underscores
    Column("type", Kind, nullable=False),  # text | number | date | yes | choice
    Column("label", Name, nullable=False),
    Column("label_en", Name, nullable=False),
    Column("choices", Document, nullable=False),  # [{"value", "label", "label_en"}]
    Column("required", sa.Boolean, nullable=False),
    Column("position", sa.Integer, nullable=False),
    Column("active", sa.Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    UniqueConstraint("record", "key"),
)

custom_value = Table(
    "custom_value",
    metadata,
    Column("field_id", Id, ForeignKey("custom_field.id"), primary_key=True, autoincrement=False),
    Column("subject_id", Id, primary_key=True, autoincrement=False),  # the row of the field's record
    Column("text", sa.Text),
    Column("number", Exact(26, 6)),
    Column("day", sa.Date),
    Index(None, "field_id", "number"),
    Index(None, "field_id", "day"),
)

report_order = Table(
    "report_order",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Name, nullable=False, unique=True),
    Column("kind", Kind, nullable=False),  # client_360 | investor_pack | kpi_pack …
    Column("subject_key", Name, nullable=False),
    Column("language", sa.String(10), nullable=False),
    Column("format", sa.String(5), nullable=False),  # pdf | xlsx
    Column("frequency", Kind, nullable=False),  # daily | weekly | monthly | quarterly
    Column("recipients", Document, nullable=False),  # addresses, sign-in names, team:…
    Column("next_on", sa.Date, nullable=False, index=True),
    Column("active", sa.Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("selection", Document),  # process, team, columns; null: everything
)
