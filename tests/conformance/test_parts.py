"""Every case with a parallel body agrees with the standard when its iterations are stored and loaded apart.

The sizes are those of no real model: one iteration is a large body here. The state is saved after each step and only
what the next one asks for is loaded again; the report, scope numbers and order included, is that of a whole state.
"""

from __future__ import annotations

import pytest

from engine.play import play
from engine.process import parts
from tests.conformance.judging import Case, judge
from tests.conformance.test_conformance import CASES

BODIES = [param for param in CASES if "multiInstance" in "".join(param.values[0].files)]


@pytest.mark.parametrize("chunk", [1, 2, 3])
@pytest.mark.parametrize("case", BODIES)
def test_iterations_kept_in_parts_do_what_is_drawn(case: Case, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [case.files] if isinstance(case.files, str) else case.files
    whole = play(files, {**case.head, "steps": case.steps})
    monkeypatch.setattr(parts, "LARGE", 0)
    monkeypatch.setattr(parts, "CHUNK", chunk)
    assert judge(case) == []
    assert play(files, {**case.head, "steps": case.steps}, save_between_steps=True) == whole


def test_there_are_many_cases_with_bodies() -> None:
    assert len(BODIES) > 40
