"""`/history`: what happened to cases and tasks, incidents, decisions. Law: read from what was written, never guessed.

Elements (`past_activities`) and variables (`variables`) are kept by case, and told by rooms of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from engine.queries import registers
from engine.queries.decisions import decisions as decisions_made
from engine.queries.registers import Wanted
from handlers import sights
from web.engine_rest import shapes, values
from web.engine_rest.access import actor, require_operator, seen
from web.engine_rest.answers import Refused, said, unsupported
from web.engine_rest.asking import Asked, definition_of, id_of
from web.engine_rest.elsewhere import FIGURES
from web.engine_rest.filters import (
    Filter,
    conditions,
    counted,
    either,
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
    "activeActivityIdIn": ("waits_at", "in", lambda asked, name: asked.texts(name) or None),
    "executedActivityIdIn": ("passed_any", "in", lambda asked, name: asked.texts(name) or None),
    "subProcessInstanceId": ("calls", "eq", lambda asked, name: asked.id(name)),
    "active": when("state", "eq", "active"),
    "suspended": when("state", "eq", "suspended"),
    "completed": when("state", "in", ["completed", "terminated"]),
    "externallyTerminated": when("state", "eq", "cancelled"),
    "internallyTerminated": when("state", "eq", "failed"),
}


def _definition(id: str | None) -> int | None:
    return None if id is None else definition_of(id)


def _ended_as(reason: str | None) -> str | None:
    """State of a task behind `deleteReason`: `completed`, `deleted`; any other is nobody's."""
    return None if reason is None else {"completed": "completed", "deleted": "cancelled"}.get(reason, "")


@pages.get("/process-instance/report")
@pages.get("/task/report")
def report() -> Response:
    """Refused: our reports are other ones."""
    raise unsupported(f"A report of the history ({FIGURES})")


@pages.get("/process-instance")
@pages.post("/process-instance")
def instances() -> Response:
    """Cases, running and ended."""
    asked = Asked()
    return listed(
        "instances", asked, _wanted_instances(asked), INSTANCE_ORDERS, lambda db, row: shapes.past_instance(row)
    )


@pages.get("/process-instance/count")
@pages.post("/process-instance/count")
def instance_count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("instances", asked, _wanted_instances(asked))


def _wanted_instances(asked: Asked) -> Wanted:
    where, groups = conditions(asked, INSTANCE_FILTERS), either(asked, INSTANCE_FILTERS, "variables")
    return Wanted(where, order=(("id", False),), variables=variables(asked, "variables"), groups=groups)


@pages.get("/process-instance/<id>")
def instance(id: str) -> Response:
    """One case."""
    with runtime().reading() as db:
        return said(shapes.past_instance(case_of(db, id)))


def case_of(db: Any, id: str) -> Mapping[str, Any]:
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
    "taskOwnerLike": text("owner", "like"),
    "taskDeleteReason": ("state", "eq", lambda asked, name: _ended_as(asked.text(name))),
    "taskDueDate": moments("due_at", "eq"),
    "withoutTaskDueDate": when("due_at", "null", True),
    "taskFollowUpDate": moments("follow_up_at", "eq"),
    "taskFollowUpDateBefore": moments("follow_up_at", "lt"),
    "taskFollowUpDateAfter": moments("follow_up_at", "gt"),
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
    return listed("tasks", asked, _wanted_tasks(asked), TASK_ORDERS, lambda db, row: shapes.past_task(row))


@pages.get("/task/count")
@pages.post("/task/count")
def task_count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("tasks", asked, _wanted_tasks(asked))


def _wanted_tasks(asked: Asked) -> Wanted:
    where, groups = conditions(asked, TASK_FILTERS), either(asked, TASK_FILTERS, "processVariables")
    return Wanted(where, order=(("id", False),), variables=variables(asked, "processVariables"), groups=groups)


# ── incidents, decisions ─────────────────────────────────────────────────────────────────────────────────────────


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
    return seen({"output": output})["output"]


DECISION_FILTERS: dict[str, Filter] = {
    "processInstanceId": ("instance_id", "eq", lambda asked, name: asked.id(name)),
    "decisionDefinitionKey": text("decision"),
    "processDefinitionKey": text("process_key"),
    "evaluatedAfter": moments("at", "ge"),
    "evaluatedBefore": moments("at", "lt"),
}


@pages.get("/decision-instance")
def decision_instances() -> Response:
    """Decisions that cases made, newest first, with what went in and came out."""
    asked = Asked()
    instance = asked.text("processInstanceId")
    require_operator(instance)
    key, process = asked.text("decisionDefinitionKey"), asked.text("processDefinitionKey")
    asked.flag("includeInputs"), asked.flag("includeOutputs")
    since, until = asked.moment("evaluatedAfter"), asked.moment("evaluatedBefore")
    asked.done()
    if any(not falls for _, falls in asked.order({"evaluationTime": "at"})):
        raise unsupported("The oldest decisions first (evaluatedAfter and evaluatedBefore say from when)")
    zone, size, gone = runtime().zone, asked.most or 1, sights.fields_hidden(actor())
    with runtime().reading() as db:
        found = decisions_made(
            db,
            instance_id=None if instance is None else id_of(instance),
            decision=key,
            key=process,
            since=since,
            until=until,
            size=size,
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
            if row.decision not in gone
        ]
    )


@pages.get("/decision-instance/count")
def decision_count() -> Response:
    """How many there are."""
    asked = Asked()
    require_operator(asked.text("processInstanceId"))
    where = conditions(asked, DECISION_FILTERS)
    asked.flag("includeInputs"), asked.flag("includeOutputs")
    return counted("decided", asked, Wanted(where))
