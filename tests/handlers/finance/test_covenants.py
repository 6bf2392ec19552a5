"""Covenants at their thresholds, headroom, cures, calendars of tests."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.process.businesstime import BusinessCalendar
from handlers.finance.covenant_calendar import each_date, generate_calendar
from handlers.finance.covenants import Thresholds, cure, headroom, status, tolerated_fall
from handlers.finance.exact import rounded

COVER = Thresholds(Decimal("1.05"), Decimal("1.15"), Decimal("0.10"))
LEVERAGE = Thresholds(Decimal("4.50"), Decimal("4.00"), Decimal("0.10"), "max")


@pytest.mark.parametrize(
    ("levels", "actual", "expected"),
    [
        (COVER, "1.0499", "DEFAULT"),
        (COVER, "1.05", "LOCK_UP"),
        (COVER, "1.15", "WATCH"),
        (COVER, "1.2649999999999999999999999999999999", "WATCH"),
        (COVER, "1.265", "COMPLIANT"),
        (COVER, "-3", "DEFAULT"),
        (COVER, None, "DATA_MISSING"),
        (COVER, "NaN", "DATA_MISSING"),
        (LEVERAGE, "4.51", "DEFAULT"),
        (LEVERAGE, "4.50", "LOCK_UP"),
        (LEVERAGE, "4.00", "WATCH"),
        (LEVERAGE, "3.61", "WATCH"),
        (LEVERAGE, "3.60", "COMPLIANT"),
        (LEVERAGE, None, "DATA_MISSING"),
    ],
)
def test_a_value_at_its_threshold_keeps_it(levels: Thresholds, actual: str | None, expected: str) -> None:
    assert status(None if actual is None else Decimal(actual), levels) == expected


@given(st.decimals("0", "3", places=4), st.decimals("0", "1", places=4))
def test_a_better_ratio_never_has_a_worse_status(actual: Decimal, more: Decimal) -> None:
    order = ["DEFAULT", "LOCK_UP", "WATCH", "COMPLIANT"]
    assert order.index(status(actual + more, COVER)) >= order.index(status(actual, COVER))


def test_levels_out_of_order_are_refused() -> None:
    with pytest.raises(InvalidInput, match="lock_up"):
        Thresholds(Decimal("1.15"), Decimal("1.05"), Decimal(0))
    with pytest.raises(InvalidInput, match="lock_up"):
        Thresholds(Decimal("4.0"), Decimal("4.5"), Decimal(0), "max")


def test_headroom_is_counted_in_per_cent_of_the_threshold() -> None:
    assert rounded(headroom(Decimal("1.40"), Decimal("1.05"))) == Decimal("33.33")
    assert headroom(Decimal("3.52"), Decimal("4.00"), "max") == 12
    assert headroom(Decimal("0.84"), Decimal("1.05")) == -20
    assert rounded(tolerated_fall(Decimal("1.40"))) == Decimal("28.57")
    with pytest.raises(InvalidInput):
        headroom(Decimal(1), Decimal(0))


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.decimals("0.5", "2", places=2))
def test_either_cure_brings_the_ratio_to_its_threshold(cfads: int, service: int, threshold: Decimal) -> None:
    flow, due = Decimal(cfads), Decimal(service)
    found = cure(flow, due, threshold)
    assert (flow + found.cash) / due >= threshold - Decimal("1e-20")
    left = due - found.debt_service_reduction
    assert flow >= threshold * left - Decimal("1e-20")
    if flow / due >= threshold:
        assert (found.cash, found.debt_service_reduction) == (0, 0)


def test_tests_stand_at_the_ends_of_periods_and_certificates_on_working_days() -> None:
    calendar = BusinessCalendar(holidays=frozenset({date(2026, 8, 14)}))
    found = generate_calendar("quarterly", date(2026, 3, 31), date(2026, 12, 31), calendar)
    assert [(one.period, one.end, one.due) for one in found] == [
        ("2026Q2", date(2026, 6, 30), date(2026, 8, 17)),
        ("2026Q3", date(2026, 9, 30), date(2026, 11, 16)),
        ("2026Q4", date(2026, 12, 31), date(2027, 2, 15)),
    ]
    yearly = generate_calendar("yearly", date(2026, 5, 1), date(2028, 12, 30), calendar)
    assert [(one.period, one.due) for one in yearly] == [("2026", date(2027, 4, 30)), ("2027", date(2028, 5, 1))]
    assert [one.period for one in generate_calendar("half_yearly", date(2026, 6, 30), date(2027, 6, 30), calendar)] == [
        "2026H2",
        "2027H1",
    ]
    with pytest.raises(InvalidInput):
        generate_calendar("weekly", date(2026, 1, 1), date(2027, 1, 1), calendar)
    ahead = each_date("quarterly", date(2026, 7, 14), date(2051, 12, 31), calendar)
    assert next(ahead) == found[1], "the next one is known without those of the 25 years after it"
