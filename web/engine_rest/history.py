"""`/history`: what happened to cases, elements, tasks and variables. Law: read from what was written, never guessed.

Cases and tasks are listed over the whole house. Elements and variables are read from a case's own history, so these
lists need `processInstanceId`: without it they would read every case there ever was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from flask import Response

from engine import queries
from engine.queries import registers
from engine.queries.decisions import decisions as decisions_made
from engine.queries.registers import Wanted
from web.engine_rest import shapes, values
from web.engine_rest.access import require_operator, seen
from web.engine_rest.answers import Refused, invalid, said
from web.engine_rest.asking import Asked, definition_id, definition_of, id_of
from web.engine_rest.filters import (
    Filter,
    conditions,
    counted,
    ids,
    listed,
    moments,
    numbers,
    text,
    texts,
    variables,
    when,
)
from web.engine_rest.routes import Routes
from web.engine_rest.tasks import FILTERS as OPEN_TASK_FILTERS
from web.engine_rest.trouble import INCIDENT_FILTERS, INCIDENT_ORDERS
from web.scope import runtime

pages = Routes("/history")
ENDED = ["completed", "terminated", "cancelled", "failed"]
MOST_PASSAGES = 20_000
INSTANCE_ORDERS = {
    "instanceId": "id", "definitionId": "definition_id", "definitionKey": "key", "definitionName": "name",
    "definitionVersion": "version", "businessKey": "business_key", "startTime": "started_at", "endTime": "ended_at",
    "tenantId": "id",
}  # fmt: skip
INSTANCE_FILTERS: dict[str, Filter] = {
    "processInstanceId": ids("id"),
    "processInstanceIds": ids("id"),
    "processInstanceIdNotIn": ids("id", "not_in"),
    "processInstanceBusinessKey": text("business_key"),
    "processInstanceBusinessKeyIn": texts("business_key"),
    "processInstanceBusinessKeyLike": text("business_key", "like"),
    "processDefinitionId": ("definition_id", "eq", lambda asked, name: _definition(asked.text(name))),
    "processDefinitionKey": text("key"),
    "processDefinitionKeyIn": texts("key"),
    "processDefinitionKeyNotIn": texts("key", "not_in"),
    "processDefinitionName": text("name"),
    "processDefinitionNameLike": text("name", "like"),
    "superProcessInstanceId": ("parent_id", "eq", lambda asked, name: asked.id(name)),
    "rootProcessInstances": when("parent_id", "null", True),
    "startedBy": text("started_by"),
    "startedBefore": moments("started_at", "lt"),
    "startedAfter": moments("started_at", "gt"),
    "finishedBefore": moments("ended_at", "lt"),
    "finishedAfter": moments("ended_at", "gt"),
    "finished": when("ended_at", "null", False),
    "unfinished": when("ended_at", "null", True),
    "withIncidents": when("broken", "eq", True),
    "withRootIncidents": when("broken", "eq", True),
    "active": when("state", "eq", "active"),
    "suspended": when("state", "eq", "suspended"),
    "completed": when("state", "in", ["completed", "terminated"]),
    "externallyTerminated": when("state", "eq", "cancelled"),
    "internallyTerminated": when("state", "eq", "failed"),
}


def _definition(id: str | None) -> int | None:
    return None if id is None else definition_of(id)


@pages.get("/process-instance")
@pages.post("/process-instance")
def instances() -> Response:
    """Cases, running and ended."""
    asked = Asked()
    wanted = Wanted(
        conditions(asked, INSTANCE_FILTERS), order=(("id", False),), variables=variables(asked, "variables")
    )
    return listed("instances", asked, wanted, INSTANCE_ORDERS, lambda db, row: shapes.past_instance(row))


@pages.get("/process-instance/count")
@pages.post("/process-instance/count")
def instance_count() -> Response:
    """How many there are."""
    asked = Asked()
    found = conditions(asked, INSTANCE_FILTERS)
    return counted("instances", asked, Wanted(found, variables=variables(asked, "variables")))


@pages.get("/process-instance/<id>")
def instance(id: str) -> Response:
    """One case."""
    with runtime().reading() as db:
        return said(shapes.past_instance(_case(db, id)))


def _case(db: Any, id: str) -> Mapping[str, Any]:
    found = registers.rows(db, "instances", Wanted([("id", "eq", id_of(id))]))
    if not found:
        raise Refused(404, "InvalidRequestException", f"Historic process instance with id {id} does not exist")
    return found[0]


# ── tasks ──────────────────────────────────────────────────────────────────────────────────────────────────────

TASK_ORDERS = {
    "taskId": "id", "taskName": "name", "activityInstanceId": "id", "processDefinitionId": "definition_id",
    "processInstanceId": "instance_id", "executionId": "instance_id", "startTime": "created_at",
    "endTime": "completed_at", "taskAssignee": "assignee", "assignee": "assignee", "taskOwner": "owner",
    "owner": "owner", "dueDate": "due_at", "followUpDate": "follow_up_at", "priority": "priority",
    "taskDefinitionKey": "element", "taskDescription": "name", "deleteReason": "state", "tenantId": "id",
}  # fmt: skip
_SAME = ("processInstanceId", "processInstanceBusinessKey", "processInstanceBusinessKeyIn", "processDefinitionId",
         "processInstanceBusinessKeyLike", "processDefinitionKey", "processDefinitionName", "executionId",
         "taskDefinitionKey", "taskDefinitionKeyIn")  # fmt: skip
TASK_FILTERS: dict[str, Filter] = {name: OPEN_TASK_FILTERS[name] for name in _SAME} | {
    "taskId": ids("id"),
    "taskName": text("name"),
    "taskNameLike": text("name", "like"),
    "taskAssignee": text("assignee"),
    "taskAssigneeLike": text("assignee", "like"),
    "taskOwner": text("owner"),
    "taskPriority": numbers("priority", "eq"),
    "assigned": when("assignee", "null", False),
    "unassigned": when("assignee", "null", True),
    "finished": when("state", "ne", "open"),
    "unfinished": when("state", "eq", "open"),
    "processFinished": when("case_state", "in", ENDED),
    "processUnfinished": when("case_state", "in", ["active", "suspended"]),
    "taskDueDateBefore": moments("due_at", "lt"),
    "taskDueDateAfter": moments("due_at", "gt"),
    "startedBefore": moments("created_at", "lt"),
    "startedAfter": moments("created_at", "gt"),
    "finishedBefore": moments("completed_at", "lt"),
    "finishedAfter": moments("completed_at", "gt"),
    "taskInvolvedGroup": ("team_candidates", "in", lambda asked, name: asked.texts(name) or None),
    "taskHadCandidateGroup": ("team_candidates", "in", lambda asked, name: asked.texts(name) or None),
}


@pages.get("/task")
@pages.post("/task")
def tasks() -> Response:
    """Tasks that the caller sees or did."""
    asked = Asked()
    wanted = Wanted(
        conditions(asked, TASK_FILTERS), order=(("id", False),), variables=variables(asked, "processVariables")
    )
    return listed("tasks", asked, wanted, TASK_ORDERS, lambda db, row: shapes.past_task(row))


@pages.get("/task/count")
@pages.post("/task/count")
def task_count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("tasks", asked, Wanted(conditions(asked, TASK_FILTERS)))


# ── elements ───────────────────────────────────────────────────────────────────────────────────────────────────

ACTIVITY_ORDERS = {
    "activityInstanceId": "id", "instanceId": "processInstanceId", "executionId": "executionId",
    "activityId": "activityId", "activityName": "activityName", "activityType": "activityType",
    "startTime": "startTime", "endTime": "endTime", "duration": "durationInMillis",
    "definitionId": "processDefinitionId", "occurrence": "number", "tenantId": "id",
}  # fmt: skip


@pages.get("/activity-instance")
@pages.post("/activity-instance")
def activities() -> Response:
    """Passages through elements of a case."""
    asked = Asked()
    found = _asked_activities(asked)
    for name, falls in reversed(asked.order(ACTIVITY_ORDERS)):
        field = ACTIVITY_ORDERS[name]
        found.sort(key=lambda one: (one[field] is not None, one[field] or 0), reverse=falls)
    page = found[asked.first : asked.first + asked.most]
    return said([{name: value for name, value in one.items() if name != "number"} for one in page])


@pages.get("/activity-instance/count")
@pages.post("/activity-instance/count")
def activity_count() -> Response:
    """How many there are."""
    return said({"count": len(_asked_activities(Asked()))})


def _asked_activities(asked: Asked) -> list[dict[str, Any]]:
    exact = {
        "activityId": asked.text("activityId"),
        "activityName": asked.text("activityName"),
        "activityType": asked.text("activityType"),
        "assignee": asked.text("taskAssignee"),
        "id": asked.text("activityInstanceId"),
    }
    kept = [(name, value) for name, value in exact.items() if value is not None]
    finished, unfinished, canceled = (asked.flag(name) for name in ("finished", "unfinished", "canceled"))
    with runtime().reading() as db:
        row = _case(db, _required_case(asked))
        asked.done()
        found = passages(db, row)
    return [
        one
        for one in found
        if all(one[name] == value for name, value in kept)
        and (not finished or one["endTime"] is not None)
        and (not unfinished or one["endTime"] is None)
        and (not canceled or one["canceled"])
    ]


def _required_case(asked: Asked) -> str:
    wanted = asked.text("processInstanceId") or next(iter(asked.texts("processInstanceIdIn")), None)
    if wanted is None:
        raise invalid("processInstanceId is needed here: elements and variables are kept by case")
    return wanted


@pages.get("/activity-instance/<id>")
def activity(id: str) -> Response:
    """One passage."""
    with runtime().reading() as db:
        found = [one for one in passages(db, _case(db, id.split(":")[1] if ":" in id else "")) if one["id"] == id]
    if not found:
        raise Refused(404, "InvalidRequestException", f"Historic activity instance with id '{id}' does not exist")
    return said({name: value for name, value in found[0].items() if name != "number"})


def passages(db: Any, case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every passage of a case through an element, in the order in which they began."""
    zone, id = runtime().zone, str(case["id"])
    definition = definition_id(case["key"], case["version"], case["definition_id"])
    tasks = _tasks_by_element(db, case["id"])
    found: list[dict[str, Any]] = []
    inside: dict[str, deque[dict[str, Any]]] = {}
    for row in queries.history(db, case["id"], MOST_PASSAGES):
        if row.kind == "entered":
            began = {
                "number": len(found),
                "id": f"{row.element}:{id}:{len(found)}",
                "parentActivityInstanceId": id,
                "activityId": row.element,
                "activityName": row.name,
                "activityType": row.type,
                "processDefinitionKey": case["key"],
                "processDefinitionId": definition,
                "processInstanceId": id,
                "executionId": id,
                "taskId": None,
                "assignee": None,
                "calledProcessInstanceId": None,
                "calledCaseInstanceId": None,
                "startTime": values.moment(row.at, zone),
                "endTime": None,
                "durationInMillis": None,
                "canceled": False,
                "completeScope": False,
                "tenantId": None,
                "removalTime": None,
                "rootProcessInstanceId": str(case["root_id"]),
                "began": row.at,
            }
            if tasks.get(row.element):
                task = tasks[row.element].popleft()
                began |= {"taskId": str(task["id"]), "assignee": task["completed_by"] or task["assignee"]}
            found.append(began)
            inside.setdefault(row.element, deque()).append(began)
        elif row.kind in ("left", "cancelled") and inside.get(row.element):
            over = inside[row.element].popleft()
            over |= {
                "endTime": values.moment(row.at, zone),
                "durationInMillis": shapes.span(over["began"], row.at),
                "canceled": row.kind == "cancelled",
            }
    for one in found:
        del one["began"]
    return found


