"""What consoles ask over many cases: elements, variables, executions, subscriptions; bounded, newest case first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.house import House
from tests.web.engine_rest.conftest import PRINTING, Program
from tests.web.engine_rest.test_resources import WAITING
from web.engine_rest import past_activities

People = Callable[[str], Program]
ACTIVITIES = "/history/activity-instance"
TASK = '<serviceTask id="print" name="打印" camunda:type="external" camunda:topic="print"/>'
JAMS = """<scriptTask id="print" name="打印" scriptFormat="python"><extensionElements>
  <camunda:failedJobRetryTimeCycle>R1/PT1S</camunda:failedJobRetryTimeCycle></extensionElements>
  <script>for page in [1]: found = pages[page]</script></scriptTask>"""
OURS = "processDefinitionKey=waiting"


@pytest.fixture(scope="module")
def cases(shop: House, root: Program) -> list[str]:
    """Three cases, the oldest first: one at its task, two that wait for their message."""
    shop.deploy("waiting", waiting_bpmn=WAITING)
    found = []
    for number in (1, 2, 3):
        sent = {"businessKey": f"A-{number}", "variables": {"n": {"value": number}, "who": {"value": f"p{number}"}}}
        found.append(root.post("/process-definition/key/waiting/start", sent)["id"])
        shop.clock.move(seconds=30)
    root.post("/message", {"messageName": "paid", "businessKey": "A-1"}, 204)
    return found


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [one["processInstanceId"] for one in found]


def test_elements_are_asked_over_cases_newest_case_first(root: Program, cases: list[str]) -> None:
    first, second, third = cases
    assert ids(root.get(f"{ACTIVITIES}?{OURS}&activityId=wait")) == [third, second, first]
    assert ids(root.get(f"{ACTIVITIES}?{OURS}&activityId=wait&firstResult=1&maxResults=1")) == [second]
    assert ids(root.get(f"{ACTIVITIES}?{OURS}&activityId=wait&finished=true")) == [first]
    assert ids(root.get(f"{ACTIVITIES}?{OURS}&unfinished=true&sortBy=startTime&sortOrder=asc")) == [
        second,
        third,
        first,
    ]
    assert root.get(f"{ACTIVITIES}/count?{OURS}&activityType=startEvent") == {"count": 3}
    [definition] = {one["processDefinitionId"] for one in root.get(f"{ACTIVITIES}?{OURS}")}
    assert root.get(f"{ACTIVITIES}/count?processDefinitionId={definition}&executionId={first}&unfinished=true") == {
        "count": 1
    }


def test_elements_are_asked_by_who_had_the_task_and_when(root: Program, shop: House, cases: list[str]) -> None:
    [task] = root.get(f"/task?processInstanceId={cases[0]}")
    root.post(f"/task/{task['id']}/assignee", {"userId": "li"}, 204)
    [mine] = root.get(f"{ACTIVITIES}?taskAssignee=li&{OURS}")
    assert (mine["activityId"], mine["taskId"], mine["assignee"]) == ("thank", task["id"], "li")
    assert root.get(f"{ACTIVITIES}?activityInstanceId={mine['id']}") == [mine]
    began = root.get(f"{ACTIVITIES}?processInstanceId={cases[2]}&activityId=start")[0]["startTime"]
    after = {"startedAfter": began, "processDefinitionKey": "waiting"}
    assert root.post(ACTIVITIES, after) == root.get(f"{ACTIVITIES}?activityInstanceId={mine['id']}")


def test_a_list_that_would_read_too_much_says_what_to_ask(
    root: Program, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_activities, "MOST_CASES", 2)
    status, kind, message = root.refused("GET", f"{ACTIVITIES}?{OURS}&sortBy=startTime")
    assert (status, kind) == (400, "InvalidRequestException") and "processInstanceId" in message
    assert root.get(f"{ACTIVITIES}/count?processInstanceIdIn={cases[0]},{cases[1]}&activityId=start") == {"count": 2}


def test_lists_over_cases_are_for_those_who_operate(person: People, cases: list[str]) -> None:
    for path in (ACTIVITIES, "/variable-instance", "/history/variable-instance/count"):
        assert person("li").refused("GET", f"{path}?{OURS}")[:2] == (403, "AuthorizationException")
    assert person("li").get(f"{ACTIVITIES}?processInstanceId={cases[0]}&activityId=start")


@pytest.mark.parametrize("path", ["/variable-instance", "/history/variable-instance"])
def test_variables_are_asked_over_cases(root: Program, cases: list[str], path: str) -> None:
    asked = f"{path}?processInstanceIdIn={','.join(cases)}"
    assert [one["value"] for one in root.get(f"{asked}&variableName=n")] == [3, 2, 1]
    assert [one["name"] for one in root.get(f"{asked}&variableValues=n_gt_2")] == ["n"]
    assert [one["value"] for one in root.get(f"{path}?{OURS}&variableNameLike=w%25&sortBy=executionId")] == [
        "p1", "p2", "p3"
    ]  # fmt: skip
    assert root.post(f"{path}/count", {"processInstanceIdIn": cases, "variableNameIn": ["n"]}) == {"count": 3}
    one = root.get(f"{path}/n:{cases[1]}")
    assert (one["id"], one["type"], one["value"]) == (f"n:{cases[1]}", "Integer", 2)
    assert root.refused("GET", f"{path}/x:{cases[1]}")[0] == 404
    assert root.get(f"{path}?taskIdIn=7") == []


def test_decisions_are_counted(root: Program) -> None:
    assert root.get("/history/decision-instance/count?decisionDefinitionKey=none") == {"count": 0}
    later = "evaluatedAfter=2100-01-01T00:00:00.000%2B0000"
    assert root.get(f"/history/decision-instance/count?{later}") == {"count": 0}
    assert root.get(f"/history/decision-instance?{later}&sortBy=evaluationTime&sortOrder=desc") == []
    assert root.refused("GET", "/history/decision-instance?sortBy=evaluationTime&sortOrder=asc")[0] == 501


def test_executions_are_the_cases_that_stand_somewhere(root: Program, person: People, cases: list[str]) -> None:
    first, second, third = cases
    assert ids(root.get(f"/execution?{OURS}&activityId=wait")) == [second, third]
    assert ids(root.get("/execution?messageEventSubscriptionName=paid")) == [second, third]
    assert root.post("/execution/count", {"processVariables": [{"name": "n", "operator": "lt", "value": 3}]}) == {
        "count": 2
    }
    assert root.get(f"/execution/{first}") == {
        "id": first, "processInstanceId": first, "ended": False, "tenantId": None
    }  # fmt: skip
    assert root.refused("GET", "/execution/7") == (404, "InvalidRequestException", "Execution with id 7 does not exist")
    own = f"/execution/{first}/localVariables"
    root.put(f"{own}/note", {"value": "urgent", "type": "String"})
    root.post(own, {"modifications": {"n": {"value": 7, "type": "Integer"}}, "deletions": ["who"]}, 204)
    assert {name: one["value"] for name, one in root.get(own).items()} == {"note": "urgent", "n": 7, "who": None}
    assert person("li").refused("PUT", f"{own}/note", {"value": "x"})[0] == 403


def test_a_message_is_brought_to_one_execution(root: Program, person: People, cases: list[str]) -> None:
    third = cases[2]
    [listened] = root.get(f"/event-subscription?processInstanceId={third}&eventType=message")
    assert (listened["eventName"], listened["activityId"], listened["executionId"]) == ("paid", "wait", third)
    assert listened["createdDate"] is not None
    assert root.get("/event-subscription/count?eventName=ordered")["count"] >= 1  # of the start event
    assert person("li").refused("GET", "/event-subscription")[0] == 403
    at = f"/execution/{third}/messageSubscriptions/paid"
    assert root.get(at) == listened
    root.post(f"{at}/trigger", {"variables": {"paidOn": {"value": "today"}}}, 204)
    assert root.refused("GET", at)[0] == 404
    assert root.get(f"/execution/{third}/localVariables/paidOn")["value"] == "today"


def test_jobs_name_the_place_where_they_stand(root: Program, cases: list[str]) -> None:
    [place] = root.get("/job-definition?processDefinitionKey=waiting&activityIdIn=late")
    assert (place["jobType"], place["jobConfiguration"]) == ("timer-transition", "DURATION: P3D")
    assert root.get(f"/job-definition/{place['id']}") == place
    [job] = root.get(f"/job?jobDefinitionId={place['id']}&processInstanceId={cases[0]}")
    assert job["jobDefinitionId"] == place["id"]
    assert root.get("/job-definition/count?processDefinitionKey=waiting&jobType=async-continuation") == {"count": 0}
    assert root.refused("PUT", f"/job-definition/{place['id']}/suspended", {"suspended": True})[0] == 501
    assert root.refused("GET", "/job-definition/x:timer:7")[0] == 404


def test_a_process_owner_sets_variables_of_a_task_alone(root: Program, person: People, cases: list[str]) -> None:
    [task] = root.get(f"/task?processInstanceId={cases[0]}")
    at = f"/task/{task['id']}/localVariables"
    root.post(at, {"modifications": {"n": {"value": 9, "type": "Integer"}, "hint": {"value": "call first"}}}, 204)
    assert {name: one["value"] for name, one in root.get(at).items()} == {"n": 9, "hint": "call first"}
    assert root.get(f"/task/{task['id']}/variables")["n"]["value"] == 9
    assert root.get(f"/process-instance/{cases[0]}/variables/n")["value"] != 9
    [own] = root.get(f"/variable-instance?taskIdIn={task['id']}&variableName=n")
    assert (own["taskId"], own["processInstanceId"], own["value"]) == (task["id"], cases[0], 9)
    assert root.get(f"/variable-instance/{own['id']}") == own
    assert {one["taskId"] for one in root.get(f"/variable-instance?processInstanceIdIn={cases[0]}&variableName=n")} == {
        None, task["id"],
    }  # fmt: skip
    assert root.ask("DELETE", f"{at}/n").status_code == 204 and list(root.get(at)) == ["hint"]
    root.put(f"{at}/hint", {"value": None, "type": "Null"})
    assert root.get(f"{at}/hint")["type"] == "Null"
    assert person("li").refused("PUT", f"{at}/hint", {"value": "x"})[:2] == (403, "AuthorizationException")


def test_nothing_of_an_ended_case_goes_on(root: Program, cases: list[str]) -> None:
    assert root.ask("DELETE", f"/process-instance/{cases[1]}").status_code == 204
    found = root.get(f"{ACTIVITIES}?processInstanceId={cases[1]}&canceled=true")
    assert [(one["activityId"], one["endTime"] is not None) for one in found] == [("wait", True)]
    assert root.get(f"{ACTIVITIES}/count?processInstanceId={cases[1]}&finished=true") == {"count": 2}
    assert root.refused("GET", f"/variable-instance/n:{cases[1]}")[0] == 404  # of running cases alone
    assert root.get(f"/history/variable-instance/n:{cases[1]}")["value"] == 2


def test_failed_jobs_of_a_place_come_again(root: Program, shop: House) -> None:
    shop.deploy("broken", broken_bpmn=PRINTING.replace('"printing"', '"broken"').replace(TASK, JAMS))
    case = root.post("/process-definition/key/broken/start", {})["id"]
    shop.work()
    [place] = root.get("/job-definition?processDefinitionKey=broken&jobType=async-continuation")
    [failed] = root.get(f"/job?jobDefinitionId={place['id']}&noRetriesLeft=true")
    assert (failed["processInstanceId"], place["activityId"]) == (case, "print")
    root.put(f"/job-definition/{place['id']}/retries", {"retries": 2})
    assert root.get(f"/job/{failed['id']}")["retries"] == 2
    assert root.get(f"/job/count?jobDefinitionId={place['id']}&noRetriesLeft=true") == {"count": 0}
