"""People, teams and their notices, as pages show them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person with their teams."""

    id: str
    name: str
    name_en: str
    email: str | None
    language: str
    active: bool
    teams: tuple[str, ...]
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team with its members."""

    id: str
    name: str
    name_en: str
    lead: str | None
    strategy: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """One notice to a person, in both languages."""

    id: int
    kind: str
    text_zh: str
    text_en: str
    link: str
    created_at: datetime
    read_at: datetime | None


def people(session: Session) -> list[PersonRow]:
    """Everybody, by sign-in name."""
    teams_of: dict[str, list[str]] = {}
    for row in session.execute(sa.select(t.membership).order_by(t.membership.c.team_id)):
        teams_of.setdefault(row.person_id, []).append(row.team_id)
    rows = session.execute(sa.select(t.person).order_by(t.person.c.id))
    return [_person(row, tuple(teams_of.get(row.id, ()))) for row in rows]


def person(session: Session, id: str) -> PersonRow:
    """One person. NotFound when there is none."""
    row = session.execute(sa.select(t.person).where(t.person.c.id == id)).first()
    if row is None:
        raise NotFound(what="person", id=id)
    found = session.scalars(
        sa.select(t.membership.c.team_id).where(t.membership.c.person_id == id).order_by(t.membership.c.team_id)
    )
    return _person(row, tuple(found))


def _person(row: Any, teams: tuple[str, ...]) -> PersonRow:
    return PersonRow(
        row.id,
        row.name,
        row.name_en or row.name,
        row.email,
        row.language,
        row.active,
        teams,
        row.settings or {},
    )


def teams(session: Session) -> list[TeamRow]:
    """All teams with their members."""
    members: dict[str, list[str]] = {}
    for row in session.execute(sa.select(t.membership).order_by(t.membership.c.person_id)):
        members.setdefault(row.team_id, []).append(row.person_id)
    return [
        TeamRow(r.id, r.name, r.name_en or r.name, r.lead, r.strategy, tuple(members.get(r.id, ())))
        for r in session.execute(sa.select(t.team).order_by(t.team.c.id))
    ]


def names(session: Session) -> dict[str, tuple[str, str]]:
    """What every team and person is called, Chinese and English, by sign-in name or team; nothing else is read."""
    rows = [sa.select(table.c.id, table.c.name, table.c.name_en) for table in (t.team, t.person)]
    return {row.id: (row.name, row.name_en or row.name) for query in rows for row in session.execute(query)}


def people_of(session: Session, teams: Collection[str] | None) -> list[str]:
    """Sign-in names of the active members of these teams; of everybody active for None."""
    query = sa.select(t.person.c.id).where(t.person.c.active.is_(True)).order_by(t.person.c.id)
    if teams is not None:
        query = query.where(
            t.person.c.id.in_(sa.select(t.membership.c.person_id).where(t.membership.c.team_id.in_(teams)))
        )
    return list(session.scalars(query))


def settings_of_colleagues(session: Session, person_id: str, name: str) -> list[tuple[str, Any]]:
    """(sign-in name, value) of a setting that active members of the person's teams keep, by sign-in name; the person's
    own is not among them."""
    m, p = t.membership.c, t.person.c
    mine = sa.select(m.team_id).where(m.person_id == person_id)
    others = sa.select(m.person_id).where(m.team_id.in_(mine))
    rows = session.execute(
        sa.select(p.id, p.settings).where(p.id.in_(others), p.id != person_id, p.active.is_(True)).order_by(p.id)
    )
    return [(row.id, row.settings[name]) for row in rows if row.settings and name in row.settings]


def notifications(session: Session, person_id: str, limit: int = 20) -> list[NotificationRow]:
    """The newest notices of a person."""
    rows = session.execute(
        sa.select(t.notification)
        .where(t.notification.c.person_id == person_id)
        .order_by(t.notification.c.created_at.desc(), t.notification.c.id.desc())
        .limit(limit)
    )
    return [NotificationRow(r.id, r.kind, r.text_zh, r.text_en, r.link, r.created_at, r.read_at) for r in rows]


def unread_count(session: Session, person_id: str) -> int:
    """How many notices a person has not read."""
    return int(
        session.scalar(
            sa.select(sa.func.count()).where(
                t.notification.c.person_id == person_id, t.notification.c.read_at.is_(None)
            )
        )
        or 0
    )
