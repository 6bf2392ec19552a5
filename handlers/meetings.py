"""Coordination meetings: the agenda is gathered, minutes are written, actions go to their owners and come back.

Law: minutes with an action that lacks an owner or a day are not taken. Source: the process S9 `coordination_meeting` of
the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from engine.registry import BpmnError, Context, handles
from engine.store import tables as engine_tables
from handlers import agenda, inputs
from handlers.contacting import completed_by
from handlers.finance.plan import months_later
from handlers.records import meetings
from handlers.records.changes import Stamp, once

TUESDAY = 1
BEGINS = time(9, 30)
CONFIRM_DAYS, READ_DAYS, MINUTES_DAYS = 3, 1, 1
"""Working days: the agenda before the meeting, the reading before it, the minutes after it."""


@handles("meeting.agenda", transactional=True)
def meeting_agenda(ctx: Context, meeting_day: object = None) -> Mapping[str, Any]:
    """The agenda as of now, and the meeting's moments.

    In: meeting_day (null: the first Tuesday of the next month, on the next working day when it is none). Out:
    meeting_key, meeting_day, meeting_at, confirm_due, preread_due, minutes_due, carry_over_at (before the next agenda:
    a month after this one was first gathered), red_alerts, overdue_tasks, nps, pipeline, open_actions, improvements.
    Errors: InvalidInput for an unreadable day. Idempotent: a month has one meeting; gathered again, the newest counts.
    """
    day = inputs.day(meeting_day, "meeting_day") or _first_tuesday(ctx)
    parts = agenda.build(ctx.session, ctx.now)
    held = meetings.plan(ctx.session, day, parts, inputs.stamp(ctx, "agenda"), ctx.instance or None)
    first = held.planned_at.astimezone(ctx.zone)
    following = datetime.combine(months_later(first.date(), 1), first.time(), ctx.zone)
    return {
        "meeting_key": held.business_key,
        "meeting_day": day,
        "meeting_at": datetime.combine(day, BEGINS, ctx.zone),
        "confirm_due": _end_of(ctx, day, -CONFIRM_DAYS),
        "preread_due": _end_of(ctx, day, -READ_DAYS),
        "minutes_due": _end_of(ctx, day, MINUTES_DAYS),
        "carry_over_at": following - timedelta(hours=1),
        **parts,
    }


def _first_tuesday(ctx: Context) -> date:
    first = months_later(inputs.today(ctx).replace(day=1), 1)
    day = first + timedelta(days=(TUESDAY - first.weekday()) % 7)
    found: date = ctx.calendar.add_working_days(day, 0)
    return found


def _end_of(ctx: Context, day: date, working_days: int) -> datetime:
    return datetime.combine(ctx.calendar.add_working_days(day, working_days), ctx.calendar.day_end, ctx.zone)


@handles("meeting.minutes", transactional=True)
def meeting_minutes(
    ctx: Context,
    meeting_key: str,
    attendance: object = None,
    decisions: object = None,
    new_actions: object = None,
    open_actions: object = None,
) -> Mapping[str, Any]:
    """Take the minutes, or send them back.

    In: meeting_key, attendance [{team, person, present}], decisions [{topic, decision}], new_actions [{text, owner,
    due}], open_actions [{action_key, status open|done|dropped, owner, due, result}] of earlier meetings.
    Out: meeting_actions [{action_key, text, owner, due}]: what is open now. Errors: BpmnError ACTION_INCOMPLETE with
    minutes_problems [{text, text_en}] when an action that stays open lacks words, an owner who works here, or a day
    from today on; NotFound. Idempotent by job key.
    """
    fresh, earlier = inputs.rows(new_actions), inputs.rows(open_actions)
    wrong = [problem for row in fresh for problem in _problems(ctx, row)]
    wrong += [p for row in earlier if (row.get("status") or "open") == "open" for p in _problems(ctx, row)]
    if wrong:
        raise BpmnError("ACTION_INCOMPLETE", wrong[0]["text_en"], {"minutes_problems": wrong})

    def take() -> Mapping[str, Any]:
        person = completed_by(ctx, "ut_minutes")
        stamp = inputs.stamp(ctx, "minutes", person)
        held = meetings.get(ctx.session, meeting_key)
        told = {"attendance": inputs.rows(attendance), "decisions": inputs.rows(decisions)}
        meetings.hold(ctx.session, held.id, told, stamp)
        for row in earlier:
            _follow_up(ctx, row, stamp)
        for row in fresh:
            day = inputs.day(row.get("due"), "due")
            meetings.add_action(ctx.session, held.id, str(row["text"]), inputs.text(row.get("owner")), day, stamp)
        names = ("action_key", "text", "owner", "due")
        left = [{name: row[name] for name in names} for row in agenda.open_actions(ctx.session)]
        return {"meeting_actions": left, "minutes_problems": []}

    return once(ctx.session, ctx.job_key, "meeting.minutes", ctx.now, take)


def _problems(ctx: Context, row: Mapping[str, Any]) -> list[dict[str, str]]:
    words, owner = inputs.prose(row.get("text")) or inputs.text(row.get("action_key")), inputs.text(row.get("owner"))
    due = inputs.day(row.get("due"), "due")
    person = engine_tables.person.c
    works_here = sa.select(person.id).where(person.id == owner, person.active.is_(True))
    found = []
    if words is None:
        found.append(("缺少内容", "has no words"))
    if owner is None:
        found.append(("缺少负责人", "has no owner"))
    elif ctx.session.execute(works_here).first() is None:
        found.append((f"负责人 {owner} 不是在岗人员", f"is owned by {owner}, who does not work here"))
    if due is None:
        found.append(("缺少期限", "has no day"))
    elif due < inputs.today(ctx):
        found.append((f"期限 {due} 已过", f"was due on {due}"))
    return [{"text": f"“{words or '—'}”{zh}", "text_en": f"“{words or '—'}” {en}"} for zh, en in found]


def _follow_up(ctx: Context, row: Mapping[str, Any], stamp: Stamp) -> None:
    known = meetings.action(ctx.session, str(row.get("action_key")))
    status = inputs.text(row.get("status")) or "open"
    values: dict[str, Any] = {"result": inputs.text(row.get("result"))}
    if status == "open":
        values |= {"owner": inputs.text(row.get("owner")), "due": inputs.day(row.get("due"), "due")}
    else:
        values |= {"state": status, "closed_at": stamp.at, "closed_by": stamp.by}
    meetings.change_action(ctx.session, known.id, inputs.given(values), stamp)


@handles("meeting.close_action", transactional=True)
def meeting_close_action(ctx: Context, action_key: str, status: str, result: str | None = None) -> Mapping[str, Any]:
    """The owner is done with an action. In: action_key, status done|dropped, result. Errors: NotFound. Idempotent."""
    known = meetings.action(ctx.session, action_key)
    if known.state == "open":
        stamp = inputs.stamp(ctx, "action", completed_by(ctx, "ut_action"))
        values = {"state": status, "result": inputs.text(result), "closed_at": ctx.now, "closed_by": stamp.by}
        known = meetings.change_action(ctx.session, known.id, values, stamp)
    return {"closed_at": known.closed_at}


@handles("meeting.carry_over", transactional=True)
def meeting_carry_over(ctx: Context, actions: object) -> Mapping[str, Any]:
    """What is open still goes to the next agenda. In: actions [{action_key}]. Out: carried: the keys that were open.

    Errors: NotFound. Idempotent by job key.
    """

    def carry() -> Mapping[str, Any]:
        stamp = inputs.stamp(ctx, "carry_over")
        found = [meetings.action(ctx.session, str(row.get("action_key"))) for row in inputs.rows(actions)]
        left = [one for one in found if one.state == "open"]
        for one in left:
            meetings.change_action(ctx.session, one.id, {"carried": one.carried + 1}, stamp)
        return {"carried": [one.business_key for one in left]}

    return once(ctx.session, ctx.job_key, "meeting.carry_over", ctx.now, carry)
