"""Find what somebody has done by index: the list grows for ever."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0013"
down_revision = "engine_0012"
branch_labels = None
depends_on = None

DONE = sa.text("completed_by IS NOT NULL")


def upgrade() -> None:
    name = op.f("ix_user_task_completed_by_completed_at")
    columns = ["completed_by", "completed_at"]
    op.create_index(name, "user_task", columns, sqlite_where=DONE, postgresql_where=DONE)


def downgrade() -> None:
    op.drop_index(op.f("ix_user_task_completed_by_completed_at"), table_name="user_task")
