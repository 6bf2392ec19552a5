"""Credit lines, limits and their movements.

Revision ID: records_0005
Revises: records_0004
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0005"
down_revision = "records_0004"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(20, 2).with_variant(sa.String(22), "sqlite")
RATE = sa.Numeric(18, 10).with_variant(sa.String(20), "sqlite")


def upgrade() -> None:
    op.create_table(
        "credit_line",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_credit_line_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_line"),
    )
    op.create_index("ix_credit_line_party_id", "credit_line", ["party_id"])
    op.create_table(
        "credit_limit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facility", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("used", MONEY, nullable=False),
        sa.Column("line_rate", RATE, nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_credit_limit_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_limit"),
    )
    op.create_index("ix_credit_limit_facility", "credit_limit", ["facility"])
    op.create_index("ix_credit_limit_party_id", "credit_limit", ["party_id"])
    op.create_table(
        "limit_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("limit_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("promised_after", MONEY, nullable=False),
        sa.Column("used_after", MONEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["limit_id"], ["credit_limit.id"], name="fk_limit_entry_limit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_limit_entry"),
        sa.UniqueConstraint("limit_id", "kind", "key", name="uq_limit_entry_limit_id_kind_key"),
    )


def downgrade() -> None:
    for name in ("limit_entry", "credit_limit", "credit_line"):
        op.drop_table(name)
