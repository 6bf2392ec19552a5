"""Questions of investors: registered, answered within three working days, checked by compliance, sent.

Law: who is not entitled to a project gets no word about it. Source: the process S7 `investor_reporting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.records import disclosure, parties, projects
from handlers.records.changes import once


@handles("disclosure.ask", transactional=True)
def disclosure_ask(
    ctx: Context,
    question: str,
    project_key: str,
    party_id: object = None,
    client_key: str | None = None,
    pack_key: str | None = None,
    asked_by: str | None = None,
    email: str | None = None,
) -> Mapping[str, Any]:
    """Keep an investor's question.

    In: question, project_key, party_id or client_key, pack_key (about which report), asked_by, email (where the answer
    goes; else the entitlement's first recipient). Out: question_key, investor_name, project_name, email, language.
    Errors: BpmnError NOT_ENTITLED when the investor may not be told of the project, or either is not known;
    InvalidInput without words. Idempotent by job key.
    """
    words = inputs.prose(question)
    if words is None:
        raise InvalidInput(place="question", reason="is missing", reason_zh="缺少问题")

    def ask() -> Mapping[str, Any]:
        party = parties.find(ctx.session, inputs.text(party_id) or inputs.text(client_key) or 0)
        project = projects.find(ctx.session, project_key)
        entitled = disclosure.entitled(ctx.session, project.id, inputs.today(ctx)) if project else ()
        whose = next((one for one in entitled if party is not None and one.party_id == party.id), None)
        if party is None or project is None or whose is None:
            raise BpmnError("NOT_ENTITLED", f"{party_id or client_key} is not entitled to {project_key}")
        first = next((found for one in whose.recipients if (found := inputs.text(one.get("email")))), None)
        about = inputs.text(pack_key)
        known = disclosure.pack(ctx.session, about) if about is not None else None
        values = {
            "party_id": party.id,
            "project_id": project.id,
            "pack_id": known.id if known is not None and known.project_id == project.id else None,
            "asked_by": inputs.text(asked_by),
            "email": inputs.text(email) or first,
            "text": words,
            "instance": ctx.instance or None,
        }
        own_key = ctx.business_key if (ctx.business_key or "").startswith(disclosure.QUESTION) else None
        asked = disclosure.ask(ctx.session, values, inputs.stamp(ctx, "investor"), inputs.year(ctx), own_key)
        return {
            "question_key": asked.business_key,
            "investor_name": party.legal_name,
            "project_name": project.name,
            "email": asked.email,
            "language": whose.language,
        }

    return once(ctx.session, ctx.job_key, "disclosure.ask", ctx.now, ask)


@handles("disclosure.answer", transactional=True)
def disclosure_answer(ctx: Context, question_key: str, answer: str) -> Mapping[str, Any]:
    """Keep the answer with who wrote and who checked it. Out: answered_at.

    Errors: NotFound; InvalidInput when one person did both. Idempotent: the first answer counts.
    """
    asked = disclosure.question(ctx.session, question_key)
    if asked.answered_at is None:
        writer, checker = completed_by(ctx, "ut_answer"), completed_by(ctx, "ut_check_answer")
        if writer is not None and writer == checker:
            raise InvalidInput(place=question_key, reason="a second person checks it", reason_zh="须由另一人复核")
        values = {"answer": answer, "answered_by": writer, "checked_by": checker, "answered_at": ctx.now}
        asked = disclosure.answer(ctx.session, asked.id, values, inputs.stamp(ctx, "investor", checker))
    return {"answered_at": asked.answered_at}
