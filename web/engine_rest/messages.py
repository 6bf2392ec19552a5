"""`/message` and `/signal`: what comes from outside and is for a case, or for all."""

from __future__ import annotations

from typing import Any

from flask import Response

from engine import api
from engine.queries import registers
from engine.queries.registers import Wanted
from web.engine_rest import shapes, values
from web.engine_rest.access import actor, seen
from web.engine_rest.answers import invalid, nothing, said, unsupported
from web.engine_rest.asking import body, id_of, required
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("")


@pages.post("/message")
def correlate() -> Response:
    """A message for the one case that waits for it, or for all; it starts a process where nobody waits."""
    sent, zone = body(), runtime().zone
    name = str(required(sent, "messageName"))
    for option in ("localCorrelationKeys", "processVariablesLocal", "processVariablesToTriggeredScope"):
        if sent.get(option):
            raise unsupported(f"'{option}'")
    if sent.get("variablesInResultEnabled") and not sent.get("resultEnabled"):
        raise invalid("Parameter 'variablesInResultEnabled' cannot be used without 'resultEnabled' set to true.")
    carried = values.plain_all(sent.get("processVariables"), zone, "processVariables")
    keys = values.plain_all(sent.get("correlationKeys"), zone, "correlationKeys")
    case = sent.get("processInstanceId")
    found = runtime().unit(
        lambda db: api.correlate(
            db,
            actor(),
            name,
            business_key=None if sent.get("businessKey") is None else str(sent["businessKey"]),
            instance_id=None if case is None else id_of(case),
            keys=keys,
            variables=carried,
            everybody=bool(sent.get("all")),
        )
    )
    if not sent.get("resultEnabled"):
        return nothing()
    with runtime().reading() as db:
        return said([_told(db, one, bool(sent.get("variablesInResultEnabled"))) for one in found])


def _told(db: Any, delivery: api.Delivery, with_variables: bool) -> dict[str, Any]:
    rows = registers.rows(db, "instances", Wanted([("id", "eq", delivery.instance_id or 0)]))
    started = delivery.state == "started"
    shown = shapes.instance(rows[0]) if rows else None
    execution = {"id": str(delivery.instance_id), "processInstanceId": str(delivery.instance_id), "ended": False}
    answer: dict[str, Any] = {
        "resultType": "ProcessDefinition" if started else "Execution",
        "execution": None if started else execution | {"tenantId": None},
        "processInstance": shown if started else None,
    }
    if with_variables and rows:
        answer["variables"] = values.typed_all(seen(registers.variables_of(db, rows[0]["id"])), runtime().zone)
    return answer


@pages.post("/signal")
def signal() -> Response:
    """A signal for everybody who waits for it."""
    sent = body()
    if sent.get("executionId"):
        raise unsupported("A signal for one execution (executionId)")
    carried = values.plain_all(sent.get("variables"), runtime().zone)
    runtime().unit(lambda db: api.raise_signal(db, actor(), str(required(sent, "name")), carried))
    return nothing()
