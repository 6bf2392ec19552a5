"""What may be offered to an investor: the result of the suitability talk (投资者适当性)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import inputs
from handlers.records import parties
from handlers.records.changes import insert, once
from handlers.records.tables import investor_profile


@handles("investor.record_suitability", transactional=True)
def investor_record_suitability(
    ctx: Context,
    party_id: object,
    risk_class: str,
    suitability_result: str,
    investor_type: str | None = None,
    ticket_min: object = None,
    ticket_max: object = None,
    horizon_months: object = None,
    sector_limits: str | None = None,
    suitability_comment: str | None = None,
) -> Mapping[str, Any]:
    """Keep an investor's suitability: what may be offered to them.

    In: risk_class R1–R5, suitability_result suitable|unsuitable, investor_type, ticket_min, ticket_max (in the
    house's currency), horizon_months, sector_limits, suitability_comment, party_id. Out: subscription_id.
    Errors: InvalidInput for unreadable amounts, or a smallest ticket above the largest. Idempotent by job key.
    """

    def keep() -> Mapping[str, Any]:
        stamp = inputs.stamp(ctx, "suitability")
        low, high = inputs.number(ticket_min, "ticket_min"), inputs.number(ticket_max, "ticket_max")
        if low is not None and high is not None and low > high:
            raise InvalidInput(place="ticket_min", reason="is above ticket_max", reason_zh="最低金额高于最高金额")
        client = inputs.ident(party_id, "party_id")
        party = parties.get(ctx.session, client if client is not None else 0)
        profile_id = insert(
            ctx.session,
            investor_profile,
            {
                "party_id": party.id,
                "risk_class": risk_class,
                "investor_type": inputs.text(investor_type),
                "ticket_min": low,
                "ticket_max": high,
                "horizon_months": inputs.whole(horizon_months, "horizon_months"),
                "sector_limits": ", ".join(inputs.texts(sector_limits)) or None,
                "result": suitability_result,
                "comment": inputs.prose(suitability_comment),
                "at": ctx.now,
                "by": stamp.by,
            },
            stamp,
        )
        return {"subscription_id": str(profile_id)}

    return once(ctx.session, ctx.job_key, "investor.record_suitability", ctx.now, keep)
