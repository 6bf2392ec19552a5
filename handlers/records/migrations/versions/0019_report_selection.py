"""What an ordered report is narrowed to: process, team and columns.

Revision ID: records_0019
Revises: records_0018
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0019"
down_revision = "records_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report_order", sa.Column("selection", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("report_order") as table:
        table.drop_column("selection")
