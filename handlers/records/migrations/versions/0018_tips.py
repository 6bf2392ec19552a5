"""What colleagues learnt about a step, and who found it useful.

Revision ID: records_0018
Revises: records_0017
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0018"
down_revision = "records_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tip",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("process", sa.String(length=255), nullable=False),
        sa.Column("element", sa.String(length=255), nullable=False),
        sa.Column("title_zh", sa.String(length=255), nullable=False),
        sa.Column("title_en", sa.String(length=255), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_tip"),
    )
    op.create_index("ix_tip_process_element", "tip", ["process", "element"])
    op.create_table(
        "tip_vote",
        sa.Column("tip_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name="fk_tip_vote_tip_id"),
        sa.PrimaryKeyConstraint("tip_id", "person", name="pk_tip_vote"),
    )


def downgrade() -> None:
    op.drop_table("tip_vote")
    op.drop_table("tip")
