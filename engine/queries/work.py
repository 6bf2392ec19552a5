"""What is going on under some business keys: open tasks and cases, light enough for a page about a client or a project.

Law: reads only; no state of a case is unpacked for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.execution import runtime_of
from engine.store import tables as t

AT_ONCE = 500
"""How many keys one statement asks for."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """An open task with who has it and until when."""

    id: int
    name: str
    name_en: str
    business_key: str | None
    process_key: str
    assignee: str | None
    team: str | None
    created_at: datetime
    due_at: datetime | None
    overdue: bool
    instance_id: int
    element: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list: which process, how it stands, since when."""

    id: int
    key: str
    name: str
    name_en: str
    business_key: str | None
    state: str
    started_at: datetime
    ended_at: datetime | None


_TASK = [t.user_task.c[name] for name in OpenTask.__dataclass_fields__ if name not in ("name_en", "overdue")]
_CASE = [t.instance.c[name] for name in CaseLine.__dataclass_fields__ if name not in ("name", "name_en")]


def open_tasks(session: Session, business_keys: Collection[str]) -> list[OpenTask]:
    """The open tasks under the keys, what is due first at the top; those without a due date last."""
    now, found = runtime_of(session).now(), []
    for some in _portions(business_keys):
        rows = session.execute(
            sa.select(*_TASK, t.user_task.c.definition_id)
            .join(t.instance, t.instance.c.id == t.user_task.c.instance_id)
            .where(t.instance.c.business_key.in_(some), t.user_task.c.state == "open")
        ).mappings()
        found += [_task(session, dict(row), now) for row in rows]
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or one.created_at, one.id))


def _task(session: Session, row: dict[str, Any], now: datetime) -> OpenTask:
    package = definitions.package(session, row.pop("definition_id"))
    late = row["due_at"] is not None and row["due_at"] < now
    return OpenTask(**row, name_en=package.texts.get(row["element"], row["name"]), overdue=late)


def cases_under(session: Session, business_keys: Collection[str], limit: int = 100) -> list[CaseLine]:
    """The cases under the keys that nobody called, those that run first, then by their start, newest first."""
    found = []
    for some in _portions(business_keys):
        rows = session.execute(
            sa.select(*_CASE, t.instance.c.definition_id)
            .where(t.instance.c.business_key.in_(some), t.instance.c.parent_id.is_(None))
            .order_by(t.instance.c.id.desc())
            .limit(limit)
        ).mappings()
        found += [_case(session, dict(row)) for row in rows]
    found.sort(key=lambda one: one.started_at, reverse=True)
    return sorted(found, key=lambda one: one.ended_at is not None)[:limit]


def _case(session: Session, row: dict[str, Any]) -> CaseLine:
    package = definitions.package(session, row.pop("definition_id"))
    name = package.definition.name or row["key"]
    return CaseLine(**row, name=name, name_en=package.texts.get(row["key"], name))


def _portions(keys: Iterable[str]) -> Iterator[list[str]]:
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), AT_ONCE):
        yield wanted[start : start + AT_ONCE]
