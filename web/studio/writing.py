"""Editing one file of a draft: the editor's page, and what its script reads and saves."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api
from engine.api import drafts
from engine.api.drafts import PackageDraft
from engine.errors import InvalidInput, NotFound
from engine.play import trying
from engine.queries import studio as models
from web import schemas, titles
from web.headers import POLICY, WITH_TABLES
from web.rights import guarded, may_act
from web.scope import actor, is_chinese, language, runtime
from web.studio import pages
from web.studio.parts import asked_version, kind, kind_words, name_of, opened, opened_in, told
from web.studio.topics import CHINESE


@pages.get("/<folder>/edit/<path:name>")
@guarded("studio")
def edit(folder: str, name: str) -> Any:
    """The editor for a file, by its kind."""
    with runtime().reading() as db:
        draft = opened_in(db, folder)
        row = next(iter(models.package_rows(db, folder)), None)
    if name not in draft.files:
        raise NotFound(what="file", id=name)
    what = kind(name)
    page = render_template(
        "studio/edit.html",
        draft=draft,
        name=name,
        what=what,
        words=kind_words(what),
        title=name_of(row) if row is not None else folder,
        titles=titles.of_files(draft.files),
        editable=may_act("studio"),
        tests=name.removesuffix(".dmn") + ".tests.json",
        siblings=[other for other in draft.files if kind(other) == what],
    )
    return page, {"Content-Security-Policy": WITH_TABLES if name.endswith(".dmn") else POLICY}


@pages.get("/<folder>/files/<path:name>")
@guarded("studio")
def read(folder: str, name: str) -> Response:
    """A file of the draft as text, with the draft's version as its ETag."""
    draft = opened(folder)
    if name not in draft.files:
        raise NotFound(what="file", id=name)
    answer = Response(draft.files[name], mimetype="text/plain")
    answer.headers["ETag"] = f'"{draft.version}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.put("/<folder>/files/<path:name>")
@guarded("studio")
def save(folder: str, name: str) -> Any:
    """Save a file (the request's body is its text); answers the draft's new version and what stands against it."""
    text = request.get_data(as_text=True)
    with runtime().transaction() as db:
        draft = drafts.save_package_file(db, actor(), folder, name, text, version=asked_version())
        faults = api.check(db, folder, draft.content())
    return jsonify(state(draft, told(faults)))


@pages.get("/<folder>/check.json")
@guarded("studio")
def check(folder: str) -> Any:
    """What stands against deploying the draft, by file and element."""
    with runtime().reading() as db:
        draft = opened_in(db, folder)
        faults = api.check(db, folder, draft.content())
    return jsonify(state(draft, told(faults)))


def state(draft: PackageDraft, faults: list[dict[str, Any]]) -> dict[str, Any]:
    """How a draft stands."""
    saved = draft.updated_at.isoformat() if draft.updated_at else None
    return {
        "version": draft.version,
        "saved": saved,
        "changed": sorted(draft.changed),
        "stale": draft.stale,
        "faults": faults,
    }


@pages.post("/<folder>/undo")
@guarded("studio")
def undo(folder: str) -> Any:
    """Take the last save back."""
    with runtime().transaction() as db:
        drafts.undo_save(db, actor(), folder, version=asked_version())
    flash(_("The last save was taken back."), "success")
    return redirect(request.form.get("page") or url_for("studio.package", folder=folder))


@pages.post("/<folder>/discard")
@guarded("studio")
def discard(folder: str) -> Any:
    """Throw the draft away."""
    with runtime().transaction() as db:
        drafts.discard_draft(db, actor(), folder)
        known = models.deployments(db, folder, most=1)
    flash(_("The draft was thrown away; what runs is unchanged."), "success")
    return redirect(url_for("studio.package", folder=folder) if known else url_for("studio.index"))


@pages.post("/<folder>/rebase")
@guarded("studio")
def rebase(folder: str) -> Any:
    """Bring the draft onto what was deployed in between; of files that both changed, say whose stays."""
    mine = {name.removeprefix("keep:"): value == "mine" for name, value in request.form.items() if name[:5] == "keep:"}
    with runtime().transaction() as db:
        drafts.rebase(db, actor(), folder, mine, version=asked_version())
    flash(_("Your draft now stands on the version that runs."), "success")
    return redirect(url_for("studio.package", folder=folder))


@pages.get("/<folder>/choices.json")
@guarded("studio")
def choices(folder: str) -> Any:
    """What the properties of an element may name: topics, forms, decisions, processes, groups, people, messages."""
    with runtime().reading() as db:
        draft = opened_in(db, folder)
        found = models.choices(db, draft.content())
        policies = [*api.reminder_policies(db), "none"]

    shown = titles.of_files(draft.files)
    forms = sorted(found.forms, key=lambda one: _form_file(one.id) not in draft.files)  # what is at hand comes first

    def named(rows: tuple[models.Choice, ...]) -> list[dict[str, str]]:
        return [{"id": one.id, "name": one.name if is_chinese() or not one.name_en else one.name_en} for one in rows]

    return jsonify(
        topics=[
            {
                "id": one.name,
                "says": CHINESE.get(one.name, one.says) if is_chinese() else one.says,
                "inputs": sorted(one.inputs or ()),
                "needs": list(one.needs),
                "outputs": list(one.outputs),
            }
            for one in found.topics
        ],
        forms=[{"id": one.id, "name": shown.get(_form_file(one.id), one.name)} for one in forms],
        decisions=named(found.decisions),
        processes=named(found.processes),
        groups=named(found.groups),
        people=named(found.people),
        messages=list(found.messages),
        policies=[{"id": key, "name": _policy_words(key)} for key in policies],
    )


def _form_file(id: str) -> str:
    return f"forms/{id}.form"


def _policy_words(key: str) -> str:
    """What a reminder policy that every house has is called."""
    return {"standard": _("Standard"), "none": _("nobody is reminded")}.get(key, key)


@pages.get("/<folder>/names.json")
@guarded("studio")
def names(folder: str) -> Any:
    """Element or field -> its Chinese words, of everything in the draft that has some."""
    files = opened(folder).files
    drawn = models.compare({}, {name: text for name, text in files.items() if kind(name) not in ("texts", "form")})
    said = {change.id: change.name for one in drawn for change in one.changes}
    with suppress(ValueError):
        words = json.loads(files.get("i18n/en.json", "{}"))
        for name in files:
            if kind(name) == "form":
                said |= dict(schemas.spoken(json.loads(files[name]), words))
    return jsonify(names={id: text for id, text in said.items() if _is_chinese(text)})


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@pages.get("/<folder>/tests/<path:name>")
@guarded("studio")
def row_tests(folder: str, name: str) -> Any:
    """The tests beside a table, run against the draft."""
    files = opened(folder).files
    if name not in files:
        raise NotFound(what="file", id=name)
    found = trying.row_tests(files, name, runtime().now(), runtime().zone, language())
    return jsonify(tests=found)


@pages.get("/<folder>/preview/<path:name>")
@guarded("studio")
def preview(folder: str, name: str) -> Any:
    """A form of the draft as it will look, in the language that is asked for."""
    files = opened(folder).files
    if name not in files:
        raise NotFound(what="file", id=name)
    try:
        schema, texts = json.loads(files[name]), json.loads(files.get("i18n/en.json", "{}"))
    except ValueError as error:
        raise InvalidInput(place=name, reason=str(error), reason_zh=f"不是有效的 JSON：{error}") from error
    shown = schemas.shown(schema, texts, language())
    return render_template("studio/preview.html", folder=folder, name=name, schema=shown)
