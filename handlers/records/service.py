"""Complaints and suggestions, and what is improved because of them. Law: one matter is one row, by whatever channel it
comes; each coming stands beneath it.

Meetings are in meetings.py. A complaint's business key `CO-…` is its process instance's, an improvement's is `SI-…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from handlers import names
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import complaint as complaints
from handlers.records.tables import complaint_message as messages
from handlers.records.tables import improvement as improvements
from handlers.records.tables import party as parties

COMPLAINT = "CO"
IMPROVEMENT = "SI"

CAUSES: Mapping[str, tuple[str, str]] = {
    "staff_conduct": ("人员行为", "Conduct of staff"),
    "process_delay": ("流程延误", "Delay in the process"),
    "unclear_terms": ("条款或费用说明不清", "Terms or fees not clear"),
    "system_fault": ("系统故障", "Fault of a system"),
    "wrong_data": ("数据差错", "Wrong data"),
    "communication": ("沟通不足", "Too little said"),
    "privacy": ("信息泄露", "Leak of information"),
    "third_party": ("第三方原因", "A third party"),
    "unfounded": ("经核查不成立", "Not founded"),
}
"""Root causes as the forms offer them, with their names in both languages."""

UNSETTLED = ("open", "answered", "disputed")
ALIKE = 70
"""From this likeness (0–100) on, two texts of one sender speak of one matter."""

REOPEN = timedelta(days=90)
"""So long after a complaint was closed, what comes under its key (an answer to its letter) opens the matter again."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint or suggestion as it stands. `level` 2 is the second instance, after the client disputed."""

    id: int
    business_key: str
    party_id: int | None
    project_id: int | None
    kind: str
    state: str
    subject: str
    text: str
    sender: str | None
    person: str | None
    language: str
    category: str
    severity: str
    tier: str | None
    about_person: str | None
    owner: str | None
    level: int
    received_at: datetime
    acknowledge_due: datetime | None
    acknowledged_at: datetime | None
    solve_due: datetime | None
    escalated: int
    cause: str | None
    finding: str | None
    remedy: str | None
    amount: Decimal | None
    currency: str | None
    answer: str | None
    answered_at: datetime | None
    disputes: int
    closed_at: datetime | None
    outcome: str | None
    csat: int | None
    improvement_id: int | None
    instance: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """One coming of a complaint: what was said by which channel."""

    complaint_id: int
    channel: str
    subject: str
    text: str
    at: datetime
    thread: str | None = None
    sender: str | None = None
    business_key: str | None = None


@dataclass(frozen=True, slots=True)
class Improvement:
    """A corrective action for a cause that keeps coming back."""

    id: int
    business_key: str
    cause: str
    source: str
    state: str
    opened_at: datetime
    opened_by: str
    analysis: str | None
    action: str | None
    measure: str | None
    owner: str | None
    check_due: datetime | None
    rounds: int
    effective: bool | None
    closed_at: datetime | None
    closed_by: str | None
    instance: str | None


_COMPLAINT = [complaints.c[field.name] for field in fields(Complaint)]
_MESSAGE = [messages.c[field.name] for field in fields(Message)]
_IMPROVEMENT = [improvements.c[field.name] for field in fields(Improvement)]


def create(
    session: Session, values: Mapping[str, Any], stamp: Stamp, year: int, business_key: str | None = None
) -> Complaint:
    """A new complaint under the key drawn for it, else the next `CO-` key of `year`. Needs subject and text."""
    row: dict[str, Any] = {
        "business_key": business_key or keys.next_key(session, COMPLAINT, year),
        "kind": "complaint",
        "state": "open",
        "language": "zh",
        "category": "other",
        "severity": "normal",
        "level": 1,
        "escalated": 0,
        "disputes": 0,
        "received_at": stamp.at,
    }
    return get(session, insert(session, complaints, row | dict(values), stamp))


def get(session: Session, complaint: int | str) -> Complaint:
    """By id or business key. NotFound."""
    known = complaints.c.id == complaint if isinstance(complaint, int) else complaints.c.business_key == complaint
    row = session.execute(sa.select(*_COMPLAINT).where(known)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="complaint", what_zh="投诉", id=complaint)
    return Complaint(**row)


def change(session: Session, complaint_id: int, values: Mapping[str, Any], stamp: Stamp) -> Complaint:
    """Write what differs; every changed field leaves its line in the log."""
    update(session, complaints, complaint_id, values, stamp)
    return get(session, complaint_id)


def add_message(session: Session, message: Message) -> int:
    """Put one coming under its complaint."""
    values = {field.name: getattr(message, field.name) for field in fields(Message)}
    return insert(session, messages, values, Stamp(message.at, "process", message.channel))


def messages_of(session: Session, complaint_id: int) -> tuple[Message, ...]:
    """What came, oldest first."""
    rows = session.execute(sa.select(*_MESSAGE).where(messages.c.complaint_id == complaint_id).order_by(messages.c.id))
    return tuple(Message(**row) for row in rows.mappings())


