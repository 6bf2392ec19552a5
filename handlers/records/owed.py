"""The register of conditions over all deals: who still owes what. Law: reads only; counts are of all rows, whatever a
page shows.

A condition is owed while it is not met and its project can still ask for it: while the project is in one of its four
phases, and one that belongs to each draw only until the draws are over, that is, before maintenance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.records.conditions import Condition
from handlers.records.tables import condition_precedent as conditions
from handlers.records.tables import project as projects

LIVE = ("intake", "evaluation", "execution", "maintenance")
"""Phases of a project that goes on."""
Standing = Literal["all", "unmet", "late", "open", "submitted", "waiver_asked", "accepted", "rejected", "waived",
                   "deferred"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owed:
    """A condition with the project it stands in the way of."""

    condition: Condition
    project_key: str
    project_name: str
    project_phase: str
    owner: str | None

    def owes(self, day: date) -> bool:
        """Whether somebody still has to bring it on a day; `_owes` says the same of rows."""
        over = self.condition.phase == "each" and self.project_phase == "maintenance"
        return self.project_phase in LIVE and not over and not self.condition.met(day)

    def late(self, day: date) -> bool:
        """Whether it is still owed after the day it was due."""
        return self.condition.due is not None and self.condition.due < day and self.owes(day)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which conditions: of a project (its key), a phase, a team; empty: all. `standing`: unmet, late, all, or a state
    of the register."""

    project: str = ""
    phase: str = ""
    team: str = ""
    standing: Standing = "all"


def register(session: Session, asked: Asked, day: date, *, first: int = 0, most: int | None = None) -> tuple[Owed, ...]:
    """Conditions, the newest project first, by number; from the one at `first` on, `most` of them (None: all)."""
    named = [conditions.c[field.name] for field in fields(Condition)]
    of = [
        projects.c.business_key.label("project_key"), projects.c.name.label("project_name"),
        projects.c.phase.label("project_phase"), projects.c.owner,
    ]  # fmt: skip
    query = _joined(sa.select(*named, *of), asked).where(*_stands(asked.standing, day))
    query = query.order_by(projects.c.business_key.desc(), conditions.c.number).offset(first)
    rows = session.execute(query.limit(most) if most is not None else query).mappings()
    return tuple(_owed(row) for row in rows)


def _owed(row: Mapping[Any, Any]) -> Owed:
    own = {field.name: row[field.name] for field in fields(Condition)}
    others = {field.name: row[field.name] for field in fields(Owed) if field.name != "condition"}
    return Owed(Condition(**own), **others)


_PARTS: tuple[Standing, ...] = ("unmet", "late", "waived")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many conditions are owed, late and waived, and how many there are."""

    unmet: int
    late: int
    waived: int
    all: int


def counts(session: Session, asked: Asked, day: date) -> Counts:
    """Of what is asked for, whatever it says of the standing."""
    parts: list[Any] = [sa.func.count().filter(*_stands(one, day)) for one in _PARTS]
    unmet, late, waived, every = session.execute(_joined(sa.select(*parts, sa.func.count()), asked)).one()
    return Counts(unmet, late, waived, every)


def by_project(session: Session, asked: Asked, day: date) -> Mapping[str, tuple[int, int]]:
    """Project -> how many conditions are found of it, and how many of them are late."""
    late = sa.func.count().filter(*_stands("late", day))
    query = _joined(sa.select(projects.c.business_key, sa.func.count(), late), asked)
    rows = session.execute(query.where(*_stands(asked.standing, day)).group_by(projects.c.business_key))
    return {row[0]: (row[1], row[2]) for row in rows}


def choices(session: Session) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Key -> name of the projects that have conditions, and the teams that owe or owed any."""
    named = sa.select(projects.c.business_key, projects.c.name).where(
        projects.c.id.in_(sa.select(conditions.c.project_id))
    )
    teams = sa.select(conditions.c.owner_group).distinct().order_by(conditions.c.owner_group)
    found = {row.business_key: row.name for row in session.execute(named.order_by(projects.c.business_key.desc()))}
    return found, tuple(session.scalars(teams))


def _joined(query: sa.Select[Any], asked: Asked) -> sa.Select[Any]:
    query = query.select_from(conditions.join(projects, projects.c.id == conditions.c.project_id))
    for column, wanted in ((projects.c.business_key, asked.project), (conditions.c.phase, asked.phase),
                           (conditions.c.owner_group, asked.team)):  # fmt: skip
        query = query.where(column == wanted) if wanted else query
    return query


def _stands(standing: Standing, day: date) -> list[sa.ColumnElement[bool]]:
    """Conditions on the rows that stand so."""
    if standing == "all":
        return []
    if standing == "unmet":
        return _owes(day)
    if standing == "late":
        return [*_owes(day), conditions.c.due < day]
    return [conditions.c.state == standing]


def _owes(day: date) -> list[sa.ColumnElement[bool]]:
    """As `Owed.owes`."""
    c = conditions.c
    put_off = sa.and_(c.state == "deferred", sa.func.coalesce(c.due >= day, sa.false()))
    over = sa.and_(c.phase == "each", projects.c.phase == "maintenance")
    return [projects.c.phase.in_(LIVE), ~over, c.state.not_in(("accepted", "waived")), ~put_off]
