"""Business calendars from national holidays and the firm's own table. Law: a calendar leaves here as a frozen value.

National days come from the `holidays` package, which knows China's make-up working days (调休); rows of
`calendar_day` overrule it day by day.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.process.businesstime import BusinessCalendar
from engine.store import after_commit
from engine.store import tables as t

YEARS_BEFORE, YEARS_AFTER = 2, 5
KEPT = timedelta(minutes=1)
_CACHE = "calendar"


@lru_cache(maxsize=16)
def _national(country: str, first: int, last: int) -> tuple[frozenset[date], frozenset[date]]:
    """Days off on weekdays, and weekend days on which the country works."""
    try:
        found = holidays.country_holidays(country, years=range(first, last + 1))
    except NotImplementedError:
        return frozenset(), frozenset()
    off = frozenset(day for day in found if day.weekday() < 5)
    working = frozenset(day for day in getattr(found, "weekend_workdays", ()) if day.weekday() >= 5)
    return off, working


def calendar(session: Session) -> BusinessCalendar:
    """The firm's calendar around the present year.

    Kept in the runtime until a day of it is changed here, at most KEPT long: another process may change it too.
    """
    runtime = runtime_of(session)
    now = runtime.now()
    known = runtime.cache.get(_CACHE)
    if known is not None and known[0].year == now.year and abs(now - known[0]) < KEPT and not _changed(session):
        value: BusinessCalendar = known[1]
        return value
    year = now.year
    off, working = _national(runtime.settings.country, year - YEARS_BEFORE, year + YEARS_AFTER)
    rows = session.execute(sa.select(t.calendar_day.c.day, t.calendar_day.c.working)).all()
    own_off = {row.day for row in rows if not row.working}
    own_on = {row.day for row in rows if row.working}
    value = BusinessCalendar(
        zone=runtime.zone,
        holidays=frozenset((off | own_off) - own_on),
        working_weekends=frozenset((working | {day for day in own_on if day.weekday() >= 5}) - own_off),
    )
    if not _changed(session):
        runtime.cache[_CACHE] = (now, value)
    return value


def _changed(session: Session) -> bool:
    """Whether this unit of work has days that nobody else sees yet."""
    return _CACHE in session.info


def set_day(session: Session, day: date, working: bool, note: str = "") -> None:
    """Declare one day a working day or a day off for the firm."""
    session.execute(sa.delete(t.calendar_day).where(t.calendar_day.c.day == day))
    session.execute(sa.insert(t.calendar_day).values(calendar="firm", day=day, working=working, note=note))
    session.info[_CACHE] = "changed"
    after_commit(session, lambda: runtime_of(session).cache.pop(_CACHE, None))
