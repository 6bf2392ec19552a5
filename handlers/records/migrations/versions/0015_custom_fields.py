"""Fields that a house adds to its records, and reports that it orders.

Revision ID: records_0015
Revises: records_0014
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0015"
down_revision = "records_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "custom_field",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("label_en", sa.String(length=255), nullable=False),
        sa.Column("choices", sa.LargeBinary(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_custom_field"),
        sa.UniqueConstraint("record", "key", name="uq_custom_field_record_key"),
    )
    op.create_table(
        "report_order",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject_key", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("format", sa.String(length=5), nullable=False),
        sa.Column("frequency", sa.String(length=30), nullable=False),
        sa.Column("recipients", sa.LargeBinary(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_order"),
        sa.UniqueConstraint("name", name="uq_report_order_name"),
    )
    op.create_index("ix_report_order_next_on", "report_order", ["next_on"], unique=False)
    op.create_table(
        "custom_value",
        sa.Column("field_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column(
            "number", sa.Numeric(precision=26, scale=6).with_variant(sa.String(length=28), "sqlite"), nullable=True
        ),
        sa.Column("day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["field_id"], ["custom_field.id"], name="fk_custom_value_field_id"),
        sa.PrimaryKeyConstraint("field_id", "subject_id", name="pk_custom_value"),
    )
    op.create_index("ix_custom_value_field_id_day", "custom_value", ["field_id", "day"], unique=False)
    op.create_index("ix_custom_value_field_id_number", "custom_value", ["field_id", "number"], unique=False)


def downgrade() -> None:
    op.drop_table("custom_value")
    op.drop_table("report_order")
    op.drop_table("custom_field")
