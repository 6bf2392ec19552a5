"""Whether a process is well, and what it counts, as load balancers and Prometheus see it."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from engine import scheduler
from engine.registry import handles
from tests.engine import diagrams as d
from tests.engine.test_timers import waiting
from tests.house import House
from tests.patience import PATIENCE
from tests.stories.served import free_port
from web import wellness


def look(port: int, path: str) -> tuple[int, str]:
    """Status and body."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


@pytest.fixture
def watched(house: House) -> Iterator[tuple[House, int, list[float]]]:
    """A house with its port, and when it last swept."""
    swept, port = [time.monotonic()], free_port()
    stop = wellness.serve_beside(house.runtime, port, lambda: swept[0])
    yield house, port, swept
    stop()


def test_a_process_is_live_and_ready_while_it_can_work(watched: tuple[House, int, list[float]]) -> None:
    _, port, swept = watched
    assert look(port, "/health/live") == (200, '{"status": "ok"}')
    assert look(port, "/health/ready") == (200, '{"status": "ready"}')
    assert look(port, "/elsewhere")[0] == 404
    swept[0] -= 100
    status, body = look(port, "/health/ready")
    assert status == 503 and re.fullmatch(r"the last sweep was 1\d\d s ago", json.loads(body)["reason"])
    assert look(port, "/health/live")[0] == 200


def test_a_process_whose_tables_are_of_another_release_is_not_ready(watched: tuple[House, int, list[float]]) -> None:
    house, port, _ = watched
    with house.writing() as session:
        session.execute(sa.text("DELETE FROM alembic_version"))
    status, body = look(port, "/health/ready")
    assert status == 503 and "no tables yet" in body
    with house.writing() as session:
        session.execute(sa.text("DROP TABLE alembic_version"))
    assert look(port, "/health/ready")[0] == 503


def figure(text: str, name: str) -> float:
    """The value of one line."""
    [line] = [line for line in text.splitlines() if line.startswith(name + " ")]
    return float(line.rpartition(" ")[2])


def test_metrics_tell_queues_incidents_steps_and_outcomes(watched: tuple[House, int, list[float]]) -> None:
    house, port, _ = watched

    @handles("remote", attempts=1)
    def remote(ctx: Any) -> None:
        raise ConnectionError

    house.runtime.registry.add_functions(remote)
    house.deploy("jobs", p_bpmn=d.one_service("remote"))
    house.deploy("timers", q_bpmn=waiting().replace('process id="p"', 'process id="q"'))
    failed = 'dealflow_jobs_total{outcome="incident",topic="remote"}'
    _, before = look(port, "/metrics")
    house.start("p")
    house.start("q")
    house.clock.move(hours=2)
    _, text = look(port, "/metrics")
    assert figure(text, 'dealflow_queue_age_seconds{kind="job"}') == 7200
    assert figure(text, 'dealflow_queue_age_seconds{kind="timer"}') == 3600
    assert figure(text, 'dealflow_jobs_waiting{state="ready"}') == 1
    house.work()
    _, text = look(port, "/metrics")
    assert figure(text, 'dealflow_queue_age_seconds{kind="job"}') == 0
    assert figure(text, 'dealflow_jobs_waiting{state="failed"}') == 1
    assert figure(text, "dealflow_incidents_open") == 1
    assert figure(text, failed) >= 1
    for name in ("dealflow_step_seconds_count", "dealflow_timer_lateness_seconds_count"):
        assert figure(text, name) > figure(before, name)


def test_a_worker_says_how_long_ago_it_swept(watched: tuple[House, int, list[float]]) -> None:
    house, port, _ = watched
    running = scheduler.start(house.runtime)
    try:
        _, text = look(port, "/metrics")
        assert 0 <= figure(text, "dealflow_sweep_lag_seconds") < 30
    finally:
        running.shutdown(1)