def _tasks_by_element(db: Any, instance_id: int) -> dict[str, deque[Mapping[str, Any]]]:
    found: dict[str, deque[Mapping[str, Any]]] = {}
    for row in registers.rows(db, "tasks", Wanted([("instance_id", "eq", instance_id)], most=MOST_PASSAGES)):
        found.setdefault(row["element"], deque()).append(row)
    return found


# ── variables, incidents, decisions ────────────────────────────────────────────────────────────────────────────


@pages.get("/variable-instance")
@pages.post("/variable-instance")
def variable_instances() -> Response:
    """The variables of a case, as they are or were at its end."""
    asked = Asked()
    found = _asked_variables(asked)
    return said(found[asked.first : asked.first + asked.most])


@pages.get("/variable-instance/count")
@pages.post("/variable-instance/count")
def variable_count() -> Response:
    """How many there are."""
    return said({"count": len(_asked_variables(Asked()))})


def _asked_variables(asked: Asked) -> list[dict[str, Any]]:
    name, like = asked.text("variableName"), asked.text("variableNameLike")
    value, names = asked.get("variableValue"), asked.texts("variableNameIn")
    with runtime().reading() as db:
        case = _case(db, _required_case(asked))
        asked.done()
        found = seen(registers.variables_of(db, case["id"]))
    return [
        _variable(case, one, content)
        for one, content in found.items()
        if (name is None or one == name)
        and (like is None or registers.compared(one, "like", like))
        and (not names or one in names)
        and (value is None or content == value)
    ]


