"""`/execution`: where a case stands, as Camunda's tools ask for it. Law: an execution is its case.

Tokens have no ids of their own outside: who asks by element, message or signal finds the case that stands there, and
the variables of an execution are the case's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from engine import api
from engine.queries import registers
from engine.queries.registers import Wanted
from web.engine_rest import instances, shapes, values
from web.engine_rest.access import actor, require_operator, seen
from web.engine_rest.answers import Refused, nothing, said
from web.engine_rest.asking import Asked, body, id_of
from web.engine_rest.filters import Filter, conditions, counted, ids, listed, text, variables
from web.engine_rest.routes import Routes
from web.engine_rest.trouble import kinds
from web.scope import runtime

pages = Routes("")
ORDERS = {
    "instanceId": "id", "definitionId": "definition_id", "definitionKey": "key", "tenantId": "key",
}  # fmt: skip
_SAME = ("businessKey", "processDefinitionId", "processDefinitionKey", "processInstanceId", "active", "suspended",
         "incidentMessage")  # fmt: skip


def _listening(kind: str) -> Filter:
    return "listens", "eq", lambda asked, name: None if asked.get(name) is None else (kind, str(asked.get(name)))


FILTERS: dict[str, Filter] = {name: instances.FILTERS[name] for name in _SAME} | {
    "executionId": ids("id"),
    "activityId": ("waits_at", "in", lambda asked, name: asked.texts(name) or None),
    "messageEventSubscriptionName": _listening("message"),
    "signalEventSubscriptionName": _listening("signal"),
    "incidentId": ("has_incident", "eq", lambda asked, name: asked.id(name)),
    "incidentType": ("incident_kinds", "in", lambda asked, name: kinds(asked.text(name))),
}


def _wanted(asked: Asked) -> Wanted:
    return Wanted(
        [("state", "in", instances.RUNNING), *conditions(asked, FILTERS)], order=(("id", False),),
        variables=variables(asked, "variables", "processVariables"),
    )  # fmt: skip


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": str(row["id"]), "processInstanceId": str(row["id"]), "ended": False, "tenantId": None}


@pages.get("/execution")
@pages.post("/execution")
def listing() -> Response:
    """Cases that run, as executions."""
    asked = Asked()
    return listed("instances", asked, _wanted(asked), ORDERS, lambda db, row: _shown(row))


@pages.get("/execution/count")
@pages.post("/execution/count")
def count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("instances", asked, _wanted(asked))


def _row(db: Any, id: str) -> Mapping[str, Any]:
    try:
        return instances.row_of(db, id)
    except Refused as error:
        raise Refused(404, "InvalidRequestException", f"Execution with id {id} does not exist") from error


def _there(id: str) -> None:
    with runtime().reading() as db:
        _row(db, id)


@pages.get("/execution/<id>")
def one(id: str) -> Response:
    """One of them."""
    with runtime().reading() as db:
        return said(_shown(_row(db, id)))


# ── variables ──────────────────────────────────────────────────────────────────────────────────────────────────


def _value(id: str, name: str) -> Any:
    with runtime().reading() as db:
        found = seen(registers.variables_of(db, _row(db, id)["id"]))
    if name not in found:
        raise Refused(404, "InvalidRequestException", f"execution variable with name {name} does not exist")
    return found[name]


@pages.get("/execution/<id>/localVariables")
def local_variables(id: str) -> Response:
    """The variables of an execution: those of its case."""
    with runtime().reading() as db:
        found = seen(registers.variables_of(db, _row(db, id)["id"]))
    return said(values.typed_all(found, runtime().zone))


@pages.post("/execution/<id>/localVariables")
def modify_variables(id: str) -> Response:
    """Set some variables, and empty others."""
    _there(id)
    return instances.modify_variables(id)


@pages.get("/execution/<id>/localVariables/<name>")
def local_variable(id: str, name: str) -> Response:
    """One variable."""
    return said(values.typed(_value(id, name), runtime().zone))


@pages.put("/execution/<id>/localVariables/<name>")
def set_variable(id: str, name: str) -> Response:
    """Set one variable."""
    _there(id)
    return instances.set_variable(id, name)


@pages.delete("/execution/<id>/localVariables/<name>")
def delete_variable(id: str, name: str) -> Response:
    """Empty one variable: it is null afterwards."""
    _there(id)
    return instances.delete_variable(id, name)


@pages.get("/execution/<id>/localVariables/<name>/data")
def variable_data(id: str, name: str) -> Response:
    """The content of a file or of bytes."""
    return instances.data_of(_value(id, name), name)


@pages.post("/execution/<id>/localVariables/<name>/data")
def put_data(id: str, name: str) -> Response:
    """Set a file or bytes from an upload."""
    _there(id)
    return instances.put_data(id, name)


# ── what is listened for ───────────────────────────────────────────────────────────────────────────────────────

EVENT_TYPES = {"message": "message", "signal": "signal", "condition": "conditional"}
"""Kind of a subscription -> Camunda's eventType."""
EVENT_ORDERS = {"created": "id", "tenantId": "id"}
EVENT_FILTERS: dict[str, Filter] = {
    "eventSubscriptionId": ids("id"),
    "eventName": text("name"),
    "eventType": ("kind", "in", lambda asked, name: _kinds(asked.text(name))),
    "executionId": ids("instance_id"),
    "processInstanceId": ids("instance_id"),
    "activityId": text("element"),
}


def _kinds(type: str | None) -> list[str] | None:
    return None if type is None else [kind for kind, shown in EVENT_TYPES.items() if shown == type]


def _wanted_events(asked: Asked) -> Wanted:
    require_operator(asked.get("processInstanceId") or asked.get("executionId"))
    asked.flag("includeEventSubscriptionsWithoutTenantId")
    return Wanted(conditions(asked, EVENT_FILTERS), order=(("id", False),))


@pages.get("/event-subscription")
def subscriptions() -> Response:
    """Messages, signals and conditions that cases or start events listen for."""
    asked = Asked()
    return listed("subscriptions", asked, _wanted_events(asked), EVENT_ORDERS, lambda db, row: shapes.subscription(row))


@pages.get("/event-subscription/count")
def subscription_count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("subscriptions", asked, _wanted_events(asked))


@pages.get("/execution/<id>/messageSubscriptions/<name>")
def message_subscription(id: str, name: str) -> Response:
    """The message of that name that an execution waits for."""
    where: list[registers.Condition] = [
        ("instance_id", "eq", id_of(id)),
        ("kind", "eq", "message"),
        ("name", "eq", name),
    ]
    with runtime().reading() as db:
        found = registers.rows(db, "subscriptions", Wanted(where, most=1))
    if not found:
        message = f"Message event subscription for execution {id} named {name} does not exist"
        raise Refused(404, "InvalidRequestException", message)
    return said(shapes.subscription(found[0]))


@pages.post("/execution/<id>/messageSubscriptions/<name>/trigger")
def trigger(id: str, name: str) -> Response:
    """Bring the message to this execution alone."""
    carried = values.plain_all(body().get("variables"), runtime().zone)
    _there(id)
    runtime().unit(lambda db: api.correlate(db, actor(), name, instance_id=id_of(id), variables=carried))
    return nothing()
