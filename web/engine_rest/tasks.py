"""`/task`: people's work. Law: a list shows what the caller sees in the inbox; a verb needs the right of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from engine import api, queries
from engine.queries import registers
from engine.queries.registers import Condition, Wanted
from web.engine_rest import shapes, values
from web.engine_rest.access import actor, seen
from web.engine_rest.answers import Refused, invalid, nothing, said, unsupported
from web.engine_rest.asking import Asked, body, definition_of, id_of, required, whole
from web.engine_rest.definitions import field_names
from web.engine_rest.filters import (
    Filter,
    conditions,
    counted,
    either,
    ids,
    listed,
    moments,
    numbers,
    text,
    texts,
    variables,
    when,
)
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("/task")
OPEN: Condition = ("state", "eq", "open")
ORDERS = {
    "id": "id", "instanceId": "instance_id", "executionId": "instance_id", "name": "name",
    "nameCaseInsensitive": "name",
    "assignee": "assignee", "priority": "priority", "created": "created_at", "lastUpdated": "claimed_at",
    "dueDate": "due_at", "followUpDate": "follow_up_at", "description": "name", "tenantId": "id",
}  # fmt: skip
FILTERS: dict[str, Filter] = {
    "taskId": ids("id"),
    "taskIdIn": ids("id"),
    "processInstanceId": ids("instance_id"),
    "processInstanceIdIn": ids("instance_id"),
    "executionId": ids("instance_id"),
    "processInstanceBusinessKey": text("business_key"),
    "processInstanceBusinessKeyIn": texts("business_key"),
    "processInstanceBusinessKeyLike": text("business_key", "like"),
    "processDefinitionId": ("definition_id", "eq", lambda asked, name: _definition(asked.text(name))),
    "processDefinitionKey": text("process_key"),
    "processDefinitionKeyIn": texts("process_key"),
    "processDefinitionName": text("process_name"),
    "processDefinitionNameLike": text("process_name", "like"),
    "assignee": text("assignee"),
    "assigneeIn": texts("assignee"),
    "assigneeNotIn": texts("assignee", "not_in"),
    "assigneeLike": text("assignee", "like"),
    "owner": text("owner"),
    "candidateGroup": ("team_candidates", "in", lambda asked, name: asked.texts(name) or None),
    "candidateGroups": ("team_candidates", "in", lambda asked, name: asked.texts(name) or None),
    "candidateUser": ("person_candidate", "eq", Asked.text),
    "withCandidateGroups": when("candidates", "eq", True),
    "withoutCandidateGroups": when("candidates", "eq", False),
    "assigned": when("assignee", "null", False),
    "unassigned": when("assignee", "null", True),
    "taskDefinitionKey": text("element"),
    "taskDefinitionKeyIn": texts("element"),
    "taskDefinitionKeyNotIn": texts("element", "not_in"),
    "taskDefinitionKeyLike": text("element", "like"),
    "name": text("name"),
    "nameNotEqual": text("name", "ne"),
    "nameLike": text("name", "like"),
    "priority": numbers("priority", "eq"),
    "maxPriority": numbers("priority", "le"),
    "minPriority": numbers("priority", "ge"),
    "dueDate": moments("due_at", "eq"),
    "dueAfter": moments("due_at", "gt"),
    "dueBefore": moments("due_at", "lt"),
    "withoutDueDate": when("due_at", "null", True),
    "followUpAfter": moments("follow_up_at", "gt"),
    "followUpBefore": moments("follow_up_at", "lt"),
    "createdOn": moments("created_at", "eq"),
    "createdAfter": moments("created_at", "gt"),
    "createdBefore": moments("created_at", "lt"),
    "active": when("case_state", "eq", "active"),
    "suspended": when("case_state", "eq", "suspended"),
    "delegationState": ("owner", "null", lambda asked, name: _delegated(asked.text(name))),
}
"""Camunda's filters of tasks that are known here."""


def _definition(id: str | None) -> int | None:
    return None if id is None else definition_of(id)


def _delegated(state: str | None) -> bool | None:
    """PENDING is a task with an owner; what was resolved has none any more."""
    return None if state is None else state != "PENDING"


def _wanted(asked: Asked) -> Wanted:
    where = [OPEN, *conditions(asked, FILTERS)]
    by_candidates = any(asked.sent.get(name) for name in ("candidateGroup", "candidateGroups", "candidateUser"))
    if by_candidates and asked.flag("includeAssignedTasks") is not True:
        where.append(("assignee", "null", True))
    named = ("processVariables", "taskVariables")
    return Wanted(
        where, order=(("created_at", True),), variables=variables(asked, *named), groups=either(asked, FILTERS, *named)
    )


