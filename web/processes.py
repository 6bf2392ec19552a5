"""Processes for their owners: definitions, versions, diagrams, what runs, what the last refused save got wrong."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask_login import login_required

from engine import queries
from web import schemas
from web.scope import is_chinese, language, runtime
from web.words import labels

pages = Blueprint("processes", __name__, url_prefix="/processes")


@pages.get("")
@login_required
def index() -> Any:
    """All definitions, the messages that wait for a process, and the faults of the last refused save."""
    with runtime().reading() as db:
        rows = queries.definitions(db)
        faults = queries.last_faults(db)
        kept = queries.kept_messages(db)
        open_incidents = queries.incidents(db, open=True)
    return render_template("processes/index.html", rows=rows, faults=faults, kept=kept, incidents=open_incidents)


@pages.get("/<key>")
@pages.get("/<key>/<int:version>")
@login_required
def show(key: str, version: int | None = None) -> Any:
    """One definition: diagram with what waits where, versions, forms and decisions, running instances."""
    page = max(1, request.args.get("page", 1, type=int) or 1)
    state = request.args.get("state") or "active"
    with runtime().reading() as db:
        found = queries.definition(db, key, version)
        running = queries.instances(
            db, key=key, version=version, state=None if state == "all" else state, page=page, size=50
        )
        faults = [fault for fault in queries.last_faults(db) if fault.folder == found.row.folder]
    return render_template(
        "processes/show.html",
        found=found,
        version=found.version,
        running=running,
        faults=faults,
        state=state,
        page=page,
    )


@pages.get("/<key>/<int:version>/diagram.bpmn")
@login_required
def diagram(key: str, version: int) -> Response:
    """The diagram as it was deployed; a version never changes."""
    with runtime().reading() as db:
        xml = queries.definition(db, key, version).xml
    answer = Response(xml, mimetype="application/xml")
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    if request.args.get("download"):
        answer.headers["Content-Disposition"] = f'attachment; filename="{key}-v{version}.bpmn"'
    return answer


@pages.get("/<key>/<int:version>/state.json")
@login_required
def state(key: str, version: int) -> Any:
    """How many tokens stand at each element, over all running instances of this version."""
    with runtime().reading() as db:
        found = queries.definition(db, key, version)
        faults = [fault for fault in queries.last_faults(db) if fault.folder == found.row.folder]
    tongue = language()
    answer: dict[str, Any] = {
        "counts": dict(found.tokens),
        "incidents": list(found.incidents),
        "faults": {f.fault.element: f.fault.text(tongue) for f in faults if f.fault.element},
    }
    if not is_chinese():
        answer["names"] = labels(found.xml, found.names_en)
    return jsonify(answer)


@pages.get("/<key>/<int:version>/forms/<form>")
@login_required
def form(key: str, version: int, form: str) -> Any:
    """A form of the process, as it will look."""
    with runtime().reading() as db:
        found = queries.definition(db, key, version)
        one = queries.form(db, key, form, version)
    schema = schemas.shown(one.schema, one.translations, language())
    back = url_for("processes.show", key=key, version=version)
    return render_template("processes/form.html", found=found, form=form, schema=schema, back=back)
