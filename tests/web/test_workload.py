"""Workload and the task board: how much lies on whom, and handing over across teams."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from engine import api, identity
from engine.store import tables as t
from tests.house import PASSWORD, House
from tests.web.conftest import Visitor
from tests.web.test_tasks import open_task

WHO = Callable[[str], Visitor]


def line_of(page: str, name: str) -> str:
    """The words of a person's row."""
    rows = re.findall(r"<tr><td>.*?</tr>", page, re.S)
    [row] = [one for one in rows if one.startswith(f"<tr><td>{name}")]
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def loaded(house: House) -> list[int]:
    """Three tasks of the relationship managers, all Li's: one weighs three points, one is overdue; Wang is away."""
    tasks = [open_task(house) for _ in range(3)]
    now, heavy, late = house.clock(), tasks[0], tasks[1]
    with house.writing() as session:
        for task in tasks:
            api.reassign(session, api.SYSTEM, task, "li", "集中办理")
        session.execute(sa.update(t.user_task).where(t.user_task.c.id == heavy).values(points=3))
        session.execute(sa.update(t.user_task).where(t.user_task.c.id == late).values(due_at=now - timedelta(hours=1)))
        session.execute(sa.update(t.person).where(t.person.c.id == "li").values(capacity=50))
        session.execute(sa.update(t.team).where(t.team.c.id == "rm").values(full_load=8))
        root = house.actor("root")
        api.set_absence(session, root, "wang", now - timedelta(days=1), now + timedelta(days=2), "zhao")
    return tasks


def test_workload_shows_points_against_capacity_what_is_overdue_and_who_is_away(house: House, visitor: WHO) -> None:
    loaded(house)
    page = visitor("owen").get("/workload?team=rm").get_data(as_text=True)
    assert line_of(page, "李雷") == "李雷 5 / 4 超出满负荷 3 1 50 %"
    assert line_of(page, "王芳").startswith("王芳 请假至") and "代理人：赵敏" in line_of(page, "王芳")
    assert line_of(page, "赵敏") == "赵敏 0 / 8 0 0 100 %"
    assert "3 项待办" in page and "5 分" in page and "1 项已逾期" in page


def test_a_lead_sees_the_people_of_the_team_and_a_member_their_own_line_alone(house: House, visitor: WHO) -> None:
    loaded(house)
    assert "赵敏" in visitor("hu").get("/workload").get_data(as_text=True)
    with house.writing() as session:
        identity.add_team(session, "rm", "客户经理", "Relationship managers", "zhao")
        identity.set_password(session, "zhao", PASSWORD)
    assert "李雷" in visitor("zhao").get("/workload").get_data(as_text=True)
    own = visitor("wang").get("/workload").get_data(as_text=True)
    assert "请假至" in own and "3 项待办" in own and "李雷" not in own and "超出满负荷" not in own


def test_a_crm_specialist_sees_the_tasks_of_all_teams_and_hands_them_over_across_them(
    house: House, visitor: WHO
) -> None:
    [one, late, _other] = loaded(house)
    with house.writing() as session:
        identity.add_team(session, "crm_specialist", "CRM 专员", "CRM specialists")
        identity.add_person(session, "ye", "叶青")
        identity.add_member(session, "crm_specialist", "ye")
        identity.set_password(session, "ye", PASSWORD)
    ye = visitor("ye")
    board = ye.get("/task-board?due=late").get_data(as_text=True)
    assert f"/tasks/{late}" in board and f"/tasks/{one}" not in board and 'id="team-rm"' in board
    given = ye.post("/task-board/hand-over", {"task": [one, late], "person": "陈 (chen)", "reason": "合规先看"})
    assert given.status_code == 302
    assert "已转交 2 项任务" in ye.get("/task-board").get_data(as_text=True)
    assert {row["assignee"] for row in house.rows(t.user_task, t.user_task.c.id.in_([one, late]))} == {"chen"}
    assert ye.post("/task-board/hand-over", {"person": "chen"}).status_code == 422
    assert visitor("li").get("/task-board").status_code == 403
