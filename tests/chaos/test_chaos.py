"""The storm in its short form: everything is killed for some seconds on both databases, and nothing is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import ENOUGH_DEATHS, Storm

SECONDS = 10
"""For each database, longer on a slow machine; `make chaos` storms for ten minutes and kills at every named place."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2026])
def test_nothing_is_lost_and_nothing_done_twice_whoever_is_killed(seed: int, database_url: str, tmp_path: Path) -> None:
    storm = Storm(tmp_path, database_url, SECONDS, seed, every_place=False).run()
    print(storm.summary, dict(storm.crashed))
    assert storm.findings == []
    assert storm.deaths() >= ENOUGH_DEATHS
    assert storm.summary["orders"] > 0  # type: ignore[operator]
