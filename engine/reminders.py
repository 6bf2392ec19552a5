"""Reminders as policy rows. Law: each (task, step, occurrence) is sent at most once; downtime gives one catch-up.

The standard policy (every user task with a due date): half-way, quiet, in the app; one working day before, in the app
and by mail; at due, to the assignee and the lead; two working days after, to the lead as an escalation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars, definitions, identity, incidents, outbox
from engine.errors import both
from engine.execution import Runtime, runtime_of
from engine.ids import new_id
from engine.log import logger
from engine.process.businesstime import BusinessCalendar
from engine.store import tables as t

log = logger("reminders")

STANDARD: Sequence[Mapping[str, Any]] = (
    {"step": "half", "template": "reminder_half", "to": ["assignee"], "channels": ["in_app"]},
    {
        "step": "before",
        "days": -1,
        "template": "reminder_before",
        "to": ["assignee"],
        "channels": ["in_app", "email"],
    },
    {
        "step": "due",
        "days": 0,
        "template": "reminder_due",
        "to": ["assignee", "lead"],
        "channels": ["in_app", "email"],
    },
    {
        "step": "overdue",
        "days": 2,
        "template": "escalation",
        "to": ["assignee", "lead"],
        "channels": ["in_app", "email"],
    },
)
"""`days`: working days from the due date; `half`: half of the time between creation and due date."""


def steps_of(session: Session, policy: str | None) -> Sequence[Mapping[str, Any]]:
    """The steps of a policy by key; the standard one for an unknown key, none for `none`."""
    if policy == "none":
        return ()
    if policy is None:
        return STANDARD
    steps = session.scalar(sa.select(t.reminder_policy.c.steps).where(t.reminder_policy.c.key == policy))
    return steps if steps is not None else STANDARD


def _moment(step: Mapping[str, Any], created: datetime, due: datetime, calendar: BusinessCalendar) -> datetime:
    if step["step"] == "half":
        return created + (due - created) / 2
    days = int(step["days"])
    return calendar.shift(due, days) if days else due


def plan(session: Session, task_id: int, created: datetime, due: datetime | None, policy: str | None) -> None:
    """Write the reminders of a task; those whose moment lies before its creation are left out."""
    if due is None:
        return
    calendar = calendars.calendar(session)
    rows = [
        {
            "id": new_id(),
            "task_id": task_id,
            "step": step["step"],
            "occurrence": 1,
            "due_at": at,
            "state": "planned",
        }
        for step in steps_of(session, policy)
        if (at := _moment(step, created, due, calendar)) > created
    ]
    if rows:
        session.execute(sa.insert(t.reminder), rows)


def move(session: Session, task_id: int, due: datetime | None, policy: str | None) -> None:
    """The due date moved: what is still planned is planned anew; what was sent for the old date may come again."""
    session.execute(sa.delete(t.reminder).where(t.reminder.c.task_id == task_id, t.reminder.c.state == "planned"))
    if due is None:
        return
    sent = dict(
        session.execute(
            sa.select(t.reminder.c.step, sa.func.max(t.reminder.c.occurrence))
            .where(t.reminder.c.task_id == task_id)
            .group_by(t.reminder.c.step)
        ).all()
    )
    now, calendar = runtime_of(session).now(), calendars.calendar(session)
    rows = [
        {
            "id": new_id(),
            "task_id": task_id,
            "step": step["step"],
            "occurrence": sent.get(step["step"], 0) + 1,
            "due_at": at,
            "state": "planned",
        }
        for step in steps_of(session, policy)
        if (at := _moment(step, now, due, calendar)) > now
    ]
    if rows:
        session.execute(sa.insert(t.reminder), rows)


def drop(session: Session, task_ids: Sequence[int]) -> None:
    """The tasks are closed: nothing more is sent for them."""
    session.execute(_DROP, {"tasks": list(task_ids)})


_DROP = (
    sa.update(t.reminder)
    .where(t.reminder.c.task_id.in_(sa.bindparam("tasks", expanding=True)), t.reminder.c.state == "planned")
    .values(state="dropped")
)


def sweep(runtime: Runtime, limit: int = 200) -> int:
    """Send what is due; of several due steps of one task only the last. Returns how many tasks were looked at."""
    return runtime.unit(lambda session: _sweep(session, limit))


def _sweep(session: Session, limit: int) -> int:
    now = runtime_of(session).now()
    due = sa.and_(t.reminder.c.state == "planned", t.reminder.c.due_at <= now)
    tasks = sa.select(t.reminder.c.task_id).where(due).group_by(t.reminder.c.task_id)
    first = tasks.order_by(sa.func.min(t.reminder.c.due_at)).limit(limit)
    # The task's row is held: somebody who completes it at this moment comes before or after, never in between.
    held = session.scalars(
        sa.select(t.user_task.c.id).where(t.user_task.c.id.in_(first)).with_for_update(skip_locked=True)
    ).all()
    rows = session.execute(
        sa.select(t.reminder.c.id, t.reminder.c.task_id, t.reminder.c.step, t.reminder.c.occurrence)
        .where(due, t.reminder.c.task_id.in_(held))
        .order_by(t.reminder.c.due_at, t.reminder.c.id)
    ).all()
    last = {row.task_id: row for row in rows}
    sent = [row.id for row in last.values() if _send_guarded(session, row)]
    dropped = [row.id for row in rows if row.id not in sent]
    for ids, values in ((sent, {"state": "sent", "sent_at": now}), (dropped, {"state": "dropped"})):
        if ids:
            session.execute(sa.update(t.reminder).where(t.reminder.c.id.in_(ids)).values(values))
    return len(last)


def _send_guarded(session: Session, row: Any) -> bool:
    """A reminder that cannot be written (its policy is at fault) is an incident, and the others are sent."""
    try:
        with session.begin_nested():
            return _send(session, row.task_id, row.step, row.occurrence)
    except (KeyError, TypeError, ValueError) as error:
        why, why_zh = both(error)
        texts = (
            f"the reminder “{row.step}” of task {row.task_id} cannot be sent: {why}",
            f"任务 {row.task_id} 的提醒“{row.step}”无法发送：{why_zh}",
        )
        incidents.raise_incident(session, "reminder", row.step, "REMINDER_FAILED", texts)
        return False


def _send(session: Session, task_id: int, step_name: str, occurrence: int) -> bool:
    row = session.execute(sa.select(t.user_task).where(t.user_task.c.id == task_id)).mappings().first()
    if row is None or row["state"] != "open":
        return False
    task = dict(row)
    properties = task["properties"] or {}
    steps = steps_of(session, properties.get("reminderPolicy"))
    step = next((step for step in steps if step["step"] == step_name), None)
    if step is None:
        return False
    for person in _recipients(session, task, step["to"]):
        announce(session, task, person, step["template"], step["channels"], f"{step_name}:{occurrence}")
    log.info("reminder_sent", task=task_id, step=step_name, occurrence=occurrence)
    return True


def _recipients(session: Session, task: Mapping[str, Any], to: Sequence[str]) -> list[str]:
    """Assignee and lead as asked; a task that nobody holds reminds its team's members."""
    found: list[str] = []
    if "assignee" in to:
        found += [task["assignee"]] if task["assignee"] else list(identity.members(session, task["team"] or ""))
    if "lead" in to:
        lead = identity.lead_of(session, task["team"])
        found += [lead] if lead else []
    return list(dict.fromkeys(found))


