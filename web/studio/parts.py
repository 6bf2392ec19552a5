"""What the pages of the studio have in common: the draft that a person looks at, and faults in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request
from flask_babel import gettext as _

from engine import queries
from engine.api import drafts
from engine.api.drafts import PackageDraft
from engine.errors import Fault, InvalidInput
from engine.queries import studio as models
from web.rights import may_act
from web.scope import actor, language, runtime, said

KINDS = {".bpmn": "diagram", ".dmn": "decision", ".form": "form"}


def kind(name: str) -> str:
    """What a file of a package is: diagram, decision, form, texts, scenario, tests or words."""
    for ending, what in KINDS.items():
        if name.endswith(ending):
            return what
    if name.startswith("i18n/"):
        return "texts"
    if name.startswith("scenarios/"):
        return "scenario"
    return "tests" if name.endswith(".tests.json") else "words"


def opened(folder: str) -> PackageDraft:
    """The draft of whoever is signed in; who only reads sees what runs."""
    with runtime().reading() as db:
        return opened_in(db, folder)


def opened_in(db: Any, folder: str) -> PackageDraft:
    """The same within a reading."""
    if may_act("studio"):
        return drafts.package_draft(db, actor(), folder)
    newest = models.deployments(db, folder, most=1)
    files = models.deployment_files(db, newest[0].id if newest else 0)
    return PackageDraft(folder, actor().id, newest[0].id, 0, None, {}, files, newest[0].id)


def told(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Faults as the page's scripts take them, what stands against a deployment first."""
    rows = [
        {
            "file": one.file,
            "element": one.element,
            "line": one.line,
            "rule": one.rule,
            "severity": one.severity,
            "text": one.text(language()),
        }
        for one in faults
    ]
    return sorted(rows, key=lambda row: (row["severity"] != "error", row["file"], row["line"] or 0))


def name_of(row: models.PackageRow) -> str:
    """What a package is called: its process that is not called by others, else its folder."""
    own = next((part for part in row.processes if part.key == row.folder), None)
    first = own or next(iter(row.processes), None)
    return said(first.name, first.name_en) if first is not None else row.folder


def asked_version() -> int:
    """The version of the draft that the sender saw, from If-Match or the form. InvalidInput without one."""
    text = request.headers.get("If-Match", request.form.get("version", "")).strip('W/"')
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise InvalidInput(place="version", reason="which version was changed?", reason_zh="缺少草稿版本号")
    return int(text)


def kind_words(what: str) -> str:
    """A kind of file, in words."""
    return {
        "diagram": _("Diagrams"),
        "decision": _("Decision tables"),
        "form": _("Forms"),
        "texts": _("English texts"),
        "scenario": _("Scenarios"),
        "tests": _("Tests of decisions"),
        "words": _("Description"),
    }[what]


def packages_named(db: Any) -> dict[str, str]:
    """Folder -> what it is called, of every package."""
    return {row.folder: name_of(row) for row in models.package_rows(db)}


def last_faults(db: Any, folder: str) -> list[Any]:
    """The faults of a folder's last refused save."""
    return [one for one in queries.last_faults(db) if one.folder == folder]
