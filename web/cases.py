"""What the book knows of a case, beside a task or an instance. Law: a case the book does not know yet is no error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import NotFound
from handlers.records import cards
from handlers.records.cards import ClientCard, ProjectCard


@dataclass(frozen=True, slots=True)
class Case:
    """Client and project of a case, as far as they are in the book."""

    client: ClientCard | None
    project: ProjectCard | None


def case_of(session: Session, business_key: str | None, variables: Mapping[str, Any]) -> Case:
    """By the variables that name them, else by the case's business key."""
    client = _client(session, variables.get("party_id")) or _client(session, variables.get("client_key"))
    project = _project(session, variables.get("project_key")) or _project(session, business_key)
    if client is None and project is not None and project.main_party is not None:
        client = _client(session, project.main_party.id)
    return Case(client or _client(session, business_key), project)


def _client(session: Session, id: object) -> ClientCard | None:
    if not isinstance(id, int | str) or not id:
        return None
    try:
        return cards.client_card(session, id)
    except (NotFound, ValueError):
        return None


def _project(session: Session, id: object) -> ProjectCard | None:
    if not isinstance(id, int | str) or not id:
        return None
    try:
        return cards.project_card(session, id)
    except (NotFound, ValueError):
        return None
