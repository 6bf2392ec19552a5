"""Channels besides mail: endpoints, people's preferences, what came in.

Revision ID: records_0013
Revises: records_0012
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0013"
down_revision = "records_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_endpoint",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_channel_endpoint"),
    )
    op.create_table(
        "contact_preference",
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channels", sa.LargeBinary(), nullable=False),
        sa.Column("quiet_from", sa.String(length=5), nullable=True),
        sa.Column("quiet_until", sa.String(length=5), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_contact_preference_contact_id"),
        sa.PrimaryKeyConstraint("contact_id", name="pk_contact_preference"),
    )
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("thread", sa.String(length=255), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=False),
        sa.Column("sender_name", sa.String(length=255), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("route", sa.String(length=30), nullable=False),
        sa.Column("matter_key", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_inbound_message_contact_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_inbound_message_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_message"),
        sa.UniqueConstraint("external_id", name="uq_inbound_message_external_id"),
    )
    op.create_index("ix_inbound_message_contact_id", "inbound_message", ["contact_id"], unique=False)
    op.create_index("ix_inbound_message_matter_key", "inbound_message", ["matter_key"], unique=False)
    op.create_index("ix_inbound_message_party_id", "inbound_message", ["party_id"], unique=False)
    op.create_index("ix_inbound_message_sender", "inbound_message", ["sender"], unique=False)
    op.create_index("ix_inbound_message_thread", "inbound_message", ["thread"], unique=False)


def downgrade() -> None:
    op.drop_table("inbound_message")
    op.drop_table("contact_preference")
    op.drop_table("channel_endpoint")
