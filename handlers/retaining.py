"""Keeping a client who is about to leave: one case at a time, what was offered, how it came out.

Source: process `retention`, called by P4 when the churn points reach the table's limit; B16.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from engine.registry import Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.maintaining import client
from handlers.records import interactions, relationship, retention
from handlers.records.changes import once
from handlers.records.interactions import Interaction


@handles("retention.open", transactional=True)
def retention_open(
    ctx: Context, party_id: object, points: object = None, reasons: object = None, owner: str | None = None
) -> Mapping[str, Any]:
    """Begin a retention case, unless one is open.

    In: party_id, points and reasons of the churn table, owner. Out: opened (false: one is open already), retention_key
    of the case that stands, outcome (null). Errors: NotFound. Idempotent by job key; of two at once one opens.
    """

    def begin() -> Mapping[str, Any]:
        party, stamp = client(ctx, party_id), inputs.stamp(ctx, "churn")
        case, opened = retention.begin(
            ctx.session,
            party,
            inputs.whole(points, "points") or 0,
            inputs.rows(reasons),
            inputs.text(owner) or party.owner,
            stamp,
            inputs.year(ctx),
            ctx.instance,
        )
        if opened:
            ctx.audit("retention_opened", {"client": party.business_key, "case": case.business_key})
        return {"opened": opened, "retention_key": case.business_key, "outcome": None}

    return once(ctx.session, ctx.job_key, "retention.open", ctx.now, begin)


@handles("retention.record", transactional=True)
def retention_record(
    ctx: Context,
    retention_key: str,
    retention_cause: str | None = None,
    cause_text: str | None = None,
    offer: str | None = None,
    offer_text: str | None = None,
    offer_amount: object = None,
    offer_currency: str | None = None,
    approved: object = None,
    contact_date: object = None,
    contact_channel: str | None = None,
    contact_person: str | None = None,
    contact_result: str | None = None,
    contact_text: str | None = None,
) -> Mapping[str, Any]:
    """Keep the cause, the offer, who agreed to it, and what the client said.

    In: retention_key and the fields of the process's forms. Out: nothing. Errors: NotFound; InvalidInput for unreadable
    amounts and dates. Idempotent by job key.
    """

    def record() -> Mapping[str, Any]:
        stamp = inputs.stamp(ctx, "retention", completed_by(ctx, "ut_contact"))
        day = inputs.day(contact_date, "contact_date")
        values = {
            "cause": inputs.prose(retention_cause),
            "cause_text": inputs.prose(cause_text),
            "offer": inputs.text(offer),
            "offer_text": inputs.prose(offer_text),
            "offer_amount": inputs.number(offer_amount, "offer_amount"),
            "currency": inputs.text(offer_currency),
            "approved": inputs.yes(approved),
            "approved_by": completed_by(ctx, "ut_approve"),
            "contact_result": inputs.text(contact_result),
            "contact_text": inputs.prose(contact_text),
        }
        case = retention.change(ctx.session, retention_key, values, stamp)
        talk = Interaction(
            party_id=case.party_id,
            at=ctx.now if day is None else min(ctx.now, datetime.combine(day, time(12), ctx.zone)),
            channel=inputs.text(contact_channel) or "visit",
            direction="out",
            person=inputs.text(contact_person),
            subject=f"挽留沟通：{case.business_key}",
            text=inputs.prose(contact_text) or "",
            outcome=inputs.text(contact_result),
            by=stamp.by,
            instance=ctx.instance,
            element=ctx.element,
        )
        interactions.add(ctx.session, talk)
        if contact_result == "accepted":
            relationship.clear_signals(ctx.session, case.party_id, stamp)
        return {}

    return once(ctx.session, ctx.job_key, "retention.record", ctx.now, record)


@handles("retention.close", transactional=True)
def retention_close(
    ctx: Context, retention_key: str, points: object = None, level: str | None = None, contact_result: str | None = None
) -> Mapping[str, Any]:
    """End the case by what the client said and how it scores now.

    In: retention_key, points and level (none|watch|retention) of the second scoring, contact_result. Out: outcome:
    lost when the client declined or still scores for retention, retained when nothing is left of it, else watch.
    Errors: NotFound. Idempotent: a closed case keeps its outcome.
    """
    stamp = inputs.stamp(ctx, "retention")
    refused = contact_result == "declined" or level == "retention"
    outcome = "lost" if refused else "retained" if level == "none" else "watch"
    case = retention.close(ctx.session, retention_key, outcome, inputs.whole(points, "points"), stamp)
    ctx.audit("retention_closed", {"case": case.business_key, "outcome": case.outcome})
    return {"outcome": case.outcome}
