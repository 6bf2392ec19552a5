"""Keeping the house's calendars and reminder policies. Law: a change counts from now on; what tasks are planned by
stays, and dates that wait for a day (`engine.schedule`) move with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine import audit, calendars, reminders, schedule
from engine.errors import Forbidden
from engine.identity import ADMIN, Actor


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
    calendars.set_calendar(session, key, name, name_en, country=country, zone=zone, hours=hours)
    data = {"name": name, "country": country, "zone": zone, "hours": [list(span) for span in hours]}
    audit.append(session, f"calendar:{key}", actor.id, "calendar_set", data)
    schedule.recompute(session)


def set_calendar_day(
    session: Session, actor: Actor, day: date, working: bool | None, note: str = "", calendar: str = calendars.FIRM
) -> None:
    """Make one day a working day or a day off; None leaves it to the national calendar again."""
    _require_admin(actor)
    if working is None:
        calendars.clear_day(session, day, calendar)
    else:
        calendars.set_day(session, day, working, note, calendar)
    audit.append(session, f"calendar:{calendar}", actor.id, "day_set", {"day": day, "working": working, "note": note})
    schedule.recompute(session)


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden(reason=f"calendars and policies are kept by {ADMIN}", reason_zh="日历和催办规则由管理员维护")


def set_reminder_policy(session: Session, actor: Actor, key: str, steps: Sequence[Mapping[str, Any]]) -> None:
    """Add a reminder policy or change it (`standard`: the house's own). Steps as `engine.reminders` tells them."""
    _require_admin(actor)
    reminders.set_policy(session, key, steps)
    audit.append(session, f"reminder_policy:{key}", actor.id, "policy_set", {"steps": [dict(step) for step in steps]})
