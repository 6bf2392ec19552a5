"""Tips of colleagues about steps of processes: beside the form, and all together. Law: who may write is the book's
(`handlers.tips`); everybody reads and says whether it helped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine.errors import InvalidInput
from engine.queries.task_types import TaskType, task_types
from handlers import tips
from web.rights import guarded
from web.scope import actor, is_chinese, is_fragment, runtime

pages = Blueprint("tips", __name__, url_prefix="/tips")
FIELDS = ("title_zh", "text_zh", "title_en", "text_en")


@pages.get("")
@guarded("tips")
def index() -> Any:
    """All tips by process, found by words."""
    text, process = request.args.get("q", "").strip()[:100], request.args.get("process", "")[:255]
    with runtime().reading() as db:
        found = tips.search(db, actor().id, text, process)
        types = task_types(db)
    return render_template(
        "tips/index.html", found=found, **named(types), text=text, process=process, may_write=may_write()
    )


def named(types: list[TaskType]) -> dict[str, Any]:
    """How pages call the processes and steps that tips are about."""
    chinese = is_chinese()
    return {
        "processes": {one.process: one.process_name if chinese else one.process_name_en for one in types},
        "steps": {(one.process, one.element): one.name if chinese else one.name_en for one in types},
    }


def may_write() -> bool:
    """Whether whoever is signed in writes tips."""
    return tips.may_write(actor())


@pages.get("/new")
@pages.get("/<int:tip_id>/edit")
@guarded("tips")
def edit(tip_id: int | None = None) -> Any:
    """The form for a new tip, or for other words; for who may write one."""
    tips.require_writer(actor())
    with runtime().reading() as db:
        values: Mapping[str, Any]
        if tip_id is not None:
            known = tips.get(db, actor().id, tip_id)
            values = {name: getattr(known, name) for name in ("process", "element", *FIELDS)}
        else:
            values = {"process": request.args.get("process", ""), "element": request.args.get("element", "")}
    return form(values, tip_id)


def form(values: Mapping[str, Any], tip_id: int | None, place: str = "", fault: str = "") -> str:
    """The form with what stands in it and what is wrong with it."""
    with runtime().reading() as db:
        types = task_types(db)
    step = f"{values.get('process') or ''}:{values.get('element') or ''}"
    return render_template(
        "tips/edit.html", values=values, tip_id=tip_id, types=types, step=step, place=place, fault=fault, **named(types)
    )


@pages.post("")
@pages.post("/<int:tip_id>")
@guarded("tips")
def save(tip_id: int | None = None) -> Any:
    """Keep a tip."""
    process, _colon, element = request.form.get("step", "").partition(":")
    values = {name: request.form.get(name, "") for name in FIELDS} | {"process": process, "element": element}
    try:
        runtime().unit(lambda db: tips.write(db, actor(), values, runtime().now(), tip_id))
    except InvalidInput as fault:
        reason = str(fault.fields.get("reason_zh" if is_chinese() else "reason"))
        return form(values, tip_id, str(fault.fields.get("place")), reason), 422
    flash(_("The tip stands beside its form now."), "success")
    return redirect(url_for("tips.index", process=process))


@pages.post("/<int:tip_id>/retire")
@guarded("tips")
def retire(tip_id: int) -> Any:
    """Show a tip no more."""
    runtime().unit(lambda db: tips.retire(db, actor(), tip_id, runtime().now()))
    flash(_("The tip is shown no more."), "success")
    return redirect(url_for("tips.index"))


@pages.post("/<int:tip_id>/vote")
@guarded("tips")
def vote(tip_id: int) -> Any:
    """Whether it helped."""
    useful = request.form.get("useful") == "yes"
    one = runtime().unit(lambda db: tips.vote(db, actor(), tip_id, useful, runtime().now()))
    if is_fragment():
        return render_template("tips/vote.html", one=one)
    return redirect(url_for("tips.index"))
