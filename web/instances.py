"""One running or finished case: diagram with its tokens, waits, variables, history in words, incidents with retry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import NotFound
from engine.queries import trail
from engine.queries.inbox import seen_by
from handlers import segments, sights
from web import schemas
from web.cases import case_of
from web.changes import changes
from web.formats import relative
from web.operations.cases import listed
from web.rights import guarded
from web.scope import actor, is_chinese, language, runtime
from web.words import labels, main_waits, story, wait_words

pages = Blueprint("instances", __name__, url_prefix="/instances")


@pages.get("")
@guarded("cases")
def index() -> Any:
    """Search over all instances."""
    return listed()


@pages.get("/<int:instance_id>")
@guarded("cases")
def show(instance_id: int) -> Any:
    """The page of one instance."""
    with runtime().reading() as db:
        case = queries.instance(db, instance_id)
        segments.require_case(db, actor(), instance_id)
        past = story(queries.history(db, instance_id))
        card = case_of(db, case.row.business_key, case.variables)
        fields = fields_of(db, case.row.key, case.row.version)
        mine = seen_by(db, actor(), [wait.task_id for wait in case.row.waits if wait.task_id])
    known, technical = schemas.sorted_out(fields, sights.without_hidden(actor(), case.variables))
    sheets = [item for _name, item in known if isinstance(item, schemas.Sheet)]
    return render_template(
        "instances/show.html",
        case=case,
        row=case.row,
        past=past,
        card=card,
        known=[(name, item) for name, item in known if not isinstance(item, schemas.Sheet)],
        sheets=sheets,
        technical=technical,
        mine=mine,
    )


def fields_of(db: Any, key: str, version: int) -> dict[str, Mapping[str, Any]]:
    """The fields of the process's forms by the variable they write, in the page's language."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in queries.definition(db, key, version).forms:
        try:
            form = queries.form(db, key, one, version)
        except NotFound:
            continue
        for field in schemas.variables(schemas.shown(form.schema, form.translations, language())):
            found.setdefault(str(field.get("key") or field.get("path")), field)
    return found


@pages.get("/<int:instance_id>/changed")
@guarded("cases")
def changed(instance_id: int) -> Any:
    """What was entered and then entered otherwise, field by field."""
    with runtime().reading() as db:
        row = queries.instance(db, instance_id).row
        segments.require_case(db, actor(), instance_id)
        found = changes(trail.written(db, instance_id), fields_of(db, row.key, row.version))
    return render_template("parts/changes.html", changes=found)


@pages.get("/<int:instance_id>/state.json")
@guarded("cases")
def state(instance_id: int) -> Any:
    """Tokens, path and waits for the diagram."""
    with runtime().reading() as db:
        case = queries.instance(db, instance_id)
        segments.require_case(db, actor(), instance_id)
    waits = {
        wait.element: f"{wait_words(wait)} · {relative(wait.due)}" if wait.due else wait_words(wait)
        for wait in main_waits(case.row.waits)
    }
    answer: dict[str, Any] = {
        "active": list(case.active),
        "done": list(case.done),
        "incidents": [row.element for row in case.incidents if row.resolved_at is None],
        "waits": waits,
    }
    if not is_chinese():
        answer["names"] = labels(case.xml, case.names_en)
    return jsonify(answer)


@pages.post("/incidents/<int:incident_id>/retry")
@guarded("cases")
def retry(incident_id: int) -> Any:
    """Try again what failed."""
    runtime().unit(lambda db: api.retry(db, actor(), incident_id))
    flash(_("It is being tried again."), "success")
    instance = request.form.get("instance", type=int)
    if instance:
        return redirect(url_for("instances.show", instance_id=instance))
    return redirect(url_for("processes.index"))


@pages.post("/<int:instance_id>/cancel")
@guarded("cases")
def cancel(instance_id: int) -> Any:
    """End an instance by hand, with the reason."""
    reason = request.form.get("reason", "").strip()[:500]
    runtime().unit(lambda db: api.cancel(db, actor(), instance_id, reason))
    flash(_("The case has been ended."), "success")
    return redirect(url_for("instances.show", instance_id=instance_id))
