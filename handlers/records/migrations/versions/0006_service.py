"""Complaints, what is improved because of them, meetings, and what investors are shown.

Revision ID: records_0006
Revises: records_0005
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0006"
down_revision = "records_0005"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(20, 2).with_variant(sa.String(22), "sqlite")


def upgrade() -> None:
    op.create_table(
        "improvement",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=255), nullable=False),
        sa.Column("analysis", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("check_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("effective", sa.Boolean(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=255), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_improvement"),
        sa.UniqueConstraint("business_key", name="uq_improvement_business_key"),
    )
    op.create_index("ix_improvement_cause", "improvement", ["cause"])
    op.create_table(
        "meeting",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("agenda", sa.LargeBinary(), nullable=False),
        sa.Column("attendance", sa.LargeBinary(), nullable=False),
        sa.Column("decisions", sa.LargeBinary(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes_by", sa.String(length=255), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_meeting"),
        sa.UniqueConstraint("business_key", name="uq_meeting_business_key"),
    )
    op.create_table(
        "action_item",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("meeting_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("carried", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name="fk_action_item_meeting_id"),
        sa.PrimaryKeyConstraint("id", name="pk_action_item"),
        sa.UniqueConstraint("business_key", name="uq_action_item_business_key"),
    )
    op.create_index("ix_action_item_meeting_id", "action_item", ["meeting_id"])
    op.create_index("ix_action_item_state", "action_item", ["state"])
    op.create_table(
        "complaint",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=True),
        sa.Column("person", sa.String(length=255), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("category", sa.String(length=30), nullable=False),
        sa.Column("severity", sa.String(length=30), nullable=False),
        sa.Column("tier", sa.String(length=1), nullable=True),
        sa.Column("about_person", sa.String(length=255), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solve_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("amount", MONEY, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disputes", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("csat", sa.Integer(), nullable=True),
        sa.Column("improvement_id", sa.BigInteger(), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["improvement_id"], ["improvement.id"], name="fk_complaint_improvement_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_complaint_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_complaint_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_complaint"),
        sa.UniqueConstraint("business_key", name="uq_complaint_business_key"),
    )
    op.create_index("ix_complaint_cause_closed_at", "complaint", ["cause", "closed_at"])
    op.create_index("ix_complaint_improvement_id", "complaint", ["improvement_id"])
    op.create_index("ix_complaint_party_id_state", "complaint", ["party_id", "state"])
    op.create_index("ix_complaint_received_at", "complaint", ["received_at"])
    op.create_index("ix_complaint_sender", "complaint", ["sender"])
    op.create_table(
        "entitlement",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("investor_type", sa.String(length=30), nullable=False),
        sa.Column("frequency", sa.String(length=30), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("recipients", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_entitlement_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_entitlement_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_entitlement"),
    )
    op.create_index("ix_entitlement_party_id", "entitlement", ["party_id"])
    op.create_index("ix_entitlement_project_id", "entitlement", ["project_id"])
    op.create_table(
        "report_pack",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("frequency", sa.String(length=30), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("event_text", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("finance_by", sa.String(length=255), nullable=True),
        sa.Column("risk_by", sa.String(length=255), nullable=True),
        sa.Column("released_by", sa.String(length=255), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_report_pack_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_report_pack"),
        sa.UniqueConstraint("business_key", name="uq_report_pack_business_key"),
    )
    op.create_index("ix_report_pack_project_id", "report_pack", ["project_id"])
    op.create_table(
        "complaint_message",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("complaint_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("thread", sa.String(length=255), nullable=True),
        sa.Column("sender", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name="fk_complaint_message_complaint_id"),
        sa.PrimaryKeyConstraint("id", name="pk_complaint_message"),
    )
    op.create_index("ix_complaint_message_complaint_id", "complaint_message", ["complaint_id"])
    op.create_index("ix_complaint_message_thread", "complaint_message", ["thread"])
    op.create_table(
        "disclosure",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pack_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("sections", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("recipients", sa.LargeBinary(), nullable=False),
        sa.Column("file_id", sa.String(length=255), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("token", sa.String(length=255), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["pack_id"], ["report_pack.id"], name="fk_disclosure_pack_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_disclosure_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_disclosure"),
        sa.UniqueConstraint("token", name="uq_disclosure_token"),
    )
    op.create_index("ix_disclosure_pack_id", "disclosure", ["pack_id"])
    op.create_index("ix_disclosure_party_id", "disclosure", ["party_id"])
    op.create_table(
        "investor_question",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("pack_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(length=255), nullable=True),
        sa.Column("checked_by", sa.String(length=255), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["pack_id"], ["report_pack.id"], name="fk_investor_question_pack_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_investor_question_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_investor_question_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_investor_question"),
        sa.UniqueConstraint("business_key", name="uq_investor_question_business_key"),
    )
    op.create_index("ix_investor_question_party_id", "investor_question", ["party_id"])
    op.create_index("ix_investor_question_project_id", "investor_question", ["project_id"])


def downgrade() -> None:
    op.drop_table("investor_question")
    op.drop_table("disclosure")
    op.drop_table("complaint_message")
    op.drop_table("report_pack")
    op.drop_table("entitlement")
    op.drop_table("complaint")
    op.drop_table("action_item")
    op.drop_table("meeting")
    op.drop_table("improvement")
