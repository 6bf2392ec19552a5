"""Days of the business calendar and when people are away, as pages show them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars
from engine.execution import runtime_of
from engine.identity import Actor
from engine.store import tables as t
from engine.store.inboxes import calendar_feed


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day: whether the house works, and what the day is called when that is out of the ordinary."""

    day: date
    working: bool
    note: str
    note_en: str


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """When somebody is away, and who stands in for them."""

    id: int
    person: str
    starts: datetime
    ends: datetime
    substitute: str | None

    @property
    def last_day(self) -> datetime:
        """A moment of the last day on which they are away."""
        return self.ends - timedelta(seconds=1)


def days(session: Session, first: date, count: int) -> tuple[DayRow, ...]:
    """`count` days from `first` in the firm's calendar."""
    calendar, country = calendars.calendar(session), runtime_of(session).settings.country
    last = first + timedelta(days=count - 1)
    own = {
        row.day: row.note
        for row in session.execute(
            sa.select(t.calendar_day).where(
                t.calendar_day.c.calendar == calendars.FIRM, t.calendar_day.c.day.between(first, last)
            )
        )
    }
    found = []
    for day in (first + timedelta(days=n) for n in range(count)):
        works = calendar.is_working(day)
        note, note_en = own.get(day) or "", own.get(day) or ""
        if not note and not works:
            note, note_en = (_names(country, tongue, day.year).get(day, "") for tongue in ("zh_CN", "en_US"))
        elif not note and day in calendar.working_weekends:
            note, note_en = "调休上班", "Make-up working day"
        found.append(DayRow(day, works, note, note_en))
    return tuple(found)


@lru_cache(maxsize=16)
def _names(country: str, tongue: str, year: int) -> dict[date, str]:
    """What the country's holidays are called; nothing for one that nobody knows."""
    try:
        name, _, part = country.partition("/")[0].partition("-")
        found = holidays.country_holidays(name, subdiv=part or None, years=year, language=tongue)
        return {day: re.split(r" ?[（(]", words)[0] for day, words in found.items()}
    except NotImplementedError:
        return {}


def absences(session: Session, person_id: str) -> tuple[AbsenceRow, ...]:
    """When a person is away, now and later, the nearest first."""
    rows = session.execute(
        sa.select(t.absence)
        .where(t.absence.c.person_id == person_id, t.absence.c.ends > runtime_of(session).now())
        .order_by(t.absence.c.starts, t.absence.c.id)
    )
    return tuple(AbsenceRow(row.id, row.person_id, row.starts, row.ends, row.substitute) for row in rows)


def feed_since(session: Session, actor: Actor) -> datetime | None:
    """Since when the person has a calendar feed; None without one."""
    return session.scalar(sa.select(calendar_feed.c.created_at).where(calendar_feed.c.person_id == actor.id))
