"""Where programs stand in the feed of events."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0021"
down_revision = "engine_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_subscription",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("kinds", sa.LargeBinary(), nullable=False),
        sa.Column("process_key", sa.String(255)),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_instance", sa.BigInteger(), nullable=False),
        sa.Column("told_seq", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_event_subscription")),
    )


def downgrade() -> None:
    op.drop_table("event_subscription")
