"""Several actors at one moment, without sleeping: barriers, and a look at who waits for a lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from tests.house import House

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def commits_of(house: House) -> list[sa.Connection]:
    """Grows with every commit of a unit of work from here on; those who only read keep nothing."""
    heard: list[sa.Connection] = []

    def hear(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get("dealflow_reading"):
            heard.append(connection)

    sa.event.listen(house.runtime.database, "commit", hear)
    return heard


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all of them from one barrier, each in a thread; what each returned, or the error that it raised."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@contextmanager
def behind(house: House, work: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Start `work` in a thread while the caller holds a lock; the body runs once it waits for one (PostgreSQL)."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        until_blocked(house, future)
        yield future


def until_blocked(house: House, future: Future[Any]) -> None:
    """Return when some connection of the house's database waits for a lock. Fails when the work ended before."""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(10_000):
        with house.looking() as session:
            if session.scalar(query):
                return
        assert not future.done(), future.exception() or "it never had to wait"
    raise AssertionError("nothing waits for a lock")


def errors(results: list[Any]) -> list[BaseException]:
    """Those of the results that are errors."""
    return [result for result in results if isinstance(result, BaseException)]
