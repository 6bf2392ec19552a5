"""Iterations of large bodies are rows of their own, and ids of waits go beyond 32 bits there."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0007"
down_revision = "engine_0006"
branch_labels = None
depends_on = None

WAITS = (
    ("instance", "parent_wait", True),
    ("user_task", "wait", False),
    ("timer", "wait", True),
    ("subscription", "wait", True),
    ("job", "wait", False),
    ("call", "wait", False),
    ("incident", "wait", True),
)
"""Table, column, whether it may be empty."""


def upgrade() -> None:
    op.create_table(
        "instance_part",
        sa.Column("instance_id", sa.BigInteger, nullable=False),
        sa.Column("part", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_instance_part_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "part", name=op.f("pk_instance_part")),
    )
    _retype(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    _retype(sa.BigInteger(), sa.Integer())
    op.drop_table("instance_part")


def _retype(before: sa.types.TypeEngine[int], after: sa.types.TypeEngine[int]) -> None:
    """SQLite keeps 64 bits whatever the column says."""
    if op.get_bind().dialect.name != "sqlite":
        for table, column, nullable in WAITS:
            op.alter_column(table, column, existing_type=before, type_=after, existing_nullable=nullable)
