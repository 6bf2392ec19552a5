"""What people do with tasks. Law: the instance is locked first, then the task's row is looked at again.

So two people who finish one task at the same moment are told apart: one wins, the other gets AlreadyHandled with the
winner's name, and nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import advance, assignment, audit, definitions, forms, identity, instances, notices, reminders, usertasks
from engine.errors import (
    AlreadyClaimed,
    AlreadyHandled,
    DraftChanged,
    Forbidden,
    FormInvalid,
    FourEyes,
    InvalidInput,
    NotFound,
)
from engine.execution import runtime_of
from engine.feel import Moment
from engine.identity import Actor
from engine.instances import Live
from engine.process.triggers import DueMoved, JobFailed, TaskCompleted
from engine.rights import may, may_read
from engine.store import Prepared, upsert
from engine.store import tables as t

Task = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Completed:
    """What was completed: `instance_id` is the task's case."""

    instance_id: int


def _row(session: Session, task_id: int) -> Task:
    row = _LOOK.one(session, {"task": task_id})
    if row is None:
        raise NotFound(what="task", id=task_id)
    return row


_THAT = t.user_task.c.id == sa.bindparam("task")
_TASK = (
    t.user_task,
    sa.exists().where(t.candidate.c.task_id == t.user_task.c.id).label("has_candidates"),
    sa.exists().where(t.task_draft.c.task_id == t.user_task.c.id).label("has_draft"),
)
_LOOK = Prepared(sa.select(*_TASK).where(_THAT))
_OF_INSTANCE = [(column.name, f"instance.{column.name}") for column in t.instance.c]
_INSTANCE = [column.label(f"instance.{column.name}") for column in t.instance.c]
_WITH_INSTANCE = sa.select(*_TASK, *_INSTANCE).where(_THAT)
_SEEN = {"user_task": "id", "candidate": "id", "task_draft": "id", "instance": "instance.id"}
_LOAD = Prepared(_WITH_INSTANCE.where(t.instance.c.id == t.user_task.c.instance_id), seen=_SEEN)


def _locking() -> sa.Select[Any]:
    """Task, instance and the root of its tree of calls in one statement, the root first (`instances.load`): who waited
    for them sees the rows as they were left, the task's too. `KEY SHARE` is left to those who only refer to a row."""
    own = t.instance.alias("own")
    root = sa.select(own.c.root_id).where(own.c.id == t.user_task.c.instance_id).scalar_subquery()
    either = sa.or_(t.instance.c.id == t.user_task.c.instance_id, t.instance.c.id == root)
    ordered = _WITH_INSTANCE.where(either).order_by((t.instance.c.id == t.instance.c.root_id).desc())
    return ordered.with_for_update(of=(t.instance, t.user_task), key_share=True)


_LOCK = Prepared(_locking(), seen=_SEEN)


def locked(session: Session, task_id: int) -> tuple[Task, Live]:
    """The open task with its instance locked. AlreadyHandled names who finished it, or that it was taken away."""
    rows = (_LOAD if instances.is_sqlite(session) else _LOCK).all(session, {"task": task_id})
    if not rows:
        raise NotFound(what="task", id=task_id)
    task = rows[-1]  # behind the root, when a called process has the task
    live = instances.from_row(session, {name: task[labelled] for name, labelled in _OF_INSTANCE})
    if task["state"] != "open":
        by = task["completed_by"] or "system"
        raise _handled(session, AlreadyHandled, task, by, task["completed_at"])
    if live.status != "active":
        raise Forbidden(reason="this case is suspended", reason_zh="该流程实例已挂起")
    return task, live


def _handled(session: Session, kind: type[AlreadyHandled], task: Task, by: str, at: datetime | None) -> AlreadyHandled:
    """Who was faster and when, as people say it: by name, in the business zone."""
    name = session.scalar(sa.select(t.person.c.name).where(t.person.c.id == by))
    local = at.astimezone(runtime_of(session).zone) if at is not None else None
    return kind(
        what=task["name"],
        by=by,
        by_name=name or by,
        at=at,
        at_local=f"{local:%H:%M}" if local else "?",
        task=task["id"],
        state="claimed" if kind is AlreadyClaimed else task["state"],
    )


