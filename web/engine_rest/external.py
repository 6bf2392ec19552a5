"""`/external-task`: work for programs. Law: a lock is asked for, held and given back as Camunda's clients expect it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, current_app, request

from engine import api
from engine.queries import programs
from engine.queries.programs import ORDERS, Topic, Wanted, Work
from web.engine_rest import values
from web.engine_rest.access import actor
from web.engine_rest.answers import Refused, invalid, nothing, said
from web.engine_rest.asking import (
    Asked,
    body,
    definition_id,
    definition_of,
    id_of,
    items,
    objects,
    required,
    whole,
)
from web.engine_rest.routes import Routes
from web.engine_rest.waiting import hung_up, room_of
from web.scope import runtime

pages = Routes("/external-task")
LONGEST_WAIT = 1_800_000
"""Milliseconds: as long as Camunda lets a request wait."""
MOST_TASKS = 1_000


@pages.post("/fetchAndLock")
def fetch_and_lock() -> Response:
    """Work of some topics, locked for a worker; with asyncResponseTimeout the answer waits until there is some."""
    sent = body()
    worker, most = str(required(sent, "workerId")), whole("maxTasks", required(sent, "maxTasks"))
    if not 0 <= most <= MOST_TASKS:
        raise invalid(f"'maxTasks' must lie between 0 and {MOST_TASKS}")
    wanted = [(topic_of(one), one) for one in objects(sent, "topics")]
    wait = whole("asyncResponseTimeout", sent.get("asyncResponseTimeout") or 0)
    if not 0 <= wait <= LONGEST_WAIT:
        raise invalid(
            f"The asynchronous response timeout cannot be set to a value greater than {LONGEST_WAIT} milliseconds"
        )
    who, topics = actor(), [topic for topic, _ in wanted]
    api.require_program(who)
    rt, names = runtime(), {topic.name for topic in topics}

    def fetch() -> list[api.ExternalTask]:
        with rt.reading() as db:  # who finds nothing has not held up anybody who writes
            if not any(topic.may_fit(offer) for offer in programs.offers(db, names) for topic in topics):
                return []
        return rt.unit(lambda db: api.fetch_and_lock(db, who, worker, topics, most))

    if wait and topics and most:
        gone = hung_up(request.environ)
        found = room_of(current_app.extensions).wait(topics, most, wait / 1000, fetch, gone)
    else:
        found = fetch() if topics and most else []
    asked = {topic.name: one for topic, one in wanted}
    return said([handed_out(task, worker, asked[task.topic]) for task in found])


def topic_of(sent: Mapping[str, Any]) -> Topic:
    """What a program asks for, from one of its topics."""
    for name in ("tenantIdIn",):
        if sent.get(name):
            raise Refused(501, "NotSupportedException", f"'{name}': there are no tenants here")
    lock = whole("lockDuration", required(sent, "lockDuration"))
    wanted = sent.get("variables")
    ids = [
        *items(sent, "processDefinitionIdIn"),
        *([sent["processDefinitionId"]] if sent.get("processDefinitionId") else []),
    ]
    return Topic(
        name=str(required(sent, "topicName")),
        lock=timedelta(milliseconds=lock),
        variables=None if wanted is None else tuple(map(str, items(sent, "variables"))),
        process_key=_text(sent, "processDefinitionKey"),
        business_key=_text(sent, "businessKey"),
        process_keys=tuple(map(str, items(sent, "processDefinitionKeyIn"))),
        definition_ids=tuple(definition_of(id) for id in ids),
        version_tag=_text(sent, "processDefinitionVersionTag"),
        values=_values(sent.get("processVariables")),
    )


def _values(sent: Any) -> Mapping[str, Any]:
    if not sent:
        return {}
    if not isinstance(sent, Mapping):
        raise invalid("'processVariables' must be an object")
    return dict(sent)


def _text(sent: Mapping[str, Any], name: str) -> str | None:
    return None if sent.get(name) is None else str(sent[name])


def handed_out(task: api.ExternalTask, worker: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A locked piece of work as it is handed out."""
    zone = runtime().zone
    variables = task.variables if asked.get("localVariables") else task.visible
    return {
        "activityId": task.element,
        "activityInstanceId": f"{task.element}:{task.key}",
        "businessKey": task.business_key,
        "createTime": values.moment(task.created_at, zone),
        "errorMessage": task.last_error,
        "errorDetails": None,
        "executionId": str(task.instance_id),
        "id": str(task.id),
        "lockExpirationTime": values.moment(task.lock_until, zone),
        "processDefinitionId": definition_id(task.process_key, task.version, task.definition_id),
        "processDefinitionKey": task.process_key,
        "processDefinitionVersionTag": task.version_tag,
        "processInstanceId": str(task.instance_id),
        "priority": task.priority,
        "retries": task.retries_left if task.attempt > 1 else None,
        "suspended": False,
        "tenantId": None,
        "topicName": task.topic,
        "variables": values.typed_all(variables, zone),
        "workerId": worker,
        "extensionProperties": dict(task.properties) if asked.get("includeExtensionProperties") else {},
    }


