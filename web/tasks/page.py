"""The page of one task: form, case, diagram, history, and whether it still waits for the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import make_response, render_template, request

from engine import forms, queries
from engine.errors import Forbidden
from engine.queries.ahead import ahead
from handlers import live_checks, sights, tips
from web import findings, schemas
from web.cases import case_of
from web.inbox import columns
from web.rights import guarded
from web.scope import actor, is_fragment, language, runtime, said
from web.talk import talk_of
from web.tasks import own_fields
from web.tasks.room import pages
from web.words import story


@pages.get("/<int:task_id>")
@guarded("tasks")
def show(task_id: int) -> Any:
    """The page of one task."""
    return page(task_id)


def page(
    task_id: int, sent: dict[str, Any] | None = None, errors: dict[str, list[str]] | None = None, refusal: str = ""
) -> str:
    """The page, with what was sent and its faults when a completion was refused; `refusal` says why all of it was."""
    with runtime().reading() as db:
        task = queries.task(db, actor(), task_id)
        case = queries.instance(db, task.row.instance_id)
        past = story(queries.history(db, task.row.instance_id))
        card = case_of(db, case.row.business_key, case.variables)
        next_steps = ahead(db, case.definition_id, task.row.element) if task.row.state == "open" else ()
        advice = tips.of(db, actor().id, task.row.process_key, task.row.element)
        own = own_fields.asked(db, task, card)
        talk = talk_of(db, case.row.id, task_id)
        near, far = _takers(queries.people(db), task.row) if "reassign" in task.can else ([], [])
    schema = schemas.shown(own.added_to(task.form_schema), own.words(task.translations), language())
    known = {**sights.without_hidden(actor(), task.form_data), **_asked(schema, task.form_data), **own.values}
    values = known if task.entered is None else {**known, **task.entered}
    if task.draft is not None and task.entered is None and "complete" in task.can:
        values = {**values, **task.draft}
    if sent is not None and "complete" in task.can:
        values = {**values, **sent}
    return render_template(
        "tasks/show.html",
        task=task,
        row=task.row,
        about=columns.about,
        amount=columns.amount,
        case=case,
        past=past,
        card=card,
        talk=talk,
        tips=advice,
        tips_writer=tips.may_write(actor()),
        live=task.form_key in live_checks.CHECKS,
        next_steps=next_steps,
        near=near,
        far=far,
        schema=schema,
        values=forms.prefill(schema, values) if schema else {},
        errors=errors or {},
        refusal=refusal,
        notes=findings.at_fields(schema, task.form_data, values, language()),
        editable="complete" in task.can and task.row.state == "open",
        reasons=reasons(task, case.variables),
    )


def _takers(people: Sequence[queries.PersonRow], row: queries.TaskRow) -> tuple[list[Any], list[Any]]:
    """Who may be handed the task: those of its team (without one, of the holder's teams), and everybody else."""
    holder = next((one for one in people if one.id == row.assignee), None)
    teams = {row.team} if row.team else set(holder.teams if holder else ())
    others = [one for one in people if one.active and one is not holder]
    near = [one for one in others if teams.intersection(one.teams)]
    return near, [one for one in others if one not in near]


def _asked(schema: Mapping[str, Any] | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the form's own fields: whoever is given a task sees what it asks."""
    keys = {str(one.get("key")) for one in schemas.variables(schema)}
    return {name: value for name, value in values.items() if name in keys}


def reasons(task: queries.TaskDetail, variables: Mapping[str, Any]) -> list[str]:
    """Why this person: what the engine noted, and what a step before noted of its choice (`owner`, `owner_why`)."""
    found = [task.why]
    for name, why in variables.items():
        chosen = variables.get(name.removesuffix("_why"))
        if name.endswith("_why") and isinstance(why, dict) and chosen == task.row.assignee and chosen:
            found.append(why)
    return [text for why in found if (text := said(why.get("zh"), why.get("en")))]


@pages.get("/<int:task_id>/state")
@guarded("tasks")
def state(task_id: int) -> Any:
    """Asked for every few seconds: nothing while the task stands as the page shows it, else where it is now, said once
    (286 ends the asking); the bell when it has rung. `seen`: who had the task when the page was drawn."""
    seen, heard = request.args.get("seen"), request.args.get("unread", type=int)
    with runtime().reading() as db:
        try:
            row = queries.task(db, actor(), task_id).row
        except Forbidden:
            row = None
        unread = queries.unread_count(db, actor().id)
    here = row is not None and row.state == "open" and seen in (None, row.assignee or "")
    rang = heard not in (None, unread)
    if not is_fragment() or (here and not rang):
        return make_response("", 204)
    told = "" if here else render_template("tasks/gone.html", row=row, seen=seen)
    told += render_template("notifications/bell.html", unread=unread, out_of_band=True) if rang else ""
    return make_response(told, 200 if here else 286)
