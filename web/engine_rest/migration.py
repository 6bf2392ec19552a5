"""`/migration` and `/batch`: cases carried to another version, one by one or as a batch. Law: the engine's own rules.

A plan's instructions say what an element of the old version is called in the new one. Elements that keep their id are
carried without being named, as everywhere in Dealflow; so a plan without instructions is enough for most changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from engine import api
from engine.errors import MigrationRefused
from engine.queries import batches as kept
from engine.queries import registers
from engine.queries.registers import Wanted
from engine.queries.selection import Cases
from web.engine_rest import values
from web.engine_rest.access import actor, require_operator, require_owner
from web.engine_rest.answers import Refused, invalid, nothing, said, unsupported
from web.engine_rest.asking import Asked, body, definition_of, id_of, items, objects, required
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("")
MOST = 10_000
TYPES = {
    "migrate": "instance-migration", "cancel": "instance-deletion", "suspend": "instance-update-suspension-state",
    "resume": "instance-update-suspension-state", "set_retries": "set-job-retries", "retry": "set-job-retries",
    "set_variables": "set-variables", "move": "instance-modification", "restart": "instance-restart",
}  # fmt: skip
"""Our kinds of batch under Camunda's names."""
OPEN = ("running", "paused")


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it was sent, and both versions: their rows and elements (id -> (type, name))."""

    sent: Mapping[str, Any]
    source: Mapping[str, Any]
    target: Mapping[str, Any]
    old: Mapping[str, tuple[str, str]]
    new: Mapping[str, tuple[str, str]]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(element of the old version, element of the new) of each instruction."""
        found = []
        for one in objects(self.sent, "instructions"):
            sources, targets = items(one, "sourceActivityIds"), items(one, "targetActivityIds")
            if len(sources) != 1 or len(targets) != 1:
                raise invalid("An instruction has one source and one target activity id")
            found.append((str(sources[0]), str(targets[0])))
        return found

    @property
    def mapping(self) -> dict[str, str]:
        """What has another id in the new version."""
        return {old: new for old, new in self.pairs if old != new}