# ── what became of it ──────────────────────────────────────────────────────────────────────────────────────────


@pages.post("/<task>/complete")
def complete(task: str) -> Response:
    """The work is done. Local variables go where the task's output mapping takes them, and nowhere else."""
    sent, id = body(), id_of(task)
    results = values.plain_all(sent.get("variables"), runtime().zone)
    local = values.plain_all(sent.get("localVariables"), runtime().zone, "localVariables")
    runtime().unit(lambda db: api.complete_external(db, actor(), _worker(sent), id, results, local))
    return nothing()


@pages.post("/<task>/bpmnError")
def bpmn_error(task: str) -> Response:
    """The work ended in a business outcome: an error event with this code goes on."""
    sent, id = body(), id_of(task)
    code, message = str(required(sent, "errorCode")), str(sent.get("errorMessage") or "")
    results = values.plain_all(sent.get("variables"), runtime().zone)
    runtime().unit(lambda db: api.bpmn_error_external(db, actor(), _worker(sent), id, code, message, results))
    return nothing()


@pages.post("/<task>/failure")
def failure(task: str) -> Response:
    """The attempt failed; without retries left a person gets an incident."""
    sent, id = body(), id_of(task)
    retries = whole("retries", sent["retries"]) if sent.get("retries") is not None else None
    wait = whole("retryTimeout", sent.get("retryTimeout") or 0)
    if not 0 <= wait <= 365 * 86_400_000:
        raise invalid("'retryTimeout' must lie between 0 and a year")

    def fail(db: Any) -> None:
        api.fail_external(
            db,
            actor(),
            _worker(sent),
            id,
            str(sent.get("errorMessage") or ""),
            details=str(sent.get("errorDetails") or ""),
            retries=retries,
            retry_in=timedelta(milliseconds=wait),
        )

    runtime().unit(fail)
    return nothing()


@pages.post("/<task>/extendLock")
def extend_lock(task: str) -> Response:
    """The worker needs longer."""
    sent, id = body(), id_of(task)
    longer = timedelta(milliseconds=whole("newDuration", required(sent, "newDuration")))
    runtime().unit(lambda db: api.extend_external(db, actor(), _worker(sent), id, longer))
    return nothing()


@pages.post("/<task>/lock")
def lock(task: str) -> Response:
    """Lock one piece of work."""
    sent, id = body(), id_of(task)
    span = timedelta(milliseconds=whole("lockDuration", required(sent, "lockDuration")))
    runtime().unit(lambda db: api.lock_external(db, actor(), _worker(sent), id, span))
    return nothing()


@pages.post("/<task>/unlock")
def unlock(task: str) -> Response:
    """Give a piece of work back, whoever holds it."""
    runtime().unit(lambda db: api.unlock_external(db, actor(), None, id_of(task)))
    return nothing()


@pages.put("/<task>/retries")
def set_retries(task: str) -> Response:
    """Give a piece of work so many attempts from now on; one that has failed comes again."""
    left = whole("retries", required(body(), "retries"))
    runtime().unit(lambda db: api.set_retries(db, actor(), programs.work(db, id_of(task)).id, left))
    return nothing()


@pages.put("/retries")
def set_all_retries() -> Response:
    """The same for several pieces of work."""
    sent = body()
    left, ids = whole("retries", required(sent, "retries")), tuple(map(id_of, items(sent, "externalTaskIds")))
    if not ids:
        raise invalid("externalTaskIds is empty; queries are not supported here, name the tasks")

    def give(db: Any) -> None:
        for id in ids:
            api.set_retries(db, actor(), programs.work(db, id).id, left)

    runtime().unit(give)
    return nothing()


