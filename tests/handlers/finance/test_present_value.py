"""Discounting and rates of return."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from handlers.finance.exact import rounded
from handlers.finance.present_value import effective_rate, internal_rate, net_present_value
from tests.handlers.finance.money import many


@settings(max_examples=25, deadline=None)
@given(st.decimals("-0.5", "0.9", places=4), st.integers(1, 20))
def test_the_rate_that_made_the_flows_is_found_again(rate: Decimal, periods: int) -> None:
    flows = [Decimal(-1000)] + [Decimal(0)] * (periods - 1) + [Decimal(1000) * (1 + rate) ** periods]
    assert abs(internal_rate(flows) - rate) < Decimal("1e-12")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=20))
def test_at_the_rate_of_return_nothing_is_left(income: list[int]) -> None:
    flows = [Decimal(-1000), *map(Decimal, income)]
    assert abs(net_present_value(flows, internal_rate(flows))) < Decimal("1e-9")


def test_of_two_rates_the_one_nearest_to_nought_counts() -> None:
    dismantling = many(-1000, 800, 800, -500)
    assert rounded(internal_rate(dismantling), Decimal("0.0001")) == Decimal("0.1153")


@pytest.mark.parametrize("flows", [many(100, 200), many(-100, -1), many(0), many(1, -3, Decimal("2.5"))])
def test_flows_without_a_rate_are_refused(flows: tuple[Decimal, ...]) -> None:
    with pytest.raises(InvalidInput, match="cash_flows"):
        internal_rate(flows)


def test_a_nominal_rate_compounds_to_the_effective_one() -> None:
    assert rounded(effective_rate(Decimal("0.049"), 12), Decimal("0.000001")) == Decimal("0.050116")
    assert effective_rate(Decimal(0), 4) == 0
