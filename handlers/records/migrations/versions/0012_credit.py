"""Credit evaluation: due diligence, financing plans, ratings, decisions and ballots.

Revision ID: records_0012
Revises: records_0011
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0012"
down_revision = "records_0011"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(20, 2).with_variant(sa.String(22), "sqlite")
RATE = sa.Numeric(18, 10).with_variant(sa.String(20), "sqlite")


def upgrade() -> None:
    op.create_table(
        "diligence_stream",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("opinion", sa.String(length=30), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("reviewer", sa.String(length=255), nullable=True),
        sa.Column("red_flag", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_diligence_stream_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_diligence_stream"),
    )
    op.create_index("ix_diligence_stream_project_id_stream", "diligence_stream", ["project_id", "stream"])
    op.create_table(
        "diligence_finding",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stream_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=30), nullable=False),
        sa.Column("mitigation", sa.Text(), nullable=True),
        sa.Column("red_flag", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["diligence_stream.id"], name="fk_diligence_finding_stream_id"),
        sa.PrimaryKeyConstraint("id", name="pk_diligence_finding"),
    )
    op.create_index("ix_diligence_finding_stream_id", "diligence_finding", ["stream_id"])
    op.create_table(
        "financing_plan",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("debt", MONEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("metrics", sa.LargeBinary(), nullable=False),
        sa.Column("schedules", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_financing_plan_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_financing_plan"),
        sa.UniqueConstraint("project_id", "version", name="uq_financing_plan_project_id_version"),
    )
    op.create_table(
        "credit_rating",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("proposed", sa.String(length=30), nullable=False),
        sa.Column("category", sa.String(length=30), nullable=False),
        sa.Column("score", RATE, nullable=True),
        sa.Column("grades", sa.LargeBinary(), nullable=False),
        sa.Column("capped_by", sa.String(length=30), nullable=True),
        sa.Column("pd", RATE, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("second", sa.String(length=255), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["financing_plan.id"], name="fk_credit_rating_plan_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_credit_rating_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_rating"),
    )
    op.create_index("ix_credit_rating_project_id", "credit_rating", ["project_id"])
    op.create_table(
        "credit_decision",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("decision", sa.String(length=30), nullable=True),
        sa.Column("quorum", sa.String(length=255), nullable=True),
        sa.Column("share", sa.String(length=255), nullable=True),
        sa.Column("veto", sa.Boolean(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.Column("eligible", sa.LargeBinary(), nullable=False),
        sa.Column("conflicts", sa.LargeBinary(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=True),
        sa.Column("conditions", sa.LargeBinary(), nullable=False),
        sa.Column("questions", sa.LargeBinary(), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=True),
        sa.Column("signed_by", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["financing_plan.id"], name="fk_credit_decision_plan_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_credit_decision_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_decision"),
    )
    op.create_index("ix_credit_decision_project_id", "credit_decision", ["project_id"])
    op.create_table(
        "committee_ballot",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("member", sa.String(length=255), nullable=False),
        sa.Column("vote", sa.String(length=30), nullable=False),
        sa.Column("conditions", sa.LargeBinary(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["credit_decision.id"], name="fk_committee_ballot_decision_id"),
        sa.PrimaryKeyConstraint("id", name="pk_committee_ballot"),
        sa.UniqueConstraint("decision_id", "member", name="uq_committee_ballot_decision_id_member"),
    )


def downgrade() -> None:
    for name in (
        "committee_ballot",
        "credit_decision",
        "credit_rating",
        "financing_plan",
        "diligence_finding",
        "diligence_stream",
    ):
        op.drop_table(name)
