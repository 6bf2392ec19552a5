"""What the book says of a client as a whole: exposure, contact, signs of leaving, standing. Law: reads only.

Amounts of several currencies are added in the currency of the credit line (`credit_limit.line_rate`); a facility
without a limit counts at one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.finance.exact import HUNDRED, INSIDE, ZERO
from handlers.records import facilities, kyc, parties, relationship, repayments, service, surveys
from handlers.records import limits as limit_records
from handlers.records.facilities import Facility
from handlers.records.parties import Contact, Party
from handlers.records.tables import credit_limit, drawdown, interaction, limit_entry

YEAR = timedelta(days=365)
LIVE = ("signed", "available", "operational")
"""States of a facility under which we are the client's lender."""
FINANCED = (*LIVE, "closed")


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a client owes now, what of it came and went within a year, and what it earns us a year."""

    live: int
    ever: bool
    balance: Decimal
    runoff_pct: Decimal
    margin: Decimal
    since: date | None


def exposure(session: Session, party_id: int, today: date) -> Exposure:
    """A borrower's exposure. The run-off is what left within 365 days, in per cent of what stood before; what was
    drawn meanwhile did not stand. The margin is balance × margin of each live facility."""
    owned = facilities.of_party(session, party_id)
    live = [one for one in owned if one.state in LIVE]
    rates = {one.id: _rate(session, one) for one in owned}
    balance = sum((one.balance * rates[one.id] for one in live), ZERO)
    margin = sum((one.balance * rates[one.id] * (one.margin_pct or ZERO) / HUNDRED for one in live), ZERO)
    left = sum((_principal_paid(session, one, today) * rates[one.id] for one in owned), ZERO)
    drawn = sum((_drawn_lately(session, one, today) * rates[one.id] for one in owned), ZERO)
    stood = balance + left - drawn
    return Exposure(
        live=len(live),
        ever=any(one.state in FINANCED for one in owned),
        balance=balance,
        runoff_pct=INSIDE.divide(left * HUNDRED, stood) if stood > 0 and balance < stood else ZERO,
        margin=margin,
        since=min((one.signed_on for one in owned if one.signed_on is not None), default=None),
    )


def _rate(session: Session, facility: Facility) -> Decimal:
    limit = limit_records.find(session, facility.limit_id) if facility.limit_id is not None else None
    return limit.line_rate if limit is not None else Decimal(1)


def _principal_paid(session: Session, facility: Facility, today: date) -> Decimal:
    rows = repayments.of_facility(session, facility.id)
    return sum(
        (max(one.paid - one.interest, ZERO) for one in rows if one.paid_on is not None and one.paid_on > today - YEAR),
        ZERO,
    )


def _drawn_lately(session: Session, facility: Facility, today: date) -> Decimal:
    paid = sa.select(drawdown.c.amount, drawdown.c.closed_at).where(
        drawdown.c.facility_id == facility.id, drawdown.c.state == "paid"
    )
    rows = session.execute(paid).all()
    return sum((row.amount for row in rows if row.closed_at and row.closed_at.date() > today - YEAR), ZERO)


def last_contact(session: Session, party_id: int) -> datetime | None:
    """When somebody last spoke with the client, or the client wrote; letters that a process sent are no contact."""
    found: datetime | None = session.execute(
        sa.select(sa.func.max(interaction.c.at)).where(
            interaction.c.party_id == party_id,
            sa.or_(interaction.c.direction == "in", interaction.c.by.not_like("process:%")),
        )
    ).scalar()
    return found


def contact_gap(session: Session, party_id: int, now: datetime) -> int | None:
    """Days since the last contact; None when there never was one."""
    last = last_contact(session, party_id)
    return None if last is None else (now - last).days


def signals(session: Session, party_id: int, now: datetime, today: date) -> dict[str, Any]:
    """What decision `churn_signal` looks at, as it stands in the book."""
    standing = relationship.standing_signals(session, party_id)
    complaints = [one for one in service.of_party(session, party_id, now - YEAR) if one.kind == "complaint"]
    declined = [one for one in relationship.actions_of(session, party_id, now - YEAR) if one.result == "declined"]
    marks = [one.nps for one in surveys.of_party(session, party_id) if one.answered_at and one.answered_at > now - YEAR]
    return {
        "contact_gap_days": contact_gap(session, party_id, now),
        "nps": next((mark for mark in marks if mark is not None), None),
        "limit_cancelled": limit_cancelled(session, party_id, now - YEAR),
        "complaints": len(complaints),
        "offers_declined": len(declined),
        "runoff_pct": exposure(session, party_id, today).runoff_pct,
    } | {kind: kind in standing for kind in relationship.SIGNALS}


def limit_cancelled(session: Session, party_id: int, since: datetime) -> bool:
    """Whether a limit of which nothing was ever drawn was given back since."""
    used = sa.select(limit_entry.c.limit_id).where(limit_entry.c.kind == "use")
    query = (
        sa.select(limit_entry.c.id)
        .join(credit_limit, credit_limit.c.id == limit_entry.c.limit_id)
        .where(
            credit_limit.c.party_id == party_id,
            limit_entry.c.kind == "release",
            limit_entry.c.at > since,
            limit_entry.c.limit_id.not_in(used),
        )
    )
    return session.execute(query.limit(1)).first() is not None


def in_default(session: Session, party_id: int) -> bool:
    """Whether an event of default goes on at any of the client's facilities."""
    return any(one.default_since is not None and one.state in LIVE for one in facilities.of_party(session, party_id))


