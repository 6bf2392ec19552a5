"""Starting a case by hand: who is offered it, the form's rules, the number it gets, and where one goes on."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine import api, watcher
from engine.store import tables as t
from tests.house import House
from tests.paths import ROOT
from tests.web import intake
from tests.web.conftest import Visitor

WHO = Callable[[str], Visitor]
START = "/processes/client_intake/start"


@pytest.fixture
def open_for_business(house: House) -> House:
    intake.deploy(house)
    return house


def send(person: Visitor, values: dict[str, Any]) -> Any:
    page = person.get(START).get_data(as_text=True)
    ticket = page.split('name="ticket" value="')[1].split('"')[0]
    return person.post(START, {"variables": json.dumps(values), "ticket": ticket})


def cases(house: House) -> list[Any]:
    return [row for row in house.rows(t.instance) if row["key"] == "client_intake"]


@pytest.mark.parametrize("path", ["/inbox", "/processes", "/processes/client_intake"])
def test_only_those_who_may_start_are_offered_a_new_case(open_for_business: House, visitor: WHO, path: str) -> None:
    assert START in visitor("li").get(path).get_data(as_text=True)
    assert START not in visitor("chen").get(path).get_data(as_text=True)


def test_a_called_process_is_not_offered(open_for_business: House, visitor: WHO) -> None:
    assert "/processes/kyc_onboarding/start" not in visitor("root").get("/processes").get_data(as_text=True)
    assert visitor("root").get("/processes/kyc_onboarding/start").status_code == 403


def test_who_may_not_start_is_refused_by_the_page_and_by_the_engine(open_for_business: House, visitor: WHO) -> None:
    chen = visitor("chen")
    assert chen.get(START).status_code == 403
    assert chen.post(START, {"variables": json.dumps(intake.INQUIRY), "ticket": "x"}).status_code == 403
    assert not cases(open_for_business)


def test_a_case_started_by_hand_has_a_number_its_starter_and_its_source(open_for_business: House, visitor: WHO) -> None:
    li = visitor("li")
    answer = send(li, intake.INQUIRY)
    assert answer.status_code == 302
    (case,) = cases(open_for_business)
    assert case["business_key"] == "PJ-2026-0001" and case["started_by"] == "li"
    assert open_for_business.variables(case["id"])["source"] == "manual"
    assert "PJ-2026-0001" in li.get(answer.headers["Location"]).get_data(as_text=True)


def test_a_process_names_the_prefix_of_its_own_numbers(house: House, visitor: WHO) -> None:
    outcome = watcher.deploy_folder(house.runtime, ROOT / "bpmn/complaint_response", api.SYSTEM)
    assert outcome.faults == () and outcome.error is None
    start = "/processes/complaint_response/start"
    told = {"kind": "complaint", "channel": "phone", "contact_name": "陈晓", "subject": "未到账", "text": "三周未到账"}
    visitor("li").post(start, {"variables": json.dumps(told), "ticket": "one"})
    (case,) = house.rows(t.instance)
    assert case["business_key"] == "CO-2026-0001"


def test_one_goes_on_to_the_first_task_when_it_is_theirs_else_to_the_case(
    open_for_business: House, visitor: WHO
) -> None:
    def landed(name: str, project: str) -> tuple[str, str]:
        where = send(visitor(name), intake.INQUIRY | {"project_name": project, "reg_no": "", "client_name": project})
        task = max(open_for_business.tasks(), key=lambda row: row["id"])
        return where.headers["Location"], f"/tasks/{task['id']}" if task["assignee"] == name else "/instances/"

    for name, project in (("li", "一号风电场"), ("wang", "二号光伏站"), ("hu", "三号储能站")):
        where, wanted = landed(name, project)
        assert where.startswith(wanted), name


def test_faults_come_back_with_what_was_entered(open_for_business: House, visitor: WHO) -> None:
    answer = send(visitor("li"), intake.INQUIRY | {"email": "nowhere", "client_name": ""})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "请填写有效的电子邮箱" in text and "盐池 100MW" in text
    assert not cases(open_for_business)


def test_the_same_sheet_sent_twice_is_one_case(open_for_business: House, visitor: WHO) -> None:
    li = visitor("li")
    li.get(START)
    data = {"variables": json.dumps(intake.INQUIRY), "ticket": "one-sheet"}
    assert li.post(START, data).headers["Location"] == li.post(START, data).headers["Location"]
    assert len(cases(open_for_business)) == 1


def test_an_expired_session_leads_back_to_the_form(open_for_business: House, visitor: WHO) -> None:
    li = visitor("li")
    li.get(START)
    li.client.delete_cookie("dealflow")
    answer = li.post(START, {"variables": "{}", "page": START})
    assert answer.status_code == 302 and f"next={START}" in answer.headers["Location"]
