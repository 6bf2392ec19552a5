"""Keeping the house's calendars and reminder policies. Law: a change counts from now on; what tasks are planned by
stays, and dates that wait for a day (`engine.schedule`) move with it. Processes hear of it by the signal
`calendar_changed`, in the transaction of the change and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, calendars, reminders, schedule
from engine.api.messages import raise_signal
from engine.errors import Forbidden
from engine.execution import runtime_of
from engine.identity import ADMIN, Actor
from engine.store import tables as t

CHANGED = "calendar_changed"
"""The signal; its variables: `calendar` (the key) and, for a day, `day` and `working` (null: as the country has it)."""


def set_calendar(
    session: Session,
    actor: Actor,
    key: str,
    name: str,
    name_en: str = "",
    *,
    country: str,
    zone: str,
    hours: Sequence[Sequence[str]] = (("09:00", "18:00"),),
) -> None:
    """Add a calendar or change it (`firm`: the house's own). Administrators only; InvalidInput names what is wrong."""
    _require_admin(actor)
    before = _as_kept(session, key)
    calendars.set_calendar(session, key, name, name_en, country=country, zone=zone, hours=hours)
    after = {"name": name, "country": country, "zone": zone, "hours": [list(span) for span in hours]}
    audit.append(session, f"calendar:{key}", actor.id, "calendar_set", {"before": before, **after})
    schedule.recompute(session)
    raise_signal(session, actor, CHANGED, {"calendar": key})


def _as_kept(session: Session, key: str) -> dict[str, Any] | None:
    """What the audit says of a calendar before it is changed; None when there was none."""
    row = session.execute(sa.select(t.calendar).where(t.calendar.c.key == key)).first()
    return None if row is None else {"name": row.name, "country": row.country, "zone": row.zone, "hours": row.hours}


def set_calendar_day(
    session: Session, actor: Actor, day: date, working: bool | None, note: str = "", calendar: str = calendars.FIRM
) -> None:
    """Make one day a working day or a day off; None leaves it to the national calendar again."""
    _require_admin(actor)
    days = t.calendar_day.c
    before = session.scalar(sa.select(days.working).where(days.calendar == calendar, days.day == day))
    if working is None:
        calendars.clear_day(session, day, calendar)
    else:
        calendars.set_day(session, day, working, note, calendar)
    data = {"day": day, "before": before, "working": working, "note": note}
    audit.append(session, f"calendar:{calendar}", actor.id, "day_set", data)
    schedule.recompute(session)
    raise_signal(session, actor, CHANGED, {"calendar": calendar, "day": day, "working": working})


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden(reason=f"calendars and policies are kept by {ADMIN}", reason_zh="日历和催办规则由管理员维护")


def reminder_policies(session: Session) -> dict[str, Sequence[Mapping[str, Any]]]:
    """All reminder policies by key; `standard` is always there: as the house keeps it, else the built-in one."""
    kept = {
        row.key: row.steps for row in session.execute(sa.select(t.reminder_policy).order_by(t.reminder_policy.c.key))
    }
    return {reminders.HOUSE_POLICY: kept.pop(reminders.HOUSE_POLICY, reminders.STANDARD), **kept}


EXAMPLE_DAYS = 5
"""Working days of the task by which a policy is shown."""


def reminder_example(
    session: Session, policies: Mapping[str, Sequence[Mapping[str, Any]]]
) -> tuple[datetime, dict[str, list[datetime | None]]]:
    """What would happen to a task that opens now and has EXAMPLE_DAYS working days: when it is due, and by policy when
    each step comes, in the calendar's zone; None for one that comes too early to be sent."""
    now = runtime_of(session).now()
    due = calendars.calendar(session).due(now, EXAMPLE_DAYS)
    return due, {key: reminders.moments(session, steps, now, due) for key, steps in policies.items()}


def drop_reminder_policy(session: Session, actor: Actor, key: str) -> None:
    """Forget a policy: tasks that name it are reminded by `standard`, which then is the built-in one again."""
    _require_admin(actor)
    before = reminders.drop_policy(session, key)
    audit.append(session, f"reminder_policy:{key}", actor.id, "policy_dropped", {"before": before})


def set_reminder_policy(session: Session, actor: Actor, key: str, steps: Sequence[Mapping[str, Any]]) -> None:
    """Add a reminder policy or change it (`standard`: the house's own). Steps as `engine.reminders` tells them."""
    _require_admin(actor)
    before = reminder_policies(session).get(key)
    reminders.set_policy(session, key, steps)
    data = {"before": before and [dict(step) for step in before], "steps": [dict(step) for step in steps]}
    audit.append(session, f"reminder_policy:{key}", actor.id, "policy_set", data)
