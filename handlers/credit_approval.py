"""Ratings confirmed, decisions kept and carried out. Law: an override needs a reason and a second person; who signs is
read from the tasks, never from a form; a rejection stays one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.finance import rating
from handlers.plan_design import project_of
from handlers.records import credit, decisions
from handlers.records.changes import once

APPROVED = ("approved", "approved_with_conditions")
VALID_DAYS = 180
"""How long an approval may be offered; the institution's own setting (domain model, P2)."""


def worded(value: object) -> list[str]:
    """Texts from a form's list [{text}], from a list of texts, or from nothing; each once."""
    rows = value if isinstance(value, list | tuple) else []
    found = [row.get("text") if isinstance(row, Mapping) else row for row in rows]
    return list(dict.fromkeys(inputs.texts(found)))


@handles("rating.confirm", transactional=True)
def rating_confirm(
    ctx: Context,
    slotting_proposed: str,
    slotting_choice: str,
    slotting_grades: Mapping[str, Any],
    override_reason: object = None,
    slotting_score: object = None,
    slotting_capped_by: object = None,
    pd: object = None,
    plan_id: object = None,
    project_key: object = None,
) -> Mapping[str, Any]:
    """Keep the confirmed category; another than the proposed one by the rules of an override.

    In: slotting_proposed, slotting_choice, override_reason, slotting_grades, slotting_score, slotting_capped_by, pd,
    plan_id. Who confirmed and who signed as well are those who completed `ut_rating` and `ut_rating_second`.
    Out: rating_id, slotting_category, rating_override (text, null without one), override_problem null.
    Errors: BpmnError OVERRIDE_REFUSED (variables override_problem, override_problem_en): more than one notch, no
    reason, no second person. Idempotent by job key.
    """

    def confirm() -> Mapping[str, Any]:
        by, changed = completed_by(ctx, "ut_rating"), slotting_choice != slotting_proposed
        second = completed_by(ctx, "ut_rating_second") if changed else None
        why = inputs.prose(override_reason) if changed else None
        if changed:
            try:
                rating.overridden(slotting_proposed, slotting_choice, why, by, second)
            except InvalidInput as fault:
                told = {
                    "override_problem": fault.fields.get("reason_zh"),
                    "override_problem_en": fault.fields.get("reason"),
                }
                raise BpmnError("OVERRIDE_REFUSED", str(fault), told) from fault
        values = {
            "plan_id": inputs.ident(plan_id, "plan_id"), "proposed": slotting_proposed, "category": slotting_choice,
            "score": inputs.number(slotting_score, "slotting_score"), "grades": dict(slotting_grades),
            "capped_by": inputs.text(slotting_capped_by), "pd": inputs.number(pd, "pd"), "reason": why,
            "second": second, "instance": ctx.instance or None,
        }  # fmt: skip
        stamp = inputs.stamp(ctx, "rating", by, why)
        kept = credit.add_rating(ctx.session, project_of(ctx, project_key).id, values, stamp)
        ctx.audit("rating_confirmed", {"category": kept.category, "proposed": kept.proposed, "second": second})
        return {
            "rating_id": str(kept.id),
            "slotting_category": kept.category,
            "rating_override": f"{slotting_proposed} → {slotting_choice}" if changed else None,
            "override_problem": None,
            "override_problem_en": None,
        }

    return once(ctx.session, ctx.job_key, "rating.confirm", ctx.now, confirm)


def valid_until(ctx: Context, decision: str) -> Any:
    """The last day on which an approval may be offered; None for what is not approved."""
    return inputs.today(ctx) + timedelta(days=VALID_DAYS) if decision in APPROVED else None


def told(made: decisions.Decision) -> dict[str, Any]:
    """What a process goes on with after a decision."""
    return {
        "decision": made.decision,
        "decision_id": str(made.id),
        "decision_conditions": list(made.conditions),
        "decision_questions": list(made.questions),
        "approval_valid_until": made.valid_until,
        "vote_counts": made.counts,
    }


