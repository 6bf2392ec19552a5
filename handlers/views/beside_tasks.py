"""What the book says beside a task in a list: the phase of its project, and who looks after the client.

Found by the case's own key and by the facts `project_key` and `client_key`; a case that the book does not know yet has
neither. One read for a page of tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

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


def _first(found: Iterable[Beside]) -> Beside:
    """What is known of each, the first that says so."""
    known = list(found)
    phase = next((one.phase for one in known if one.phase), None)
    return Beside(phase, next((one.owner for one in known if one.owner), None))
