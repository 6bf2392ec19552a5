"""The task page: form, case, diagram, history, and what one may do with the task. Law: nothing entered is ever lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from engine import api, forms, queries
from engine.errors import AlreadyHandled, FormInvalid, InvalidInput, WaitClosed
from web import findings, schemas
from web.cases import case_of
from web.errors import field_messages
from web.scope import actor, is_fragment, language, person, runtime, said, wants_json
from web.words import coming, listed, story

pages = Blueprint("tasks", __name__, url_prefix="/tasks")


@pages.get("/<int:task_id>")
@login_required
def show(task_id: int) -> Any:
    """The page of one task."""
    return page(task_id)


def page(task_id: int, sent: dict[str, Any] | None = None, errors: dict[str, list[str]] | None = None) -> str:
    """The page, with what was sent and its faults when a completion was refused."""
    with runtime().reading() as db:
        task = queries.task(db, actor(), task_id)
        case = queries.instance(db, task.row.instance_id)
        past = story(queries.history(db, task.row.instance_id))
        card = case_of(db, case.row.business_key, case.variables)
        colleagues = queries.people(db) if "reassign" in task.can else []
    schema = schemas.shown(task.form_schema, task.translations, language())
    values = task.form_data if task.entered is None else {**task.form_data, **task.entered}
    if task.draft is not None and task.entered is None and "complete" in task.can:
        values = {**values, **task.draft}
    if sent is not None:
        values = {**values, **sent}
    return render_template(
        "tasks/show.html",
        task=task,
        row=task.row,
        case=case,
        past=past,
        card=card,
        colleagues=colleagues,
        schema=schema,
        values=forms.prefill(schema, values) if schema else {},
        errors=errors or {},
        notes=findings.at_fields(schema, task.form_data, values, language()),
        editable="complete" in task.can and task.row.state == "open",
        reasons=reasons(task, case.variables),
    )


def reasons(task: queries.TaskDetail, variables: Mapping[str, Any]) -> list[str]:
    """Why this person: what the engine noted, and what a step before noted of its choice (`owner`, `owner_why`)."""
    found = [task.why]
    for name, why in variables.items():
        chosen = variables.get(name.removesuffix("_why"))
        if name.endswith("_why") and isinstance(why, dict) and chosen == task.row.assignee and chosen:
            found.append(why)
    return [text for why in found if (text := said(why.get("zh"), why.get("en")))]


@pages.put("/<int:task_id>/draft")
@login_required
def save_draft(task_id: int) -> Any:
    """Keep what stands in the form, unchecked."""
    body = sent_json(request.get_data())
    data = body.get("variables", body)
    if not isinstance(data, dict):
        raise InvalidInput(place="variables", reason="must be an object", reason_zh="应为对象")
    runtime().unit(lambda db: api.save_draft(db, actor(), task_id, data))
    return jsonify({"saved_at": runtime().now().isoformat()})


def sent_json(raw: bytes | str) -> dict[str, Any]:
    """A JSON object with exact numbers. InvalidInput when it is none."""
    try:
        found = json.loads(raw or "{}", parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            place="variables", reason=f"not JSON: {error}", reason_zh=f"不是有效的 JSON:{error}"
        ) from error
    if not isinstance(found, dict):
        raise InvalidInput(place="variables", reason="not a JSON object", reason_zh="不是 JSON 对象")
    return found


@pages.post("/<int:task_id>/complete")
@login_required
def complete(task_id: int) -> Any:
    """Finish the task with what stands in the form; with faults the page comes back as it was sent."""
    values = sent_json(request.form.get("variables", "") or "{}")
    try:
        done = runtime().unit(lambda db: api.complete(db, actor(), task_id, values))
    except FormInvalid as fault:
        if wants_json():
            raise
        return page(task_id, values, field_messages(fault)), 422
    except (AlreadyHandled, WaitClosed):
        flash(_("Nothing was done twice: this task had been completed already."), "warning")
        return redirect(url_for("tasks.show", task_id=task_id))
    return after_completion(task_id, done)


def after_completion(task_id: int, done: Any) -> Any:
    """Say what happens next, and open the next task when the person wants that."""
    with runtime().reading() as db:
        row = queries.task(db, actor(), task_id).row
        cases = queries.tree(db, done.instance_id)
        following = api.next_task(db, actor(), done.instance_id)
    steps = coming(cases, row.completed_at)[:3]
    if all(case.state != "active" for case in cases):
        after = _("the case is finished.")
    elif steps:
        after = _("next: %(steps)s.", steps=listed(steps))
    else:
        after = _("the case moves on by itself.")
    flash(url_for("tasks.save_draft", task_id=task_id), "forget")
    flash(_("“%(task)s” is done; %(after)s", task=said(row.name, row.name_en), after=after), "success")
    if following and person().opens_next_task:
        return redirect(url_for("tasks.show", task_id=following))
    return redirect(url_for("inbox.index"))


@pages.post("/<int:task_id>/claim")
@login_required
def claim(task_id: int) -> Any:
    """Take the task."""
    runtime().unit(lambda db: api.claim(db, actor(), task_id))
    flash(_("It is yours now."), "success")
    return redirect(url_for("tasks.show", task_id=task_id))


@pages.post("/<int:task_id>/release")
@login_required
def release(task_id: int) -> Any:
    """Give the task back to its team; what stands in the form is kept as its draft."""
    values = sent_json(request.form.get("variables", "") or "{}")

    def give_back(db: Any) -> None:
        if values:
            api.save_draft(db, actor(), task_id, values)
        api.release(db, actor(), task_id)

    runtime().unit(give_back)
    flash(_("Back with the team; what was entered is kept as a draft."), "success")
    return redirect(url_for("inbox.index"))


@pages.post("/<int:task_id>/reassign")
@login_required
def reassign(task_id: int) -> Any:
    """Give the task to somebody else."""
    to = request.form.get("person", "").strip()
    if not to:
        raise InvalidInput(place="person", reason="choose a person", reason_zh="请选择人员")
    reason = request.form.get("reason", "").strip()[:500]
    runtime().unit(lambda db: api.reassign(db, actor(), task_id, to, reason))
    flash(_("Reassigned; the new person has been told."), "success")
    return redirect(url_for("tasks.show", task_id=task_id))


@pages.get("/<int:task_id>/state")
@login_required
def state(task_id: int) -> Any:
    """Whether the task is still open for this person: the page asks now and then and says so politely."""
    with runtime().reading() as db:
        task = queries.task(db, actor(), task_id)
    if task.row.state == "open" or not is_fragment():
        return make_response("", 204)
    return render_template("tasks/gone.html", row=task.row)
