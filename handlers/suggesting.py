"""Suggestions to clients, what became of them, and opportunities on their way to evaluation or intake.

Law: nothing is pushed without consent (`notify.send` asks again); an opportunity skips intake only while the client's
due diligence is valid on the day it is sent on. Source: P4 `client_maintenance`, decision `next_best_action`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.registry import Context, handles
from handlers import client_facts, inputs
from handlers.contacting import completed_by
from handlers.maintaining import client
from handlers.ownership import fraction, percent
from handlers.records import interactions, keys, kyc, opportunities, parties, projects, relationship, statements
from handlers.records.changes import once
from handlers.records.interactions import Interaction
from handlers.records.opportunities import Opportunity
from handlers.records.parties import Party

PUSHED = {"waiting": "sent", "duplicate": "sent", "no_consent": "no_consent", "no_recipient": "no_consent"}
"""State of `notify.send` -> result of the suggestion."""

RESULTS = ("accepted", "declined", "done", "not_reached", *sorted(set(PUSHED.values())))


@handles("crm.record_action", transactional=True)
def crm_record_action(
    ctx: Context,
    party_id: object,
    action: object,
    result: str | None = None,
    comment: str | None = None,
    owner: str | None = None,
) -> Mapping[str, Any]:
    """Keep what became of a suggestion: the churn table counts what was declined.

    In: party_id, action: the row of `next_best_action` {action, product, channel}, result accepted|declined|done|
    not_reached or the state of notify.send, comment, owner. Out: result. Errors: NotFound. Idempotent by job key.
    """
    row: Mapping[str, Any] = action if isinstance(action, Mapping) else {}

    def record() -> Mapping[str, Any]:
        party = client(ctx, party_id)
        by_hand = inputs.text(row.get("channel")) != "message"
        person = completed_by(ctx, "ut_action") if by_hand else None
        stamp = inputs.stamp(ctx, "suggestion", person)
        said = inputs.text(result) or "done"
        became = PUSHED.get(said, said)
        values = {
            "action": inputs.text(row.get("action")) or "other",
            "product": inputs.text(row.get("product")),
            "channel": "task" if by_hand else "message",
            "owner": inputs.text(owner),
            "result": became,
            "comment": inputs.prose(comment),
            "instance": ctx.instance,
        }
        relationship.record_action(ctx.session, party.id, values, stamp)
        if by_hand and became != "not_reached":
            talk = Interaction(
                party_id=party.id,
                at=ctx.now,
                channel="meeting",
                direction="out",
                subject=(inputs.prose(row.get("text")) or "关系动作")[:255],
                text=inputs.prose(comment) or "",
                outcome=became,
                by=stamp.by,
                instance=ctx.instance,
                element=ctx.element,
            )
            interactions.add(ctx.session, talk)
        return {"result": became}

    return once(ctx.session, ctx.job_key, "crm.record_action", ctx.now, record)


@handles("crm.open_opportunity", transactional=True)
def crm_open_opportunity(
    ctx: Context,
    party_id: object,
    title: str,
    kind: str | None = None,
    sector: str | None = None,
    purpose: str | None = None,
    amount: object = None,
    currency: str | None = None,
    tenor_months: object = None,
    need: str | None = None,
    owner: str | None = None,
) -> Mapping[str, Any]:
    """Enter an opportunity and its project, and say which way it goes.

    In: party_id, title, kind (the product), sector, purpose, amount, currency, tenor_months, need, owner. Out:
    opportunity_key, project_key (drawn for it), kyc_valid: whether the client's due diligence holds today. Errors:
    InvalidInput for unreadable numbers, NotFound. Idempotent by job key.
    """

    def enter() -> Mapping[str, Any]:
        party = client(ctx, party_id)
        stamp = inputs.stamp(ctx, "opportunity", completed_by(ctx, "ut_action"))
        until = client_facts.kyc_until(ctx.session, party.id, inputs.today(ctx))
        wanted = inputs.number(amount, "amount")
        fields = {
            "name": inputs.prose(title),
            "sector": inputs.text(sector),
            "purpose": inputs.text(purpose),
            "currency": inputs.text(currency) or "CNY",
            "amount": wanted,
            "tenor_months": inputs.whole(tenor_months, "tenor_months"),
            "owner": inputs.text(owner) or party.owner,
            "region": party.region,
        }
        project = projects.create(ctx.session, inputs.given(fields), stamp, inputs.year(ctx))
        projects.give_role(ctx.session, party.id, project.id, "borrower", stamp)
        values = {
            "party_id": party.id,
            "project_id": project.id,
            "title": project.name,
            "kind": inputs.text(kind) or "new_project",
            "amount": wanted,
            "currency": project.currency,
            "need": inputs.prose(need),
            "route": "evaluation" if until is not None else "intake",
            "kyc_until": until,
            "owner": project.owner,
        }
        found = opportunities.create(ctx.session, values, stamp, inputs.year(ctx), ctx.instance)
        ctx.audit("opportunity_found", {"client": party.business_key, "key": found.business_key, "route": found.route})
        named = {"opportunity_key": found.business_key, "project_key": project.business_key}
        return named | {"kyc_valid": until is not None}

    return once(ctx.session, ctx.job_key, "crm.open_opportunity", ctx.now, enter)


@handles("crm.start_evaluation", transactional=True)
def crm_start_evaluation(ctx: Context, opportunity_key: str) -> Mapping[str, Any]:
    """Send the opportunity to evaluation under its project's key: the due diligence on record is used again.

    In: opportunity_key. Out: sent. Errors: NotFound. Idempotent: once for each opportunity.
    """
    found = opportunities.get(ctx.session, opportunity_key)
    party, told = parties.get(ctx.session, found.party_id), _told(ctx, found)
    cases = [one for one in kyc.cases_of(ctx.session, party.id) if one.state == "approved"]
    case = max(cases, key=lambda one: one.id, default=None)
    told |= _on_record(ctx, party)
    told |= {"kyc_status": "approved", "kyc_rating": party.risk_rating, "kyc_next_review": found.kyc_until}
    told |= {"kyc_case_id": str(case.id), "ubos": list(case.ubos)} if case is not None else {}
    if found.project_id is not None:
        reason = f"opportunity {found.business_key}"
        projects.enter(ctx.session, found.project_id, "evaluation", inputs.stamp(ctx, "opportunity"), reason)
    return {"sent": _send(ctx, "start_evaluation", found, told)}


@handles("crm.start_intake", transactional=True)
def crm_start_intake(ctx: Context, opportunity_key: str) -> Mapping[str, Any]:
    """Send the opportunity to intake under its project's key: the due diligence has to be done again.

    In: opportunity_key. Out: sent. Errors: NotFound. Idempotent: once for each opportunity.
    """
    found = opportunities.get(ctx.session, opportunity_key)
    party = parties.get(ctx.session, found.party_id)
    told = _told(ctx, found) | {"existing_owner": party.owner, "country": party.country, "consent_contact": True}
    return {"sent": _send(ctx, "opportunity_found", found, told)}


def _told(ctx: Context, found: Opportunity) -> dict[str, Any]:
    """What intake and evaluation both need to know, under the names of the intake form."""
    party = parties.get(ctx.session, found.party_id)
    person = client_facts.person_to_write_to(ctx.session, party)
    project = projects.get(ctx.session, found.project_id) if found.project_id is not None else None
    told: dict[str, Any] = {
        "party_id": str(party.id),
        "client_key": party.business_key,
        "client_name": party.legal_name,
        "reg_no": party.reg_no,
        "client_role": "borrower",
        "country": party.country,
        "region": party.region,
        "tier": party.tier,
        "owner": found.owner,
        "email": person.email if person else party.email,
        "phone": (person.mobile if person else None) or party.phone,
        "contact_name": person.name if person else None,
        "language": person.language if person else "zh",
        "source": "opportunity",
        "need": found.need,
        "amount": found.amount,
        "currency": found.currency,
    }
    if project is not None:
        told |= {"project_key": project.business_key, "project_name": project.name, "sector": project.sector}
        told |= {"purpose": project.purpose, "tenor_months": project.tenor_months}
    return inputs.given(told)


def _on_record(ctx: Context, party: Party) -> dict[str, Any]:
    """What intake would ask for and the book has: evaluation gets it without anybody typing it again."""
    people = [
        {
            "name": one.name, "title": one.title, "mobile": one.mobile, "email": one.email, "birthday": one.birthday,
            "birthday_calendar": one.birthday_calendar, "pep": one.public_official, "consent": one.consent,
        }
        for one in parties.contacts_of(ctx.session, party.id)
    ]  # fmt: skip
    held = [
        {"owner": one.owner_name, "owned": one.owned_name, "control": one.control}
        | {"pct": percent(fraction(one.share, "share"))}
        for one in kyc.ownership(ctx.session, party.id)
    ]
    known = {
        "legal_rep": party.legal_rep,
        "address": party.address,
        "founded": party.founded,
        "registered_capital": party.capital,
        "industry": party.industry,
        "ownership_type": party.ownership_type,
        "score": party.score,
    }
    filed = [str(one.id) for one in statements.of_party(ctx.session, party.id)]
    return inputs.given(known) | {"people": people, "ownership": held, "roles": [], "statement_ids": filed}


def _send(ctx: Context, message: str, found: Opportunity, told: Mapping[str, Any]) -> bool:
    project = projects.get(ctx.session, found.project_id) if found.project_id is not None else None
    key = project.business_key if project is not None else keys.next_key(ctx.session, keys.PROJECT, inputs.year(ctx))
    return ctx.schedule.add(
        message,
        due=ctx.now,
        business_key=key,
        dedupe_key=f"opportunity:{found.business_key}",
        variables=dict(told),
    )
