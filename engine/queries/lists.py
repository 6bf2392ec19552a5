"""The lists of the inbox. Order: overdue first because earliest due first; what has no due date comes last.

Law: a page costs what a page holds, however many tasks are open. So what has a date and what has none are read one
after the other, each by an index, and no list is counted further than a reader can use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions
from engine.definitions import Package
from engine.execution import runtime_of
from engine.identity import Actor
from engine.queries.inbox import TaskRow, task_row, with_names
from engine.queries.seen import stands_in_shown
from engine.store import tables as t
from engine.store.inboxes import inbox_filter as kept

View = Literal["mine", "teams", "all", "overdue", "done"]
Sort = Literal["due", "priority", "created"]
Due = Literal["", "late", "today", "week", "none"]

MOST = 1_000
"""A view is counted so far: beyond, a page says "more"."""
LONGEST = 10_000
"""The list that is looked at is counted so far."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a list is to show.

    view: whose tasks. search: every word stands in name, key or facts, or in the process's name, in either language,
    or is the number of the task or its case. process, team: their keys. person: who has the task. due: overdue, due
    until the end of the day or of the week (overdue ones too), or without a date, by the business zone. urgent: of
    priority 75 and more.
    """

    view: View = "mine"
    search: str = ""
    process: str | None = None
    team: str | None = None
    person: str | None = None
    due: Due = ""
    urgent: bool = False
    sort: Sort = "due"


URGENT = 75
"""From this priority on a task is called urgent."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open tasks stand in each view of a person, MOST at most."""

    mine: int
    teams: int
    overdue: int


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page of a view. `total` counts the whole view under the filters, LONGEST at most; `mark` is `mark`'s."""

    tasks: tuple[TaskRow, ...]
    total: int
    page: int
    size: int
    counts: Counts
    mark: str


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


def sees_everything(actor: Actor) -> bool:
    """Whether the house's tasks are all of the actor's business."""
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
            return sa.and_(is_open, t.user_task.c.due_at < now) if sees_everything(actor) else _seen(actor, now)
        case "done":
            return sa.and_(t.user_task.c.state == "completed", t.user_task.c.completed_by == actor.id)
        case "all":
            return is_open if sees_everything(actor) else _seen(actor)


def _asked(session: Session, actor: Actor, ask: Ask) -> sa.ColumnElement[bool]:
    """What is in the list that is asked for."""
    runtime, task = runtime_of(session), t.user_task.c
    now = runtime.now()
    found = [_condition(actor, ask.view, now)]
    packages = _newest(session) if ask.search else []
    words = ask.search.lower().split()
    found += [sa.or_(_said(actor, word), *_called(packages, word), *_numbered(word)) for word in words]
    same = {task.process_key: ask.process, task.team: ask.team, task.assignee: ask.person}
    found += [column == value for column, value in same.items() if value]
    if ask.urgent:
        found.append(task.priority >= URGENT)
    if ask.due == "none":
        found.append(task.due_at.is_(None))
    elif ask.due == "late":
        found.append(task.due_at < now)
    elif ask.due:
        today = now.astimezone(runtime.zone).date()
        after = today + timedelta(days=1 if ask.due == "today" else 7 - today.weekday())
        found.append(task.due_at < datetime.combine(after, time(), runtime.zone))
    return sa.and_(*found)


def _said(actor: Actor, word: str) -> sa.ColumnElement[bool]:
    """The word stands in the task's name, its key or its facts, those left aside that the actor is not shown."""
    task = t.user_task.c
    somewhere = task.search.contains(word, autoescape=True)
    if not actor.unseen:
        return somewhere
    named = [sa.func.lower(column).contains(word, autoescape=True) for column in (task.name, task.business_key)]
    return sa.and_(somewhere, sa.or_(*named, stands_in_shown(task.facts, word, actor.unseen, whatever_case=True)))


def _called(packages: Iterable[Package], word: str) -> Iterator[sa.ColumnElement[bool]]:
    """The tasks whose process is called so, and those that are in English: their rows hold the Chinese name alone."""
    task = t.user_task.c
    for one in packages:
        name, english = one.definition.name or one.key, {id: str(text).lower() for id, text in one.texts.items()}
        if word in name.lower() or word in english.get(one.key, ""):
            yield task.process_key == one.key
        elif elements := [id for id in one.definition.nodes if word in english.get(id, "")]:
            yield sa.and_(task.process_key == one.key, task.element.in_(elements))


def _numbered(word: str) -> Iterator[sa.ColumnElement[bool]]:
    """The task of this number, and those of the case of this number: what stands in addresses and letters."""
    if word.isascii() and word.isdecimal() and len(word) <= 19 and (number := int(word)) < 2**63:
        yield from (t.user_task.c.id == number, t.user_task.c.instance_id == number)


def _newest(session: Session) -> list[Package]:
    """Every process in its newest version."""
    newest = sa.select(sa.func.max(t.definition.c.id)).group_by(t.definition.c.key)
    return [definitions.package(session, id) for id in session.scalars(newest)]


def _count(session: Session, where: sa.ColumnElement[bool], most: int) -> int:
    some = sa.select(t.user_task.c.id).where(where).limit(most).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def counts(session: Session, actor: Actor) -> Counts:
    """Open tasks in the person's views; cheap enough to be polled."""
    now = runtime_of(session).now()
    views: tuple[View, ...] = ("mine", "teams", "overdue")
    return Counts(*(_count(session, _condition(actor, view, now), MOST) for view in views))


def count(session: Session, actor: Actor, ask: Ask) -> int:
    """How many tasks are in the list that is asked for, MOST at most."""
    return _count(session, _asked(session, actor, ask), MOST)


