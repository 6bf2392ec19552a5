"""Real worker processes on one PostgreSQL: every job once, also when one of them stops or is killed on the way."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bench import houses
from bench.napping import SECONDS
from engine import api, crew, scheduler, wakeups, worker
from engine.execution import Runtime
from engine.registry import handles
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House
from tests.paths import ROOT
from tests.patience import PATIENCE, within

pytestmark = pytest.mark.postgres
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def runtime(postgres_server: str, postgres_with_people: str, tmp_path: Path) -> Iterator[Runtime]:
    """An engine on a database of its own with a case of one nap."""
    runtime, _ = houses.fresh(postgres_server, tmp_path, postgres_with_people)
    yield runtime
    runtime.database.dispose()


@pytest.fixture
def start(runtime: Runtime, tmp_path: Path) -> Iterator[Start]:
    """Start `dealflow worker`; keyword arguments are settings, `nap` how long a handler takes."""
    running: list[subprocess.Popen[str]] = []

    def one(nap: float = 0.02, **settings: object) -> subprocess.Popen[str]:
        told = houses.environment(runtime.settings.database_url, tmp_path) | {SECONDS: str(nap)}
        told |= {f"DEALFLOW_{name.upper()}": str(value) for name, value in settings.items()}
        command = [sys.executable, "-c", "from web.cli import main; main()", "worker"]
        process = subprocess.Popen(command, env=told, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None and "running" in process.stdout.readline()
        return process

    yield one
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def begin(runtime: Runtime, cases: int) -> list[int]:
    """Start cases in one commit."""
    with runtime.transaction() as session:
        return [api.start(session, api.SYSTEM, houses.CASE) for _ in range(cases)]


def finished(runtime: Runtime) -> int:
    with runtime.reading() as session:
        return session.scalar(sa.select(sa.func.count()).where(t.instance.c.state == "completed")) or 0


def until(met: Callable[[], bool], seconds: float = PATIENCE) -> None:
    limit = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < limit, "it did not come to that"
        time.sleep(0.02)


def napping(folder: Path, word: str = "begun", pid: int | None = None) -> list[tuple[float, str]]:
    """When and for which instance."""
    return [(nap[0], nap[2]) for nap in houses.naps(folder) if nap[1] == word and pid in (None, nap[5])]


def test_two_workers_share_two_hundred_jobs_and_each_is_done_once(
    runtime: Runtime, start: Start, tmp_path: Path
) -> None:
    workers = [start(nap=0.05, concurrency=4) for _ in range(2)]
    cases = begin(runtime, 200)
    until(lambda: finished(runtime) == 200)
    assert Counter(instance for _, instance in napping(tmp_path)) == {str(case): 1 for case in cases}
    shares = [len(napping(tmp_path, pid=worker.pid)) for worker in workers]
    assert min(shares) >= 20, shares


def test_a_worker_that_is_told_to_stop_ends_what_runs_and_others_go_on(
    runtime: Runtime, start: Start, tmp_path: Path
) -> None:
    stops, stays = (start(nap=0.4, concurrency=2) for _ in range(2))
    cases = begin(runtime, 24)
    until(lambda: len(napping(tmp_path, pid=stops.pid)) >= 2 and len(napping(tmp_path, pid=stays.pid)) >= 2)
    stops.send_signal(signal.SIGTERM)
    at = time.time()
    assert stops.wait(PATIENCE) == 0
    until(lambda: finished(runtime) == 24)
    assert Counter(instance for _, instance in napping(tmp_path)) == {str(case): 1 for case in cases}
    assert all(moment < at + within(1) for moment, _ in napping(tmp_path, pid=stops.pid))
    assert len(napping(tmp_path, "ended", stops.pid)) == len(napping(tmp_path, pid=stops.pid))


def test_what_does_not_end_in_time_is_given_back_and_goes_on_elsewhere_within_two_seconds(
    runtime: Runtime, start: Start, tmp_path: Path
) -> None:
    stops = start(nap=30, concurrency=2, stop_seconds=0.2)
    cases = begin(runtime, 2)
    until(lambda: len(napping(tmp_path)) == 2)
    stays = start(nap=0.02, concurrency=4)
    warm = begin(runtime, 1)
    until(lambda: finished(runtime) == len(warm))
    stops.send_signal(signal.SIGTERM)
    at = time.time()
    until(lambda: finished(runtime) == 3)
    assert {instance for _, instance in napping(tmp_path, pid=stays.pid)} == {str(case) for case in cases + warm}
    assert max(moment for moment, _ in napping(tmp_path)) - at < within(2.2)
    assert stops.wait(PATIENCE) == 0


def test_the_work_of_a_killed_worker_goes_on_elsewhere_when_its_lease_is_over(
    runtime: Runtime, start: Start, tmp_path: Path
) -> None:
    dies = start(nap=300, concurrency=3, lease_seconds=4)
    cases = begin(runtime, 3)
    until(lambda: len(napping(tmp_path)) == 3)
    time.sleep(5)  # it is alive, so nobody else may have them
    stays = start(concurrency=4, lease_seconds=4)
    warm = begin(runtime, 1)
    until(lambda: finished(runtime) == 1)
    assert [instance for _, instance in napping(tmp_path, pid=stays.pid)] == [str(case) for case in warm]
    dies.kill()
    at = time.time()
    until(lambda: finished(runtime) == 4)
    assert max(moment for moment, _ in napping(tmp_path)) - at < within(4 + 2.5)
    counted = Counter(instance for _, instance in napping(tmp_path))
    assert {case: counted[str(case)] for case in cases} == dict.fromkeys(cases, 2)


def test_the_look_at_what_is_ready_knows_every_duty() -> None:
    asked = worker._look(("in_app",)).statement.selected_columns.keys()
    assert sorted(asked) == sorted(worker._duties())


def test_work_of_which_nobody_was_told_is_found_by_the_sweep(runtime: Runtime, start: Start, tmp_path: Path) -> None:
    start(concurrency=2)
    begin(runtime, 1)
    until(lambda: finished(runtime) == 1)
    with runtime.reading() as session:  # the hints' connections break, and this process never told
        session.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dealflow hints'")
        )
    at = time.time()
    begin(runtime, 20)
    until(lambda: finished(runtime) == 21)
    assert max(moment for moment, _ in napping(tmp_path)) - at < within(10)  # how punctual the sweep is, bench/ tells


def test_hints_come_through_to_others_and_again_after_the_connection_broke(runtime: Runtime) -> None:
    heard: list[int] = []
    ears = wakeups.connect(runtime, heard.extend)
    assert ears is not None and ears.listening.wait(PATIENCE)
    try:
        runtime.tell(frozenset({3, 7}))
        until(lambda: heard == [3, 7] or heard == [7, 3])
        with runtime.transaction() as session:
            session.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'dealflow hints' AND datname = current_database()"
                )
            )
        heard.clear()

        def again() -> bool:
            runtime.tell(frozenset({5}))  # those told meanwhile are lost, as hints may be
            time.sleep(0.1)
            return 5 in heard

        until(again)
    finally:
        wakeups.close(ears)


def test_a_crew_in_this_process_does_what_it_is_told_at_once_and_stops(house: House) -> None:
    """On both databases, with sweeps too rare to help."""
    slow, go_on, done = threading.Event(), threading.Event(), []

    @handles("remote")
    def remote(ctx: object) -> None:
        done.append(1)

    @handles("slow")
    def slowly(ctx: object) -> None:
        slow.set()
        go_on.wait(PATIENCE)

    house.runtime.registry.add_functions(remote, slowly)
    house.deploy("one", p_bpmn=d.one_service("remote"))
    house.deploy("two", q_bpmn=d.one_service("slow").replace('process id="p"', 'process id="q"'))
    house.runtime.settings = house.runtime.settings.model_copy(update={"sweep_seconds": 3600.0})
    running = scheduler.start(house.runtime)
    if running.wakeups is not None:
        assert running.wakeups.listening.wait(PATIENCE)
    try:
        for _ in range(5):
            house.start("p")
        until(lambda: len(house.tasks()) == 5)
        held = house.start("q")
        assert slow.wait(PATIENCE)
    finally:
        back = running.shutdown(0.2)
        go_on.set()
        for thread in running.crew.threads:
            thread.join(PATIENCE)
    assert back == 1
    [job] = house.rows(t.job)
    assert (job["instance_id"], job["state"], job["lease_by"]) == (held, "ready", None)
    assert len(done) == 5


def test_a_crew_whose_database_went_away_goes_on_when_it_is_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine import leases
    from engine.errors import DatabaseUnavailable

    whole, failed = leases.claim, threading.Event()

    def claim(*given: object, **more: object) -> object:
        if not failed.is_set():
            failed.set()
            raise DatabaseUnavailable(reason="gone")
        return whole(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(leases, "claim", claim)
    monkeypatch.setattr(crew, "PAUSE", 0.05)

    @handles("remote")
    def remote(ctx: object) -> None:
        return None

    house.runtime.registry.add_functions(remote)
    house.deploy(p_bpmn=d.one_service("remote"))
    house.start("p")
    mine = crew.start(house.runtime, "crew")
    try:
        until(lambda: (crew.sweep(mine), len(house.tasks()) == 1)[1])
        assert failed.is_set()
    finally:
        assert crew.stop(mine, PATIENCE) == 0
    assert not any(thread.is_alive() for thread in mine.threads)


def test_a_worker_stops_even_when_its_database_is_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine import leadership, leases
    from engine.errors import DatabaseUnavailable

    begun, go_on = threading.Event(), threading.Event()

    @handles("slow")
    def slowly(ctx: object) -> None:
        begun.set()
        go_on.wait(PATIENCE)

    def gone(*given: object, **more: object) -> None:
        raise DatabaseUnavailable(reason="gone")

    house.runtime.registry.add_functions(slowly)
    house.deploy(p_bpmn=d.one_service("slow"))
    house.start("p")
    running = scheduler.start(house.runtime)
    try:
        assert begun.wait(PATIENCE)
        monkeypatch.setattr(leases, "give_back", gone)
        monkeypatch.setattr(leadership, "resign", gone)
        assert running.shutdown(0.1) == 1
    finally:
        go_on.set()
        for thread in running.crew.threads:
            thread.join(PATIENCE)
