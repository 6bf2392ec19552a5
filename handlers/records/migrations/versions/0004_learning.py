"""What the house learns from: closed projects, scoring models, verdicts on leads, training, marketing events.

Revision ID: records_0004
Revises: records_0003
"""

import sqlalchemy as sa
from alembic import op

from handlers.records.types import Exact

revision = "records_0004"
down_revision = "records_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_item",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("client_name", sa.String(length=255), nullable=True),
        sa.Column("sector", sa.String(length=255), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("region", sa.String(length=255), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", Exact(20, 2), nullable=True),
        sa.Column("capex", Exact(20, 2), nullable=True),
        sa.Column("tenor_months", sa.Integer(), nullable=True),
        sa.Column("equity_pct", Exact(18, 10), nullable=True),
        sa.Column("offtake_type", sa.String(length=30), nullable=True),
        sa.Column("sponsor_record", sa.String(length=30), nullable=True),
        sa.Column("profile", sa.String(length=30), nullable=True),
        sa.Column("min_dscr", Exact(18, 10), nullable=True),
        sa.Column("equator_category", sa.String(length=1), nullable=True),
        sa.Column("source", sa.String(length=255), nullable=True),
        sa.Column("structure", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("lessons", sa.Text(), nullable=True),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("release_consent", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_case_item_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_case_item_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_item"),
        sa.UniqueConstraint("business_key", name="uq_case_item_business_key"),
    )
    op.create_index("ix_case_item_outcome", "case_item", ["outcome"])
    op.create_index("ix_case_item_party_id", "case_item", ["party_id"])
    op.create_index("ix_case_item_project_id", "case_item", ["project_id"])
    op.create_table(
        "scoring_model",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("version", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.String(length=255), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=255), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.String(length=255), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_scoring_model"),
        sa.UniqueConstraint("purpose", "version", name="uq_scoring_model_purpose_version"),
    )
    op.create_table(
        "model_score",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.Column("score", Exact(20, 6), nullable=False),
        sa.Column("pd", Exact(20, 6), nullable=False),
        sa.Column("contributions", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["scoring_model.id"], name="fk_model_score_model_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_model_score_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_model_score"),
    )
    op.create_index("ix_model_score_business_key", "model_score", ["business_key"])
    op.create_index("ix_model_score_model_id_at", "model_score", ["model_id", "at"])
    op.create_index("ix_model_score_party_id", "model_score", ["party_id"])
    op.create_table(
        "lead_verdict",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.String(length=255), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("points", Exact(20, 6), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_lead_verdict_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_verdict"),
    )
    op.create_index("ix_lead_verdict_party_id", "lead_verdict", ["party_id"])
    op.create_index("ix_lead_verdict_run_party_id", "lead_verdict", ["run", "party_id"])
    op.create_table(
        "training",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("lesson", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("title_en", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("correct_pct", Exact(18, 10), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_training"),
        sa.UniqueConstraint("person", "lesson", name="uq_training_person_lesson"),
    )
    op.create_index("ix_training_person", "training", ["person"])
    op.create_table(
        "marketing_event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("place", sa.String(length=255), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("budget", Exact(20, 2), nullable=True),
        sa.Column("cost", Exact(20, 2), nullable=True),
        sa.Column("expected_leads", sa.Integer(), nullable=True),
        sa.Column("leads", sa.Integer(), nullable=True),
        sa.Column("cost_per_lead", Exact(20, 2), nullable=True),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_marketing_event"),
        sa.UniqueConstraint("business_key", name="uq_marketing_event_business_key"),
    )


def downgrade() -> None:
    op.drop_table("marketing_event")
    op.drop_table("training")
    op.drop_table("lead_verdict")
    op.drop_table("model_score")
    op.drop_table("scoring_model")
    op.drop_table("case_item")
