"""The task page: filling in, drafts, completing, and what the slower of two is told."""

import json
import re
from collections.abc import Callable

from werkzeug.test import TestResponse

from engine import api, identity
from tests.house import House
from tests.web.conftest import Visitor

WHO = Callable[[str], Visitor]
FACTS = {"client_name": "宁夏光伏", "amount": 125000000, "currency": "CNY"}


def open_task(house: House, by: str = "li") -> int:
    """A claimed task of a new case."""
    instance = house.start("offer", **FACTS)
    task = int(house.task("assess", instance)["id"])
    with house.writing() as session:
        api.claim(session, house.actor(by), task)
    return task


def complete(visitor: Visitor, task: int, **values: object) -> TestResponse:
    visitor.get(f"/tasks/{task}")
    return visitor.post(f"/tasks/{task}/complete", {"variables": json.dumps(values)})


def test_the_page_holds_form_diagram_history_and_guidance(house: House, visitor: WHO) -> None:
    task = open_task(house)
    text = visitor("li").get(f"/tasks/{task}").get_data(as_text=True)
    assert "data-form" in text and f'data-draft-url="/tasks/{task}/draft"' in text
    assert "data-bpmn-viewer" in text and "先看现金流" in text and "业务开始" in text
    assert "<script>" not in text and "style=" not in text


def test_the_form_speaks_english_on_an_english_page(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    li.post("/language", {"language": "en", "next": "/inbox"})
    text = li.get(f"/tasks/{task}").get_data(as_text=True)
    assert "Work out the offer" in text and "Cash flow first" in text and '"label": "Price"' in text


def test_completing_moves_the_case_on_and_says_what_comes_next(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    answer = complete(li, task, price="98.50", advice="go")
    assert answer.status_code == 302
    text = li.get("/inbox").get_data(as_text=True)
    assert "“测算报价”已完成" in text and "复核" in text
    assert f'data-forget-kept="/tasks/{task}/draft"' in text


def test_faults_come_back_at_their_fields_and_nothing_entered_is_lost(house: House, visitor: WHO) -> None:
    task = open_task(house)
    answer = complete(visitor("li"), task, price="0.001", advice="stop", reason="太短")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "不得小于 1" in text and "最多保留 2 位小数" in text and "至少填写 5 个字符" in text
    assert "太短" in text and '"price": "0.001"' in text
    assert house.task("assess")["state"] == "open"


def test_the_next_task_opens_unless_the_person_does_not_want_it(house: House, visitor: WHO) -> None:
    first, second = open_task(house), open_task(house)
    li = visitor("li")
    assert complete(li, first, price="98", advice="go").headers["Location"] == f"/tasks/{second}"
    third = open_task(house)
    li.post("/preferences", {"next": "/inbox"})
    assert complete(li, second, price="98", advice="go").headers["Location"] == "/inbox"
    assert third


def test_a_task_completed_elsewhere_is_told_politely(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li, tab = visitor("li"), visitor("li")
    tab.get(f"/tasks/{task}")
    complete(li, task, price="98", advice="go")
    assert "已由 李雷" in tab.get(f"/tasks/{task}/state", headers={"HX-Request": "true"}).get_data(as_text=True)
    late = tab.post(f"/tasks/{task}/complete", {"variables": json.dumps({"price": "99", "advice": "go"})})
    assert late.status_code == 302
    text = tab.get(f"/tasks/{task}").get_data(as_text=True)
    assert "未重复办理" in text and "已由 李雷" in text and "data-readonly" in text and '"price": "98"' in text


def test_a_draft_is_kept_unchecked_and_offered_again(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    li.get(f"/tasks/{task}")
    put = li.client.put(
        f"/tasks/{task}/draft", json={"variables": {"price": "not yet"}}, headers={"X-CSRFToken": li.token}
    )
    assert put.status_code == 200
    text = visitor("li").get(f"/tasks/{task}").get_data(as_text=True)
    assert "not yet" in text and "data-draft-saved" in text
    assert "草稿" in li.get("/inbox").get_data(as_text=True)


def test_somebody_elses_task_cannot_be_completed(house: House, visitor: WHO) -> None:
    task = open_task(house, by="li")
    answer = complete(visitor("wang"), task, price="98", advice="go")
    assert answer.status_code == 403
    assert "li" in answer.get_data(as_text=True)


def test_a_task_of_another_team_is_not_shown(house: House, visitor: WHO) -> None:
    task = open_task(house)
    answer = visitor("chen").get(f"/tasks/{task}")
    assert answer.status_code == 403 and "职责范围" in answer.get_data(as_text=True)


def test_a_lead_reassigns_with_a_reason(house: House, visitor: WHO) -> None:
    task = open_task(house)
    hu = visitor("hu")
    assert "转交" in hu.get(f"/tasks/{task}").get_data(as_text=True)
    hu.post(f"/tasks/{task}/reassign", {"person": "wang", "reason": "李雷休假"})
    assert house.task("assess")["assignee"] == "wang"
    assert "李雷休假" in visitor("wang").get(f"/tasks/{task}").get_data(as_text=True)


def test_releasing_keeps_what_was_entered_as_a_draft(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    li.get(f"/tasks/{task}")
    li.post(f"/tasks/{task}/release", {"variables": json.dumps({"price": "77"})})
    assert house.task("assess")["assignee"] is None
    assert "77" in visitor("wang").get(f"/tasks/{task}").get_data(as_text=True)


def test_four_eyes_are_told_by_name(house: House, visitor: WHO) -> None:
    task = open_task(house)
    with house.writing() as session:
        identity.add_member(session, "rm_head", "li")
    li = visitor("li")
    complete(li, task, price="98", advice="go")
    check = house.task("check")["id"]
    answer = complete(li, check)
    assert answer.status_code == 403
    text = answer.get_data(as_text=True)
    assert "另一人" in text, re.findall(r"<p[^>]*>([^<]+)", text)


def test_what_is_no_json_is_refused_with_its_place(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    li.get(f"/tasks/{task}")
    answer = li.post(f"/tasks/{task}/complete", {"variables": "{not json"})
    assert answer.status_code == 422 and "JSON" in answer.get_data(as_text=True)


def test_an_unknown_task_is_a_plain_404(visitor: WHO) -> None:
    answer = visitor("li").get("/tasks/4711")
    assert answer.status_code == 404 and "4711" in answer.get_data(as_text=True)
