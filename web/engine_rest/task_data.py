"""`/task/{id}/variables`, `/comment`: what a task sees, and what was said at it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import Response

from engine import api, queries
from handlers import segments
from web.engine_rest import comments, values
from web.engine_rest.access import actor, seen
from web.engine_rest.answers import Refused, nothing, said
from web.engine_rest.asking import body, items, required
from web.engine_rest.instances import data_of, uploaded, write_variables
from web.engine_rest.routes import Routes
from web.engine_rest.tasks import number_of, row_of
from web.scope import runtime

pages = Routes("/task")


def _visible(id: str) -> Mapping[str, Any]:
    with runtime().reading() as db:
        return seen(queries.task(db, actor(), row_of(db, id)["id"]).form_data)


def _local(id: str) -> Mapping[str, Any]:
    with runtime().reading() as db:
        return seen(queries.task(db, actor(), row_of(db, id)["id"]).own)


@pages.get("/<id>/variables")
def task_variables(id: str) -> Response:
    """What the task sees: its own variables over those of the case."""
    return said(values.typed_all(_visible(id), runtime().zone))


@pages.get("/<id>/localVariables")
def local_variables(id: str) -> Response:
    """The task's own variables: what is mapped for it alone."""
    return said(values.typed_all(_local(id), runtime().zone))


@pages.get("/<id>/variables/<name>")
def task_variable(id: str, name: str) -> Response:
    """One of them."""
    return said(values.typed(_named(_visible(id), name), runtime().zone))


@pages.get("/<id>/localVariables/<name>")
def local_variable(id: str, name: str) -> Response:
    """One of the task's own."""
    return said(values.typed(_named(_local(id), name), runtime().zone))


@pages.get("/<id>/variables/<name>/data")
def variable_data(id: str, name: str) -> Response:
    """The content of a file or of bytes."""
    return data_of(_named(_visible(id), name), name)


@pages.post("/<id>/variables/<name>/data")
def put_data(id: str, name: str) -> Response:
    """Set a file or bytes of the case from an upload (for process owners)."""
    write_variables(_case(id), {name: uploaded(name)})
    return nothing()


def _named(found: Mapping[str, Any], name: str) -> Any:
    if name not in found:
        raise Refused(404, "InvalidRequestException", f"task variable with name {name} does not exist")
    return found[name]


def _case(id: str) -> str:
    with runtime().reading() as db:
        return str(row_of(db, id)["instance_id"])


@pages.post("/<id>/variables")
def modify_variables(id: str) -> Response:
    """Set or empty variables of the case (for process owners)."""
    sent = body()
    changed = values.plain_all(sent.get("modifications"), runtime().zone, "modifications")
    write_variables(_case(id), {**dict.fromkeys(map(str, items(sent, "deletions"))), **changed})
    return nothing()


@pages.put("/<id>/variables/<name>")
def set_variable(id: str, name: str) -> Response:
    """Set a variable of the case (for process owners)."""
    write_variables(_case(id), {name: values.plain(body(), runtime().zone, name)})
    return nothing()


@pages.delete("/<id>/variables/<name>")
def delete_variable(id: str, name: str) -> Response:
    """Empty a variable of the case (for process owners)."""
    write_variables(_case(id), {name: None})
    return nothing()


def _write_local(id: str, changed: Mapping[str, Any], without: Collection[str] = ()) -> Response:
    task = number_of(id)
    runtime().unit(lambda db: api.set_task_variables(db, actor(), task, changed, without))
    return nothing()


@pages.post("/<id>/localVariables")
def modify_local(id: str) -> Response:
    """Set variables of the task alone, and take others away (for process owners)."""
    sent = body()
    changed = values.plain_all(sent.get("modifications"), runtime().zone, "modifications")
    return _write_local(id, changed, tuple(map(str, items(sent, "deletions"))))


@pages.put("/<id>/localVariables/<name>")
def set_local(id: str, name: str) -> Response:
    """Set one of them."""
    return _write_local(id, {name: values.plain(body(), runtime().zone, name)})


@pages.delete("/<id>/localVariables/<name>")
def delete_local(id: str, name: str) -> Response:
    """Take one away."""
    return _write_local(id, {}, (name,))


@pages.get("/<id>/localVariables/<name>/data")
def local_data(id: str, name: str) -> Response:
    """The content of a file or of bytes."""
    return data_of(_named(_local(id), name), name)


@pages.post("/<id>/localVariables/<name>/data")
def put_local_data(id: str, name: str) -> Response:
    """Set a file or bytes from an upload."""
    return _write_local(id, {name: uploaded(name)})


@pages.get("/<id>/comment")
def task_comments(id: str) -> Response:
    """What was said at a task."""
    with runtime().reading() as db:
        row = row_of(db, id)
        return said(comments.of_case(db, row["instance_id"], row["id"]))


@pages.get("/<id>/comment/<comment>")
def task_comment(id: str, comment: str) -> Response:
    """One comment."""
    with runtime().reading() as db:
        row = row_of(db, id)
        found = [one for one in comments.of_case(db, row["instance_id"], row["id"]) if one["id"] == comment]
    if not found:
        raise Refused(
            404, "InvalidRequestException", f"Task comment with id {comment} does not exist for task id {id}."
        )
    return said(found[0])


@pages.post("/<id>/comment/create")
def add_comment(id: str) -> Response:
    """Say something at a task."""
    with runtime().reading() as db:
        row = row_of(db, id)
        words = str(required(body(), "message"))
        segments.require_readers(db, words, row["instance_id"])
    number = runtime().unit(lambda db: api.comment(db, actor(), row["instance_id"], words, row["id"]))
    with runtime().reading() as db:
        [found] = [one for one in comments.of_case(db, row["instance_id"]) if one["id"] == str(number)]
    return said(found)


@pages.get("/<id>/attachment")
def attachments(id: str) -> Response:
    """Files hang on cases as comments: there are no attachments of Camunda's kind."""
    number_of(id)
    return said([])
