"""Credit evaluation: due diligence, financing plans by version, ratings, decisions and the votes behind them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Currency, Kind, metadata
from handlers.records.types import Money, Rate

diligence_stream = Table(
    "diligence_stream",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False),
    Column("stream", Kind, nullable=False),  # financial | legal | technical | es | insurance | market | tax | …
    Column("name", Name, nullable=False),
    Column("opinion", Kind, nullable=False),  # favourable | conditional | unfavourable
    Column("summary", sa.Text, nullable=False),
    Column("author", Name, nullable=False),  # person or adviser, as they sign
    Column("by", Name, nullable=False),  # who handed it in
    Column("reviewer", Name),
    Column("red_flag", sa.Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("instance", Name),
    Index(None, "project_id", "stream"),
)

diligence_finding = Table(
    "diligence_finding",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("stream_id", Id, ForeignKey("diligence_stream.id"), nullable=False, index=True),
    Column("text", sa.Text, nullable=False),
    Column("severity", Kind, nullable=False),  # low | medium | high | fatal
    Column("mitigation", sa.Text),
    Column("red_flag", sa.Boolean, nullable=False),
)

financing_plan = Table(
    "financing_plan",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False),
    Column("version", sa.Integer, nullable=False),  # from 1, in a project
    Column("state", Kind, nullable=False),  # draft | approved | active | rejected | lapsed | superseded
    Column("debt", Money, nullable=False),
    Column("currency", Currency, nullable=False),
    Column("terms", Document, nullable=False),  # facilities, covenants, collateral, conditions, exceptions
    Column("metrics", Document, nullable=False),
    Column("schedules", Document, nullable=False),  # a facility's rows and totals, by its name
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("instance", Name),
    UniqueConstraint("project_id", "version"),
)

credit_rating = Table(
    "credit_rating",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False, index=True),
    Column("plan_id", Id, ForeignKey("financing_plan.id")),
    Column("proposed", Kind, nullable=False),
    Column("category", Kind, nullable=False),  # Strong | Good | Satisfactory | Weak
    Column("score", Rate),
    Column("grades", Document, nullable=False),
    Column("capped_by", Kind),
    Column("pd", Rate),
    Column("reason", sa.Text),  # of an override
    Column("by", Name, nullable=False),
    Column("second", Name),  # who signed the override as well
    Column("at", Moment, nullable=False),
    Column("instance", Name),
)

credit_decision = Table(
    "credit_decision",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False, index=True),
    Column("plan_id", Id, ForeignKey("financing_plan.id")),
    Column("body", Kind, nullable=False),  # signatures | committee | committee_board
    Column("state", Kind, nullable=False),  # voting | closed | decided
    Column("decision", Kind),  # approved | approved_with_conditions | deferred | rejected
    Column("quorum", Name),
    Column("share", Name),
    Column("veto", sa.Boolean, nullable=False),
    Column("members", Document, nullable=False),  # invited
    Column("eligible", Document, nullable=False),  # of them, who may vote
    Column("conflicts", Document, nullable=False),  # [{member, reason, reason_en}]
    Column("counts", Document),
    Column("conditions", Document, nullable=False),
    Column("questions", Document, nullable=False),
    Column("minutes", sa.Text),
    Column("signed_by", Document, nullable=False),  # who signed, in order
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("decided_at", Moment),
    Column("valid_until", sa.Date),
    Column("instance", Name),
)

committee_ballot = Table(
    "committee_ballot",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("decision_id", Id, ForeignKey("credit_decision.id"), nullable=False),
    Column("member", Name, nullable=False),
    Column("vote", Kind, nullable=False),  # agree | conditional | disagree | recuse
    Column("conditions", Document, nullable=False),
    Column("opinion", sa.Text),
    Column("at", Moment, nullable=False),
    UniqueConstraint("decision_id", "member"),
)
