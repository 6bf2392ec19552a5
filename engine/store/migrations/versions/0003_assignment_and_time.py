"""Weights of tasks and full loads of teams, several calendars, pauses that an answer ends, digests."""

import sqlalchemy as sa
from alembic import op

from engine.store.tables import Document, Moment

revision = "engine_0003"
down_revision = "engine_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_task", sa.Column("waiting_for", sa.String(255)))
    op.add_column("user_task", sa.Column("points", sa.Integer, nullable=False, server_default="1"))
    op.add_column("team", sa.Column("full_load", sa.Integer))
    op.create_table(
        "calendar",
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_en", sa.String(255), nullable=False),
        sa.Column("country", sa.String(255), nullable=False),
        sa.Column("zone", sa.String(255), nullable=False),
        sa.Column("hours", Document(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_calendar")),
    )
    op.create_table(
        "digest_line",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("person_id", sa.String(255), nullable=False),
        sa.Column("task_id", sa.BigInteger, nullable=False),
        sa.Column("template", sa.String(255), nullable=False),
        sa.Column("dedupe_key", sa.String(255), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_digest_line_person_id")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_digest_line_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_line")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_digest_line_dedupe_key")),
    )
    op.create_index(op.f("ix_digest_line_state_due_at"), "digest_line", ["state", "due_at"])


def downgrade() -> None:
    op.drop_table("digest_line")
    op.drop_table("calendar")
    op.drop_column("team", "full_load")
    op.drop_column("user_task", "points")
    op.drop_column("user_task", "waiting_for")
