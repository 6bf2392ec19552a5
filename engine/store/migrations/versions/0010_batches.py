"""One action over many instances, worked off in pieces; where a restarted instance came from; decisions by name."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0010"
down_revision = "engine_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instance", sa.Column("restarted_from", sa.BigInteger()))
    op.create_index(op.f("ix_decision_log_decision_at"), "decision_log", ["decision", "at"])
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("criteria", sa.LargeBinary(), nullable=False),
        sa.Column("parameters", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(255), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(op.f("ix_batch_state_created_at"), "batch", ["state", "created_at"])
    op.create_table(
        "batch_item",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("code", sa.String(255)),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("text_zh", sa.Text(), nullable=False, server_default=""),
        sa.Column("result", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_item_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "subject_id", name=op.f("pk_batch_item")),
    )
    op.create_index(op.f("ix_batch_item_batch_id_state_subject_id"), "batch_item", ["batch_id", "state", "subject_id"])
    op.create_index(op.f("ix_batch_item_instance_id"), "batch_item", ["instance_id"])


def downgrade() -> None:
    op.drop_table("batch_item")
    op.drop_table("batch")
    op.drop_index(op.f("ix_decision_log_decision_at"), table_name="decision_log")
    op.drop_column("instance", "restarted_from")
