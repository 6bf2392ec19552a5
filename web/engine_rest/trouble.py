"""`/incident` and `/job`: what failed, and what is to come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from engine import api
from engine.queries import registers
from engine.queries.registers import Condition, Wanted
from web.engine_rest import shapes, values
from web.engine_rest.access import actor, require_operator
from web.engine_rest.answers import Refused, invalid, missing, nothing, said, unsupported
from web.engine_rest.asking import Asked, body, definition_id, definition_of, id_of, required, whole
from web.engine_rest.filters import Filter, conditions, counted, ids, listed, moments, numbers, text, texts, when
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("")
OPEN: Condition = ("resolved_at", "null", True)
INCIDENT_ORDERS = {
    "incidentId": "id", "incidentMessage": "text", "incidentTimestamp": "at", "incidentType": "kind",
    "executionId": "instance_id", "activityId": "element", "processInstanceId": "instance_id",
    "processDefinitionId": "definition_id", "causeIncidentId": "id", "rootCauseIncidentId": "id",
    "configuration": "job_id", "tenantId": "id",
}  # fmt: skip
INCIDENT_FILTERS: dict[str, Filter] = {
    "incidentId": ids("id"),
    "incidentType": ("kind", "in", lambda asked, name: kinds(asked.text(name))),
    "incidentMessage": text("text"),
    "incidentMessageLike": text("text", "like"),
    "incidentTimestampBefore": moments("at", "lt"),
    "incidentTimestampAfter": moments("at", "gt"),
    "processDefinitionId": ("definition_id", "eq", lambda asked, name: definition(asked.text(name))),
    "processDefinitionKeyIn": texts("process_key"),
    "processInstanceId": ids("instance_id"),
    "executionId": ids("instance_id"),
    "activityId": text("element"),
    "failedActivityId": text("element"),
    "causeIncidentId": ids("id"),
    "rootCauseIncidentId": ids("id"),
    "configuration": ids("job_id"),
}


def definition(id: str | None) -> int | None:
    """The id behind `key:version:id`, of a filter that may be missing."""
    return None if id is None else definition_of(id)


def kinds(name: str | None) -> list[str] | None:
    """Our kinds of incident behind one of Camunda's types."""
    if name is None:
        return None
    return ["job"] if name == "failedExternalTask" else [kind for kind, type in shapes.KINDS.items() if type == name]


@pages.get("/incident")
def incidents() -> Response:
    """Open incidents."""
    asked = Asked()
    require_operator(asked.get("processInstanceId"))
    wanted = Wanted([OPEN, *conditions(asked, INCIDENT_FILTERS)], order=(("at", True),))
    return listed("incidents", asked, wanted, INCIDENT_ORDERS, lambda db, row: shapes.incident(row))


@pages.get("/incident/count")
def incident_count() -> Response:
    """How many there are."""
    asked = Asked()
    require_operator(asked.get("processInstanceId"))
    return counted("incidents", asked, Wanted([OPEN, *conditions(asked, INCIDENT_FILTERS)]))


def _incident(id: str) -> Mapping[str, Any]:
    with runtime().reading() as db:
        found = registers.rows(db, "incidents", Wanted([OPEN, ("id", "eq", id_of(id))]))
    if not found:
        raise Refused(404, "InvalidRequestException", f"No matching incident with id {id}")
    return found[0]


@pages.get("/incident/<id>")
def incident(id: str) -> Response:
    """One open incident."""
    return said(shapes.incident(_incident(id)))


@pages.delete("/incident/<id>")
def resolve(id: str) -> Response:
    """Try again what it stopped."""
    number = _incident(id)["id"]
    runtime().unit(lambda db: api.retry(db, actor(), number))
    return nothing()


# ── jobs: work for handlers, and timers ────────────────────────────────────────────────────────────────────────

JOB_FILTERS: dict[str, Filter] = {
    "jobId": ids("id"),
    "jobIds": ids("id"),
    "processInstanceId": ids("instance_id"),
    "processInstanceIds": ids("instance_id"),
    "executionId": ids("instance_id"),
    "processDefinitionId": ("definition_id", "eq", lambda asked, name: definition(asked.text(name))),
    "processDefinitionKey": text("process_key"),
    "activityId": text("element"),
    "failedActivityId": text("element"),
    "active": when("case_state", "eq", "active"),
    "suspended": when("case_state", "eq", "suspended"),
}
ONLY_JOBS: dict[str, Filter] = {
    "withRetriesLeft": when("state", "ne", "failed"),
    "noRetriesLeft": when("state", "eq", "failed"),
    "withException": when("last_error", "null", False),
    "exceptionMessage": text("last_error"),
    "priorityHigherThanOrEquals": numbers("priority", "ge"),
    "priorityLowerThanOrEquals": numbers("priority", "le"),
}
JOB_ORDERS = {
    "jobId": "id", "executionId": "processInstanceId", "processInstanceId": "processInstanceId",
    "processDefinitionId": "processDefinitionId", "processDefinitionKey": "processDefinitionKey",
    "jobPriority": "priority", "jobRetries": "retries", "jobDueDate": "dueDate", "tenantId": "id",
}  # fmt: skip
EVERY = 10_000


@pages.get("/job")
@pages.post("/job")
def jobs() -> Response:
    """Work for handlers and timers of cases, together."""
    asked = Asked()
    found = _jobs(asked)
    for name, falls in reversed(asked.order(JOB_ORDERS)):
        field = JOB_ORDERS[name]
        found.sort(key=lambda one: (one[field] is not None, one[field] or 0), reverse=falls)
    return said(found[asked.first : asked.first + asked.most])