def may_be_contacted(party: Party, contact: Contact | None) -> bool:
    """Whether the client, and the person where one is meant, agreed to be contacted."""
    agreed = (party.consent or {}).get("contact") is not False
    return agreed and (contact.consent if contact is not None else (party.consent or {}).get("contact") is True)


def person_to_write_to(session: Session, party: Party) -> Contact | None:
    """The first of the client's people who agreed and has an e-mail address; else the first with an address."""
    people = [one for one in parties.contacts_of(session, party.id) if one.email]
    return next((one for one in people if one.consent), people[0] if people else None)


def kyc_until(session: Session, party_id: int, today: date) -> date | None:
    """Until when the client's due diligence holds: the next review of the latest approval, unless that is past or a
    later case rejected the client."""
    decided = [one for one in kyc.cases_of(session, party_id) if one.decided_at is not None]
    latest = max(decided, key=lambda one: (one.decided_at, one.id), default=None)
    if latest is None or latest.state != "approved" or latest.next_review is None or latest.next_review < today:
        return None
    return latest.next_review


def overview(session: Session, party: Party, now: datetime, today: date) -> dict[str, Any]:
    """The client's picture for decisions, forms and letters; amounts in the currency of the credit line."""
    owed, person = exposure(session, party.id, today), person_to_write_to(session, party)
    since = owed.since or party.created_at.date()
    plan = relationship.plan_of(session, party.id)
    return {
        "client_key": party.business_key,
        "client_name": party.legal_name,
        "owner": party.owner,
        "tier": party.tier,
        "email": person.email if person else party.email,
        "contact_name": person.name if person else None,
        "language": person.language if person else "zh",
        "consent": may_be_contacted(party, person),
        "live_facilities": owed.live,
        "ever_financed": owed.ever,
        "exposure": owed.balance,
        "margin": owed.margin,
        "tenure_months": (today.year - since.year) * 12 + today.month - since.month - (today.day < since.day),
        "kyc_until": kyc_until(session, party.id, today),
        "needs": [one.category for one in relationship.needs_of(session, party.id)],
        "goals": plan.goals if plan else None,
        "rating": relationship.rating_of(session, party.id),
        "open_complaints": len(service.open_complaints(session, party.id)),
        "in_default": in_default(session, party.id),
    }
