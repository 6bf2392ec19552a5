"""Documents: what the house keeps files of.

Revision ID: records_0007
Revises: records_0006
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0007"
down_revision = "records_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("figures_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.Column("job_key", sa.String(length=255), nullable=True),
        sa.Column("retain_until", sa.Date(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=255), nullable=True),
        sa.Column("removed_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_document_contact_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_document_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
        sa.UniqueConstraint("job_key", name="uq_document_job_key"),
        sa.UniqueConstraint("subject_key", "kind", "name", "version", name="uq_document_subject_key_kind_name_version"),
    )
    op.create_index("ix_document_contact_id", "document", ["contact_id"], unique=False)
    op.create_index("ix_document_party_id", "document", ["party_id"], unique=False)
    op.create_index("ix_document_retain_until", "document", ["retain_until"], unique=False)
    op.create_index("ix_document_sha256", "document", ["sha256"], unique=False)
    op.create_index("ix_document_subject_key_created_at", "document", ["subject_key", "created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("document")
