"""Which clients, projects and cases are somebody's business. Law: lists, pages, files and programs ask here; who is not
named in `handlers.sights.SEGMENTS` sees all of them, and costs no question.

A client is its roles' business, and everybody's while it has none; a project is the business of whoever may see one of
those who take part in it. A case is seen under such a client's or project's keys, and by who takes part in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api, queries
from engine.api import Actor
from engine.errors import Forbidden, InvalidInput
from engine.queries import finding
from engine.queries.selection import Reach
from handlers import sights
from handlers.records import tables as book
from handlers.records.documents import Document

Roles = frozenset[str]

_tables = book.metadata.tables
_party, _project, _role = _tables["party"], _tables["project"], _tables["party_role"]


def clients_with(roles: Roles) -> sa.ColumnElement[bool]:
    """The clients that have one of the roles in a project, and those without any role yet, as a condition."""
    theirs = sa.select(_role.c.party_id).where(_role.c.role.in_(roles))
    return sa.or_(_party.c.id.in_(theirs), _party.c.id.not_in(sa.select(_role.c.party_id)))


def projects_with(roles: Roles) -> sa.ColumnElement[bool]:
    """The projects in which somebody has one of the roles, and those without anybody yet, as a condition."""
    theirs = sa.select(_role.c.project_id).where(_role.c.role.in_(roles))
    return sa.or_(_project.c.id.in_(theirs), _project.c.id.not_in(sa.select(_role.c.project_id)))


def among(who: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    """What the book's search must fulfil for somebody: of clients, of projects; nothing for who sees all."""
    roles = sights.segment(who)
    return () if roles is None else (clients_with(roles), projects_with(roles))


def may_open_client(session: Session, who: Actor, party_id: int) -> bool:
    """Whether a client is somebody's business."""
    roles = sights.segment(who)
    return roles is None or _is_there(session, _party.c.id == party_id, clients_with(roles))


def may_open_project(session: Session, who: Actor, project_id: int) -> bool:
    """Whether a project is somebody's business."""
    roles = sights.segment(who)
    return roles is None or _is_there(session, _project.c.id == project_id, projects_with(roles))


def _is_there(session: Session, *where: sa.ColumnElement[bool]) -> bool:
    return session.scalar(sa.select(sa.literal(1)).where(*where).limit(1)) is not None


def require_client(session: Session, who: Actor, party_id: int) -> None:
    """Forbidden for a client that is no business of somebody's teams."""
    if not may_open_client(session, who, party_id):
        raise Forbidden(reason="this client is looked after by other teams", reason_zh="该客户由其他团队负责")


def require_project(session: Session, who: Actor, project_id: int) -> None:
    """Forbidden for a project that is no business of somebody's teams."""
    if not may_open_project(session, who, project_id):
        raise Forbidden(reason="this project is looked after by other teams", reason_zh="该项目由其他团队负责")


def require_house(who: Actor) -> None:
    """Forbidden for who is not shown all clients: for lists over the whole house."""
    if sights.segment(who) is not None:
        raise Forbidden(reason="this is of the whole house; ask for your team's", reason_zh="仅可查询本团队的内容")


def reach(session: Session, who: Actor) -> Reach | None:
    """The cases that somebody may see; None for all."""
    roles = sights.segment(who)
    return None if roles is None else Reach(who.id, tuple(sorted(who.teams)), _keys(session, roles))


def _keys(session: Session, roles: Roles) -> tuple[str, ...]:
    """The business keys of their clients, and of their projects with what is lent and what went wrong there; an inquiry
    belongs to whom it came from."""
    clients = sa.select(_party.c.id).where(clients_with(roles))
    projects = sa.select(_project.c.id).where(projects_with(roles))
    asked: list[sa.Select[Any]] = [
        sa.select(_party.c.business_key).where(clients_with(roles)),
        sa.select(_project.c.business_key).where(projects_with(roles)),
        sa.select(_tables["inquiry"].c.business_key).where(_tables["inquiry"].c.party_id.in_(clients)),
    ]
    for name in ("facility", "project_issue"):
        table = _tables[name]
        asked.append(sa.select(table.c.business_key).where(table.c.project_id.in_(projects)))
    return tuple(sorted({key for query in asked for key in session.scalars(query) if key}))


def may_open_case(session: Session, who: Actor, instance_id: int) -> bool:
    """Whether a case is somebody's business."""
    theirs = reach(session, who)
    return theirs is None or finding.reaches(session, theirs, instance_id)


def require_case(session: Session, who: Actor, instance_id: int) -> None:
    """Forbidden for a case that is no business of somebody's teams."""
    if not may_open_case(session, who, instance_id):
        raise Forbidden(reason="this case is worked on by other teams", reason_zh="该业务由其他团队办理")


def barred(session: Session, people: Iterable[queries.PersonRow], instance_id: int) -> frozenset[str]:
    """Sign-in names of those people whose business a case is not; who is in a team of all clients is not looked up."""
    looked = [one for one in people if one.teams and sights.SEGMENTS.keys() >= set(one.teams)]
    return frozenset(
        one.id for one in looked if one.active and not may_open_case(session, api.actor(session, one.id), instance_id)
    )


def require_readers(session: Session, words: str, instance_id: int) -> None:
    """InvalidInput when a comment names somebody whose business the case is not: they would be told of its client."""
    named = api.mentioned(session, words)
    people = [one for one in queries.people(session) if one.id in named] if named else []
    if unfit := barred(session, people, instance_id):
        others = [one for one in people if one.id in unfit]
        raise InvalidInput(
            place="text",
            reason=f"this case is not for {', '.join(one.name_en for one in others)}: name somebody who may see it",
            reason_zh=f"{'、'.join(one.name for one in others)}无权查看此业务，请勿提及",
        )


def may_open_document(session: Session, who: Actor, document: Document) -> bool:
    """Whether a document is of a client, a project or a case that is somebody's business, or was filed by them."""
    theirs = reach(session, who)
    if theirs is None or document.created_by == who.id or document.subject_key in theirs.keys:
        return True
    if document.party_id is not None and may_open_client(session, who, document.party_id):
        return True
    case = document.instance or document.subject_key.removeprefix("case:")
    return case.isdecimal() and finding.reaches(session, theirs, int(case))
