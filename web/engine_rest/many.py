"""One thing done to many cases or jobs as a batch. Law: whom it concerns is written down when it begins (`engine.api`).

Cases are named by id, by a query for running cases, or both; as in Camunda a batch answers at once, and a console sees
it at `/batch` (room `migration`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from engine import api
from engine.queries import registers
from engine.queries.registers import Condition, Wanted
from engine.queries.selection import Cases, Failures, Selection
from web.engine_rest import values
from web.engine_rest.access import actor, require_owner
from web.engine_rest.answers import invalid, nothing, said, unsupported
from web.engine_rest.asking import Asked, body, definition_of, id_of, items, required, whole
from web.engine_rest.definitions import by_id
from web.engine_rest.instances import Moves, carry_out, moves, row_of, wanted_of
from web.engine_rest.migration import batch_shown
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("")
MOST = 10_000
FAILED: Condition = ("state", "eq", "failed")
HISTORIC = "historicProcessInstanceQuery"


def cases_of(sent: Mapping[str, Any]) -> tuple[int, ...]:
    """The running cases that a body names by `processInstanceIds` and `processInstanceQuery`. 400 for none."""
    found = [id_of(one) for one in items(sent, "processInstanceIds")]
    if sent.get(HISTORIC):
        raise unsupported(f"'{HISTORIC}' here (processInstanceQuery names running cases)")
    query = sent.get("processInstanceQuery")
    if query is not None:
        if not isinstance(query, Mapping):
            raise invalid("'processInstanceQuery' must be an object")
        asked = Asked(query)
        wanted = wanted_of(asked)
        asked.done()
        with runtime().reading() as db:
            meant = Wanted(wanted.where, variables=wanted.variables, most=MOST + 1)
            found += [row["id"] for row in registers.rows(db, "instances", meant)]
    if not found:
        raise invalid("Process instance ids cannot be empty")
    if len(found) > MOST:
        raise invalid(f"At most {MOST} process instances at once")
    return tuple(dict.fromkeys(found))


def begun(kind: str, wanted: Selection, given: Mapping[str, Any], why: str = "engine-rest") -> Response:
    """The batch that begins to do this, as `/batch` shows it."""
    number = runtime().unit(lambda db: api.start_batch(db, actor(), kind, wanted, given, why))
    return said(batch_shown(number))


@pages.post("/process-instance/delete")
def delete() -> Response:
    """End cases."""
    require_owner()
    sent = body()
    return begun("cancel", Cases(ids=cases_of(sent)), {"reason": str(sent.get("deleteReason") or "engine-rest")})


@pages.post("/process-instance/suspended-async")
def suspend() -> Response:
    """Hold cases, or let them go on."""
    require_owner()
    sent = body()
    if not isinstance(sent.get("suspended"), bool):
        raise invalid("'suspended' must be true or false")
    return begun("suspend" if sent["suspended"] else "resume", Cases(ids=cases_of(sent)), {})


@pages.post("/process-instance/variables-async")
def set_variables() -> Response:
    """Set variables of cases."""
    require_owner()
    sent = body()
    changed = values.plain_all(required(sent, "variables"), runtime().zone)
    return begun("set_variables", Cases(ids=cases_of(sent)), {"variables": changed})


# ── attempts ───────────────────────────────────────────────────────────────────────────────────────────────────


@pages.post("/process-instance/job-retries")
def retries_of_cases() -> Response:
    """Give what failed in cases so many attempts: it comes again."""
    require_owner()
    sent = body()
    return _retried(sent, [FAILED, ("kind", "ne", "external"), ("instance_id", "in", cases_of(sent))])


@pages.post("/job/retries")
def retries_of_jobs() -> Response:
    """The same for jobs by their ids."""
    require_owner()
    sent = body()
    if sent.get("jobQuery"):
        raise unsupported("'jobQuery' here (jobIds names jobs)")
    return _retried(sent, [FAILED, ("id", "in", [id_of(one) for one in items(sent, "jobIds")])])


@pages.post("/external-task/retries-async")
def retries_of_work() -> Response:
    """The same for external tasks, by their ids or by their cases."""
    require_owner()
    sent = body()
    if sent.get("externalTaskQuery"):
        raise unsupported("'externalTaskQuery' here (externalTaskIds and processInstanceIds name tasks)")
    work: Sequence[Any] = [id_of(one) for one in items(sent, "externalTaskIds")]
    by_case = sent.get("processInstanceIds") or sent.get("processInstanceQuery") or sent.get(HISTORIC)
    own: Condition = ("instance_id", "in", cases_of(sent)) if by_case else ("id", "in", work)
    return _retried(sent, [FAILED, ("kind", "eq", "external"), own])


def _retried(sent: Mapping[str, Any], where: list[Condition]) -> Response:
    if sent.get("dueDate"):
        raise unsupported("'dueDate' here")
    left = whole("retries", required(sent, "retries"))
    with runtime().reading() as db:
        found = tuple(row["id"] for row in registers.rows(db, "jobs", Wanted(where, most=MOST)))
    if not found:
        raise invalid("None of these failed: there is nothing that could come again")
    return begun("set_retries", Failures(ids=found), {"left": left})


# ── moving tokens ──────────────────────────────────────────────────────────────────────────────────────────────


@pages.post("/process-instance/<id>/modification-async")
def modify_one(id: str) -> Response:
    """Move tokens of one case as a batch."""
    with runtime().reading() as db:
        row = row_of(db, id)
    return _moved(body(), row["definition_id"], (row["id"],))


@pages.post("/modification/executeAsync")
def modify_many() -> Response:
    """Move tokens of cases of one version as a batch."""
    sent = body()
    ids = _of_version(sent)
    return _moved(sent, definition_of(sent["processDefinitionId"]), ids)


@pages.post("/modification/execute")
def modify_at_once() -> Response:
    """The same at once: in all of them, or in none."""
    require_owner()
    sent = body()
    ids, why = _of_version(sent), str(sent.get("annotation") or "")
    steps = _moves(definition_of(sent["processDefinitionId"]), sent)

    def move(db: Any) -> None:
        for id in ids:
            carry_out(db, id, steps, why)

    runtime().unit(move)
    return nothing()


def _of_version(sent: Mapping[str, Any]) -> tuple[int, ...]:
    version, ids = definition_of(required(sent, "processDefinitionId")), cases_of(sent)
    with runtime().reading() as db:
        rows = registers.rows(db, "instances", Wanted([("id", "in", ids), ("definition_id", "eq", version)], most=MOST))
    if lost := set(ids) - {row["id"] for row in rows}:
        told = sent["processDefinitionId"]
        raise invalid(f"Process instance {min(lost)} does not run by process definition {told}")
    return ids


def _moves(definition: int, sent: Mapping[str, Any]) -> Moves:
    with runtime().reading() as db:
        return moves(db, definition, sent)


def _moved(sent: Mapping[str, Any], definition: int, ids: tuple[int, ...]) -> Response:
    require_owner()
    asked = _moves(definition, sent)
    if len(asked.steps) != 1 or not asked.steps[0][0] or asked.variables:
        raise unsupported("A batch that does more than move one token from one element to another")
    [(source, target)] = asked.steps
    given = {"source": source, "target": target, "why": str(sent.get("annotation") or "")}
    return begun("move", Cases(ids=ids), given)


# ── again ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pages.post("/process-definition/<id>/restart")
def restart(id: str) -> Response:
    """Begin ended cases again at an element, with the variables that they ended with."""
    ids, given = _restarted(id, body())

    def again(db: Any) -> None:
        for case in ids:
            api.restart(db, actor(), case, given["at"], version=given["version"])

    runtime().unit(again)
    return nothing()


@pages.post("/process-definition/<id>/restart-async")
def restart_as_batch(id: str) -> Response:
    """The same as a batch."""
    ids, given = _restarted(id, body())
    return begun("restart", Cases(ids=ids, state=()), given)


def _restarted(id: str, sent: Mapping[str, Any]) -> tuple[tuple[int, ...], dict[str, Any]]:
    require_owner()
    if sent.get(HISTORIC) or sent.get("initialVariables") or sent.get("withoutBusinessKey"):
        raise unsupported("Restarting otherwise than by ids, with the last variables and the business key,")
    with runtime().reading() as db:
        definition = by_id(db, id)
    asked, ids = _moves(definition["id"], sent), tuple(id_of(one) for one in items(sent, "processInstanceIds"))
    if any(source for source, _ in asked.steps) or asked.variables or not ids:
        raise invalid("processInstanceIds and instructions that start somewhere, without variables, are needed")
    return ids, {"at": [target for _, target in asked.steps], "version": definition["version"]}
