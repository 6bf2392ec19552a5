"""What a house decides about itself, who is signed in, links to choose a password, changes that need two people."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0019"
down_revision = "engine_0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NAME = sa.String(255)


def upgrade() -> None:
    # An index, not a constraint: SQLite would build the table anew for one, and rows of others point to people.
    op.add_column("person", sa.Column("outside_id", NAME))
    op.create_index(op.f("ix_person_outside_id"), "person", ["outside_id"], unique=True)
    with op.batch_alter_table("api_token") as table:
        table.add_column(sa.Column("created_by", NAME))
        table.add_column(sa.Column("expires_at", MOMENT))
    op.create_table(
        "house_setting",
        sa.Column("key", NAME, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_house_setting")),
    )
    op.create_table(
        "web_session",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("person_id", NAME, nullable=False),
        sa.Column("how", sa.String(10), nullable=False),
        sa.Column("agent", NAME, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_web_session_person_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_person_id_ended_at"), "web_session", ["person_id", "ended_at"])
    op.create_table(
        "entry_link",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("person_id", NAME, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_entry_link_person_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_entry_link")),
    )
    op.create_index(op.f("ix_entry_link_person_id"), "entry_link", ["person_id"])
    op.create_table(
        "critical_change",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_by", NAME, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decided_by", NAME),
        sa.Column("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_change")),
    )
    op.create_index(op.f("ix_critical_change_state_asked_at"), "critical_change", ["state", "asked_at"])


def downgrade() -> None:
    for table in ("critical_change", "entry_link", "web_session", "house_setting"):
        op.drop_table(table)
    op.drop_column("api_token", "expires_at")
    op.drop_column("api_token", "created_by")
    op.drop_index(op.f("ix_person_outside_id"), "person")
    op.drop_column("person", "outside_id")
