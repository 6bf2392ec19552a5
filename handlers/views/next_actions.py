"""What to do next for a client, as of now: the decision `next_best_action` asked with the book's facts.

Law: it proposes and starts nothing; what a process of P4 proposed and what became of it stands in the client's log.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import api
from engine.errors import DealflowError
from handlers import client_facts
from handlers.records import relationship
from handlers.records.parties import Party
from handlers.reports.content import Table
from handlers.reports.rows import Fields, table_of

DECISION = "next_best_action"
ADVICE: Fields = (
    ("text", "建议", "Proposal", "text"),
    ("how", "方式", "How", "text"),
    ("due_days", "期限（工作日）", "Within (working days)", "whole"),
)
_HOW = {"message": ("去信（客户已同意联系）", "By letter (the client agreed)"), "task": ("由人办理", "By a person")}


def next_actions(session: Session, party: Party, now: datetime, today: date) -> Table:
    """The rows of the deployed table that fit the client today; none where the table is not deployed or cannot answer.

    A letter is proposed only to who agreed to be contacted: the table asks for it.
    """
    rows = [_row(one) for one in _asked(session, party, now, today)]
    return table_of("next_actions", ("下一步行动（按当前数据）", "What to do next (as of now)"), ADVICE, rows)


def _asked(session: Session, party: Party, now: datetime, today: date) -> list[dict[str, Any]]:
    seen = client_facts.overview(session, party, now, today)
    passed = relationship.stages_of(session, party.id)
    stage = passed[-1].stage_to if passed else relationship.STAGES[0]
    facts = {
        "need_codes": seen["needs"],
        "stage_rank": relationship.STAGES.index(stage) + 1,
        "tier": party.tier,
        "overview": seen,
    }
    try:
        found = api.evaluate_decision(session, api.SYSTEM, DECISION, facts).value
    except DealflowError:
        return []
    return [dict(one) for one in found] if isinstance(found, list) else []


def _row(one: dict[str, Any]) -> dict[str, Any]:
    zh, en = _HOW.get(str(one.get("channel")), (str(one.get("channel") or ""), str(one.get("channel") or "")))
    said = str(one.get("text") or one.get("action") or "")
    return {
        "text": {"text": said, "text_en": str(one.get("text_en") or said)},
        "how": {"text": zh, "text_en": en},
        "due_days": one.get("due_days"),
    }
