"""`/history/user-operation`, `/history/detail`, `/history/batch` and the figures of a process. Law: told from what was
written: the audit, the history of variables, the batches, the statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from flask import Response

from engine.errors import NotFound
from engine.queries import batches as kept
from engine.queries import registers, statistics, trail
from engine.queries.registers import Wanted
from web.engine_rest import values
from web.engine_rest.access import require_operator, seen
from web.engine_rest.answers import Refused, invalid, said
from web.engine_rest.asking import Asked, definition_id, id_of
from web.engine_rest.definitions import by_id
from web.engine_rest.filters import Filter, conditions, counted, ids, listed, moments, text, texts
from web.engine_rest.history import case_of
from web.engine_rest.migration import TYPES
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("/history")
MOST = 1_000
OPERATIONS = {
    "cancelled": "Delete", "suspended": "Suspend", "active": "Activate", "migrated": "Migrate",
    "token_moved": "ModifyProcessInstance", "variables_set": "ModifyVariable", "restarted": "RestartProcessInstance",
    "retries_set": "SetJobRetries", "retried": "SetJobRetries", "timer_moved": "SetDueDate", "claimed": "Claim",
    "released": "Claim", "handed_over": "Assign", "delegated": "Delegate", "given_back": "Resolve",
    "completed": "Complete", "due_moved": "Update", "commented": "AddComment", "priority_set": "SetPriority",
    "reassigned": "Assign", "deployed": "Create", "deployment_withdrawn": "Delete", "process_suspended": "Suspend",
    "process_resumed": "Activate",
}  # fmt: skip
"""What the audit calls a deed -> Camunda's name of it; others keep their own."""
DEEDS = {theirs: [ours for ours, name in OPERATIONS.items() if name == theirs] for theirs in set(OPERATIONS.values())}
KINDS = {"instance": "ProcessInstance", "task": "Task", "deployment": "Deployment", "person": "User", "team": "Group"}
"""What an entry is about -> Camunda's entityType."""


# ── who did what ───────────────────────────────────────────────────────────────────────────────────────────────


def _about(asked: Asked, name: str) -> list[str] | None:
    """The subjects of a case's entries: itself and its tasks; of a task: its own."""
    sent = asked.text(name)
    if sent is None:
        return None
    if name == "taskId":
        return [f"task:{id_of(sent)}"]
    with runtime().reading() as db:
        tasks = registers.rows(db, "tasks", Wanted([("instance_id", "eq", id_of(sent))], most=MOST))
    return [f"instance:{id_of(sent)}", *(f"task:{task['id']}" for task in tasks)]


def _kind(asked: Asked, name: str) -> str | None:
    sent = asked.text(name)
    ours = next((ours for ours, theirs in KINDS.items() if theirs == sent), sent)
    return None if sent is None else f"{ours}:%"


AUDIT_FILTERS: dict[str, Filter] = {
    "processInstanceId": ("subject", "in", _about),
    "executionId": ("subject", "in", _about),
    "taskId": ("subject", "in", _about),
    "entityType": ("subject", "like", _kind),
    "userId": text("actor"),
    "operationId": ids("id"),
    "operationType": ("action", "in", lambda asked, name: _deeds(asked.text(name))),
    "afterTimestamp": moments("at", "gt"),
    "beforeTimestamp": moments("at", "lt"),
}


def _deeds(operation: str | None) -> list[str] | None:
    return None if operation is None else DEEDS.get(operation, [operation])


def _audited(asked: Asked) -> Wanted:
    require_operator(asked.get("processInstanceId") and case_named(asked))
    return Wanted(conditions(asked, AUDIT_FILTERS), order=(("at", True), ("id", True)))


def case_named(asked: Asked) -> Mapping[str, Any]:
    """The case that is asked about. 400 when none is named, 404 when there is none."""
    id = asked.text("processInstanceId")
    if id is None:
        raise invalid("processInstanceId is needed: this is kept by case")
    with runtime().reading() as db:
        return case_of(db, id)


