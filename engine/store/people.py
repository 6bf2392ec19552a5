"""Who works here, when, and what they are told. Law: a team's key is the name that diagrams give to a group."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.columns import Document, Id, Moment, Name, metadata

person = Table(
    "person",
    metadata,
    Column("id", Name, primary_key=True),  # the sign-in name
    Column("name", Name, nullable=False),
    Column("name_en", Name, nullable=False, default=""),
    Column("email", Name),
    Column("language", sa.String(10), nullable=False, default="zh"),
    Column("password_hash", Name),
    Column("active", sa.Boolean, nullable=False, default=True),
    Column("capacity", sa.Integer, nullable=False, default=100),  # per cent of a full load
    Column("region", Name),
    Column("skills", Document),
    Column("settings", Document),
    Column("failed_sign_ins", sa.Integer, nullable=False, default=0),
    Column("locked_until", Moment),
    Column("outside_id", Name, index=True, unique=True),  # issuer and subject at the provider of the single sign-on
)

team = Table(
    "team",
    metadata,
    Column("id", Name, primary_key=True),  # the group name that diagrams use: rm, risk_officer…
    Column("name", Name, nullable=False),
    Column("name_en", Name, nullable=False, default=""),
    Column("lead", Name),
    Column("strategy", sa.String(30), nullable=False, default="least_busy"),
    Column("full_load", sa.Integer),  # points of a full load at 100 % capacity; empty: no limit
    Column("last_assigned", Name),  # where round robin stands; the row is locked while a choice is made
)

membership = Table(
    "membership",
    metadata,
    Column("team_id", Name, ForeignKey("team.id"), primary_key=True),
    Column("person_id", Name, ForeignKey("person.id"), primary_key=True),
    Index(None, "person_id"),
)

absence = Table(
    "absence",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("person_id", Name, ForeignKey("person.id"), nullable=False),
    Column("starts", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("substitute", Name),
    Index(None, "person_id", "ends"),
)

calendar = Table(
    "calendar",
    metadata,
    Column("key", Name, primary_key=True),
    Column("name", Name, nullable=False),
    Column("name_en", Name, nullable=False, default=""),
    Column("country", Name, nullable=False),  # national holidays (ISO 3166, with a part: CN, HK, US-NY)
    Column("zone", Name, nullable=False),  # IANA name
    Column("hours", Document, nullable=False),  # [["09:00", "12:00"], ["13:00", "18:00"]]
)

calendar_day = Table(
    "calendar_day",
    metadata,
    Column("calendar", Name, primary_key=True),
    Column("day", sa.Date, primary_key=True),
    Column("working", sa.Boolean, nullable=False),
    Column("note", Name, nullable=False, default=""),
)

reminder_policy = Table(
    "reminder_policy",
    metadata,
    Column("key", Name, primary_key=True),
    Column("steps", Document, nullable=False),
)

reminder = Table(
    "reminder",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("task_id", Id, ForeignKey("user_task.id"), nullable=False),
    Column("step", sa.String(30), nullable=False),
    Column("occurrence", sa.Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", sa.String(10), nullable=False),  # planned | sent | dropped
    Column("sent_at", Moment),
    UniqueConstraint("task_id", "step", "occurrence"),
    Index(None, "state", "due_at"),
)

digest_line = Table(
    "digest_line",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("person_id", Name, ForeignKey("person.id"), nullable=False),
    Column("task_id", Id, ForeignKey("user_task.id"), nullable=False),
    Column("template", Name, nullable=False),
    Column("dedupe_key", Name, nullable=False, unique=True),
    Column("due_at", Moment, nullable=False),  # when the person's next digest is due
    Column("created_at", Moment, nullable=False),
    Column("state", sa.String(10), nullable=False),  # waiting | sent | dropped
    Index(None, "state", "due_at"),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("person_id", Name, ForeignKey("person.id"), nullable=False),
    Column("kind", Name, nullable=False),
    Column("text_zh", sa.Text, nullable=False),
    Column("text_en", sa.Text, nullable=False),
    Column("link", Name, nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Column("read_at", Moment),
    Index(None, "person_id", "read_at", "created_at"),
)
