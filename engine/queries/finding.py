"""Instances by everything that is said of them, page by page. Law: the same selection that batches act on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.definitions import newest, package
from engine.queries import naming
from engine.queries.selection import Cases, Reach
from engine.queries.standing import InstanceRow, instance_rows
from engine.store import tables as t


def cases(session: Session, wanted: Cases, *, page: int = 1, size: int = 50) -> list[InstanceRow]:
    """A page of what the selection finds, newest first; a selection that says nothing finds all."""
    i = t.instance.c
    query = sa.select(t.instance).where(*wanted.conditions()).order_by(i.started_at.desc(), i.id.desc())
    rows = session.execute(query.limit(size).offset((page - 1) * size)).mappings().all()
    return instance_rows(session, [dict(row) for row in rows])


def number_of_cases(session: Session, wanted: Cases) -> int:
    """How many `cases` would find on all its pages."""
    return session.scalar(sa.select(sa.func.count()).select_from(t.instance).where(*wanted.conditions())) or 0


def cases_with_work(
    session: Session, elements: Collection[str], since: datetime, before: datetime
) -> dict[tuple[str, str], int]:
    """(process, user task) -> in how many cases it was completed in that time: what `cases` finds by `did`."""
    u = t.user_task.c
    rows = session.execute(
        sa.select(u.process_key, u.element, sa.func.count(u.instance_id.distinct()))
        .where(u.state == "completed", u.completed_at >= since, u.completed_at < before, u.element.in_(elements))
        .group_by(u.process_key, u.element)
    )
    return {(process, element): number for process, element, number in rows}


def reaches(session: Session, reach: Reach, instance_id: int) -> bool:
    """Whether a case, or one that it called or that called it, is among those that somebody may see."""
    i = t.instance.c
    root = sa.select(i.root_id).where(i.id == instance_id).scalar_subquery()
    return session.scalar(sa.select(i.id).where(i.root_id == root, reach.condition()).limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Place:
    """An element of a process that a case can stand at, be moved to or begun anew at."""

    id: str
    name: str
    name_en: str
    type: str


def places(
    session: Session, key: str, version: int | None = None, kinds: Sequence[str] | None = None
) -> tuple[Place, ...]:
    """The elements of a process in the order of the file (of the newest version when none is said); `kinds`: BPMN
    local names. NotFound when there is no such process or version."""
    model = package(session, newest(session, key, version))
    return tuple(
        Place(id, *naming.called(model, id), node.type)
        for id, node in model.definition.nodes.items()
        if kinds is None or node.type in kinds
    )


def incident_codes(session: Session) -> tuple[tuple[str, int], ...]:
    """Codes of open incidents with their number, the most frequent first."""
    n, number = t.incident.c, sa.func.count().label("number")
    query = sa.select(n.code, number).where(n.resolved_at.is_(None)).group_by(n.code).order_by(number.desc(), n.code)
    return tuple((code, count) for code, count in session.execute(query.limit(50)))


def fact_names(session: Session, limit: int = 200) -> tuple[str, ...]:
    """Names of business facts that the newest cases carry."""
    i = t.instance.c
    seen: dict[str, None] = {}
    for facts in session.scalars(sa.select(i.facts).order_by(i.id.desc()).limit(limit)):
        seen.update(dict.fromkeys(facts or {}))
    return tuple(sorted(seen))
