"""Where instances stand, as lists show it. Law: however many rows, the same few questions to the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions, states
from engine.definitions import Package
from engine.process.model import Definition
from engine.process.waits import TimerWait, Wait
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One thing that an instance waits for. `what`: topic, message or signal name; `who`: person or team.

    `stands_by`: an event at the boundary of something or the start of an event sub-process: it listens beside the
    work, and the instance does not wait for it.
    """

    element: str
    name: str
    name_en: str
    kind: str
    what: str
    due: datetime | None
    who: str | None
    since: datetime | None
    task_id: int | None = None
    child_id: int | None = None
    stands_by: bool = False


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance in a list."""

    id: int
    key: str
    name: str
    name_en: str
    version: int
    business_key: str | None
    state: str
    facts: Mapping[str, Any]
    started_at: datetime
    started_by: str | None
    ended_at: datetime | None
    waits: tuple[WaitRow, ...]
    incidents: int


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands in other tables about some instances: by (instance, wait), and the number of open incidents."""

    tasks: Mapping[tuple[int, int], Any]
    children: Mapping[tuple[int, int], int]
    moments: Mapping[tuple[int, int | None], datetime]
    broken: Mapping[int, int]


def instance_row(session: Session, row: Mapping[str, Any]) -> InstanceRow:
    """A row of the instance table as lists show it."""
    return instance_rows(session, [row])[0]


def instance_rows(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[InstanceRow]:
    """Rows of the instance table as lists show them."""
    around = _around(session, [row["id"] for row in rows], [row["id"] for row in rows if row["state"] == "active"])
    return [_row(session, row, around) for row in rows]


def _around(session: Session, ids: Sequence[int], active: Sequence[int]) -> _Around:
    u, c, m, n = t.user_task.c, t.call.c, t.timer.c, t.incident.c
    broken = sa.select(n.instance_id, sa.func.count()).where(n.instance_id.in_(ids), n.resolved_at.is_(None))
    tasks = sa.select(u.instance_id, u.wait, u.id, u.due_at, u.assignee, u.team, u.created_at).where(
        u.instance_id.in_(active), u.state == "open"
    )
    children = sa.select(c.instance_id, c.wait, c.child_id).where(c.instance_id.in_(active))
    moments = sa.select(m.instance_id, m.wait, m.due_at).where(m.instance_id.in_(active))
    return _Around(
        tasks={(row.instance_id, row.wait): row for row in session.execute(tasks)} if active else {},
        children={(row.instance_id, row.wait): row.child_id for row in session.execute(children)} if active else {},
        moments={(row.instance_id, row.wait): row.due_at for row in session.execute(moments)} if active else {},
        broken={row[0]: row[1] for row in session.execute(broken.group_by(n.instance_id))} if ids else {},
    )


def _row(session: Session, row: Mapping[str, Any], around: _Around) -> InstanceRow:
    package = definitions.package(session, row["definition_id"])
    return InstanceRow(
        id=row["id"],
        key=row["key"],
        name=package.definition.name or row["key"],
        name_en=package.texts.get(row["key"], package.definition.name or row["key"]),
        version=package.version,
        business_key=row["business_key"],
        state=row["state"],
        facts=row["facts"] or {},
        started_at=row["started_at"],
        started_by=row["started_by"],
        ended_at=row["ended_at"],
        waits=_waits(session, row, package, around) if row["state"] == "active" else (),
        incidents=around.broken.get(row["id"], 0),
    )


def names_of(package: Package) -> dict[str, str]:
    return {id: node.name or id for id, node in package.definition.nodes.items()}


def english(package: Package, element: str, name: str) -> str:
    text = package.texts.get(element)
    return text if isinstance(text, str) else name


_KINDS = {
    "UserWait": "user",
    "JobWait": "job",
    "TimerWait": "timer",
    "MessageWait": "message",
    "SignalWait": "signal",
    "ConditionWait": "condition",
    "CallWait": "call",
    "IncidentWait": "incident",
    "ThrowWait": "throw",
}


def _waits(session: Session, row: Mapping[str, Any], package: Package, around: _Around) -> tuple[WaitRow, ...]:
    names = names_of(package)
    found = []
    for wait in states.whole(session, row["id"], bytes(row["body"])).open_waits():
        place = (row["id"], wait.id)
        task = around.tasks.get(place)
        due = getattr(wait, "due", None)
        if isinstance(wait, TimerWait):  # a person may have moved it
            due = around.moments.get(place, due)
        found.append(
            WaitRow(
                element=wait.element,
                name=names.get(wait.element, wait.element),
                name_en=package.texts.get(wait.element, names.get(wait.element, wait.element)),
                kind=_KINDS[type(wait).__name__],
                what=_what(wait),
                due=task.due_at if task is not None else due,
                who=(task.assignee or task.team) if task is not None else None,
                since=task.created_at if task is not None else None,
                task_id=task.id if task is not None else None,
                child_id=around.children.get(place),
                stands_by=_stands_by(package.definition, wait.element),
            )
        )
    return tuple(found)


def _stands_by(definition: Definition, element: str) -> bool:
    node = definition.nodes.get(element)
    if node is None or node.type == "boundaryEvent":
        return node is not None
    around = definition.nodes.get(node.scope)
    return node.type == "startEvent" and around is not None and around.by_event


def _what(wait: Wait) -> str:
    for field in ("called", "name", "message"):
        value = getattr(wait, field, None)
        if value:
            return str(value)
    return ""