@pages.put("/<task>/priority")
def set_priority(task: str) -> Response:
    """Say how urgent a piece of work is."""
    priority = whole("priority", required(body(), "priority"))
    runtime().unit(lambda db: api.set_priority_external(db, actor(), id_of(task), priority))
    return nothing()


def _worker(sent: Mapping[str, Any]) -> str:
    return str(required(sent, "workerId"))


# ── looking ────────────────────────────────────────────────────────────────────────────────────────────────────


@pages.get("")
@pages.post("")
def listed() -> Response:
    """Work for programs, free or held."""
    asked = Asked()
    wanted, order = wanted_by(asked), asked.order(ORDERS)
    with runtime().reading() as db:
        api.require_program(actor())
        found = programs.works(db, wanted, order=order, first=asked.first, most=asked.most)
    return said([shown(work) for work in found])


@pages.get("/count")
@pages.post("/count")
def count() -> Response:
    """How many there are."""
    wanted = wanted_by(Asked())
    with runtime().reading() as db:
        api.require_program(actor())
        return said({"count": programs.number_of_works(db, wanted)})


def wanted_by(asked: Asked) -> Wanted:
    """The filters of a list."""
    locked = True if asked.flag("locked") else False if asked.flag("notLocked") else None
    failed = True if asked.flag("noRetriesLeft") else False if asked.flag("withRetriesLeft") else None
    suspended = True if asked.flag("suspended") else False if asked.flag("active") else None
    definitions = [*asked.texts("processDefinitionId"), *asked.texts("processDefinitionIdIn")]
    above, below = asked.number("priorityHigherThanOrEquals"), asked.number("priorityLowerThanOrEquals")
    wanted = Wanted(
        ids=asked.ids("externalTaskId", "externalTaskIdIn"),
        topic=asked.text("topicName"),
        worker=asked.text("workerId"),
        locked=locked,
        failed=failed,
        lock_after=asked.moment("lockExpirationAfter"),
        lock_before=asked.moment("lockExpirationBefore"),
        elements=asked.texts("activityId") + asked.texts("activityIdIn"),
        instances=asked.ids("processInstanceId", "processInstanceIdIn", "executionId"),
        definitions=tuple(map(definition_of, definitions)),
        keys=asked.texts("processDefinitionKey") + asked.texts("processDefinitionKeyIn"),
        suspended=suspended,
        priority_from=above,
        priority_to=below,
    )
    asked.done()
    return wanted


@pages.get("/topic-names")
def topic_names() -> Response:
    """Topics of which there is work."""
    with runtime().reading() as db:
        api.require_program(actor())
        return said(programs.topics(db))


@pages.get("/<task>")
def one(task: str) -> Response:
    """One piece of work."""
    with runtime().reading() as db:
        api.require_program(actor())
        return said(shown(programs.work(db, id_of(task))))


@pages.get("/<task>/errorDetails")
def error_details(task: str) -> Response:
    """What the worker told of its last failure that became an incident."""
    with runtime().reading() as db:
        api.require_program(actor())
        told = programs.failure_details(db, id_of(task))
    return Response(told, mimetype="text/plain") if told else nothing()


def shown(work: Work) -> dict[str, Any]:
    """A piece of work in a list."""
    zone = runtime().zone
    return {
        "activityId": work.element,
        "activityInstanceId": f"{work.element}:{work.key}",
        "businessKey": work.business_key,
        "createTime": values.moment(work.created_at, zone),
        "errorMessage": work.error,
        "executionId": str(work.instance_id),
        "id": str(work.id),
        "lockExpirationTime": values.moment(work.lock_until, zone),
        "priority": work.priority,
        "processDefinitionId": definition_id(work.process_key, work.version, work.definition_id),
        "processDefinitionKey": work.process_key,
        "processDefinitionVersionTag": None,
        "processInstanceId": str(work.instance_id),
        "retries": work.retries_left if work.attempts else None,
        "suspended": work.suspended,
        "tenantId": None,
        "topicName": work.topic,
        "workerId": work.worker,
    }