@pages.get("/user-operation")
def operations() -> Response:
    """What was done by hand, newest first: of a case and its tasks, or of all for those who operate."""
    asked = Asked()
    return listed("audit", asked, _audited(asked), {"timestamp": "at"}, lambda db, row: _operation(row))


@pages.get("/user-operation/count")
def operation_count() -> Response:
    """How much there is."""
    asked = Asked()
    return counted("audit", asked, _audited(asked))


def _operation(row: Mapping[str, Any]) -> dict[str, Any]:
    what, _, id = row["subject"].partition(":")
    data = row["data"] or {}
    before, after = (seen(one) if isinstance(one := data.get(name), Mapping) else one for name in ("before", "after"))
    return {
        "id": str(row["id"]),
        "operationId": str(row["id"]),
        "userId": row["actor"],
        "timestamp": values.moment(row["at"], runtime().zone),
        "operationType": OPERATIONS.get(row["action"], row["action"]),
        "entityType": KINDS.get(what, what),
        "category": "TaskWorker" if what == "task" else "Admin" if what in ("person", "team") else "Operator",
        "annotation": data.get("why") or data.get("reason") or None,
        "property": ", ".join(sorted(after)) if isinstance(after, Mapping) else None,
        "orgValue": _text(before),
        "newValue": _text(after),
        "processInstanceId": id if what == "instance" else None,
        "executionId": id if what == "instance" else None,
        "taskId": id if what == "task" else None,
        "deploymentId": id if what == "deployment" else None,
    } | dict.fromkeys(
        ("processDefinitionId", "processDefinitionKey", "jobId", "jobDefinitionId", "batchId", "externalTaskId",
         "caseDefinitionId", "caseInstanceId", "caseExecutionId", "removalTime", "rootProcessInstanceId")
    )  # fmt: skip


def _text(value: Any) -> str | None:
    if value in (None, {}):
        return None
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


# ── what variables were ────────────────────────────────────────────────────────────────────────────────────────

DETAIL_FILTERS: dict[str, Filter] = {
    "variableNameLike": text("variableName", "like"),
    "variableTypeIn": ("variableType", "in", lambda asked, name: [t.capitalize() for t in asked.texts(name)] or None),
    "variableInstanceId": text("variableInstanceId"),
    "userOperationId": texts("userOperationId"),
    "occurredBefore": moments("at", "lt"),
    "occurredAfter": moments("at", "gt"),
    "initial": ("initial", "eq", Asked.flag),
}
DETAIL_ORDERS = {
    "time": "at", "variableName": "variableName", "variableType": "variableType", "variableRevision": "revision",
    "processInstanceId": "id", "formPropertyId": "id", "tenantId": "id",
}  # fmt: skip


@pages.get("/detail")
@pages.post("/detail")
def details() -> Response:
    """The values that a case's variables had, oldest first."""
    asked = Asked()
    found = _details(asked)
    for name, falls in reversed(asked.order(DETAIL_ORDERS)):
        found.sort(key=lambda one: one[DETAIL_ORDERS[name]], reverse=falls)
    return said([_without_moment(one) for one in found[asked.first : asked.first + asked.most]])


@pages.get("/detail/count")
def detail_count() -> Response:
    """How many there are."""
    return said({"count": len(_details(Asked()))})


def _details(asked: Asked) -> list[dict[str, Any]]:
    case = case_named(asked)
    kept = conditions(asked, DETAIL_FILTERS)
    asked.flag("variableUpdates"), asked.flag("excludeTaskDetails"), asked.text("executionId")
    forms_alone = asked.flag("formFields") is True and asked.flag("variableUpdates") is not True
    asked.done()
    if forms_alone:
        return []
    with runtime().reading() as db:
        found = sorted(_written(db, case), key=lambda one: (one["at"], one["id"]))
    return [one for one in found if all(registers.compared(one[field], sign, value) for field, sign, value in kept)]


