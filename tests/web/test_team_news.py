"""What a team did and said stands on one page, for that team and for nobody else."""

from __future__ import annotations

from collections.abc import Callable

from engine import api
from tests.house import House
from tests.web.conftest import Visitor
from tests.web.test_beside_the_task import case_of
from tests.web.test_tasks import open_task

WHO = Callable[[str], Visitor]


def test_what_a_team_did_and_said_is_read_by_its_members_alone(house: House, visitor: WHO) -> None:
    done, talked = open_task(house), open_task(house)
    with house.writing() as session:
        li = house.actor("li")
        api.comment(session, li, case_of(house, talked), "客户下周补资料", talked)
        api.complete(session, li, done, {"price": "98.50", "advice": "go"})
    page = visitor("wang").get("/team-news").get_data(as_text=True)
    assert "由 李雷 办结" in page and "客户下周补资料" in page
    assert f"/tasks/{done}" in page and f"/tasks/{talked}" in page
    other = visitor("chen").get("/team-news").get_data(as_text=True)
    assert "团队近来没有动态" in other and "客户下周补资料" not in other
