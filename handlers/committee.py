"""The credit committee: who may vote, ballots nobody sees, the count signed by the chair. Law: who is in conflict or
worked on the case does not vote; a ballot is cast by its member alone; a rejection is never signed as an approval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from engine.store import tables as engine_tables
from handlers import inputs
from handlers.assignment import choices
from handlers.contacting import completed_by
from handlers.credit_approval import APPROVED, told, valid_until, worded
from handlers.finance import voting
from handlers.ownership import fraction
from handlers.plan_design import project_of
from handlers.records import decisions
from handlers.records.changes import once
from handlers.records.decisions import Ballot

OWN = "committee_vote"
WORKED = {"reason": "参与本项目的人不参加表决", "reason_en": "worked on the case"}
VOTE_ZH = {"agree": "同意", "conditional": "有条件同意", "disagree": "不同意", "recuse": "回避"}
IN_CONFLICT = {"reason": "利益冲突", "reason_en": "conflict of interest"}


@handles("committee.list", transactional=True)
def committee_list(ctx: Context) -> Mapping[str, Any]:
    """Who can be invited. Out: committee_list and chair_list [{value: sign-in name, label}], by name. Only reads."""
    return {
        "committee_list": choices(ctx, "committee_member"),
        "chair_list": choices(ctx, "approver"),
    }


@handles("committee.constitute", transactional=True)
def committee_constitute(
    ctx: Context,
    members: object,
    authority: Mapping[str, Any],
    conflicts: object = None,
    owner: object = None,
    plan_id: object = None,
    project_key: object = None,
) -> Mapping[str, Any]:
    """Take out who may not vote, and open the decision.

    In: members: sign-in names; conflicts [{member, reason}]; authority {body, quorum, share, veto}; owner: the
    relationship manager; plan_id. Who completed a task of this case before also may not vote.
    Out: decision_id, eligible, excluded [{member, reason, reason_en}], quorum, share.
    Errors: BpmnError NO_QUORUM (variables cast: how many are left, needed: the quorum of those invited).
    Idempotent by job key.
    """

    def constitute() -> Mapping[str, Any]:
        invited = list(dict.fromkeys(inputs.texts(members)))
        out = {str(row["member"]): {**IN_CONFLICT, **inputs.given(row)} for row in _rows(conflicts)}
        out |= {one: WORKED for one in _worked(ctx, inputs.text(owner)) if one not in out}
        excluded = [{**reason, "member": one} for one, reason in out.items() if one in invited]
        eligible = [one for one in invited if one not in out]
        quorum, share = str(authority.get("quorum") or "2/3"), str(authority.get("share") or "2/3")
        part = fraction(quorum, "quorum")
        needed = max(-(-part.numerator * len(invited) // part.denominator), 1)
        if len(eligible) < needed:
            lack = {"cast": len(eligible), "needed": needed}
            raise BpmnError("NO_QUORUM", f"{len(eligible)} may vote, {needed} needed", lack)
        values = {
            "plan_id": inputs.ident(plan_id, "plan_id"), "body": str(authority.get("body") or "committee"),
            "quorum": quorum, "share": share, "veto": inputs.yes(authority.get("veto")), "members": invited,
            "eligible": eligible, "conflicts": excluded, "instance": ctx.instance or None,
        }  # fmt: skip
        stamp = inputs.stamp(ctx, "committee", completed_by(ctx, "ut_prepare", "ut_reconvene"))
        opened = decisions.open_decision(ctx.session, project_of(ctx, project_key).id, values, stamp)
        facts: dict[str, Any] = {"decision_id": str(opened.id), "eligible": eligible, "excluded": excluded}
        ctx.audit("committee_constituted", facts)
        return {**facts, "quorum": quorum, "share": share}

    return once(ctx.session, ctx.job_key, "committee.constitute", ctx.now, constitute)


def _rows(conflicts: object) -> list[Mapping[str, Any]]:
    return [row for row in inputs.rows(conflicts) if inputs.text(row.get("member"))]


def _worked(ctx: Context, owner: str | None) -> list[str]:
    """The owner, and who completed a task of any process of this case but the committee's own."""
    found = [owner] if owner else []
    if ctx.instance.isdigit():
        task, case = engine_tables.user_task.c, engine_tables.instance
        root = sa.select(case.c.root_id).where(case.c.id == int(ctx.instance)).scalar_subquery()
        tree = sa.select(case.c.id).where(case.c.root_id == root)
        people = sa.select(task.completed_by).where(
            task.instance_id.in_(tree), task.process_key != OWN, task.completed_by.is_not(None)
        )
        found += sorted(set(ctx.session.execute(people).scalars()))
    return list(dict.fromkeys(found))


