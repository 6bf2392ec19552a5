"""Dates of clients and facilities as rows that send a message when they are due."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0014"
down_revision = "engine_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message", sa.String(255), nullable=False),
        sa.Column("business_key", sa.String(255), nullable=False),
        sa.Column("variables", sa.LargeBinary(), nullable=False),
        sa.Column("dedupe_key", sa.String(255), nullable=False),
        sa.Column("day", sa.Date()),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("instance_id", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_schedule_dedupe_key")),
    )
    op.create_index(op.f("ix_schedule_state_due_at_id"), "schedule", ["state", "due_at", "id"])
    op.create_index(op.f("ix_schedule_business_key"), "schedule", ["business_key"])


def downgrade() -> None:
    op.drop_table("schedule")
