"""Camunda's resources one by one, as its reference describes them: what is answered, and what is refused how."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from engine.store import tables as t
from tests.house import House
from tests.web.engine_rest.conftest import PRINTING, Program
from web.extensions import limiter

People = Callable[[str], Program]

FAILING = PRINTING.replace('id="printing"', 'id="failing"').replace('topic="print"', 'topic="nobody"')
WAITING = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d2" targetNamespace="t">
  <message id="m" name="paid"/><message id="m0" name="ordered"/>
  <process id="waiting" name="等待付款" isExecutable="true">
    <startEvent id="start"/>
    <startEvent id="order"><messageEventDefinition messageRef="m0"/></startEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
    <sequenceFlow id="f0" sourceRef="order" targetRef="wait"/>
    <intermediateCatchEvent id="wait" name="等付款"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>
    <boundaryEvent id="late" attachedToRef="thank" cancelActivity="false">
      <timerEventDefinition><timeDuration xsi:type="tFormalExpression">P3D</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <sequenceFlow id="f3" sourceRef="late" targetRef="end"/>
    <sequenceFlow id="f2" sourceRef="wait" targetRef="thank"/>
    <userTask id="thank" name="致谢" camunda:candidateGroups="rm,compliance"/>
    <sequenceFlow id="f4" sourceRef="thank" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>
"""
TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="t" name="t" namespace="t">
  <decision id="discount" name="折扣"><decisionTable id="dt" hitPolicy="UNIQUE">
    <input id="i"><inputExpression id="ie" typeRef="number"><text>amount</text></inputExpression></input>
    <output id="o" name="rate" typeRef="number"/><output id="o2" name="who" typeRef="string"/>
    <rule id="r1"><inputEntry id="a"><text>&lt; 100</text></inputEntry>
      <outputEntry id="b"><text>0</text></outputEntry><outputEntry id="c"><text>"li"</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="e"><text>&gt;= 100</text></inputEntry>
      <outputEntry id="f"><text>0.05</text></outputEntry><outputEntry id="g"><text>"hu"</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>
