"""`/decision-definition`: tables that are deployed, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from engine import api
from engine.queries import registers
from engine.queries.registers import Wanted
from web.engine_rest import shapes, values
from web.engine_rest.access import actor
from web.engine_rest.answers import Refused, nothing, said
from web.engine_rest.asking import Asked, body, definition_of
from web.engine_rest.filters import Filter, conditions, counted, listed, moments, text, texts, when
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("/decision-definition")
ORDERS = {
    "id": "id", "key": "key", "name": "name", "version": "version", "deploymentId": "deployment_id",
    "deployTime": "deployed_at", "category": "key", "tenantId": "key", "versionTag": "key",
    "decisionRequirementsDefinitionKey": "key",
}  # fmt: skip
FILTERS: dict[str, Filter] = {
    "decisionDefinitionId": ("id", "eq", lambda asked, name: _id(asked.text(name))),
    "decisionDefinitionIdIn": ("id", "in", lambda asked, name: [definition_of(x) for x in asked.texts(name)] or None),
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
    "deployedAfter": moments("deployed_at", "gt"),
    "deployedAt": moments("deployed_at", "eq"),
}


TOLD: registers.Condition = ("withdrawn_at", "null", True)
"""Not of a deployment that was withdrawn."""


def _id(text: str | None) -> int | None:
    return None if text is None else definition_of(text)


@pages.get("")
def listing() -> Response:
    """Decisions: all versions, or the latest."""
    asked = Asked()
    wanted = Wanted([TOLD, *conditions(asked, FILTERS)], order=(("key", False), ("version", False)))
    return listed("decisions", asked, wanted, ORDERS, lambda db, row: shapes.decision(row))


@pages.get("/count")
def count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("decisions", asked, Wanted([TOLD, *conditions(asked, FILTERS)]))


def _row(db: Any, id: str, key: str) -> Mapping[str, Any]:
    mine: list[registers.Condition] = [("key", "eq", key), ("newest", "eq", True)]
    found = registers.rows(db, "decisions", Wanted([TOLD, *(mine if key else [("id", "eq", definition_of(id))])]))
    if not found:
        said_as = f"key: {key} and no tenant-id" if key else f"id {id}"
        raise Refused(404, "RestException", f"No matching decision definition with {said_as}")
    return found[0]


@pages.get("/<id>")
@pages.get("/key/<key>")
def one(id: str = "", key: str = "") -> Response:
    """One decision."""
    with runtime().reading() as db:
        return said(shapes.decision(_row(db, id, key)))


@pages.get("/<id>/xml")
@pages.get("/key/<key>/xml")
def xml(id: str = "", key: str = "") -> Response:
    """The file."""
    with runtime().reading() as db:
        row = _row(db, id, key)
        found = registers.content(db, row["resource_id"])
    return said({"id": shapes.decision(row)["id"], "dmnXml": (found[1] if found else b"").decode("utf-8", "replace")})


@pages.get("/<id>/diagram")
@pages.get("/key/<key>/diagram")
def diagram(id: str = "", key: str = "") -> Response:
    """There is no picture beside the file: clients draw it."""
    with runtime().reading() as db:
        _row(db, id, key)
    return nothing()


@pages.post("/<id>/evaluate")
@pages.post("/key/<key>/evaluate")
def evaluate(id: str = "", key: str = "") -> Response:
    """What the decision says: one object for each rule that fired, output by output."""
    inputs = values.plain_all(body().get("variables"), runtime().zone)
    with runtime().reading() as db:
        row = _row(db, id, key)
        result = api.evaluate_decision(db, actor(), row["key"], inputs, row["version"])
    return said([values.typed_all(one, runtime().zone) for one in rows_of(result.value, row["key"])])


def rows_of(value: Any, key: str) -> list[Mapping[str, Any]]:
    """A decision's value as Camunda lists it: a table's single output under its own name where there is one."""
    if value is None:
        return []
    parts = value if isinstance(value, list) else [value]
    return [part if isinstance(part, Mapping) else {key: part} for part in parts]
