"""Find the most urgent job by index: with thousands ready, each claim sorted them all."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0016"
down_revision = "engine_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_job_state_priority_due_at_id"), "job", ["state", sa.text("priority DESC"), "due_at", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_job_state_priority_due_at_id"), table_name="job")
