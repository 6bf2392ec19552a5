"""What is wrong with a form while it is typed. Law: said, never held against anybody; sending the form decides."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request

from engine import queries
from engine.errors import Forbidden, InvalidInput
from handlers import live_checks
from web.extensions import limiter
from web.formats import value
from web.rights import guarded
from web.scope import actor, runtime, said
from web.tasks.room import pages, sent_json


@pages.post("/<int:task_id>/findings")
@limiter.limit("120 per minute")
@guarded("tasks")
def findings(task_id: int) -> Any:
    """Notes at the fields, and figures, for the values that stand in the form."""
    values = sent_json(request.get_data()).get("variables")
    if not isinstance(values, dict):
        raise InvalidInput(place="variables", reason="must be an object", reason_zh="应为对象")
    with runtime().reading() as db:
        task = queries.task(db, actor(), task_id)
        if "complete" not in task.can:
            raise Forbidden(reason="this task is with somebody else", reason_zh="此任务由他人办理")
        found = live_checks.check(db, task.form_key or "", {**task.form_data, **values})
    if found is None or found.incomplete:
        return jsonify(notes=[], figures=[])
    notes = [{"level": n.level, "text": said(n.text, n.text_en), "places": n.places} for n in found.notes]
    figures = [{"name": said(one.name, one.name_en), "value": value(one.value)} for one in found.figures]
    return jsonify(notes=notes, figures=figures)
