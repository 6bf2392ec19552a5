"""The relationship: what is known and promised of a client, what was asked and answered, greeted, offered and won.

What may happen once only has a key of its own in words (`open_key`, `key`): a unique column that names a party would
stand in the way of joining two entries of one client.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Currency, Kind, metadata
from handlers.records.types import Exact, Money

Score = Exact(8, 2)
"""A promoter score, a share of the satisfied, a gap between marks."""

client_signal = Table(
    "client_signal",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("kind", Kind, nullable=False),  # refinance_notice | key_contact_left | income_moved | tender_lost
    Column("text", sa.Text),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("cleared_at", Moment),
    Column("cleared_by", Name),
    Column("instance", Name),
    Index(None, "party_id", "cleared_at"),
)

client_need = Table(
    "client_need",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("category", Kind, nullable=False),  # new_project | refinancing | liquidity | hedging | …
    Column("text", sa.Text),
    Column("priority", Kind, nullable=False),  # high | normal | low
    Column("state", Kind, nullable=False),  # open | met | dropped
    Column("source", Kind, nullable=False),  # review | interview | survey
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("closed_at", Moment),
    Column("instance", Name),
    Index(None, "party_id", "at"),
)

lifecycle_change = Table(
    "lifecycle_change",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("stage_from", Kind),
    Column("stage_to", Kind, nullable=False),  # acquisition | development | maturity | decline
    Column("reasons", Document, nullable=False),  # [{"text", "text_en"}]
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("instance", Name),
    Index(None, "party_id", "at"),
)

churn_score = Table(
    "churn_score",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("points", sa.Integer, nullable=False),
    Column("reasons", Document, nullable=False),  # [{"points", "reason", "reason_en"}], adding up to the points
    Column("at", Moment, nullable=False),
    Column("instance", Name),
    Index(None, "party_id", "at"),
)

service_plan = Table(
    "service_plan",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("tier", sa.String(1), nullable=False),
    Column("response_hours", sa.Integer, nullable=False),  # working hours until a first answer
    Column("contact_days", sa.Integer, nullable=False),  # days without contact until somebody is asked to act
    Column("review_months", sa.Integer, nullable=False),
    Column("meetings", sa.Integer, nullable=False),  # a year
    Column("channel", Kind, nullable=False),
    Column("goals", sa.Text),
    Column("owner", Name),
    Column("next_review", sa.Date),
    Column("valid_from", Moment, nullable=False),
    Column("valid_until", Moment),
    Column("by", Name, nullable=False),
    Column("instance", Name),
    Index(None, "party_id", "valid_until"),
)

annual_review = Table(
    "annual_review",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("year", sa.Integer, nullable=False),
    Column("profile_confirmed", sa.Boolean, nullable=False),
    Column("sector_fit", sa.Integer),  # 1–5 each
    Column("reference_value", sa.Integer),
    Column("cross_group", sa.Integer),
    Column("satisfaction", sa.Integer),  # 1–5, as the client said it
    Column("value_score", Score),
    Column("tier_before", sa.String(1)),
    Column("tier_after", sa.String(1)),
    Column("summary", sa.Text),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("instance", Name),
    Index(None, "party_id", "year"),
)

client_rating = Table(
    "client_rating",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("grades", Document, nullable=False),  # {factor: 1–4}
    Column("score", Score, nullable=False),
    Column("proposed", Kind, nullable=False),
    Column("category", Kind, nullable=False),
    Column("reason", sa.Text),
    Column("by", Name, nullable=False),  # who graded
    Column("confirmed_by", Name, nullable=False),
    Column("at", Moment, nullable=False),
    Column("instance", Name),
)

client_action = Table(
    "client_action",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("action", Kind, nullable=False),
    Column("product", Kind),
    Column("owner", Name),
    Column("channel", Kind, nullable=False),  # task | message
    Column("result", Kind, nullable=False),  # accepted | declined | done | not_reached | sent | no_consent
    Column("comment", sa.Text),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("instance", Name),
    Index(None, "party_id", "at"),
)

opportunity = Table(
    "opportunity",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # OP-2026-0001
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("project_id", Id, ForeignKey("project.id"), index=True),
    Column("title", Name, nullable=False),
    Column("kind", Kind, nullable=False),
    Column("amount", Money),
    Column("currency", Currency, nullable=False),
    Column("need", sa.Text),
    Column("state", Kind, nullable=False),  # open | won | lost
    Column("route", Kind, nullable=False),  # evaluation | intake
    Column("kyc_until", sa.Date),  # what let it pass intake
    Column("owner", Name),
    Column("found_at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("closed_at", Moment),
    Column("instance", Name),
)

retention_case = Table(
    "retention_case",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # RT-2026-0001
    Column("open_key", Name, unique=True),  # the client's key while the case is open: never two at once
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("state", Kind, nullable=False),  # open | closed
    Column("points", sa.Integer, nullable=False),  # when it was opened
    Column("reasons", Document, nullable=False),
    Column("owner", Name),
    Column("cause", Kind),
    Column("cause_text", sa.Text),
    Column("offer", Kind),
    Column("offer_text", sa.Text),
    Column("offer_amount", Money),  # what it costs the house
    Column("currency", Currency),
    Column("approved", sa.Boolean),
    Column("approved_by", Name),
    Column("contact_result", Kind),  # accepted | considering | declined | not_reached
    Column("contact_text", sa.Text),
    Column("points_after", sa.Integer),
    Column("outcome", Kind),  # retained | watch | lost
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("instance", Name),
)

survey_round = Table(
    "survey_round",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Name, nullable=False, unique=True),  # 2026Q4
    Column("invited", sa.Integer, nullable=False),
    Column("answered", sa.Integer),
    Column("nps", Score),
    Column("csat", Score),
    Column("gaps", Document),
    Column("summary", sa.Text),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("by", Name),
)

survey = Table(
    "survey",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # SV-2026-0001
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("contact_id", Id, ForeignKey("contact.id"), nullable=False, index=True),
    Column("kind", Kind, nullable=False),  # quarterly | milestone | exit
    Column("round", Name, nullable=False, index=True),
    Column("state", Kind, nullable=False),  # planned | sent | answered | expired | skipped
    Column("why", Kind),  # it was skipped
    Column("planned_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("answered_at", Moment),
    Column("channel", Kind),  # link | phone
    Column("nps", sa.Integer),  # 0–10
    Column("csat", sa.Integer),  # 1–5
    Column("suggestion", sa.Text),
    Column("followup", Kind),
    Column("instance", Name),
    Index(None, "party_id", "answered_at"),
)

survey_answer = Table(
    "survey_answer",
    metadata,
    Column("survey_id", Id, ForeignKey("survey.id"), primary_key=True),
    Column("touchpoint", Kind, primary_key=True),
    Column("expectation", sa.Integer, nullable=False),  # 1–5
    Column("experience", sa.Integer, nullable=False),
)

care_occasion = Table(
    "care_occasion",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Name, nullable=False, unique=True),  # birthday:<contact>:2026: nobody is greeted twice
    Column("party_id", Id, ForeignKey("party.id"), nullable=False),
    Column("contact_id", Id, ForeignKey("contact.id"), index=True),
    Column("project_id", Id, ForeignKey("project.id")),
    Column("kind", Kind, nullable=False),  # birthday | signing | cod
    Column("day", sa.Date, nullable=False, index=True),
    Column("years", sa.Integer),
    Column("state", Kind, nullable=False),  # found | sent | suppressed | failed
    Column("reason", Kind),  # why it was suppressed or failed
    Column("channel", Kind),
    Column("template", Name),
    Column("text", sa.Text),
    Column("gift", Name),
    Column("gift_cost", Money),
    Column("approved_by", Name),
    Column("found_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("by", Name),
    Column("instance", Name),
    Index(None, "party_id", "day"),
)

security_release = Table(
    "security_release",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Name, nullable=False, unique=True),  # of the facility or project repaid
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("project_id", Id, ForeignKey("project.id")),
    Column("items", Document, nullable=False),  # [{"item", "released_on", "evidence"}]
    Column("prepared_by", Name, nullable=False),
    Column("confirmed_by", Name, nullable=False),
    Column("comment", sa.Text),
    Column("repaid_at", Moment, nullable=False),
    Column("released_at", Moment, nullable=False),
    Column("instance", Name),
)
