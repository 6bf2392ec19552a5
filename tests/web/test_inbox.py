"""The inbox: what is in whose list, taking and giving back, what the rows tell."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from engine import api, identity
from engine.store import tables as t
from tests.house import House
from tests.web.conftest import Visitor
from web.formats import relative
from web.inbox import columns

FACTS = {"client_name": "宁夏光伏", "project_name": "盐池 100MW", "amount": 125000000, "currency": "CNY"}


def test_a_row_shows_client_project_amount_and_due_time(house: House, visitor: Callable[[str], Visitor]) -> None:
    house.start("offer", **FACTS)
    text = visitor("li").get("/inbox?view=teams").get_data(as_text=True)
    assert "测算报价" in text and "宁夏光伏" in text and "盐池 100MW" in text
    assert "125,000,000" in text and "CNY" in text
    assert "2天后" in text
    house.clock.move(hours=13)  # days of the calendar: in the evening the day after tomorrow is no nearer
    assert "2天后" in visitor("li").get("/inbox?view=teams").get_data(as_text=True)


def test_no_deadline_looks_further_away_than_it_is(house: House, visitor: Callable[[str], Visitor]) -> None:
    app, said = visitor("li").client.application, dict[str, str]()
    with app.test_request_context("/", headers={"Accept-Language": "zh"}):
        for span in ("5:40", "23:50", "-5:40", "36:00", "240:00", "312:00", "432:00", "1464:00", "9000:00", "17600:00"):
            hours, minutes = span.split(":")
            away = timedelta(hours=abs(int(hours)), minutes=int(minutes)) * (-1 if span[0] == "-" else 1)
            said[span] = relative(house.clock() + away)
    assert list(said.values()) == [
        "5小时后", "23小时后", "5小时前", "1天后", "10天后", "13天后", "2周后", "2个月后", "12个月后", "2年后",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"client_name": None, "subject_name": "抽水蓄能"}, ("抽水蓄能", "")),
        ({"client_name": "港务", "project_name": "扩建", "stream_name": "财务尽调"}, ("港务", "扩建 · 财务尽调")),
        ({"client_name": "港务", "subject_name": "港务"}, ("港务", "")),
        ({"report_count": 3}, ("", "")),
    ],
)
def test_a_row_says_whom_it_is_about_and_what_tells_it_from_its_like(
    facts: dict[str, object], shown: tuple[str, str]
) -> None:
    assert columns.about(facts) == shown
    drawn = columns.amount({"draw_amount": 5, "draw_currency": "USD", "currency": "CNY"})
    assert drawn == (5, "USD") and columns.amount(facts)[0] is None


def test_a_claimed_task_leaves_the_others_list(house: House, visitor: Callable[[str], Visitor]) -> None:
    house.start("offer", **FACTS)
    task = house.task("assess")["id"]
    li, wang = visitor("li"), visitor("wang")
    row = li.client.post(f"/inbox/{task}/claim", headers={"X-CSRFToken": li.token, "HX-Request": "true"})
    assert row.status_code == 200 and f"/inbox/{task}/release" in row.get_data(as_text=True)
    assert "宁夏光伏" not in wang.get("/inbox?view=teams").get_data(as_text=True)
    assert "宁夏光伏" in li.get("/inbox").get_data(as_text=True)


def test_the_slower_of_two_is_told_who_has_it(house: House, visitor: Callable[[str], Visitor]) -> None:
    house.start("offer", **FACTS)
    task = house.task("assess")["id"]
    li, wang = visitor("li"), visitor("wang")
    li.client.post(f"/inbox/{task}/claim", headers={"X-CSRFToken": li.token, "HX-Request": "true"})
    late = wang.client.post(f"/inbox/{task}/claim", headers={"X-CSRFToken": wang.token, "HX-Request": "true"})
    assert late.status_code == 409 and "li" in late.get_data(as_text=True)


def test_overdue_tasks_are_red_and_counted(house: House, visitor: Callable[[str], Visitor]) -> None:
    house.start("offer", **FACTS)
    house.clock.move(days=3)
    text = visitor("li").get("/inbox?view=overdue").get_data(as_text=True)
    assert "df-late" in text and "df-tab-late" in text


def test_search_looks_into_the_facts(house: House, visitor: Callable[[str], Visitor]) -> None:
    house.start("offer", **FACTS)
    house.start("offer", **FACTS | {"client_name": "青海储能"})
    text = visitor("li").get("/inbox?view=teams&q=青海").get_data(as_text=True)
    assert "青海储能" in text and "宁夏光伏" not in text
    [task] = [one for one in house.tasks() if "青海储能" in str(one["facts"])]
    for words in ("OFFER 青海", "WORK out 青海", task["id"], f"青海 {task['instance_id']}"):
        answer = visitor("li").client.get(f"/inbox?view=teams&q={words}", follow_redirects=True)
        found = answer.get_data(as_text=True)
        assert "青海储能" in found and "宁夏光伏" not in found, words


def test_an_empty_list_says_what_to_do(visitor: Callable[[str], Visitor]) -> None:
    assert "没有等待您处理的任务" in visitor("li").get("/inbox").get_data(as_text=True)


def poll(li: Visitor, page: str) -> TestResponse:
    """Ask as the page does every few seconds, with the signature that stands in it."""
    [asked] = re.findall(r'hx-get="(/inbox/counts[^"]+)"', page)
    return li.get(unescape(asked), headers={"HX-Request": "true"})


def test_the_list_refreshes_when_a_count_has_changed(house: House, visitor: Callable[[str], Visitor]) -> None:
    li = visitor("li")
    page = li.get("/inbox?view=teams").get_data(as_text=True)
    assert poll(li, page).status_code == 204
    house.start("offer", **FACTS)
    changed = poll(li, page)
    assert changed.headers["HX-Trigger"] == "inbox-changed"
    assert poll(li, changed.get_data(as_text=True)).status_code == 204


def test_the_list_refreshes_when_another_task_stands_in_the_place_of_one(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    house.start("offer", **FACTS)
    first, li = house.task("assess"), visitor("li")
    page = li.get("/inbox?view=teams").get_data(as_text=True)
    with house.writing() as session:
        api.claim(session, identity.actor(session, "wang"), first["id"])
    house.start("offer", **FACTS)
    assert poll(li, page).headers["HX-Trigger"] == "inbox-changed"


def test_the_notices_of_months_stand_on_pages(house: House, visitor: Callable[[str], Visitor]) -> None:
    with house.writing() as session:
        for number in range(30):
            row = {"id": number + 1, "person_id": "li", "kind": "news", "link": "", "created_at": house.clock()}
            texts = {"text_zh": f"第 {number} 条", "text_en": f"number {number}"}
            session.execute(sa.insert(t.notification).values(**row, **texts))
    li = visitor("li")
    first, second = (li.get(f"/notifications?page={n}").get_data(as_text=True) for n in (1, 2))
    assert "第 29 条" in first and "第 0 条" not in first
    assert "第 0 条" in second
