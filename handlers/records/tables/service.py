"""Service: complaints and suggestions, what is improved because of them, meetings and their action items."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Currency, Kind, metadata
from handlers.records.types import Money

improvement = Table(
    "improvement",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # SI-2026-0001
    Column("cause", Kind, nullable=False, index=True),
    Column("source", Kind, nullable=False),  # complaints | meeting
    Column("state", Kind, nullable=False),  # open | closed
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", Name, nullable=False),
    Column("analysis", sa.Text),
    Column("action", sa.Text),
    Column("measure", sa.Text),  # by what its effect is judged
    Column("owner", Name),
    Column("check_due", Moment),
    Column("rounds", sa.Integer, nullable=False),  # how often it was acted upon
    Column("effective", sa.Boolean),
    Column("closed_at", Moment),
    Column("closed_by", Name),
    Column("instance", Name),
)

complaint = Table(
    "complaint",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # CO-2026-0001
    Column("party_id", Id, ForeignKey("party.id")),  # null: from nobody we know
    Column("project_id", Id, ForeignKey("project.id")),
    Column("kind", Kind, nullable=False),  # complaint | suggestion
    Column("state", Kind, nullable=False),  # open | answered | disputed | closed
    Column("subject", Name, nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("sender", Name, index=True),  # e-mail or telephone, as handlers.names keys them
    Column("person", Name),  # who complains, as written down
    Column("language", sa.String(10), nullable=False),
    Column("category", Kind, nullable=False),
    Column("severity", Kind, nullable=False),  # critical | high | normal | low
    Column("tier", sa.String(1)),
    Column("about_person", Name),  # sign-in name of whom it is about
    Column("owner", Name),
    Column("level", sa.Integer, nullable=False),  # 1, or 2 once the client disputed
    Column("received_at", Moment, nullable=False, index=True),
    Column("acknowledge_due", Moment),
    Column("acknowledged_at", Moment),
    Column("solve_due", Moment),
    Column("escalated", sa.Integer, nullable=False),  # the greatest share of the time that was told: 0, 50, 80, 100
    Column("cause", Kind),
    Column("finding", sa.Text),
    Column("remedy", sa.Text),
    Column("amount", Money),
    Column("currency", Currency),
    Column("answer", sa.Text),
    Column("answered_at", Moment),
    Column("disputes", sa.Integer, nullable=False),
    Column("closed_at", Moment),
    Column("outcome", Kind),  # accepted | silent | final
    Column("csat", sa.Integer),  # 1–5
    Column("improvement_id", Id, ForeignKey("improvement.id"), index=True),
    Column("instance", Name),
    Index(None, "party_id", "state"),
    Index(None, "cause", "closed_at"),
)

complaint_message = Table(
    "complaint_message",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("complaint_id", Id, ForeignKey("complaint.id"), nullable=False, index=True),
    Column("channel", Kind, nullable=False),  # email | web | phone | wechat | visit | letter | webhook
    Column("thread", Name, index=True),  # of the channel: what one conversation carries
    Column("sender", Name),
    Column("subject", Name, nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("business_key", Name),  # under which it came in; differs from the complaint's where it joined one
)

meeting = Table(
    "meeting",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # MT-2026-12
    Column("day", sa.Date, nullable=False),
    Column("state", Kind, nullable=False),  # planned | held
    Column("agenda", Document, nullable=False),
    Column("attendance", Document, nullable=False),  # [{"team", "person", "present"}]
    Column("decisions", Document, nullable=False),  # [{"topic", "decision"}]
    Column("planned_at", Moment, nullable=False),
    Column("held_at", Moment),
    Column("minutes_by", Name),
    Column("instance", Name),
)

action_item = Table(
    "action_item",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # AI-2026-0001
    Column("meeting_id", Id, ForeignKey("meeting.id"), nullable=False, index=True),
    Column("text", sa.Text, nullable=False),
    Column("owner", Name, nullable=False),
    Column("due", sa.Date, nullable=False),
    Column("state", Kind, nullable=False, index=True),  # open | done | dropped
    Column("carried", sa.Integer, nullable=False),  # on how many later agendas it stood
    Column("result", sa.Text),
    Column("closed_at", Moment),
    Column("closed_by", Name),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
)
