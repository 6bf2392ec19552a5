"""The relationship: signals, needs, plans, reviews, opportunities, retention, surveys, greetings, released security.

Revision ID: records_0009
Revises: records_0008
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0009"
down_revision = "records_0008"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(20, 2).with_variant(sa.String(22), "sqlite")
SCORE = sa.Numeric(8, 2).with_variant(sa.String(10), "sqlite")


def upgrade() -> None:
    op.add_column("client_link", sa.Column("process", sa.String(length=255), nullable=True))
    op.create_table(
        "survey_round",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=True),
        sa.Column("nps", SCORE, nullable=True),
        sa.Column("csat", SCORE, nullable=True),
        sa.Column("gaps", sa.LargeBinary(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_survey_round"),
        sa.UniqueConstraint("name", name="uq_survey_round_name"),
    )
    op.create_table(
        "annual_review",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("profile_confirmed", sa.Boolean(), nullable=False),
        sa.Column("sector_fit", sa.Integer(), nullable=True),
        sa.Column("reference_value", sa.Integer(), nullable=True),
        sa.Column("cross_group", sa.Integer(), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("value_score", SCORE, nullable=True),
        sa.Column("tier_before", sa.String(length=1), nullable=True),
        sa.Column("tier_after", sa.String(length=1), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_annual_review_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_annual_review"),
    )
    op.create_index("ix_annual_review_party_id_year", "annual_review", ["party_id", "year"])
    op.create_table(
        "churn_score",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_churn_score_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_churn_score"),
    )
    op.create_index("ix_churn_score_party_id_at", "churn_score", ["party_id", "at"])
    op.create_table(
        "client_action",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("product", sa.String(length=30), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("result", sa.String(length=30), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_client_action_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client_action"),
    )
    op.create_index("ix_client_action_party_id_at", "client_action", ["party_id", "at"])
    op.create_table(
        "client_need",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(length=30), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("priority", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_client_need_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client_need"),
    )
    op.create_index("ix_client_need_party_id_at", "client_need", ["party_id", "at"])
    op.create_table(
        "client_rating",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("grades", sa.LargeBinary(), nullable=False),
        sa.Column("score", SCORE, nullable=False),
        sa.Column("proposed", sa.String(length=30), nullable=False),
        sa.Column("category", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("confirmed_by", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_client_rating_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client_rating"),
    )
    op.create_index("ix_client_rating_party_id", "client_rating", ["party_id"])
    op.create_table(
        "client_signal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.String(length=255), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_client_signal_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client_signal"),
    )
    op.create_index("ix_client_signal_party_id_cleared_at", "client_signal", ["party_id", "cleared_at"])
    op.create_table(
        "lifecycle_change",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_from", sa.String(length=30), nullable=True),
        sa.Column("stage_to", sa.String(length=30), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_lifecycle_change_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lifecycle_change"),
    )
    op.create_index("ix_lifecycle_change_party_id_at", "lifecycle_change", ["party_id", "at"])
    op.create_table(
        "opportunity",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("amount", MONEY, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("need", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("route", sa.String(length=30), nullable=False),
        sa.Column("kyc_until", sa.Date(), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_opportunity_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_opportunity_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_opportunity"),
        sa.UniqueConstraint("business_key", name="uq_opportunity_business_key"),
    )
    op.create_index("ix_opportunity_party_id", "opportunity", ["party_id"])
    op.create_index("ix_opportunity_project_id", "opportunity", ["project_id"])
    op.create_table(
        "retention_case",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("open_key", sa.String(length=255), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("cause", sa.String(length=30), nullable=True),
        sa.Column("cause_text", sa.Text(), nullable=True),
        sa.Column("offer", sa.String(length=30), nullable=True),
        sa.Column("offer_text", sa.Text(), nullable=True),
        sa.Column("offer_amount", MONEY, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("approved_by", sa.String(length=255), nullable=True),
        sa.Column("contact_result", sa.String(length=30), nullable=True),
        sa.Column("contact_text", sa.Text(), nullable=True),
        sa.Column("points_after", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_retention_case_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_retention_case"),
        sa.UniqueConstraint("business_key", name="uq_retention_case_business_key"),
        sa.UniqueConstraint("open_key", name="uq_retention_case_open_key"),
    )
    op.create_index("ix_retention_case_party_id", "retention_case", ["party_id"])
    op.create_table(
        "security_release",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("items", sa.LargeBinary(), nullable=False),
        sa.Column("prepared_by", sa.String(length=255), nullable=False),
        sa.Column("confirmed_by", sa.String(length=255), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("repaid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_security_release_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_security_release_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_security_release"),
        sa.UniqueConstraint("key", name="uq_security_release_key"),
    )
    op.create_index("ix_security_release_party_id", "security_release", ["party_id"])
    op.create_table(
        "service_plan",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.String(length=1), nullable=False),
        sa.Column("response_hours", sa.Integer(), nullable=False),
        sa.Column("contact_days", sa.Integer(), nullable=False),
        sa.Column("review_months", sa.Integer(), nullable=False),
        sa.Column("meetings", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("goals", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("next_review", sa.Date(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_service_plan_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_service_plan"),
    )
    op.create_index("ix_service_plan_party_id_valid_until", "service_plan", ["party_id", "valid_until"])
    op.create_table(
        "care_occasion",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("channel", sa.String(length=30), nullable=True),
        sa.Column("template", sa.String(length=255), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("gift", sa.String(length=255), nullable=True),
        sa.Column("gift_cost", MONEY, nullable=True),
        sa.Column("approved_by", sa.String(length=255), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_care_occasion_party_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_care_occasion_contact_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_care_occasion_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_care_occasion"),
        sa.UniqueConstraint("key", name="uq_care_occasion_key"),
    )
    op.create_index("ix_care_occasion_contact_id", "care_occasion", ["contact_id"])
    op.create_index("ix_care_occasion_day", "care_occasion", ["day"])
    op.create_index("ix_care_occasion_party_id_day", "care_occasion", ["party_id", "day"])
    op.create_table(
        "survey",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("round", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("why", sa.String(length=30), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel", sa.String(length=30), nullable=True),
        sa.Column("nps", sa.Integer(), nullable=True),
        sa.Column("csat", sa.Integer(), nullable=True),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.Column("followup", sa.String(length=30), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_survey_party_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_survey_contact_id"),
        sa.PrimaryKeyConstraint("id", name="pk_survey"),
        sa.UniqueConstraint("business_key", name="uq_survey_business_key"),
    )
    op.create_index("ix_survey_contact_id", "survey", ["contact_id"])
    op.create_index("ix_survey_party_id_answered_at", "survey", ["party_id", "answered_at"])
    op.create_index("ix_survey_round", "survey", ["round"])
    op.create_table(
        "survey_answer",
        sa.Column("survey_id", sa.BigInteger(), nullable=False),
        sa.Column("touchpoint", sa.String(length=30), nullable=False),
        sa.Column("expectation", sa.Integer(), nullable=False),
        sa.Column("experience", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name="fk_survey_answer_survey_id"),
        sa.PrimaryKeyConstraint("survey_id", "touchpoint", name="pk_survey_answer"),
    )


def downgrade() -> None:
    for table in (
        "survey_answer",
        "survey",
        "care_occasion",
        "service_plan",
        "security_release",
        "retention_case",
        "opportunity",
        "lifecycle_change",
        "client_signal",
        "client_rating",
        "client_need",
        "client_action",
        "churn_score",
        "annual_review",
        "survey_round",
    ):
        op.drop_table(table)
    op.drop_column("client_link", "process")
