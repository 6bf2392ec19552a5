"""List due timers in their order from the index alone: a hundred thousand of one moment are not sorted each time."""

from alembic import op

revision = "engine_0009"
down_revision = "engine_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_timer_due_at_id"), "timer", ["due_at", "id"])
    op.drop_index(op.f("ix_timer_due_at"), table_name="timer")


def downgrade() -> None:
    op.create_index(op.f("ix_timer_due_at"), "timer", ["due_at"])
    op.drop_index(op.f("ix_timer_due_at_id"), table_name="timer")
