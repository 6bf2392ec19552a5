"""From a draft to what runs: looked through, foreseen, deployed in stages or by two people, and brought back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from engine import api, queries
from engine.api import deploying, drafts, foreseeing
from engine.api.deploying import Stage, Staged
from engine.errors import InvalidInput, ModelRefused
from engine.queries import studio as models
from web.operations.wording import process_words
from web.rights import guarded
from web.scope import actor, ids_among, runtime, said
from web.studio import pages
from web.studio.comparing import words_between
from web.studio.parts import name_of, opened_in, told
from web.words import listed

DAYS_BACK = 31
CHOICES = 20
"""So many running cases are offered one by one."""


@pages.get("/<folder>/deploy")
@guarded("studio")
def deployment(folder: str) -> Any:
    """What would be deployed: the differences, what stands against it, which running cases could follow."""
    with runtime().reading() as db:
        draft = opened_in(db, folder)
        row = next(iter(models.package_rows(db, folder)), None)
        base = models.deployment_files(db, draft.newest_id) if draft.newest_id else {}
        faults = told(api.check(db, folder, draft.content()))
        two = deploying.needs_second_person(db, folder, draft.content())
        cases = running_cases(db, row)
    return render_template(
        "studio/deploy.html",
        draft=draft,
        title=name_of(row) if row is not None else folder,
        changes=words_between(base, draft.files),
        faults=faults,
        errors=sum(one["severity"] == "error" for one in faults),
        two=two,
        running=row.running if row is not None else 0,
        cases=cases,
        writes=can_write(folder, base),
    )


def running_cases(db: Any, row: models.PackageRow | None) -> list[queries.InstanceRow]:
    """The newest running cases of a package, to choose from."""
    keys = [part.key for part in row.processes] if row is not None else []
    found = [case for key in keys for case in queries.instances(db, key=key, state="active", size=CHOICES)]
    return found[:CHOICES]


@pages.get("/<folder>/foresee")
@guarded("studio")
def foresee(folder: str) -> Any:
    """Which running cases could follow the draft, and what last month's finished ones would have done (a fragment)."""
    return _foreseen(folder, lambda db: opened_in(db, folder).content())


def _foreseen(folder: str, files: Any) -> Any:
    now = runtime().now()
    with runtime().reading() as db:
        content = files(db)
        names: dict[str, str] = {}
        try:
            forecasts = foreseeing.foresee(db, actor(), folder, content)
            back = foreseeing.look_back(db, actor(), folder, content, now - timedelta(days=DAYS_BACK))
        except ModelRefused:
            return render_template("studio/foreseen.html", forecasts={}, back=None, days=DAYS_BACK)
        for key in forecasts:
            with suppress(Exception):
                found = queries.definition(db, key)
                elements = queries.element_names(db, key, found.version)
                names |= {id: said(*both) for id, both in elements.items()}
        names |= element_names(content)

    def listed_names(ids: tuple[str, ...], called: Mapping[str, str]) -> str:
        return listed(f"“{called.get(id) or id}”" for id in ids) or _("nothing")

    return render_template(
        "studio/foreseen.html", forecasts=forecasts, back=back, names=names, days=DAYS_BACK, listed_names=listed_names
    )


def element_names(files: Mapping[str, bytes]) -> dict[str, str]:
    """Element -> its name in the page's language, from the files themselves."""
    texts = {name: content.decode() for name, content in files.items()}
    return {id: name for found in words_between({}, texts) for id, name in found.names.items() if name}


@pages.post("/<folder>/deploy")
@guarded("studio")
def deploy(folder: str) -> Any:
    """Deploy the draft, or ask a second person."""
    stage = asked_stage()
    with runtime().transaction() as db:
        draft = drafts.package_draft(db, actor(), folder)
        before = models.deployment_files(db, draft.newest_id) if draft.newest_id else {}
        note = request.form.get("note", "")
        staged = deploying.put_live(db, actor(), folder, draft.content(), note, stage, draft.base_id)
        drafts.discard_draft(db, actor(), folder)
    return _done(folder, staged, before, draft.files)


@pages.get("/<folder>/rollback/<int:deployment>")
@guarded("studio")
def rollback(folder: str, deployment: int) -> Any:
    """What bringing an earlier deployment back would change."""
    with runtime().reading() as db:
        history = models.deployments(db, folder)
        one = next((row for row in history if row.id == deployment), None)
        row = next(iter(models.package_rows(db, folder)), None)
        old, new = models.deployment_files(db, history[0].id), models.deployment_files(db, deployment)
        cases = running_cases(db, row)
    if one is None or row is None:
        raise InvalidInput(place="deployment", reason="it is not of this package", reason_zh="该部署不属于此流程包")
    return render_template(
        "studio/rollback.html", one=one, folder=folder, title=name_of(row), running=row.running,
        changes=words_between(old, new), cases=cases,
    )  # fmt: skip


@pages.get("/<folder>/rollback/<int:deployment>/foresee")
@guarded("studio")
def foresee_rollback(folder: str, deployment: int) -> Any:
    """Which running cases could follow the earlier deployment."""
    return _foreseen(
        folder, lambda db: {n: text.encode() for n, text in models.deployment_files(db, deployment).items()}
    )


