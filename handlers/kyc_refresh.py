"""Refreshing what is known of a client: the date of the next time, what is known so far, restriction when overdue.

Law: letters say that it is the periodic review, whatever gave rise to it (no tipping-off). Sources: process S6
`kyc_refresh` of the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from engine.registry import Context, handles
from engine.store import tables as engine_tables
from handlers import inputs
from handlers.contacting import completed_by
from handlers.finance.exact import refused, rounded
from handlers.records import amendments, kyc, parties, projects
from handlers.records.parties import Party

AHEAD = timedelta(days=60)
"""So long before the next review a client is asked."""
OVERDUE = timedelta(days=30)
"""So long after it a restriction of service is asked for."""
LEAST = timedelta(days=14)
"""Nobody is given less time than this; who would be gets a month."""
MONTH = timedelta(days=30)
PROCESS = "kyc_refresh"
RESTRICTED = "kyc_overdue"


def plan_review(ctx: Context, party: Party, review: date) -> bool:
    """Have the next refresh start 60 days before its date, in place of any that was planned earlier for the client.

    True when it is planned newly."""
    ctx.schedule.cancel(f"kyc_refresh:{party.business_key}:")
    return ctx.schedule.add(
        "kyc_refresh_due",
        due=max(review - AHEAD, inputs.today(ctx)),
        business_key=party.business_key,
        dedupe_key=f"kyc_refresh:{party.business_key}:{review}",
        variables={"party_id": str(party.id), "kyc_next_review": review, "trigger": "periodic"},
    )


@handles("kyc.load_client", transactional=True)
def kyc_load_client(ctx: Context, party_id: object = None, kyc_next_review: object = None) -> Mapping[str, Any]:
    """What the book knows of a client, for its review.

    In: party_id (null: the business key is the client's), kyc_next_review (null: that of the last approved case; today
    where there is none). Out: party_id, client_key, client_name, reg_no, country, sector and project_name (of the
    client's latest project), ownership_type, people, ownership, kyc_rating, kyc_next_review, overdue_at (30 days
    after it), collect_by (the day until which the client is waited for), contact_name, email, language, owner; running:
    whether another refresh of the client is under way. Errors: NotFound for an unknown client. Only reads.
    """
    known = inputs.ident(party_id, "party_id")
    party = parties.get(ctx.session, known if known is not None else ctx.business_key or 0)
    contacts = parties.contacts_of(ctx.session, party.id)
    contact = next((one for one in contacts if one.email), None)
    cases = [one for one in kyc.cases_of(ctx.session, party.id) if one.state == "approved" and one.next_review]
    review = inputs.day(kyc_next_review, "kyc_next_review") or (cases[0].next_review if cases else None)
    today = inputs.today(ctx)
    day = review or today
    project = next(iter(projects.of_party(ctx.session, party.id)), None)
    return {
        "party_id": str(party.id),
        "client_key": party.business_key,
        "client_name": party.legal_name,
        "reg_no": party.reg_no,
        "country": party.country,
        "ownership_type": party.ownership_type,
        "sector": project.sector if project else None,
        "project_name": project.name if project else None,
        "people": [{"name": one.name, "title": one.title, "pep": one.public_official} for one in contacts],
        "ownership": [
            {"owner": one.owner_name, "owned": one.owned_name, "pct": percent(one.share), "control": one.control}
            for one in kyc.ownership(ctx.session, party.id)
        ],
        "kyc_rating": party.risk_rating,
        "kyc_next_review": day,
        "overdue_at": max(day, today) + OVERDUE,
        "collect_by": day if day >= today + LEAST else today + MONTH,
        "running": _running(ctx, party.business_key),
        "contact_name": contact.name if contact else None,
        "email": contact.email if contact else party.email,
        "language": contact.language if contact else "zh",
        "owner": party.owner,
    }


def _running(ctx: Context, client_key: str) -> bool:
    """Whether another refresh of the client has begun and not ended."""
    other = sa.select(engine_tables.instance.c.id).where(
        engine_tables.instance.c.key == PROCESS,
        engine_tables.instance.c.business_key == client_key,
        engine_tables.instance.c.state.in_(("active", "suspended")),
    )
    if ctx.instance.isdigit():
        other = other.where(engine_tables.instance.c.id != int(ctx.instance))
    return ctx.session.execute(other.limit(1)).first() is not None


def percent(share: str) -> Decimal:
    """A share as the book writes it (3/5, 0.6, 60%) in per cent, four places."""
    plain = share.strip()
    part = Fraction(plain.removesuffix("%")) / 100 if plain.endswith("%") else Fraction(plain)
    hundred = part * 100
    return rounded(Decimal(hundred.numerator) / Decimal(hundred.denominator), Decimal("0.0001"))


@handles("kyc.restrict", transactional=True)
def kyc_restrict(ctx: Context, party_id: object, why: object = None, reason: str = RESTRICTED) -> Mapping[str, Any]:
    """No new business with a client, as compliance decided.

    In: party_id, why, reason kyc_overdue|kyc_rejected. Out: restricted: whether it is new. Errors: InvalidInput
    without a client. Idempotent.
    """
    client = _client(party_id)
    stamp = inputs.stamp(ctx, "kyc", completed_by(ctx, "ut_restrict"), inputs.prose(why))
    restricted = amendments.restrict(ctx.session, client, reason, stamp)
    if restricted:
        ctx.audit("service_restricted", {"party": str(client), "reason": reason})
    return {"restricted": restricted}


@handles("kyc.lift", transactional=True)
def kyc_lift(ctx: Context, party_id: object) -> Mapping[str, Any]:
    """The review is done: a restriction for its being overdue ends. In: party_id. Out: lifted. Idempotent."""
    lifted = amendments.lift(ctx.session, _client(party_id), RESTRICTED, inputs.stamp(ctx, "kyc"))
    return {"lifted": lifted}


def _client(party_id: object) -> int:
    client = inputs.ident(party_id, "party_id")
    if client is None:
        raise refused("party_id", "is missing", "缺少客户")
    return client
