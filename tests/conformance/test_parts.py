"""Every case with a parallel body agrees with the standard when its iterations are stored and loaded apart.

The sizes are those of no real model: one iteration is a large body here. The state is saved after each step and only
what the next one asks for is loaded again; the report, scope numbers and order included, is that of a whole state.
"""

from __future__ import annotations

from typing import Any

import pytest

from engine.play import play
from engine.process import parts
from tests.conformance.judging import Case
from tests.conformance.test_conformance import CASES

BODIES = [param for param in CASES if "multiInstance" in "".join(param.values[0].files)]


@pytest.fixture(scope="module")
def wholes() -> dict[str, dict[str, Any]]:
    """The report of a case whose state stays whole, by its name: test_conformance holds it to the standard."""
    return {}


@pytest.mark.parametrize("chunk", [1, 2, 3])
@pytest.mark.parametrize("case", BODIES)
def test_iterations_kept_in_parts_do_what_is_drawn(
    case: Case, chunk: int, wholes: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    files, told = [case.files] if isinstance(case.files, str) else case.files, {**case.head, "steps": case.steps}
    if case.name not in wholes:
        wholes[case.name] = play(files, told)
    monkeypatch.setattr(parts, "LARGE", 0)
    monkeypatch.setattr(parts, "CHUNK", chunk)
    for saved in (False, True):
        assert play(files, told, save_between_steps=saved) == wholes[case.name]


def test_there_are_many_cases_with_bodies() -> None:
    assert len(BODIES) > 40
