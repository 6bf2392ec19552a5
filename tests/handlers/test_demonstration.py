"""Years of a house that nobody lived: everything goes through the processes, and the same seed gives the same."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from engine import api, verification, watcher
from engine.execution import Runtime
from engine.settings import load
from engine.store import tables as t
from handlers import demo, reg_no
from handlers.demonstration.cast import deals
from handlers.demonstration.years import Present, Told, live
from handlers.records.tables import party
from tests.bpmn.packages import FOLDER
from tests.house import SHANGHAI, House

END = datetime(2026, 3, 20, 18, 0, tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[House, Told]]]:
    """The same weeks lived twice, in a house and in a copy of it."""
    first, second = (tmp_path_factory.mktemp("weeks") / "house" for _ in range(2))
    clock, runtime = _opened(first)
    api.migrate(runtime)
    with runtime.transaction() as session:
        demo.seed(session, clock())
    watcher.deploy_all(runtime, FOLDER, api.SYSTEM)
    runtime.database.dispose()
    shutil.copytree(first, second)
    lived = []
    for folder in (first, second):
        clock, runtime = _opened(folder)
        told = live(runtime, clock, END, 2, 7)
        lived.append((House(runtime, clock), told))  # type: ignore[arg-type]
    yield lived
    for house, _ in lived:
        house.runtime.database.dispose()


def _opened(folder: Path) -> tuple[Present, Runtime]:
    clock = Present(END - timedelta(days=24))
    return clock, api.open_engine(load(database_url=f"sqlite:///{folder / 'years.db'}", data_dir=folder), clock)


def test_weeks_pass_in_which_inquiries_come_are_examined_and_nothing_breaks(weeks: list[tuple[House, Told]]) -> None:
    house, told = weeks[0]
    assert (told.inquiries, told.stuck, house.clock()) == (2, {}, END)
    assert told.tasks > 10
    assert house.rows(t.incident) == []
    assert {"client_intake", "data_quality_review"} <= {
        row["process_key"] for row in house.rows(t.user_task) if row["state"] == "completed"
    }


def test_what_was_lived_is_whole_sealed_and_counted(weeks: list[tuple[House, Told]]) -> None:
    house, _ = weeks[0]
    with house.looking() as session:
        verdict = verification.verify(session)
    assert verdict.broken == []
    assert house.rows(t.seal), "the chains are sealed"
    assert {row["state"] for row in house.rows(t.outbox)} == {"sent"}, "no mail waits to go out later"
    with house.runtime.database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "commits wait for the disk again"


def test_the_same_seed_brings_the_same_work(weeks: list[tuple[House, Told]]) -> None:
    def of(house: House) -> tuple[object, ...]:
        tasks = [
            (row["business_key"], row["element"], row["assignee"], row["state"], row["created_at"], row["due_at"])
            for row in sorted(house.rows(t.user_task), key=lambda row: row["id"])
        ]
        clients = [(row["legal_name"], row["reg_no"], row["tier"]) for row in house.rows(party)]
        return tasks, sorted(clients, key=str), Counter(row["kind"] for row in house.rows(t.notification))

    (once, told), (again, told_again) = weeks
    assert told == told_again
    assert of(once) == of(again)


def test_the_same_seed_brings_the_same_companies_each_with_a_valid_number() -> None:
    days = [date(2026, 3, day) for day in range(1, 29)]
    once, again = (list(deals(random.Random(5), days, 40)) for _ in range(2))
    assert once == again
    assert [deal.day for deal in once] == sorted(deal.day for deal in once)
    assert all(reg_no.check(deal.reg_no).ok for deal in once)
    assert len({deal.company for deal in once}) < 40, "some clients come again"
