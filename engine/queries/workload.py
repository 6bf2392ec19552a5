"""How much lies on whom: open tasks and their points against what a person can carry. Law: the figures are those that
the assignment goes by (`engine.assignment`): points of all that somebody holds, whichever team it stands in, against
the team's full load times the person's per cent.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class Load:
    """Open tasks, their points, and how many of them are overdue."""

    tasks: int = 0
    points: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """One member. `capacity`: per cent of a full load; `full`: points they carry at most in this team, None without a
    limit; `away_until`: the end of the absence that runs now, with its substitute."""

    id: str
    load: Load
    capacity: int
    full: int | None
    away_until: datetime | None
    substitute: str | None


@dataclass(frozen=True, slots=True)
class TeamLoad:
    """One team. `load`: all that stands in its queue; `free`: what of it nobody has taken."""

    id: str
    name: str
    name_en: str
    lead: str | None
    load: Load
    free: Load
    people: tuple[PersonLoad, ...]


def workload(session: Session, teams: Collection[str] | None = None) -> list[TeamLoad]:
    """These teams (all for None), those with the most overdue first; their active members, the heaviest load first."""
    task, now = t.user_task.c, runtime_of(session).now()
    rows = sa.select(t.team).order_by(t.team.c.id)
    if teams is not None:
        rows = rows.where(t.team.c.id.in_(sorted(teams)))
    standing = _loads(session, now, task.team)
    free = _loads(session, now, task.team, task.assignee.is_(None))
    members = _members(session, _loads(session, now, task.assignee, task.assignee.is_not(None)), now)
    found = [
        TeamLoad(
            row.id,
            row.name,
            row.name_en or row.name,
            row.lead,
            standing.get(row.id, Load()),
            free.get(row.id, Load()),
            _by_load(members.get(row.id, []), row.full_load),
        )
        for row in session.execute(rows)
    ]
    return sorted(found, key=lambda one: (-one.load.overdue, -one.load.points, one.id))


def _loads(session: Session, now: datetime, by: sa.ColumnElement[Any], *where: Any) -> dict[str, Load]:
    task = t.user_task.c
    late = sa.func.sum(sa.case((task.due_at < now, 1), else_=0))
    query = sa.select(by, sa.func.count(), sa.func.sum(task.points), late).where(task.state == "open", *where)
    return {row[0]: Load(int(row[1]), int(row[2]), int(row[3])) for row in session.execute(query.group_by(by))}


def _members(session: Session, loads: dict[str, Load], now: datetime) -> dict[str, list[PersonLoad]]:
    a = t.absence.c
    running = sa.select(a.person_id, a.ends, a.substitute).where(a.starts <= now, a.ends > now).order_by(a.ends, a.id)
    away = {row.person_id: row for row in session.execute(running)}
    m, p = t.membership.c, t.person.c
    rows = session.execute(
        sa.select(m.team_id, p.id, p.capacity).join(t.person, p.id == m.person_id).where(p.active.is_(True))
    )
    found: dict[str, list[PersonLoad]] = {}
    for row in rows:
        gone = away.get(row.id)
        until, stands_in = (gone.ends, gone.substitute) if gone is not None else (None, None)
        one = PersonLoad(row.id, loads.get(row.id, Load()), row.capacity, None, until, stands_in)
        found.setdefault(row.team_id, []).append(one)
    return found


def _by_load(people: list[PersonLoad], full_load: int | None) -> tuple[PersonLoad, ...]:
    """The heaviest load first. What somebody carries is rounded down, as the assignment does by comparing exactly."""
    told = [
        one
        if full_load is None
        else PersonLoad(one.id, one.load, one.capacity, full_load * one.capacity // 100, one.away_until, one.substitute)
        for one in people
    ]
    return tuple(sorted(told, key=lambda one: (-one.load.points, one.id)))
