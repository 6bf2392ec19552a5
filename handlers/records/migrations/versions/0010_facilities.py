"""Facilities with their covenants, conditions and security; draws, repayments, the ledger and payments.

Revision ID: records_0010
Revises: records_0009
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0010"
down_revision = "records_0009"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(20, 2).with_variant(sa.String(22), "sqlite")
RATE = sa.Numeric(18, 10).with_variant(sa.String(20), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_posting",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=255), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["reverses"], ["ledger_posting.id"], name="fk_ledger_posting_reverses"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_posting"),
        sa.UniqueConstraint("key", name="uq_ledger_posting_key"),
        sa.UniqueConstraint("ref", name="uq_ledger_posting_ref"),
        sa.UniqueConstraint("reverses", name="uq_ledger_posting_reverses"),
    )
    op.create_index("ix_ledger_posting_business_key", "ledger_posting", ["business_key"])
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("payee", sa.String(length=255), nullable=False),
        sa.Column("account", sa.String(length=255), nullable=False),
        sa.Column("bank", sa.String(length=255), nullable=True),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("instructed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instructed_by", sa.String(length=255), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bank_reference", sa.String(length=255), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_payment"),
        sa.UniqueConstraint("key", name="uq_payment_key"),
        sa.UniqueConstraint("ref", name="uq_payment_ref"),
    )
    op.create_index("ix_payment_business_key", "payment", ["business_key"])
    op.create_table(
        "collateral",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("value", MONEY, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valuer", sa.String(length=255), nullable=True),
        sa.Column("valued_at", sa.Date(), nullable=True),
        sa.Column("haircut_pct", RATE, nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("registration_no", sa.String(length=255), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("expiry", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_collateral_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_collateral"),
    )
    op.create_index("ix_collateral_project_id", "collateral", ["project_id"])
    op.create_table(
        "condition_precedent",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("owner_group", sa.String(length=255), nullable=False),
        sa.Column("phase", sa.String(length=30), nullable=False),
        sa.Column("waivable", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("submitted_by", sa.String(length=255), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewer", sa.String(length=255), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_condition_precedent_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_condition_precedent"),
        sa.UniqueConstraint("project_id", "number", name="uq_condition_precedent_project_id_number"),
    )
    op.create_index(
        "ix_condition_precedent_project_id_phase_state", "condition_precedent", ["project_id", "phase", "state"]
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("posting_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=255), nullable=False),
        sa.Column("side", sa.String(length=6), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(["posting_id"], ["ledger_posting.id"], name="fk_ledger_entry_posting_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entry"),
    )
    op.create_index("ix_ledger_entry_account", "ledger_entry", ["account"])
    op.create_index("ix_ledger_entry_posting_id", "ledger_entry", ["posting_id"])
    op.create_table(
        "progress_report",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("physical_pct", RATE, nullable=False),
        sa.Column("spent", MONEY, nullable=False),
        sa.Column("cost_to_complete", MONEY, nullable=False),
        sa.Column("equity_paid", MONEY, nullable=True),
        sa.Column("equity_to_come", MONEY, nullable=False),
        sa.Column("undrawn_debt", MONEY, nullable=False),
        sa.Column("delay_days", sa.Integer(), nullable=True),
        sa.Column("contingency_used_pct", RATE, nullable=True),
        sa.Column("variations", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("gap", MONEY, nullable=False),
        sa.Column("lag_pct", RATE, nullable=False),
        sa.Column("reported_by", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_progress_report_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_progress_report"),
    )
    op.create_index("ix_progress_report_project_id_as_of", "progress_report", ["project_id", "as_of"])
    op.create_table(
        "project_issue",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=30), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("solution", sa.Text(), nullable=True),
        sa.Column("raised_by", sa.String(length=255), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_project_issue_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_project_issue"),
        sa.UniqueConstraint("business_key", name="uq_project_issue_business_key"),
    )
    op.create_index("ix_project_issue_project_id", "project_issue", ["project_id"])
    op.create_table(
        "facility",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.String(length=255), nullable=True),
        sa.Column("plan_version", sa.Integer(), nullable=True),
        sa.Column("limit_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("grace_months", sa.Integer(), nullable=False),
        sa.Column("availability_months", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(length=30), nullable=False),
        sa.Column("rate_pct", RATE, nullable=False),
        sa.Column("margin_pct", RATE, nullable=True),
        sa.Column("upfront_fee_pct", RATE, nullable=True),
        sa.Column("commitment_fee_pct", RATE, nullable=True),
        sa.Column("day_count", sa.String(length=30), nullable=True),
        sa.Column("dsra_months", sa.Integer(), nullable=True),
        sa.Column("target_dscr", RATE, nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("drawn", MONEY, nullable=False),
        sa.Column("repaid", MONEY, nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("availability_end", sa.Date(), nullable=True),
        sa.Column("maturity", sa.Date(), nullable=True),
        sa.Column("drawstop", sa.Text(), nullable=True),
        sa.Column("default_since", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["limit_id"], ["credit_limit.id"], name="fk_facility_limit_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_facility_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_facility_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_facility"),
        sa.UniqueConstraint("business_key", name="uq_facility_business_key"),
    )
    op.create_index("ix_facility_party_id", "facility", ["party_id"])
    op.create_index("ix_facility_project_id", "facility", ["project_id"])
    op.create_table(
        "covenant",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("metric", sa.String(length=255), nullable=True),
        sa.Column("direction", sa.String(length=3), nullable=True),
        sa.Column("default_level", RATE, nullable=True),
        sa.Column("lockup_level", RATE, nullable=True),
        sa.Column("watch_pct", RATE, nullable=True),
        sa.Column("frequency", sa.String(length=30), nullable=True),
        sa.Column("due_days", sa.Integer(), nullable=True),
        sa.Column("cure_days", sa.Integer(), nullable=True),
        sa.Column("look", sa.String(length=30), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name="fk_covenant_facility_id"),
        sa.PrimaryKeyConstraint("id", name="pk_covenant"),
        sa.UniqueConstraint("facility_id", "code", name="uq_covenant_facility_id_code"),
    )
    op.create_index("ix_covenant_facility_id", "covenant", ["facility_id"])
    op.create_table(
        "drawdown",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("payee", sa.String(length=255), nullable=False),
        sa.Column("payee_account", sa.String(length=255), nullable=False),
        sa.Column("payee_bank", sa.String(length=255), nullable=True),
        sa.Column("contract_no", sa.String(length=255), nullable=True),
        sa.Column("invoice_no", sa.String(length=255), nullable=True),
        sa.Column("mode", sa.String(length=30), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("failures", sa.LargeBinary(), nullable=True),
        sa.Column("waived_by", sa.String(length=255), nullable=True),
        sa.Column("checked_by", sa.String(length=255), nullable=True),
        sa.Column("approved_by", sa.String(length=255), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=255), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name="fk_drawdown_facility_id"),
        sa.PrimaryKeyConstraint("id", name="pk_drawdown"),
        sa.UniqueConstraint("business_key", name="uq_drawdown_business_key"),
    )
    op.create_index("ix_drawdown_facility_id", "drawdown", ["facility_id"])
    op.create_table(
        "repayment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("opening", MONEY, nullable=False),
        sa.Column("interest", MONEY, nullable=False),
        sa.Column("principal", MONEY, nullable=False),
        sa.Column("payment", MONEY, nullable=False),
        sa.Column("balance", MONEY, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name="fk_repayment_facility_id"),
        sa.PrimaryKeyConstraint("id", name="pk_repayment"),
        sa.UniqueConstraint("facility_id", "version", "period", name="uq_repayment_facility_id_version_period"),
    )
    op.create_index("ix_repayment_due", "repayment", ["due"])


def downgrade() -> None:
    for name in (
        "repayment",
        "drawdown",
        "covenant",
        "facility",
        "project_issue",
        "progress_report",
        "ledger_entry",
        "condition_precedent",
        "collateral",
        "payment",
        "ledger_posting",
    ):
        op.drop_table(name)