@pages.get("/job/count")
@pages.post("/job/count")
def job_count() -> Response:
    """How many there are."""
    return said({"count": len(_jobs(Asked()))})


def _jobs(asked: Asked) -> list[dict[str, Any]]:
    require_operator(asked.get("processInstanceId") or asked.get("processInstanceIds"))
    place = asked.text("jobDefinitionId")
    both, own = [*conditions(asked, JOB_FILTERS), *_standing_at(place)], conditions(asked, ONLY_JOBS)
    timers, messages = asked.flag("timers"), asked.flag("messages")
    if timers and messages:
        raise invalid("Parameter timers cannot be used together with parameter messages.")
    executable = asked.flag("executable")
    due = conditions(asked, {"dueDates": ("due_at", "eq", lambda asked, name: None)})
    asked.done()
    now = runtime().now()
    if executable:
        due = [("due_at", "le", now)]
    found: list[dict[str, Any]] = []
    with runtime().reading() as db:
        if not timers:
            where = [("kind", "ne", "external"), *both, *own, *due]
            found += [_shown(row) for row in registers.rows(db, "jobs", Wanted(where, most=EVERY))]
        if not messages and not own:
            where = [("instance_id", "null", False), *both, *due]
            found += [_shown(row) for row in registers.rows(db, "timers", Wanted(where, most=EVERY))]
    return sorted((one for one in found if place in (None, one["jobDefinitionId"])), key=lambda one: int(one["id"]))


def _standing_at(place: str | None) -> list[Condition]:
    """What the id of a place says of its jobs, for the database."""
    if place is None:
        return []
    element, _, definition = [*place.rsplit(":", 2), "", ""][:3]
    return [("element", "eq", element), ("definition_id", "eq", id_of(definition))]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    left = max(0, row["max_attempts"] - row["attempts"]) if "max_attempts" in row else max(1, 5 - row["attempts"])
    return {
        "id": str(row["id"]),
        "jobDefinitionId": place_of(row["element"], _what(row), row["definition_id"]),
        "dueDate": values.moment(row["due_at"], runtime().zone),
        "processInstanceId": str(row["instance_id"]),
        "processDefinitionId": definition_id(row["process_key"], row["version"], row["definition_id"]),
        "processDefinitionKey": row["process_key"],
        "executionId": str(row["instance_id"]),
        "retries": left,
        "exceptionMessage": row["last_error"],
        "failedActivityId": row["element"] if row["last_error"] else None,
        "suspended": row["case_state"] == "suspended",
        "priority": row.get("priority", 50),
        "tenantId": None,
        "createTime": None,
        "batchId": None,
    }


def place_of(element: str, what: str, definition: int) -> str:
    """The id of a place where jobs stand (`web.engine_rest.jobdefinitions`)."""
    return f"{element}:{what}:{definition}"


def _what(row: Mapping[str, Any]) -> str:
    if "max_attempts" not in row:
        return "timer"
    return str(row["topic"]) if row["kind"] == "async" else "work"


def _job(id: str) -> tuple[str, Mapping[str, Any]]:
    """(register, row) of a job or timer. 404 when there is none."""
    with runtime().reading() as db:
        for register in ("jobs", "timers"):
            found = registers.rows(db, register, Wanted([("id", "eq", id_of(id))]))
            if found and found[0].get("kind") != "external" and found[0]["instance_id"] is not None:
                return register, found[0]
    raise missing("Job", id)


@pages.get("/job/<id>")
def job(id: str) -> Response:
    """One job."""
    return said(_shown(_job(id)[1]))


@pages.get("/job/<id>/stacktrace")
def stacktrace(id: str) -> Response:
    """Where it failed."""
    row = _job(id)[1]
    with runtime().reading() as db:
        found = registers.rows(db, "incidents", Wanted([("job_id", "eq", row["id"])], order=(("at", True),), most=1))
    told = (found[0]["stack"] if found else None) or row["last_error"]
    return Response(told, mimetype="text/plain") if told else nothing()


@pages.put("/job/<id>/retries")
def set_retries(id: str) -> Response:
    """Give a job so many attempts from now on; one that has failed comes again."""
    register, row = _job(id)
    left = whole("retries", required(body(), "retries"))
    if register == "timers":
        raise unsupported("Setting the retries of a timer")
    runtime().unit(lambda db: api.set_retries(db, actor(), row["id"], left))
    return nothing()


@pages.post("/job/<id>/execute")
def execute(id: str) -> Response:
    """Let a job come at once: a failed one again, a timer before its time."""
    register, row = _job(id)
    if register == "timers":
        runtime().unit(lambda db: api.fire_timer(db, actor(), row["id"]))
    elif row["state"] == "failed":
        runtime().unit(lambda db: api.retry_job(db, actor(), row["id"]))
    return nothing()


@pages.put("/job/<id>/duedate")
def set_due(id: str) -> Response:
    """Move a timer."""
    register, row = _job(id)
    if register != "timers":
        raise unsupported("Moving the date of a job that is no timer")
    at = values.read_moment(required(body(), "duedate"), runtime().zone, "duedate")
    runtime().unit(lambda db: api.move_timer(db, actor(), row["id"], at))
    return nothing()