def require(session: Session, actor: Actor, task: Task, right: str) -> None:
    """Forbidden, with whom to ask, when the actor lacks a right to the task."""
    if right in may(session, actor, task):
        return
    if task["assignee"] not in (None, actor.id):
        en, zh = assignment.called(session, task["assignee"])
        raise Forbidden(
            reason=f"“{task['name']}” is with {en}; ask them or their lead to hand it over",
            reason_zh=f"“{task['name']}”由{zh}办理，请对方或其主管转交",
        )
    raise Forbidden(reason=f"“{task['name']}” is not for you", reason_zh=f"“{task['name']}”不在您的职责范围内")


def four_eyes(session: Session, person: str, task: Task, live: Live) -> None:
    """FourEyes or Forbidden when the person did what this task is to check, or is excluded from it."""
    for name, completer in usertasks.completers(session, task["instance_id"], task["properties"] or {}):
        if completer == person:
            raise FourEyes(person=person, other=name)
    if person in usertasks.excluded_people(session, live.id, task["properties"] or {}, live.state.variables()):
        en, zh = assignment.called(session, person)
        raise Forbidden(reason=f"{en} is excluded from this task", reason_zh=f"{zh}不得办理此任务")


def _assign(session: Session, task_id: int, person: str | None, owner: str | None = None) -> None:
    claimed = runtime_of(session).now() if person else None
    session.execute(
        sa.update(t.user_task)
        .where(t.user_task.c.id == task_id)
        .values(assignee=person, owner=owner, claimed_at=claimed)
    )


def claim(session: Session, actor: Actor, task_id: int) -> None:
    """Take a task from the queue. AlreadyHandled when somebody else has it by now."""
    task, live = locked(session, task_id)
    if task["assignee"] == actor.id:
        return
    if task["assignee"] is not None:
        raise _handled(session, AlreadyClaimed, task, task["assignee"], task["claimed_at"])
    require(session, actor, task, "claim")
    four_eyes(session, actor.id, task, live)
    _assign(session, task_id, actor.id)
    audit.append(session, f"task:{task_id}", actor.id, "claimed", {})


def release(session: Session, actor: Actor, task_id: int) -> None:
    """Give a task back to the team's queue; the draft stays."""
    task, _ = locked(session, task_id)
    require(session, actor, task, "release")
    _assign(session, task_id, None)
    audit.append(session, f"task:{task_id}", actor.id, "released", {})


def reassign(session: Session, actor: Actor, task_id: int, person_id: str, reason: str = "") -> None:
    """Hand a task to somebody (a lead's or administrator's right); four eyes hold, the draft stays."""
    task, live = locked(session, task_id)
    require(session, actor, task, "reassign")
    person = identity.actor(session, person_id)
    four_eyes(session, person.id, task, live)
    _assign(session, task_id, person.id)
    en, zh = assignment.called(session, actor.id)
    why = {"rule": "reassigned", "en": f"{en} handed it over. {reason}".strip(), "zh": f"由{zh}转交。{reason}"}
    session.execute(sa.update(t.user_task).where(t.user_task.c.id == task_id).values(why=why))
    notices.announce(
        session,
        {**task, "assignee": person.id},
        person.id,
        "task_assigned",
        ("in_app", "email"),
        f"reassigned:{runtime_of(session).now().isoformat()}",
    )
    audit.append(
        session,
        f"task:{task_id}",
        actor.id,
        "reassigned",
        {"from": task["assignee"], "to": person.id, "reason": reason},
    )


def complete(session: Session, actor: Actor, task_id: int, variables: Mapping[str, object]) -> Completed:
    """Finish a task with what was entered. The form's rules are held here, whatever the page let through.

    FormInvalid names fields; FourEyes and Forbidden say who may; AlreadyHandled who was faster. An unclaimed task of
    the actor's team is claimed on the way.
    """
    task, live = locked(session, task_id)
    require(session, actor, task, "complete")
    four_eyes(session, actor.id, task, live)
    entered = checked_form(session, task, live, variables)
    usertasks.close_completed(session, task, actor.id, entered, task["owner"])
    advance.advance(session, actor.id, live, TaskCompleted(task["wait"], entered, actor.id))
    return Completed(live.id)


def checked_form(session: Session, task: Task, live: Live, values: Mapping[str, object]) -> dict[str, Any]:
    """The values that the task's form lets through, in the engine's kinds; all of them where there is no form."""
    schema = definitions.form_schema(session, live.package, task["element"], task["form_key"])
    if schema is None:
        return dict(values)
    runtime = runtime_of(session)
    before = {**live.state.variables(), **(task["locals"] or {})}
    clean, errors = forms.validate(schema, values, Moment(now=runtime.now(), zone=runtime.zone), before)
    if errors:
        raise FormInvalid(errors)
    return {name: value for name, value in clean.items() if name in values or value is not None}


