"""Triggers that have come to a start event that needs several; which timer of a start event a row is."""

import sqlalchemy as sa
from alembic import op

from engine.store.tables import Document, Moment

revision = "engine_0004"
down_revision = "engine_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("timer", sa.Column("number", sa.Integer))
    op.create_table(
        "start_trigger",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("process_key", sa.String(255), nullable=False),
        sa.Column("element", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("business_key", sa.String(255)),
        sa.Column("variables", Document(), nullable=False),
        sa.Column("came_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_start_trigger")),
    )
    op.create_index(op.f("ix_start_trigger_process_key_element"), "start_trigger", ["process_key", "element"])


def downgrade() -> None:
    op.drop_table("start_trigger")
    op.drop_column("timer", "number")
