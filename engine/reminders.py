"""Reminders as policy rows. Law: each (task, step, occurrence) is sent at most once; downtime gives one catch-up.

A policy is a list of steps. The task's property `reminderPolicy` names it, else its process's, else it is the policy
`standard` where the house keeps one, else the one below: half-way, quiet, in the app; one working day before, in the
app and by mail; at due, to the assignee and the lead; two working days after, to the lead as an escalation.

| field of a step | what it says |
|---|---|
| `step` | its name, once in a policy |
| `share` | of the time between creation and due date, from 0 to 1 |
| `days`, `hours` | working days, or real hours, from the due date (negative: before) |
| `to` | `assignee` (of a task that nobody holds: its team), `lead`, or sign-in names |
| `channels` | `in_app`, `email` |
| `template` | the letter: `reminder_half`, `reminder_before`, `reminder_due`, `escalation`, or the house's own |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars, identity, incidents, notices
from engine.crashpoints import reached
from engine.errors import InvalidInput, both
from engine.execution import Runtime, runtime_of
from engine.ids import new_id
from engine.log import logger
from engine.process.businesstime import BusinessCalendar
from engine.store import after_commit, upsert
from engine.store import tables as t

log = logger("reminders")

IN_APP, BOTH = ["in_app"], ["in_app", "email"]
STANDARD: Sequence[Mapping[str, Any]] = (
    {"step": "half", "share": 0.5, "template": "reminder_half", "to": ["assignee"], "channels": IN_APP},
    {"step": "before", "days": -1, "template": "reminder_before", "to": ["assignee"], "channels": BOTH},
    {"step": "due", "days": 0, "template": "reminder_due", "to": ["assignee", "lead"], "channels": BOTH},
    {"step": "overdue", "days": 2, "template": "escalation", "to": ["assignee", "lead"], "channels": BOTH},
)
HOUSE_POLICY = "standard"
_CACHE, KEPT = "reminder_policies", timedelta(minutes=1)


def steps_of(session: Session, policy: str | None) -> Sequence[Mapping[str, Any]]:
    """The steps of a policy by key; none for `none`; the house's own for an unknown key."""
    if policy == "none":
        return ()
    kept = _policies(session)
    if policy is not None and policy not in kept and policy != HOUSE_POLICY:
        log.warning("reminder_policy_unknown", policy=policy)
    return kept.get(policy or HOUSE_POLICY) or kept.get(HOUSE_POLICY) or STANDARD


def _policies(session: Session) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """All policies of the house; kept in the runtime, at most KEPT long: another process may change one."""
    runtime = runtime_of(session)
    now, known = runtime.now(), runtime.cache.get(_CACHE)
    if known is not None and abs(now - known[0]) < KEPT and _CACHE not in session.info:
        found: Mapping[str, Sequence[Mapping[str, Any]]] = known[1]
        return found
    found = {row.key: row.steps for row in session.execute(sa.select(t.reminder_policy))}
    if _CACHE not in session.info:
        runtime.cache[_CACHE] = (now, found)
    return found


def set_policy(session: Session, key: str, steps: Sequence[Mapping[str, Any]]) -> None:
    """Add a policy or change it; tasks that are planned already keep their moments. InvalidInput names the step."""
    names = [str(step.get("step", "")) for step in steps]
    for number, step in enumerate(steps, 1):
        reason = _fault(step) or (names.count(names[number - 1]) > 1 and ("the name comes twice", "名称重复"))
        if reason:
            raise InvalidInput(place=f"{key}, step {number}", reason=reason[0], reason_zh=reason[1])
    insert = upsert(session, t.reminder_policy).values(key=key, steps=[dict(step) for step in steps])
    session.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"steps": [dict(s) for s in steps]}))
    _forget(session)


def drop_policy(session: Session, key: str) -> Sequence[Mapping[str, Any]] | None:
    """Forget a policy; returns its steps, None when the house kept none of that name."""
    gone = sa.delete(t.reminder_policy).where(t.reminder_policy.c.key == key).returning(t.reminder_policy.c.steps)
    before: Sequence[Mapping[str, Any]] | None = session.scalar(gone)
    _forget(session)
    return before


def _forget(session: Session) -> None:
    session.info[_CACHE] = "changed"
    after_commit(session, lambda: runtime_of(session).cache.pop(_CACHE, None))


