"""`/history/activity-instance`: passages through elements. Law: read from what was written, never guessed.

They are kept by case. Over many cases they are told newest case first (`across`), with what narrows the cases said to
the database: the process, the element, who had the task, the span of time, and whether the case still runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response

from engine import queries
from engine.queries import registers
from engine.queries.registers import Condition, Wanted
from web.engine_rest import shapes, values
from web.engine_rest.access import require_operator
from web.engine_rest.across import CASES, in_turn, named_cases, of_cases, sliced
from web.engine_rest.answers import Refused, said
from web.engine_rest.asking import Asked, definition_id
from web.engine_rest.filters import Filter, conditions, moments, when
from web.engine_rest.history import case_of
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("/history")
MOST_PASSAGES = 20_000
MOST_CASES = 1_000
"""Of so many cases the history is read for one list: 0.7 ms of processor time for a case of two passages."""
ACTIVITY_ORDERS = {
    "activityInstanceId": "id", "instanceId": "processInstanceId", "executionId": "executionId",
    "activityId": "activityId", "activityName": "activityName", "activityType": "activityType",
    "startTime": "startTime", "endTime": "endTime", "duration": "durationInMillis",
    "definitionId": "processDefinitionId", "occurrence": "number", "tenantId": "id",
}  # fmt: skip
NARROWING: dict[str, Filter] = CASES | {
    "activityInstanceId": ("id", "in", lambda asked, name: of_cases(asked.texts(name)) or None),
    "activityId": ("passed", "eq", Asked.text),
    "taskAssignee": ("worked_on_by", "eq", Asked.text),
    "startedAfter": moments("over_since", "ge"),
    "finishedAfter": moments("over_since", "ge"),
    "startedBefore": moments("started_at", "lt"),
    "finishedBefore": moments("started_at", "lt"),
    "unfinished": when("ended_at", "null", True),
}
"""What a filter says of the case: of others, no passage can be as asked."""


@pages.get("/activity-instance")
@pages.post("/activity-instance")
def activities() -> Response:
    """Passages through elements: of a case, or newest case first."""
    asked = Asked()
    with runtime().reading() as db:
        page = sliced(asked, _asked(db, asked), ACTIVITY_ORDERS)
    return said([_told(one) for one in page])


@pages.get("/activity-instance/count")
@pages.post("/activity-instance/count")
def activity_count() -> Response:
    """How many there are."""
    with runtime().reading() as db:
        return said({"count": sum(1 for _ in _asked(db, Asked(), whole=True))})


def _asked(db: Any, asked: Asked, *, whole: bool = False) -> Iterator[dict[str, Any]]:
    """The passages that are asked for; what cannot be asked is refused before one is read."""
    require_operator(named_cases(asked) or asked.get("activityInstanceId"))
    where, kept = conditions(asked, NARROWING), _kept(asked)
    asked.done()
    return (
        one
        for cases in in_turn(db, where, MOST_CASES, whole=whole or asked.sorts)
        for case in cases
        for one in passages(db, case)
        if all(_holds(one, *condition) for condition in kept)
    )


def _kept(asked: Asked) -> list[Condition]:
    """What is asked of a passage itself."""
    filters: dict[str, Filter] = {
        "activityId": ("activityId", "eq", Asked.text),
        "activityName": ("activityName", "eq", Asked.text),
        "activityNameLike": ("activityName", "like", Asked.text),
        "activityType": ("activityType", "eq", Asked.text),
        "taskAssignee": ("assignee", "eq", Asked.text),
        "activityInstanceId": ("id", "eq", Asked.text),
        "finished": when("over", "null", False),
        "unfinished": when("over", "null", True),
        "canceled": when("canceled", "eq", True),
        "completeScope": when("completeScope", "eq", True),
        "startedBefore": moments("began", "lt"),
        "startedAfter": moments("began", "gt"),
        "finishedBefore": moments("over", "lt"),
        "finishedAfter": moments("over", "gt"),
    }
    return conditions(asked, filters)


def _holds(one: Mapping[str, Any], field: str, sign: str, value: Any) -> bool:
    if sign == "null":
        return (one[field] is None) == value
    return registers.compared(one[field], sign, value)


def _told(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in ("number", "began", "over")}


@pages.get("/activity-instance/<id>")
def activity(id: str) -> Response:
    """One passage."""
    with runtime().reading() as db:
        case = case_of(db, id.split(":")[1] if ":" in id else "")
        found = [one for one in passages(db, case) if one["id"] == id]
    if not found:
        raise Refused(404, "InvalidRequestException", f"Historic activity instance with id '{id}' does not exist")
    return said(_told(found[0]))


def passages(db: Any, case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every passage of a case through an element, in the order in which they began; `began`, `over`: as moments."""
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
                "over": None,
            }
            if tasks.get(row.element):
                task = tasks[row.element].popleft()
                began |= {"taskId": str(task["id"]), "assignee": task["completed_by"] or task["assignee"]}
            found.append(began)
            inside.setdefault(row.element, deque()).append(began)
        elif row.kind in ("left", "cancelled") and inside.get(row.element):
            over = inside[row.element].popleft()
            over |= {
                "over": row.at,
                "endTime": values.moment(row.at, zone),
                "durationInMillis": shapes.span(over["began"], row.at),
                "canceled": row.kind == "cancelled",
            }
    return found


def _tasks_by_element(db: Any, instance_id: int) -> dict[str, deque[Mapping[str, Any]]]:
    found: dict[str, deque[Mapping[str, Any]]] = {}
    for row in registers.rows(db, "tasks", Wanted([("instance_id", "eq", instance_id)], most=MOST_PASSAGES)):
        found.setdefault(row["element"], deque()).append(row)
    return found
