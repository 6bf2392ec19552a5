"""Letters in the house's own words, version by version.

Revision ID: records_0017
Revises: records_0015
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0017"
down_revision = "records_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_version",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("template", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letter_version"),
        sa.UniqueConstraint("template", "language", "version", name="uq_letter_version_template_language_version"),
    )


def downgrade() -> None:
    op.drop_table("letter_version")
