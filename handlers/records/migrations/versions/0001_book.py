"""The book's first tables.

Revision ID: records_0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "records_0001"
down_revision = None
branch_labels = ("records",)
depends_on = None

# SQLite's numbers are binary floats: there an exact number is kept as its text.
MONEY = sa.Numeric(20, 2).with_variant(sa.String(22), "sqlite")
RATE = sa.Numeric(18, 10).with_variant(sa.String(20), "sqlite")


def upgrade() -> None:
    op.create_table(
        "business_key_counter",
        sa.Column("prefix", sa.String(length=5), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "year", name="pk_business_key_counter"),
    )
    op.create_table(
        "change_log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(length=255), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.Column("after", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_change_log"),
    )
    op.create_index("ix_change_log_subject_subject_id_at", "change_log", ["subject", "subject_id", "at"])
    op.create_table(
        "party",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("legal_name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("reg_no", sa.String(length=18), nullable=True),
        sa.Column("lei", sa.String(length=20), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=255), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("legal_rep", sa.String(length=255), nullable=True),
        sa.Column("founded", sa.Date(), nullable=True),
        sa.Column("capital", MONEY, nullable=True),
        sa.Column("capital_currency", sa.String(length=3), nullable=True),
        sa.Column("industry", sa.String(length=255), nullable=True),
        sa.Column("ownership_type", sa.String(length=30), nullable=True),
        sa.Column("website", sa.String(length=255), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("phone", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("risk_rating", sa.Integer(), nullable=True),
        sa.Column("lifecycle_stage", sa.String(length=30), nullable=False),
        sa.Column("tier", sa.String(length=1), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("consent", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("last_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["party.id"], name="fk_party_group_id"),
        sa.ForeignKeyConstraint(["merged_into"], ["party.id"], name="fk_party_merged_into"),
        sa.PrimaryKeyConstraint("id", name="pk_party"),
        sa.UniqueConstraint("business_key", name="uq_party_business_key"),
        sa.UniqueConstraint("reg_no", name="uq_party_reg_no"),
    )
    op.create_index("ix_party_merged_into", "party", ["merged_into"])
    op.create_index("ix_party_name_key", "party", ["name_key"])
    op.create_index("ix_party_owner", "party", ["owner"])
    op.create_table(
        "project",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("sector", sa.String(length=255), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=255), nullable=True),
        sa.Column("location", sa.String(length=255), nullable=True),
        sa.Column("stage", sa.String(length=30), nullable=True),
        sa.Column("phase", sa.String(length=30), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", MONEY, nullable=True),
        sa.Column("capex", MONEY, nullable=True),
        sa.Column("contingency_pct", RATE, nullable=True),
        sa.Column("equity_pct", RATE, nullable=True),
        sa.Column("equity_paid", MONEY, nullable=True),
        sa.Column("tenor_months", sa.Integer(), nullable=True),
        sa.Column("permits", sa.String(length=30), nullable=True),
        sa.Column("site_right", sa.String(length=255), nullable=True),
        sa.Column("epc_type", sa.String(length=255), nullable=True),
        sa.Column("offtake_type", sa.String(length=30), nullable=True),
        sa.Column("offtaker", sa.String(length=255), nullable=True),
        sa.Column("offtake_expiry", sa.Date(), nullable=True),
        sa.Column("cod_planned", sa.Date(), nullable=True),
        sa.Column("cod_actual", sa.Date(), nullable=True),
        sa.Column("concession_end", sa.Date(), nullable=True),
        sa.Column("equator_category", sa.String(length=1), nullable=True),
        sa.Column("expected_irr_pct", RATE, nullable=True),
        sa.Column("sponsor_record", sa.String(length=30), nullable=True),
        sa.Column("expected_close", sa.Date(), nullable=True),
        sa.Column("priority", sa.String(length=30), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
        sa.UniqueConstraint("business_key", name="uq_project_business_key"),
    )
    op.create_index("ix_project_name_key", "project", ["name_key"])
    op.create_index("ix_project_owner", "project", ["owner"])
    op.create_table(
        "provenance",
        sa.Column("subject", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=True),
        sa.Column("verifier", sa.String(length=255), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("subject", "subject_id", "field", name="pk_provenance"),
    )
    op.create_table(
        "work_done",
        sa.Column("job_key", sa.String(length=255), nullable=False),
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_key", name="pk_work_done"),
    )
    op.create_table(
        "client_link",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.String(length=255), nullable=False),
        sa.Column("message", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_client_link_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client_link"),
        sa.UniqueConstraint("token_sha256", name="uq_client_link_token_sha256"),
    )
    op.create_index("ix_client_link_business_key", "client_link", ["business_key"])
    op.create_table(
        "contact",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=True),
        sa.Column("mobile", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("birthday_calendar", sa.String(length=5), nullable=False),
        sa.Column("preferred_channel", sa.String(length=30), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_official", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_contact_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_email", "contact", ["email"])
    op.create_index("ix_contact_mobile", "contact", ["mobile"])
    op.create_index("ix_contact_party_id", "contact", ["party_id"])
    op.create_table(
        "credit_record",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authorisation", sa.String(length=255), nullable=False),
        sa.Column("events", sa.LargeBinary(), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_credit_record_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_record"),
    )
    op.create_index("ix_credit_record_party_id", "credit_record", ["party_id"])
    op.create_table(
        "financial_statement",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("audited", sa.Boolean(), nullable=False),
        sa.Column("opinion", sa.String(length=255), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("restated_of", sa.BigInteger(), nullable=True),
        sa.Column("checks", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_financial_statement_party_id"),
        sa.ForeignKeyConstraint(["restated_of"], ["financial_statement.id"], name="fk_financial_statement_restated_of"),
        sa.PrimaryKeyConstraint("id", name="pk_financial_statement"),
    )
    op.create_index("ix_financial_statement_party_id_period_end", "financial_statement", ["party_id", "period_end"])
    op.create_table(
        "inquiry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("client_role", sa.String(length=30), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("campaign", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_inquiry_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_inquiry_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inquiry"),
        sa.UniqueConstraint("business_key", name="uq_inquiry_business_key"),
    )
    op.create_index("ix_inquiry_party_id", "inquiry", ["party_id"])
    op.create_index("ix_inquiry_project_id", "inquiry", ["project_id"])
    op.create_table(
        "investor_profile",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("risk_class", sa.String(length=2), nullable=False),
        sa.Column("investor_type", sa.String(length=30), nullable=True),
        sa.Column("ticket_min", MONEY, nullable=True),
        sa.Column("ticket_max", MONEY, nullable=True),
        sa.Column("horizon_months", sa.Integer(), nullable=True),
        sa.Column("sector_limits", sa.Text(), nullable=True),
        sa.Column("result", sa.String(length=30), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_investor_profile_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_investor_profile"),
    )
    op.create_index("ix_investor_profile_party_id", "investor_profile", ["party_id"])
    op.create_table(
        "issue",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("field", sa.String(length=255), nullable=False),
        sa.Column("rule", sa.String(length=30), nullable=False),
        sa.Column("level", sa.String(length=30), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_issue_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_issue_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_issue"),
    )
    op.create_index("ix_issue_party_id_resolved_at", "issue", ["party_id", "resolved_at"])
    op.create_table(
        "kyc_case",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("hits", sa.LargeBinary(), nullable=False),
        sa.Column("ubos", sa.LargeBinary(), nullable=False),
        sa.Column("documents", sa.LargeBinary(), nullable=False),
        sa.Column("source_of_funds", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=255), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("next_review", sa.Date(), nullable=True),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_kyc_case_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_kyc_case_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_kyc_case"),
    )
    op.create_index("ix_kyc_case_party_id", "kyc_case", ["party_id"])
    op.create_table(
        "ownership_edge",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner_name", sa.String(length=255), nullable=False),
        sa.Column("owner_kind", sa.String(length=30), nullable=False),
        sa.Column("owner_party_id", sa.BigInteger(), nullable=True),
        sa.Column("owned_party_id", sa.BigInteger(), nullable=False),
        sa.Column("owned_name", sa.String(length=255), nullable=False),
        sa.Column("share", sa.String(length=255), nullable=False),
        sa.Column("control", sa.String(length=30), nullable=False),
        sa.Column("evidence", sa.String(length=255), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["owned_party_id"], ["party.id"], name="fk_ownership_edge_owned_party_id"),
        sa.ForeignKeyConstraint(["owner_party_id"], ["party.id"], name="fk_ownership_edge_owner_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ownership_edge"),
    )
    op.create_index("ix_ownership_edge_owned_party_id", "ownership_edge", ["owned_party_id"])
    op.create_table(
        "party_role",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("share", RATE, nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_party_role_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_party_role_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_party_role"),
        sa.UniqueConstraint("party_id", "project_id", "role", name="uq_party_role_party_id_project_id_role"),
    )
    op.create_index("ix_party_role_party_id", "party_role", ["party_id"])
    op.create_index("ix_party_role_project_id", "party_role", ["project_id"])
    op.create_table(
        "phase_change",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("phase_from", sa.String(length=30), nullable=True),
        sa.Column("phase_to", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_phase_change_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_phase_change"),
    )
    op.create_index("ix_phase_change_project_id_at", "phase_change", ["project_id", "at"])
    op.create_table(
        "score_card",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=1), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_score_card_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_score_card_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_score_card"),
    )
    op.create_index("ix_score_card_party_id", "score_card", ["party_id"])
    op.create_table(
        "interaction",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=True),
        sa.Column("element", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_interaction_contact_id"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name="fk_interaction_party_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_interaction_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_interaction"),
    )
    op.create_index("ix_interaction_party_id_at", "interaction", ["party_id", "at"])
    op.create_index("ix_interaction_project_id", "interaction", ["project_id"])
    op.create_table(
        "statement_line",
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("sheet", sa.String(length=2), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("label", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["statement_id"], ["financial_statement.id"], name="fk_statement_line_statement_id"),
        sa.PrimaryKeyConstraint("statement_id", "sheet", "code", name="pk_statement_line"),
    )


def downgrade() -> None:
    op.drop_table("statement_line")
    op.drop_table("interaction")
    op.drop_table("score_card")
    op.drop_table("phase_change")
    op.drop_table("party_role")
    op.drop_table("ownership_edge")
    op.drop_table("kyc_case")
    op.drop_table("issue")
    op.drop_table("investor_profile")
    op.drop_table("inquiry")
    op.drop_table("financial_statement")
    op.drop_table("credit_record")
    op.drop_table("contact")
    op.drop_table("client_link")
    op.drop_table("work_done")
    op.drop_table("provenance")
    op.drop_table("project")
    op.drop_table("party")
    op.drop_table("change_log")
    op.drop_table("business_key_counter")
