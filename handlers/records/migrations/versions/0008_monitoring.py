"""Monitoring: tests of covenants, readings, alerts, the watch list, joint risks, amendments, restrictions.

Revision ID: records_0008
Revises: records_0007
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0008"
down_revision = "records_0007"
branch_labels = None
depends_on = None

FIGURE = sa.Numeric(30, 10).with_variant(sa.String(32), "sqlite")
MONEY = sa.Numeric(20, 2).with_variant(sa.String(22), "sqlite")


def upgrade() -> None:
    op.create_table(
        "covenant_test",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("facility_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("test_date", sa.Date(), nullable=False),
        sa.Column("covenant", sa.String(length=255), nullable=False),
        sa.Column("metric", sa.String(length=255), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("value", FIGURE, nullable=True),
        sa.Column("default_level", FIGURE, nullable=True),
        sa.Column("lockup_level", FIGURE, nullable=True),
        sa.Column("watch_pct", FIGURE, nullable=True),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("headroom_pct", FIGURE, nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_covenant_test_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_covenant_test"),
        sa.UniqueConstraint("business_key", "covenant", "round", name="uq_covenant_test_business_key_covenant_round"),
    )
    op.create_index("ix_covenant_test_facility_key_test_date", "covenant_test", ["facility_key", "test_date"])
    op.create_index("ix_covenant_test_party_id", "covenant_test", ["party_id"])
    op.create_table(
        "covenant_breach",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("facility_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("covenants", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("cure_method", sa.Text(), nullable=True),
        sa.Column("cure_until", sa.Date(), nullable=True),
        sa.Column("notice_date", sa.Date(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=255), nullable=False),
        sa.Column("confirmed_by", sa.String(length=255), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_covenant_breach_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_covenant_breach"),
        sa.UniqueConstraint("business_key", "kind", name="uq_covenant_breach_business_key_kind"),
    )
    op.create_index("ix_covenant_breach_facility_key", "covenant_breach", ["facility_key"])
    op.create_index("ix_covenant_breach_party_id", "covenant_breach", ["party_id"])
    op.create_table(
        "distribution_lock",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facility_key", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(length=255), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_distribution_lock"),
    )
    op.create_index("ix_distribution_lock_facility_key", "distribution_lock", ["facility_key"])
    op.create_table(
        "metric_reading",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_key", sa.String(length=255), nullable=False),
        sa.Column("metric", sa.String(length=255), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", FIGURE, nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_metric_reading"),
        sa.UniqueConstraint(
            "subject_key", "metric", "day", "source", name="uq_metric_reading_subject_key_metric_day_source"
        ),
    )
    op.create_table(
        "metric_state",
        sa.Column("subject_key", sa.String(length=255), nullable=False),
        sa.Column("metric", sa.String(length=255), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("seen", sa.LargeBinary(), nullable=False),
        sa.Column("last_value", FIGURE, nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_key", "metric", name="pk_metric_state"),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("subject_key", sa.String(length=255), nullable=False),
        sa.Column("facility_key", sa.String(length=255), nullable=True),
        sa.Column("project_key", sa.String(length=255), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("metric", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("level", sa.String(length=30), nullable=False),
        sa.Column("value", FIGURE, nullable=True),
        sa.Column("threshold", FIGURE, nullable=True),
        sa.Column("trend", sa.String(length=30), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("playbook", sa.Text(), nullable=True),
        sa.Column("exposure", MONEY, nullable=True),
        sa.Column("notes", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=255), nullable=False),
        sa.Column("triaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("triaged_by", sa.String(length=255), nullable=True),
        sa.Column("recovered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_alert_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("business_key", name="uq_alert_business_key"),
    )
    op.create_index("ix_alert_party_id", "alert", ["party_id"])
    op.create_index("ix_alert_subject_key_metric_state", "alert", ["subject_key", "metric", "state"])
    op.create_table(
        "watch_item",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_key", sa.String(length=255), nullable=False),
        sa.Column("facility_key", sa.String(length=255), nullable=True),
        sa.Column("project_key", sa.String(length=255), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("alert_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.String(length=255), nullable=True),
        sa.Column("five_class", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("exited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_watch_item_alert_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_watch_item_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_watch_item"),
    )
    op.create_index("ix_watch_item_party_id", "watch_item", ["party_id"])
    op.create_index("ix_watch_item_subject_key", "watch_item", ["subject_key"])
    op.create_table(
        "risk_item",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("subject_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("alert_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("side", sa.String(length=30), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=255), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_risk_item_alert_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_risk_item_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_risk_item"),
        sa.UniqueConstraint("business_key", name="uq_risk_item_business_key"),
    )
    op.create_index("ix_risk_item_party_id", "risk_item", ["party_id"])
    op.create_index("ix_risk_item_subject_key", "risk_item", ["subject_key"])
    op.create_table(
        "amendment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("subject_key", sa.String(length=255), nullable=False),
        sa.Column("facility_key", sa.String(length=255), nullable=True),
        sa.Column("project_key", sa.String(length=255), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("options", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("materiality", sa.String(length=30), nullable=True),
        sa.Column("proposal", sa.LargeBinary(), nullable=False),
        sa.Column("comparison", sa.LargeBinary(), nullable=True),
        sa.Column("approval", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=255), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_amendment_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_amendment"),
        sa.UniqueConstraint("business_key", name="uq_amendment_business_key"),
    )
    op.create_index("ix_amendment_party_id", "amendment", ["party_id"])
    op.create_index("ix_amendment_subject_key", "amendment", ["subject_key"])
    op.create_table(
        "term_version",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facility_key", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("amendment_id", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["amendment_id"], ["amendment.id"], name="fk_term_version_amendment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_term_version"),
        sa.UniqueConstraint("facility_key", "version", name="uq_term_version_facility_key_version"),
    )
    op.create_table(
        "waiver",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facility_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("amendment_id", sa.BigInteger(), nullable=False),
        sa.Column("covenants", sa.LargeBinary(), nullable=False),
        sa.Column("vote", sa.LargeBinary(), nullable=True),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["amendment_id"], ["amendment.id"], name="fk_waiver_amendment_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_waiver_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_waiver"),
    )
    op.create_index("ix_waiver_facility_key", "waiver", ["facility_key"])
    op.create_index("ix_waiver_party_id", "waiver", ["party_id"])
    op.create_table(
        "service_restriction",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_service_restriction_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_service_restriction"),
    )
    op.create_index("ix_service_restriction_party_id", "service_restriction", ["party_id"])


def downgrade() -> None:
    op.drop_table("service_restriction")
    op.drop_table("waiver")
    op.drop_table("term_version")
    op.drop_table("amendment")
    op.drop_table("risk_item")
    op.drop_table("watch_item")
    op.drop_table("alert")
    op.drop_table("metric_state")
    op.drop_table("metric_reading")
    op.drop_table("distribution_lock")
    op.drop_table("covenant_breach")
    op.drop_table("covenant_test")