def announce(
    session: Session,
    task: Mapping[str, Any],
    person_id: str,
    template: str,
    channels: Sequence[str],
    occasion: str,
) -> None:
    """Put one message about a task to one person into the outbox, once per occasion and channel.

    Its data carry the names in Chinese, and beside them in English as `<name>_en`.
    """
    person = session.execute(
        sa.select(t.person.c.email, t.person.c.language, t.person.c.name, t.person.c.name_en).where(
            t.person.c.id == person_id, t.person.c.active.is_(True)
        )
    ).first()
    if person is None:
        return
    settings = runtime_of(session).settings
    package = definitions.package(session, task["definition_id"])
    assignee, assignee_en = _called(session, task["assignee"])
    data = {
        "task": task["name"],
        "task_en": _english(package, task["element"]),
        "process": package.definition.name or package.key,
        "process_en": _english(package, package.key),
        "business_key": task["business_key"],
        "facts": dict(task["facts"] or {}),
        "due": task["due_at"],
        "person": person.name,
        "person_en": person.name_en,
        "assignee": assignee,
        "assignee_en": assignee_en,
        "link": f"{settings.base_url.rstrip('/')}/tasks/{task['id']}",
        "path": f"/tasks/{task['id']}",
    }
    for channel in channels:
        recipient = person_id if channel == "in_app" else person.email
        if recipient:
            outbox.add(
                session,
                channel,
                recipient,
                template,
                data,
                dedupe_key=f"task:{task['id']}:{occasion}:{channel}:{person_id}",
                language=person.language,
                instance_id=task["instance_id"],
            )


def _english(package: definitions.Package, key: str) -> str:
    text = package.texts.get(key)
    return text if isinstance(text, str) else ""


def _called(session: Session, person_id: str | None) -> tuple[str | None, str | None]:
    """What a person is called in Chinese and in English; the sign-in name of one who is gone."""
    row = session.execute(sa.select(t.person.c.name, t.person.c.name_en).where(t.person.c.id == person_id)).first()
    return (row.name, row.name_en) if row is not None else (person_id, None)
