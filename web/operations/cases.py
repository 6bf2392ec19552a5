"""Cases by everything that is said of them: filters, filters that were kept, and what is done to all that they find."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import NotFound
from engine.queries import finding
from handlers import sights
from web.operations import filters
from web.paging import Pages, asked_page
from web.rights import guarded, may_read
from web.scope import actor, person, runtime

pages = Blueprint("cases", __name__, url_prefix="/instances")

SIZE = 25
KEPT, MOST_KEPT = "case_filters", 20
"""Where a person's filters are kept, and how many."""


def listed() -> Any:
    """The page of all cases, narrowed by what its address says."""
    asked = filters.said(request.args)
    with runtime().reading() as db:
        wanted = filters.selection(db, request.args)
        paged = Pages(asked_page(), SIZE, finding.number_of_cases(db, wanted))
        rows = finding.cases(db, wanted, page=paged.number, size=SIZE)
        choices = _choices(db, asked.get("process"))
        shared = _shared(db)
    kept = [*(person().settings.get(KEPT) or []), *shared]
    narrow = {name: text for name, text in asked.items() if name not in ("q", "process", "state")}
    return render_template(
        "operations/cases.html",
        rows=rows,
        paged=paged,
        asked=asked,
        narrow=narrow,
        kept=kept,
        my_teams=sorted(actor().teams),
        **choices,
    )


def _shared(db: Any) -> list[dict[str, Any]]:
    """The filters that colleagues share with a team of the person's, with who did (`by`)."""
    theirs = queries.settings_of_colleagues(db, actor().id, KEPT)
    return [{**one, "by": by} for by, kept in theirs for one in kept if one.get("team") in actor().teams]


def _choices(db: Any, key: str | None) -> dict[str, Any]:
    """What the filters offer; elements and versions are those of the process that was chosen."""
    found: dict[str, Any] = {"processes": queries.definitions(db), "places": (), "versions": (), "codes": ()}
    if may_read("operations"):
        found["codes"] = finding.incident_codes(db)
    gone = sights.fields_hidden(actor())
    found["facts"] = [name for name in finding.fact_names(db) if name not in gone]
    try:
        if key:
            row = queries.definition(db, key).row
            found |= {"places": finding.places(db, key), "versions": [one.version for one in row.versions]}
    except NotFound:
        pass
    return found


@pages.post("/filters")
@guarded("cases")
def keep() -> Any:
    """Keep the filter under a name, for oneself or for a team (`share`), or (`remove`) forget it."""
    name = request.form.get("name", "").strip()[:60]
    kept = [one for one in person().settings.get(KEPT) or [] if one.get("name") != name]
    asked = filters.said(request.form)
    if name and "remove" not in request.form:
        team = request.form.get("share", "")
        kept.append({"name": name, "asked": asked, **({"team": team} if team in actor().teams else {})})
    runtime().unit(lambda db: api.save_preferences(db, actor(), settings={KEPT: kept[-MOST_KEPT:]}))
    flash(_("The filter is forgotten.") if "remove" in request.form else _("The filter is kept."), "success")
    where: dict[str, Any] = dict(asked)
    return redirect(url_for("instances.index", **where))
