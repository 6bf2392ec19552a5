"""What the house learns from: closed projects, scoring models and their scores, training, marketing events."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Currency, Kind, metadata
from handlers.records.types import Exact, Money, Rate

Points = Exact(20, 6)
"""A score, a probability or a statistic, to the millionth."""

case_item = Table(
    "case_item",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # of the project; CA-… when it has none here
    Column("project_id", Id, ForeignKey("project.id"), index=True),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("name", Name, nullable=False),
    Column("client_name", Name),
    Column("sector", Name),
    Column("country", sa.String(2)),
    Column("region", Name),
    Column("currency", Currency, nullable=False),
    Column("amount", Money),
    Column("capex", Money),
    Column("tenor_months", sa.Integer),
    Column("equity_pct", Rate),  # 0–100
    Column("offtake_type", Kind),
    Column("sponsor_record", Kind),
    Column("profile", Kind),  # repayment: annuity | level | sculpted | bullet | balloon
    Column("min_dscr", Rate),
    Column("equator_category", sa.String(1)),
    Column("source", Name),  # of the client: website, referral, event…
    Column("structure", Document, nullable=False),  # {"facilities": […], "covenants": […], "collateral": […]}
    Column("outcome", Kind, nullable=False, index=True),  # repaid | prepaid | restructured | defaulted | lost
    Column("lessons", sa.Text),
    Column("confidential", sa.Boolean, nullable=False),
    Column("release_consent", sa.Boolean, nullable=False),  # may be shown outside (track record)
    Column("closed_on", sa.Date, nullable=False),
    Column("archived_at", Moment, nullable=False),
    Column("archived_by", Name, nullable=False),
)

scoring_model = Table(
    "scoring_model",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("purpose", Kind, nullable=False),  # ability | willingness
    Column("version", Name, nullable=False),
    Column("state", Kind, nullable=False),  # draft | approved | retired
    Column("card", Document, nullable=False),  # bins, points, statistics: handlers/scorecards/card.py
    Column("sha256", sa.String(64), nullable=False),  # of the card's file
    Column("registered_at", Moment, nullable=False),
    Column("registered_by", Name, nullable=False),
    Column("approved_at", Moment),
    Column("approved_by", Name),
    Column("retired_at", Moment),
    Column("retired_by", Name),
    Column("comment", sa.Text),
    UniqueConstraint("purpose", "version"),
)

model_score = Table(
    "model_score",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("model_id", Id, ForeignKey("scoring_model.id"), nullable=False),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("business_key", Name, index=True),
    Column("features", Document, nullable=False),
    Column("score", Points, nullable=False),
    Column("pd", Points, nullable=False),
    Column("contributions", Document, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Index(None, "model_id", "at"),
)

lead_verdict = Table(
    "lead_verdict",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("run", Name, nullable=False),  # business key of the search that proposed it
    Column("rank", sa.Integer, nullable=False),
    Column("points", Points, nullable=False),
    Column("reasons", Document, nullable=False),
    Column("decision", Kind, nullable=False),  # accept | reject
    Column("reason", sa.Text),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Index(None, "run", "party_id"),  # not unique: two entries of one client may be joined later
)

training = Table(
    "training",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("person", Name, nullable=False, index=True),
    Column("lesson", Name, nullable=False),
    Column("title", Name, nullable=False),
    Column("title_en", Name, nullable=False),
    Column("state", Kind, nullable=False),  # assigned | done | confirmed
    Column("assigned_at", Moment, nullable=False),
    Column("due_on", sa.Date),
    Column("done_at", Moment),
    Column("correct_pct", Rate),  # 0–100
    Column("confirmed_at", Moment),
    Column("confirmed_by", Name),
    UniqueConstraint("person", "lesson"),
)

marketing_event = Table(
    "marketing_event",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # EV-…; its leads carry it as their campaign
    Column("name", Name, nullable=False),
    Column("kind", Kind, nullable=False),  # exhibition | seminar | report | visit | csr
    Column("held_on", sa.Date),
    Column("place", Name),
    Column("purpose", sa.Text),
    Column("currency", Currency, nullable=False),
    Column("budget", Money),
    Column("cost", Money),
    Column("expected_leads", sa.Integer),
    Column("leads", sa.Integer),
    Column("cost_per_lead", Money),
    Column("claim", sa.Text),  # what is claimed of benefit to society or nature
    Column("evidence", sa.Text),
    Column("state", Kind, nullable=False),  # planned | rejected | approved | cancelled | closed
    Column("decided_by", Name),
    Column("decided_at", Moment),
    Column("review", sa.Text),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
)
