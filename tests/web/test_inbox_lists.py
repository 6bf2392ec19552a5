"""What people make of their lists: filters of their own and shared, columns, many tasks at once, the calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from engine import api, identity
from handlers.records import custom, parties, projects
from handlers.records.changes import Stamp
from tests.house import House
from tests.web.conftest import Visitor
from tests.web.test_inbox import FACTS

JSON = {"Accept": "application/json"}


def start(house: House, *names: str) -> list[int]:
    """A case for each client; the ids of their tasks, oldest first."""
    for name in names:
        house.start("offer", **FACTS | {"client_name": name})
    return [int(task["id"]) for task in house.tasks()]


def test_a_filter_is_kept_with_its_count_and_shared_with_the_team(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    start(house, "宁夏光伏", "青海储能", "青海风电")
    li, wang, chen = visitor("li"), visitor("wang"), visitor("chen")
    saved = li.post("/inbox/filters", {"view": "teams", "q": "青海", "name": "青海的活", "share": "rm"})
    assert saved.status_code == 302
    for reader in (li, wang):
        text = reader.get("/inbox/filters").get_data(as_text=True)
        assert "青海的活" in text and re.search(r'df-count">2<', text)
    listed = wang.get(saved.headers["Location"]).get_data(as_text=True)
    assert "青海储能" in listed and "宁夏光伏" not in listed
    assert "青海的活" not in chen.get("/inbox/filters").get_data(as_text=True)
    other = {"view": "mine", "q": "青海", "name": "青海的活"}
    text = li.get("/inbox?view=mine&q=青海").get_data(as_text=True)
    assert "青海的活" in re.findall(r'data-taken="([^"]*)"', text)[0]
    assert li.post("/inbox/filters", other).status_code == 422  # it was not asked whether the other one may go
    assert li.get("/inbox/filters").get_data(as_text=True).count("view=teams") == 1
    assert li.post("/inbox/filters", other | {"replace": "1"}).status_code == 302
    assert li.post("/inbox/filters", {"view": "teams", "q": "青海", "name": "青海的活", "share": "rm", "replace": "1"})
    [kept] = re.findall(r'name="id" value="(\d+)"', li.get(saved.headers["Location"]).get_data(as_text=True))
    renamed = {"view": "teams", "q": "青海", "name": "青海来件", "share": "rm", "id": kept}
    assert wang.post("/inbox/filters", renamed).status_code == 404
    assert li.post("/inbox/filters", renamed).headers["Location"] == saved.headers["Location"]
    text = wang.get("/inbox/filters").get_data(as_text=True)
    assert "青海来件" in text and "青海的活" not in text
    [id] = re.findall(r"/inbox/filters/(\d+)/drop", li.get(f"/inbox/filters?at={at(saved)}").get_data(as_text=True))
    assert wang.post(f"/inbox/filters/{id}/drop").status_code == 403
    assert li.post(f"/inbox/filters/{id}/drop").status_code == 302
    assert "青海来件" not in wang.get("/inbox/filters").get_data(as_text=True)


def at(answer: object) -> str:
    from urllib.parse import quote

    return quote(answer.headers["Location"])  # type: ignore[attr-defined]


def test_a_filter_is_not_shared_with_somebody_elses_team(visitor: Callable[[str], Visitor]) -> None:
    answer = visitor("li").post("/inbox/filters", {"view": "mine", "q": "x", "name": "x", "share": "compliance"})
    assert answer.status_code == 422 and "请选择您所在的团队" in answer.get_data(as_text=True)


def test_everybody_chooses_their_own_columns_and_how_high_rows_are(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    start(house, "宁夏光伏")
    li = visitor("li")
    assert ">金额</th>" in li.get("/inbox?view=teams").get_data(as_text=True)
    li.post("/inbox/columns", {"column": ["case", "process", "created", "nothing"], "density": "dense"})
    text = li.get("/inbox?view=teams").get_data(as_text=True)
    assert ">金额</th>" not in text and "125,000,000" not in text and ">流程</th>" in text and "df-dense" in text
    assert ">金额</th>" in visitor("wang").get("/inbox?view=teams").get_data(as_text=True)
    li.post("/inbox/columns", {"column": ["created", "case", "process", "case"]})
    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)<', li.get("/inbox?view=teams").get_data(as_text=True))
    assert heads == ["任务", "收到时间", "客户与项目", "流程"]


def test_due_dates_teams_and_urgency_narrow_a_list(house: House, visitor: Callable[[str], Visitor]) -> None:
    start(house, "宁夏光伏")  # due on Wednesday
    li = visitor("li")
    shown = lambda query: "宁夏光伏" in li.get(f"/inbox?view=teams&{query}").get_data(as_text=True)  # noqa: E731
    assert shown("due=week") and not shown("due=today") and not shown("due=none") and not shown("urgent=1")
    assert shown("team=rm") and not shown("team=compliance")
    house.clock.move(days=3)
    assert shown("due=late") and shown("due=today")


def test_what_cannot_be_done_with_many_is_listed_with_its_reason(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    first, second, third = start(house, "宁夏光伏", "青海储能", "青海风电")
    with house.writing() as session:
        api.claim(session, identity.actor(session, "wang"), second)
    told = visitor("li").post("/inbox/many", {"do": "claim", "task": [first, second, third, 17]}, headers=JSON)
    assert told.status_code == 200
    assert told.json["done"] == 2
    reasons = {one["task"]: one["reason"] for one in told.json["refused"]}
    assert set(reasons) == {str(second), "17"} and "王芳" in reasons[str(second)]
    assert [task["assignee"] for task in house.tasks()] == ["li", "wang", "li"]


def test_a_lead_hands_over_and_moves_due_dates_of_many_and_others_may_not(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    ids = start(house, "宁夏光伏", "青海储能")
    hu, li = visitor("hu"), visitor("li")
    due = {"do": "due", "task": ids, "due": "2026-03-20T12:00"}
    refused = li.post("/inbox/many", due, headers=JSON).json
    assert refused["done"] == 0 and {one["reason"] for one in refused["refused"]} == {"无权操作：期限由主管调整"}
    assert hu.post("/inbox/many", due, headers=JSON).json == {"done": 2, "refused": []}
    assert {task["due_at"].isoformat() for task in house.tasks()} == {"2026-03-20T04:00:00+00:00"}
    assert hu.post("/inbox/many", {"do": "assign", "task": ids, "person": "zhao"}, headers=JSON).json["done"] == 2
    assert {task["assignee"] for task in house.tasks()} == {"zhao"}
    assert hu.post("/inbox/many", {"do": "assign", "task": ids}, headers=JSON).status_code == 422
    assert hu.get("/inbox/ids?view=all").json == {"tasks": [str(id) for id in ids]}


def test_the_calendar_shows_due_dates_holidays_and_make_up_days(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    start(house, "宁夏光伏")
    li = visitor("li")
    month = li.get("/inbox/calendar?view=teams").get_data(as_text=True)
    assert "宁夏光伏" in month and month.count("<td") == 42
    february = li.get("/inbox/calendar?view=teams&at=2026-02-10").get_data(as_text=True)
    assert "春节" in february and "调休上班" in february and "宁夏光伏" not in february
    week = li.get("/inbox/calendar?view=teams&span=week&at=2026-03-04").get_data(as_text=True)
    assert "宁夏光伏" in week and week.count("<td") == 7


def test_the_list_is_read_in_two_parts_and_nothing_is_lost_between_them(house: House) -> None:
    from engine import queries
    from engine.store import tables as t

    ids = start(house, *(f"客户{n}" for n in range(7)))
    with house.writing() as session:
        for id in ids[::2]:  # four of seven have no date
            session.execute(t.user_task.update().where(t.user_task.c.id == id).values(due_at=None))
        session.execute(
            t.user_task.update().where(t.user_task.c.id == ids[5]).values(due_at=house.clock() - timedelta(days=1))
        )
    with house.looking() as session:
        li = identity.actor(session, "li")
        whole = [task.id for task in queries.inbox(session, li, "teams").tasks]
        pages = [queries.inbox(session, li, "teams", page=n, size=2) for n in (1, 2, 3, 4, 5)]
    assert whole == [ids[5], ids[1], ids[3], *ids[::2]]
    assert [task.id for page in pages for task in page.tasks] == whole
    assert [page.total for page in pages] == [7] * 5


def test_the_house_s_own_fields_are_columns_beside_the_task(house: House, visitor: Callable[[str], Visitor]) -> None:
    with house.writing() as session:
        stamp = Stamp(house.clock(), "li", "interview")
        party = parties.create(session, {"legal_name": "青海储能"}, stamp, 2026)
        project = projects.create(session, {"name": "青海 100MW"}, stamp, 2026, "PJ-2026-0001")
        projects.give_role(session, party.id, project.id, "borrower", stamp)
        labels = [{"value": "a", "label": "一类", "label_en": "First"}]
        custom.define(session, "party", "class", "choice", "客户分类", "Class", stamp, choices=labels)
        custom.put(session, "party", party.id, {"class": "a"}, stamp)
        api.start(session, api.SYSTEM, "offer", FACTS, "PJ-2026-0001")
    li = visitor("li")
    assert "客户分类" in li.get("/inbox?view=teams").get_data(as_text=True), "it is offered"
    chosen = {"column": ["case", "own_party_class", "own_party_made_up"]}
    assert li.post("/inbox/columns", chosen).status_code == 302
    page = li.get("/inbox?view=teams").get_data(as_text=True)
    assert 'data-label="客户分类"><span>一类</span>' in page
