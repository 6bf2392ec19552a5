"""Filters that people keep for their inbox, and the address of the calendar that reads their due dates."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0017"
down_revision = "engine_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox_filter",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.String(255), nullable=False),
        sa.Column("team", sa.String(255)),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("query", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_filter")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_inbox_filter_person_id_person")),
    )
    op.create_index(op.f("ix_inbox_filter_person_id"), "inbox_filter", ["person_id"])
    op.create_index(op.f("ix_inbox_filter_team"), "inbox_filter", ["team"])
    op.create_table(
        "calendar_feed",
        sa.Column("person_id", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_calendar_feed")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person")),
        sa.UniqueConstraint("sha256", name=op.f("uq_calendar_feed_sha256")),
    )


def downgrade() -> None:
    op.drop_table("calendar_feed")
    op.drop_table("inbox_filter")
