"""Rows as Camunda's JSON. Law: every field of the reference is there, in its name; what we have not is null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.queries import registers
from web.engine_rest.asking import definition_id
from web.engine_rest.values import moment
from web.scope import runtime

Row = Mapping[str, Any]
ENDED = {"completed": "COMPLETED", "terminated": "COMPLETED", "cancelled": "EXTERNALLY_TERMINATED"}
STATES = {"active": "ACTIVE", "suspended": "SUSPENDED", "failed": "INTERNALLY_TERMINATED"} | ENDED
"""State of a case -> HistoricProcessInstance's."""


def definition(db: Any, row: Row) -> dict[str, Any]:
    """A process definition."""
    model = registers.model(db, row["id"])
    return {
        "id": definition_id(row["key"], row["version"], row["id"]),
        "key": row["key"],
        "category": None,
        "description": model.documentation or None,
        "name": row["name"],
        "version": row["version"],
        "resource": row["file"],
        "deploymentId": str(row["deployment_id"]),
        "diagram": None,
        "suspended": row["suspended"],
        "tenantId": None,
        "versionTag": model.tag,
        "historyTimeToLive": days(model.keep_days),
        "startableInTasklist": True,
    }


def days(text: str | None) -> int | None:
    """A time to live in days, from `180` or `P180D`."""
    digits = (text or "").removeprefix("P").removesuffix("D")
    return int(digits) if digits.isdigit() else None


def decision(row: Row) -> dict[str, Any]:
    """A decision definition."""
    return {
        "id": definition_id(row["key"], row["version"], row["id"]),
        "key": row["key"],
        "category": None,
        "name": row["name"],
        "version": row["version"],
        "resource": row["file"],
        "deploymentId": str(row["deployment_id"]),
        "decisionRequirementsDefinitionId": None,
        "decisionRequirementsDefinitionKey": None,
        "tenantId": None,
        "versionTag": None,
        "historyTimeToLive": None,
    }


def deployment(row: Row) -> dict[str, Any]:
    """A deployment."""
    return {
        "links": [],
        "id": str(row["id"]),
        "name": row["folder"],
        "source": row["by"],
        "deploymentTime": moment(row["at"], runtime().zone),
        "tenantId": None,
    }


def instance(row: Row) -> dict[str, Any]:
    """A running case."""
    return {
        "links": [],
        "id": str(row["id"]),
        "definitionId": definition_id(row["key"], row["version"], row["definition_id"]),
        "definitionKey": row["key"],
        "businessKey": row["business_key"],
        "caseInstanceId": None,
        "ended": row["state"] not in ("active", "suspended"),
        "suspended": row["state"] == "suspended",
        "tenantId": None,
    }


def past_instance(row: Row) -> dict[str, Any]:
    """A case in the history."""
    zone, ended = runtime().zone, row["ended_at"]
    return {
        "id": str(row["id"]),
        "rootProcessInstanceId": str(row["root_id"]),
        "superProcessInstanceId": None if row["parent_id"] is None else str(row["parent_id"]),
        "superCaseInstanceId": None,
        "caseInstanceId": None,
        "processDefinitionId": definition_id(row["key"], row["version"], row["definition_id"]),
        "processDefinitionKey": row["key"],
        "processDefinitionName": row["name"],
        "processDefinitionVersion": row["version"],
        "businessKey": row["business_key"],
        "startTime": moment(row["started_at"], zone),
        "endTime": moment(ended, zone),
        "removalTime": None,
        "durationInMillis": span(row["started_at"], ended),
        "startUserId": row["started_by"],
        "startActivityId": None,
        "deleteReason": row["end_error"] if row["state"] == "cancelled" else None,
        "tenantId": None,
        "state": STATES.get(row["state"], "ACTIVE"),
        "restartedProcessInstanceId": None if row["restarted_from"] is None else str(row["restarted_from"]),
    }


def span(start: Any, end: Any) -> int | None:
    """Milliseconds between two moments."""
    return None if start is None or end is None else round((end - start).total_seconds() * 1000)


