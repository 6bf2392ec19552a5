"""Day counts at month ends and in leap years."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from engine.errors import InvalidInput
from handlers.finance.day_counts import (
    interest,
    thirty_days_bond,
    thirty_days_european,
    thirty_days_us,
    year_fraction,
)

D = date


@pytest.mark.parametrize(
    ("start", "end", "us", "bond", "european"),
    [
        (D(2025, 3, 31), D(2025, 6, 30), 90, 90, 90),
        (D(2025, 1, 15), D(2025, 1, 31), 16, 16, 15),
        (D(2025, 1, 30), D(2025, 3, 31), 60, 60, 60),
        (D(2024, 2, 29), D(2024, 8, 31), 180, 182, 181),
        (D(2025, 2, 28), D(2025, 8, 31), 180, 183, 182),
        (D(2024, 2, 29), D(2025, 2, 28), 360, 359, 359),
        (D(2024, 2, 28), D(2024, 3, 31), 33, 33, 32),
        (D(2024, 12, 31), D(2025, 1, 1), 1, 1, 1),
        (D(2025, 5, 5), D(2025, 5, 5), 0, 0, 0),
    ],
)
def test_months_of_thirty_days(start: date, end: date, us: int, bond: int, european: int) -> None:
    found = (thirty_days_us(start, end), thirty_days_bond(start, end), thirty_days_european(start, end))
    assert found == (us, bond, european)


def test_actual_days_are_counted_by_the_year_they_fall_in() -> None:
    found = year_fraction(D(2023, 11, 1), D(2024, 5, 1), "act_act_isda")
    assert abs(Fraction(found) - (Fraction(61, 365) + Fraction(121, 366))) < Fraction(1, 10**30)
    assert year_fraction(D(2024, 1, 1), D(2025, 1, 1), "act_act_isda") == 1
    assert year_fraction(D(2024, 1, 1), D(2025, 1, 1), "act_365") > 1


@pytest.mark.parametrize(
    ("convention", "due"),
    [("act_360", "663541.67"), ("act_365", "654452.05"), ("thirty_360_us", "656250.00"), ("act_act_isda", "654452.05")],
)
def test_interest_is_rounded_to_cents(convention: str, due: str) -> None:
    found = interest(Decimal(50_000_000), Decimal("0.0525"), D(2025, 3, 31), D(2025, 6, 30), convention)
    assert found == Decimal(due)


def test_unknown_conventions_and_time_backwards_are_refused() -> None:
    with pytest.raises(InvalidInput, match="unknown: 31/360"):
        year_fraction(D(2025, 1, 1), D(2025, 2, 1), "31/360")
    with pytest.raises(InvalidInput, match="lies before"):
        year_fraction(D(2025, 2, 1), D(2025, 1, 1), "act_360")