@handles("vote.cast", transactional=True)
def vote_cast(
    ctx: Context, decision_id: object, member: str, quorum: object = "2/3", share: object = "2/3"
) -> Mapping[str, Any]:
    """Take the ballot that the member just handed in; it goes from the task into the book, and nowhere else.

    In: decision_id, member. Out: decided: whether the result can no longer change. Who stands in for a member does not
    vote: such a ballot is not counted, and the audit says so. Errors: InvalidInput after closing, for a second ballot.
    Idempotent by job key.
    """

    def take() -> Mapping[str, Any]:
        present = decisions.get(ctx.session, inputs.ident(decision_id, "decision_id") or 0)
        entered = _entered(ctx, member, present)
        if entered is None:
            ctx.audit("ballot_by_proxy_not_counted", {"member": member})
        else:
            ballot = Ballot(
                member=member,
                vote=str(entered.get("vote")),
                conditions=worded(entered.get("vote_conditions")),
                opinion=inputs.text(entered.get("vote_opinion")),
                at=ctx.now,
            )
            decisions.cast(ctx.session, present.id, ballot)
        so_far: list[Any] = list(decisions.standing(ctx.session, present.id))
        settled = voting.settled(so_far, len(present.eligible), fraction(quorum, "quorum"), fraction(share, "share"))
        return {"decided": settled}

    return once(ctx.session, ctx.job_key, "vote.cast", ctx.now, take)


def _entered(ctx: Context, member: str, present: decisions.Decision) -> Mapping[str, Any] | None:
    """What the member entered in this round's ballot, by their own hand."""
    task = engine_tables.user_task.c
    latest = (
        sa.select(task.entered)
        .where(
            task.instance_id == int(ctx.instance),
            task.element == "ut_vote",
            task.state == "completed",
            task.completed_by == member,
            task.created_at >= present.opened_at,
        )
        .order_by(task.completed_at.desc())
        .limit(1)
    )
    found: Mapping[str, Any] | None = ctx.session.execute(latest).scalar()
    return found


@handles("vote.close", transactional=True)
def vote_close(ctx: Context, decision_id: object) -> Mapping[str, Any]:
    """No further ballot is taken, and the votes are opened.

    In: decision_id. Out: votes [{member, vote, vote_text, conditions, opinion, at}] in the order in which they came,
    closed_at. Idempotent.
    """
    stamp = inputs.stamp(ctx, "committee")
    made = decisions.close(ctx.session, inputs.ident(decision_id, "decision_id") or 0, stamp)
    votes = [
        {
            "member": one.member, "vote": one.vote, "vote_text": VOTE_ZH[one.vote],
            "conditions": list(one.conditions), "opinion": one.opinion, "at": one.at,
        }
        for one in decisions.ballots_of(ctx.session, made.id)
    ]  # fmt: skip
    return {"votes": votes, "closed_at": made.closed_at}


@handles("committee.sign", transactional=True)
def committee_sign(
    ctx: Context,
    decision_id: object,
    tally: Mapping[str, Any],
    chair_decision: str,
    minutes: object = None,
    chair_questions: object = None,
    chair_comment: object = None,
    may_defer: object = None,
) -> Mapping[str, Any]:
    """The chair signs what was counted; an approval may be vetoed or deferred.

    In: decision_id; tally {decision, counts, conditions}; chair_decision confirm|veto|defer; chair_questions [{text}];
    minutes; chair_comment; may_defer. Out: decision approved|approved_with_conditions|deferred|rejected, decision_id,
    decision_conditions (union), decision_questions, approval_valid_until (180 days), vote_counts.
    Errors: InvalidInput for a veto without the right, a deferral when a decision is due, an unknown word.
    Idempotent by job key.
    """

    def sign() -> Mapping[str, Any]:
        present = decisions.get(ctx.session, inputs.ident(decision_id, "decision_id") or 0)
        outcome = _signed(str(tally.get("decision")), chair_decision, present.veto, inputs.yes(may_defer))
        by = completed_by(ctx, "ut_chair")
        values = {
            "decision": outcome,
            "counts": tally.get("counts"),
            "conditions": worded(tally.get("conditions")) if outcome in APPROVED else [],
            "questions": worded(chair_questions) if outcome == "deferred" else [],
            "minutes": "\n".join(inputs.texts([minutes, chair_comment])) or None,
            "signed_by": inputs.texts([by]),
            "valid_until": valid_until(ctx, outcome),
        }
        made = decisions.decide(ctx.session, present.id, values, inputs.stamp(ctx, "committee", by))
        ctx.audit("committee_decided", {"decision": outcome, "chair": chair_decision, "counts": tally.get("counts")})
        return told(made)

    return once(ctx.session, ctx.job_key, "committee.sign", ctx.now, sign)


def _signed(counted: str, chair: str, veto: bool, may_defer: bool) -> str:
    """The decision: what was counted, unless an approval is vetoed or deferred by right."""
    if chair not in ("confirm", "veto", "defer"):
        raise InvalidInput(place="chair_decision", reason=f"unknown: {chair}", reason_zh=f"未知签发意见 {chair}")
    if chair == "confirm" or counted not in APPROVED:
        return counted
    if chair == "veto" and not veto:
        raise InvalidInput(place="chair_decision", reason="the chair has no veto here", reason_zh="主任委员无否决权")
    if chair == "defer" and not may_defer:
        raise InvalidInput(place="chair_decision", reason="a decision is due now", reason_zh="已暂缓两次，须作出决定")
    return "rejected" if chair == "veto" else "deferred"