def _version(db: Any, sent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    id = required(sent, name)
    found = registers.rows(db, "definitions", Wanted([("id", "eq", definition_of(id))]))
    if not found:
        raise Refused(400, "InvalidRequestException", f"process definition with id {id} does not exist: {name}")
    return found[0]


def _plan(sent: Mapping[str, Any]) -> Plan:
    with runtime().reading() as db:
        source = _version(db, sent, "sourceProcessDefinitionId")
        target = _version(db, sent, "targetProcessDefinitionId")
        if source["key"] != target["key"]:
            raise unsupported("Migration to another process")
        names = [registers.model(db, row["id"]).names for row in (source, target)]
    return Plan(sent, source, target, *names)


def _instruction(id: str) -> dict[str, Any]:
    return {"sourceActivityIds": [id], "targetActivityIds": [id], "updateEventTrigger": False}


@pages.post("/migration/generate")
def generate() -> Response:
    """A plan that carries every element to the one of the same id and type."""
    require_owner()
    plan = _plan(body())
    same = [id for id, (kind, _) in plan.old.items() if plan.new.get(id, ("",))[0] == kind]
    ends = {name: plan.sent[name] for name in ("sourceProcessDefinitionId", "targetProcessDefinitionId")}
    return said({**ends, "instructions": [_instruction(id) for id in sorted(same)], "variables": None})


@pages.post("/migration/validate")
def validate() -> Response:
    """What is wrong with a plan's instructions; whether a case can follow is told by `execute`."""
    require_owner()
    plan = _plan(body())
    reports = []
    for old, new in plan.pairs:
        told = [
            f"{which} activity '{id}' does not exist"
            for which, id, known in (("Source", old, plan.old), ("Target", new, plan.new))
            if id not in known
        ]
        if not told and plan.old[old][0] != plan.new[new][0]:
            told = [
                f"Activities have incompatible types ({plan.old[old][0]} is not compatible with {plan.new[new][0]})"
            ]
        if told:
            instruction = {**_instruction(old), "targetActivityIds": [new]}
            reports.append({"instruction": instruction, "failures": told})
    return said({"instructionReports": reports, "variableReports": {}})


def _execution() -> tuple[Plan, list[int]]:
    """The plan that is to be carried out, and the cases."""
    require_owner()
    sent = body()
    plan = required(sent, "migrationPlan")
    if not isinstance(plan, Mapping):
        raise invalid("'migrationPlan' must be an object")
    if sent.get("processInstanceQuery"):
        raise unsupported("processInstanceQuery here")
    ids = [id_of(one) for one in items(sent, "processInstanceIds")]
    if not ids:
        raise invalid("Process instance ids cannot be empty")
    if len(ids) > MOST:
        raise invalid(f"At most {MOST} process instance ids")
    read = _plan(plan)
    with runtime().reading() as db:
        known = registers.rows(db, "instances", Wanted([("id", "in", ids)], most=MOST))
    there = {row["id"] for row in known if row["definition_id"] == read.source["id"] and row["state"] == "active"}
    if lost := [id for id in ids if id not in there]:
        source = plan["sourceProcessDefinitionId"]
        raise invalid(f"Process instance {lost[0]} does not run by process definition {source}")
    return read, ids


@pages.post("/migration/execute")
def execute() -> Response:
    """Carry cases over at once: all of them, or none."""
    plan, ids = _execution()

    def carry(db: Any) -> None:
        for id in ids:
            try:
                api.migrate_instance(db, actor(), id, plan.target["version"], plan.mapping)
            except MigrationRefused as error:
                raise Refused(
                    400, "MigratingProcessInstanceValidationException", f"Cannot migrate process instance {id}: {error}"
                ) from error

    runtime().unit(carry)
    return nothing()


@pages.post("/migration/executeAsync")
def execute_as_batch() -> Response:
    """Carry cases over as a batch: who cannot follow stays where it is, and the batch says why."""
    plan, ids = _execution()
    given = {"version": plan.target["version"], "mapping": plan.mapping}
    number = runtime().unit(lambda db: api.start_batch(db, actor(), "migrate", Cases(ids=tuple(ids)), given))
    return said(batch_shown(number))


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _shown(row: kept.BatchRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "type": TYPES.get(row.kind, row.kind),
        "totalJobs": row.total,
        "jobsCreated": row.total,
        "batchJobsPerSeed": row.total,
        "invocationsPerBatchJob": 1,
        "seedJobDefinitionId": None,
        "monitorJobDefinitionId": None,
        "batchJobDefinitionId": None,
        "suspended": row.state == "paused",
        "tenantId": None,
        "createUserId": row.started_by,
        "startTime": values.moment(row.created_at, runtime().zone),
        "executionStartTime": None,
    }


def _statistics(row: kept.BatchRow) -> dict[str, Any]:
    done = row.done + row.dropped
    return _shown(row) | {"remainingJobs": row.left + row.failed, "completedJobs": done, "failedJobs": row.failed}


def batch_shown(number: int) -> dict[str, Any]:
    """A batch that was just begun."""
    return _shown(_batch(str(number)))


def _batch(id: str) -> kept.BatchRow:
    with runtime().reading() as db:
        found = kept.batch(db, id_of(id)).row
    if found.state not in OPEN:
        raise Refused(404, "InvalidRequestException", f"Batch with id '{id}' does not exist")
    return found


def _asked() -> tuple[Asked, list[kept.BatchRow]]:
    require_operator(None)
    asked = Asked()
    id, kind, held = asked.text("batchId"), asked.text("type"), asked.flag("suspended")
    asked.done()
    with runtime().reading() as db:
        rows = kept.batches(db, open_only=True, limit=MOST)
    return asked, [
        row
        for row in rows
        if (id is None or str(row.id) == id)
        and (kind is None or TYPES.get(row.kind, row.kind) == kind)
        and (held is None or (row.state == "paused") == held)
    ]


@pages.get("/batch")
def batches() -> Response:
    """Batches that are not over; as there, one that is over is history."""
    asked, found = _asked()
    return said([_shown(row) for row in found[asked.first : asked.first + asked.most]])


@pages.get("/batch/statistics")
def statistics() -> Response:
    """The same, each with how far it is."""
    asked, found = _asked()
    return said([_statistics(row) for row in found[asked.first : asked.first + asked.most]])


@pages.get("/batch/count")
@pages.get("/batch/statistics/count")
def count() -> Response:
    """How many there are."""
    return said({"count": len(_asked()[1])})


@pages.get("/batch/<id>")
def batch(id: str) -> Response:
    """One batch."""
    require_operator(None)
    return said(_shown(_batch(id)))


@pages.put("/batch/<id>/suspended")
def suspend(id: str) -> Response:
    """Pause a batch, or let it go on."""
    number, hold = _batch(id).id, required(body(), "suspended") is True
    runtime().unit(lambda db: (api.pause_batch if hold else api.resume_batch)(db, actor(), number))
    return nothing()


@pages.delete("/batch/<id>")
def delete(id: str) -> Response:
    """Stop a batch; what it did stays done."""
    number = _batch(id).id
    runtime().unit(lambda db: api.cancel_batch(db, actor(), number))
    return nothing()
