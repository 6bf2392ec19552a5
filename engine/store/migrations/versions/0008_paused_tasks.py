"""Find the tasks whose pause a message ends by index: every message asks for them."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0008"
down_revision = "engine_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    paused = sa.text("waiting_for IS NOT NULL")
    op.create_index(
        op.f("ix_user_task_waiting_for"), "user_task", ["waiting_for"], sqlite_where=paused, postgresql_where=paused
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_user_task_waiting_for"), table_name="user_task")