def _written(db: Any, case: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    id, zone = str(case["id"]), runtime().zone
    for name, values_of in seen(trail.written(db, case["id"])).items():
        for number, one in enumerate(values_of):
            told = values.typed(seen({name: one.value})[name], zone)
            yield {
                "id": f"{name}:{id}:{number}",
                "type": "variableUpdate",
                "processDefinitionKey": case["key"],
                "processDefinitionId": definition_id(case["key"], case["version"], case["definition_id"]),
                "processInstanceId": id,
                "executionId": id,
                "activityInstanceId": id,
                "variableName": name,
                "variableInstanceId": f"{name}:{id}",
                "variableType": told["type"],
                "value": told["value"],
                "valueInfo": told["valueInfo"],
                "initial": number == 0,
                "revision": number,
                "time": values.moment(one.at, zone),
                "rootProcessInstanceId": str(case["root_id"]),
                "at": one.at,
            } | dict.fromkeys(
                ("taskId", "tenantId", "userOperationId", "removalTime", "errorMessage", "caseInstanceId",
                 "caseDefinitionKey", "caseDefinitionId", "caseExecutionId")
            )  # fmt: skip


def _without_moment(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "at"}


# ── batches ────────────────────────────────────────────────────────────────────────────────────────────────────


def _batches(asked: Asked) -> list[kept.BatchRow]:
    require_operator(None)
    id, kind, over = asked.text("batchId"), asked.text("type"), asked.flag("completed")
    asked.done()
    with runtime().reading() as db:
        rows = kept.batches(db, limit=MOST)
    return [
        row
        for row in rows
        if (id is None or str(row.id) == id)
        and (kind is None or TYPES.get(row.kind, row.kind) == kind)
        and (over is None or (row.finished_at is not None) == over)
    ]


@pages.get("/batch")
def batches() -> Response:
    """Batches, those that are over and those that run, the newest first."""
    asked = Asked()
    found = _batches(asked)
    by = asked.order({"batchId": "id", "startTime": "created_at", "endTime": "finished_at", "tenantId": "id"})
    if by and not by[0][1]:
        found.reverse()
    return said([_batch(row) for row in found[asked.first : asked.first + asked.most]])


@pages.get("/batch/count")
def batch_count() -> Response:
    """How many there are."""
    return said({"count": len(_batches(Asked()))})


@pages.get("/batch/<id>")
def batch(id: str) -> Response:
    """One batch."""
    require_operator(None)
    with runtime().reading() as db:
        try:
            return said(_batch(kept.batch(db, id_of(id)).row))
        except NotFound as error:
            raise Refused(404, "InvalidRequestException", f"Historic batch with id '{id}' does not exist") from error


def _batch(row: kept.BatchRow) -> dict[str, Any]:
    zone = runtime().zone
    return {
        "id": str(row.id),
        "type": TYPES.get(row.kind, row.kind),
        "totalJobs": row.total,
        "batchJobsPerSeed": row.total,
        "invocationsPerBatchJob": 1,
        "createUserId": row.started_by,
        "startTime": values.moment(row.created_at, zone),
        "endTime": values.moment(row.finished_at, zone),
        "executionStartTime": values.moment(row.created_at, zone),
    } | dict.fromkeys(
        ("seedJobDefinitionId", "monitorJobDefinitionId", "batchJobDefinitionId", "tenantId", "removalTime")
    )


# ── figures ────────────────────────────────────────────────────────────────────────────────────────────────────


@pages.get("/process-definition/<id>/statistics")
def figures(id: str) -> Response:
    """How many passages each element saw; numbers that were not asked for are nought, as there."""
    require_operator(None)
    asked = Asked()
    wanted = {name: asked.flag(name) for name in ("canceled", "finished", "completeScope", "incidents")}
    asked.done()
    with runtime().reading() as db:
        row = by_id(db, id)
        found = statistics.heat_map(db, row["key"], row["version"]).elements
    return said(
        [
            {
                "id": one.element,
                "instances": one.present,
                "canceled": one.cancelled if wanted["canceled"] else 0,
                "finished": one.left + one.cancelled if wanted["finished"] else 0,
                "completeScope": one.left if wanted["completeScope"] and one.type == "endEvent" else 0,
                "openIncidents": one.open_incidents if wanted["incidents"] else 0,
                "resolvedIncidents": one.incidents - one.open_incidents if wanted["incidents"] else 0,
                "deletedIncidents": 0,
            }
            for one in found
        ]
    )