def inbox(
    session: Session,
    actor: Actor,
    view: View | Ask,
    *,
    search: str = "",
    process: str | None = None,
    sort: Sort = "due",
    page: int = 1,
    size: int = 50,
) -> InboxPage:
    """A page of the person's tasks: of a view, or of all that an `Ask` says."""
    ask = view if isinstance(view, Ask) else Ask(view, search, process, sort=sort)
    now = runtime_of(session).now()
    where = _asked(session, actor, ask)
    rows = _ordered(session, with_names(), where, ask, size, (page - 1) * size)
    tasks = tuple(task_row(session, dict(row), now) for row in rows)
    total = _count(session, where, LONGEST) if page > 1 or len(tasks) == size else len(tasks)
    found = counts(session, actor)
    return InboxPage(tasks, total, page, size, found, _mark(rows, found, now))


def _ordered(
    session: Session, rows: sa.Select[Any], where: sa.ColumnElement[bool], ask: Ask, limit: int, offset: int
) -> list[sa.RowMapping]:
    """Some of a list, in its order."""
    task = t.user_task.c
    rows = rows.where(where)
    if ask.view == "done":
        rows = rows.order_by(task.completed_at.desc(), task.id)
    elif ask.sort == "created":
        rows = rows.order_by(task.id.desc())  # identifiers grow with time, and no list needs to be sorted for them
    elif ask.sort == "priority":
        rows = rows.order_by(task.priority.desc(), task.due_at.is_(None), task.due_at, task.id)
    else:
        return _by_date(session, rows, where, limit, offset)
    return list(session.execute(rows.limit(limit).offset(offset)).mappings())


def _by_date(
    session: Session, rows: sa.Select[Any], where: sa.ColumnElement[bool], limit: int, offset: int
) -> list[sa.RowMapping]:
    """What is due by date, then what has no date: `NULLS LAST` in one order would sort all that is open."""
    task = t.user_task.c
    dated = rows.where(task.due_at.is_not(None)).order_by(task.due_at, task.priority.desc(), task.id)
    found = list(session.execute(dated.limit(limit).offset(offset)).mappings())
    if len(found) == limit:
        return found
    before = offset + len(found)
    if offset and not found:
        before = _count(session, sa.and_(where, task.due_at.is_not(None)), offset)
    free = rows.where(task.due_at.is_(None)).order_by(task.priority.desc(), task.id)
    found += session.execute(free.limit(limit - len(found)).offset(max(0, offset - before))).mappings()
    return found


def mark(session: Session, actor: Actor, ask: Ask, *, page: int = 1, size: int = 50) -> str:
    """Changes when something on a page of a list does, or a count of the person's views: asked for every few seconds.

    Of the rows it reads what a reader would see change: who has them, until when, how urgent they are.
    """
    task = t.user_task.c
    columns = sa.select(task.id, task.assignee, task.due_at, task.priority, task.waiting_since)
    rows = _ordered(session, columns, _asked(session, actor, ask), ask, size, (page - 1) * size)
    return _mark(rows, counts(session, actor), runtime_of(session).now())


def _mark(rows: Sequence[sa.RowMapping], found: Counts, now: datetime) -> str:
    names = ("id", "assignee", "due_at", "priority", "waiting_since")
    seen = [([row[name] for name in names], row["due_at"] is not None and row["due_at"] < now) for row in rows]
    return format(crc32(repr((found.mine, found.teams, found.overdue, seen)).encode()), "08x")


def ids(session: Session, actor: Actor, ask: Ask, most: int = MOST) -> list[int]:
    """The tasks of a whole list in its order, `most` of them: what "all of them" means to whoever looks at it."""
    rows = _ordered(session, sa.select(t.user_task.c.id), _asked(session, actor, ask), ask, most, 0)
    return [row["id"] for row in rows]


def due_between(
    session: Session, actor: Actor, ask: Ask, since: datetime, until: datetime, most: int = MOST
) -> tuple[TaskRow, ...]:
    """Tasks of a list that are due from `since` to before `until`, by date; `most` of them."""
    task, now = t.user_task.c, runtime_of(session).now()
    ask = replace(ask, due="", sort="due")
    where = sa.and_(_asked(session, actor, ask), task.due_at >= since, task.due_at < until)
    rows = session.execute(with_names().where(where).order_by(task.due_at, task.id).limit(most)).mappings()
    return tuple(task_row(session, dict(row), now) for row in rows.all())


@dataclass(frozen=True, slots=True)
class ProcessName:
    """What a process is called."""

    key: str
    name: str
    name_en: str


def process_names(session: Session) -> tuple[ProcessName, ...]:
    """Every process by its newest version; no case is counted for it."""
    found = [(one.key, one.definition.name or one.key, one.texts) for one in _newest(session)]
    return tuple(ProcessName(key, name, str(texts.get(key) or name)) for key, name, texts in found)


# ── filters that people keep ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FilterRow:
    """A saved filter. `mine`: the person's own; `team`: the team that it is shared with."""

    id: int
    name: str
    ask: Ask
    mine: bool
    by: str
    team: str | None


def filters(session: Session, actor: Actor) -> tuple[FilterRow, ...]:
    """The person's own filters, then those that others share with their teams, each by name."""
    shared = kept.c.team.in_(actor.teams) if actor.teams else sa.false()
    rows: Sequence[Any] = session.execute(
        sa.select(kept).where(sa.or_(kept.c.person_id == actor.id, shared)).order_by(kept.c.name, kept.c.id)
    ).all()
    found = [
        FilterRow(row.id, row.name, Ask(**row.query), row.person_id == actor.id, row.person_id, row.team)
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: not one.mine))