def task(row: Row) -> dict[str, Any]:
    """A user task that is open."""
    zone = runtime().zone
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "assignee": row["assignee"],
        "created": moment(row["created_at"], zone),
        "due": moment(row["due_at"], zone),
        "followUp": moment(row["follow_up_at"], zone),
        "lastUpdated": moment(row["claimed_at"], zone),
        "delegationState": "PENDING" if row["owner"] else None,
        "description": None,
        "executionId": str(row["instance_id"]),
        "owner": row["owner"],
        "parentTaskId": None,
        "priority": row["priority"],
        "processDefinitionId": definition_id(row["process_key"], row["version"], row["definition_id"]),
        "processInstanceId": str(row["instance_id"]),
        "caseExecutionId": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "taskDefinitionKey": row["element"],
        "suspended": row["case_state"] == "suspended",
        "formKey": row["form_key"],
        "camundaFormRef": None,
        "tenantId": None,
        "taskState": {"completed": "Completed", "cancelled": "Deleted"}.get(row["state"], "Created"),
    }


def past_task(row: Row) -> dict[str, Any]:
    """A user task in the history."""
    zone, ended = runtime().zone, row["completed_at"]
    reasons = {"completed": "completed", "cancelled": "deleted"}
    return {
        "id": str(row["id"]),
        "processDefinitionKey": row["process_key"],
        "processDefinitionId": definition_id(row["process_key"], row["version"], row["definition_id"]),
        "processInstanceId": str(row["instance_id"]),
        "executionId": str(row["instance_id"]),
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "activityInstanceId": f"{row['element']}:{row['instance_id']}:{row['wait']}",
        "name": row["name"],
        "description": None,
        "deleteReason": reasons.get(row["state"]),
        "owner": row["owner"],
        "assignee": row["assignee"] if row["completed_by"] is None else row["completed_by"],
        "startTime": moment(row["created_at"], zone),
        "endTime": moment(ended, zone),
        "duration": span(row["created_at"], ended),
        "taskDefinitionKey": row["element"],
        "priority": row["priority"],
        "due": moment(row["due_at"], zone),
        "parentTaskId": None,
        "followUp": moment(row["follow_up_at"], zone),
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": None,
    }


KINDS = {"job": "failedJob", "model": "failedJob", "timer": "failedJob", "message": "failedMessage"}
"""Kind of an incident -> Camunda's incidentType; work of programs is failedExternalTask."""


def incident(row: Row) -> dict[str, Any]:
    """An incident."""
    has_case = row["instance_id"] is not None and row["process_key"] is not None
    definition = definition_id(row["process_key"], row["version"], row["definition_id"]) if has_case else None
    case = None if row["instance_id"] is None else str(row["instance_id"])
    external = row["kind"] == "job" and row["code"] == "ExternalFailure"
    return {
        "id": str(row["id"]),
        "processDefinitionId": definition,
        "processInstanceId": case,
        "executionId": case,
        "incidentTimestamp": moment(row["at"], runtime().zone),
        "incidentType": "failedExternalTask" if external else KINDS.get(row["kind"], row["kind"]),
        "activityId": row["element"],
        "failedActivityId": row["element"],
        "causeIncidentId": str(row["id"]),
        "rootCauseIncidentId": str(row["id"]),
        "configuration": None if row["job_id"] is None else str(row["job_id"]),
        "incidentMessage": row["text"],
        "tenantId": None,
        "jobDefinitionId": None,
        "annotation": None,
    }


def subscription(row: Row) -> dict[str, Any]:
    """A message, signal or condition that is listened for."""
    case = None if row["instance_id"] is None else str(row["instance_id"])
    return {
        "id": str(row["id"]),
        "eventType": "conditional" if row["kind"] == "condition" else row["kind"],
        "eventName": row["name"],
        "executionId": case,
        "processInstanceId": case,
        "activityId": row["element"],
        "createdDate": moment(registers.made_at(row["id"]), runtime().zone),
        "tenantId": None,
    }
