"""Links of every process: for whoever is asked, to one of several that wait, with what is known already."""

import sqlalchemy as sa
from alembic import op

revision = "records_0011"
down_revision = "records_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("client_link") as table:
        table.alter_column("party_id", existing_type=sa.BigInteger(), nullable=True)
        table.add_column(sa.Column("correlation", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("given", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("client_link") as table:
        table.drop_column("given")
        table.drop_column("correlation")