def _fault(step: Mapping[str, Any]) -> tuple[str, str] | None:
    moments = [name for name in ("share", "days", "hours") if name in step]
    if not 0 < len(str(step.get("step", ""))) <= 30:
        return "a name of up to 30 signs", "须有不超过 30 字的名称"
    if len(moments) != 1 or not isinstance(step[moments[0]], int | float | Decimal):
        return "one of share, days or hours, as a number", "须填写 share、days、hours 之一（数字）"
    if moments == ["share"] and not 0 <= step["share"] <= 1:
        return "a share from 0 to 1", "share 须在 0 至 1 之间"
    if not step.get("template") or not isinstance(step.get("to"), list) or not step["to"]:
        return "a template and to whom it goes", "须填写模板和接收人"
    if not step.get("channels") or not set(step["channels"]) <= {"in_app", "email"}:
        return "channels in_app or email", "渠道须为 in_app 或 email"
    return None


def _moment(step: Mapping[str, Any], created: datetime, due: datetime, calendar: BusinessCalendar) -> datetime:
    if "share" in step or step["step"] == "half":
        return created + (due - created) * float(step.get("share", 0.5))
    if "hours" in step:
        return (due.astimezone(UTC) + timedelta(hours=float(step["hours"]))).astimezone(due.tzinfo)
    days = int(step["days"])
    return calendar.shift(due, days) if days else due


def moments(
    session: Session, steps: Sequence[Mapping[str, Any]], created: datetime, due: datetime
) -> list[datetime | None]:
    """When each step would come for a task of the house's calendar; None for one that comes too early to be sent."""
    calendar = calendars.calendar(session)
    found = [_moment(step, created, due, calendar) for step in steps]
    return [at if at > created else None for at in found]


def plan(
    session: Session, task_id: int, created: datetime, due: datetime | None, properties: Mapping[str, str]
) -> None:
    """Write the reminders of a task; those whose moment lies before its creation are left out."""
    if due is not None:
        _write(session, task_id, created, due, properties, {})


def move(session: Session, task_id: int, due: datetime | None, properties: Mapping[str, str]) -> None:
    """The due date moved: what is still planned is planned anew; what was sent for the old date may come again."""
    session.execute(sa.delete(t.reminder).where(t.reminder.c.task_id == task_id, t.reminder.c.state == "planned"))
    if due is None:
        return
    last = sa.select(t.reminder.c.step, sa.func.max(t.reminder.c.occurrence))
    rows = session.execute(last.where(t.reminder.c.task_id == task_id).group_by(t.reminder.c.step)).all()
    _write(session, task_id, runtime_of(session).now(), due, properties, {row[0]: row[1] for row in rows})


def _write(
    session: Session,
    task_id: int,
    since: datetime,
    due: datetime,
    properties: Mapping[str, str],
    sent: Mapping[str, int],
) -> None:
    calendar = calendars.calendar(session, properties.get("calendar"))
    rows = [
        {
            "id": new_id(),
            "task_id": task_id,
            "step": step["step"],
            "occurrence": sent.get(step["step"], 0) + 1,
            "due_at": at,
            "state": "planned",
        }
        for step in steps_of(session, properties.get("reminderPolicy"))
        if (at := _moment(step, since, due, calendar)) > since
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
    if row is None or row["state"] != "open" or row["waiting_since"] is not None:
        return False
    task = dict(row)
    properties = task["properties"] or {}
    steps = steps_of(session, properties.get("reminderPolicy"))
    step = next((step for step in steps if step["step"] == step_name), None)
    if step is None:
        return False
    for person in _recipients(session, task, step["to"]):
        notices.announce(session, task, person, step["template"], step["channels"], f"{step_name}:{occurrence}")
    reached("reminder.between")
    log.info("reminder_sent", task=task_id, step=step_name, occurrence=occurrence)
    return True


def _recipients(session: Session, task: Mapping[str, Any], to: Sequence[str]) -> list[str]:
    """Assignee, lead and people as asked; a task that nobody holds reminds its team's members."""
    found: list[str] = []
    if "assignee" in to:
        found += [task["assignee"]] if task["assignee"] else list(identity.members(session, task["team"] or ""))
    if "lead" in to:
        lead = identity.lead_of(session, task["team"])
        found += [lead] if lead else []
    found += [person for person in to if person not in ("assignee", "lead")]
    return list(dict.fromkeys(found))
