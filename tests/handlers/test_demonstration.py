"""Years of a house that nobody lived: everything goes through the processes, and the same seed gives the same."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path

from engine import api, watcher
from engine.settings import load
from engine.store import tables as t
from handlers import demo, reg_no
from handlers.demonstration.cast import deals
from handlers.demonstration.years import Present, live
from tests.bpmn.packages import FOLDER
from tests.house import SHANGHAI, House

END = datetime(2026, 3, 20, 18, 0, tzinfo=SHANGHAI)


def test_weeks_pass_in_which_inquiries_come_are_examined_and_nothing_breaks(tmp_path: Path) -> None:
    clock = Present(END - timedelta(days=24))
    runtime = api.open_engine(load(database_url=f"sqlite:///{tmp_path / 'years.db'}", data_dir=tmp_path), clock)
    api.migrate(runtime)
    with runtime.transaction() as session:
        demo.seed(session, clock())
    watcher.deploy_all(runtime, FOLDER, api.SYSTEM)
    told = live(runtime, clock, END, 2, 7)
    house = House(runtime, clock)  # type: ignore[arg-type]
    assert (told.inquiries, told.stuck, clock.at) == (2, {}, END)
    assert told.tasks > 10
    assert house.rows(t.incident) == []
    assert {"client_intake", "data_quality_review"} <= {
        row["process_key"] for row in house.rows(t.user_task) if row["state"] == "completed"
    }
    runtime.database.dispose()


def test_the_same_seed_brings_the_same_companies_each_with_a_valid_number() -> None:
    days = [date(2026, 3, day) for day in range(1, 29)]
    once, again = (list(deals(random.Random(5), days, 40)) for _ in range(2))
    assert once == again
    assert [deal.day for deal in once] == sorted(deal.day for deal in once)
    assert all(reg_no.check(deal.reg_no).ok for deal in once)
    assert len({deal.company for deal in once}) < 40, "some clients come again"
