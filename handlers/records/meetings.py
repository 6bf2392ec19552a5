"""Meetings and their action items. Law: an action has an owner and a day, or it is none; what is open comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import action_item as actions
from handlers.records.tables import meeting as meetings

MEETING = "MT"
ACTION = "AI"


@dataclass(frozen=True, slots=True)
class Meeting:
    """One coordination meeting; the key is `MT-<year>-<month>`."""

    id: int
    business_key: str
    day: date
    state: str
    agenda: Mapping[str, Any]
    attendance: list[Mapping[str, Any]]
    decisions: list[Mapping[str, Any]]
    planned_at: datetime
    held_at: datetime | None
    minutes_by: str | None


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody undertook to do; `carried`: on how many later agendas it stood."""

    id: int
    business_key: str
    meeting_id: int
    text: str
    owner: str
    due: date
    state: str
    carried: int
    result: str | None
    closed_at: datetime | None
    closed_by: str | None


_MEETING = [meetings.c[field.name] for field in fields(Meeting)]
_ACTION = [actions.c[field.name] for field in fields(Action)]


def plan(session: Session, day: date, agenda: Mapping[str, Any], stamp: Stamp, instance: str | None) -> Meeting:
    """The meeting of a month with its agenda; planned again, the newest agenda counts until it was held."""
    key = f"{MEETING}-{day:%Y-%m}"
    row = session.execute(sa.select(*_MEETING).where(meetings.c.business_key == key)).mappings().one_or_none()
    if row is None:
        values = {
            "business_key": key,
            "day": day,
            "state": "planned",
            "agenda": dict(agenda),
            "attendance": [],
            "decisions": [],
            "planned_at": stamp.at,
            "instance": instance,
        }
        return get(session, insert(session, meetings, values, stamp))
    known = Meeting(**row)
    if known.state == "planned":
        update(session, meetings, known.id, {"day": day, "agenda": dict(agenda)}, stamp)
    return get(session, known.id)


def get(session: Session, meeting: int | str) -> Meeting:
    """By id or business key. NotFound."""
    known = meetings.c.id == meeting if isinstance(meeting, int) else meetings.c.business_key == meeting
    row = session.execute(sa.select(*_MEETING).where(known)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="meeting", what_zh="会议", id=meeting)
    return Meeting(**row)


def hold(session: Session, meeting_id: int, values: Mapping[str, Any], stamp: Stamp) -> Meeting:
    """Write the minutes."""
    update(
        session, meetings, meeting_id, {**values, "state": "held", "held_at": stamp.at, "minutes_by": stamp.by}, stamp
    )
    return get(session, meeting_id)


def add_action(
    session: Session, meeting_id: int, text: str, owner: str | None, due: date | None, stamp: Stamp
) -> Action:
    """A new action item. InvalidInput without words, owner or day."""
    for name, value, zh in (("text", text, "内容"), ("owner", owner, "负责人"), ("due", due, "期限")):
        if not value:
            raise InvalidInput(place=name, reason="an action needs it", reason_zh=f"行动项缺少{zh}")
    values = {
        "business_key": keys.next_key(session, ACTION, stamp.at.year),
        "meeting_id": meeting_id,
        "text": text,
        "owner": owner,
        "due": due,
        "state": "open",
        "carried": 0,
        "created_at": stamp.at,
        "created_by": stamp.by,
    }
    return action(session, insert(session, actions, values, stamp))


def action(session: Session, which: int | str) -> Action:
    """By id or business key. NotFound."""
    known = actions.c.id == which if isinstance(which, int) else actions.c.business_key == which
    row = session.execute(sa.select(*_ACTION).where(known)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="action item", what_zh="行动项", id=which)
    return Action(**row)


def change_action(session: Session, which: int, values: Mapping[str, Any], stamp: Stamp) -> Action:
    """Write what differs."""
    update(session, actions, which, values, stamp)
    return action(session, which)


def open_actions(session: Session) -> tuple[Action, ...]:
    """What is not done, of every meeting, the earliest day first."""
    query = sa.select(*_ACTION).where(actions.c.state == "open").order_by(actions.c.due, actions.c.id)
    return tuple(Action(**row) for row in session.execute(query).mappings())
