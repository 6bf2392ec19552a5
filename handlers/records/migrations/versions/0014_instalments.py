"""How often a facility's instalments fall due, and what a balloon loan leaves for the last one.

Revision ID: records_0014
Revises: records_0013
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0014"
down_revision = "records_0013"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(20, 2).with_variant(sa.String(22), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("facility") as table:
        table.add_column(sa.Column("period_months", sa.Integer(), nullable=True))
        table.add_column(sa.Column("balloon", MONEY, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("facility") as table:
        table.drop_column("balloon")
        table.drop_column("period_months")
