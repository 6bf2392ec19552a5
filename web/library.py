"""The case library: closed projects to search and learn from, the ones most like a project, a plan used as a draft."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import InvalidInput
from engine.queries import work
from handlers import agenda, case_library, segments
from handlers.records import cases, projects
from handlers.views import case_shelf
from handlers.views.deal_room import like
from web.ahead import is_for_me
from web.rights import guarded
from web.scope import actor, runtime

pages = Blueprint("library", __name__, url_prefix="/library")

SIZE = 40
DESIGN = "ut_plan"
"""The task of `credit_evaluation` in which a plan is designed; its form takes the draft."""


@pages.get("")
@guarded("library")
def index() -> Any:
    """Closed projects by text, sector and outcome; with a project's key those most like it, nearest first."""
    args = request.args
    text, key = args.get("q", "").strip()[:200], args.get("like", "").strip().upper()[:50]
    chosen = {name: value for name in ("sector", "outcome") if (value := args.get(name, "")[:60])}
    names = case_library.may_see_names(actor())
    with runtime().reading() as db:
        counts = case_shelf.numbers(db)
        project = projects.find(db, key) if key else None
        if project is not None:
            segments.require_project(db, actor(), project.id)
        near = like(db, project, open_names=names, k=10) if project else []
        found = [] if project else case_shelf.search(db, text, chosen, open_names=names)
    return render_template(
        "library/index.html", found=found[:SIZE], more=len(found) - SIZE, near=near, project=project, text=text,
        chosen=chosen, counts=counts, asked=key, draft_for=project.business_key if project else None,
    )  # fmt: skip


@pages.get("/track-record")
@guarded("library")
def track_record() -> Any:
    """The closed projects that may be shown to anybody, and what clients say of the house."""
    with runtime().reading() as db:
        record = case_shelf.track_record(db)
        voice = agenda.promoter_score(db, runtime().now())
    return render_template("library/track_record.html", record=record, voice=voice)


@pages.get("/<int:case_id>")
@guarded("library")
def show(case_id: int) -> Any:
    """One closed project: structure, outcome, lessons; names only for those who may see them."""
    with runtime().reading() as db:
        case = case_library.shown(cases.get(db, case_id), case_library.may_see_names(actor()))
        sections = case_shelf.structure(case)
    return render_template("library/show.html", case=case, sections=sections)


@pages.post("/<int:case_id>/draft")
@guarded("library")
def draft(case_id: int) -> Any:
    """The case's plan as the draft of a project's: into the form of its design task when that is open for the person;
    what stood there in other fields stays. InvalidInput when no such task is open."""
    key = request.form.get("project", "").strip().upper()[:50]
    with runtime().transaction() as db:
        case, project = cases.get(db, case_id), projects.get(db, key)
        made = case_library.draft_from(case, project)
        open_now = [one for one in work.open_tasks(db, [project.business_key]) if one.element == DESIGN]
        task = next((one for one in open_now if is_for_me(one)), None)
        if task is None:
            raise InvalidInput(
                place="project",
                reason=f"no plan of {key} is being designed by you just now: the draft goes into that task",
                reason_zh=f"{key} 当前没有由您办理的“融资方案设计”任务，草稿须填入该任务",
            )
        known = queries.task(db, actor(), task.id)
        values = {name: made[name] for name in ("facilities", "covenants", "collateral", "conditions") if made[name]}
        api.save_draft(db, actor(), task.id, {**(known.draft or {}), **_plain(values)})
    name = made["case_name"]
    told = _("The plan of “%(name)s” is the draft now. Check every figure before you submit it.", name=name)
    flash(told, "info")
    return redirect(url_for("tasks.show", task_id=task.id))


def _plain(value: Any) -> Any:
    """Numbers as the form writes them."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Decimal) else value
