"""The inbox and the task page. Order: overdue first because earliest due first; what has no due date comes last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

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

View = Literal["mine", "teams", "all", "overdue", "done"]
Sort = Literal["due", "priority", "created"]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task in a list, with business facts."""

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


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open tasks stand in each view of a person."""

    mine: int
    teams: int
    overdue: int


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page of a view. `total` counts the whole view under the filters."""

    tasks: tuple[TaskRow, ...]
    total: int
    page: int
    size: int
    counts: Counts


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


def _mine(actor: Actor) -> sa.ColumnElement[bool]:
    return t.user_task.c.assignee == actor.id


def _in_teams(actor: Actor) -> sa.ColumnElement[bool]:
    queue = t.user_task.alias("queue")
    standing = sa.select(queue.c.id).where(
        queue.c.team.in_(actor.teams), queue.c.state == "open", queue.c.assignee.is_(None)
    )
    named = sa.select(t.candidate.c.task_id).where(
        sa.or_(
            sa.and_(t.candidate.c.kind == "team", t.candidate.c.name.in_(actor.teams)),
            sa.and_(t.candidate.c.kind == "person", t.candidate.c.name == actor.id),
        )
    )
    invited = sa.union_all(standing, named)
    return sa.and_(t.user_task.c.assignee.is_(None), t.user_task.c.id.in_(invited))


def _sees_everything(actor: Actor) -> bool:
    return actor.is_admin or "crm_specialist" in actor.teams


def _seen(actor: Actor, *overdue_at: datetime) -> sa.ColumnElement[bool]:
    """Open tasks that the actor has to do with; with a moment, those of them that are overdue then.

    A list of identifiers, every branch with all of its conditions: each finds its rows by an index of its own. One
    condition with OR would go through all that is overdue in the house.
    """
    task, named = t.user_task.alias("seen"), t.candidate
    rows = sa.select(task.c.id).where(task.c.state == "open", *(task.c.due_at < now for now in overdue_at))
    free = rows.where(task.c.assignee.is_(None))
    asked = free.join_from(named, task, task.c.id == named.c.task_id)
    found = [
        rows.where(task.c.assignee == actor.id),
        asked.where(named.c.kind == "person", named.c.name == actor.id),
    ]
    if actor.teams:  # an empty list would be looked for in every row
        found.append(free.where(task.c.team.in_(actor.teams)))
        found.append(asked.where(named.c.kind == "team", named.c.name.in_(actor.teams)))
    if actor.leads:
        found.append(rows.where(task.c.team.in_(actor.leads)))
    return t.user_task.c.id.in_(sa.union_all(*found))


def _condition(actor: Actor, view: View, now: datetime) -> sa.ColumnElement[bool]:
    is_open = t.user_task.c.state == "open"
    match view:
        case "mine":
            return sa.and_(is_open, _mine(actor))
        case "teams":
            return sa.and_(is_open, _in_teams(actor))
        case "overdue":
            return sa.and_(is_open, t.user_task.c.due_at < now) if _sees_everything(actor) else _seen(actor, now)
        case "done":
            return sa.and_(t.user_task.c.state == "completed", t.user_task.c.completed_by == actor.id)
        case "all":
            return is_open if _sees_everything(actor) else _seen(actor)


def counts(session: Session, actor: Actor) -> Counts:
    """Open tasks in the person's views; cheap enough to be polled."""
    now = runtime_of(session).now()
    views: tuple[View, ...] = ("mine", "teams", "overdue")
    found = [
        session.scalar(sa.select(sa.func.count()).select_from(t.user_task).where(_condition(actor, view, now))) or 0
        for view in views
    ]
    return Counts(*found)


def inbox(
    session: Session,
    actor: Actor,
    view: View,
    *,
    search: str = "",
    process: str | None = None,
    sort: Sort = "due",
    page: int = 1,
    size: int = 50,
) -> InboxPage:
    """A page of the person's tasks. `search` looks for every word in name, key and facts."""
    now = runtime_of(session).now()
    where = _condition(actor, view, now)
    for word in search.lower().split():
        where = sa.and_(where, t.user_task.c.search.contains(word, autoescape=True))
    if process:
        where = sa.and_(where, t.user_task.c.process_key == process)
    total = session.scalar(sa.select(sa.func.count()).select_from(t.user_task).where(where)) or 0
    due = (t.user_task.c.due_at.is_(None), t.user_task.c.due_at, t.user_task.c.priority.desc())
    order: tuple[Any, ...] = {
        "due": due,
        "priority": (t.user_task.c.priority.desc(), *due[:2]),
        "created": (t.user_task.c.created_at.desc(),),
    }[sort]
    if view == "done":
        order = (t.user_task.c.completed_at.desc(),)
    rows = session.execute(
        _select().where(where).order_by(*order, t.user_task.c.id).limit(size).offset((page - 1) * size)
    ).mappings()
    tasks = tuple(_task_row(session, dict(row), now) for row in rows.all())
    return InboxPage(tasks, total, page, size, counts(session, actor))


_doer = t.person.alias("doer")


def _select() -> sa.Select[Any]:
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


def _task_row(session: Session, row: Mapping[str, Any], now: datetime) -> TaskRow:
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
    )


def task(session: Session, actor: Actor, task_id: int) -> TaskDetail:
    """The task page's values. NotFound, or Forbidden when the person has nothing to do with it."""
    found = session.execute(_select().where(t.user_task.c.id == task_id)).mappings().first()
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
        row=_task_row(session, row, runtime_of(session).now()),
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
    )


def _visible(session: Session, row: Mapping[str, Any], package: Package) -> dict[str, Any]:
    """What the form may be filled with: the instance's variables, over them the task's own."""
    body = session.scalar(sa.select(t.instance.c.body).where(t.instance.c.id == row["instance_id"]))
    variables = codec.decode(bytes(body)).variables() if body is not None else {}
    return {**variables, **(row["locals"] or {})}
