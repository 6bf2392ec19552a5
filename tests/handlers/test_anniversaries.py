"""Days on which birthdays and anniversaries fall, in both calendars."""

from datetime import date

import pytest

from handlers.anniversaries import occurrences


def days(born: str, calendar: str, first: str, last: str) -> list[str]:
    found = occurrences(date.fromisoformat(born), calendar, date.fromisoformat(first), date.fromisoformat(last))
    return [one.isoformat() for one in found]


def test_a_birthday_on_29_february_is_kept_on_the_28th_of_other_years() -> None:
    assert days("1980-02-29", "solar", "2027-02-20", "2028-03-10") == ["2027-02-28", "2028-02-29"]


def test_a_span_over_new_year_finds_both_sides_and_the_day_itself_is_no_anniversary() -> None:
    assert days("1980-01-02", "solar", "2026-12-30", "2027-01-05") == ["2027-01-02"]
    assert days("2026-03-02", "solar", "2026-03-01", "2027-03-02") == ["2027-03-02"]


@pytest.mark.parametrize(
    ("born", "year", "day"),
    [
        ("1975-01-01", 2026, "2026-02-17"),  # 春节 2026
        ("1975-01-01", 2027, "2027-02-06"),  # 春节 2027
        ("1968-08-15", 2026, "2026-09-25"),  # 中秋 2026
        ("1968-05-05", 2025, "2025-05-31"),  # 端午 2025
        ("1970-12-30", 2025, "2025-01-28"),  # 甲辰年腊月 has 29 days only: kept on the 29th, the eve of 29 January 2025
        ("1972-12-08", 2026, "2026-01-26"),  # 腊八: its lunar year 2025 ends in solar 2026
        ("1971-06-10", 2025, "2025-07-04"),  # 2025 has two sixth months: the ordinary one counts
    ],
)
def test_a_lunar_birthday_moves_with_the_lunar_calendar(born: str, year: int, day: str) -> None:
    assert days(born, "lunar", f"{year}-01-01", f"{year}-12-31")[:1] == [day]
