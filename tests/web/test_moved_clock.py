"""The demonstration clock, moved forward and back: pages tell no age below nothing."""

from __future__ import annotations

from collections.abc import Callable

from engine import outbox
from tests.house import House
from tests.web.conftest import Visitor


def test_what_happened_under_a_later_clock_is_told_by_its_moment(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    house.clock.move(days=5)
    house.start("offer")
    with house.writing() as session:
        outbox.add(session, "in_app", "li", "lead_no_candidate", {"client_name": "华丰"}, dedupe_key="k")
    house.work()
    li = visitor("li")
    assert "刚刚" in li.get("/notifications").get_data(as_text=True)
    house.clock.move(days=-5)
    for page in ("/notifications", "/instances", "/processes"):
        text = li.get(page).get_data(as_text=True)
        assert "5天后" not in text, page
    assert "2026-03-07 09:00" in li.get("/notifications").get_data(as_text=True)