@pages.get("")
@pages.post("")
def listing() -> Response:
    """Open tasks that the caller sees."""
    asked = Asked()
    return listed("tasks", asked, _wanted(asked), ORDERS, lambda db, row: shapes.task(row))


@pages.get("/count")
@pages.post("/count")
def count() -> Response:
    """How many there are."""
    asked = Asked()
    return counted("tasks", asked, _wanted(asked))


def row_of(db: Any, id: str) -> Mapping[str, Any]:
    """The row of an open task that the caller sees. 404 when there is none."""
    found = registers.rows(db, "tasks", Wanted([OPEN, ("id", "eq", id_of(id))]))
    if not found:
        raise Refused(404, "RestException", f"No matching task with id {id}")
    if "see" not in queries.task(db, actor(), found[0]["id"]).can:
        raise Refused(403, "AuthorizationException", f"The user with id '{actor().id}' does not see task {id}")
    return found[0]


@pages.get("/<id>")
def one(id: str) -> Response:
    """One open task."""
    with runtime().reading() as db:
        return said(shapes.task(row_of(db, id)))


def number_of(id: str) -> int:
    """The id of an open task; 404 when there is none."""
    with runtime().reading() as db:
        return int(row_of(db, id)["id"])


# ── who does it ────────────────────────────────────────────────────────────────────────────────────────────────


@pages.post("/<id>/claim")
def claim(id: str) -> Response:
    """Take a task from the queue; for another person that is handing it over."""
    number, who = number_of(id), str(required(body(), "userId"))
    if who == actor().id:
        runtime().unit(lambda db: api.claim(db, actor(), number))
        return nothing()

    def hand_over(db: Any) -> None:
        held = row_of(db, id)["assignee"]
        if held not in (None, who):
            raise invalid(f"Task '{id}' is already claimed by someone else.")
        api.reassign(db, actor(), number, who, "claimed through engine-rest")

    runtime().unit(hand_over)
    return nothing()


@pages.post("/<id>/unclaim")
def unclaim(id: str) -> Response:
    """Give a task back to the queue."""
    number = number_of(id)
    runtime().unit(lambda db: api.release(db, actor(), number))
    return nothing()


@pages.post("/<id>/assignee")
def assign(id: str) -> Response:
    """Hand a task to somebody; nobody means back to the queue."""
    number, who = number_of(id), body().get("userId")
    if who is None:
        runtime().unit(lambda db: api.release(db, actor(), number))
    elif who == actor().id:
        runtime().unit(lambda db: _take(db, id, number))
    else:
        runtime().unit(lambda db: api.reassign(db, actor(), number, str(who), "assigned through engine-rest"))
    return nothing()


def _take(db: Any, id: str, number: int) -> None:
    if row_of(db, id)["assignee"] in (None, actor().id):
        api.claim(db, actor(), number)
    else:
        api.reassign(db, actor(), number, actor().id, "assigned through engine-rest")


@pages.post("/<id>/delegate")
def delegate(id: str) -> Response:
    """Let somebody do it for whoever has it."""
    number, who = number_of(id), str(required(body(), "userId"))
    runtime().unit(lambda db: api.delegate(db, actor(), number, who))
    return nothing()


@pages.post("/<id>/resolve")
def resolve(id: str) -> Response:
    """A delegated task goes back to its owner, with what was found out."""
    number, sent = number_of(id), body()
    changed = values.plain_all(sent.get("variables"), runtime().zone)

    def back(db: Any) -> None:
        if changed:
            api.set_variables(db, actor(), row_of(db, id)["instance_id"], changed)
        api.give_back(db, actor(), number)

    runtime().unit(back)
    return nothing()


@pages.get("/<id>/identity-links")
def identity_links(id: str) -> Response:
    """Who has to do with a task."""
    with runtime().reading() as db:
        row = row_of(db, id)
        named = registers.rows(db, "candidates", Wanted([("task_id", "eq", row["id"])]))
    links = [("assignee", row["assignee"], None), ("owner", row["owner"], None), ("candidate", None, row["team"])]
    links += [
        ("candidate", one["name"] if one["kind"] == "person" else None, one["name"] if one["kind"] == "team" else None)
        for one in named
    ]
    kept = dict.fromkeys(link for link in links if link[1] or link[2])
    asked = request.args.get("type")
    return said(
        [{"type": t, "userId": user, "groupId": group} for t, user, group in kept if asked is None or t == asked]
    )


