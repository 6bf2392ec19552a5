"""Business calendars from national holidays and the firm's own table. Law: a calendar leaves here as a frozen value.

National days come from the `holidays` package, which knows China's make-up working days (调休); rows of
`calendar_day` overrule it day by day. The firm's calendar is made from the settings unless a row `firm` of the table
`calendar` says otherwise; other rows are further calendars (a region, a currency), and `cn+hk` names two at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from engine.execution import runtime_of
from engine.log import logger
from engine.process.businesstime import BusinessCalendar, Calendars
from engine.store import after_commit, upsert
from engine.store import tables as t

log = logger("calendars")
FIRM = "firm"
YEARS_BEFORE, YEARS_AFTER = 2, 5
KEPT = timedelta(minutes=1)
_CACHE = "calendar"
HOURS = (("09:00", "18:00"),)

National = tuple[frozenset[date], frozenset[date], frozenset[int]]


@lru_cache(maxsize=32)
def _national(place: str, first: int, last: int) -> National:
    """(days off on weekdays, weekend days on which the country works, days of the weekend)."""
    try:
        found = _look_up(place, first, last)
    except (NotImplementedError, ValueError):
        return frozenset(), frozenset(), frozenset({5, 6})
    weekend = frozenset(getattr(found, "weekend", None) or {5, 6})
    if len(weekend) == 1:  # the day of rest that the law gives; offices have two
        weekend |= {5, 6}
    off = frozenset(day for day in found if day.weekday() not in weekend)
    working = frozenset(day for day in getattr(found, "weekend_workdays", ()) if day.weekday() in weekend)
    return off, working, weekend


def _look_up(place: str, first: int, last: int) -> holidays.HolidayBase:
    """Of a country (`CN`, `US-NY`; `HK/optional`: with the days of that category too) or a market (`ECB`, `XNYS`).

    NotImplementedError or ValueError when nobody knows it.
    """
    years, (name, _, category) = range(first, last + 1), place.partition("/")
    country, _, part = name.partition("-")
    categories = ("public", category) if category else None
    try:
        return holidays.country_holidays(country, subdiv=part or None, years=years, categories=categories)
    except NotImplementedError:
        return holidays.financial_holidays(name, years=years)


def calendar(session: Session, name: str | None = None) -> BusinessCalendar:
    """A calendar around the present year: the firm's, or the one of that name (the firm's when there is none)."""
    return chosen(calendars(session), name)


def chosen(found: Calendars, name: str | None) -> BusinessCalendar:
    """The same, of calendars that are in hand."""
    if name is None or name == FIRM:
        return found[FIRM]
    try:
        return found.find(name)
    except ValueError as error:
        log.warning("calendar_unknown", calendar=name, error=str(error))
        return found[FIRM]


def calendars(session: Session) -> Calendars:
    """All calendars of the house.

    Kept in the runtime until a day of one is changed here, at most KEPT long: another process may change it too.
    """
    runtime = runtime_of(session)
    now = runtime.now()
    known = runtime.cache.get(_CACHE)
    if known is not None and known[0].year == now.year and abs(now - known[0]) < KEPT and not _changed(session):
        value: Calendars = known[1]
        return value
    settings = runtime.settings
    made: dict[str, tuple[str, tzinfo, Sequence[Sequence[str]]]] = {FIRM: (settings.country, runtime.zone, HOURS)}
    for row in session.execute(sa.select(t.calendar)):
        made[row.key] = row.country, ZoneInfo(row.zone), row.hours
    own: dict[str, dict[date, bool]] = {}
    for day in session.execute(sa.select(t.calendar_day)):
        own.setdefault(day.calendar, {})[day.day] = day.working
    value = Calendars({name: _build(*facts, own.get(name, {}), now.year) for name, facts in made.items()})
    if not _changed(session):
        runtime.cache[_CACHE] = (now, value)
    return value


def _build(
    place: str, zone: tzinfo, hours: Sequence[Sequence[str]], own: Mapping[date, bool], year: int
) -> BusinessCalendar:
    off, working, weekend = _national(place, year - YEARS_BEFORE, year + YEARS_AFTER)
    own_off = {day for day, works in own.items() if not works}
    own_on = {day for day, works in own.items() if works}
    spans = [(time.fromisoformat(start), time.fromisoformat(end)) for start, end in hours]
    return BusinessCalendar(
        zone=zone,
        holidays=frozenset((off | own_off) - own_on),
        working_weekends=frozenset((working | {day for day in own_on if day.weekday() in weekend}) - own_off),
        day_start=spans[0][0],
        day_end=spans[-1][1],
        pauses=tuple((before[1], after[0]) for before, after in pairwise(spans)),
        weekend=weekend,
    )


def _changed(session: Session) -> bool:
    """Whether this unit of work has days that nobody else sees yet."""
    return _CACHE in session.info


def set_day(session: Session, day: date, working: bool, note: str = "", calendar: str = FIRM) -> None:
    """Declare one day a working day or a day off, for the firm or for another calendar."""
    values = {"working": working, "note": note}
    insert = upsert(session, t.calendar_day).values(calendar=calendar, day=day, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["calendar", "day"], set_=values))
    _forget(session)


def clear_day(session: Session, day: date, calendar: str = FIRM) -> None:
    """Let the national calendar decide about a day again."""
    session.execute(sa.delete(t.calendar_day).where(t.calendar_day.c.calendar == calendar, t.calendar_day.c.day == day))
    _forget(session)


def set_calendar(
    session: Session,
    key: str,
    name: str,
    name_en: str = "",
    *,
    country: str,
    zone: str,
    hours: Sequence[Sequence[str]] = HOURS,
) -> None:
    """Add a calendar or change it. `hours`: spans of a working day as `HH:MM`, in order and without overlap.

    InvalidInput names what cannot be used: key, country (or market), zone or hours.
    """
    _require(bool(key) and "+" not in key, "key", "a name without +", "名称不得含 +")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        _require(False, "zone", f"there is no time zone {zone}", f"没有时区 {zone}")
    try:
        _look_up(country, 2026, 2026)
    except (NotImplementedError, ValueError):
        _require(False, "country", f"no holidays are known for {country}", f"没有 {country} 的节假日资料")
    try:
        edges = [time.fromisoformat(edge) for start, end in hours for edge in (start, end)]
    except (TypeError, ValueError):
        edges = []
    in_order = bool(edges) and all(a < b for a, b in pairwise(edges))
    _require(in_order, "hours", "spans of HH:MM, in order", "按先后填写 HH:MM 时段")
    values = {
        "name": name,
        "name_en": name_en,
        "country": country,
        "zone": zone,
        "hours": [[str(start), str(end)] for start, end in hours],
    }
    insert = upsert(session, t.calendar).values(key=key, **values)
    session.execute(insert.on_conflict_do_update(index_elements=["key"], set_=values))
    _forget(session)


def _require(holds: bool, place: str, reason: str, reason_zh: str) -> None:
    if not holds:
        raise InvalidInput(place=place, reason=reason, reason_zh=reason_zh)


def _forget(session: Session) -> None:
    session.info[_CACHE] = "changed"
    after_commit(session, lambda: runtime_of(session).cache.pop(_CACHE, None))
