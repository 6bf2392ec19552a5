"""Moments, durations, cycles and cron."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import YearsMonths
from engine.process.businesstime import BusinessCalendar
from engine.process.cron import Cron
from engine.process.timing import FOREVER, Cycle, add, first_due, following, read_cycle, read_moment, read_period

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = BusinessCalendar()


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2026-01-31T10:00", "P1M", "2026-02-28T10:00"),
        ("2024-02-29T10:00", "P1Y", "2025-02-28T10:00"),
        ("2026-01-05T10:00", "P2W", "2026-01-19T10:00"),
        ("2026-01-05T10:00", "P1DT2H30M", "2026-01-06T12:30"),
        ("2026-01-09T10:00", "3BD", "2026-01-14T10:00"),
        ("2026-01-05T10:00", "-P1D", "2026-01-04T10:00"),
        ("2026-01-05T10:00", "PT0.5S", "2026-01-05T10:00:00.500"),
    ],
)
def test_periods_are_added_by_calendar_and_clock(start: str, text: str, end: str) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=SHANGHAI)
    assert add(begin, read_period(text), SHANGHAI, CALENDAR) == datetime.fromisoformat(end).replace(tzinfo=SHANGHAI)


def test_a_day_is_a_day_on_the_wall_and_24_hours_are_24_hours_when_clocks_change() -> None:
    begin = datetime(2026, 3, 28, 10, tzinfo=BERLIN)
    assert add(begin, read_period("P1D"), BERLIN, CALENDAR).isoformat() == "2026-03-29T10:00:00+02:00"
    assert add(begin, read_period("PT24H"), BERLIN, CALENDAR).isoformat() == "2026-03-29T11:00:00+02:00"


def test_values_of_expressions_are_periods_too() -> None:
    assert read_period(timedelta(days=2, hours=3)) == read_period("P2DT3H")
    assert read_period(YearsMonths(14)) == read_period("P1Y2M")


@pytest.mark.parametrize("text", ["P", "PT", "1D", "P1H", "PT1D", "", "P-1D", "3 days", None, 5, True])
def test_what_is_no_period_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        read_period(text)


def test_moments_take_the_zone_where_none_is_said() -> None:
    assert read_moment("2026-01-05T09:00:00", SHANGHAI) == datetime(2026, 1, 5, 1, tzinfo=UTC)
    assert read_moment("2026-01-05T09:00:00Z", SHANGHAI) == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert read_moment("2026-01-05T09:00:00@Europe/Berlin", SHANGHAI) == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert read_moment(date(2026, 1, 5), SHANGHAI) == datetime(2026, 1, 5, tzinfo=SHANGHAI)


def _dues(text: str, now: datetime, zone: ZoneInfo, count: int) -> list[str]:
    cycle = read_cycle(text, zone)
    found: list[str] = []
    due = begun = first_due(cycle, now, zone, CALENDAR)
    left = cycle.count
    while due is not None and len(found) < count:
        found.append(due.astimezone(zone).isoformat(timespec="minutes"))
        left = left if left == FOREVER else left - 1
        due, left = following(cycle, due, left, due, zone, CALENDAR, begun=begun) or (None, 0)
    return found


def test_repeating_intervals_begin_and_end_where_they_say() -> None:
    now = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)
    assert _dues("R/PT1H", now, SHANGHAI, 2) == ["2026-01-05T10:00+08:00", "2026-01-05T11:00+08:00"]
    assert _dues("R5/2026-01-06T08:00/P1D", now, SHANGHAI, 2) == ["2026-01-06T08:00+08:00", "2026-01-07T08:00+08:00"]
    assert _dues("R/P1D/2026-01-06T10:00", now, SHANGHAI, 9) == ["2026-01-06T09:00+08:00"]


def test_what_was_missed_is_caught_up_once_and_used_up_or_each_where_the_model_says_so() -> None:
    due = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)
    now = due + timedelta(hours=5, minutes=1)

    def next_of(text: str, left: int, each: bool = False) -> tuple[datetime, int] | None:
        return following(read_cycle(text, SHANGHAI), due, left, now, SHANGHAI, CALENDAR, each=each)

    assert next_of("R/PT1H", FOREVER) == (due + timedelta(hours=6), FOREVER)
    assert next_of("R9/PT1H", 8) == (due + timedelta(hours=6), 3)
    assert next_of("R3/PT1H", 2) is None
    assert next_of("R9/PT1H", 8, each=True) == (due + timedelta(hours=1), 8)
    assert next_of("R/PT1H", FOREVER, each=True) == (due + timedelta(hours=1), FOREVER)
    assert next_of("0 0 * * * ?", FOREVER) == (due + timedelta(hours=6), FOREVER)
    assert next_of("0 0 * * * ?", FOREVER, each=True) == (due + timedelta(hours=1), FOREVER)


def test_an_hour_that_comes_twice_lets_a_cycle_of_hours_go_on() -> None:
    two = datetime(2024, 10, 27, 2, 0, tzinfo=BERLIN)
    found = following(read_cycle("R/PT1H", BERLIN), two, FOREVER, two, BERLIN, CALENDAR)
    assert found is not None and found[0].isoformat() == "2024-10-27T02:00:00+01:00"


def test_ten_years_of_missed_seconds_are_passed_over_at_once() -> None:
    due = datetime(2016, 1, 5, 9, tzinfo=SHANGHAI)
    now = datetime(2026, 1, 5, 9, tzinfo=SHANGHAI)
    cycle = read_cycle("R/PT1S", SHANGHAI)
    assert following(cycle, due, FOREVER, now, SHANGHAI, CALENDAR) == (now + timedelta(seconds=1), FOREVER)


def test_a_short_month_and_a_changed_clock_move_their_own_occurrence_and_not_those_behind_it() -> None:
    months = _dues("R/2026-01-31T10:00/P1M", datetime(2026, 1, 1, tzinfo=SHANGHAI), SHANGHAI, 4)
    assert [due[:10] for due in months] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    nights = _dues("R/P1D", datetime(2026, 3, 27, 2, 30, tzinfo=BERLIN), BERLIN, 3)
    assert nights == ["2026-03-28T02:30+01:00", "2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00"]
    autumn = _dues("R/P1D", datetime(2026, 10, 23, 2, 30, tzinfo=BERLIN), BERLIN, 3)
    assert [due[:16] for due in autumn] == ["2026-10-24T02:30", "2026-10-25T02:30", "2026-10-26T02:30"]


@given(
    st.sampled_from(["R/PT1H", "R/PT90S", "R/P1D", "R/P1M", "R/P1Y2M3DT4H", "R/3BD", "R/P1W"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_no_occurrence_is_lost_or_doubled_however_long_the_stop_was(
    text: str, begin: datetime, stop: timedelta
) -> None:
    """Walking one by one reaches the occurrence that a jump over the stop finds, and counts as many places."""
    cycle, first = Cycle(FOREVER, text[2:]), begin.replace(tzinfo=BERLIN)
    now = (first.astimezone(UTC) + stop).astimezone(BERLIN)

    def walk(due: datetime, left: int) -> tuple[datetime, int]:
        found = following(cycle, due, left, now, BERLIN, CALENDAR, each=True, begun=first)
        assert found is not None and found[0].astimezone(UTC) > due.astimezone(UTC)
        return found

    due, steps = walk(first, FOREVER)[0], 1
    while due.astimezone(UTC) <= now.astimezone(UTC) and steps < 200:
        due, steps = walk(due, FOREVER)[0], steps + 1
    if due.astimezone(UTC) > now.astimezone(UTC):
        jumped = following(cycle, first, 1000, now, BERLIN, CALENDAR, begun=first)
        assert jumped == (due, 1000 - steps + 1)


@pytest.mark.parametrize(
    ("text", "after", "found"),
    [
        ("0 0 9 ? * MON-FRI", "2026-01-09T09:00", "2026-01-12T09:00"),
        ("0 9 * * 1-5", "2026-01-09T09:00", "2026-01-12T09:00"),
        ("0 0 9 ? * 2", "2026-01-09T09:00", "2026-01-12T09:00"),
        ("0 9 * * 0", "2026-01-09T09:00", "2026-01-11T09:00"),
        ("0 0 8 L * ?", "2026-02-01T00:00", "2026-02-28T08:00"),
        ("0 0 8 LW * ?", "2026-02-01T00:00", "2026-02-27T08:00"),
        ("0 0 8 15W * ?", "2026-02-01T00:00", "2026-02-16T08:00"),
        ("0 0 8 ? * 6L", "2026-01-01T00:00", "2026-01-30T08:00"),
        ("0 0 8 ? * 3#1", "2026-01-07T00:00", "2026-02-03T08:00"),
        ("0 */20 * * * *", "2026-01-05T09:41", "2026-01-05T10:00"),
        ("0 0 12 29 2 ?", "2026-01-01T00:00", "2028-02-29T12:00"),
        ("0 0 0 1 1 ? 2030", "2026-01-01T00:00", "2030-01-01T00:00"),
        ("@daily", "2026-01-05T09:00", "2026-01-06T00:00"),
        ("30 8 1,15 JAN,MAR *", "2026-01-20T00:00", "2026-03-01T08:30"),
    ],
)
def test_cron(text: str, after: str, found: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=SHANGHAI)
    assert Cron.read(text).after(moment, SHANGHAI) == datetime.fromisoformat(found).replace(tzinfo=SHANGHAI)


def test_cron_when_clocks_change() -> None:
    daily = Cron.read("0 30 2 * * ?")
    first = daily.after(datetime(2026, 3, 28, 12, tzinfo=BERLIN), BERLIN)
    assert first is not None and first.isoformat() == "2026-03-29T03:30:00+02:00"
    twice = daily.after(datetime(2026, 10, 24, 12, tzinfo=BERLIN), BERLIN)
    assert twice is not None and twice.isoformat() == "2026-10-25T02:30:00+02:00"
    again = daily.after(twice, BERLIN)
    assert again is not None and again.isoformat() == "2026-10-26T02:30:00+01:00"


@pytest.mark.parametrize("text", ["* * *", "61 * * * *", "x * * * *", "0 0 0 ? * 9", "*/0 * * * *", "0 0 25 * * ?"])
def test_what_is_no_cron_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Cron.read(text)


def test_working_days_know_holidays_and_make_up_weekends() -> None:
    calendar = BusinessCalendar(
        holidays=frozenset({date(2025, 10, 1)}), working_weekends=frozenset({date(2025, 9, 28)}), day_end=time(18)
    )
    friday = datetime(2025, 9, 26, 10, tzinfo=SHANGHAI)
    assert add(friday, read_period("2BD"), SHANGHAI, calendar).date() == date(2025, 9, 29)
