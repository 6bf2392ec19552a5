"""One action over many cases: chosen, looked at, begun, followed. Law: whom it concerns is told before it begins."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import InvalidInput
from engine.queries import batches as read
from engine.queries import finding
from engine.queries.selection import Cases
from web.operations import entering, filters
from web.paging import Pages, asked_page
from web.rights import guarded
from web.scope import actor, runtime

pages = Blueprint("batches", __name__, url_prefix="/batches")

SIZE, SHOWN = 50, 5
VERBS = ("retry", "suspend", "resume", "cancel", "set_variables", "move", "migrate", "restart")
"""What can be done to many cases, as `engine.api.actions` names it."""
STEERING = {
    "pause": api.pause_batch,
    "resume": api.resume_batch,
    "cancel": api.cancel_batch,
    "repeat": api.repeat_batch,
}


def kind_words(kind: str) -> str:
    """What a batch does."""
    return {
        "retry": _("Try again what failed"),
        "set_retries": _("Give more attempts"),
        "suspend": _("Suspend"),
        "resume": _("Let go on"),
        "cancel": _("End by hand"),
        "set_variables": _("Set a variable"),
        "move": _("Move from one element to another"),
        "migrate": _("Carry over to another version"),
        "restart": _("Begin anew at an element"),
    }.get(kind, kind)


def state_words(state: str) -> str:
    """How far a batch or one of its items is."""
    return {
        "running": _("under way"),
        "paused": _("paused"),
        "cancelled": _("given up"),
        "finished": _("finished"),
        "waiting": _("waiting"),
        "done": _("done"),
        "failed": _("failed"),
        "dropped": _("not done"),
    }.get(state, state)


@pages.get("")
@guarded("operations")
def index() -> Any:
    """All batches, newest first."""
    with runtime().reading() as db:
        rows = read.batches(db)
    return render_template("operations/batches.html", rows=rows, kind_words=kind_words, state_words=state_words)


@pages.get("/new")
@guarded("operations")
def begin() -> Any:
    """What to do to the cases that a filter finds; with `kind` chosen, what it asks for and what would follow."""
    asked = filters.said(request.args)
    kind = request.args.get("kind") if request.args.get("kind") in VERBS else None
    with runtime().reading() as db:
        wanted = filters.selection(db, request.args)
        total = finding.number_of_cases(db, wanted)
        some = finding.cases(db, wanted, size=SHOWN)
        key = wanted.key
        places = finding.places(db, key) if key else ()
        versions = queries.definition(db, key).row.versions if key else ()
        forecast = None
        if kind == "migrate" and key and total:
            forecast = api.preview_migrations(db, actor(), wanted, request.args.get("target", type=int))
    chosen = {"asked": asked, "kind": kind, "total": total, "some": some, "places": places, "versions": versions}
    return render_template(
        "operations/batch_new.html", **chosen, forecast=forecast, kind_words=kind_words, verbs=offered(wanted)
    )


def offered(wanted: Cases) -> list[str]:
    """Verbs that fit the selection: elements and versions need one process."""
    return [kind for kind in VERBS if wanted.key or kind not in ("move", "migrate", "restart")]


@pages.post("")
@guarded("operations")
def start() -> Any:
    """Begin it."""
    kind = request.form.get("kind", "")
    given = {name: value for name, value in _given(kind).items() if value not in (None, "", {})}
    why = request.form.get("why", "").strip()[:500]

    def unit(db: Any) -> int:
        return api.start_batch(db, actor(), kind, filters.selection(db, request.form), given, why)

    return redirect(url_for("batches.show", batch_id=runtime().unit(unit)))


def _given(kind: str) -> dict[str, Any]:
    form = request.form
    match kind:
        case "cancel":
            return {"reason": form.get("why", "").strip()}
        case "set_variables":
            name = form.get("name", "").strip()
            return {"variables": {name: entering.read(form.get("new", ""))} if name else {}}
        case "move":
            return {"source": form.get("source"), "target": form.get("target_element"), "why": form.get("why")}
        case "migrate":
            return {"version": form.get("target", type=int)}
        case "restart":
            return {"at": [one for one in (form.get("target_element"),) if one]}
    return {}


@pages.get("/<int:batch_id>")
@guarded("operations")
def show(batch_id: int) -> Any:
    """How far it is, and what became of each item."""
    return render_template("operations/batch.html", **_read(batch_id))


@pages.get("/<int:batch_id>/progress")
@guarded("operations")
def progress(batch_id: int) -> Any:
    """The part of the page that changes while workers are at it."""
    return render_template("operations/batch_progress.html", **_read(batch_id))


def _read(batch_id: int) -> dict[str, Any]:
    state = request.args.get("state") if request.args.get("state") in ("done", "failed", "dropped", "waiting") else None
    with runtime().reading() as db:
        found = read.batch(db, batch_id)
        row = found.row
        size = getattr(row, {"waiting": "left"}.get(state, state)) if state else row.total
        paged = Pages(asked_page(), SIZE, size)
        items = read.batch_items(db, batch_id, state=state, page=paged.number, size=SIZE)
    return {
        "batch": found, "row": row, "items": items, "paged": paged, "state": state,
        "kind_words": kind_words, "state_words": state_words,
    }  # fmt: skip


@pages.post("/<int:batch_id>/<verb>")
@guarded("operations")
def steer(batch_id: int, verb: str) -> Any:
    """Pause it, let it go on, give it up, or try again what failed."""
    if verb not in STEERING:
        raise InvalidInput(place="verb", reason="one of " + ", ".join(STEERING), reason_zh="无此操作")
    runtime().unit(lambda db: STEERING[verb](db, actor(), batch_id))
    flash(_("Done."), "success")
    return redirect(url_for("batches.show", batch_id=batch_id))
