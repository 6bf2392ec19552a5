"""Every case of every chapter agrees with the standard, saved between steps or not."""

from __future__ import annotations

import pytest

from tests.conformance import activities, borders, compensations, corners, events, flows, largebodies, plays
from tests.conformance.judging import Case, judge

CASES = [
    pytest.param(case, id=f"{chapter.__name__.rpartition('.')[2]}: {case.name}")
    for chapter in (flows, events, activities, compensations, corners, borders, plays, largebodies)
    for case in chapter.CASES
]


@pytest.mark.parametrize("case", CASES)
def test_what_is_drawn_is_what_happens(case: Case) -> None:
    assert judge(case) == []
