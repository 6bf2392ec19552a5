"""What one does with a task: keep a draft, complete, claim, release, hand over. Law: a refusal loses nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import AlreadyHandled, Forbidden, FormInvalid, InvalidInput, WaitClosed
from web.cases import case_of
from web.errors import field_messages, spoken, status_of
from web.rights import guarded
from web.scope import actor, person, runtime, said, wants_json
from web.tasks import own_fields
from web.tasks.page import page
from web.tasks.room import pages, sent_json
from web.words import coming, listed


@pages.put("/<int:task_id>/draft")
@guarded("tasks")
def save_draft(task_id: int) -> Any:
    """Keep what stands in the form, unchecked. `before`: when the draft was saved that the page holds; what was saved
    elsewhere meanwhile is not overwritten (409, `DraftChanged`)."""
    body = sent_json(request.get_data())
    data = body.get("variables", body)
    if not isinstance(data, dict):
        raise InvalidInput(place="variables", reason="must be an object", reason_zh="应为对象")
    seen = {"before": moment_sent(body["before"])} if "variables" in body and "before" in body else {}
    saved = runtime().unit(lambda db: api.save_draft(db, actor(), task_id, data, **seen))
    return jsonify({"saved_at": saved.isoformat()})


def moment_sent(said: Any) -> datetime | None:
    """A moment as we told it; None for none. InvalidInput for anything else."""
    try:
        return datetime.fromisoformat(said) if said else None
    except (TypeError, ValueError) as error:
        raise InvalidInput(place="before", reason="must be a moment", reason_zh="应为时间") from error


@pages.post("/<int:task_id>/complete")
@guarded("tasks")
def complete(task_id: int) -> Any:
    """Finish the task with what stands in the form; with faults the page comes back as it was sent."""
    values = sent_json(request.form.get("variables", "") or "{}")
    try:
        done = runtime().unit(lambda db: finish(db, task_id, values))
    except FormInvalid as fault:
        if wants_json():
            raise
        return page(task_id, values, field_messages(fault)), 422
    except (AlreadyHandled, WaitClosed) as fault:
        if fault.fields.get("state") == "completed":
            flash(_("Nothing was done twice: this task had been completed already."), "warning")
        else:
            flash(_("What you sent was not taken: the task had ended before."), "warning")
        return redirect(url_for("tasks.show", task_id=task_id))
    except Forbidden as fault:
        return refused(task_id, fault, values)
    return after_completion(task_id, done)


def refused(task_id: int, fault: Forbidden, values: dict[str, Any] | None = None) -> Any:
    """The task as it stands now, with why nothing was done; a program is told by the fault alone."""
    if wants_json():
        raise fault
    return page(task_id, values, refusal=spoken(fault)), status_of(fault)


def overtaken(task_id: int, fault: AlreadyHandled) -> Any:
    """To the task as it stands now, with who was faster; a program is told by the fault alone."""
    if wants_json():
        raise fault
    flash(spoken(fault), "warning")
    return redirect(url_for("tasks.show", task_id=task_id))


def finish(db: Any, task_id: int, values: dict[str, Any]) -> Any:
    """Complete the task; what the house's own fields hold goes to their records, in the same unit of work."""
    task = queries.task(db, actor(), task_id)
    if own_fields.PROPERTY in task.properties and "complete" in task.can:
        case = queries.instance(db, task.row.instance_id)
        fields = own_fields.asked(db, task, case_of(db, case.row.business_key, case.variables))
        own_fields.keep(db, fields, actor(), values)
        values = {name: value for name, value in values.items() if name not in fields.names}
    return api.complete(db, actor(), task_id, values)


def after_completion(task_id: int, done: Any) -> Any:
    """Say what happens next, and open the next task when the person wants that."""
    with runtime().reading() as db:
        row = queries.task(db, actor(), task_id).row
        cases = queries.tree(db, done.instance_id)
        following = api.next_task(db, actor(), done.instance_id)
    nearest = sorted(cases, key=lambda case: case.id != done.instance_id)
    steps = coming(nearest, row.completed_at)[:3]
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
@guarded("tasks")
def claim(task_id: int) -> Any:
    """Take the task."""
    try:
        runtime().unit(lambda db: api.claim(db, actor(), task_id))
    except AlreadyHandled as fault:
        return overtaken(task_id, fault)
    except Forbidden as fault:
        return refused(task_id, fault)
    flash(_("It is yours now."), "success")
    return redirect(url_for("tasks.show", task_id=task_id))


@pages.post("/<int:task_id>/release")
@guarded("tasks")
def release(task_id: int) -> Any:
    """Give the task back to its team; what stands in the form is kept as its draft."""
    values = sent_json(request.form.get("variables", "") or "{}")

    def give_back(db: Any) -> None:
        if values:
            api.save_draft(db, actor(), task_id, values)
        api.release(db, actor(), task_id)

    try:
        runtime().unit(give_back)
    except AlreadyHandled as fault:
        return overtaken(task_id, fault)
    except Forbidden as fault:
        return refused(task_id, fault, values)
    flash(_("Back with the team; what was entered is kept as a draft."), "success")
    return redirect(url_for("inbox.index"))


@pages.post("/<int:task_id>/reassign")
@guarded("tasks")
def reassign(task_id: int) -> Any:
    """Give the task to somebody else."""
    to = request.form.get("person", "").strip()
    if not to:
        raise InvalidInput(place="person", reason="choose a person", reason_zh="请选择人员")
    reason = request.form.get("reason", "").strip()[:500]
    try:
        runtime().unit(lambda db: api.reassign(db, actor(), task_id, to, reason))
    except AlreadyHandled as fault:
        return overtaken(task_id, fault)
    except Forbidden as fault:
        return refused(task_id, fault)
    flash(_("Reassigned; the new person has been told."), "success")
    return redirect(url_for("tasks.show", task_id=task_id))