@pages.post("/<folder>/rollback/<int:deployment>")
@guarded("studio")
def roll_back(folder: str, deployment: int) -> Any:
    """Bring an earlier deployment back as a new version."""
    with runtime().transaction() as db:
        newest = models.deployments(db, folder, most=1)[0]
        before, after = models.deployment_files(db, newest.id), models.deployment_files(db, deployment)
        staged = deploying.roll_back(db, actor(), folder, deployment, request.form.get("note", ""), asked_stage())
    return _done(folder, staged, before, after)


@pages.post("/<folder>/requests/<int:request_id>")
@guarded("studio")
def decide(folder: str, request_id: int) -> Any:
    """Approve, refuse or withdraw a request."""
    answer, comment = request.form.get("answer", ""), request.form.get("comment", "")
    if answer == "withdraw":
        with runtime().transaction() as db:
            deploying.withdraw(db, actor(), request_id)
        flash(_("The request was withdrawn."), "success")
        return redirect(url_for("studio.package", folder=folder))
    with runtime().transaction() as db:
        asked = next(one for one in deploying.requests(db, folder) if one.id == request_id)
        before = models.deployment_files(db, asked.base_id) if asked.base_id else {}
        staged = deploying.decide(db, actor(), request_id, approve=answer == "approve", comment=comment)
    if answer != "approve":
        flash(_("The request was refused; what runs is unchanged."), "success")
        return redirect(url_for("studio.package", folder=folder))
    return _done(folder, staged, before, {name: content.decode() for name, content in asked.files.items()})


def asked_stage() -> Stage:
    """What is to happen to running cases, as the form says."""
    cases = request.form.get("cases", "new")
    named = " ".join(request.form.getlist("ids")).replace(",", " ").split()
    ids = tuple(ids_among(named))
    if cases == "chosen" and not ids:
        raise InvalidInput(place="ids", reason="name the cases that follow", reason_zh="请填写要迁移的实例编号")
    if ids and cases == "new":  # who ticks cases wants them carried over
        cases = "chosen"
    return Stage(cases if cases in ("chosen", "all") else "new", ids)  # type: ignore[arg-type]


def _done(folder: str, staged: Staged, before: Mapping[str, str], after: Mapping[str, str]) -> Any:
    """Say what happened, and write the files where that is possible."""
    if staged.request is not None:
        flash(_("A second process owner is asked to approve it. What runs is unchanged until then."), "success")
        return redirect(url_for("studio.package", folder=folder))
    deployed = staged.deployed
    if deployed is None or deployed.unchanged:
        flash(_("Nothing differs from what runs."), "info")
        return redirect(url_for("studio.package", folder=folder))
    with runtime().reading() as db:
        called = process_words(db)
    for key, version in deployed.definitions:
        process = called.get(key, key)
        flash(_("%(process)s now runs as version %(number)s.", process=process, number=version), "success")
    if staged.batches:
        many = len(staged.batches)
        words = ngettext("A batch carries running cases over.", "Batches carry running cases over.", many)
        place = url_for("batches.show", batch_id=staged.batches[0]) if many == 1 else url_for("batches.index")
        flash(Markup('<a class="alert-link" href="{}">{}</a>').format(place, words), "info")
    why = write_files(folder, before, after)
    if why:
        flash(why, "warning")
    return redirect(url_for("studio.package", folder=folder))


# ── files ──────────────────────────────────────────────────────────────────────────────────────────────────────


def can_write(folder: str, before: Mapping[str, str]) -> bool:
    """Whether a deployment also writes the package's files."""
    return not _why_not(runtime().settings.bpmn_dir / folder, before)


def _why_not(place: Path, before: Mapping[str, str]) -> str:
    """Why a package's files are not written; empty when they are."""
    root = place.parent
    if not root.is_dir() or not os.access(place if place.is_dir() else root, os.W_OK):
        return _("The folder of packages cannot be written here: the version stands in the database; export keeps it.")
    changed = [name for name, text in before.items() if not _is(place / name, text)]
    if place.is_dir() and changed:
        names = ", ".join(changed[:3])
        return _("Files were not written: %(names)s was changed there and is not deployed.", names=names)
    return ""


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def write_files(folder: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Bring the package's folder to what was deployed; why not, in words, when that cannot be.

    Each file appears whole, so that whoever watches the folder never reads half of one.
    """
    place = runtime().settings.bpmn_dir / folder
    why = _why_not(place, before)
    if why:
        return why
    try:
        for name, text in after.items():
            if not _is(place / name, text):
                target = place / name
                target.parent.mkdir(parents=True, exist_ok=True)
                half = target.with_name(f".{target.name}")
                half.write_bytes(text.encode())
                half.replace(target)
        for name in before:
            if name not in after:
                (place / name).unlink(missing_ok=True)
    except OSError as error:
        return _("Files could not be written: %(reason)s", reason=error.strerror or str(error))
    return ""
