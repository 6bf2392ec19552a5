"""What investors are shown: entitlements, packs, what each was sent and opened, their questions.

Law: an investor sees a project only by an entitlement, and an entitlement only by a role in the project. What was sent
stands as it was sent.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from handlers.records import keys, projects
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import disclosure as disclosures
from handlers.records.tables import entitlement as entitlements
from handlers.records.tables import investor_question as questions
from handlers.records.tables import report_pack as packs

ROLES = ("investor", "agent", "sponsor", "guarantor")
"""Who takes part so in a project may be entitled to its reports."""

FREQUENCIES: Mapping[str, int] = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}
"""Months of a period."""

EVENT_REPORT = "RE"
QUESTION = "QN"
TOKEN_BYTES = 24
LINK_DAYS = 90
"""So long the link of a letter opens its report; at the portal it stands as long as the investor is entitled."""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """That an investor gets a project's reports, how often, and where they go."""

    id: int
    party_id: int
    project_id: int
    investor_type: str
    frequency: str
    due_days: int
    language: str
    recipients: list[Mapping[str, Any]]
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Pack:
    """One report on one project. `content`: its sections as reviewed."""

    id: int
    business_key: str
    project_id: int
    kind: str
    frequency: str
    period_start: date
    period_end: date
    event_text: str | None
    due_at: datetime
    state: str
    content: list[Mapping[str, Any]]
    corrections: int
    late: bool
    finance_by: str | None
    risk_by: str | None
    released_by: str | None
    released_at: datetime | None
    sent_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What one investor gets of a pack: their sections alone."""

    id: int
    pack_id: int
    party_id: int
    sections: list[str]
    content: list[Mapping[str, Any]]
    language: str
    recipients: list[Mapping[str, Any]]
    file_id: str | None
    file_sha256: str | None
    prepared_at: datetime
    sent_at: datetime | None
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """An investor's question and its answer."""

    id: int
    business_key: str
    party_id: int
    project_id: int
    pack_id: int | None
    asked_by: str | None
    email: str | None
    text: str
    asked_at: datetime
    answer: str | None
    answered_by: str | None
    checked_by: str | None
    answered_at: datetime | None


_ENTITLEMENT = [entitlements.c[field.name] for field in fields(Entitlement)]
_PACK = [packs.c[field.name] for field in fields(Pack)]
_DISCLOSURE = [disclosures.c[field.name] for field in fields(Disclosure)]
_QUESTION = [questions.c[field.name] for field in fields(Question)]


def entitle(session: Session, party_id: int, project_id: int, values: Mapping[str, Any], stamp: Stamp) -> Entitlement:
    """Give an investor a project's reports, or change how they get them.

    InvalidInput when the party has none of ROLES in the project, or for an unknown frequency.
    """
    if values.get("frequency") not in FREQUENCIES:
        known = ", ".join(FREQUENCIES)
        raise InvalidInput(place="frequency", reason=f"one of {known}", reason_zh=f"应为以下之一：{known}")
    held = {role.role for role in projects.roles_of(session, party_id=party_id, project_id=project_id)}
    if not held & set(ROLES):
        raise InvalidInput(place="party_id", reason="has no part in the project", reason_zh="不是该项目的投资参与方")
    where = (entitlements.c.party_id == party_id, entitlements.c.project_id == project_id)
    there = session.execute(sa.select(entitlements.c.id).where(*where)).scalars().all()
    for one in there:
        update(session, entitlements, one, values, stamp)
    if not there:
        row = {"party_id": party_id, "project_id": project_id, "created_at": stamp.at, "created_by": stamp.by}
        insert(session, entitlements, {**values, **row}, stamp)
    newest = sa.select(*_ENTITLEMENT).where(*where).order_by(entitlements.c.id.desc()).limit(1)
    return Entitlement(**session.execute(newest).mappings().one())


