"""Every case of every chapter agrees with the standard, saved between steps or not."""

from __future__ import annotations

import pytest

from tests.conformance import activities, borders, compensations, corners, events, flows, plays
from tests.conformance.judging import Case, judge

_CASES = [
    pytest.param(case, id=f"{chapter.__name__.rpartition('.')[2]}: {case.name}")
    for chapter in (flows, events, activities, compensations, corners, borders, plays)
    for case in chapter.CASES
]


@pytest.mark.parametrize("case", _CASES)
def test_what_is_drawn_is_what_happens(case: Case) -> None:
    assert judge(case) == []
