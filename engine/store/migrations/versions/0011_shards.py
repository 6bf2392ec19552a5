"""What is due belongs to a shard, and a job says whether it may run beside another one of its instance."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0011"
down_revision = "engine_0010"
branch_labels = None
depends_on = None

FILL = """UPDATE {table} SET shard = COALESCE(
    (SELECT root_id % 64 FROM instance WHERE instance.id = {table}.instance_id), {otherwise})"""


def upgrade() -> None:
    for table in ("timer", "job"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("shard", sa.SmallInteger, nullable=False, server_default="0"))
            if table == "job":
                batch.add_column(sa.Column("exclusive", sa.Boolean, nullable=False, server_default=sa.true()))
    op.execute(FILL.format(table="timer", otherwise="definition_id % 64"))
    op.execute(FILL.format(table="job", otherwise="0"))
    op.create_index(op.f("ix_timer_shard_due_at_id"), "timer", ["shard", "due_at", "id"])
    op.create_index(op.f("ix_job_shard_state_due_at"), "job", ["shard", "state", "due_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_job_shard_state_due_at"), "job")
    op.drop_index(op.f("ix_timer_shard_due_at_id"), "timer")
    for table in ("timer", "job"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("shard")
            if table == "job":
                batch.drop_column("exclusive")
