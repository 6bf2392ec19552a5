"""Monitoring: tests of covenants, readings and alerts, the watch list, joint risks, waivers and amendments.

Facilities and projects are named by their business keys: what is watched outlives the rows that describe it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.tables import Document, Id, Moment, Name
from handlers.records.tables.base import Kind, metadata
from handlers.records.types import Exact, Money

Figure = Exact(30, 10)
"""A ratio, a share in per cent or an amount: whatever a metric measures."""

covenant_test = Table(
    "covenant_test",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False),  # TD-<facility>-2026Q2
    Column("facility_key", Name, nullable=False),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("test_date", sa.Date, nullable=False),
    Column("covenant", Name, nullable=False),  # its code
    Column("metric", Name, nullable=False),
    Column("direction", sa.String(3), nullable=False),  # min | max
    Column("value", Figure),  # none: data were missing
    Column("default_level", Figure),
    Column("lockup_level", Figure),
    Column("watch_pct", Figure),  # 0–100
    Column("status", Kind, nullable=False),  # COMPLIANT | WATCH | LOCK_UP | DEFAULT | DATA_MISSING
    Column("headroom_pct", Figure),
    Column("round", sa.Integer, nullable=False),  # 1, then again with corrected or cured figures
    Column("comment", sa.Text),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("instance", Name),
    UniqueConstraint("business_key", "covenant", "round"),
    Index(None, "facility_key", "test_date"),
)

covenant_breach = Table(
    "covenant_breach",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False),
    Column("facility_key", Name, nullable=False, index=True),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("kind", Kind, nullable=False),  # information | financial | cross_default
    Column("covenants", Document, nullable=False),
    Column("state", Kind, nullable=False),  # open | cured | event_of_default | waived
    Column("cause", sa.Text),
    Column("cure_method", sa.Text),
    Column("cure_until", sa.Date),
    Column("notice_date", sa.Date),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", Name, nullable=False),
    Column("confirmed_by", Name),
    Column("closed_at", Moment),
    Column("closed_by", Name),
    UniqueConstraint("business_key", "kind"),
)

distribution_lock = Table(
    "distribution_lock",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("facility_key", Name, nullable=False, index=True),
    Column("reason", Name, nullable=False),  # the test that locked
    Column("since", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("released_at", Moment),
    Column("released_by", Name),
    Column("why", sa.Text),
)

metric_reading = Table(
    "metric_reading",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("subject_key", Name, nullable=False),  # a facility or a project
    Column("metric", Name, nullable=False),
    Column("day", sa.Date, nullable=False),  # that the value is of
    Column("value", Figure, nullable=False),
    Column("source", Name, nullable=False),  # statement | certificate | account | progress | manual …
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    UniqueConstraint("subject_key", "metric", "day", "source"),
)

metric_state = Table(
    "metric_state",
    metadata,
    Column("subject_key", Name, primary_key=True),
    Column("metric", Name, primary_key=True),
    Column("level", sa.Integer, nullable=False),  # 0 none, 1 amber, 2 red
    Column("seen", Document, nullable=False),  # levels of the last readings, newest last
    Column("last_value", Figure),
    Column("last_day", sa.Date),
    Column("evaluated_at", Moment),
    Column("stale_since", Moment),
)

alert = Table(
    "alert",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # AL-2026-0001
    Column("subject_key", Name, nullable=False),
    Column("facility_key", Name),
    Column("project_key", Name),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("metric", Name, nullable=False),
    Column("source", Name, nullable=False),
    Column("level", Kind, nullable=False),  # amber | red
    Column("value", Figure),
    Column("threshold", Figure),
    Column("trend", Kind),
    Column("severity", sa.Integer),  # 0–3
    Column("text", sa.Text, nullable=False),
    Column("text_en", sa.Text, nullable=False),
    Column("state", Kind, nullable=False),  # open | false | watch | action | closed
    Column("reason", sa.Text),
    Column("playbook", sa.Text),
    Column("exposure", Money),
    Column("notes", Document, nullable=False),  # [{at, event, level, value, text}]: what came after, newest last
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", Name, nullable=False),
    Column("triaged_at", Moment),
    Column("triaged_by", Name),
    Column("recovered_at", Moment),
    Column("closed_at", Moment),
    Column("instance", Name),
    Index(None, "subject_key", "metric", "state"),
)

watch_item = Table(
    "watch_item",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("subject_key", Name, nullable=False, index=True),
    Column("facility_key", Name),
    Column("project_key", Name),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("alert_id", Id, ForeignKey("alert.id")),
    Column("reason", sa.Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("reviewed_at", Moment),
    Column("reviewed_by", Name),
    Column("five_class", sa.Integer),  # 1 normal … 5 loss
    Column("comment", sa.Text),
    Column("exited_at", Moment),
)

risk_item = Table(
    "risk_item",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # RK-2026-0001
    Column("subject_key", Name, nullable=False, index=True),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("alert_id", Id, ForeignKey("alert.id")),
    Column("action", sa.Text, nullable=False),
    Column("side", Kind, nullable=False),  # bank | client
    Column("owner", Name, nullable=False),  # sign-in name; of the client's items, who looks after them here
    Column("due", sa.Date, nullable=False),
    Column("state", Kind, nullable=False),  # open | done | missed
    Column("progress", sa.Text),
    Column("evidence", sa.Text),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", Name, nullable=False),
    Column("updated_at", Moment),
    Column("updated_by", Name),
)

amendment = Table(
    "amendment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_key", Name, nullable=False, unique=True),  # AM-2026-0001
    Column("subject_key", Name, nullable=False, index=True),
    Column("facility_key", Name),
    Column("project_key", Name),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("options", Document, nullable=False),  # topup, waiver, schedule
    Column("reason", sa.Text),
    Column("materiality", Kind),  # minor | major
    Column("proposal", Document, nullable=False),
    Column("comparison", Document),  # old and new schedule side by side
    Column("approval", Document),
    Column("state", Kind, nullable=False),  # proposed | approved | rejected | lapsed | active | restored
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", Name, nullable=False),
    Column("decided_at", Moment),
    Column("activated_at", Moment),
    Column("closed_at", Moment),
    Column("instance", Name),
)

term_version = Table(
    "term_version",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("facility_key", Name, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("terms", Document, nullable=False),
    Column("state", Kind, nullable=False),  # active | superseded | withdrawn
    Column("amendment_id", Id, ForeignKey("amendment.id")),
    Column("since", Moment, nullable=False),
    Column("by", Name, nullable=False),
    UniqueConstraint("facility_key", "version"),
)

waiver = Table(
    "waiver",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("facility_key", Name, nullable=False, index=True),
    Column("party_id", Id, ForeignKey("party.id"), index=True),
    Column("amendment_id", Id, ForeignKey("amendment.id"), nullable=False),
    Column("covenants", Document, nullable=False),
    Column("vote", Document),
    Column("until", sa.Date, nullable=False),
    Column("granted_at", Moment, nullable=False),
    Column("by", Name, nullable=False),
)

service_restriction = Table(
    "service_restriction",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("party_id", Id, ForeignKey("party.id"), nullable=False, index=True),
    Column("reason", Kind, nullable=False),  # kyc_overdue
    Column("since", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("why", sa.Text),
    Column("lifted_at", Moment),
    Column("lifted_by", Name),
)