def entitled(session: Session, project_id: int, day: date, frequency: str | None = None) -> tuple[Entitlement, ...]:
    """Who is entitled to a project's reports on a day (at a frequency), in the order they came.

    An investor whose two entries were joined is there once, by the later entitlement, with the recipients of both.
    """
    where = [
        entitlements.c.project_id == project_id,
        entitlements.c.since <= day,
        sa.or_(entitlements.c.until.is_(None), entitlements.c.until >= day),
    ]
    where += [entitlements.c.frequency == frequency] if frequency is not None else []
    rows = session.execute(sa.select(*_ENTITLEMENT).where(*where).order_by(entitlements.c.id)).mappings()
    found: dict[int, Entitlement] = {}
    for row in rows:
        one = Entitlement(**row)
        before = found.get(one.party_id)
        people = {str(told.get("email")): told for told in [*(before.recipients if before else []), *one.recipients]}
        found[one.party_id] = replace(one, recipients=list(people.values())) if before else one
    return tuple(found.values())


def of_address(session: Session, address: str, day: date) -> tuple[Entitlement, ...]:
    """The entitlements in force on a day that name an e-mail address among their recipients."""
    in_force = (entitlements.c.since <= day, sa.or_(entitlements.c.until.is_(None), entitlements.c.until >= day))
    wanted = address.strip().casefold()
    projects_ = session.execute(sa.select(entitlements.c.project_id).where(*in_force).distinct()).scalars().all()
    return tuple(
        one
        for project_id in projects_
        for one in entitled(session, project_id, day)
        if wanted and wanted in {str(told.get("email") or "").strip().casefold() for told in one.recipients}
    )


def is_entitled(session: Session, party_id: int, project_id: int, day: date) -> bool:
    """Whether an investor may be told of the project on that day."""
    return any(one.party_id == party_id for one in entitled(session, project_id, day))


def begin_pack(session: Session, values: Mapping[str, Any], stamp: Stamp, year: int, key: str | None = None) -> Pack:
    """A new draft under its key (an event's is the next `RE-`); the draft of that key when there is one."""
    if key is not None:
        row = session.execute(sa.select(*_PACK).where(packs.c.business_key == key)).mappings().one_or_none()
        if row is not None:
            return Pack(**row)
    fresh = {"state": "draft", "corrections": 0, "late": False, "created_at": stamp.at}
    made = {**values, **fresh, "business_key": key or keys.next_key(session, EVENT_REPORT, year)}
    return pack(session, insert(session, packs, made, stamp))


def pack(session: Session, which: int | str) -> Pack:
    """By id or business key. NotFound."""
    known = packs.c.id == which if isinstance(which, int) else packs.c.business_key == which
    row = session.execute(sa.select(*_PACK).where(known)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="report pack", what_zh="披露报告", id=which)
    return Pack(**row)


def change_pack(session: Session, pack_id: int, values: Mapping[str, Any], stamp: Stamp) -> Pack:
    """Write what differs. InvalidInput when it was released: what was released stands."""
    known = pack(session, pack_id)
    if known.state != "draft" and "content" in values:
        raise InvalidInput(place=known.business_key, reason="was released", reason_zh="已放行，不能再改")
    update(session, packs, pack_id, values, stamp)
    return pack(session, pack_id)


def prepare(session: Session, of: Pack, who: Entitlement, sections: list[str], stamp: Stamp) -> Disclosure:
    """What one investor gets: of the pack's sections those named, in the pack's order. Prepared again it is replaced
    until it is sent."""
    held = [one for one in of.content if one.get("id") in sections]
    values = {
        "sections": [str(one["id"]) for one in held],
        "content": held,
        "language": who.language,
        "recipients": list(who.recipients),
        "prepared_at": stamp.at,
        "file_id": None,
        "file_sha256": None,
    }
    known = find(session, of.id, who.party_id)
    if known is None:
        row = {"pack_id": of.id, "party_id": who.party_id, "token": hashed(secrets.token_urlsafe(TOKEN_BYTES))}
        insert(session, disclosures, {**values, **row}, stamp)
    elif known.sent_at is None:
        update(session, disclosures, known.id, values, stamp)
    return given(session, of.id, who.party_id)


def find(session: Session, pack_id: int, party_id: int) -> Disclosure | None:
    """What an investor gets of a pack; None when nothing."""
    where = (disclosures.c.pack_id == pack_id, disclosures.c.party_id == party_id)
    newest = sa.select(*_DISCLOSURE).where(*where).order_by(disclosures.c.id.desc()).limit(1)
    row = session.execute(newest).mappings().one_or_none()
    return None if row is None else Disclosure(**row)


def given(session: Session, pack_id: int, party_id: int) -> Disclosure:
    """What an investor gets of a pack. NotFound."""
    found = find(session, pack_id, party_id)
    if found is None:
        raise NotFound(what="disclosure", what_zh="披露", id=f"{pack_id}/{party_id}")
    return found


