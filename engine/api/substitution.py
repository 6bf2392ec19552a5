"""Before somebody goes away: what cannot wait goes to their substitute. Law: both names stay on the task.

The substitute has it, the absent person stays its owner; four eyes hold task by task, and what stays is listed.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import assignment, audit, notices
from engine.api.handover import HandOver, Moved, Refused, called, kept
from engine.api.tasks import Task, four_eyes, locked
from engine.errors import CallerError, Forbidden, InvalidInput, NotFound
from engine.identity import Actor
from engine.store import tables as t


def hand_to_substitute(session: Session, actor: Actor, absence_id: int) -> HandOver:
    """The actor's open tasks that are due before they are back, or have no date, go to the absence's substitute, or to
    whoever stands in for the substitute who is away too.

    NotFound, Forbidden for somebody else's absence, InvalidInput without a substitute, or when nobody of them is there.
    What is refused is in the answer, with the reason in two languages.
    """
    row = session.execute(sa.select(t.absence).where(t.absence.c.id == absence_id)).first()
    if row is None:
        raise NotFound(what="absence", id=absence_id)
    if row.person_id != actor.id:
        raise Forbidden(reason="hand over your own tasks only", reason_zh="只能移交本人的任务")
    if row.substitute is None:
        raise InvalidInput(place="substitute", reason="name a substitute first", reason_zh="请先指定代理人")
    stands_in = assignment.named(session, row.substitute, {actor.id})
    if stands_in is None or stands_in.person is None:
        en, zh = assignment.called(session, row.substitute)
        reason, reason_zh = f"{en} is away too: name somebody else", f"{zh}也不在岗，请指定其他代理人"
        raise InvalidInput(place="substitute", reason=reason, reason_zh=reason_zh)
    receiver = stands_in.person
    mine = t.user_task.c.assignee == actor.id, t.user_task.c.state == "open"
    soon = sa.or_(t.user_task.c.due_at.is_(None), t.user_task.c.due_at < row.ends)
    found = session.scalars(sa.select(t.user_task.c.id).where(*mine, soon).order_by(t.user_task.c.id)).all()
    moved: list[Moved] = []
    refused: list[Refused] = []
    for task_id in found:
        try:
            moved.append(_lend(session, actor, task_id, receiver, absence_id))
        except CallerError as error:
            refused.append(kept(session, task_id, error))
    data = {"to": receiver, "moved": len(moved), "refused": [one.task for one in refused], "absence": absence_id}
    audit.append(session, f"person:{actor.id}", actor.id, "handed_to_substitute", data)
    return HandOver(actor.id, tuple(moved), tuple(refused), ())


def _lend(session: Session, actor: Actor, task_id: int, to: str, absence_id: int) -> Moved:
    task, live = locked(session, task_id)
    _may_be_lent(actor, task)
    four_eyes(session, to, task, live)
    (away_en, away_zh), (en, zh) = assignment.called(session, actor.id), assignment.called(session, to)
    why_en, why_zh = f"{en} stands in for {away_en}, who is away.", f"{away_zh}不在岗，由代理人{zh}办理。"
    session.execute(
        sa.update(t.user_task)
        .where(t.user_task.c.id == task_id)
        .values(assignee=to, owner=actor.id, why={"rule": "substitute", "en": why_en, "zh": why_zh})
    )
    occasion = f"substitute:{absence_id}"
    notices.announce(session, {**task, "assignee": to}, to, "task_assigned", ("in_app", "email"), occasion)
    data = {"from": actor.id, "to": to, "absence": absence_id}
    audit.append(session, f"task:{task_id}", actor.id, "handed_to_substitute", data)
    return Moved(*called(session, task), task["business_key"], to, task["team"], why_en, why_zh)


def _may_be_lent(actor: Actor, task: Task) -> None:
    if task["assignee"] != actor.id:
        raise Forbidden(reason="it is somebody else's by now", reason_zh="该任务已由他人办理")
    if (task["properties"] or {}).get("private") == "true":
        raise Forbidden(reason="a ballot is cast by its member alone", reason_zh="选票须由本人投出")
