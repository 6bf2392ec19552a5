"""What was agreed and how it is carried out: facilities, covenants, conditions, security, progress, issues, draws."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Currency, Kind, metadata
from handlers.records.types import Money, Rate

facility = Table(
    "facility",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False, index=True),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),  # borrower
    Column("plan_id", Name),
    Column("plan_version", sa.Integer),
    Column("limit_id", Id, ForeignKey("credit_limit.id")),
    Column("name", Name, nullable=False),
    Column("type", Kind, nullable=False),  # term | vat | lc | bridge
    Column("currency", Currency, nullable=False),
    Column("amount", Money, nullable=False),
    Column("months", sa.Integer, nullable=False),  # from signing to final maturity
    Column("grace_months", sa.Integer, nullable=False),
    Column("availability_months", sa.Integer, nullable=False),
    Column("profile", Kind, nullable=False),  # annuity | level | sculpted | bullet | balloon
    Column("rate_pct", Rate, nullable=False),  # all-in, a year, 0–100
    Column("margin_pct", Rate),
    Column("upfront_fee_pct", Rate),
    Column("commitment_fee_pct", Rate),
    Column("day_count", Kind),
    Column("dsra_months", sa.Integer),
    Column("target_dscr", Rate),
    Column("period_months", sa.Integer),  # between instalments
    Column("balloon", Money),  # what the last instalment leaves of a balloon loan
    Column("state", Kind, nullable=False),  # approved | signed | available | operational | closed | lapsed
    Column("drawn", Money, nullable=False),
    Column("repaid", Money, nullable=False),
    Column("signed_on", sa.Date),
    Column("availability_end", sa.Date),
    Column("maturity", sa.Date),
    Column("drawstop", sa.Text),  # why nothing may be drawn just now
    Column("default_since", sa.Date),  # an event of default goes on
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
)

covenant = Table(
    "covenant",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("facility_id", Id, ForeignKey("facility.id"), nullable=False, index=True),
    Column("code", Name, nullable=False),
    Column("name", Name, nullable=False),
    Column("kind", Kind, nullable=False),  # information | financial | positive | negative
    Column("metric", Name),
    Column("direction", sa.String(3)),  # min | max
    Column("default_level", Rate),
    Column("lockup_level", Rate),
    Column("watch_pct", Rate),  # 0–100
    Column("frequency", Kind),  # quarterly | semiannual | annual
    Column("due_days", sa.Integer),
    Column("cure_days", sa.Integer),
    Column("look", Kind),  # back | forward
    Column("state", Kind, nullable=False),  # in_force | waived | ended
    UniqueConstraint("facility_id", "code"),
)

condition_precedent = Table(
    "condition_precedent",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False),
    Column("number", sa.Integer, nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("text_en", sa.Text, nullable=False),
    Column("owner_group", Name, nullable=False),
    Column("phase", Kind, nullable=False),  # initial | each | subsequent
    Column("waivable", sa.Boolean, nullable=False),
    Column("source", Kind, nullable=False),  # checklist | plan | approval
    Column("state", Kind, nullable=False),  # handlers.records.conditions.STATES
    Column("due", sa.Date),
    Column("evidence", sa.Text),
    Column("comment", sa.Text),
    Column("submitted_by", Name),
    Column("submitted_at", Moment),
    Column("reviewer", Name),
    Column("reviewed_at", Moment),
    Column("review_comment", sa.Text),
    UniqueConstraint("project_id", "number"),
    Index(None, "project_id", "phase", "state"),
)

collateral = Table(
    "collateral",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False, index=True),
    Column("type", Kind, nullable=False),
    Column("description", sa.Text, nullable=False),
    Column("owner", Name),
    Column("value", Money),
    Column("currency", Currency, nullable=False),
    Column("valuer", Name),
    Column("valued_at", sa.Date),
    Column("haircut_pct", Rate),  # 0–100
    Column("rank", sa.Integer),
    Column("registration_no", Name),
    Column("registered_on", sa.Date),
    Column("expiry", sa.Date),
    Column("state", Kind, nullable=False),  # agreed | registered | released
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
)

progress_report = Table(
    "progress_report",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False),
    Column("as_of", sa.Date, nullable=False),
    Column("physical_pct", Rate, nullable=False),  # 0–100
    Column("spent", Money, nullable=False),
    Column("cost_to_complete", Money, nullable=False),
    Column("equity_paid", Money),
    Column("equity_to_come", Money, nullable=False),
    Column("undrawn_debt", Money, nullable=False),
    Column("delay_days", sa.Integer),
    Column("contingency_used_pct", Rate),  # 0–100
    Column("variations", sa.Text),
    Column("comment", sa.Text),
    Column("passed", sa.Boolean, nullable=False),
    Column("gap", Money, nullable=False),
    Column("lag_pct", Rate, nullable=False),
    Column("reported_by", Name, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "project_id", "as_of"),
)

project_issue = Table(
    "project_issue",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False, index=True),
    Column("title", Name, nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("severity", Kind, nullable=False),  # high | medium | low
    Column("owner", Name),
    Column("due", sa.Date),
    Column("state", Kind, nullable=False),  # open | escalated | solved
    Column("solution", sa.Text),
    Column("raised_by", Name, nullable=False),
    Column("raised_at", Moment, nullable=False),
    Column("closed_at", Moment),
)

repayment = Table(
    "repayment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("facility_id", Id, ForeignKey("facility.id"), nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("period", sa.Integer, nullable=False),
    Column("due", sa.Date, nullable=False, index=True),
    Column("opening", Money, nullable=False),
    Column("interest", Money, nullable=False),
    Column("principal", Money, nullable=False),
    Column("payment", Money, nullable=False),
    Column("balance", Money, nullable=False),
    Column("paid", Money, nullable=False),
    Column("paid_on", sa.Date),
    Column("state", Kind, nullable=False),  # planned | paid | superseded
    UniqueConstraint("facility_id", "version", "period"),
)

drawdown = Table(
    "drawdown",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),
    Column("facility_id", Id, ForeignKey("facility.id"), nullable=False, index=True),
    Column("amount", Money, nullable=False),
    Column("purpose", Kind, nullable=False),
    Column("payee", Name, nullable=False),
    Column("payee_account", Name, nullable=False),
    Column("payee_bank", Name),
    Column("contract_no", Name),
    Column("invoice_no", Name),
    Column("mode", Kind),  # entrusted | own
    Column("state", Kind, nullable=False),  # requested | approved | paid | returned | refused
    Column("failures", Document),  # of the last check
    Column("waived_by", Name),
    Column("checked_by", Name),
    Column("approved_by", Name),
    Column("requested_at", Moment, nullable=False),
    Column("requested_by", Name, nullable=False),
    Column("closed_at", Moment),
    Column("reason", sa.Text),
)
