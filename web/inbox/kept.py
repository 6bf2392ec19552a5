"""What people keep of their lists: filters with a name, columns, the height of rows."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _

from engine import api, queries
from web.auth import safe_next
from web.inbox import columns
from web.inbox.room import address, pages, safe
from web.rights import guarded
from web.scope import actor, runtime

SHOWN = 12
"""So many filters stand above the list with their counts."""


@pages.get("/inbox/filters")
@guarded("inbox")
def filters() -> Any:
    """The person's filters with their counts; read after the list, which does not wait for them."""
    with runtime().reading() as db:
        found = [(one, queries.count(db, actor(), one.ask)) for one in queries.filters(db, actor())[:SHOWN]]
    at = request.args.get("at", "")
    return render_template("inbox/filters.html", found=found, address=address, at=at)


@pages.post("/inbox/filters")
@guarded("inbox")
def save() -> Any:
    """Keep the list that is looked at under a name; `id`: the filter that gets this name, and is shared so.
    `replace`: the person was asked whether the filter of that name may go."""
    form = request.form
    ask = safe(form.to_dict() | {"search": form.get("q", ""), "urgent": form.get("urgent") == "1"})
    with runtime().transaction() as db:
        name, share, id = form.get("name", ""), form.get("share") or None, form.get("id", type=int)
        api.save_filter(db, actor(), name, ask, share, id, replace=form.get("replace") == "1")
    flash(_("Saved."), "success")
    return redirect(address(ask))


@pages.post("/inbox/filters/<int:id>/drop")
@guarded("inbox")
def drop(id: int) -> Any:
    """Forget a filter."""
    with runtime().transaction() as db:
        api.drop_filter(db, actor(), id)
    flash(_("The filter is gone; no task has changed."), "success")
    return redirect(safe_next(request.form.get("next")))


@pages.post("/inbox/columns")
@guarded("inbox")
def choose() -> Any:
    """Keep which columns the person sees, and how high a row is."""
    with runtime().reading() as db:
        offered = columns.offered(columns.own(db))
    chosen = [name for name in request.form.getlist("column") if name in offered]
    density = request.form.get("density")
    settings: dict[str, object] = {"inbox_columns": chosen}
    if density in columns.DENSITIES:
        settings["density"] = density
    with runtime().transaction() as db:
        api.save_preferences(db, actor(), settings=settings)
    return redirect(safe_next(request.form.get("next")))
