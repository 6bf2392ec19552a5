"""What was said and sent, and what about a client's data is still open: the timeline and the issue list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.ids import new_id
from handlers.records.tables import interaction as interactions
from handlers.records.tables import issue as issues


@dataclass(frozen=True, slots=True)
class Interaction:
    """One contact with a client, in (`in`) or out (`out`)."""

    party_id: int
    at: datetime
    channel: str
    direction: str
    subject: str
    by: str
    text: str = ""
    person: str | None = None
    outcome: str | None = None
    project_id: int | None = None
    contact_id: int | None = None
    instance: str | None = None
    element: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """Something wrong or missing in a client's data."""

    field: str
    rule: str
    level: str
    text_zh: str
    text_en: str
    opened_at: datetime | None = None
    project_id: int | None = None


_INTERACTION = [interactions.c[field.name] for field in fields(Interaction)]
_BY_PEOPLE = ~interactions.c.by.startswith("process:")
_ISSUE = [issues.c[field.name] for field in fields(Issue)]


def add(session: Session, entry: Interaction) -> int:
    """Write it on the timeline; returns its id."""
    row_id = new_id()
    values = {name: getattr(entry, name) for name in Interaction.__dataclass_fields__}
    session.execute(interactions.insert().values(id=row_id, **values))
    return row_id


def timeline(
    session: Session, party_id: int, limit: int = 100, *, first: int = 1, by_people: bool = False
) -> tuple[Interaction, ...]:
    """The client's latest contacts, newest first: `limit` of them from the place `first`, 1 being the latest;
    `by_people`: without those that processes wrote, letters and answers."""
    rows = session.execute(
        sa.select(*_INTERACTION)
        .where(interactions.c.party_id == party_id, _BY_PEOPLE if by_people else sa.true())
        .order_by(interactions.c.at.desc(), interactions.c.id.desc())
        .offset(first - 1)
        .limit(limit)
    )
    return tuple(Interaction(**row) for row in rows.mappings())


def counted(session: Session, party_id: int) -> tuple[int, int]:
    """How many contacts of the client there are, and how many of them people noted."""
    people = sa.func.sum(sa.case((_BY_PEOPLE, 1), else_=0))
    row = session.execute(sa.select(sa.func.count(), people).where(interactions.c.party_id == party_id)).one()
    return int(row[0]), int(row[1] or 0)


def project_timeline(session: Session, project_id: int, limit: int = 100) -> tuple[Interaction, ...]:
    """The project's latest contacts, newest first."""
    rows = session.execute(
        sa.select(*_INTERACTION)
        .where(interactions.c.project_id == project_id)
        .order_by(interactions.c.at.desc(), interactions.c.id.desc())
        .limit(limit)
    )
    return tuple(Interaction(**row) for row in rows.mappings())


def replace_issues(
    session: Session, party_id: int, project_id: int | None, found: Iterable[Issue], now: datetime, by: str
) -> tuple[int, int]:
    """Make the open issues of a client's project exactly those found: new ones opened, vanished ones
    resolved.

    Returns (opened, resolved). An issue is the same when field and rule are.
    """
    scope = [
        issues.c.party_id == party_id,
        issues.c.project_id == project_id if project_id is not None else issues.c.project_id.is_(None),
        issues.c.resolved_at.is_(None),
    ]
    present = {(row.field, row.rule): row.id for row in session.execute(sa.select(issues).where(*scope))}
    wanted = {(one.field, one.rule): one for one in found}
    fresh = [one for key, one in wanted.items() if key not in present]
    gone = [row_id for key, row_id in present.items() if key not in wanted]
    for one in fresh:
        session.execute(
            issues.insert().values(
                id=new_id(),
                party_id=party_id,
                project_id=project_id,
                field=one.field,
                rule=one.rule,
                level=one.level,
                text_zh=one.text_zh,
                text_en=one.text_en,
                opened_at=now,
            )
        )
    if gone:
        session.execute(issues.update().where(issues.c.id.in_(gone)).values(resolved_at=now, resolved_by=by))
    return len(fresh), len(gone)


def open_issues(session: Session, party_id: int) -> tuple[Issue, ...]:
    """What is open about a client, oldest first."""
    rows = session.execute(
        sa.select(*_ISSUE).where(issues.c.party_id == party_id, issues.c.resolved_at.is_(None)).order_by(issues.c.id)
    )
    return tuple(Issue(**row) for row in rows.mappings())
