"""Disclosure: who may see which project's reports, the packs, what each investor was sent, and their questions.

Nothing here is unique by investor: two entries of one, joined, bring what each of them had.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Kind, metadata

entitlement = Table(
    "entitlement",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False, index=True),
    Column("investor_type", Kind, nullable=False),  # lender | equity | fund | authority
    Column("frequency", Kind, nullable=False),  # monthly | quarterly | semiannual | annual
    Column("due_days", sa.Integer, nullable=False),  # working days after the period's end
    Column("language", sa.String(10), nullable=False),
    Column("recipients", Document, nullable=False),  # [{"name", "email"}]
    Column("since", sa.Date, nullable=False),
    Column("until", sa.Date),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
)

report_pack = Table(
    "report_pack",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # RP-2026-0001
    Column("project_id", Id, ForeignKey("project.id"), nullable=False, index=True),
    Column("kind", Kind, nullable=False),  # periodic | event
    Column("frequency", Kind, nullable=False),  # of the period, or `event`
    Column("period_start", sa.Date, nullable=False),
    Column("period_end", sa.Date, nullable=False),
    Column("event_text", sa.Text),
    Column("due_at", Moment, nullable=False),
    Column("state", Kind, nullable=False),  # draft | released | sent | closed
    Column("content", Document, nullable=False),  # section -> its rows, as reviewed
    Column("corrections", sa.Integer, nullable=False),
    Column("late", sa.Boolean, nullable=False),
    Column("finance_by", Name),
    Column("risk_by", Name),
    Column("released_by", Name),
    Column("released_at", Moment),
    Column("sent_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("instance", Name),
)

disclosure = Table(
    "disclosure",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("pack_id", Id, ForeignKey("report_pack.id"), nullable=False, index=True),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("sections", Document, nullable=False),  # names of the sections that this investor gets
    Column("content", Document, nullable=False),  # only those, as rendered
    Column("language", sa.String(10), nullable=False),
    Column("recipients", Document, nullable=False),
    Column("file_id", Name),
    Column("file_sha256", sa.String(64)),
    Column("token", Name, nullable=False, unique=True),  # of the page where it is read
    Column("prepared_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("opened_at", Moment),
)

investor_question = Table(
    "investor_question",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # QN-2026-0001
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False, index=True),
    Column("pack_id", Id, ForeignKey("report_pack.id")),
    Column("asked_by", Name),  # who asks, as written down
    Column("email", Name),
    Column("text", sa.Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("answer", sa.Text),
    Column("answered_by", Name),
    Column("checked_by", Name),
    Column("answered_at", Moment),
    Column("instance", Name),
)
