"""`/process-definition`: what can be started, its file, its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from engine import api, queries
from engine.queries import registers
from engine.queries.registers import Wanted
from web.engine_rest import shapes, values
from web.engine_rest.access import actor, seen
from web.engine_rest.answers import Refused, invalid, nothing, said, unsupported
from web.engine_rest.asking import Asked, body, definition_id, definition_of, required
from web.engine_rest.deployments import withdrawn
from web.engine_rest.filters import conditions, counted, listed, moments, text, texts, when
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("/process-definition")
ORDERS = {
    "id": "id", "key": "key", "name": "name", "version": "version", "deploymentId": "deployment_id",
    "deployTime": "deployed_at", "category": "key", "versionTag": "key", "tenantId": "key",
}  # fmt: skip
FILTERS = {
    "processDefinitionId": ("id", "eq", lambda asked, name: _id(asked.text(name))),
    "processDefinitionIdIn": ("id", "in", lambda asked, name: [definition_of(x) for x in asked.texts(name)] or None),
    "name": text("name"),
    "nameLike": text("name", "like"),
    "deploymentId": ("deployment_id", "eq", lambda asked, name: asked.id(name)),
    "key": text("key"),
    "keysIn": texts("key"),
    "keyLike": text("key", "like"),
    "version": ("version", "eq", lambda asked, name: asked.number(name)),
    "latestVersion": when("newest", "eq", True),
    "resourceName": text("file"),
    "resourceNameLike": text("file", "like"),
    "suspended": when("suspended", "eq", True),
    "active": when("suspended", "eq", False),
    "deployedAfter": moments("deployed_at", "gt"),
    "deployedAt": moments("deployed_at", "eq"),
}


def _id(text: str | None) -> int | None:
    return None if text is None else definition_of(text)


@pages.get("")
def listing() -> Response:
    """Definitions: all versions, or the latest."""
    asked = Asked()
    wanted = Wanted([TOLD, *conditions(asked, FILTERS)], order=(("key", False), ("version", False)))
    tag = asked.text("versionTag")
    if tag is not None:
        return _tagged(asked, wanted, tag)
    return listed("definitions", asked, wanted, ORDERS, shapes.definition)


def _tagged(asked: Asked, wanted: Wanted, tag: str) -> Response:
    asked.done()
    with runtime().reading() as db:
        rows = registers.rows(db, "definitions", wanted)
        return said([shown for row in rows if (shown := shapes.definition(db, row))["versionTag"] == tag])


@pages.get("/count")
def count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("definitions", asked, Wanted([TOLD, *conditions(asked, FILTERS)]))


@pages.get("/statistics")
def all_statistics() -> Response:
    """Running cases, failed jobs and open incidents of each definition."""
    asked = Asked()
    asked.flag("failedJobs"), asked.flag("incidents"), asked.text("incidentsForType"), asked.flag("rootIncidents")
    asked.done()
    with runtime().reading() as db:
        running = registers.groups(db, "instances", "definition_id", Wanted([("state", "in", RUNNING)]))
        jobs = registers.groups(db, "jobs", "definition_id", Wanted([("state", "eq", "failed")]))
        broken = registers.groups(db, "incidents", "definition_id", Wanted([("resolved_at", "null", True)]))
        rows = registers.rows(db, "definitions", Wanted([TOLD], order=(("key", False), ("version", False))))
        return said([_figures(db, row, running, jobs, broken) for row in rows])


RUNNING = ("active", "suspended")
TOLD: registers.Condition = ("told", "eq", True)
"""Not of a deployment that was withdrawn."""


def _figures(db: Any, row: Mapping[str, Any], *counts: Mapping[Any, int]) -> dict[str, Any]:
    running, jobs, broken = (found.get(row["id"], 0) for found in counts)
    shown = shapes.definition(db, row)
    incidents = [{"incidentType": "failedJob", "incidentCount": broken}] if broken else []
    return {
        "id": shown["id"], "instances": running, "failedJobs": jobs, "incidents": incidents, "definition": shown,
    }  # fmt: skip


# ── one ────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_id(db: Any, id: str) -> Mapping[str, Any]:
    """The row of `key:version:id`. 404 when there is none."""
    found = registers.rows(db, "definitions", Wanted([TOLD, ("id", "eq", definition_of(id))]))
    if not found:
        raise Refused(404, "RestException", f"No matching definition with id {id}")
    return found[0]


def by_key(db: Any, key: str) -> Mapping[str, Any]:
    """The row of the newest version of a process. 404 when there is none."""
    found = registers.rows(db, "definitions", Wanted([TOLD, ("key", "eq", key), ("newest", "eq", True)]))
    if not found:
        raise Refused(404, "RestException", f"No matching process definition with key: {key} and no tenant-id")
    return found[0]


@pages.get("/<id>")
def one(id: str) -> Response:
    """One definition."""
    with runtime().reading() as db:
        return said(shapes.definition(db, by_id(db, id)))


@pages.get("/key/<key>")
def one_by_key(key: str) -> Response:
    """The newest version of a process."""
    with runtime().reading() as db:
        return said(shapes.definition(db, by_key(db, key)))


@pages.get("/<id>/xml")
def xml(id: str) -> Response:
    """The file."""
    with runtime().reading() as db:
        return _xml(db, by_id(db, id))


@pages.get("/key/<key>/xml")
def xml_by_key(key: str) -> Response:
    """The file of the newest version."""
    with runtime().reading() as db:
        return _xml(db, by_key(db, key))


def _xml(db: Any, row: Mapping[str, Any]) -> Response:
    found = registers.content(db, row["resource_id"])
    shown = definition_id(row["key"], row["version"], row["id"])
    return said({"id": shown, "bpmn20Xml": (found[1] if found else b"").decode("utf-8", "replace")})


@pages.get("/<id>/diagram")
@pages.get("/key/<key>/diagram")
def diagram(id: str = "", key: str = "") -> Response:
    """There is no picture beside the file: clients draw it."""
    with runtime().reading() as db:
        _named(db, id, key)
    return nothing()


def _named(db: Any, id: str, key: str) -> Mapping[str, Any]:
    return by_id(db, id) if id else by_key(db, key)


@pages.get("/<id>/statistics")
@pages.get("/key/<key>/statistics")
def statistics(id: str = "", key: str = "") -> Response:
    """Live tokens, failed jobs and open incidents at each element."""
    with runtime().reading() as db:
        row = _named(db, id, key)
        mine = ("definition_id", "eq", row["id"])
        standing = registers.standing_counts(db, row["id"])
        jobs = registers.groups(db, "jobs", "element", Wanted([mine, ("state", "eq", "failed")]))
        broken = registers.groups(db, "incidents", "element", Wanted([mine, ("resolved_at", "null", True)]))
    return said(
        [
            {
                "id": element,
                "instances": standing.get(element, 0),
                "failedJobs": jobs.get(element, 0),
                "incidents": [{"incidentType": "failedJob", "incidentCount": n}] if (n := broken.get(element)) else [],
            }
            for element in sorted({*standing, *jobs, *broken})
        ]
    )


# ── starting ───────────────────────────────────────────────────────────────────────────────────────────────────


@pages.post("/<id>/start")
@pages.post("/key/<key>/start")
@pages.post("/<id>/submit-form")
@pages.post("/key/<key>/submit-form")
def start(id: str = "", key: str = "") -> Response:
    """Begin a case. The variables may come back with it."""
    sent, rt = body(), runtime()
    if sent.get("startInstructions"):
        raise unsupported("Starting a process elsewhere than at its start event (startInstructions)")
    variables = values.plain_all(sent.get("variables"), rt.zone)
    with rt.reading() as db:
        row = _named(db, id, key)
    number = rt.unit(
        lambda db: api.start(
            db, actor(), row["key"], variables, business_key=sent.get("businessKey"), version=row["version"]
        )
    )
    with rt.reading() as db:
        [case] = registers.rows(db, "instances", Wanted([("id", "eq", number)]))
        shown = shapes.instance(case)
        if sent.get("withVariablesInReturn"):
            shown["variables"] = values.typed_all(seen(registers.variables_of(db, number)), rt.zone)
    return said(shown)


@pages.get("/<id>/startForm")
@pages.get("/key/<key>/startForm")
def start_form(id: str = "", key: str = "") -> Response:
    """The key of the form that is filled before a case begins."""
    with runtime().reading() as db:
        form = registers.model(db, _named(db, id, key)["id"]).start_form
    return said({"key": form, "camundaFormRef": None, "contextPath": None})


@pages.get("/<id>/deployed-start-form")
@pages.get("/key/<key>/deployed-start-form")
def deployed_start_form(id: str = "", key: str = "") -> Response:
    """The form itself, as it was deployed."""
    with runtime().reading() as db:
        row = _named(db, id, key)
        form = registers.model(db, row["id"]).start_form
        if form is None:
            raise Refused(400, "BadUserRequestException", "The process has no start form")
        return said(dict(queries.form(db, row["key"], form, row["version"]).schema))


@pages.get("/<id>/form-variables")
@pages.get("/key/<key>/form-variables")
def form_variables(id: str = "", key: str = "") -> Response:
    """Variables that the start form asks for, without values."""
    with runtime().reading() as db:
        row = _named(db, id, key)
        form = registers.model(db, row["id"]).start_form
        schema = dict(queries.form(db, row["key"], form, row["version"]).schema) if form else {}
    asked = set(request.args.get("variableNames", "").split(",")) - {""}
    names = [name for name in field_names(schema) if not asked or name in asked]
    return said({name: {"type": None, "value": None, "valueInfo": {}} for name in names})


def field_names(schema: Mapping[str, Any]) -> list[str]:
    """Keys of the fields of a form, in their order."""
    found: list[str] = []
    for part in schema.get("components", []):
        if part.get("key"):
            found.append(str(part["key"]))
        if part.get("type") == "group":
            found += field_names(part)
    return found


# ── resting ────────────────────────────────────────────────────────────────────────────────────────────────────


@pages.put("/<id>/suspended")
def suspend(id: str) -> Response:
    """Let a version rest, or go on."""
    with runtime().reading() as db:
        row = by_id(db, id)
    return _turn(body(), row["key"], row["version"])


@pages.put("/key/<key>/suspended")
def suspend_by_key(key: str) -> Response:
    """Let all versions of a process rest, or go on."""
    return _turn(body(), key, None)


@pages.put("/suspended")
def suspend_named() -> Response:
    """The same, by what the body names."""
    sent = body()
    if sent.get("processDefinitionId"):
        return suspend(str(sent["processDefinitionId"]))
    return _turn(sent, str(required(sent, "processDefinitionKey")), None)


def _turn(sent: Mapping[str, Any], key: str, version: int | None) -> Response:
    if sent.get("executionDate"):
        raise unsupported("Suspending at a later date (executionDate)")
    if not isinstance(sent.get("suspended"), bool):
        raise invalid("'suspended' must be true or false")

    def turn(db: Any) -> None:
        verb = api.suspend_process if sent["suspended"] else api.resume_process
        verb(db, actor(), key, version, "engine-rest")
        if sent.get("includeProcessInstances"):
            before = "active" if sent["suspended"] else "suspended"
            where = [("key", "eq", key), ("state", "eq", before), ("parent_id", "null", True)]
            if version is not None:
                where.append(("version", "eq", version))
            for case in registers.rows(db, "instances", Wanted(where, most=10_000)):
                (api.suspend if sent["suspended"] else api.resume)(db, actor(), case["id"])

    runtime().unit(turn)
    return nothing()


@pages.delete("/<id>")
@pages.delete("/key/<key>")
def delete(id: str = "", key: str = "") -> Response:
    """Withdraw the deployment that brought a version, when it brought nothing else; by key of a process with one."""
    with runtime().reading() as db:
        row = _named(db, id, key)
        mine: list[registers.Condition] = [("deployment_id", "eq", row["deployment_id"])]
        brought = sum(registers.number(db, kind, Wanted(mine)) for kind in ("definitions", "decisions"))
        versions = registers.number(db, "definitions", Wanted([TOLD, ("key", "eq", row["key"])])) if key else 1
    if brought > 1 or versions > 1:
        raise unsupported("Deleting versions beside others (DELETE /deployment/{id} withdraws all that came with one)")
    return withdrawn(row["deployment_id"])


@pages.put("/<id>/history-time-to-live")
@pages.put("/key/<key>/history-time-to-live")
def time_to_live(id: str = "", key: str = "") -> Response:
    """Refused: the model says it."""
    raise unsupported("Changing historyTimeToLive beside the model")


@pages.get("/<id>/rendered-form")
@pages.get("/key/<key>/rendered-form")
def rendered_form(id: str = "", key: str = "") -> Response:
    """Refused: forms are Camunda Forms, which clients draw."""
    raise unsupported("A form rendered by the server")
