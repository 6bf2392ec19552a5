"""Packages as a whole: new ones from a template, files added, zip files out and in."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine.api import drafts
from engine.errors import InvalidInput, NotFound
from web.rights import guarded
from web.scope import actor, runtime
from web.studio import pages
from web.studio.parts import asked_version, opened
from web.studio.templates import TEMPLATES, empty_decision, empty_form, in_english

ENGLISH = "i18n/en.json"
MOST = 300
"""Files in a package that is brought in."""


@pages.get("/new")
@guarded("studio")
def new() -> Any:
    """Templates to begin with, and a package as a zip file."""
    return render_template("studio/new.html", templates=TEMPLATES)


@pages.post("/new")
@guarded("studio")
def begin() -> Any:
    """A draft of a new package from a template."""
    key, name = request.form.get("key", "").strip(), request.form.get("name", "").strip()
    chosen = next((one for one in TEMPLATES if one.id == request.form.get("template")), TEMPLATES[0])
    if not name:
        raise InvalidInput(place="name", reason="give the process a name", reason_zh="请填写流程名称")
    with runtime().transaction() as db:
        drafts.begin_package(db, actor(), key, chosen.files(key, name, request.form.get("name_en", "").strip() or name))
    return redirect(url_for("studio.edit", folder=key, name=f"{key}.bpmn"))


@pages.post("/<folder>/add")
@guarded("studio")
def add(folder: str) -> Any:
    """A new form or decision table in the draft."""
    id = request.form.get("name", "").strip()
    if not re.fullmatch(r"[a-z][a-z0-9_]*", id):
        raise InvalidInput(
            place="name",
            reason="an id has small letters, digits and _, and begins with a letter",
            reason_zh="标识须以小写字母开头，只含小写字母、数字和下划线",
        )
    kind = request.form.get("kind", "form")
    name = f"{id}.dmn" if kind == "decision" else f"forms/{id}.form"
    with runtime().transaction() as db:
        files = drafts.package_draft(db, actor(), folder).files
        if name in files:
            raise InvalidInput(place=name, reason="it is there already", reason_zh="该文件已存在")
        if kind == "decision":
            added = {name: empty_decision(id)}
        else:
            added = {name: empty_form(id, decided=kind == "agree")} | _with_texts(files, id, decided=kind == "agree")
        drafts.save_package_files(db, actor(), folder, added, version=asked_version())
    return redirect(url_for("studio.edit", folder=folder, name=name))


def _with_texts(files: Mapping[str, str], form: str, *, decided: bool) -> dict[str, str]:
    """The package's English texts with those of a new form; none where they cannot be read, which the check tells."""
    try:
        texts = json.loads(files.get(ENGLISH, "{}"))
    except ValueError:
        return {}
    if not isinstance(texts, dict):
        return {}
    told = in_english(form, decided=decided) | texts
    return {ENGLISH: json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"}


@pages.get("/<folder>/export.zip")
@guarded("studio")
def export(folder: str) -> Response:
    """The package as whoever asks sees it (their draft, if they have one) as a zip file."""
    draft, packed = opened(folder), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in draft.files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", (2026, 1, 1, 0, 0, 0))  # the same files, the same bytes
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    answer = Response(packed.getvalue(), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{folder}.zip"'
    return answer


@pages.post("/import")
@guarded("studio")
def bring_in() -> Any:
    """A package from a zip file: a new package's draft, or changes to the draft of one that is here."""
    sent = request.files.get("file")
    files, named = unpacked(sent.read() if sent is not None else b"", (sent and sent.filename) or "file")
    folder = request.form.get("key", "").strip() or named
    with runtime().transaction() as db:
        try:
            before = drafts.package_draft(db, actor(), folder)
        except NotFound:
            drafts.begin_package(db, actor(), folder, files)
        else:
            gone = {name: None for name in before.files if name not in files}
            drafts.save_package_files(db, actor(), folder, {**files, **gone}, version=before.version)
    flash(_("%(num)s files were brought into a draft. Nothing runs before you deploy it.", num=len(files)), "success")
    return redirect(url_for("studio.package", folder=folder))


def unpacked(data: bytes, name: str) -> tuple[dict[str, str], str]:
    """The files of a zipped package and the folder's name in it. InvalidInput names it when it is none.

    Only the kinds of files that a package has are taken; paths that lead out of it are refused, and so is what would
    unpack to more than the largest model.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        why = (
            "this is no zip file; a package is brought in as its export writes it",
            "不是 zip 文件；请导入由“导出”得到的流程包",
        )
        raise InvalidInput(place=name, reason=why[0], reason_zh=why[1]) from error
    entries = [one for one in archive.infolist() if not one.is_dir() and drafts.NAME.fullmatch(one.filename)]
    if sum(one.file_size for one in entries) > runtime().settings.max_model_bytes or len(entries) > MOST:
        raise InvalidInput(place=name, reason="it is too large", reason_zh="文件过大")
    tops = {one.filename.split("/", 1)[0] for one in entries}
    top = next(iter(tops)) if len(tops) == 1 and all("/" in one.filename for one in entries) else ""
    try:
        files = {one.filename.removeprefix(f"{top}/"): archive.read(one).decode() for one in entries}
    except (UnicodeDecodeError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise InvalidInput(place=name, reason="it cannot be read", reason_zh="文件无法读取") from error
    if not any(name.endswith((".bpmn", ".dmn", ".form")) for name in files):
        raise InvalidInput(place=name, reason="there is no model in it", reason_zh="其中没有流程图、决策表或表单")
    return files, top or _first_process(files)


def _first_process(files: dict[str, str]) -> str:
    return next((name.removesuffix(".bpmn") for name in files if name.endswith(".bpmn")), "")
