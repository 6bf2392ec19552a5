"""Contact with the client during intake: what the first talk gave, decisions told and kept, withdrawal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa

from engine.registry import Context, handles
from engine.store import tables as engine_tables
from handlers import inputs
from handlers.intake import project_fields
from handlers.notices import notify_send
from handlers.records import inquiries, interactions, parties, projects
from handlers.records.changes import Stamp, once
from handlers.records.interactions import Interaction
from handlers.records.projects import Project

PHASE_OF = {"approve": "evaluation", "decline": "declined"}
"""Decision of the initial review -> phase of the project; a held one stays in intake."""

OUTCOME_OF = {"approve": "approved", "hold": "held", "decline": "declined"}
STAGE_OF = {"approve": "approved", "hold": "hold", "decline": "declined"}


def _project(ctx: Context, project_key: str | None) -> Project | None:
    key = inputs.text(project_key)
    return projects.find(ctx.session, key) if key else None


def completed_by(ctx: Context, *elements: str) -> str | None:
    """Who completed the instance's last task (of the elements, when any are named); None outside a process."""
    if not ctx.instance.isdigit():
        return None
    task = engine_tables.user_task.c
    conditions = [task.instance_id == int(ctx.instance), task.state == "completed"]
    if elements:
        conditions.append(task.element.in_(elements))
    latest = sa.select(task.completed_by).where(*conditions).order_by(task.completed_at.desc()).limit(1)
    return ctx.session.execute(latest).scalar()


@handles("intake.record_contact", transactional=True)
def intake_record_contact(
    ctx: Context,
    party_id: object,
    contact_outcome: str,
    contact_date: object = None,
    contact_channel: str | None = None,
    contact_person: str | None = None,
    contact_reason: str | None = None,
    project_key: str | None = None,
    owner: str | None = None,
    nurture_rounds: object = None,
    consent_contact: object = None,
    **said: Any,
) -> Mapping[str, Any]:
    """Keep a talk with the client: the timeline, the consent, and what it taught about the project.

    In: the fields of form `first_contact` (contact_date, contact_channel, contact_person, contact_outcome
    proceed|nurture|disqualify, contact_reason, need, amount, currency, tenor_months, project_stage,
    expected_close, consent_contact), owner, nurture_rounds, party_id, project_key.
    Out: owner (who had the talk, when the task was taken from a queue), nurture_rounds (+1 for nurture), stage.
    Errors: InvalidInput for unreadable numbers and dates. Idempotent by job key.
    """

    def record() -> Mapping[str, Any]:
        person = completed_by(ctx, "ut_first_contact") or inputs.text(owner)
        stamp = inputs.stamp(ctx, "interview", person)
        party = parties.get(ctx.session, str(party_id))
        project = _project(ctx, project_key)
        if project is not None:
            learnt = project_fields(said) | {"owner": person}
            projects.change(ctx.session, project.id, inputs.given(learnt), stamp)
        consent = dict(party.consent or {}) | {"contact": inputs.yes(consent_contact)}
        parties.change(ctx.session, party.id, inputs.given({"owner": person, "consent": consent}), stamp)
        name = inputs.text(contact_person)
        if name is not None:
            _agree(ctx, party.id, name, inputs.yes(consent_contact), stamp)
        day = inputs.day(contact_date, "contact_date")
        talk = Interaction(
            party_id=party.id,
            project_id=project.id if project else None,
            at=ctx.now if day is None else min(ctx.now, datetime.combine(day, time(12), ctx.zone)),
            channel=inputs.text(contact_channel) or "phone",
            direction="out",
            person=name,
            subject="首次联系",
            text="\n".join(inputs.texts([said.get("need"), contact_reason])),
            outcome=contact_outcome,
            by=stamp.by,
            instance=ctx.instance,
            element=ctx.element,
        )
        interactions.add(ctx.session, talk)
        if contact_outcome == "disqualify":
            _not_pursued(ctx, project, inputs.prose(contact_reason), stamp)
        rounds = inputs.whole(nurture_rounds, "nurture_rounds") or 0
        stage = {"nurture": "nurture", "disqualify": "closed"}.get(contact_outcome, "contacted")
        return {"owner": person, "nurture_rounds": rounds + (contact_outcome == "nurture"), "stage": stage}

    return once(ctx.session, ctx.job_key, "intake.record_contact", ctx.now, record)


def _not_pursued(ctx: Context, project: Project | None, reason: str | None, stamp: Stamp) -> None:
    """Nobody works on the matter any more: its inquiry is closed, and its project leaves the pipeline."""
    if project is not None:
        projects.enter(ctx.session, project.id, "declined", stamp, reason)
    if ctx.business_key:
        inquiries.close(ctx.session, ctx.business_key, "not_pursued", stamp)


def _agree(ctx: Context, party_id: int, name: str, consent: bool, stamp: Stamp) -> None:
    """Keep the person's answer whether they may be contacted; somebody new becomes a contact."""
    values: dict[str, Any] = {"name": name, "consent": consent}
    known = next((one for one in parties.contacts_of(ctx.session, party_id) if one.name == name), None)
    if known is not None:
        values |= inputs.given({"mobile": known.mobile, "email": known.email})
    parties.add_contact(ctx.session, party_id, values, stamp)


