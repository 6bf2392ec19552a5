"""What the tests of reading share."""

import pytest

from engine.process import support


@pytest.fixture
def everything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every feature counts as one that runs: what is read does not depend on what the kernel can do."""
    for feature in support.RUNS:
        monkeypatch.setitem(support.RUNS, feature, True)
