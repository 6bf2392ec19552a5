"""The track record holds what clients let the house show, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from handlers.records import cases
from handlers.records.changes import Stamp
from tests.house import House
from tests.web.conftest import Visitor


def test_the_track_record_shows_released_cases_alone(house: House, visitor: Callable[[str], Visitor]) -> None:
    hu = visitor("hu")
    assert "尚无客户同意展示的案例" in hu.get("/library/track-record").get_data(as_text=True)
    with house.writing() as session:
        stamp = Stamp(house.clock(), "tests", "tests")
        for number, name, released in ((1, "青海光伏", True), (2, "甘肃风电", False), (3, "宁夏储能", True)):
            values = {"name": name, "client_name": f"{name}公司", "amount": Decimal(300_000_000 * number),
                      "outcome": "restructured" if number == 3 else "repaid", "closed_on": date(2025, 6, number),
                      "confidential": False, "release_consent": released, "lessons": "只供内部"}  # fmt: skip
            cases.archive(session, f"PJ-2024-000{number}", values, stamp)
    page = hu.get("/library/track-record").get_data(as_text=True)
    assert "青海光伏公司" in page and "宁夏储能公司" in page and "1,200,000,000" in page
    assert "甘肃风电" not in page and "只供内部" not in page
