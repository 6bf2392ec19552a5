"""An evaluation from its opening to its close, and what due diligence found. Law: what the message did not bring is
read from the book, never asked twice; a file that is closed says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.plan_design import project_of
from handlers.records import credit, main_party, parties, projects
from handlers.records.changes import once
from handlers.records.credit import Finding

FROM_PROJECT = (
    "sector", "country", "region", "location", "purpose", "currency", "amount", "capex", "contingency_pct",
    "equity_pct", "equity_paid", "tenor_months", "permits", "offtake_type", "offtaker", "offtake_expiry", "cod_planned",
    "expected_irr_pct", "sponsor_record", "concession_end", "owner",
)  # fmt: skip
FROM_PARTY = ("reg_no", "legal_rep", "address", "founded", "ownership_type", "phone", "email")

PHASES = {"rejected": "declined", "stopped": "declined", "lapsed": "declined", "withdrawn": "withdrawn"}
"""Outcome of an evaluation that ends without a loan -> phase of the project."""
PLANS = {"rejected": "rejected", "stopped": "rejected", "lapsed": "lapsed", "withdrawn": "lapsed"}


@handles("evaluation.open", transactional=True)
def evaluation_open(
    ctx: Context, project_key: object = None, party_id: object = None, **known: Any
) -> Mapping[str, Any]:
    """Begin: the project is in evaluation, and what the message left out comes from the book.

    In: project_key (the business key), party_id (the project's borrower), every variable that is there already.
    Out: project_key, party_id, client_key, client_name, project_name, credit_authorisation_id (null without the
    client's agreement), and of the project's and client's facts those that were missing; stage "evaluation". Errors:
    NotFound for an unknown project. Idempotent.
    """
    project = project_of(ctx, project_key)
    named = inputs.ident(party_id, "party_id")
    party = main_party(ctx.session, project.id) if named is None else parties.get(ctx.session, named)
    projects.enter(ctx.session, project.id, "evaluation", inputs.stamp(ctx, "evaluation"))
    facts: dict[str, Any] = {"project_name": project.name, "project_stage": project.stage}
    facts |= {name: getattr(project, name) for name in FROM_PROJECT}
    if party is not None:
        facts |= {"party_id": str(party.id), "client_key": party.business_key, "client_name": party.legal_name}
        facts |= {name: getattr(party, name) for name in FROM_PARTY}
        facts["credit_authorisation_id"] = _authorisation(party)
    missing = {name: value for name, value in facts.items() if known.get(name) is None and value is not None}
    if named is not None:
        missing.pop("party_id", None)
    return {**missing, "project_key": project.business_key, "stage": "evaluation"}


def _authorisation(party: parties.Party) -> str | None:
    """The client's own word that its credit report may be asked for: whose and of which day. None without one."""
    said = party.consent or {}
    if not said.get("credit_check"):
        return None
    return "/".join(str(one) for one in (party.business_key, said.get("credit_check_at")) if one)


@handles("evaluation.close", transactional=True)
def evaluation_close(
    ctx: Context, outcome: str, reason: object = None, project_key: object = None, plan_id: object = None
) -> Mapping[str, Any]:
    """End an evaluation without a loan.

    In: outcome rejected|stopped|lapsed|withdrawn, reason, project_key, plan_id (its plan, if there is one by now).
    Out: stage "closed". Errors: InvalidInput for an unknown outcome. Idempotent.
    """
    if outcome not in PHASES:
        raise InvalidInput(place="outcome", reason=f"unknown: {outcome}", reason_zh=f"未知结果 {outcome}")
    project, stamp = project_of(ctx, project_key), inputs.stamp(ctx, "evaluation")
    projects.enter(ctx.session, project.id, PHASES[outcome], stamp, inputs.prose(reason) or outcome)
    plan = inputs.ident(plan_id, "plan_id")
    if plan is not None:
        credit.set_plan_state(ctx.session, plan, PLANS[outcome], stamp)
    ctx.audit("evaluation_closed", {"outcome": outcome, "reason": inputs.prose(reason)})
    return {"stage": "closed"}


OPINION_ZH = {"favourable": "无保留", "conditional": "有条件", "unfavourable": "不利"}


@handles("dd.record", transactional=True)
def dd_record(
    ctx: Context,
    stream: str,
    dd_opinion: str,
    dd_summary: str,
    dd_author: str | None = None,
    findings: object = None,
    stream_name: str | None = None,
    stream_name_en: str | None = None,
    project_key: object = None,
) -> Mapping[str, Any]:
    """Keep a reviewed stream of due diligence with its findings.

    In: stream, stream_name, the fields of form `dd_report`. Out: dd_result {stream, stream_name, stream_name_en,
    opinion, opinion_text, summary, author, reviewer, findings, red_flag, fatal: a finding is}. Errors: InvalidInput
    for an unknown opinion or severity. Idempotent by job key.
    """

    def record() -> Mapping[str, Any]:
        person, reviewer = completed_by(ctx, "ut_perform"), completed_by(ctx, "ut_review")
        stamp = inputs.stamp(ctx, "due_diligence", reviewer)
        rows = [row for row in inputs.rows(findings) if inputs.text(row.get("text"))]
        found = [
            Finding(
                str(row["text"]),
                inputs.text(row.get("severity")) or "?",
                inputs.text(row.get("mitigation")),
                inputs.yes(row.get("red_flag")),
            )
            for row in rows
        ]
        author = inputs.text(dd_author) or person or "?"
        values = {
            "stream": stream, "name": inputs.text(stream_name) or stream, "opinion": dd_opinion, "summary": dd_summary,
            "author": author, "by": person or author, "reviewer": reviewer, "instance": ctx.instance or None,
        }  # fmt: skip
        kept = credit.add_stream(ctx.session, project_of(ctx, project_key).id, values, found, stamp)
        result = {
            "stream": stream, "stream_name": kept.name, "stream_name_en": inputs.text(stream_name_en) or kept.name,
            "opinion": kept.opinion, "opinion_text": OPINION_ZH[kept.opinion], "summary": kept.summary,
            "author": author, "reviewer": reviewer,
            "findings": [dict(row) for row in rows], "red_flag": kept.red_flag,
            "fatal": any(one.severity == "fatal" for one in found),
        }  # fmt: skip
        return {"dd_result": result}

    return once(ctx.session, ctx.job_key, "dd.record", ctx.now, record)
