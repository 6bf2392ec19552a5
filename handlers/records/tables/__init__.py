"""The book's tables, one subject a module. Law: who the clients are, what they plan, what was agreed, said, shown and
decided; never process state.

Business keys (`CL-2026-0001`, `PJ-2026-0001`) are what people and process instances use; ids stay inside.
Every writing of a field leaves a line in `change_log`, and `provenance` says where the present value of a
field is from and who verified it.
"""

from handlers.records.tables.base import metadata
from handlers.records.tables.clients import (
    business_key_counter,
    change_log,
    change_request,
    client_link,
    contact,
    credit_record,
    financial_statement,
    inquiry,
    interaction,
    investor_profile,
    issue,
    kyc_case,
    ownership_edge,
    party,
    party_merge,
    party_role,
    phase_change,
    project,
    provenance,
    score_card,
    statement_line,
    work_done,
)
from handlers.records.tables.disclosure import disclosure, entitlement, investor_question, report_pack
from handlers.records.tables.learning import (
    case_item,
    lead_verdict,
    marketing_event,
    model_score,
    scoring_model,
    training,
)
from handlers.records.tables.limits import credit_limit, credit_line, limit_entry
from handlers.records.tables.service import action_item, complaint, complaint_message, improvement, meeting

__all__ = [
    "action_item",
    "business_key_counter",
    "case_item",
    "change_log",
    "change_request",
    "client_link",
    "complaint",
    "complaint_message",
    "contact",
    "credit_limit",
    "credit_line",
    "credit_record",
    "disclosure",
    "entitlement",
    "financial_statement",
    "improvement",
    "inquiry",
    "interaction",
    "investor_profile",
    "investor_question",
    "issue",
    "kyc_case",
    "lead_verdict",
    "limit_entry",
    "marketing_event",
    "meeting",
    "metadata",
    "model_score",
    "ownership_edge",
    "party",
    "party_merge",
    "party_role",
    "phase_change",
    "project",
    "provenance",
    "report_pack",
    "score_card",
    "scoring_model",
    "statement_line",
    "training",
    "work_done",
]