def _variable(case: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    zone, id = runtime().zone, str(case["id"])
    return {
        "id": f"{name}:{id}",
        "name": name,
        **values.typed(value, zone),
        "processDefinitionKey": case["key"],
        "processDefinitionId": definition_id(case["key"], case["version"], case["definition_id"]),
        "processInstanceId": id,
        "executionId": id,
        "activityInstanceId": id,
        "taskId": None,
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "tenantId": None,
        "errorMessage": None,
        "state": "CREATED",
        "createTime": values.moment(case["started_at"], zone),
        "removalTime": None,
        "rootProcessInstanceId": str(case["root_id"]),
    }


@pages.get("/variable-instance/<id>")
def variable_instance(id: str) -> Response:
    """One variable of a case."""
    name, _, case_id = id.rpartition(":")
    with runtime().reading() as db:
        case = _case(db, case_id)
        found = seen(registers.variables_of(db, case["id"]))
    if name not in found:
        raise Refused(404, "InvalidRequestException", f"Variable instance with Id '{id}' does not exist.")
    return said(_variable(case, name, found[name]))


@pages.get("/incident")
def incidents() -> Response:
    """Incidents, open and resolved."""
    asked = Asked()
    orders = INCIDENT_ORDERS | {"createTime": "at", "endTime": "resolved_at"}
    return listed("incidents", asked, _wanted_incidents(asked), orders, lambda db, row: _past_incident(row))


@pages.get("/incident/count")
def incident_count() -> Response:
    """How many there are and were."""
    asked = Asked()
    return counted("incidents", asked, _wanted_incidents(asked))


def _wanted_incidents(asked: Asked) -> Wanted:
    more: dict[str, Filter] = {
        "open": when("resolved_at", "null", True),
        "resolved": when("resolved_at", "null", False),
        "createTimeBefore": moments("at", "lt"),
        "createTimeAfter": moments("at", "gt"),
        "endTimeBefore": moments("resolved_at", "lt"),
        "endTimeAfter": moments("resolved_at", "gt"),
    }
    require_operator(asked.get("processInstanceId"))
    return Wanted(conditions(asked, INCIDENT_FILTERS | more), order=(("at", True),))


def _past_incident(row: Mapping[str, Any]) -> dict[str, Any]:
    shown, zone = shapes.incident(row), runtime().zone
    del shown["incidentTimestamp"]
    return shown | {
        "createTime": values.moment(row["at"], zone),
        "endTime": values.moment(row["resolved_at"], zone),
        "open": row["resolved_at"] is None,
        "resolved": row["resolved_at"] is not None,
        "deleted": False,
        "processDefinitionKey": row["process_key"],
        "historyConfiguration": None,
        "removalTime": None,
        "rootProcessInstanceId": None,
    }


def _told(output: Any) -> Any:
    return seen(output) if isinstance(output, Mapping) else output


@pages.get("/decision-instance")
def decision_instances() -> Response:
    """Decisions that cases made, newest first, with what went in and came out."""
    asked = Asked()
    instance = asked.text("processInstanceId")
    require_operator(instance)
    key, process = asked.text("decisionDefinitionKey"), asked.text("processDefinitionKey")
    asked.flag("includeInputs"), asked.flag("includeOutputs")
    asked.done()
    zone, size = runtime().zone, asked.most or 1
    with runtime().reading() as db:
        found = decisions_made(
            db, instance_id=None if instance is None else id_of(instance), decision=key, key=process, size=size
        )
    return said(
        [
            {
                "id": str(row.id),
                "decisionDefinitionKey": row.decision,
                "evaluationTime": values.moment(row.at, zone),
                "processDefinitionKey": row.process_key,
                "processInstanceId": None if row.instance_id is None else str(row.instance_id),
                "activityId": row.element,
                "inputs": [
                    {"clauseName": name} | values.typed(value, zone) for name, value in seen(row.inputs).items()
                ],
                "outputs": [{"variableName": row.decision} | values.typed(_told(row.output), zone)],
                "ruleIds": [rule.rule for rule in row.fired],
            }
            for row in found
        ]
    )
