"""Which stage of a client's life a process belongs to. Law: the four stages of the business, all else supports them."""

from __future__ import annotations

from flask_babel import gettext as _

STAGES = {
    "client_intake": 1,
    "kyc_onboarding": 1,
    "credit_evaluation": 2,
    "due_diligence": 2,
    "committee_vote": 2,
    "credit_check": 2,
    "facility_execution": 3,
    "cp_clearance": 3,
    "drawdown": 3,
    "client_maintenance": 4,
    "retention": 4,
    "loan_repayment": 4,
    "covenant_monitoring": 4,
    "topup_waiver_restructure": 4,
    "collateral_revaluation": 4,
}
"""Process -> stage 1 to 4; a process that is not named here supports them (5)."""
SUPPORT = 5


def stage_of(key: str) -> int:
    """1 intake, 2 evaluation, 3 execution, 4 maintenance, 5 support."""
    return STAGES.get(key, SUPPORT)


def stage_words(stage: int) -> str:
    """A stage by name."""
    return {
        1: _("P1 Intake"),
        2: _("P2 Evaluation"),
        3: _("P3 Execution"),
        4: _("P4 Maintenance"),
        SUPPORT: _("S Support"),
    }[stage]
