"""Drafts of packages, and requests to deploy one."""

import sqlalchemy as sa
from alembic import op

revision = "engine_0020"
down_revision = "engine_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "package_draft",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("folder", sa.String(255), nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("base_id", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_draft")),
        sa.UniqueConstraint("folder", "by", name=op.f("uq_package_draft_folder_by")),
    )
    op.create_table(
        "draft_step",
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("unchanged", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["package_draft.id"], name=op.f("fk_draft_step_draft_id_package_draft")
        ),
        sa.PrimaryKeyConstraint("draft_id", "version", name=op.f("pk_draft_step")),
    )
    op.create_table(
        "deployment_request",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("folder", sa.String(255), nullable=False),
        sa.Column("base_id", sa.BigInteger()),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("stage", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.String(255), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decided_by", sa.String(255)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("deployment_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment_request")),
    )
    op.create_index(op.f("ix_deployment_request_state_asked_at"), "deployment_request", ["state", "asked_at"])


def downgrade() -> None:
    op.drop_table("deployment_request")
    op.drop_table("draft_step")
    op.drop_table("package_draft")
