"""Incidents: what needs a person, by cause and one by one, with its stack; corrected and tried again here."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from engine import api, queries
from engine.errors import NotFound
from engine.queries.selection import Cases
from web.operations import entering
from web.operations.wording import process_words
from web.paging import Pages, asked_page
from web.rights import guarded
from web.scope import actor, runtime

pages = Blueprint("incidents", __name__, url_prefix="/incidents")

SIZE = 25


@dataclass(frozen=True, slots=True)
class Cause:
    """Open incidents of one code at one element of one process."""

    process_key: str | None
    element: str
    code: str
    first: queries.IncidentRow
    count: int


def causes(rows: list[queries.IncidentRow]) -> list[Cause]:
    """The same trouble at the same place, the most frequent first."""
    number = Counter((row.process_key, row.element, row.code) for row in rows)
    first = {(row.process_key, row.element, row.code): row for row in reversed(rows)}
    return [Cause(*place, first[place], count) for place, count in number.most_common()]


@pages.get("")
@guarded("operations")
def index() -> Any:
    """Open incidents, or (`state=resolved`) those that were mended; narrowed by what they have in common."""
    state = "resolved" if request.args.get("state") == "resolved" else "open"
    asked = {name: text for name in ("code", "process", "element") if (text := request.args.get(name, "")[:200])}
    with runtime().reading() as db:
        rows = queries.incidents(db, open=state == "open")
        called_so = process_words(db)
    found = [
        row
        for row in rows
        if asked.get("code") in (None, row.code)
        and asked.get("process") in (None, row.process_key)
        and asked.get("element") in (None, row.element)
    ]
    paged = Pages.of(found, asked_page(), SIZE)
    return render_template(
        "operations/incidents.html", paged=paged, causes=causes(rows), asked=asked, state=state, processes=called_so
    )


@pages.get("/<int:incident_id>")
@guarded("operations")
def show(incident_id: int) -> Any:
    """One incident: what happened, why, where in the diagram, with what variables."""
    with runtime().reading() as db:
        row = queries.incidents(db, id=incident_id, open=None)
        if not row:
            raise NotFound(what="incident", what_zh="异常", id=incident_id)
        case = queries.instance(db, row[0].instance_id) if row[0].instance_id else None
    return render_template(
        "operations/incident.html", incident=row[0], case=case, row=case.row if case else None, missing=missing(row[0])
    )


def missing(incident: queries.IncidentRow) -> str:
    """The variable that was not there, where that is the trouble."""
    found = re.search(r"there is no variable “(\w+)”", incident.text)
    return found[1] if found else ""


@pages.post("/<int:incident_id>/retry")
@guarded("operations")
def retry(incident_id: int) -> Any:
    """Correct variables, if any are given, and try again."""
    with runtime().reading() as db:
        rows = queries.incidents(db, id=incident_id, open=None)
        known = queries.instance(db, rows[0].instance_id).variables if rows and rows[0].instance_id else {}
    given = entering.pairs(request.form.getlist("name"), request.form.getlist("value"), known)
    runtime().unit(lambda db: api.retry(db, actor(), incident_id, given or None))
    flash(_("It is being tried again."), "success")
    if rows and rows[0].instance_id:
        return redirect(url_for("instances.show", instance_id=rows[0].instance_id))
    return redirect(url_for("incidents.index"))


@pages.post("/retry")
@guarded("operations")
def retry_many() -> Any:
    """Try again in the cases that were chosen, or all of one cause, as a batch."""
    ids = tuple(dict.fromkeys(request.form.getlist("instance", type=int)))
    if not ids and "code" not in request.form:
        flash(_("Choose at least one incident."), "warning")
        return redirect(url_for("incidents.index"))
    wanted = Cases(
        ids=ids,
        key=request.form.get("process") or None,
        incident=request.form.get("code") or None,
        broken=True,
        state=("active",),
    )
    why = request.form.get("why", "").strip()[:500]
    batch = runtime().unit(lambda db: api.start_batch(db, actor(), "retry", wanted, {}, why))
    if ids:
        flash(ngettext("%(num)d case is tried again.", "%(num)d cases are tried again.", len(ids)), "success")
    return redirect(url_for("batches.show", batch_id=batch))
