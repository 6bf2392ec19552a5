"""What an incident says in Chinese, beside English; those from before are told in English."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0006"
down_revision = "engine_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("text_zh", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("incident", "text_zh")
