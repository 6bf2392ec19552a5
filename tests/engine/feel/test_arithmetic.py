"""Arithmetic over every pair of kinds (DMN 1.5, tables 45 to 53), in decimal128."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.engine.feel.tables import run, shows, table


@table("""
    1 + 2 * 3 → 7
    (1 + 2) * 3 → 9
    10 - 3 - 2 → 5
    2 * 3 / 4 → 1.5
    1 / 3 → 0.3333333333333333333333333333333333
    2 / 3 → 0.6666666666666666666666666666666667
    1.0 + 1 → 2.0
    0.1 + 0.2 = 0.3 → true
    -3 ** 2 → 9
    3 ** 4 ** 5 → 3486784401
    2 ** -1 → 0.5
    2 ** 0.5 → 1.414213562373095048801688724209698
    0 ** 0 → 1
    -(2 + 3) → -5
    0 * -1 → 0
    1.23e4 → 12300
    1.5E-3 → 0.0015
    .5 + .25 → 0.75
    "a" + "b" → "ab"
    """)
def test_numbers_and_strings_compute(expression, value):
    assert shows(expression) == value


@table("""
    1 / 0 → null
    0 ** -1 → null
    10 ** 1000000000 → null
    10 ** 6000 * 10 ** 6000 → null
    (-8) ** (1 / 3) → null
    1e99999 → null
    "a" + 1 → null
    1 + null → null
    true + 1 → null
    "a" * 2 → null
    "a" - "b" → null
    -"a" → null
    [1] + [2] → null
    """)
def test_what_cannot_be_computed_is_null(expression, value):
    assert shows(expression) == value


@table("""
    @"2026-01-31" + @"P1M" → 2026-02-28
    @"2024-01-31" + @"P1M" → 2024-02-29
    @"2026-03-31" - @"P1M" → 2026-02-28
    @"2026-03-31" + @"P1D" → 2026-04-01
    @"PT25H" + @"2026-03-31" → 2026-04-01
    @"2026-03-31T23:00:00" + @"PT2H" → 2026-04-01T01:00:00
    @"2026-03-31T23:00:00+08:00" + @"P1Y" → 2027-03-31T23:00:00+08:00
    @"2026-03-29T01:30:00@Europe/Paris" + @"PT1H" → 2026-03-29T03:30:00@Europe/Paris
    @"2026-03-28T02:30:00@Europe/Paris" + @"P1M" → 2026-04-28T02:30:00@Europe/Paris
    @"23:30:00" + @"PT1H" → 00:30:00
    @"00:30:00" - @"PT1H" → 23:30:00
    @"2026-03-31" - @"2026-03-01" → P30D
    @"2026-03-31T10:00:00Z" - @"2026-03-31T10:00:00+08:00" → PT8H
    @"2026-03-31" - @"2026-03-30T12:00:00Z" → PT12H
    @"10:00:00" - @"11:30:00" → -PT1H30M
    @"P1D" + @"PT12H" → P1DT12H
    @"P1Y" - @"P3M" → P9M
    @"P1D" * 1.5 → P1DT12H
    3 * @"P5M" → P1Y3M
    @"P1D" / 4 → PT6H
    @"P1Y" / 5 → P2M
    @"P1D" / @"PT1H" → 24
    @"P1Y" / @"P1M" → 12
    -@"P1DT2H" → -P1DT2H
    -@"P14M" → -P1Y2M
    @"9999-12-31" + @"P1D" → 10000-01-01
    @"0001-01-01" - @"P1D" → 0000-12-31
    """)
def test_dates_and_durations_compute(expression, value):
    assert shows(expression) == value


@table("""
    @"2026-03-31" + @"2026-03-31" → null
    @"2026-03-31" - @"2026-03-30T12:00:00" → null
    @"2026-03-31T10:00:00Z" - @"2026-03-31T10:00:00" → null
    @"10:00:00Z" - @"10:00:00" → null
    @"P1Y" + @"P1D" → null
    2 / @"P1D" → null
    @"P1D" / @"PT0S" → null
    @"P1D" * 1e300 → null
    @"999999999-12-31" + @"P1D" → null
    """)
def test_what_has_no_date_or_duration_is_null(expression, value):
    assert shows(expression) == value


money = st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False, allow_infinity=False)


@given(money, money)
def test_sums_of_money_are_exact(a, b):
    assert run("a + b", {"a": a, "b": b}) == a + b
    assert run("a + b - b", {"a": a, "b": b}) == a


@given(money, money, money)
def test_chains_run_from_left_to_right(a, b, c):
    scope = {"a": a, "b": b, "c": c}
    assert run("a - b - c", scope) == run("(a - b) - c", scope)
    assert run("a - b * c", scope) == run("a - (b * c)", scope)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**6), 10**6).filter(bool))
def test_modulo_has_the_sign_of_the_divisor(dividend, divisor):
    """Python's integer modulo is the same function."""
    scope = {"a": Decimal(dividend), "b": Decimal(divisor)}
    assert run("modulo(a, b)", scope) == dividend % divisor


@given(st.dates(), st.integers(-10_000, 10_000))
def test_days_added_are_the_days_between(day, count):
    scope = {"day": day, "span": run(f'duration("{"-" if count < 0 else ""}P{abs(count)}D")')}
    assert run("(day + span) - day = span", scope) is True


@given(st.integers(), st.integers())
def test_integers_of_the_host_are_numbers(a, b):
    assert run("a < b or a > b or a = b", {"a": a, "b": b}) is True
