"""`/variable-instance` and `/history/variable-instance`: variables as they are, or were at the end of their case.

Law: they stand in the case's state, so a list over many cases reads the states newest first (`across`); those of an
open task alone stand beside them. What the caller is not shown on pages is in no list, and nobody asks by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Response

from engine.queries import registers
from engine.queries.registers import MOST_STATES, Condition, Wanted
from web.engine_rest import values
from web.engine_rest.access import require_operator, seen
from web.engine_rest.across import CASES, in_turn, named_cases, of_cases, sliced
from web.engine_rest.answers import Refused, said
from web.engine_rest.asking import Asked, definition_id, id_of
from web.engine_rest.filters import Filter, conditions, texts
from web.engine_rest.filters import variables as compared_variables
from web.engine_rest.history import case_of
from web.engine_rest.instances import RUNNING, data_of, row_of
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("")
Shape = Callable[[Mapping[str, Any], str, Any, int | None], dict[str, Any]]
"""Case, name, value, and the task that the variable belongs to alone."""
ORDERS = {
    "variableName": "name", "variableType": "type", "instanceId": "processInstanceId", "activityInstanceId": "id",
    "executionId": "executionId", "tenantId": "tenantId",
}  # fmt: skip
SCOPES = ("activityInstanceIdIn", "variableScopeIdIn")


def _scope(asked: Asked, name: str) -> list[int] | None:
    """The cases of variables' scopes: every variable that lasts is its case's."""
    return of_cases(asked.texts(name)) or None


FILTERS: dict[str, Filter] = CASES | {name: ("id", "in", _scope) for name in SCOPES}
NAMES: dict[str, Filter] = {
    "variableName": ("name", "eq", Asked.text),
    "variableNameLike": ("name", "like", Asked.text),
    "variableNameIn": texts("name"),
    "variableTypeIn": ("type", "in", lambda asked, name: [one.lower() for one in asked.texts(name)] or None),
}


def _asked(
    db: Any, asked: Asked, shape: Shape, also: list[Condition], *, whole: bool = False
) -> Iterator[dict[str, Any]]:
    """The variables that are asked for; what cannot be asked is refused before one is read."""
    tasks = asked.ids("taskIdIn")
    require_operator(named_cases(asked) or tasks or any(asked.get(name) for name in SCOPES))
    where = [*also, *conditions(asked, FILTERS)]
    if tasks:
        rows = registers.rows(db, "tasks", Wanted([("id", "in", tasks)]))
        where.append(("id", "in", [row["instance_id"] for row in rows]))
    named, worth = conditions(asked, NAMES), compared_variables(asked, "variableValues")
    value, _ = asked.get("variableValue"), asked.flag("includeDeleted")  # one that was deleted stays, empty
    asked.done()
    return (
        told
        for cases in in_turn(db, where, MOST_STATES, whole=whole or asked.sorts)
        for case, task, variables in _with_variables(db, cases)
        if not tasks or task in tasks
        for name, content in variables.items()
        if _fits(name, content, named, value)
        and all(one != name or registers.compared(content, sign, wanted) for one, sign, wanted in worth)
        and (not worth or any(one == name for one, _, _ in worth))
        for told in [shape(case, name, content, task)]
    )


def _with_variables(
    db: Any, cases: list[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], int | None, Mapping[str, Any]]]:
    """(case, task, variables): those of the case, then those of each of its open tasks alone."""
    ids = [case["id"] for case in cases]
    found, own = registers.variables_in(db, ids), registers.task_locals(db, ids)
    for case in cases:
        yield case, None, seen(found[case["id"]])
        for of, task, variables in own:
            if of == case["id"]:
                yield case, task, seen(variables)


def _fits(name: str, content: Any, named: list[Condition], value: Any) -> bool:
    for field, sign, wanted in named:
        own = name if field == "name" else values.typed(content, runtime().zone)["type"].lower()
        if not registers.compared(own, sign, wanted):
            return False
    return value is None or bool(content == value)


def _listed(shape: Shape, also: list[Condition]) -> Response:
    asked = Asked()
    with runtime().reading() as db:
        return said(sliced(asked, _asked(db, asked, shape, also), ORDERS))


def _counted(shape: Shape, also: list[Condition]) -> Response:
    with runtime().reading() as db:
        return said({"count": sum(1 for _ in _asked(db, Asked(), shape, also, whole=True))})


def _one(db: Any, case: Callable[[Any, str], Mapping[str, Any]], id: str) -> tuple[Mapping[str, Any], str, Any, Any]:
    """(case, name, value, task) behind `name:case` or `name:task`. 404 when there is none."""
    name, _, owner = id.rpartition(":")
    tasks = registers.rows(db, "tasks", Wanted([("id", "eq", id_of(owner)), ("state", "eq", "open")]))
    try:
        row = case(db, str(tasks[0]["instance_id"]) if tasks else owner)
    except Refused as error:
        raise _missing(id) from error
    task = tasks[0]["id"] if tasks else None
    for _, which, found in _with_variables(db, [row]):
        if which == task and name in found:
            return row, name, found[name], task
    raise _missing(id)


def _missing(id: str) -> Refused:
    return Refused(404, "InvalidRequestException", f"Variable instance with Id '{id}' does not exist.")


# ── running cases ──────────────────────────────────────────────────────────────────────────────────────────────

STILL: list[Condition] = [("state", "in", RUNNING)]


def _shown(case: Mapping[str, Any], name: str, value: Any, task: int | None = None) -> dict[str, Any]:
    id = str(case["id"])
    return {
        "id": f"{name}:{task or id}",
        "name": name,
        **values.typed(value, runtime().zone),
        "processDefinitionId": definition_id(case["key"], case["version"], case["definition_id"]),
        "processInstanceId": id,
        "executionId": id,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": task and str(task),
        "batchId": None,
        "activityInstanceId": id,
        "tenantId": None,
        "errorMessage": None,
    }


@pages.get("/variable-instance")
@pages.post("/variable-instance")
def listing() -> Response:
    """Variables of running cases."""
    return _listed(_shown, STILL)


@pages.get("/variable-instance/count")
@pages.post("/variable-instance/count")
def count() -> Response:
    """How many there are."""
    return _counted(_shown, STILL)


@pages.get("/variable-instance/<id>")
def one(id: str) -> Response:
    """One variable of a running case."""
    with runtime().reading() as db:
        return said(_shown(*_one(db, row_of, id)))


@pages.get("/variable-instance/<id>/data")
def data(id: str) -> Response:
    """The content of a file or of bytes."""
    with runtime().reading() as db:
        _, name, value, _ = _one(db, row_of, id)
    return data_of(value, name)


# ── the history ────────────────────────────────────────────────────────────────────────────────────────────────


def _past(case: Mapping[str, Any], name: str, value: Any, task: int | None = None) -> dict[str, Any]:
    shown = _shown(case, name, value, task)
    del shown["batchId"]
    return shown | {
        "processDefinitionKey": case["key"],
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "state": "CREATED",
        "createTime": values.moment(case["started_at"], runtime().zone),
        "removalTime": None,
        "rootProcessInstanceId": str(case["root_id"]),
    }


@pages.get("/history/variable-instance")
@pages.post("/history/variable-instance")
def past_listing() -> Response:
    """Variables of cases, as they are or were at the end."""
    return _listed(_past, [])


@pages.get("/history/variable-instance/count")
@pages.post("/history/variable-instance/count")
def past_count() -> Response:
    """How many there are."""
    return _counted(_past, [])


@pages.get("/history/variable-instance/<id>/data")
def past_data(id: str) -> Response:
    """The content of a file or of bytes."""
    with runtime().reading() as db:
        _, name, value, _ = _one(db, case_of, id)
    return data_of(value, name)


@pages.get("/history/variable-instance/<id>")
def past_one(id: str) -> Response:
    """One variable of a case."""
    with runtime().reading() as db:
        return said(_past(*_one(db, case_of, id)))