def same_matter(
    session: Session,
    *,
    key: str | None = None,
    thread: str | None,
    senders: Iterable[str],
    party_id: int | None,
    said: str,
    since: datetime,
) -> Complaint | None:
    """The unsettled complaint that this is about: the key that it answers; the same thread; or, since `since`, the same
    sender or client and alike words (`ALIKE`, without marks and blanks). The client's row is held, so that two that
    come at once do not both become new ones.
    """
    if party_id is not None:
        session.execute(sa.select(parties.c.id).where(parties.c.id == party_id).with_for_update())
    if key is not None and (named := _unsettled(session, complaints.c.business_key == key)):
        return named[0]
    if thread is not None:
        joined = sa.select(messages.c.complaint_id).where(messages.c.thread == thread)
        found = _unsettled(session, complaints.c.id.in_(joined))
        if found:
            return found[0]
    wanted = sorted(set(senders))
    who: list[sa.ColumnElement[bool]] = [complaints.c.sender.in_(wanted)] if wanted else []
    who += [complaints.c.party_id == party_id] if party_id is not None else []
    if not who:
        return None
    words = names.name_key(said)
    for one in _unsettled(session, sa.or_(*who), complaints.c.received_at >= since):
        if names.similarity(names.name_key(f"{one.subject} {one.text}"), words) >= ALIKE:
            return one
    return None


def closed_matter(session: Session, key: str | None, since: datetime) -> Complaint | None:
    """The complaint of this key when it was closed since `since`, and not by a final answer."""
    query = sa.select(*_COMPLAINT).where(
        complaints.c.business_key == key,
        complaints.c.state == "closed",
        complaints.c.kind == "complaint",
        complaints.c.outcome.in_(("accepted", "silent")),
        complaints.c.closed_at >= since,
    )
    row = session.execute(query).mappings().first()
    return None if row is None else Complaint(**row)


def _unsettled(session: Session, *where: sa.ColumnElement[bool]) -> list[Complaint]:
    query = sa.select(*_COMPLAINT).where(complaints.c.state.in_(UNSETTLED), *where)
    rows = session.execute(query.order_by(complaints.c.received_at, complaints.c.id)).mappings()
    return [Complaint(**row) for row in rows]


def open_complaints(session: Session, party_id: int) -> tuple[Complaint, ...]:
    """The client's complaints that are not settled, oldest first; suggestions are none."""
    return tuple(_unsettled(session, complaints.c.party_id == party_id, complaints.c.kind == "complaint"))


def of_party(session: Session, party_id: int, since: datetime | None = None) -> tuple[Complaint, ...]:
    """The client's complaints and suggestions, settled too, newest first."""
    where: list[sa.ColumnElement[bool]] = [complaints.c.party_id == party_id]
    where += [complaints.c.received_at >= since] if since is not None else []
    query = sa.select(*_COMPLAINT).where(*where).order_by(complaints.c.received_at.desc(), complaints.c.id.desc())
    return tuple(Complaint(**row) for row in session.execute(query).mappings())


def uncounted(session: Session, cause: str, since: datetime) -> tuple[int, ...]:
    """Closed complaints of a cause since a moment that no improvement has taken up yet, oldest first."""
    query = sa.select(complaints.c.id).where(
        complaints.c.cause == cause,
        complaints.c.kind == "complaint",
        complaints.c.closed_at >= since,
        complaints.c.improvement_id.is_(None),
    )
    return tuple(session.execute(query.order_by(complaints.c.closed_at, complaints.c.id)).scalars())


def take_up(session: Session, complaint_ids: Iterable[int], improvement_id: int) -> None:
    """These complaints are what the improvement is about."""
    session.execute(
        complaints.update().where(complaints.c.id.in_(list(complaint_ids))).values(improvement_id=improvement_id)
    )


def taken_up(session: Session, improvement_id: int) -> tuple[Complaint, ...]:
    """The complaints that an improvement is about, oldest first."""
    query = sa.select(*_COMPLAINT).where(complaints.c.improvement_id == improvement_id)
    rows = session.execute(query.order_by(complaints.c.received_at, complaints.c.id)).mappings()
    return tuple(Complaint(**row) for row in rows)


def count_since(session: Session, cause: str, since: datetime) -> int:
    """How many complaints of the cause were received after a moment: whether an action had an effect."""
    query = sa.select(sa.func.count()).where(complaints.c.cause == cause, complaints.c.received_at > since)
    found: int = session.execute(query).scalar_one()
    return found


def begin_improvement(session: Session, cause: str, source: str, stamp: Stamp, year: int) -> Improvement:
    """A new improvement for a cause, under the next `SI-` key of `year`."""
    row = {
        "business_key": keys.next_key(session, IMPROVEMENT, year),
        "cause": cause,
        "source": source,
        "state": "open",
        "opened_at": stamp.at,
        "opened_by": stamp.by,
        "rounds": 0,
    }
    return improvement(session, insert(session, improvements, row, stamp))


def improvement(session: Session, which: int | str) -> Improvement:
    """By id or business key. NotFound."""
    known = improvements.c.id == which if isinstance(which, int) else improvements.c.business_key == which
    row = session.execute(sa.select(*_IMPROVEMENT).where(known)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="improvement", what_zh="服务改进", id=which)
    return Improvement(**row)


def change_improvement(session: Session, which: int, values: Mapping[str, Any], stamp: Stamp) -> Improvement:
    """Write what differs."""
    update(session, improvements, which, values, stamp)
    return improvement(session, which)


def open_improvements(session: Session, cause: str | None = None) -> tuple[Improvement, ...]:
    """Improvements under way (of a cause), oldest first."""
    where: list[sa.ColumnElement[bool]] = [improvements.c.state == "open"]
    where += [improvements.c.cause == cause] if cause is not None else []
    rows = session.execute(sa.select(*_IMPROVEMENT).where(*where).order_by(improvements.c.id)).mappings()
    return tuple(Improvement(**row) for row in rows)