@handles("credit.record_signatures", transactional=True)
def credit_record_signatures(
    ctx: Context,
    first_decision: str,
    second_decision: object = None,
    first_conditions: object = None,
    second_conditions: object = None,
    plan_id: object = None,
    project_key: object = None,
) -> Mapping[str, Any]:
    """Keep a decision by two signatures: approved when both approve.

    In: first_decision, second_decision approve|reject (the second is not asked when the first rejects), their
    conditions [{text}], plan_id. Out: decision, decision_id, decision_conditions, decision_questions,
    approval_valid_until, vote_counts. Idempotent by job key.
    """

    def record() -> Mapping[str, Any]:
        first = first_decision == "approve"
        both = first and inputs.text(second_decision) == "approve"
        conditions = worded([*inputs.rows(first_conditions), *(inputs.rows(second_conditions) if first else [])])
        people = [completed_by(ctx, "ut_sign_first"), completed_by(ctx, "ut_sign_second") if first else None]
        if both and (None in people or people[0] == people[1]):
            raise InvalidInput(place="second_decision", reason="two people must sign", reason_zh="须由两人分别签批")
        outcome = "rejected" if not both else "approved_with_conditions" if conditions else "approved"
        signed = inputs.texts(people)
        stamp = inputs.stamp(ctx, "signatures", signed[-1] if signed else None)
        opened = decisions.open_decision(
            ctx.session,
            project_of(ctx, project_key).id,
            {"plan_id": inputs.ident(plan_id, "plan_id"), "body": "signatures", "state": "closed",
             "instance": ctx.instance or None},
            stamp,
        )  # fmt: skip
        values = {
            "decision": outcome, "conditions": conditions, "signed_by": signed,
            "valid_until": valid_until(ctx, outcome),
        }  # fmt: skip
        return told(decisions.decide(ctx.session, opened.id, values, stamp))

    return once(ctx.session, ctx.job_key, "credit.record_signatures", ctx.now, record)


@handles("credit.record_board", transactional=True)
def credit_record_board(
    ctx: Context, decision_id: object, board_decision: str, board_conditions: object = None
) -> Mapping[str, Any]:
    """The word from above on what the committee approved: it stands, with further conditions, or is refused.

    In: decision_id, board_decision approve|reject, board_conditions [{text}]. Out: as `credit.record_signatures`.
    Errors: InvalidInput when there is no approval to confirm. Idempotent by job key.
    """

    def record() -> Mapping[str, Any]:
        present = decisions.get(ctx.session, inputs.ident(decision_id, "decision_id") or 0)
        if present.decision not in APPROVED:
            raise InvalidInput(place="decision", reason="nothing was approved", reason_zh="审委会未批准，上级不得批准")
        conditions = worded([*present.conditions, *worded(board_conditions)])
        approved = "approved_with_conditions" if conditions else "approved"
        outcome = approved if board_decision == "approve" else "rejected"
        by = completed_by(ctx, "ut_board")
        values = {
            "decision": outcome, "conditions": conditions, "signed_by": [*present.signed_by, *inputs.texts([by])],
            "valid_until": present.valid_until if outcome != "rejected" else None,
        }  # fmt: skip
        return told(decisions.decide(ctx.session, present.id, values, inputs.stamp(ctx, "board", by)))

    return once(ctx.session, ctx.job_key, "credit.record_board", ctx.now, record)


@handles("credit.apply_decision", transactional=True)
def credit_apply_decision(
    ctx: Context,
    decision: str,
    decision_id: object = None,
    decision_conditions: object = None,
    approval_valid_until: object = None,
    authority: object = None,
    plan_id: object = None,
    deferrals: object = None,
    appeal_decision: object = None,
) -> Mapping[str, Any]:
    """Carry a decision over to the plan, and count what may happen only so often.

    In: decision, decision_id, decision_conditions, approval_valid_until, authority, plan_id, deferrals, appeal_decision
    (accept: the one appeal is used). Out: deferrals (+1 when deferred), appeals (0 or 1), approval {decision_id, body,
    conditions, valid_until}, stage. Idempotent by job key.
    """

    def carry() -> Mapping[str, Any]:
        state = "approved" if decision in APPROVED else {"rejected": "rejected"}.get(decision)
        plan = inputs.ident(plan_id, "plan_id")
        if plan is not None and state is not None:
            credit.set_plan_state(ctx.session, plan, state, inputs.stamp(ctx, "decision"))
        body = authority.get("body") if isinstance(authority, Mapping) else None
        ctx.audit("credit_decided", {"decision": decision, "decision_id": inputs.text(decision_id), "body": body})
        return {
            "deferrals": (inputs.whole(deferrals, "deferrals") or 0) + (decision == "deferred"),
            "appeals": int(inputs.text(appeal_decision) == "accept"),
            "approval": {
                "decision_id": inputs.text(decision_id),
                "body": body,
                "conditions": worded(decision_conditions),
                "valid_until": inputs.day(approval_valid_until, "approval_valid_until"),
            },
            "stage": {"approved": "approved", "rejected": "declined"}.get(state or "", "evaluation"),
        }

    return once(ctx.session, ctx.job_key, "credit.apply_decision", ctx.now, carry)


@handles("credit.accept", transactional=True)
def credit_accept(ctx: Context, plan_id: object, accepted_by: object = None) -> Mapping[str, Any]:
    """The client accepted: the plan is the one that is carried out.

    In: plan_id, accepted_by (as they signed). Out: stage "execution". Errors: NotFound. Idempotent.
    """
    plan = inputs.ident(plan_id, "plan_id")
    stamp = inputs.stamp(ctx, "client", why=inputs.text(accepted_by))
    made = credit.set_plan_state(ctx.session, plan or 0, "active", stamp)
    ctx.audit("term_sheet_accepted", {"plan": made.version, "by": inputs.text(accepted_by)})
    return {"stage": "execution"}
