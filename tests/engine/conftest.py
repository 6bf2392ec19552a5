"""What holds for every test of the engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import firing


@pytest.fixture(scope="session", autouse=True)
def no_batch_is_cut_short() -> Iterator[None]:
    """However slow the machine is: tests count what is done within one sweep."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(firing, "LONGEST_SECONDS", 600.0)
        yield
