"""Dates, times and durations: reading, writing, parts, zones, far years, nanoseconds."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.feel import wide as w
from engine.feel.values import YearsMonths
from tests.engine.feel.tables import run, shows, table


def test_ordinary_values_are_pythons_own():
    assert run('@"2026-03-31"') == date(2026, 3, 31)
    assert run('@"10:30:00.5"') == time(10, 30, 0, 500_000)
    assert run('@"2026-03-31T10:30:00Z"') == datetime(2026, 3, 31, 10, 30, tzinfo=UTC)
    assert run('@"2026-03-31T10:30:00@Asia/Shanghai"').tzinfo == ZoneInfo("Asia/Shanghai")
    assert run('@"P1DT2H"') == timedelta(days=1, hours=2)
    assert run('@"P1Y2M"') == YearsMonths(14)


@table("""
    date("2026-03-31") → 2026-03-31
    date(2026, 3, 31) → 2026-03-31
    date(date and time("2026-03-31T23:00:00Z")) → 2026-03-31
    date("2026-02-29") → null
    date("2026-3-1") → null
    date("+2026-03-01") → null
    date("02026-03-01") → null
    date("999999999-12-31") → 999999999-12-31
    date("-999999999-12-31") → -999999999-12-31
    date("9999999999-12-31") → null
    date(2026, 13, 1) → null
    date("-0044-03-15").weekday → 4
    time("10:30:00") → 10:30:00
    time("10:30:00.123456789") → 10:30:00.123456789
    time("10:30:00+08:00") → 10:30:00+08:00
    time("10:30:00Z") → 10:30:00Z
    time("10:30:00@Europe/Paris") → 10:30:00@Europe/Paris
    time("10:30:00@Nowhere/Town") → null
    time("10:30:00+19:00") → null
    time("10:30") → null
    time("25:00:00") → null
    time(10, 30, 0) → 10:30:00
    time(10, 30, 15.5) → 10:30:15.5
    time(10, 30, 0, @"PT8H") → 10:30:00+08:00
    time(10, 30, 0, @"-PT2H1M3S") → 10:30:00-02:01:03
    time(@"2026-03-31T10:30:00Z") → 10:30:00Z
    time(@"2026-03-31") → 00:00:00Z
    date and time("2026-03-31T10:30:00") → 2026-03-31T10:30:00
    date and time("2026-03-31") → 2026-03-31T00:00:00
    date and time("2026-03-31T24:00:00") → 2026-04-01T00:00:00
    date and time("2026-03-31T10:30:00+01:00@Europe/Paris") → null
    date and time(@"2026-03-31", @"10:30:00Z") → 2026-03-31T10:30:00Z
    date and time("99999-12-31T11:22:33") → 99999-12-31T11:22:33
    duration("P1Y14M") → P2Y2M
    duration("-P1DT25H") → -P2DT1H
    duration("PT0.5S") → PT0.5S
    duration("PT0.000000001S") → PT0.000000001S
    duration("P0D") → PT0S
    duration("PT1.S") → PT1S
    duration("P0Y") → P0M
    duration("P1Y1D") → null
    duration("P") → null
    duration("P1DT") → null
    duration("1D") → null
    years and months duration(@"2011-12-22", @"2013-08-24") → P1Y8M
    years and months duration(@"2013-08-24", @"2011-12-22") → -P1Y8M
    years and months duration(@"2026-01-31", @"2026-02-28") → P0M
    @"2026-13-01" → null
    @"10:30:00" → 10:30:00
    """)
def test_reading_and_writing(expression, value):
    assert shows(expression) == value


@table("""
    @"2026-03-31".year → 2026
    @"2026-03-31".month → 3
    @"2026-03-31".day → 31
    @"2026-03-31".weekday → 2
    @"2026-03-31".hour → null
    @"2026-03-31T10:30:15+08:00".time offset → PT8H
    @"2026-07-01T10:30:15@Europe/Paris".time offset → PT2H
    @"2026-03-31T10:30:15@Europe/Paris".timezone → "Europe/Paris"
    @"10:30:15".minute → 30
    @"10:30:15".timezone → null
    @"P1DT2H3M4S".days → 1
    @"P1DT2H3M4S".hours → 2
    @"P1DT2H3M4.5S".seconds → 4.5
    @"-P1DT2H".hours → -2
    @"P1Y2M".years → 1
    @"P1Y2M".months → 2
    @"P1Y2M".days → null
    [1..3).start → 1
    [1..3).end included → false
    (<= 3).start → null
    """)
def test_parts(expression, value):
    assert shows(expression) == value


@given(st.integers(-10_000, 12_000), st.integers(1, 12), st.integers(1, 28))
def test_days_are_numbered_without_gaps(year, month, day):
    number = w.day_number(w.make_date(year, month, day))
    assert w.from_day_number(number) == w.make_date(year, month, day)
    following = w.from_day_number(number + 1)
    assert w.day_number(following) == number + 1


@given(st.datetimes(timezones=st.just(ZoneInfo("Asia/Shanghai"))))
def test_a_date_and_time_survives_its_own_text(moment):
    written = shows("moment", {"moment": moment})
    assert run(f'@"{written}"') == moment


@given(st.timedeltas(timedelta(days=-100_000), timedelta(days=100_000)))
def test_a_duration_survives_its_own_text(span):
    assert run(f'@"{shows("span", {"span": span})}"') == span


@given(st.dates(), st.dates())
def test_months_between_two_dates_lead_from_one_to_the_other(start, end):
    scope = {"a": min(start, end), "b": max(start, end)}
    assert run("a + years and months duration(a, b) <= b", scope) is True
    assert run('a + years and months duration(a, b) + @"P1M" > b or b.day < a.day', scope) is True
