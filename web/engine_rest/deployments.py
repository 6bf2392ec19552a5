"""`/deployment`: process packages as Camunda's tools send them. Law: a fault is told by resource, line and element."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from flask import Response, request

from engine import api
from engine.api import deploying
from engine.api.deploying import Stage, Staged
from engine.errors import Fault, ModelRefused, StillRunning
from engine.queries import registers
from engine.queries.registers import Wanted
from web.engine_rest import shapes
from web.engine_rest.access import actor, require_owner
from web.engine_rest.answers import Refused, fault, invalid, nothing, problems, said, unsupported
from web.engine_rest.asking import Asked, id_of
from web.engine_rest.filters import conditions, counted, listed, moments, text
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("/deployment")
ORDERS = {"id": "id", "name": "folder", "deploymentTime": "at", "tenantId": "folder"}
FILTERS = {
    "id": ("id", "eq", lambda asked, name: asked.id(name)),
    "name": text("folder"),
    "nameLike": text("folder", "like"),
    "source": text("by"),
    "before": moments("at", "lt"),
    "after": moments("at", "gt"),
}
ALLOWED = (".bpmn", ".dmn", ".form", ".json")
LONGEST_NAME = 100
TOLD: registers.Condition = ("told", "eq", True)
"""Not withdrawn."""


@pages.get("")
def listing() -> Response:
    """Deployments."""
    asked = Asked()
    wanted = Wanted([TOLD, *conditions(asked, FILTERS)], order=(("at", False),))
    return listed("deployments", asked, wanted, ORDERS, lambda db, row: shapes.deployment(row))


@pages.get("/count")
def count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("deployments", asked, Wanted([TOLD, *conditions(asked, FILTERS)]))


@pages.post("/create")
def create() -> Response:
    """Deploy files under a name, which is the package. A file that the package has already is a change of it: the
    others stay. deploy-changed-only says so for any files, and `false` that the package is what is sent."""
    require_owner()
    name = _name()
    files = {path: content for path, content in sent_files()}
    if not files:
        raise Refused(400, "InvalidRequestException", "No deployment resources contained in the form upload.")
    if request.form.get("deployment-activation-time"):
        raise unsupported("A deployment that becomes active later (deployment-activation-time)")
    if request.form.get("tenant-id"):
        raise unsupported("Tenants (tenant-id)")
    note = request.form.get("deployment-source", "").strip()[:200] or "engine-rest"
    said_so = request.form.get("deploy-changed-only", "").lower()

    def deploy(db: Any) -> Staged:
        before = {} if said_so == "false" else _newest_files(db, name)
        placed = in_place(files, before)
        stays = before if said_so == "true" or not placed.keys().isdisjoint(before) else {}
        return put_live(db, name, {**stays, **placed}, note)

    try:
        return told(runtime().unit(deploy), name)
    except ModelRefused as refused:
        return refusal(refused.faults)


def put_live(db: Any, name: str, files: Mapping[str, bytes], note: str) -> Staged:
    """Deploy, or ask a second person where the process says so; files that run already are nothing to ask about."""
    if files == _newest_files(db, name):
        return Staged(api.deploy(db, actor(), name, files, note))
    return deploying.put_live(db, actor(), name, files, note, Stage(), _newest(db, name))


def told(staged: Staged, name: str) -> Response:
    """What a deployment brought, or that somebody has to agree first."""
    if staged.deployed is None:
        message = f"'{name}' is deployed by two people: request {staged.request} waits for another process owner."
        return fault(403, "AuthorizationException", message)
    return said(answer(staged.deployed))


def in_place(files: Mapping[str, bytes], before: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files by their path in the package: tools send `inquiry.form` for what stands there as `forms/inquiry.form`."""
    found = {}
    for path, content in files.items():
        same = [known for known in before if PurePosixPath(known).name == path]
        found[same[0] if path not in before and len(same) == 1 else path] = content
    return found


def refusal(faults: Any) -> Response:
    """Why nothing was deployed: Camunda's ParseException, with the problems of each file."""
    errors = [one for one in faults if one.severity == "error"]
    told = "\n".join(_line(one) for one in errors)
    message = f"ENGINE-09005 Could not parse BPMN process. Errors: \n{told}"
    return fault(400, "ParseException", message, details=problems(faults))


def _line(one: Fault) -> str:
    place = f" | resource {one.file} | line {one.line or 0} | column 0 | element {one.element}"
    return f"* {one.text('en')}{place}"


def _name() -> str:
    given = request.form.get("deployment-name", "").strip()
    first = next((file.filename for file in request.files.values() if file.filename), "")
    name = given or PurePosixPath(first).stem
    if not name or len(name) > LONGEST_NAME or any(sign in name for sign in "/\\\0"):
        raise invalid(f"'deployment-name' must be 1 to {LONGEST_NAME} characters without slashes")
    return name


