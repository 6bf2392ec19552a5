"""Find all instances of one tree of calls by index: the next task of a case, four eyes through called processes."""

from alembic import op

revision = "engine_0002"
down_revision = "engine_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_instance_root_id"), "instance", ["root_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_instance_root_id"), table_name="instance")
