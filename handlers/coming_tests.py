"""Which covenants are tested next. Law: reads and computes; the dates are those of the facility's covenant calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from engine import calendars
from engine.errors import InvalidInput
from handlers.facilities import FREQUENCIES
from handlers.finance.covenant_calendar import CovenantDate, each_date
from handlers.records.portfolio import Watch


@dataclass(frozen=True, slots=True)
class Coming:
    """A test that comes: the facility, the period's end, until when the certificate is due, how many covenants."""

    facility_key: str
    project_name: str
    at: CovenantDate
    covenants: int


def coming_tests(session: Session, watched: Iterable[Watch], day: date, limit: int = 20) -> list[Coming]:
    """The next test date of every signed facility from `day` on, the soonest first."""
    calendar = calendars.calendar(session)
    soonest: dict[tuple[str, date], Coming] = {}
    for one in watched:
        frequency = FREQUENCIES.get(one.frequency or "", one.frequency or "quarterly")
        if one.signed_on is None or one.maturity is None:
            continue
        since = max(one.signed_on, day - timedelta(days=1))
        try:
            at = next(each_date(frequency, since, one.maturity, calendar, one.due_days), None)
        except InvalidInput:
            continue
        if at is None:
            continue
        known = soonest.get((one.facility_key, at.end))
        count = known.covenants + 1 if known else 1
        soonest[one.facility_key, at.end] = Coming(one.facility_key, one.project_name, at, count)
    return sorted(soonest.values(), key=lambda one: (one.at.end, one.facility_key))[:limit]
