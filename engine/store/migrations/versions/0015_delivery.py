"""What every attempt at handing a message over came to."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0015"
down_revision = "engine_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("instance_id", sa.BigInteger()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(op.f("ix_delivery_message_id"), "delivery", ["message_id"])
    op.create_index(op.f("ix_delivery_instance_id"), "delivery", ["instance_id"])


def downgrade() -> None:
    op.drop_table("delivery")