def sent_files() -> list[tuple[str, bytes]]:
    """The files of an upload by their name within the package; 400 for one that is none of a package's."""
    found = []
    for part in request.files.values():
        path = PurePosixPath((part.filename or "").replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or not path.name:
            raise invalid(f"'{part.filename}' is no name of a file")
        if path.suffix not in ALLOWED:
            raise invalid(f"'{path.name}': a deployment holds .bpmn, .dmn and .form files")
        found.append((str(path), part.read()))
    return found


def _newest(db: Any, name: str) -> int | None:
    """The newest deployment of a package."""
    order = (("at", True), ("id", True))
    found = registers.rows(db, "deployments", Wanted([("folder", "eq", name)], order=order, most=1))
    return found[0]["id"] if found else None


def _newest_files(db: Any, name: str) -> Mapping[str, bytes]:
    newest = _newest(db, name)
    if newest is None:
        return {}
    resources = registers.rows(db, "resources", Wanted([("deployment_id", "eq", newest)]))
    contents = [registers.content(db, row["id"]) for row in resources]
    return {found[0]: found[1] for found in contents if found is not None}


def answer(deployed: api.Deployed) -> dict[str, Any]:
    """What a deployment brought; nothing new when the same files were there already."""
    with runtime().reading() as db:
        mine: list[registers.Condition] = [("deployment_id", "eq", deployed.deployment_id)]
        [row] = registers.rows(db, "deployments", Wanted([("id", "eq", deployed.deployment_id)]))
        brought = [] if deployed.unchanged else registers.rows(db, "definitions", Wanted(mine))
        decided = [] if deployed.unchanged else registers.rows(db, "decisions", Wanted(mine))
        definitions = {(one := shapes.definition(db, found))["id"]: one for found in brought}
    decisions = {(one := shapes.decision(found))["id"]: one for found in decided}
    return shapes.deployment(row) | {
        "deployedProcessDefinitions": definitions or None,
        "deployedDecisionDefinitions": decisions or None,
        "deployedDecisionRequirementsDefinitions": None,
        "deployedCaseDefinitions": None,
    }


@pages.get("/registered")
def registered() -> Response:
    """Deployments that this process knows: all."""
    with runtime().reading() as db:
        return said([str(row["id"]) for row in registers.rows(db, "deployments", Wanted([TOLD]))])


def row_of(db: Any, id: str) -> Mapping[str, Any]:
    """The row of a deployment. 404 when there is none."""
    found = registers.rows(db, "deployments", Wanted([TOLD, ("id", "eq", id_of(id))]))
    if not found:
        raise Refused(404, "InvalidRequestException", f"Deployment with id '{id}' does not exist")
    return found[0]


@pages.get("/<id>")
def one(id: str) -> Response:
    """One deployment."""
    with runtime().reading() as db:
        return said(shapes.deployment(row_of(db, id)))


@pages.get("/<id>/resources")
def resources(id: str) -> Response:
    """Its files."""
    with runtime().reading() as db:
        found = registers.rows(db, "resources", Wanted([("deployment_id", "eq", row_of(db, id)["id"])]))
    return said([{"id": str(row["id"]), "name": row["name"], "deploymentId": id} for row in found])


@pages.get("/<id>/resources/<resource>")
def resource(id: str, resource: str) -> Response:
    """One of its files."""
    with runtime().reading() as db:
        row, _ = _resource(db, id, resource)
    return said({"id": str(row["id"]), "name": row["name"], "deploymentId": id})


@pages.get("/<id>/resources/<resource>/data")
def data(id: str, resource: str) -> Response:
    """The content of one of its files."""
    with runtime().reading() as db:
        row, content = _resource(db, id, resource)
    answer = Response(content, mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=PurePosixPath(row["name"]).name)
    return answer


def _resource(db: Any, id: str, resource: str) -> tuple[Mapping[str, Any], bytes]:
    mine: list[registers.Condition] = [("deployment_id", "eq", row_of(db, id)["id"]), ("id", "eq", id_of(resource))]
    found = registers.rows(db, "resources", Wanted(mine))
    content = registers.content(db, found[0]["id"]) if found else None
    if content is None:
        raise Refused(
            404, "InvalidRequestException", f"Deployment resource with resource id '{resource}' does not exist"
        )
    return found[0], content[1]


@pages.post("/<id>/redeploy")
def redeploy(id: str) -> Response:
    """Make the files of an earlier deployment the newest again."""
    require_owner()

    def deploy(db: Any) -> tuple[Staged, str]:
        row = row_of(db, id)
        found = registers.rows(db, "resources", Wanted([("deployment_id", "eq", row["id"])]))
        files = {content[0]: content[1] for one in found if (content := registers.content(db, one["id"])) is not None}
        return put_live(db, row["folder"], files, f"again: {id}"), row["folder"]

    return told(*runtime().unit(deploy))


@pages.delete("/<id>")
def delete(id: str) -> Response:
    """Withdraw a deployment: nothing is started of it, and what ran before it runs again. What it held stays readable
    on the pages of the cases that ran by it."""
    with runtime().reading() as db:
        number = row_of(db, id)["id"]
    return withdrawn(number)


def withdrawn(number: int) -> Response:
    """Withdraw the deployment with that id; with `cascade=true` its running cases end. Listeners are the model's."""
    asked = Asked()
    cascade = asked.flag("cascade") is True
    asked.flag("skipCustomListeners"), asked.flag("skipIoMappings")
    asked.done()
    try:
        runtime().unit(lambda db: api.withdraw_deployment(db, actor(), number, cascade=cascade, why="engine-rest"))
    except StillRunning as error:
        told = "{key}:{version}:{id} can't be deleted, since there exists {count} dependening process instances."
        message = (
            "ENGINE-03076 Deletion of process definition without cascading failed. "
            f"Process definition with id: {told.format_map(error.fields)}"
        )
        raise Refused(500, "ProcessEngineException", message) from error
    return nothing()