"""


@pytest.fixture(scope="module", autouse=True)
def packages(shop: House) -> None:
    shop.deploy("waiting", waiting_bpmn=WAITING, table_dmn=TABLE)


def started(root: Program, key: str = "waiting", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = root.post(f"/process-definition/key/{key}/start", more)
    return found


def upload(program: Program, name: str, files: dict[str, str], **options: str) -> Any:
    parts: dict[str, Any] = {"deployment-name": name, "deployment-source": "Camunda Modeler", **options}
    parts |= {file: (io.BytesIO(content.encode()), file) for file, content in files.items()}
    return program.client.post("/engine-rest/deployment/create", data=parts, **program.how)


# ── who may ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_let_in_without_a_name(app: Any, person: People) -> None:
    stranger = Program(app.test_client())
    answer = stranger.ask("GET", "/process-definition")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.json is not None and answer.json["type"] == "AuthenticationException"
    assert Program(app.test_client(), auth=("root", "wrong")).refused("GET", "/task")[0] == 401
    assert person("li").get("/identity/me") == {"id": "li", "groups": ["rm"], "admin": False}


def test_who_guesses_is_told_to_wait(app: Any) -> None:
    stranger = Program(app.test_client())
    try:
        statuses = [stranger.ask("GET", "/version").status_code for _ in range(62)]
        assert statuses[0] == 401 and statuses[-1] == 429
        assert stranger.refused("GET", "/version")[1] == "RestException"
    finally:
        limiter.reset()


def test_rights_are_those_of_the_pages(person: People, root: Program, worker: Program) -> None:
    case = started(root)["id"]
    for program in (person("li"), worker):
        assert program.refused("DELETE", f"/process-instance/{case}")[:2] == (403, "AuthorizationException")
        assert upload(program, "sneaky", {"a.bpmn": PRINTING}).status_code == 403
    li = person("li").refused("POST", "/external-task/fetchAndLock", {"workerId": "w", "maxTasks": 1, "topics": []})
    assert li[:2] == (403, "AuthorizationException")
    assert person("owen").ask("DELETE", f"/process-instance/{case}").status_code == 204


def test_what_pages_hide_is_hidden_here(root: Program, worker: Program) -> None:
    variables = {"credit_score": {"value": 712, "type": "Integer"}, "amount": {"value": 5, "type": "Integer"}}
    case = started(root, variables=variables)["id"]
    assert set(root.get(f"/process-instance/{case}/variables")) == {"credit_score", "amount"}
    assert set(worker.get(f"/process-instance/{case}/variables")) == {"amount"}
    assert worker.refused("GET", f"/process-instance/{case}/variables/credit_score")[0] == 404
    assert worker.refused("GET", "/process-instance?variables=credit_score_gt_700")[:2] == (
        403,
        "AuthorizationException",
    )
    assert worker.refused("GET", "/incident")[0] == 403 and worker.get(f"/incident?processInstanceId={case}") == []


def test_the_same_stands_under_the_engines_name(root: Program) -> None:
    assert root.get("/engine") == [{"name": "default"}]
    assert root.get("/engine/default/version")["version"].startswith("7.24.0-dealflow")
    assert root.get("/engine/default/process-definition/count") == root.get("/process-definition/count")


def test_what_is_not_here_is_told_apart_from_what_is_nowhere(root: Program) -> None:
    assert root.refused("GET", "/case-definition")[:2] == (501, "NotSupportedException")
    assert root.refused("GET", "/no-such-thing")[:2] == (404, "NotFoundException")
    status, kind, message = root.refused("GET", "/task?caseDefinitionKey=x")
    assert (status, kind) == (501, "NotSupportedException") and "caseDefinitionKey" in message
    assert root.refused("GET", "/task?sortBy=colour")[:2] == (400, "InvalidRequestException")
    assert root.refused("POST", "/task", "{")[0] == 400


# ── deployment and definitions ─────────────────────────────────────────────────────────────────────────────────


def test_a_modeler_deploys_and_the_same_again_adds_nothing(person: People) -> None:
    owen = person("owen")
    first = upload(owen, "press", {"press.bpmn": PRINTING.replace('"printing"', '"press"')})
    assert first.status_code == 200 and first.json["name"] == "press"
    [(id, definition)] = first.json["deployedProcessDefinitions"].items()
    assert id == definition["id"] and id.startswith("press:1:") and definition["versionTag"] == "1.0"
    assert definition["historyTimeToLive"] == 180 and definition["resource"] == "press.bpmn"
    again = upload(owen, "press", {"press.bpmn": PRINTING.replace('"printing"', '"press"')})
    assert again.json["id"] == first.json["id"] and again.json["deployedProcessDefinitions"] is None
    [resource] = owen.get(f"/deployment/{first.json['id']}/resources")
    assert resource["name"] == "press.bpmn"
    data = owen.ask("GET", f"/deployment/{first.json['id']}/resources/{resource['id']}/data")
    assert data.data.startswith(b"<?xml") and "press.bpmn" in data.headers["Content-Disposition"]
    assert owen.get("/deployment?name=press&maxResults=5")[0]["id"] == first.json["id"]


def test_a_fault_is_told_by_resource_line_and_element(person: People) -> None:
    broken = PRINTING.replace('targetRef="read"', 'targetRef="nowhere"')
    answer = upload(person("owen"), "broken", {"broken.bpmn": broken})
    assert answer.status_code == 400 and answer.json["type"] == "ParseException"
    [error, *_] = answer.json["details"]["broken.bpmn"]["errors"]
    assert error["line"] > 0 and error["bpmnElementIds"] and error["message"]
    assert "broken.bpmn" in answer.json["message"] and person("owen").get("/deployment?name=broken") == []
    assert upload(person("owen"), "odd", {"../etc.bpmn": PRINTING}).status_code == 400


def test_a_changed_diagram_keeps_the_package_around_it(person: People, shop: House) -> None:
    owen, diagram = person("owen"), PRINTING.replace('"printing"', '"pair"')
    shop.deploy("pair", **{"a_bpmn": diagram, "tables/t_dmn": TABLE.replace("discount", "d2")})

    def names(deployed: Any) -> set[str]:
        return {one["name"] for one in owen.get(f"/deployment/{deployed.json['id']}/resources")}

    modelers = upload(owen, "pair", {"a.bpmn": diagram.replace("打印", "付印")})
    assert names(modelers) == {"a.bpmn", "tables/t.dmn"}
    table = upload(owen, "pair", {"t.dmn": TABLE.replace("discount", "d2").replace("0.05", "0.06")})
    assert names(table) == {"a.bpmn", "tables/t.dmn"} and len(table.json["deployedDecisionDefinitions"]) == 1
    alone = upload(owen, "pair", {"a.bpmn": diagram}, **{"deploy-changed-only": "false"})
    assert names(alone) == {"a.bpmn"}


def test_what_two_people_deploy_waits_for_the_second(person: People) -> None:
    two = '<extensionElements><camunda:properties><camunda:property name="deployment" value="second-person"/>'
    two += "</camunda:properties></extensionElements>"
    diagram = PRINTING.replace('"printing"', '"guarded"').replace(
        '<startEvent id="start"/>', f'{two}<startEvent id="start"/>'
    )
    answer = upload(person("owen"), "guarded", {"guarded.bpmn": diagram})
    assert answer.status_code == 403 and "two people" in answer.json["message"]
    assert person("owen").get("/process-definition/count?key=guarded") == {"count": 0}


def test_a_deployment_is_withdrawn_and_what_ran_before_it_runs_again(person: People) -> None:
    owen, diagram = person("owen"), PRINTING.replace('"printing"', '"gone"')
    first, second = (upload(owen, "gone", {"gone.bpmn": text}) for text in (diagram, diagram.replace("打印", "付印")))
    case = owen.post("/process-definition/key/gone/start")["id"]
    status, kind, message = owen.refused("DELETE", f"/deployment/{second.json['id']}")
    assert (status, kind) == (500, "ProcessEngineException") and "without cascading failed" in message
    assert person("li").refused("DELETE", f"/deployment/{second.json['id']}?cascade=true")[0] == 403
    assert owen.ask("DELETE", f"/deployment/{second.json['id']}?cascade=true").status_code == 204
    assert owen.refused("GET", f"/deployment/{second.json['id']}")[0] == 404
    assert owen.get(f"/history/process-instance/{case}")["state"] == "EXTERNALLY_TERMINATED"
    now = owen.get("/process-definition/key/gone")
    assert now["version"] == 3 and "打印" in owen.get(f"/process-definition/{now['id']}/xml")["bpmn20Xml"]
    assert owen.refused("DELETE", "/process-definition/key/gone")[0] == 501  # two versions: which deployment?
    assert owen.ask("DELETE", f"/process-definition/{now['id']}").status_code == 204
    left = owen.get("/deployment?name=gone")
    assert len(left) == 2 and first.json["id"] in {one["id"] for one in left}
    for one in sorted(left, key=lambda row: row["id"] != first.json["id"]):
        assert owen.ask("DELETE", f"/deployment/{one['id']}").status_code == 204
    assert owen.get("/deployment?name=gone") == [] and owen.get("/process-definition?key=gone") == []
    assert owen.refused("POST", "/process-definition/key/gone/start")[0] == 404
    assert upload(owen, "gone", {"gone.bpmn": diagram}).status_code == 200
    assert owen.post("/process-definition/key/gone/start")["id"]


def test_definitions_are_listed_counted_and_read(root: Program) -> None:
    [one] = root.get("/process-definition?key=waiting&latestVersion=true")
    assert one["name"] == "等待付款" and root.get("/process-definition/key/waiting") == one
    assert root.get(f"/process-definition/{one['id']}")["id"] == one["id"]
    assert root.get("/process-definition/count?key=waiting") == {"count": 1}
    assert "<process id=" in root.get(f"/process-definition/{one['id']}/xml")["bpmn20Xml"]
    status, kind, message = root.refused("GET", "/process-definition/key/nothing")
    assert (status, kind) == (404, "RestException") and "key: nothing" in message
    tagged = root.get("/process-definition?versionTag=1.0&sortBy=key&sortOrder=asc")
    assert tagged and {found["versionTag"] for found in tagged} == {"1.0"}


# ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────────


def moved(root: Program, at: str, source: str, enter: dict[str, Any]) -> list[str]:
    """Where a case stands after a token was moved."""
    root.post(f"{at}/modification", {"instructions": [{"type": "cancel", "activityId": source}, enter]}, 204)
    return [one["activityId"] for one in root.get(f"{at}/activity-instances")["childActivityInstances"]]


def test_of_a_group_of_filters_one_is_enough(root: Program) -> None:
    first, second, third = (
        started(root, variables={"n": {"value": n}}, businessKey=f"OR-{n}")["id"] for n in (1, 2, 3)
    )
    own: dict[str, Any] = {"processInstanceIds": [first, second, third]}
    by_key = {"businessKey": "OR-1", "variables": [{"name": "n", "operator": "gteq", "value": 3}]}
    assert [one["id"] for one in root.post("/process-instance", {**own, "orQueries": [by_key]})] == [first, third]
    both = {**own, "orQueries": [by_key, {"businessKeyLike": "OR-%"}], "businessKey": "OR-3"}
    assert root.post("/process-instance/count", both) == {"count": 1}
    assert root.post("/history/process-instance/count", {**own, "orQueries": [{"finished": True}]}) == {"count": 0}
    root.post("/message", {"messageName": "paid", "businessKey": "OR-2"}, 204)
    tasks = {
        "processInstanceIdIn": [first, second],
        "orQueries": [{"assignee": "nobody", "taskDefinitionKey": "thank"}],
    }
    assert [one["processInstanceId"] for one in root.post("/task", tasks)] == [second]
    assert root.refused("POST", "/task", {"orQueries": [{"caseInstanceId": "7"}]})[0] == 501
    assert root.refused("POST", "/task", {"orQueries": "x"})[0] == 400


def test_a_case_is_started_found_changed_held_and_ended(root: Program) -> None:
    typed = {"amount": {"value": 12.5, "type": "Double"}, "who": {"value": "李", "type": "String"}}
    case = started(root, variables=typed, businessKey="PJ-1", withVariablesInReturn=True)
    assert case["businessKey"] == "PJ-1" and case["ended"] is False and case["variables"]["amount"]["value"] == 12.5
    at = f"/process-instance/{case['id']}"
    query = {"processDefinitionKey": "waiting", "variables": [{"name": "amount", "operator": "gt", "value": 12}]}
    assert [one["id"] for one in root.post("/process-instance", query)] == [case["id"]]
    assert root.post("/process-instance/count", query | {"businessKey": "no"}) == {"count": 0}
    assert root.get("/process-instance?variables=who_eq_李&businessKey=PJ-1")[0]["id"] == case["id"]
    root.put(f"{at}/variables/day", {"value": "2026-03-02T09:00:00.000+0800", "type": "Date"})
    root.post(f"{at}/variables", {"modifications": {"n": {"value": 7, "type": "Long"}}, "deletions": ["who"]}, 204)
    found = root.get(f"{at}/variables")
    assert found["day"] == {"type": "Date", "value": "2026-03-02T09:00:00.000+0800", "valueInfo": {}}
    assert found["n"]["type"] == "Integer" and found["who"]["type"] == "Null"
    assert root.refused("GET", f"{at}/variables/none")[:2] == (404, "InvalidRequestException")
    bad = root.refused("PUT", f"{at}/variables/n", {"value": "seven", "type": "Integer"})
    assert bad[:2] == (400, "InvalidRequestException") and "'n'" in bad[2]
    tree = root.get(f"{at}/activity-instances")
    assert [one["activityId"] for one in tree["childActivityInstances"]] == ["wait"]
    root.put(f"{at}/suspended", {"suspended": True})
    root.put(f"{at}/suspended", {"suspended": True})
    assert root.get(at)["suspended"] is True
    root.put("/process-instance/suspended", {"suspended": False, "processInstanceIds": [case["id"]]})
    assert moved(root, at, "wait", {"type": "startBeforeActivity", "activityId": "thank"}) == ["thank"]
    given = {"variables": {"n": {"value": 8}}}
    assert moved(root, at, "thank", {"type": "startTransition", "transitionId": "f1", **given}) == ["wait"]
    assert root.get(f"{at}/variables/n")["value"] == 8
    assert moved(root, at, "wait", {"type": "startAfterActivity", "activityId": "wait"}) == ["thank"]
    for nowhere in (
        {"type": "startTransition", "transitionId": "x"},
        {"type": "startAfterActivity", "activityId": "end"},
    ):
        assert root.refused("POST", f"{at}/modification", {"instructions": [nowhere]})[0] == 400
    done = root.get(f"/history/user-operation?processInstanceId={case['id']}&sortBy=timestamp&sortOrder=asc")
    assert [one["operationType"] for one in done][-5:-3] == ["Activate", "ModifyProcessInstance"]
    [set_n] = [one for one in done if one["property"] == "day"]
    assert (set_n["operationType"], set_n["entityType"], set_n["userId"]) == (
        "ModifyVariable",
        "ProcessInstance",
        "root",
    )
    assert root.get(f"/history/user-operation/count?processInstanceId={case['id']}&operationType=Suspend") == {
        "count": 1
    }
    values = root.get(f"/history/detail?processInstanceId={case['id']}&variableUpdates=true&variableNameLike=n")
    assert [(one["value"], one["initial"]) for one in values] == [(7, True), (8, False)]
    assert root.refused("GET", "/history/detail")[0] == 400
    assert root.ask("DELETE", at).status_code == 204
    assert root.refused("GET", at)[:2] == (404, "InvalidRequestException")
    assert root.get(f"/history/process-instance/{case['id']}")["state"] == "EXTERNALLY_TERMINATED"


def test_files_and_bytes_are_carried_as_variables(root: Program) -> None:
    case = started(root)["id"]
    part = {"data": (io.BytesIO("合同".encode()), "合同.txt"), "valueType": "File"}
    url = f"/engine-rest/process-instance/{case}/variables/paper/data"
    assert root.client.post(url, data=part, **root.how).status_code == 204
    shown = root.get(f"/process-instance/{case}/variables/paper")
    assert shown["type"] == "File" and shown["value"] is None and shown["valueInfo"]["filename"] == "合同.txt"
    assert root.client.get(url, **root.how).data.decode() == "合同"


# ── messages and signals ───────────────────────────────────────────────────────────────────────────────────────


def test_a_message_finds_its_case_by_key_and_by_variables(root: Program, shop: House) -> None:
    for number in ("1", "2"):
        started(root, businessKey=f"M-{number}", variables={"order": {"value": number}})
    ambiguous = root.refused("POST", "/message", {"messageName": "paid", "correlationKeys": {}})
    assert ambiguous[:2] == (400, "MismatchingMessageCorrelationException")
    keys = {"order": {"value": "1", "type": "String"}}
    [result] = root.post("/message", {"messageName": "paid", "correlationKeys": keys, "resultEnabled": True})
    assert result["resultType"] == "Execution"
    assert shop.task("thank", int(result["execution"]["processInstanceId"]))
    assert root.ask("POST", "/message", {"messageName": "paid", "businessKey": "M-2"}).status_code == 204
    nobody = root.refused("POST", "/message", {"messageName": "paid", "businessKey": "M-2"})
    assert nobody[1] == "MismatchingMessageCorrelationException" and not shop.rows(
        t.message, t.message.c.state == "kept"
    )
    [begun] = root.post("/message", {"messageName": "ordered", "businessKey": "M-3", "resultEnabled": True})
    assert begun["resultType"] == "ProcessDefinition" and begun["processInstance"]["businessKey"] == "M-3"
    started(root, businessKey="M-4")
    everybody = root.post("/message", {"messageName": "paid", "all": True, "resultEnabled": True})
    assert len(everybody) >= 2 and root.ask("POST", "/signal", {"name": "nobody"}).status_code == 204


# ── tasks ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_task_is_found_claimed_delegated_and_completed(root: Program, person: People, shop: House) -> None:
    case = started(root, businessKey="T-1")
    root.post("/message", {"messageName": "paid", "businessKey": "T-1"}, 204)
    li, wang, chen = person("li"), person("wang"), person("chen")
    mine = "processInstanceBusinessKey=T-1&candidateGroup=rm&sortBy=created&sortOrder=desc"
    task = root.get(f"/task?{mine}&includeAssignedTasks=true")[0]
    assert task["name"] == "致谢" and task["processInstanceId"] == case["id"]
    id = task["id"]
    holder = task["assignee"]
    if holder is not None:
        person(holder).post(f"/task/{id}/unclaim", status=204)
    assert li.get(f"/task/count?{mine}") == {"count": 1}
    assert chen.get("/task?processInstanceBusinessKey=T-1&candidateGroup=compliance")[0]["id"] == id
    assert person("owen").get("/task?processInstanceBusinessKey=T-1") == []
    assert person("owen").refused("GET", f"/task/{id}")[:2] == (403, "AuthorizationException")
    li.post(f"/task/{id}/claim", {"userId": "li"}, 204)
    assert wang.refused("POST", f"/task/{id}/claim", {"userId": "wang"})[0] in (400, 403)
    links = li.get(f"/task/{id}/identity-links")
    assert {"type": "assignee", "userId": "li", "groupId": None} in links
    assert {"type": "candidate", "userId": None, "groupId": "compliance"} in links
    person("hu").post(f"/task/{id}/delegate", {"userId": "wang"}, 204)
    assert wang.get(f"/task/{id}")["delegationState"] == "PENDING" and wang.get(f"/task/{id}")["owner"] == "li"
    wang.post(f"/task/{id}/resolve", status=204)
    assert li.get(f"/task/{id}")["assignee"] == "li"
    comment = li.post(f"/task/{id}/comment/create", {"message": "已电话致谢"})
    assert li.get(f"/task/{id}/comment") == [comment] and comment["userId"] == "li"
    assert li.get(f"/task/{id}/variables") == {}
    variables = {"thanked": {"value": True, "type": "Boolean"}}
    done = li.post(f"/task/{id}/complete", {"variables": variables, "withVariablesInReturn": True})
    assert done["thanked"]["value"] is True
    assert li.refused("GET", f"/task/{id}")[:2] == (404, "RestException")
    [past] = li.get(f"/history/task?taskId={id}&finished=true")
    assert past["deleteReason"] == "completed" and past["assignee"] == "li" and past["duration"] is not None


# ── what failed, and timers ────────────────────────────────────────────────────────────────────────────────────


def test_work_without_retries_is_an_incident_until_it_gets_some(root: Program, shop: House, worker: Program) -> None:
    shop.deploy("failing", failing_bpmn=FAILING)
    case = started(root, "failing")["id"]
    topics = [{"topicName": "nobody", "lockDuration": 60_000}]
    [task] = worker.post("/external-task/fetchAndLock", {"workerId": "w", "maxTasks": 1, "topics": topics})
    told = {"workerId": "w", "errorMessage": "no ink", "errorDetails": "line 1\nline 2", "retries": 0}
    worker.post(f"/external-task/{task['id']}/failure", told, 204)
    [incident] = root.get(f"/incident?processInstanceId={case}")
    assert incident["incidentType"] == "failedExternalTask" and incident["incidentMessage"] == "no ink"
    assert root.get("/incident/count?incidentType=failedExternalTask") == {"count": 1}
    assert worker.get("/external-task?noRetriesLeft=true")[0]["id"] == task["id"]
    assert worker.ask("GET", f"/external-task/{task['id']}/errorDetails").data == b"line 1\nline 2"
    figures = {one["definition"]["key"]: one for one in root.get("/process-definition/statistics?incidents=true")}
    assert figures["failing"]["failedJobs"] == 1 and figures["failing"]["instances"] == 1
    [where] = root.get("/process-definition/key/failing/statistics")
    assert where["id"] == "print" and where["instances"] == 1 and where["failedJobs"] == 1
    root.put(f"/external-task/{task['id']}/retries", {"retries": 2})
    assert root.get(f"/incident?processInstanceId={case}") == []
    assert root.get(f"/history/incident?processInstanceId={case}")[0]["resolved"] is True
    [again] = worker.post("/external-task/fetchAndLock", {"workerId": "w", "maxTasks": 1, "topics": topics})
    worker.post(f"/external-task/{again['id']}/bpmnError", {"workerId": "w", "errorCode": "JAM"}, 204)
    assert shop.task("repair", int(case))


def test_a_timer_is_a_job_that_can_come_earlier(root: Program, shop: House) -> None:
    case = started(root, businessKey="J-1")["id"]
    root.post("/message", {"messageName": "paid", "businessKey": "J-1"}, 204)
    [job] = root.get(f"/job?processInstanceId={case}&timers=true")
    assert job["dueDate"] == "2026-03-05T09:00:00.000+0800" and root.get(f"/job/{job['id']}") == job
    root.put(f"/job/{job['id']}/duedate", {"duedate": "2026-03-04T09:00:00.000+0800"})
    assert root.get(f"/job/{job['id']}")["dueDate"] == "2026-03-04T09:00:00.000+0800"
    root.post(f"/job/{job['id']}/execute", status=204)
    shop.work()
    assert root.get(f"/job/count?processInstanceId={case}") == {"count": 0}


# ── history and decisions ──────────────────────────────────────────────────────────────────────────────────────


def test_the_history_of_a_case_is_told_by_element(root: Program, shop: House) -> None:
    case = started(root, businessKey="H-1", variables={"n": {"value": 3, "type": "Integer"}})["id"]
    shop.clock.move(seconds=30)
    root.post("/message", {"messageName": "paid", "businessKey": "H-1"}, 204)
    found = root.get(f"/history/activity-instance?processInstanceId={case}&sortBy=startTime&sortOrder=asc")
    told = [(one["activityId"], one["endTime"] is not None, one["durationInMillis"]) for one in found]
    assert told[:3] == [("start", True, 0), ("wait", True, 30_000), ("thank", False, None)]
    assert found[2]["taskId"] is not None and found[2]["activityType"] == "userTask"
    assert root.get(f"/history/activity-instance/count?processInstanceId={case}&unfinished=true") == {"count": 1}
    [variable] = root.get(f"/history/variable-instance?processInstanceId={case}")
    assert (variable["name"], variable["type"], variable["value"]) == ("n", "Integer", 3)
    [past] = root.get("/history/process-instance?processInstanceBusinessKey=H-1&unfinished=true")
    assert past["state"] == "ACTIVE" and past["startUserId"] == "root" and past["endTime"] is None


def test_a_decision_answers_rule_by_rule(root: Program) -> None:
    [one] = root.get("/decision-definition?key=discount&latestVersion=true")
    assert one["name"] == "折扣" and "decisionTable" in root.get(f"/decision-definition/{one['id']}/xml")["dmnXml"]
    asked = {"variables": {"amount": {"value": 250, "type": "Long"}}}
    [row] = root.post("/decision-definition/key/discount/evaluate", asked)
    assert row["rate"] == {"type": "Double", "value": 0.05, "valueInfo": {}} and row["who"]["value"] == "hu"
    assert root.refused("POST", "/decision-definition/key/none/evaluate", asked)[:2] == (404, "RestException")


def test_people_and_teams_are_found(root: Program, person: People) -> None:
    assert {"id": "rm", "name": "客户经理", "type": "WORKFLOW"} in root.get("/group")
    assert [one["id"] for one in root.get("/user?memberOfGroup=compliance")] == ["chen"]
    assert [one["id"] for one in root.get("/identity/groups?userId=li")["groups"]] == ["rm"]
    verified = person("li").post("/identity/verify", {"username": "li", "password": "no"})
    assert verified == {"authenticatedUser": "li", "authenticated": False}


def test_numbers_keep_their_digits(root: Program) -> None:
    exact = Decimal("12345678901234567890.123456789")
    body = '{"variables": {"a": {"value": 12345678901234567890.123456789, "type": "Double"}}}'
    answer = root.client.post(
        "/engine-rest/process-definition/key/waiting/start", data=body, content_type="application/json", **root.how
    )
    assert answer.json is not None, answer.text
    case = answer.json["id"]
    shown = root.ask("GET", f"/process-instance/{case}/variables/a").get_data(as_text=True)
    assert f'"value":{exact}' in shown
