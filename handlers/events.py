"""Marketing events as processes run them: planned, decided, held, their leads handed to intake, their yield counted.

Law: every lead carries the event's key as its campaign, so that what a lead cost is counted and never typed. A claim of
benefit to society or nature needs its evidence, kept as a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.registry import BpmnError, Context, handles
from handlers import inputs, names
from handlers.contacting import completed_by
from handlers.finance.exact import count, not_negative, refused
from handlers.records import documents, events, keys
from handlers.records.changes import once


@handles("event.plan", transactional=True)
def event_plan(
    ctx: Context,
    event_name: str,
    event_kind: str,
    held_on: object = None,
    place: str | None = None,
    event_purpose: str | None = None,
    budget: object = None,
    currency: str | None = None,
    expected_leads: object = None,
    claim: str | None = None,
    evidence: str | None = None,
    event_key: str | None = None,
) -> Mapping[str, Any]:
    """Keep the plan of an event.

    In: event_name, event_kind exhibition|seminar|report|visit|csr, held_on, place, event_purpose, budget in units of
    currency (CNY), expected_leads, claim with its evidence, event_key (of a plan that came back). Out: event_key EV-….
    evidence_files: names of the files kept with the event. Errors: InvalidInput for an unknown kind or a negative
    budget; BpmnError EVIDENCE_MISSING for a claim without a kept file. Idempotent by job key.
    """

    def keep() -> Mapping[str, Any]:
        if event_kind not in events.KINDS:
            raise refused("event_kind", f"unknown: {event_kind}", f"未知活动类型：{event_kind}")
        cost = inputs.number(budget, "budget")
        claimed, shown = inputs.text(claim), inputs.text(evidence)
        own_key = inputs.text(event_key) or ctx.business_key
        files = [one.name for one in documents.of_subjects(ctx.session, [own_key or ""]) if one.removed_at is None]
        if claimed is not None and (shown is None or not files):
            raise BpmnError("EVIDENCE_MISSING", "a claim needs its evidence as a file kept with the event")
        values = {
            "name": inputs.text(event_name),
            "kind": event_kind,
            "held_on": inputs.day(held_on, "held_on"),
            "place": inputs.text(place),
            "purpose": inputs.text(event_purpose),
            "budget": None if cost is None else not_negative(cost, "budget"),
            "currency": inputs.text(currency) or "CNY",
            "expected_leads": inputs.whole(expected_leads, "expected_leads"),
            "claim": claimed,
            "evidence": shown,
        }
        stamp = inputs.stamp(ctx, "event", completed_by(ctx, "ut_plan"))
        made = events.plan(ctx.session, values, stamp, inputs.year(ctx), own_key)
        return {"event_key": made.business_key, "evidence_files": files}

    return once(ctx.session, ctx.job_key, "event.plan", ctx.now, keep)


@handles("event.decide", transactional=True)
def event_decide(ctx: Context, event_key: str, event_state: str, reason: str | None = None) -> Mapping[str, Any]:
    """Keep what was decided of an event.

    In: event_key, event_state approved|rejected|cancelled, reason. Out: event_state. Errors: NotFound; InvalidInput for
    another state. Idempotent: writes the same again.
    """
    if event_state not in ("approved", "rejected", "cancelled"):
        raise refused("event_state", f"unknown: {event_state}", f"未知状态：{event_state}")
    person = completed_by(ctx, "ut_approve", "ut_hold")
    stamp = inputs.stamp(ctx, "event", person, inputs.prose(reason))
    values: dict[str, Any] = {"state": event_state}
    if event_state != "cancelled":
        values |= {"decided_by": stamp.by, "decided_at": ctx.now}
    return {"event_state": events.change(ctx.session, event_key, values, stamp).state}


@handles("event.hand_over_leads", transactional=True)
def event_hand_over_leads(
    ctx: Context, event_key: str, leads: object = None, cost: object = None, language: str | None = None
) -> Mapping[str, Any]:
    """Hand an event's leads to intake, each as an inquiry of its own, and keep what the event cost.

    In: event_key, leads [{client_name, contact_name, phone, email, sector, need, amount, client_role, consent}], cost
    in the event's currency, language of letters (zh). Out: lead_keys: the leads' business keys, in their order;
    lead_count; skipped [{client_name, reason, reason_en}]: no consent to be contacted, no name, or told twice. Each
    lead is the message `inquiry_received` with source event and the event's key as campaign, sent once the step is
    saved. Errors: NotFound, InvalidInput for a negative cost. Idempotent by job key.
    """

    def hand_over() -> Mapping[str, Any]:
        event = events.get(ctx.session, event_key)
        taken, skipped = _sorted_out(inputs.rows(leads))
        sent = []
        for at, row in enumerate(taken, start=1):
            key = keys.next_key(ctx.session, keys.PROJECT, inputs.year(ctx))
            told = {**row, "source": "event", "campaign": event.business_key, "language": inputs.text(language) or "zh"}
            ctx.schedule.add(
                "inquiry_received",
                due=ctx.now,
                business_key=key,
                dedupe_key=f"event:{event.business_key}:{ctx.instance}:{at}",
                variables=told,
            )
            sent.append(key)
        spent = inputs.number(cost, "cost")
        values = {"cost": None if spent is None else not_negative(spent, "cost"), "leads": len(sent)}
        events.change(ctx.session, event_key, inputs.given(values), inputs.stamp(ctx, "event"))
        return {"lead_keys": sent, "lead_count": len(sent), "skipped": skipped}

    return once(ctx.session, ctx.job_key, "event.hand_over_leads", ctx.now, hand_over)


LEAD = ("client_name", "contact_name", "phone", "email", "sector", "need", "client_role", "project_name")


def _sorted_out(rows: list[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Leads that may be handed over, and those that may not with the reason."""
    taken: list[dict[str, Any]] = []
    skipped: list[dict[str, Any]] = []
    seen: set[tuple[str, str | None]] = set()
    for row in rows:
        told: dict[str, Any] = {name: inputs.text(row.get(name)) for name in LEAD}
        name = told["client_name"]
        key = (names.name_key(name), names.phone_key(told["phone"] or "")) if name else None
        if key is None:
            skipped.append({"client_name": None, "reason": "缺少单位名称", "reason_en": "has no name"})
        elif not inputs.yes(row.get("consent")):
            skipped.append({"client_name": name, "reason": "未同意联系", "reason_en": "did not agree to be contacted"})
        elif key in seen:
            skipped.append({"client_name": name, "reason": "名单中重复", "reason_en": "is there twice"})
        else:
            seen.add(key)
            usual = {"client_role": told["client_role"] or "borrower", "country": "CN", "consent_contact": True}
            amount = {"amount": inputs.number(row.get("amount"), "amount"), "currency": "CNY"}
            project = {"project_name": told["project_name"] or f"{name}融资项目"}
            taken.append(inputs.given({**told, **usual, **amount, **project}))
    return taken, skipped


