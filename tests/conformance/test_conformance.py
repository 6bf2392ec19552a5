"""Every case of every chapter agrees with the standard, saved between steps or not."""

from __future__ import annotations

import pytest

from tests.conformance.coverage import cases, name_of
from tests.conformance.judging import Case, judge

CASES = [pytest.param(case, id=name_of(chapter, case)) for chapter, case in cases()]


@pytest.mark.parametrize("case", CASES)
def test_what_is_drawn_is_what_happens(case: Case) -> None:
    assert judge(case) == []