@pages.post("/<id>/identity-links")
@pages.post("/<id>/identity-links/delete")
def change_links(id: str) -> Response:
    """Only who has a task can be changed here: candidates are the model's."""
    sent = body()
    if sent.get("type") != "assignee":
        raise unsupported("Changing candidates or owners of a task")
    number = number_of(id)
    if request.path.endswith("/delete"):
        runtime().unit(lambda db: api.release(db, actor(), number))
    else:
        who = str(required(sent, "userId"))
        runtime().unit(lambda db: api.reassign(db, actor(), number, who, "assigned through engine-rest"))
    return nothing()


# ── doing it ───────────────────────────────────────────────────────────────────────────────────────────────────


@pages.post("/<id>/complete")
@pages.post("/<id>/submit-form")
def complete(id: str) -> Response:
    """Finish a task. What its form forbids is refused with the fields."""
    number, sent = number_of(id), body()
    entered = values.plain_all(sent.get("variables"), runtime().zone)
    done = runtime().unit(lambda db: api.complete(db, actor(), number, entered))
    if not sent.get("withVariablesInReturn"):
        return nothing()
    with runtime().reading() as db:
        return said(values.typed_all(seen(registers.variables_of(db, done.instance_id)), runtime().zone))


@pages.post("/<id>/bpmnError")
def bpmn_error(id: str) -> Response:
    """End a task with an error event that the diagram handles."""
    number, sent = number_of(id), body()
    code, message = str(required(sent, "errorCode")), str(sent.get("errorMessage") or "")
    if sent.get("variables"):
        raise unsupported("Variables of a task's bpmnError")
    runtime().unit(lambda db: api.fail_task(db, actor(), number, code, message))
    return nothing()


@pages.post("/<id>/bpmnEscalation")
def bpmn_escalation(id: str) -> Response:
    """Refused: a task ends in one way, or with an error."""
    number_of(id)
    raise unsupported("bpmnEscalation of a task")


@pages.put("/<id>")
def update(id: str) -> Response:
    """Change what may be changed of a task from outside: its due date and who has it."""
    sent = body()
    with runtime().reading() as db:
        row = row_of(db, id)
    zone = runtime().zone
    due = values.read_moment(sent["due"], zone, "due") if sent.get("due") else None

    def change(db: Any) -> None:
        if due is not None and due != row["due_at"]:
            api.set_due(db, actor(), row["id"], due, "engine-rest")
        who = sent.get("assignee", row["assignee"])
        if who != row["assignee"] and who is not None:
            api.reassign(db, actor(), row["id"], str(who), "engine-rest")

    for name, now in (("name", row["name"]), ("priority", row["priority"])):
        if name in sent and str(sent[name]) != str(now):
            raise unsupported(f"Changing the {name} of a task beside the model")
    runtime().unit(change)
    return nothing()


@pages.get("/<id>/form")
def form(id: str) -> Response:
    """The key of a task's form."""
    with runtime().reading() as db:
        row = row_of(db, id)
    return said({"key": row["form_key"], "camundaFormRef": None, "contextPath": None})


@pages.get("/<id>/deployed-form")
def deployed_form(id: str) -> Response:
    """The form itself."""
    with runtime().reading() as db:
        schema = queries.task(db, actor(), row_of(db, id)["id"]).form_schema
    if schema is None:
        raise Refused(400, "BadUserRequestException", f"The form with key of task {id} is no deployed form")
    return said(dict(schema))


@pages.get("/<id>/form-variables")
def form_variables(id: str) -> Response:
    """Variables that the task's form shows or asks for."""
    with runtime().reading() as db:
        found = queries.task(db, actor(), row_of(db, id)["id"])
    asked = set(request.args.get("variableNames", "").split(",")) - {""}
    names = field_names(found.form_schema) if found.form_schema else list(found.form_data)
    shown = {name: found.form_data.get(name) for name in names if not asked or name in asked}
    return said(values.typed_all(seen(shown), runtime().zone))


@pages.get("/report/candidate-group-count")
def group_counts() -> Response:
    """How many open tasks stand in the queue of each team."""
    with runtime().reading() as db:
        found = registers.groups(db, "tasks", "team", Wanted([OPEN]))
    return said([{"groupName": team, "taskCount": number} for team, number in found.items()])


@pages.put("/<id>/priority")
def priority(id: str) -> Response:
    """Refused: the model says it."""
    whole("priority", required(body(), "priority"))
    raise unsupported("Changing the priority of a task beside the model")
