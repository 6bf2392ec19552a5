"""Working days and hours: pure arithmetic over a calendar that is a value."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.process.businesstime import BusinessCalendar, Calendars
from engine.process.timing import add, read_period

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
OFFICE = BusinessCalendar(pauses=((time(12), time(13)),))
FRIDAY = datetime(2026, 3, 6, 16, 0, tzinfo=SHANGHAI)


def at(text: str) -> datetime:
    """A moment in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-02T09:00", 3, "2026-03-02T12:00"),
        ("2026-03-02T11:00", 2, "2026-03-02T14:00"),
        ("2026-03-02T12:30", 1, "2026-03-02T14:00"),
        ("2026-03-06T17:00", 2, "2026-03-09T10:00"),
        ("2026-03-07T03:00", 8, "2026-03-09T18:00"),
        ("2026-03-02T22:00", 0, "2026-03-03T09:00"),
    ],
)
def test_working_hours_pass_over_lunch_nights_and_weekends(start: str, hours: int, end: str) -> None:
    assert OFFICE.add_working_time(at(start), timedelta(hours=hours)) == at(end)
    assert add(at(start), read_period(f"{hours}BH"), SHANGHAI, OFFICE) == at(end if hours else start)


def test_open_and_shut() -> None:
    for moment, is_open in (("2026-03-02T09:00", True), ("2026-03-02T12:00", False), ("2026-03-02T18:00", False)):
        assert OFFICE.is_open(at(moment)) is is_open


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(0, 200_000))
def test_working_time_that_was_added_is_found_between_the_ends(start: datetime, seconds: int) -> None:
    begin, span = start.replace(tzinfo=SHANGHAI), timedelta(seconds=seconds)
    end = OFFICE.add_working_time(begin, span)
    assert OFFICE.working_time_between(begin, end) == span
    assert OFFICE.working_time_between(end, begin) == timedelta(0)


def test_hours_of_a_day_are_real_hours_when_clocks_change() -> None:
    always = BusinessCalendar(zone=NEW_YORK, day_start=time(0), day_end=time(23, 59), weekend=frozenset())
    [(start, end)] = always.hours_of(date(2026, 3, 8))  # the night of the change has 23 hours
    assert end - start == timedelta(hours=22, minutes=59)


def test_two_calendars_joined_work_only_where_both_do() -> None:
    china = BusinessCalendar(
        holidays=frozenset({date(2026, 10, 1)}), working_weekends=frozenset({date(2026, 10, 10)}), day_end=time(18)
    )
    abroad = BusinessCalendar(holidays=frozenset({date(2026, 10, 12)}), day_start=time(10), day_end=time(17))
    both = Calendars({"cn": china, "us": abroad})["cn+us"]
    days = [date(2026, 10, day) for day in (1, 9, 10, 12, 13)]
    assert [both.is_working(day) for day in days] == [False, True, False, False, True]
    assert (both.day_start, both.day_end) == (time(10), time(17))
    assert both.due(datetime(2026, 10, 9, 1, tzinfo=UTC), 1) == at("2026-10-13T17:00")


def test_a_calendar_that_nobody_has_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"no calendar “hk”.*cn"):
        Calendars({"cn": OFFICE}).find("hk")


def test_weekends_are_those_of_the_place() -> None:
    gulf = BusinessCalendar(weekend=frozenset({4, 5}))
    assert [gulf.is_working(date(2026, 3, day)) for day in (5, 6, 7, 8)] == [True, False, False, True]
