"""Merges that can be undone; and a party's industry is a code of its own, no longer its project's sector.

Revision ID: records_0002
Revises: records_0001
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from engine.ids import new_id
from engine.store.tables import Document, Moment
from handlers import industries

revision = "records_0002"
down_revision = "records_0001"
branch_labels = None
depends_on = None

BY = "migration:records_0002"


def upgrade() -> None:
    op.create_table(
        "party_merge",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("survivor_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["survivor_id"], ["party.id"], name="fk_party_merge_survivor_id"),
        sa.ForeignKeyConstraint(["merged_id"], ["party.id"], name="fk_party_merge_merged_id"),
        sa.PrimaryKeyConstraint("id", name="pk_party_merge"),
    )
    op.create_index("ix_party_merge_survivor_id", "party_merge", ["survivor_id"])
    op.create_index("ix_party_merge_merged_id", "party_merge", ["merged_id"])
    _code_industries(op.get_bind())


PARTY = sa.table("party", sa.column("id", sa.BigInteger), sa.column("industry", sa.String))
LOG = sa.table(
    "change_log",
    sa.column("id", sa.BigInteger),
    sa.column("subject", sa.String),
    sa.column("subject_id", sa.BigInteger),
    sa.column("field", sa.String),
    sa.column("before", Document),
    sa.column("after", Document),
    sa.column("at", Moment),
    sa.column("by", sa.String),
    sa.column("why", sa.Text),
)
PROVENANCE = sa.table("provenance", *(sa.column(name) for name in ("subject", "subject_id", "field")))


def _code_industries(connection: sa.Connection) -> None:
    """Words that name an industry become its code; a project's sector, which inquiries put here, and words that name
    none are taken out: the profile asks again, and the log keeps what stood."""
    at = datetime.now(UTC)
    for row in connection.execute(sa.select(PARTY).where(PARTY.c.industry.is_not(None))).all():
        code = industries.code(row.industry)
        if code == row.industry:
            continue
        connection.execute(PARTY.update().where(PARTY.c.id == row.id).values(industry=code))
        connection.execute(
            LOG.insert().values(
                id=new_id(),
                subject="party",
                subject_id=row.id,
                field="industry",
                before=row.industry,
                after=code,
                at=at,
                by=BY,
                why="industry is a code of GB/T 4754, not a sector",
            )
        )
        if code is None:
            p = PROVENANCE.c
            connection.execute(
                PROVENANCE.delete().where(p.subject == "party", p.subject_id == row.id, p.field == "industry")
            )


def downgrade() -> None:
    op.drop_table("party_merge")
