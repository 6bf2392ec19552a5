"""One project: where it stands, who takes part, what is lent, what is built, what happened. Tabs as for clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from engine import queries
from engine.errors import InvalidInput, NotFound
from engine.queries import work
from engine.queries.decisions import number_of_decisions_under
from engine.queries.reasons import reasons_under
from handlers import case_files, case_library, documents, segments
from handlers.records import cards, custom, projects
from handlers.records import documents as filed
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from handlers.records.projects import Project
from handlers.views import deal_room, stakeholder_map
from web import intake
from web.ahead import is_for_me
from web.clients.page import KINDS, visible
from web.clients.room import now, today
from web.instances import fields_of
from web.paging import Pages, asked_page
from web.rights import guarded, may_act, may_see
from web.scope import actor, is_fragment, runtime
from web.tasks.beside import in_words

pages = Blueprint("projects", __name__, url_prefix="/projects")

TABS: dict[str, Any] = {
    "overview": N_("Overview"),
    "deal": N_("Financing"),
    "building": N_("Progress"),
    "judged": N_("Assessment"),
    "rules": N_("Rules that decided"),
    "cases": N_("Cases and tasks"),
    "files": N_("Documents"),
    "like": N_("Similar cases"),
}


CREDIT = ("judged", "rules")
"""Tabs for those alone who may see what the credit decision stands on."""
RULES_SHOWN = 30


def offered() -> dict[str, Any]:
    """The tabs that the person may open."""
    return {name: words for name, words in TABS.items() if name not in CREDIT or may_see("credit")}


def project_of(db: Any, key: str) -> Project:
    """A project by its key. NotFound, and Forbidden for one that is no business of the person's teams."""
    found = projects.get(db, key)
    segments.require_project(db, actor(), found.id)
    return found


@pages.get("/<key>")
@guarded("projects")
def show(key: str) -> Any:
    """A project by its key: the first tab."""
    return opened(key, "overview")


@pages.get("/<key>/<name>")
@guarded("projects")
def tab(key: str, name: str) -> Any:
    """One tab; the part alone for htmx."""
    if name not in offered():
        raise NotFound(what="page", what_zh="页面", id=name)
    return opened(key, name)


def opened(key: str, name: str) -> Any:
    """The page with a tab, or the tab."""
    with runtime().reading() as db:
        project = project_of(db, key)
        found: dict[str, Any] = {"p": project, "name": name, "tabs": offered(), "is_for_me": is_for_me}
        found |= TELLING[name](db, project)
        if not is_fragment():
            found["way"] = deal_room.way(projects.phases_of(db, project.id), project.phase, now())
            found["client"] = cards.main_party(db, project.id)
            found["labels"] = intake.labels(db)
    return render_template("projects/fragment.html" if is_fragment() else "projects/show.html", **found)


def _overview(db: Any, project: Project) -> dict[str, Any]:
    card = cards.project_card(db, project.id)
    others = stakeholder_map.others(db, project.id, {one.party_id for one in card.roles})
    return {
        "roles": card.roles,
        "map": stakeholder_map.drawn(project.name, card.roles, others),
        "origins": card.origins,
        "talks": card.interactions[:8],
        "phases": card.phases,
        "milestones": deal_room.milestones(db, project, today()),
        "tasks": work.open_tasks(db, _keys(db, project)),
        "own": custom.fields_of(db, "project"),
        "values": custom.values_of(db, "project", project.id),
        "labels": intake.labels(db),
        "may_edit": may_act("client-data"),
    }


def _keys(db: Any, project: Project) -> tuple[str, ...]:
    return deal_room.business_keys(db, project)


def _deal(db: Any, project: Project) -> dict[str, Any]:
    return {"sections": [*deal_room.deal(db, project), deal_room.investors(db, project)]}


def _building(db: Any, project: Project) -> dict[str, Any]:
    return {"sections": deal_room.building(db, project)}


def _judged(db: Any, project: Project) -> dict[str, Any]:
    return {"sections": deal_room.judged(db, project)}


def _rules(db: Any, project: Project) -> dict[str, Any]:
    """What tables decided in any case of the project, by which rules."""
    keys = _keys(db, project)
    paged = Pages(asked_page(), RULES_SHOWN, number_of_decisions_under(db, keys))
    found, fields = [], dict[Any, Any]()
    for one in reasons_under(db, keys, page=paged.number, size=RULES_SHOWN):
        key, version = one.row.process_key or "", one.row.process_version or 0
        if (key, version) not in fields:
            fields[key, version] = fields_of(db, key, version)
        found.append(in_words(one, fields[key, version]))
    return {"reasons": found, "paged": paged, "processes": {one.key: one for one in queries.process_names(db)}}


def _cases(db: Any, project: Project) -> dict[str, Any]:
    keys = _keys(db, project)
    return {"tasks": work.open_tasks(db, keys), "cases": work.cases_under(db, keys, 100)}


def _files(db: Any, project: Project) -> dict[str, Any]:
    return {"files": visible(filed.of_subjects(db, _keys(db, project))), "kinds": KINDS}


def _like(db: Any, project: Project) -> dict[str, Any]:
    names = case_library.may_see_names(actor())
    return {"found": deal_room.like(db, project, open_names=names)}


TELLING: dict[str, Callable[[Any, Project], dict[str, Any]]] = {
    "overview": _overview,
    "deal": _deal,
    "building": _building,
    "judged": _judged,
    "rules": _rules,
    "cases": _cases,
    "files": _files,
    "like": _like,
}


@pages.post("/<key>/files")
@guarded("projects")
def file(key: str) -> Any:
    """File a document under the project."""
    given, kind = request.files.get("file"), request.form.get("kind", "attachment")
    if given is None or not given.filename:
        raise InvalidInput(place="file", reason="choose a file", reason_zh="请选择文件")
    content = given.stream.read()
    with runtime().transaction() as db:
        project = project_of(db, key)
        client = cards.main_party(db, project.id)
        name = case_files.checked(given.filename, content)
        chosen = kind if kind in KINDS else "attachment"
        filing = Filing(project.business_key, chosen, name, party_id=client.id if client else None)
        kept = documents.keep(db, content, filing, Stamp(now(), actor().id, "upload"))
    flash(_("“%(name)s” is filed as version %(version)s.", name=kept.name, version=kept.version), "success")
    return redirect(url_for("projects.tab", key=project.business_key, name="files"))


@pages.post("/<key>/fields")
@guarded("client-data")
def fields(key: str) -> Any:
    """Write the house's own fields of a project."""
    with runtime().transaction() as db:
        project = project_of(db, key)
        known = custom.fields_of(db, "project")
        values = {one.key: request.form.get(f"c_{one.key}", "").strip() or None for one in known}
        why = request.form.get("why", "").strip()[:200] or None
        custom.put(db, "project", project.id, values, Stamp(now(), actor().id, "manual", why=why))
    flash(_("The fields are saved."), "success")
    return redirect(url_for("projects.show", key=project.business_key))
