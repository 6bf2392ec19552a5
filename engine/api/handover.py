"""Somebody leaves, or is away for long: all their tasks at once. Law: what cannot be moved is listed, never forced.

Every task goes to somebody who is chosen as when it opened (without the person), or to one person who is named. Four
eyes, the actor's rights and suspended cases hold task by task; the others move all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import assignment, audit, definitions, identity, notices, routing, usertasks
from engine.api.critical import keep_an_administrator
from engine.api.tasks import Task, four_eyes, locked, require
from engine.assignment import Choice
from engine.errors import CallerError, Forbidden
from engine.execution import runtime_of
from engine.identity import Actor
from engine.instances import Live
from engine.process.waits import UserWait
from engine.store import tables as t
from engine.store import upsert


@dataclass(frozen=True, slots=True)
class Moved:
    """A task that changes hands: to a person, or (None) into the queue of a team, and why."""

    task: int
    name: str
    name_en: str
    business_key: str | None
    to: str | None
    team: str
    why_en: str
    why_zh: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A task that stays where it is, and what stands against moving it."""

    task: int
    name: str
    name_en: str
    business_key: str | None
    reason_en: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """What was moved and what was not. `leads`: teams that need another lead."""

    person: str
    moved: tuple[Moved, ...]
    refused: tuple[Refused, ...]
    leads: tuple[str, ...]


def preview_hand_over(
    session: Session,
    actor: Actor,
    person: str,
    *,
    to: str | None = None,
    tasks: Collection[int] | None = None,
    reason: str = "",
    leaves: bool = False,
) -> HandOver:
    """What `hand_over` would do now; nothing is changed."""
    with session.begin_nested() as trial:
        found = hand_over(session, actor, person, to=to, tasks=tasks, reason=reason, leaves=leaves)
        trial.rollback()
    return found


def hand_over(
    session: Session,
    actor: Actor,
    person: str,
    *,
    to: str | None = None,
    tasks: Collection[int] | None = None,
    reason: str = "",
    leaves: bool = False,
) -> HandOver:
    """Move a person's open tasks (or those of `tasks`) to somebody else: chosen anew each, or all to one person.

    `leaves`: the person no longer works here (an administrator's word): they cannot sign in and get nothing more.
    NotFound when `to` is nobody active. What is refused is in the answer, with the reason in two languages.
    """
    if leaves:
        _deactivate(session, actor, person)
    receiver = identity.actor(session, to).id if to is not None else None
    mine = sa.select(t.user_task.c.id).where(t.user_task.c.assignee == person, t.user_task.c.state == "open")
    if tasks is not None:
        mine = mine.where(t.user_task.c.id.in_(tasks))
    moved: list[Moved] = []
    refused: list[Refused] = []
    for task_id in session.scalars(mine.order_by(t.user_task.c.instance_id, t.user_task.c.id)).all():
        try:
            moved.append(_move(session, actor, task_id, person, receiver, reason))
        except CallerError as error:
            refused.append(kept(session, task_id, error))
    leads = tuple(session.scalars(sa.select(t.team.c.id).where(t.team.c.lead == person).order_by(t.team.c.id)))
    done = HandOver(person, tuple(moved), tuple(refused), leads)
    data = {"to": to, "moved": len(moved), "refused": [one.task for one in refused], "reason": reason, "leaves": leaves}
    audit.append(session, f"person:{person}", actor.id, "handed_over", data)
    return done


def _deactivate(session: Session, actor: Actor, person: str) -> None:
    if not actor.is_admin:
        raise Forbidden(reason="only an administrator lets somebody leave", reason_zh="仅管理员可办理离职")
    keep_an_administrator(session, person)
    session.execute(sa.update(t.person).where(t.person.c.id == person).values(active=False))


def _move(session: Session, actor: Actor, task_id: int, person: str, to: str | None, reason: str) -> Moved:
    task, live = locked(session, task_id)
    require(session, actor, task, "reassign")
    if to is not None:
        four_eyes(session, to, task, live)
        team, choice = task["team"], Choice(to, None, {"rule": "handed_over", **_words(session, actor, reason)})
    else:
        team, choice = _again(session, live, task, person)
        words = _words(session, actor, reason)
        why = {"en": f"{words['en']} {choice.why['en']}", "zh": f"{words['zh']}{choice.why['zh']}"}
        choice = Choice(choice.person, choice.owner, {**choice.why, **why, "from": person})
    _write(session, task, team, choice)
    data = {"from": person, "to": choice.person, "team": team, "reason": reason, "rule": choice.why["rule"]}
    audit.append(session, f"task:{task_id}", actor.id, "handed_over", data)
    return Moved(
        *called(session, task),
        task["business_key"],
        choice.person,
        team,
        str(choice.why["en"]),
        str(choice.why["zh"]),
    )


def kept(session: Session, task_id: int, error: CallerError) -> Refused:
    """A task that stays, and why."""
    task = session.execute(sa.select(t.user_task).where(t.user_task.c.id == task_id)).mappings().one()
    en, zh = (_told(session, error, tongue) for tongue in ("en", "zh"))
    return Refused(*called(session, dict(task)), task["business_key"], en, zh)


def _told(session: Session, error: CallerError, tongue: str) -> str:
    """What stands against it, with people by name."""
    people = {name: who for name, who in error.fields.items() if name in ("person", "by") and isinstance(who, str)}
    named = {name: assignment.called(session, who)[tongue == "zh"] for name, who in people.items()}
    return error.text(tongue, **named)


def called(session: Session, task: Mapping[str, Any]) -> tuple[int, str, str]:
    """A task's id, name and English name."""
    texts = definitions.package(session, task["definition_id"]).texts
    return task["id"], task["name"], texts.get(task["element"], task["name"])


def _words(session: Session, actor: Actor, reason: str) -> dict[str, str]:
    en, zh = assignment.called(session, actor.id)
    because, because_zh = (f" ({reason})", f"（{reason}）") if reason else ("", "")
    return {"en": f"{en} handed it over{because}.", "zh": f"由{zh}移交{because_zh}。"}


def _again(session: Session, live: Live, task: Task, person: str) -> tuple[str, Choice]:
    """Chosen as when the task opened, without the person."""
    held = live.state.waits[task["wait"]]
    assert isinstance(held.wait, UserWait)
    excluded = usertasks.excluded_people(session, live.id, task["properties"] or {}, live.state.variables())
    routed = routing.route(session, live, held.wait, excluded | {person})
    return routed.team, routed.choice


def _write(session: Session, task: Task, team: str, choice: Choice) -> None:
    claimed = runtime_of(session).now() if choice.person else None
    values = {"assignee": choice.person, "owner": choice.owner, "claimed_at": claimed, "team": team, "why": choice.why}
    session.execute(sa.update(t.user_task).where(t.user_task.c.id == task["id"]).values(values))
    insert = upsert(session, t.candidate).values(task_id=task["id"], kind="team", name=team)
    session.execute(insert.on_conflict_do_nothing())
    now = {**task, "assignee": choice.person, "team": team}
    if choice.person:
        occasion = f"handed_over:{runtime_of(session).now().isoformat()}"
        notices.announce(session, now, choice.person, "task_assigned", ("in_app",), occasion)
    elif choice.why["rule"] in assignment.NOBODY:
        usertasks.tell_lead(session, now)
