"""Chain each instance's history, seal the chains, and remember what the clean-up took away.

Rows written before have no hash; an instance's chain begins with the first row written after.
"""

import sqlalchemy as sa
from alembic import op

revision = "engine_0005"
down_revision = "engine_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instance", sa.Column("chain", sa.LargeBinary(32)))
    op.add_column("history", sa.Column("hash", sa.LargeBinary(32)))
    op.create_index(op.f("ix_history_at"), "history", ["at"])
    op.add_column("decision_log", sa.Column("seq", sa.Integer()))
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
    op.create_table(
        "seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heads", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seal")),
    )
    op.create_table(
        "cleaned",
        sa.Column("instance_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(32)),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_cleaned")),
    )


def downgrade() -> None:
    op.drop_table("cleaned")
    op.drop_table("seal")
    op.drop_index(op.f("ix_audit_entry_at"), table_name="audit_entry")
    op.drop_column("decision_log", "seq")
    op.drop_index(op.f("ix_history_at"), table_name="history")
    op.drop_column("history", "hash")
    op.drop_column("instance", "chain")
