"""Tasks as lists show them, and the task page. What stands in which list: `engine.queries.lists`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.definitions import Package
from engine.errors import Forbidden, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.process import codec
from engine.rights import may, may_read
from engine.store import tables as t


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task in a list, with business facts. `owner`: for whom a substitute acts; `paused`: its clock stands."""

    id: int
    name: str
    name_en: str
    process_key: str
    process_name: str
    process_name_en: str
    business_key: str | None
    facts: Mapping[str, Any]
    assignee: str | None
    assignee_name: str | None
    team: str | None
    team_name: str | None
    priority: int
    created_at: datetime
    due_at: datetime | None
    overdue: bool
    state: str
    completed_by: str | None
    completed_by_name: str | None
    completed_at: datetime | None
    element: str
    instance_id: int
    has_draft: bool
    owner: str | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """Everything the task page shows of the task itself."""

    row: TaskRow
    form_key: str | None
    form_schema: Mapping[str, Any] | None
    form_data: Mapping[str, Any]
    draft: Mapping[str, Any] | None
    draft_saved: tuple[datetime, str] | None
    why: Mapping[str, Any]
    documentation: str
    documentation_en: str
    candidates: tuple[tuple[str, str], ...]
    can: frozenset[str]
    entered: Mapping[str, Any] | None
    translations: Mapping[str, str]
    properties: Mapping[str, str]
    owner: str | None
    """For whom a substitute acts."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Of `form_data`, what is the task's alone."""


_doer = t.person.alias("doer")


def with_names() -> sa.Select[Any]:
    """Rows of tasks with what their people and teams are called; `task_row` reads them."""
    return (
        sa.select(
            t.user_task,
            t.person.c.name.label("assignee_name"),
            _doer.c.name.label("doer_name"),
            t.team.c.name.label("team_name"),
            t.task_draft.c.task_id.label("draft_of"),
        )
        .outerjoin(t.person, t.person.c.id == t.user_task.c.assignee)
        .outerjoin(_doer, _doer.c.id == t.user_task.c.completed_by)
        .outerjoin(t.team, t.team.c.id == t.user_task.c.team)
        .outerjoin(t.task_draft, t.task_draft.c.task_id == t.user_task.c.id)
    )


def task_row(session: Session, row: Mapping[str, Any], now: datetime) -> TaskRow:
    """A row of `with_names` as lists show it."""
    package = definitions.package(session, row["definition_id"])
    return TaskRow(
        id=row["id"],
        name=row["name"],
        name_en=package.texts.get(row["element"], row["name"]),
        process_key=row["process_key"],
        process_name=package.definition.name or package.key,
        process_name_en=package.texts.get(package.key, package.definition.name or package.key),
        business_key=row["business_key"],
        facts=row["facts"] or {},
        assignee=row["assignee"],
        assignee_name=row["assignee_name"] or row["assignee"],
        team=row["team"],
        team_name=row["team_name"] or row["team"],
        priority=row["priority"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        overdue=row["state"] == "open" and row["due_at"] is not None and row["due_at"] < now,
        state=row["state"],
        completed_by=row["completed_by"],
        completed_by_name=row["doer_name"] or row["completed_by"],
        completed_at=row["completed_at"],
        element=row["element"],
        instance_id=row["instance_id"],
        has_draft=row["draft_of"] is not None,
        owner=row["owner"],
        paused=row["state"] == "open" and row["waiting_since"] is not None,
    )


def seen_by(session: Session, actor: Actor, task_ids: Collection[int]) -> frozenset[int]:
    """Those of the tasks whose page opens for somebody."""
    rows = session.execute(sa.select(t.user_task).where(t.user_task.c.id.in_(task_ids))).mappings() if task_ids else ()
    return frozenset(row["id"] for row in (dict(one) for one in rows) if "see" in may(session, actor, row))


def task(session: Session, actor: Actor, task_id: int) -> TaskDetail:
    """The task page's values. NotFound, or Forbidden when the person has nothing to do with it."""
    found = session.execute(with_names().where(t.user_task.c.id == task_id)).mappings().first()
    if found is None:
        raise NotFound(what="task", id=task_id)
    row: dict[str, Any] = dict(found)
    can = may(session, actor, row)
    if "see" not in can:
        raise Forbidden(reason=f"“{row['name']}” is not for you", reason_zh=f"“{row['name']}”不在您的职责范围内")
    package = definitions.package(session, row["definition_id"])
    node = package.definition.nodes.get(row["element"])
    draft = session.execute(sa.select(t.task_draft).where(t.task_draft.c.task_id == task_id)).first()
    if draft is not None and not may_read(actor, row, draft.saved_by):
        draft = None
    named = session.execute(sa.select(t.candidate.c.kind, t.candidate.c.name).where(t.candidate.c.task_id == task_id))
    candidates = dict.fromkeys([("team", row["team"]), *((kind, name) for kind, name in named)])
    schema = definitions.form_schema(session, package, row["element"], row["form_key"])
    return TaskDetail(
        row=task_row(session, row, runtime_of(session).now()),
        form_key=row["form_key"],
        form_schema=schema,
        form_data=_visible(session, row, package),
        draft=draft.data if draft else None,
        draft_saved=(draft.saved_at, draft.saved_by) if draft else None,
        why=row["why"] or {},
        documentation=node.documentation if node else "",
        documentation_en=package.texts.get(f"{row['element']}.documentation", ""),
        candidates=tuple(candidates),
        can=can,
        entered=row["entered"] if may_read(actor, row, row["completed_by"]) else None,
        translations=package.texts,
        properties=row["properties"] or {},
        owner=row["owner"],
        own=row["locals"] or {},
    )


def _visible(session: Session, row: Mapping[str, Any], package: Package) -> dict[str, Any]:
    """What the form may be filled with: the instance's variables, over them the task's own."""
    body = session.scalar(sa.select(t.instance.c.body).where(t.instance.c.id == row["instance_id"]))
    variables = codec.decode(bytes(body)).variables() if body is not None else {}
    return {**variables, **(row["locals"] or {})}
