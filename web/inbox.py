"""The inbox: my tasks, my teams', overdue, all, done. Law: a page reads; claim and release answer with the row."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from engine import api, queries
from engine.errors import AlreadyHandled, DealflowError, Forbidden
from web.errors import spoken
from web.scope import actor, is_fragment, person, runtime

pages = Blueprint("inbox", __name__)

SIZE = 50
SORTS = ("due", "priority", "created")


def views() -> list[tuple[str, str]]:
    """The tabs of whoever is signed in."""
    shown = [("mine", _("My tasks")), ("teams", _("My teams")), ("overdue", _("Overdue"))]
    if person().leads:
        shown.append(("all", _("All")))
    return [*shown, ("done", _("Done"))]


def chosen() -> dict[str, Any]:
    """What the address asks for, made safe."""
    view = request.args.get("view", "mine")
    sort = request.args.get("sort", "due")
    page = request.args.get("page", 1, type=int) or 1
    return {
        "view": view if view in dict(views()) else "mine",
        "sort": sort if sort in SORTS else "due",
        "search": request.args.get("q", "").strip()[:200],
        "process": request.args.get("process") or None,
        "page": max(1, min(page, 10_000)),
    }


def address(**changes: Any) -> str:
    """This list's address with something changed."""
    ask = chosen()
    query = {"view": ask["view"], "sort": ask["sort"], "q": ask["search"], "process": ask["process"], **changes}
    kept = {k: v for k, v in query.items() if v not in (None, "", "due") or k == "view"}
    if kept.get("page") == 1:
        del kept["page"]
    return f"{url_for('inbox.index')}?{urlencode(kept)}"


@pages.get("/inbox")
@login_required
def index() -> Any:
    """The list; for htmx only its rows."""
    ask = chosen()
    with runtime().reading() as db:
        found = queries.inbox(db, actor(), **ask, size=SIZE)
        processes = queries.definitions(db)
    template = "inbox/rows.html" if is_fragment() else "inbox/index.html"
    return render_template(
        template,
        found=found,
        ask=ask,
        views=views(),
        processes=sorted(processes, key=lambda row: row.name),
        address=address,
        counts=found.counts,
        signature=signature(found.counts),
        more=found.total > ask["page"] * SIZE,
        size=SIZE,
    )


def signature(found: queries.Counts) -> str:
    """Changes when a count does."""
    return f"{found.mine}-{found.teams}-{found.overdue}"


@pages.get("/inbox/counts")
@login_required
def counts() -> Any:
    """The tabs with their counts; when they have changed, the rows are asked to refresh themselves."""
    ask = chosen()
    with runtime().reading() as db:
        found = queries.counts(db, actor())
        unread = queries.unread_count(db, actor().id)
    now = signature(found)
    body = render_template("inbox/tabs.html", counts=found, ask=ask, views=views(), address=address, signature=now)
    answer = make_response(body + render_template("notifications/bell.html", unread=unread, out_of_band=True))
    if request.args.get("signature") not in (None, now):
        answer.headers["HX-Trigger"] = "inbox-changed"
    return answer


def row_answer(task_id: int, fault: DealflowError | None = None, told: str = "") -> Any:
    """One row as it stands now, with what became of a claim or a release."""
    with runtime().reading() as db:
        row = queries.task(db, actor(), task_id).row
    answer = make_response(
        render_template("inbox/row.html", task=row, fault=spoken(fault) if fault else "", row_said=told)
    )
    return answer, 409 if fault else 200


@pages.post("/inbox/<int:task_id>/claim")
@login_required
def claim(task_id: int) -> Any:
    """Take a task from the row."""
    try:
        runtime().unit(lambda db: api.claim(db, actor(), task_id))
    except (AlreadyHandled, Forbidden) as fault:
        return row_answer(task_id, fault)
    return row_answer(task_id, told=_("It is yours now."))


@pages.post("/inbox/<int:task_id>/release")
@login_required
def release(task_id: int) -> Any:
    """Give a task back to its team from the row."""
    try:
        runtime().unit(lambda db: api.release(db, actor(), task_id))
    except (AlreadyHandled, Forbidden) as fault:
        return row_answer(task_id, fault)
    return row_answer(task_id, told=_("Back with the team."))