@handles("intake.record_decision", transactional=True)
def intake_record_decision(
    ctx: Context,
    review_decision: str,
    review_priority: str | None = None,
    review_remarks: str | None = None,
    hold_until: object = None,
    party_id: object = None,
    project_key: str | None = None,
) -> Mapping[str, Any]:
    """Keep the initial review's decision (立项) with its reason; an approved project enters evaluation.

    In: review_decision approve|hold|decline, review_priority, review_remarks, hold_until, party_id, project_key.
    Out: stage approved|hold|declined. Errors: InvalidInput for an unreadable date. Idempotent by job key.
    """

    def record() -> Mapping[str, Any]:
        person = completed_by(ctx, "ut_initial_review")
        stamp = inputs.stamp(ctx, "initial_review", person, inputs.text(review_remarks))
        project = _project(ctx, project_key)
        if project is not None:
            projects.change(ctx.session, project.id, inputs.given({"priority": review_priority}), stamp)
            if review_decision in PHASE_OF:
                remarks = inputs.text(review_remarks)
                projects.enter(ctx.session, project.id, PHASE_OF[review_decision], stamp, remarks)
        known = inputs.ident(party_id, "party_id")
        if known is not None and review_decision == "approve":
            party = parties.get(ctx.session, known)
            if party.lifecycle_stage == "lead":
                parties.change(ctx.session, party.id, {"lifecycle_stage": "prospect"}, stamp)
        if ctx.business_key and review_decision != "hold":
            inquiries.close(ctx.session, ctx.business_key, OUTCOME_OF[review_decision], stamp)
        held = inputs.day(hold_until, "hold_until")
        ctx.audit(
            "initial_review",
            {"decision": review_decision, "remarks": inputs.text(review_remarks), "hold_until": held},
        )
        return {"stage": STAGE_OF[review_decision]}

    return once(ctx.session, ctx.job_key, "intake.record_decision", ctx.now, record)


@handles("intake.close", transactional=True)
def intake_close(
    ctx: Context,
    outcome: str,
    project_key: str | None = None,
    eligibility: object = None,
    party_id: object = None,
    reason: str | None = None,
) -> Mapping[str, Any]:
    """Close an inquiry that is not taken: `ineligible`, `kyc_rejected` or `not_pursued`; the project is declined.

    The blocking reasons of `eligibility` are kept with the phase, and the reason why a matter is not pursued; of a KYC
    rejection no reason is kept here, where everybody who serves the client can read it. Out: stage "closed".
    Idempotent.
    """
    stamp = inputs.stamp(ctx, "process")
    if outcome == "not_pursued":
        _not_pursued(ctx, _project(ctx, project_key), inputs.prose(reason), stamp)
        return {"stage": "closed"}
    blocking = [str(row.get("text")) for row in inputs.rows(eligibility) if row.get("level") == "block"]
    why = ";".join(blocking) if outcome == "ineligible" and blocking else None
    project = _project(ctx, project_key)
    if project is not None:
        projects.enter(ctx.session, project.id, "declined", stamp, why)
    if ctx.business_key:
        inquiries.close(ctx.session, ctx.business_key, outcome, stamp)
    return {"stage": "closed"}


@handles("intake.withdraw", transactional=True)
def intake_withdraw(
    ctx: Context,
    withdraw_reason: str | None = None,
    withdraw_channel: str | None = None,
    party_id: object = None,
    project_key: str | None = None,
    client_name: str | None = None,
    project_name: str | None = None,
    email: str | None = None,
    language: str | None = None,
) -> Mapping[str, Any]:
    """The client takes the inquiry back: the timeline says why, the project's phase is `withdrawn`, a letter confirms.

    In: withdraw_reason, withdraw_channel, party_id, project_key (either may be null when it comes early); client_name,
    project_name, email, language for the letter (none without an address).
    Out: stage "closed". Idempotent by job key.
    """

    def record() -> Mapping[str, Any]:
        reason = inputs.prose(withdraw_reason)
        stamp = inputs.stamp(ctx, inputs.text(withdraw_channel) or "client", why=reason)
        project = _project(ctx, project_key)
        if project is not None:
            projects.enter(ctx.session, project.id, "withdrawn", stamp, reason)
        known = inputs.ident(party_id, "party_id")
        if known is not None:
            interactions.add(
                ctx.session,
                Interaction(
                    party_id=parties.get(ctx.session, known).id,
                    project_id=project.id if project else None,
                    at=ctx.now,
                    channel=inputs.text(withdraw_channel) or "system",
                    direction="in",
                    subject="客户撤回申请",
                    text=reason or "",
                    outcome="withdrawn",
                    by=stamp.by,
                    instance=ctx.instance,
                    element=ctx.element,
                ),
            )
        if ctx.business_key:
            inquiries.close(ctx.session, ctx.business_key, "withdrawn", stamp)
        data = {"client_name": client_name, "project_name": project_name, "project_key": project_key}
        letter = "withdrawal_confirmed"
        notify_send(ctx, "email", letter, email, data, language, f"{ctx.instance}:{letter}", party_id)
        return {"stage": "closed"}

    return once(ctx.session, ctx.job_key, "intake.withdraw", ctx.now, record)
