"""`/job-definition`: where timers and work for the engine come to stand in a process. Law: read from the model.

A place has no row: its id is `element:what:definition`, which jobs name as theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response

from engine import api
from engine.queries import library, registers
from engine.queries.registers import Wanted
from web.engine_rest.access import actor
from web.engine_rest.across import sliced
from web.engine_rest.answers import Refused, nothing, said, unsupported
from web.engine_rest.asking import Asked, body, definition_id, id_of, required, whole
from web.engine_rest.definitions import FILTERS as DEFINITION_FILTERS
from web.engine_rest.filters import conditions
from web.engine_rest.routes import Routes
from web.engine_rest.trouble import place_of
from web.scope import runtime

pages = Routes("/job-definition")
ORDERS = {
    "jobDefinitionId": "id", "activityId": "activityId", "processDefinitionId": "processDefinitionId",
    "processDefinitionKey": "processDefinitionKey", "jobType": "jobType", "jobConfiguration": "jobConfiguration",
    "tenantId": "tenantId",
}  # fmt: skip
TIMERS = {"startEvent": "timer-start-event", "boundaryEvent": "timer-transition"}
"""Type of a node -> jobType of its timer; of others it is timer-intermediate-transition."""
AT_ONCE = 1_000
"""Of so many failed jobs the retries are set by one request."""


@pages.get("")
@pages.post("")
def listing() -> Response:
    """The places, by process and version."""
    asked = Asked()
    with runtime().reading() as db:
        return said(sliced(asked, _asked(db, asked), ORDERS))


@pages.get("/count")
@pages.post("/count")
def count() -> Response:
    """How many there are."""
    with runtime().reading() as db:
        return said({"count": sum(1 for _ in _asked(db, Asked()))})


def _asked(db: Any, asked: Asked) -> Iterator[dict[str, Any]]:
    same = ("processDefinitionId", "active", "suspended")
    where = conditions(asked, {name: DEFINITION_FILTERS[name] for name in same})
    where += conditions(asked, {"processDefinitionKey": DEFINITION_FILTERS["key"]})
    kept = {
        "id": (asked.text("jobDefinitionId"),),
        "jobType": (asked.text("jobType"),),
        "jobConfiguration": (asked.text("jobConfiguration"),),
        "activityId": asked.texts("activityIdIn"),
    }
    never = asked.flag("withOverridingJobPriority")
    asked.done()
    kept = {field: values for field, values in kept.items() if values and values != (None,)}
    rows = registers.rows(db, "definitions", Wanted(where, order=(("key", False), ("version", False))))
    return (
        one
        for row in rows
        if not never
        for one in _places(db, row)
        if all(one[field] in values for field, values in kept.items())
    )


def _places(db: Any, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for place in library.job_places(db, row["id"]):
        timer = place.what == "timer"
        waits = place.what if place.what.startswith("async") else "async-before"
        yield {
            "id": place_of(place.element, place.what, row["id"]),
            "processDefinitionId": definition_id(row["key"], row["version"], row["id"]),
            "processDefinitionKey": row["key"],
            "jobType": TIMERS.get(place.starts, "timer-intermediate-transition") if timer else "async-continuation",
            "jobConfiguration": place.says if timer else waits,
            "activityId": place.element,
            "suspended": row["suspended"],
            "overridingJobPriority": None,
            "tenantId": None,
            "deploymentId": str(row["deployment_id"]),
        }


def _one(db: Any, id: str) -> dict[str, Any]:
    rows = registers.rows(db, "definitions", Wanted([("id", "eq", id_of(id.rpartition(":")[2]))]))
    for row in rows:
        for one in _places(db, row):
            if one["id"] == id:
                return one
    raise Refused(404, "InvalidRequestException", f"Job Definition with id {id} does not exist")


@pages.get("/<id>")
def one(id: str) -> Response:
    """One place."""
    with runtime().reading() as db:
        return said(_one(db, id))


@pages.put("/<id>/retries")
def set_retries(id: str) -> Response:
    """Give the failed jobs of a place so many attempts from now on: they come again."""
    sent = body()
    left = whole("retries", required(sent, "retries"))
    if sent.get("dueDate"):
        raise unsupported("'dueDate' here")
    with runtime().reading() as db:
        if _one(db, id)["jobType"] != "async-continuation":
            raise unsupported("Setting the retries of timers")
        element, what, definition = id.rsplit(":", 2)
        where: list[registers.Condition] = [
            ("definition_id", "eq", id_of(definition)), ("element", "eq", element), ("state", "eq", "failed"),
            ("kind", "ne", "external"), ("kind", "eq" if what.startswith("async") else "ne", "async"),
        ]  # fmt: skip
        found = [row["id"] for row in registers.rows(db, "jobs", Wanted(where, most=AT_ONCE))]

    def set_all(db: Any) -> None:
        for job in found:
            api.set_retries(db, actor(), job, left)

    runtime().unit(set_all)
    return nothing()


@pages.put("/suspended")
@pages.put("/<id>/suspended")
@pages.put("/<id>/jobPriority")
def refuse(id: str = "") -> Response:
    """Refused: a process is suspended as a whole, and priorities are the model's."""
    raise unsupported("Suspending or weighing the jobs of one element")
