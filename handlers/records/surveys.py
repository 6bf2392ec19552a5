"""Surveys: who was asked in which round, what they answered, and how a round came out.

Law: nobody is asked twice within 90 days. Each invitation has a key of its own (`SV-…`), under which its case runs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from handlers.records import keys
from handlers.records.changes import Stamp, insert, update
from handlers.records.tables import survey as surveys
from handlers.records.tables import survey_answer as answers
from handlers.records.tables import survey_round as rounds

PREFIX = "SV"

REST = timedelta(days=90)
"""So long somebody who was asked is left alone."""

ASKED = ("planned", "sent", "answered", "expired")
"""States of an invitation that went out or is about to: what was skipped bothered nobody."""


@dataclass(frozen=True, slots=True)
class Survey:
    """One person asked once; marks are None where they were not given."""

    id: int
    business_key: str
    party_id: int
    contact_id: int
    kind: str
    round: str
    state: str
    why: str | None
    planned_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    channel: str | None
    nps: int | None
    csat: int | None
    suggestion: str | None
    followup: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """What was expected of a touchpoint and what was experienced, 1 to 5."""

    touchpoint: str
    expectation: int
    experience: int


@dataclass(frozen=True, slots=True)
class Round:
    """A round as it came out."""

    name: str
    invited: int
    answered: int | None
    nps: Decimal | None
    csat: Decimal | None
    gaps: Mapping[str, Any] | None
    summary: str | None
    opened_at: datetime
    closed_at: datetime | None


_SURVEY = [surveys.c[field.name] for field in fields(Survey)]
_PAIR = [answers.c[field.name] for field in fields(Pair)]
_ROUND = [rounds.c[field.name] for field in fields(Round)]


def get(session: Session, business_key: str) -> Survey:
    """By its key. NotFound."""
    row = session.execute(sa.select(*_SURVEY).where(surveys.c.business_key == business_key)).mappings().first()
    if row is None:
        raise NotFound(what="survey", what_zh="问卷", id=business_key)
    return Survey(**row)


def of_party(session: Session, party_id: int) -> tuple[Survey, ...]:
    """What a client's people were asked, newest first."""
    query = sa.select(*_SURVEY).where(surveys.c.party_id == party_id)
    rows = session.execute(query.order_by(surveys.c.planned_at.desc(), surveys.c.id.desc())).mappings()
    return tuple(Survey(**row) for row in rows)


def of_round(session: Session, name: str) -> tuple[Survey, ...]:
    """Everybody asked in a round."""
    rows = session.execute(sa.select(*_SURVEY).where(surveys.c.round == name).order_by(surveys.c.id)).mappings()
    return tuple(Survey(**row) for row in rows)


def asked_lately(session: Session, contact_ids: Collection[int], now: datetime, besides: str | None = None) -> bool:
    """Whether a person (all their entries) was asked within 90 days, the survey of a key apart."""
    query = sa.select(surveys.c.id).where(
        surveys.c.contact_id.in_(contact_ids), surveys.c.state.in_(ASKED), surveys.c.planned_at > now - REST
    )
    if besides is not None:
        query = query.where(surveys.c.business_key != besides)
    return session.execute(query.limit(1)).first() is not None


def plan(
    session: Session, party_id: int, contact_id: int, kind: str, round_name: str, stamp: Stamp, year: int
) -> Survey:
    """Somebody is to be asked; returns the survey with its key."""
    key = keys.next_key(session, PREFIX, year)
    row = {"business_key": key, "party_id": party_id, "contact_id": contact_id, "kind": kind, "round": round_name}
    insert(session, surveys, row | {"state": "planned", "planned_at": stamp.at}, stamp)
    return get(session, key)


def change(session: Session, business_key: str, values: Mapping[str, Any], stamp: Stamp) -> Survey:
    """Write what happened to a survey."""
    update(session, surveys, get(session, business_key).id, values, stamp)
    return get(session, business_key)


def keep_answers(session: Session, survey_id: int, pairs: Sequence[Pair]) -> None:
    """What was expected and experienced; a second time replaces the first."""
    session.execute(answers.delete().where(answers.c.survey_id == survey_id))
    rows = [
        {"survey_id": survey_id, "touchpoint": p.touchpoint, "expectation": p.expectation, "experience": p.experience}
        for p in pairs
    ]
    if rows:
        session.execute(answers.insert(), rows)


def answers_of(session: Session, survey_id: int) -> tuple[Pair, ...]:
    """Pairs of one survey."""
    query = sa.select(*_PAIR).where(answers.c.survey_id == survey_id).order_by(answers.c.touchpoint)
    return tuple(Pair(**row) for row in session.execute(query).mappings())


def open_round(session: Session, name: str, invited: int, stamp: Stamp) -> bool:
    """A round begins; False when it has begun already."""
    if find_round(session, name) is not None:
        return False
    insert(session, rounds, {"name": name, "invited": invited, "opened_at": stamp.at}, stamp)
    return True


def find_round(session: Session, name: str) -> Round | None:
    """A round by name."""
    row = session.execute(sa.select(*_ROUND).where(rounds.c.name == name)).mappings().first()
    return None if row is None else Round(**row)


def close_round(session: Session, name: str, values: Mapping[str, Any], stamp: Stamp) -> None:
    """A round's figures and what was concluded."""
    row_id = session.execute(sa.select(rounds.c.id).where(rounds.c.name == name)).scalar_one()
    update(session, rounds, row_id, dict(values) | {"closed_at": stamp.at, "by": stamp.by}, stamp)