def next_task(session: Session, actor: Actor, instance_id: int) -> int | None:
    """The person's next task: of the same case first (called processes too), else the one that is due first."""
    here: int | None = session.execute(_NEXT_HERE, {"who": actor.id, "instance": instance_id}).scalar()
    return here if here is not None else session.execute(_NEXT, {"who": actor.id}).scalar()


_MINE = sa.select(t.user_task.c.id).where(t.user_task.c.assignee == sa.bindparam("who"), t.user_task.c.state == "open")
_ROOT = sa.select(t.instance.c.root_id).where(t.instance.c.id == sa.bindparam("instance")).scalar_subquery()
_NEXT_HERE = (
    _MINE.join(t.instance, t.instance.c.id == t.user_task.c.instance_id)
    .where(t.instance.c.root_id == _ROOT)
    .order_by(t.user_task.c.created_at)
    .limit(1)
)
_NEXT = _MINE.order_by(t.user_task.c.due_at.is_(None), t.user_task.c.due_at, t.user_task.c.created_at).limit(1)


def fail_task(session: Session, actor: Actor, task_id: int, code: str, message: str = "") -> None:
    """End a task with a BPMN error that the diagram handles."""
    task, live = locked(session, task_id)
    require(session, actor, task, "complete")
    usertasks.close_completed(session, task, actor.id, {"error": code, "message": message}, task["owner"])
    advance.advance(session, actor.id, live, JobFailed(task["wait"], code, message))


ANY = datetime.min
"""Of a draft that is saved whatever stands there."""


def save_draft(
    session: Session, actor: Actor, task_id: int, data: Mapping[str, object], before: datetime | None = ANY
) -> datetime:
    """Keep what was typed so far, unchecked; it survives reload, hand-over and restart. Returns when.

    before: when the draft was saved that the writer saw, None for none; DraftChanged when another stands there now.
    """
    task = _row(session, task_id)
    if task["state"] != "open":
        raise _handled(session, AlreadyHandled, task, task["completed_by"] or "system", task["completed_at"])
    require(session, actor, task, "complete")
    now = runtime_of(session).now()
    if before is not ANY:
        kept = sa.select(t.task_draft.c.saved_at).where(t.task_draft.c.task_id == task_id).with_for_update()
        if (stands := session.scalar(kept)) != before:
            raise DraftChanged(folder="", at=stands or now)
    values = {"data": dict(data), "saved_at": now, "saved_by": actor.id}
    insert = upsert(session, t.task_draft).values(task_id=task_id, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["task_id"], set_=values))
    return now


def draft(session: Session, actor: Actor, task_id: int) -> dict[str, Any] | None:
    """What was typed so far, by whoever had the task."""
    task = _row(session, task_id)
    require(session, actor, task, "see")
    kept = session.execute(sa.select(t.task_draft).where(t.task_draft.c.task_id == task_id)).first()
    return dict(kept.data) if kept is not None and may_read(actor, task, kept.saved_by) else None


def set_due(session: Session, actor: Actor, task_id: int, due: datetime, reason: str) -> None:
    """Move a task's due date: its reminders and the timers that hang on it move with it."""
    task, live = locked(session, task_id)
    if not may(session, actor, task) & {"reassign"}:
        raise Forbidden(reason="a due date is moved by the lead", reason_zh="期限由主管调整")
    if due.tzinfo is None:
        raise InvalidInput(place="due", reason="a time zone is needed", reason_zh="需要时区")
    session.execute(sa.update(t.user_task).where(t.user_task.c.id == task_id).values(due_at=due))
    if task["waiting_since"] is None:  # what is paused is planned anew when it goes on
        reminders.move(session, task_id, due, task["properties"] or {})
        advance.advance(session, actor.id, live, DueMoved(task["wait"], due))
    data = {"from": task["due_at"], "to": due, "reason": reason}
    audit.append(session, f"task:{task_id}", actor.id, "due_moved", data)


def load_of_team(session: Session, team: str) -> dict[str, int]:
    """Open tasks per member of a team."""
    return assignment.load_of(session, identity.members(session, team))
