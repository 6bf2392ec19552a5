"""Tasks handed to somebody for a while. Law: whoever had the task stays its owner, and gets it back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, identity
from engine.api.tasks import four_eyes, locked, require
from engine.errors import InvalidInput
from engine.execution import runtime_of
from engine.identity import Actor
from engine.store import tables as t


def delegate(session: Session, actor: Actor, task_id: int, person_id: str) -> None:
    """Let somebody do a task for whoever has it, who stays its owner (the right to reassign is needed)."""
    task, live = locked(session, task_id)
    require(session, actor, task, "reassign")
    person = identity.actor(session, person_id)
    four_eyes(session, person.id, task, live)
    owner = task["owner"] or task["assignee"] or actor.id
    _hand(session, task_id, person.id, owner)
    audit.append(session, f"task:{task_id}", actor.id, "delegated", {"to": person.id, "owner": owner})


def give_back(session: Session, actor: Actor, task_id: int) -> None:
    """The person to whom a task was delegated is done with it: its owner goes on. InvalidInput when it has none."""
    task, live = locked(session, task_id)
    require(session, actor, task, "release")
    if not task["owner"]:
        raise InvalidInput(place=f"task {task_id}", reason="it was delegated by nobody", reason_zh="该任务未被委托")
    owner = identity.actor(session, task["owner"])
    four_eyes(session, owner.id, task, live)
    _hand(session, task_id, owner.id, None)
    audit.append(session, f"task:{task_id}", actor.id, "given_back", {"to": owner.id})


def _hand(session: Session, task_id: int, person: str, owner: str | None) -> None:
    values = {"assignee": person, "owner": owner, "claimed_at": runtime_of(session).now()}
    session.execute(sa.update(t.user_task).where(t.user_task.c.id == task_id).values(values))