def attach(session: Session, disclosure_id: int, file_id: str, sha256: str, stamp: Stamp) -> None:
    """The file that was rendered for it."""
    update(session, disclosures, disclosure_id, {"file_id": file_id, "file_sha256": sha256}, stamp)


def send(session: Session, disclosure_id: int, stamp: Stamp) -> str:
    """It goes out: returns the token by which it is read, told this once (the book keeps its SHA-256)."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    update(session, disclosures, disclosure_id, {"token": hashed(token), "sent_at": stamp.at}, stamp)
    return token


def of_pack(session: Session, pack_id: int) -> tuple[Disclosure, ...]:
    """What every investor gets of a pack."""
    rows = session.execute(sa.select(*_DISCLOSURE).where(disclosures.c.pack_id == pack_id).order_by(disclosures.c.id))
    return tuple(Disclosure(**row) for row in rows.mappings())


def of_party(session: Session, party_id: int) -> tuple[Disclosure, ...]:
    """What an investor was sent, newest first."""
    where = (disclosures.c.party_id == party_id, disclosures.c.sent_at.is_not(None))
    rows = session.execute(sa.select(*_DISCLOSURE).where(*where).order_by(disclosures.c.sent_at.desc())).mappings()
    return tuple(Disclosure(**row) for row in rows)


def by_token(session: Session, token: str) -> Disclosure | None:
    """What a token opens; None for an unknown token, or before it was sent."""
    where = (disclosures.c.token == hashed(token), disclosures.c.sent_at.is_not(None))
    row = session.execute(sa.select(*_DISCLOSURE).where(*where)).mappings().one_or_none()
    return None if row is None else Disclosure(**row)


def is_over(told: Disclosure, now: datetime) -> bool:
    """Whether the link of the letter has expired."""
    return told.sent_at is not None and now >= told.sent_at + timedelta(days=LINK_DAYS)


def opened(session: Session, token: str, stamp: Stamp) -> Disclosure:
    """The investor reads it: the first time is the read receipt. NotFound for an unknown token or one not sent."""
    found = by_token(session, token)
    if found is None:
        raise NotFound(what="report", what_zh="报告", id="link")
    if found.opened_at is None:
        update(session, disclosures, found.id, {"opened_at": stamp.at}, stamp)
    return given(session, found.pack_id, found.party_id)


def read(session: Session, disclosure_id: int, stamp: Stamp) -> Disclosure:
    """As `opened`, of what an investor finds at the portal. NotFound for one that was not sent."""
    where = (disclosures.c.id == disclosure_id, disclosures.c.sent_at.is_not(None))
    row = session.execute(sa.select(*_DISCLOSURE).where(*where)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="report", what_zh="报告", id=disclosure_id)
    if row["opened_at"] is None:
        update(session, disclosures, disclosure_id, {"opened_at": stamp.at}, stamp)
    return given(session, row["pack_id"], row["party_id"])


def hashed(token: str) -> str:
    """What the book keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def ask(session: Session, values: Mapping[str, Any], stamp: Stamp, year: int, key: str | None = None) -> Question:
    """A question of an investor, under the key drawn for it, else the next `QN-`."""
    row = {**values, "business_key": key or keys.next_key(session, QUESTION, year), "asked_at": stamp.at}
    return question(session, insert(session, questions, row, stamp))


def question(session: Session, which: int | str) -> Question:
    """By id or business key. NotFound."""
    known = questions.c.id == which if isinstance(which, int) else questions.c.business_key == which
    row = session.execute(sa.select(*_QUESTION).where(known)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="question", what_zh="问题", id=which)
    return Question(**row)


def answer(session: Session, which: int, values: Mapping[str, Any], stamp: Stamp) -> Question:
    """Keep the answer."""
    update(session, questions, which, values, stamp)
    return question(session, which)


def questions_of(session: Session, party_id: int, project_id: int) -> tuple[Question, ...]:
    """What an investor asked about a project, newest first."""
    where = (questions.c.party_id == party_id, questions.c.project_id == project_id)
    rows = session.execute(sa.select(*_QUESTION).where(*where).order_by(questions.c.id.desc())).mappings()
    return tuple(Question(**row) for row in rows)
