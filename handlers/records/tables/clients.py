"""Clients and their projects: who they are, what they plan, what was said, shown and decided."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Currency, Kind, metadata
from handlers.records.types import Money, Rate

party = Table(
    "party",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),
    Column("kind", Kind, nullable=False),  # company | spv | person | fund | authority
    Column("legal_name", Name, nullable=False),
    Column("name_key", Name, nullable=False, index=True),  # handlers.names.name_key(legal_name)
    Column("reg_no", sa.String(18), unique=True),  # unified social credit code (GB 32100-2015)
    Column("lei", sa.String(20)),
    Column("country", sa.String(2), nullable=False),
    Column("region", Name),
    Column("address", sa.Text),
    Column("legal_rep", Name),
    Column("founded", sa.Date),
    Column("capital", Money),
    Column("capital_currency", Currency),
    Column("industry", Name),  # GB/T 4754-2017 code: handlers.industries; what a project is in is its sector
    Column("ownership_type", Kind),  # state | listed | private | foreign | mixed
    Column("website", Name),
    Column("group_id", Id, ForeignKey("party.id")),
    Column("phone", Name),
    Column("email", Name),
    Column("risk_rating", sa.Integer),  # 1 low … 4 very high, from KYC
    Column("lifecycle_stage", Kind, nullable=False),  # lead | prospect | client | former
    Column("tier", sa.String(1)),
    Column("score", sa.Integer),
    Column("owner", Name, index=True),  # sign-in name
    Column("consent", Document),  # {"contact": …, "credit_check": …}
    Column("source", Name, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("last_verified_at", Moment),
    Column("merged_into", Id, ForeignKey("party.id"), index=True),
)

party_merge = Table(
    "party_merge",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("survivor_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("merged_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("why", sa.Text),
    Column("kept", Document, nullable=False),  # what undoing needs: see merging.py
    Column("undone_at", Moment),
    Column("undone_by", Name),
)

change_request = Table(
    "change_request",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("field", Name, nullable=False),
    Column("before", Document),
    Column("after", Document),
    Column("source", Name, nullable=False),
    Column("raw_sha256", sa.String(64)),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("why", sa.Text),
    Column("state", Kind, nullable=False),  # open | approved | rejected | superseded
    Column("decided_at", Moment),
    Column("decided_by", Name),
    Column("comment", sa.Text),
    Index(None, "party_id", "state"),
)

contact = Table(
    "contact",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("name", Name, nullable=False),
    Column("title", Name),
    Column("mobile", Name, index=True),  # handlers.names.phone_key: +86… digits
    Column("email", Name, index=True),
    Column("birthday", sa.Date),
    Column("birthday_calendar", sa.String(5), nullable=False),  # solar | lunar
    Column("preferred_channel", Kind),
    Column("language", sa.String(10), nullable=False),
    Column("consent", sa.Boolean, nullable=False),
    Column("consent_at", Moment),
    Column("public_official", sa.Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
)

project = Table(
    "project",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),
    Column("name", Name, nullable=False),
    Column("name_key", Name, nullable=False, index=True),
    Column("sector", Name),
    Column("country", sa.String(2), nullable=False),
    Column("region", Name),
    Column("location", Name),
    Column("stage", Kind),  # development | ready_to_build | construction | operation
    Column("phase", Kind, nullable=False),  # intake | evaluation | execution | maintenance | declined | withdrawn
    Column("purpose", sa.Text),
    Column("currency", Currency, nullable=False),
    Column("amount", Money),  # financing asked for
    Column("capex", Money),
    Column("contingency_pct", Rate),  # 0–100
    Column("equity_pct", Rate),  # 0–100
    Column("equity_paid", Money),
    Column("tenor_months", sa.Integer),
    Column("permits", Kind),  # complete | partial | none
    Column("site_right", Name),
    Column("epc_type", Name),
    Column("offtake_type", Kind),  # ppa_longterm | contracted | market | availability | none
    Column("offtaker", Name),
    Column("offtake_expiry", sa.Date),
    Column("cod_planned", sa.Date),
    Column("cod_actual", sa.Date),
    Column("concession_end", sa.Date),
    Column("equator_category", sa.String(1)),
    Column("expected_irr_pct", Rate),  # 0–100
    Column("sponsor_record", Kind),  # none | one_two | three_plus
    Column("expected_close", sa.Date),
    Column("priority", Kind),
    Column("owner", Name, index=True),
    Column("source", Name, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
)

phase_change = Table(
    "phase_change",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False),
    Column("phase_from", Kind),
    Column("phase_to", Kind, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("reason", sa.Text),
    Index(None, "project_id", "at"),
)

party_role = Table(
    "party_role",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("project_id", Id, ForeignKey("project.id"), nullable=False, index=True),
    Column("role", Kind, nullable=False),  # borrower, sponsor, spv, investor, guarantor, offtaker, epc, …
    Column("share", Rate),
    Column("since", sa.Date),
    Column("until", sa.Date),
    UniqueConstraint("party_id", "project_id", "role"),
)

interaction = Table(
    "interaction",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("project_id", Id, ForeignKey("project.id"), index=True),
    Column("contact_id", Id, ForeignKey("contact.id")),
    Column("at", Moment, nullable=False),
    Column("channel", Kind, nullable=False),  # web | email | phone | visit | meeting | letter | import | system
    Column("direction", sa.String(3), nullable=False),  # in | out
    Column("person", Name),  # whom it was with, as written down
    Column("subject", Name, nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("outcome", Kind),
    Column("by", Name, nullable=False),
    Column("instance", Name),
    Column("element", Name),
    Index(None, "party_id", "at"),
)

ownership_edge = Table(
    "ownership_edge",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("owner_name", Name, nullable=False),
    Column("owner_kind", Kind, nullable=False),  # person | company | state | fund
    Column("owner_party_id", Id, ForeignKey("party.id")),
    Column("owned_party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("owned_name", Name, nullable=False),  # the owned company when it is an intermediate one
    Column("share", Name, nullable=False),  # a fraction as written: "3/5", "0.6", "60%"
    Column("control", Kind, nullable=False),  # shares | vote | contract | board
    Column("evidence", Name),
    Column("valid_from", sa.Date),
)

financial_statement = Table(
    "financial_statement",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("period_end", sa.Date, nullable=False),
    Column("audited", sa.Boolean, nullable=False),
    Column("opinion", Name),
    Column("currency", Currency, nullable=False),
    Column("unit", sa.BigInteger, nullable=False),  # what the source's figures were multiplied by: 1, 10000 (万)…
    Column("source", Name, nullable=False),
    Column("restated_of", Id, ForeignKey("financial_statement.id")),
    Column("checks", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Index(None, "party_id", "period_end"),
)

statement_line = Table(
    "statement_line",
    metadata,
    Column("statement_id", Id, ForeignKey("financial_statement.id"), primary_key=True),
    Column("sheet", sa.String(2), primary_key=True),  # BS | PL | CF
    Column("code", Kind, primary_key=True),
    Column("amount", Money, nullable=False),  # in units of the currency
    Column("label", Name),
)

kyc_case = Table(
    "kyc_case",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("project_id", Id, ForeignKey("project.id")),
    Column("state", Kind, nullable=False),  # open | approved | rejected
    Column("rating", sa.Integer),
    Column("hits", Document, nullable=False),
    Column("ubos", Document, nullable=False),
    Column("documents", Document, nullable=False),  # [{"kind", "expiry"}]
    Column("source_of_funds", sa.Text),
    Column("comment", sa.Text),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", Name, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", Name),
    Column("next_review", sa.Date),
    Column("instance", Name),
)

credit_record = Table(
    "credit_record",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("source", Name, nullable=False),
    Column("pulled_at", Moment, nullable=False),
    Column("authorisation", Name, nullable=False),
    Column("events", Document, nullable=False),  # overdue, guarantees, defaults, litigation
    Column("raw_sha256", sa.String(64), nullable=False),
)

issue = Table(
    "issue",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("project_id", Id, ForeignKey("project.id")),
    Column("field", Name, nullable=False),
    Column("rule", Kind, nullable=False),
    Column("level", Kind, nullable=False),  # error | warning
    Column("text_zh", sa.Text, nullable=False),
    Column("text_en", sa.Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("resolved_by", Name),
    Index(None, "party_id", "resolved_at"),
)

provenance = Table(
    "provenance",
    metadata,
    Column("subject", Kind, primary_key=True),  # the table
    Column("subject_id", Id, primary_key=True),
    Column("field", Name, primary_key=True),
    Column("source", Name, nullable=False),  # web_form, import, interview, provider:registry…
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("raw_sha256", sa.String(64)),  # of the provider's answer
    Column("verifier", Name),
    Column("verified_at", Moment),
    Column("evidence", sa.Text),
)

change_log = Table(
    "change_log",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("subject", Kind, nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("field", Name, nullable=False),
    Column("before", Document),
    Column("after", Document),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("why", sa.Text),
    Index(None, "subject", "subject_id", "at"),
)

inquiry = Table(
    "inquiry",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # of the process instance that it started
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("project_id", Id, ForeignKey("project.id"), index=True),
    Column("client_role", Kind, nullable=False),
    Column("source", Name, nullable=False),
    Column("campaign", Name),
    Column("state", Kind, nullable=False),  # open | closed
    Column("outcome", Kind),  # approved | held | declined | ineligible | kyc_rejected | withdrawn
    Column("received_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("content", Document, nullable=False),  # as it came
)

client_link = Table(
    "client_link",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("token_sha256", sa.String(64), nullable=False, unique=True),
    Column("business_key", Name, nullable=False, index=True),
    Column("party_id", Id, ForeignKey("party.id")),
    Column("form", Name, nullable=False),
    Column("message", Name, nullable=False),
    Column("process", Name),  # in whose package the form is; empty: client_intake
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("correlation", Document),  # what tells the one that waits from others under the same business key
    Column("given", Document),  # what the form shows filled in already
)

score_card = Table(
    "score_card",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("project_id", Id, ForeignKey("project.id")),
    Column("score", sa.Integer, nullable=False),
    Column("tier", sa.String(1), nullable=False),
    Column("reasons", Document, nullable=False),  # [{"points", "reason", "reason_en"}], adding up to the score
    Column("version", Name, nullable=False),  # of the weights: a decision table's hash, or our own set
    Column("at", Moment, nullable=False),
)

investor_profile = Table(
    "investor_profile",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("risk_class", sa.String(2), nullable=False),  # R1 … R5
    Column("investor_type", Kind),
    Column("ticket_min", Money),
    Column("ticket_max", Money),
    Column("horizon_months", sa.Integer),
    Column("sector_limits", sa.Text),
    Column("result", Kind, nullable=False),  # suitable | unsuitable
    Column("comment", sa.Text),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
)

business_key_counter = Table(
    "business_key_counter",
    metadata,
    Column("prefix", sa.String(5), primary_key=True),
    Column("year", sa.Integer, primary_key=True, autoincrement=False),
    Column("last", sa.Integer, nullable=False),
)

work_done = Table(
    "work_done",
    metadata,
    Column("job_key", Name, primary_key=True),  # the handler's idempotency key
    Column("topic", Name, nullable=False),
    Column("at", Moment, nullable=False),
    Column("result", Document, nullable=False),
)
