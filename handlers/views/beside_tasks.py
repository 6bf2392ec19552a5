"""What the book says beside a task in a list: the phase of its project, and who looks after the client.

Found by the case's own key and by the facts `project_key` and `client_key`; a case that the book does not know yet has
neither. A few reads for a page of tasks, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.records import custom
from handlers.records.tables import party, party_role, project

MAIN = ("borrower", "spv", "sponsor", "investor")
"""Whose owner a project's is, the first that there is."""


class Task(Protocol):
    """What is asked of a task."""

    @property
    def id(self) -> int: ...
    @property
    def business_key(self) -> str | None: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Beside:
    """The phase of the project and the client's owner, as far as the book knows them."""

    phase: str | None = None
    owner: str | None = None


def beside_tasks(session: Session, tasks: Iterable[Task]) -> dict[int, Beside]:
    """Task id -> what the book says of its case."""
    named = ("project_key", "client_key")
    keys = {task.id: [task.business_key, *(task.facts.get(name) for name in named)] for task in tasks}
    asked = {key for found in keys.values() for key in found if isinstance(key, str)}
    if not asked:
        return {}
    by_key: dict[str, Beside] = {
        row.business_key: Beside(None, row.owner)
        for row in session.execute(
            sa.select(party.c.business_key, party.c.owner).where(party.c.business_key.in_(asked))
        )
    }
    roles = session.execute(
        sa.select(project.c.business_key, project.c.phase, party_role.c.role, party.c.owner)
        .outerjoin(party_role, party_role.c.project_id == project.c.id)
        .outerjoin(party, party.c.id == party_role.c.party_id)
        .where(project.c.business_key.in_(asked))
    ).all()
    for row in sorted(roles, key=lambda row: MAIN.index(row.role) if row.role in MAIN else len(MAIN)):
        by_key.setdefault(row.business_key, Beside(row.phase, row.owner))
    return {id: _first(by_key[key] for key in found if key in by_key) for id, found in keys.items()}


def own_beside(session: Session, tasks: Iterable[Task]) -> dict[int, dict[str, Any]]:
    """Task id -> the values of the house's own fields: `own_project_<key>` of its project, `own_party_<key>` of its
    client, the project's where the case names a project alone."""
    named = ("project_key", "client_key")
    keys = {task.id: [task.business_key, *(task.facts.get(name) for name in named)] for task in tasks}
    asked = {key for found in keys.values() for key in found if isinstance(key, str)}
    if not asked:
        return {}
    clients, projects = (_ids(session, table, asked) for table in (party, project))
    holders = _holders(session, projects.values())
    for key, id in projects.items():
        if id in holders:
            clients.setdefault(key, holders[id])
    of = {"project": projects, "party": clients}
    values = {record: custom.values_by_subject(session, record, set(ids.values())) for record, ids in of.items()}
    return {
        task: {
            f"own_{record}_{name}": value
            for record, ids in of.items()
            for key in reversed(found)
            if isinstance(key, str) and key in ids
            for name, value in values[record].get(ids[key], {}).items()
        }
        for task, found in keys.items()
    }


def _ids(session: Session, table: sa.Table, keys: Iterable[str]) -> dict[str, int]:
    rows = session.execute(sa.select(table.c.business_key, table.c.id).where(table.c.business_key.in_(list(keys))))
    return {row.business_key: row.id for row in rows}


def _holders(session: Session, projects: Iterable[int]) -> dict[int, int]:
    """Project -> the client whose it is."""
    query = sa.select(party_role.c.project_id, party_role.c.party_id, party_role.c.role)
    rows = session.execute(query.where(party_role.c.project_id.in_(list(projects)))).all()
    found: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: MAIN.index(row.role) if row.role in MAIN else len(MAIN)):
        found.setdefault(row.project_id, row.party_id)
    return found


def _first(found: Iterable[Beside]) -> Beside:
    """What is known of each, the first that says so."""
    known = list(found)
    phase = next((one.phase for one in known if one.phase), None)
    return Beside(phase, next((one.owner for one in known if one.owner), None))
