"""`/process-instance`: running cases, their variables, where they stand, and what a process owner does to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from engine import api
from engine.queries import registers
from engine.queries.registers import Wanted
from web.engine_rest import shapes, values
from web.engine_rest.access import actor, seen
from web.engine_rest.answers import Refused, invalid, nothing, said, unsupported
from web.engine_rest.asking import Asked, body, definition_id, definition_of, id_of, items, objects, required
from web.engine_rest.filters import conditions, counted, either, ids, listed, text, texts, variables, when
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("/process-instance")
RUNNING = ("active", "suspended")
ORDERS = {
    "instanceId": "id", "definitionId": "definition_id", "definitionKey": "key", "businessKey": "business_key",
    "tenantId": "key",
}  # fmt: skip
FILTERS = {
    "processInstanceIds": ids("id"),
    "processInstanceId": ids("id"),
    "businessKey": text("business_key"),
    "businessKeyLike": text("business_key", "like"),
    "processDefinitionId": ("definition_id", "eq", lambda asked, name: _definition(asked.text(name))),
    "processDefinitionKey": text("key"),
    "processDefinitionKeyIn": texts("key"),
    "processDefinitionKeyNotIn": texts("key", "not_in"),
    "deploymentId": ("deployment_id", "eq", lambda asked, name: asked.id(name)),
    "superProcessInstance": ("called_by", "eq", lambda asked, name: asked.id(name)),
    "subProcessInstance": ("calls", "eq", lambda asked, name: asked.id(name)),
    "active": when("state", "eq", "active"),
    "suspended": when("state", "eq", "suspended"),
    "withIncident": when("broken", "eq", True),
    "incidentMessage": text("incident_code"),
    "activityIdIn": ("waits_at", "in", lambda asked, name: asked.texts(name) or None),
    "rootProcessInstances": when("parent_id", "null", True),
}


def _definition(id: str | None) -> int | None:
    return None if id is None else definition_of(id)


def wanted_of(asked: Asked) -> Wanted:
    """The running cases that are asked for."""
    return Wanted(
        [("state", "in", RUNNING), *conditions(asked, FILTERS)], order=(("id", False),),
        variables=variables(asked, "variables"), groups=either(asked, FILTERS, "variables"),
    )  # fmt: skip


@pages.get("")
@pages.post("")
def listing() -> Response:
    """Running cases."""
    asked = Asked()
    return listed("instances", asked, wanted_of(asked), ORDERS, lambda db, row: shapes.instance(row))


@pages.get("/count")
@pages.post("/count")
def count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("instances", asked, wanted_of(asked))


def row_of(db: Any, id: str, *, running: bool = True) -> Mapping[str, Any]:
    """The row of a case. 404 when there is none, or it has ended."""
    found = registers.rows(db, "instances", Wanted([("id", "eq", id_of(id))]))
    if not found or (running and found[0]["state"] not in RUNNING):
        raise Refused(404, "InvalidRequestException", f"Process instance with id {id} does not exist")
    return found[0]


@pages.get("/<id>")
def one(id: str) -> Response:
    """One running case."""
    with runtime().reading() as db:
        return said(shapes.instance(row_of(db, id)))


@pages.delete("/<id>")
def delete(id: str) -> Response:
    """End a case from outside."""
    with runtime().reading() as db:
        number = row_of(db, id)["id"]
    runtime().unit(lambda db: api.cancel(db, actor(), number, "engine-rest"))
    return nothing()


@pages.put("/<id>/suspended")
def suspend(id: str) -> Response:
    """Hold a case, or let it go on."""
    _turn([id], body())
    return nothing()


@pages.put("/suspended")
def suspend_several() -> Response:
    """Hold cases, or let them go on: by their ids or by their process."""
    sent = body()
    wanted = [str(one) for one in items(sent, "processInstanceIds")]
    if sent.get("processInstanceQuery"):
        raise unsupported("processInstanceQuery here")
    if not wanted:
        where: list[registers.Condition] = [("state", "in", RUNNING), ("parent_id", "null", True)]
        if sent.get("processDefinitionId"):
            where.append(("definition_id", "eq", definition_of(sent["processDefinitionId"])))
        else:
            where.append(("key", "eq", str(required(sent, "processDefinitionKey"))))
        with runtime().reading() as db:
            wanted = [str(row["id"]) for row in registers.rows(db, "instances", Wanted(where, most=10_000))]
    _turn(wanted, sent)
    return nothing()


def _turn(wanted: list[str], sent: Mapping[str, Any]) -> None:
    """To suspend what is suspended changes nothing, as in Camunda."""
    if not isinstance(sent.get("suspended"), bool):
        raise invalid("'suspended' must be true or false")
    verb, after = (api.suspend, "suspended") if sent["suspended"] else (api.resume, "active")

    def turn(db: Any) -> None:
        for id in wanted:
            row = row_of(db, id)
            if row["state"] != after:
                verb(db, actor(), row["id"])

    runtime().unit(turn)


# ── variables ──────────────────────────────────────────────────────────────────────────────────────────────────


@pages.get("/<id>/variables")
def all_variables(id: str) -> Response:
    """The variables of a case."""
    with runtime().reading() as db:
        found = seen(registers.variables_of(db, row_of(db, id)["id"]))
    return said(values.typed_all(found, runtime().zone))


@pages.post("/<id>/variables")
def modify_variables(id: str) -> Response:
    """Set some variables, and empty others: a variable that was there is null afterwards."""
    sent = body()
    changed = values.plain_all(sent.get("modifications"), runtime().zone, "modifications")
    write_variables(id, {**dict.fromkeys(map(str, items(sent, "deletions"))), **changed})
    return nothing()


def write_variables(id: str, changed: Mapping[str, Any]) -> None:
    """Set variables of a running case."""
    with runtime().reading() as db:
        number = row_of(db, id)["id"]
    if changed:
        runtime().unit(lambda db: api.set_variables(db, actor(), number, changed))


@pages.get("/<id>/variables/<name>")
def one_variable(id: str, name: str) -> Response:
    """One variable."""
    return said(values.typed(_value(id, name), runtime().zone))


def _value(id: str, name: str) -> Any:
    with runtime().reading() as db:
        found = seen(registers.variables_of(db, row_of(db, id)["id"]))
    if name not in found:
        raise Refused(404, "InvalidRequestException", f"process instance variable with name {name} does not exist")
    return found[name]


@pages.put("/<id>/variables/<name>")
def set_variable(id: str, name: str) -> Response:
    """Set one variable."""
    write_variables(id, {name: values.plain(body(), runtime().zone, name)})
    return nothing()


@pages.delete("/<id>/variables/<name>")
def delete_variable(id: str, name: str) -> Response:
    """Empty one variable: it is null afterwards."""
    write_variables(id, {name: None})
    return nothing()


@pages.get("/<id>/variables/<name>/data")
def variable_data(id: str, name: str) -> Response:
    """The content of a file or of bytes."""
    return data_of(_value(id, name), name)


def data_of(value: Any, name: str) -> Response:
    """The content of a variable as a download."""
    found = values.content(value)
    if found is None:
        raise invalid(f"Value of variable {name} is not a binary value")
    raw, file, media = found
    answer = Response(raw, mimetype=media if file else "application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=file or name)
    return answer


@pages.post("/<id>/variables/<name>/data")
def put_data(id: str, name: str) -> Response:
    """Set a file or bytes from an upload (multipart: `data`, `valueType`)."""
    write_variables(id, {name: uploaded(name)})
    return nothing()


def uploaded(name: str) -> Any:
    """The value of an upload as a variable."""
    import base64

    from flask import request

    sent = request.files.get("data")
    if sent is None:
        raise invalid("a part named 'data' is needed")
    kind = request.form.get("valueType", "File" if sent.filename else "Bytes")
    info = {"filename": sent.filename or name, "mimetype": sent.mimetype}
    typed = {"type": kind, "value": base64.b64encode(sent.read()).decode(), "valueInfo": info}
    return values.plain(typed, runtime().zone, name)


# ── where it stands, and moving it ─────────────────────────────────────────────────────────────────────────────


@pages.get("/<id>/activity-instances")
def activity_instances(id: str) -> Response:
    """The tree of what is active in a case."""
    with runtime().reading() as db:
        row = row_of(db, id)
        standing = registers.standing(db, row["id"])
    definition = definition_id(row["key"], row["version"], row["definition_id"])
    known = {one.token for one in standing}

    def children(parent: int, above: str) -> list[dict[str, Any]]:
        mine = [one for one in standing if (one.parent if one.parent in known else 0) == parent]
        return [shown(one, above) for one in mine]

    def shown(one: registers.Standing, above: str) -> dict[str, Any]:
        own = f"{one.element}:{id}:{one.token}"
        return _activity(own, above, one.element, one.type, one.name, children(one.token, own))

    def _activity(own: str, above: str | None, element: str, type: str, name: str | None, below: Any) -> dict[str, Any]:
        return {
            "id": own,
            "parentActivityInstanceId": above,
            "activityId": element,
            "activityType": type,
            "activityName": name,
            "name": name,
            "processInstanceId": id,
            "processDefinitionId": definition,
            "childActivityInstances": below,
            "childTransitionInstances": [],
            "executionIds": [id],
            "incidentIds": [],
            "incidents": [],
        }

    return said(_activity(id, None, definition, "processDefinition", row["name"], children(0, id)))


@pages.post("/<id>/modification")
def modify(id: str) -> Response:
    """Move tokens: cancel what stands at elements, enter others. A pair of both is one move."""
    sent = body()
    with runtime().reading() as db:
        row = row_of(db, id)
        steps = moves(db, row["definition_id"], sent)
    runtime().unit(lambda db: carry_out(db, row["id"], steps, str(sent.get("annotation") or "")))
    return nothing()


@dataclass(frozen=True, slots=True)
class Moves:
    """What instructions ask: pairs of (element that is left or nothing, element that is entered), and variables."""

    steps: tuple[tuple[str, str], ...]
    variables: Mapping[str, Any]


def carry_out(db: Any, case: int, moves: Moves, why: str) -> None:
    """Set the variables, then move the tokens of one case."""
    if moves.variables:
        api.set_variables(db, actor(), case, moves.variables)
    for source, target in moves.steps:
        api.move_token(db, actor(), case, source or None, target, why)


def moves(db: Any, definition: int, sent: Mapping[str, Any]) -> Moves:
    """The instructions of a body, for cases of one version. A flow is entered where it leads to."""
    cancelled, entered, changed = [], [], dict[str, Any]()
    for one in objects(sent, "instructions"):
        kind = one.get("type")
        if kind == "cancel":
            cancelled.append(str(one.get("activityId") or str(one.get("activityInstanceId") or "").split(":")[0]))
        elif kind == "startBeforeActivity":
            entered.append(str(required(one, "activityId")))
        elif kind in ("startAfterActivity", "startTransition"):
            entered.append(_led_to(registers.model(db, definition).flows, one))
        else:
            raise unsupported(f"The instruction '{kind}'")
        given = one.get("variables") or {}
        if isinstance(given, Mapping) and any(isinstance(v, Mapping) and v.get("local") for v in given.values()):
            raise unsupported("A local variable of an instruction")
        changed |= values.plain_all(given, runtime().zone)
    return Moves(_paired(cancelled, entered), changed)


def _led_to(flows: Mapping[str, tuple[str, str]], one: Mapping[str, Any]) -> str:
    """Where a flow leads to, or the one flow that leaves an element."""
    if one["type"] == "startTransition":
        found = [flows[flow][1]] if (flow := str(required(one, "transitionId"))) in flows else []
        what = f"transition {flow}"
    else:
        element = str(required(one, "activityId"))
        found = [target for source, target in flows.values() if source == element]
        what = f"one outgoing sequence flow of activity {element}"
    if len(found) != 1:
        raise invalid(f"Cannot perform instruction: there is no {what}")
    return found[0]


def _paired(cancelled: list[str], entered: list[str]) -> tuple[tuple[str, str], ...]:
    if len(entered) < max(1, len(cancelled)):
        raise unsupported("Cancelling without entering another element; to end the whole case, DELETE it, which")
    return tuple(zip(cancelled + [""] * (len(entered) - len(cancelled)), entered, strict=True))


@pages.get("/<id>/comment")
def comments(id: str) -> Response:
    """What was said at this case."""
    from web.engine_rest.comments import of_case

    with runtime().reading() as db:
        return said(of_case(db, row_of(db, id, running=False)["id"]))
