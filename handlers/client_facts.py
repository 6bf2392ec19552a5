"""What the book says of a client as a whole: exposure, contact, signs of leaving, standing. Law: reads only.

Amounts of several currencies are added in the currency of the credit line (`credit_limit.line_rate`); a facility
without a limit counts at one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.finance.exact import HUNDRED, INSIDE, ZERO
from handlers.records import facilities, kyc, parties, relationship, service
from handlers.records.parties import Contact, Party
from handlers.records.tables import (
    client_action,
    client_signal,
    complaint,
    credit_limit,
    drawdown,
    facility,
    interaction,
    limit_entry,
    repayment,
    survey,
)

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
    """A borrower's exposure: see `exposures`."""
    return exposures(session, today, party_id).get(party_id, NOTHING)


def exposures(session: Session, today: date, party_id: int | None = None) -> dict[int, Exposure]:
    """Borrower -> exposure, of one or of all. The run-off is what left within 365 days, in per cent of what stood
    before; what was drawn meanwhile did not stand. The margin is balance × margin of each live facility."""
    owned: dict[int, list[_Owed]] = defaultdict(list)
    for one in _owed(session, today, party_id):
        owned[one.party_id].append(one)
    return {party: _summed(ones) for party, ones in owned.items()}


@dataclass(frozen=True, slots=True)
class _Owed:
    """One facility in the line's currency."""

    party_id: int
    state: str
    balance: Decimal
    left: Decimal
    drawn_lately: Decimal
    margin_pct: Decimal
    signed_on: date | None


NOTHING = Exposure(live=0, ever=False, balance=ZERO, runoff_pct=ZERO, margin=ZERO, since=None)


def _owed(session: Session, today: date, party_id: int | None) -> Iterator[_Owed]:
    f = facility.c
    query = sa.select(
        f.id, f.party_id, f.state, f.drawn, f.repaid, f.margin_pct, f.signed_on, credit_limit.c.line_rate
    ).outerjoin(credit_limit, credit_limit.c.id == f.limit_id)
    paid = sa.select(repayment.c.facility_id, repayment.c.paid, repayment.c.interest).where(
        repayment.c.paid_on > today - YEAR
    )
    drawn = sa.select(drawdown.c.facility_id, drawdown.c.amount, drawdown.c.closed_at).where(drawdown.c.state == "paid")
    if party_id is not None:
        mine = sa.select(f.id).where(f.party_id == party_id)
        query = query.where(f.party_id == party_id)
        paid, drawn = paid.where(repayment.c.facility_id.in_(mine)), drawn.where(drawdown.c.facility_id.in_(mine))
    left: dict[int, Decimal] = defaultdict(Decimal)
    came: dict[int, Decimal] = defaultdict(Decimal)
    for facility_id, whole, interest in session.execute(paid):
        left[facility_id] += max(whole - interest, ZERO)
    for facility_id, amount, closed_at in session.execute(drawn):
        if closed_at is not None and closed_at.date() > today - YEAR:
            came[facility_id] += amount
    for one in session.execute(query.order_by(f.id)):
        rate = Decimal(1) if one.line_rate is None else one.line_rate
        yield _Owed(
            party_id=one.party_id,
            state=one.state,
            balance=(one.drawn - one.repaid) * rate,
            left=left[one.id] * rate,
            drawn_lately=came[one.id] * rate,
            margin_pct=one.margin_pct or ZERO,
            signed_on=one.signed_on,
        )


def _summed(ones: list[_Owed]) -> Exposure:
    live = [one for one in ones if one.state in LIVE]
    balance = sum((one.balance for one in live), ZERO)
    left = sum((one.left for one in ones), ZERO)
    stood = balance + left - sum((one.drawn_lately for one in ones), ZERO)
    return Exposure(
        live=len(live),
        ever=any(one.state in FINANCED for one in ones),
        balance=balance,
        runoff_pct=INSIDE.divide(left * HUNDRED, stood) if stood > 0 and balance < stood else ZERO,
        margin=sum((one.balance * one.margin_pct / HUNDRED for one in live), ZERO),
        since=min((one.signed_on for one in ones if one.signed_on is not None), default=None),
    )


