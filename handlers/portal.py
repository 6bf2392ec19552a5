"""Investors at the portal: a sign-in link by mail, once and for a short time, and what an address may see then.

Law: whoever reads the mail of an entitled address is let in, nobody else; every page asks again what the address is
entitled to on that day. Whether an address is known is told to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from engine import api, outbox
from engine.errors import NotFound
from engine.execution import runtime_of
from engine.ids import new_id
from handlers.records import disclosure, keys, links, parties, projects
from handlers.records.changes import Stamp
from handlers.records.disclosure import Disclosure, Entitlement, Pack, Question
from handlers.records.links import Link
from handlers.records.projects import Project

PATH = "/portal/in/"
FORM = "investor_portal"
"""What marks a link as a sign-in: it opens no form."""
LINK_LASTS = timedelta(minutes=30)
STAY = timedelta(hours=8)
"""How long somebody stays in after a link was used."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A project that an address is entitled to, with the reports that were sent and the questions that were asked."""

    project: Project
    investor: str
    entitlement: Entitlement
    reports: tuple[tuple[Disclosure, Pack], ...]
    questions: tuple[Question, ...]


def invite(session: Session, address: str, now: datetime, language: str) -> bool:
    """Send a sign-in link to an address that is entitled to something today; whether one was sent is for the log."""
    found = disclosure.of_address(session, address, _day(session, now))
    if not found:
        return False
    to = next(
        str(told["email"])
        for told in found[0].recipients
        if str(told.get("email") or "").strip().casefold() == address.strip().casefold()
    )
    party = parties.get(session, found[0].party_id)
    link_id, token = links.create(
        session,
        business_key=party.business_key,
        party_id=party.id,
        form=FORM,
        message=FORM,
        process=FORM,
        now=now,
        expires_at=now + LINK_LASTS,
        given={"email": to},
    )
    base = runtime_of(session).settings.base_url.rstrip("/")
    data = {"portal_url": f"{base}{PATH}{token}", "minutes": int(LINK_LASTS.total_seconds() // 60)}
    outbox.add(session, "email", to, "portal_link", data, dedupe_key=f"portal:{link_id}", language=language)
    return True


def find(session: Session, token: str) -> Link | None:
    """The sign-in link of a token, open or not; None for any other."""
    found = links.find(session, token)
    return found if found is not None and found.form == FORM else None


def enter(session: Session, token: str, now: datetime) -> str | None:
    """Use a link up: the address that is in now; None when the link is unknown, used or over."""
    found = find(session, token)
    if found is None or not links.use(session, found, now):
        return None
    return str((found.given or {}).get("email") or "") or None


def holdings(session: Session, address: str, now: datetime) -> tuple[Holding, ...]:
    """What an address may see now."""
    return tuple(_holding(session, one) for one in disclosure.of_address(session, address, _day(session, now)))


def holding(session: Session, address: str, project_key: str, now: datetime) -> Holding:
    """One project of the address. NotFound when it is not entitled to it, as for a project that is not there."""
    found = next((one for one in holdings(session, address, now) if one.project.business_key == project_key), None)
    if found is None:
        raise NotFound(what="project", what_zh="项目", id=project_key)
    return found


def _holding(session: Session, one: Entitlement) -> Holding:
    sent = ((told, disclosure.pack(session, told.pack_id)) for told in disclosure.of_party(session, one.party_id))
    return Holding(
        projects.get(session, one.project_id),
        parties.get(session, one.party_id).legal_name,
        one,
        tuple((told, pack) for told, pack in sent if pack.project_id == one.project_id),
        disclosure.questions_of(session, one.party_id, one.project_id),
    )


def report(session: Session, address: str, disclosure_id: int, now: datetime) -> Disclosure:
    """A report to be read by the address, with its receipt. NotFound when it was not sent to it."""
    for one in holdings(session, address, now):
        if any(told.id == disclosure_id for told, _pack in one.reports):
            return disclosure.read(session, disclosure_id, Stamp(now, "investor", "portal"))
    raise NotFound(what="report", what_zh="报告", id=disclosure_id)


def ask(session: Session, address: str, project_key: str, text: str, now: datetime, ticket: str = "") -> str:
    """A question about a project starts its case; returns its number. The same sheet sent twice is one question.

    NotFound when the address is not entitled to the project.
    """
    one = holding(session, address, project_key, now)
    told = {
        "question": text,
        "party_id": str(one.entitlement.party_id),
        "project_key": project_key,
        "asked_by": address,
        "email": address,
    }
    with session.begin_nested() as attempt:
        key = keys.next_key(session, disclosure.QUESTION, _day(session, now).year)
        sheet = f"portal:{one.entitlement.id}:{ticket or new_id()}"
        sent = api.send_message(
            session, api.SYSTEM, "investor_question", business_key=key, variables=told, message_id=sheet
        )
        if sent.state == "duplicate":
            attempt.rollback()
    return sent.business_key or key


def _day(session: Session, now: datetime) -> date:
    return now.astimezone(runtime_of(session).zone).date()
