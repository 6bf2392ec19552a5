"""The outside sources: registry, sanctions lists, credit bureau. Law: a trial is asked by an administrator and stands
in the audit with what came of it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from engine import api
from engine.errors import NotFound
from engine.queries import administration
from handlers.providers import standing
from web.admin.room import pages
from web.rights import guarded
from web.scope import actor, runtime

NAMES = {
    "registry": (
        N_("Company registry"),
        N_("Asked for each new client: name, legal representative, whether it is active."),
    ),
    "sanctions": (N_("Sanctions lists"), N_("Every name of a client, its people and owners is looked for in them.")),
    "bureau": (N_("Credit bureau"), N_("Reports are pulled with the client’s authorisation alone; a test pulls none.")),
}
"""Source -> its name and what it is for."""
ASKED = "source_asked"


@pages.get("/sources")
@guarded("admin-integrations")
def sources() -> Any:
    """Each source: whose answers, as of when, and what came of the last test."""
    with runtime().reading() as db:
        found = [(one, _last(db, one.name)) for one in standing.sources(runtime().settings)]
    return render_template("admin/sources.html", found=found, names=NAMES, folder="providers/")


def _last(db: Any, name: str) -> administration.AuditRow | None:
    rows = administration.audit_entries(db, subject=f"source:{name}", action=ASKED, size=1)
    return rows[0] if rows else None


@pages.post("/sources/<name>/test")
@guarded("admin-integrations")
def test_source(name: str) -> Any:
    """Ask the source now, about nobody."""
    if name not in NAMES:
        raise NotFound(what="source", what_zh="数据源", id=name)
    found = standing.ask(runtime().settings, name, runtime().now())
    told = {"up": found.up, "told": found.told, "entries": found.entries}
    runtime().unit(lambda db: api.note(db, actor(), f"source:{name}", ASKED, told))
    if found.up:
        flash(_("It answers: %(told)s", told=found.told), "success")
    else:
        flash(_("It does not answer: %(why)s", why=found.told), "danger")
    return redirect(url_for("admin.sources"))