def last_contacts(session: Session, party_id: int | None = None) -> dict[int, datetime]:
    """Client -> when somebody last spoke with them, or they wrote; letters that a process sent are no contact."""
    return last_contacts_of(session, None if party_id is None else [party_id])


def last_contacts_of(session: Session, ids: Collection[int] | None) -> dict[int, datetime]:
    """As `last_contacts`, of some clients, or of all."""
    query = sa.select(interaction.c.party_id, sa.func.max(interaction.c.at)).where(
        sa.or_(interaction.c.direction == "in", interaction.c.by.not_like("process:%"))
    )
    if ids is not None:
        query = query.where(interaction.c.party_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query.group_by(interaction.c.party_id))}


def signals(session: Session, party_id: int, now: datetime, today: date) -> dict[str, Any]:
    """What decision `churn_signal` looks at, as it stands in the book of one client."""
    return all_signals(session, now, today, party_id).get(party_id, dict(QUIET))


QUIET: Mapping[str, Any] = {
    "contact_gap_days": None, "nps": None, "limit_cancelled": False, "complaints": 0, "offers_declined": 0,
    "runoff_pct": ZERO,
} | {kind: False for kind in relationship.SIGNALS}  # fmt: skip
"""Of somebody of whom nothing is known."""


def all_signals(session: Session, now: datetime, today: date, party_id: int | None = None) -> dict[int, dict[str, Any]]:
    """Client -> what decision `churn_signal` looks at; of one or of all of whom anything is known. A few statements,
    however many clients there are."""
    found: dict[int, dict[str, Any]] = defaultdict(lambda: dict(QUIET))

    def rows(query: sa.Select[Any], column: sa.ColumnElement[Any]) -> Iterator[Any]:
        return iter(session.execute(query if party_id is None else query.where(column == party_id)))

    for client, last in last_contacts(session, party_id).items():
        found[client]["contact_gap_days"] = (now - last).days
    standing = sa.select(client_signal.c.party_id, client_signal.c.kind).where(client_signal.c.cleared_at.is_(None))
    for row in rows(standing, client_signal.c.party_id):
        found[row.party_id][row.kind] = True
    said = sa.select(survey.c.party_id, survey.c.nps).where(
        survey.c.answered_at > now - YEAR, survey.c.nps.is_not(None)
    )
    for row in rows(said.order_by(survey.c.answered_at), survey.c.party_id):
        found[row.party_id]["nps"] = row.nps
    complained = sa.select(complaint.c.party_id).where(
        complaint.c.kind == "complaint", complaint.c.received_at > now - YEAR, complaint.c.party_id.is_not(None)
    )
    for row in rows(complained, complaint.c.party_id):
        found[row.party_id]["complaints"] += 1
    declined = sa.select(client_action.c.party_id).where(
        client_action.c.result == "declined", client_action.c.at > now - YEAR
    )
    for row in rows(declined, client_action.c.party_id):
        found[row.party_id]["offers_declined"] += 1
    for row in rows(_cancelled(now - YEAR), credit_limit.c.party_id):
        found[row.party_id]["limit_cancelled"] = True
    for client, owed in exposures(session, today, party_id).items():
        found[client]["runoff_pct"] = owed.runoff_pct
    return dict(found)


def _cancelled(since: datetime) -> sa.Select[Any]:
    """Clients with a limit of which nothing was ever drawn and that was given back since."""
    used = sa.select(limit_entry.c.limit_id).where(limit_entry.c.kind == "use")
    return (
        sa.select(credit_limit.c.party_id)
        .join(limit_entry, limit_entry.c.limit_id == credit_limit.c.id)
        .where(
            limit_entry.c.kind == "release",
            limit_entry.c.at > since,
            limit_entry.c.limit_id.not_in(used),
            credit_limit.c.party_id.is_not(None),
        )
    )


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
