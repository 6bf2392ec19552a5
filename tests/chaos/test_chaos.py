"""The storm in its short form: everything is killed for some seconds on both databases, and nothing is missing."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from tests.chaos import processes
from tests.chaos.processes import Task
from tests.chaos.run import ENOUGH_DEATHS, Storm
from tests.patience import PATIENCE
from tests.stories.served import free_port

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


def test_a_worker_whose_database_is_away_at_the_start_is_told_from_one_that_broke(tmp_path: Path) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/nowhere"
    task = Task(tmp_path, nowhere, "smtp://127.0.0.1:9", "worker-0-0", seed=1)
    started = multiprocessing.get_context("spawn").Process(target=processes.worker, args=(task,))
    started.start()
    started.join(PATIENCE)
    assert started.exitcode == 1 and Storm.turned_away(task)
