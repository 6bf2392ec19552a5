"""Amounts, rates and cash flows for property tests."""

from decimal import Decimal

from hypothesis import strategies as st

AMOUNTS = st.decimals("1000", "5000000000", places=2)
RATES = st.decimals("0", "0.15", places=6)
PERIODS = st.integers(1, 60)
CFADS = st.lists(st.decimals("10", "9000000", places=2), min_size=1, max_size=40)


def many(*values: object) -> tuple[Decimal, ...]:
    """Decimals of whatever is written shortest."""
    return tuple(Decimal(str(one)) for one in values)
