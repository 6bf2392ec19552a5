"""When a deployment was withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0022"
down_revision = "engine_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deployment", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("deployment", "withdrawn_at")