@handles("event.count_yield", transactional=True)
def event_count_yield(ctx: Context, event_key: str) -> Mapping[str, Any]:
    """What an event brought until now.

    In: event_key. Out: lead_count and won_count of the inquiries that carry its key, cost, cost_per_lead and
    cost_per_won to cents (null of none). Errors: NotFound. Keeps leads and cost per lead with the event.
    """
    event = events.get(ctx.session, event_key)
    found = events.brought(ctx.session, event)
    values = {"leads": found.leads, "cost_per_lead": found.cost_per_lead}
    events.change(ctx.session, event_key, values, inputs.stamp(ctx, "event"))
    return {
        "lead_count": found.leads,
        "won_count": found.won,
        "cost": event.cost,
        "cost_per_lead": found.cost_per_lead,
        "cost_per_won": found.cost_per_won,
    }


@handles("event.close", transactional=True)
def event_close(ctx: Context, event_key: str, review: str | None = None) -> Mapping[str, Any]:
    """Close an event with what was learned.

    In: event_key, review. Out: event_state "closed". Errors: NotFound. Idempotent: writes the same again.
    """
    stamp = inputs.stamp(ctx, "event", completed_by(ctx, "ut_review"))
    values = {"state": "closed", "review": inputs.text(review)}
    return {"event_state": events.change(ctx.session, event_key, values, stamp).state}


@handles("event.expected", transactional=True)
def event_expected(ctx: Context, budget: object = None, expected_leads: object = None) -> Mapping[str, Any]:
    """What a lead will cost if the plan comes true: planned_cost_per_lead to cents (null without a number of leads).

    In: budget, expected_leads. Errors: InvalidInput for unreadable figures. Pure.
    """
    leads = None if expected_leads is None else count(expected_leads, "expected_leads", 0, 1_000_000)
    return {"planned_cost_per_lead": events.each(inputs.number(budget, "budget"), leads or 0)}
