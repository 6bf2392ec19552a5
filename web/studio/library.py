"""The library: every package with its processes, decisions and forms; one package with its files and its history."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import render_template, url_for

from engine.api import deploying
from engine.queries import studio as models
from web import titles
from web.rights import guarded, may_act
from web.scope import actor, runtime
from web.stages import stage_of, stage_words
from web.studio import pages
from web.studio.parts import kind, kind_words, name_of, opened_in


@pages.get("")
@guarded("studio")
def index() -> Any:
    """All packages by stage of the business, drafts that are under way, requests that wait for a second person."""
    with runtime().reading() as db:
        rows = models.package_rows(db)
        waiting = deploying.requests(db, waiting=True)
        drafts = models.drafts(db)
    known = {row.folder for row in rows}
    staged = sorted(rows, key=lambda row: (stage_of(row.folder), name_of(row)))
    groups = [(stage_words(stage), list(found)) for stage, found in groupby(staged, lambda row: stage_of(row.folder))]
    return render_template(
        "studio/index.html",
        groups=groups,
        called_so=name_of,
        waiting=waiting,
        mine={folder: (at, n) for folder, by, at, n in drafts if by == actor().id},
        others=[(folder, by, at) for folder, by, at, _n in drafts if by != actor().id],
        unborn=[folder for folder, by, _at, _n in drafts if by == actor().id and folder not in known],
    )


@pages.get("/<folder>")
@guarded("studio")
def package(folder: str) -> Any:
    """One package: its files, what was changed, who else works on it, what was deployed."""
    with runtime().reading() as db:
        draft = opened_in(db, folder)
        row = next(iter(models.package_rows(db, folder)), None)
        history = models.deployments(db, folder)
        waiting = deploying.requests(db, folder)
        others = [(by, at) for _folder, by, at, n in models.drafts(db, folder) if by != actor().id and n]
        clash = None
        if draft.stale:
            from engine.api.drafts import clash as found

            clash = found(db, draft)
    names = sorted({*draft.files, *draft.changed}, key=lambda name: (ORDER.index(kind(name)), name))
    groups = [(what, kind_words(what), list(found)) for what, found in groupby(names, kind)]
    return render_template(
        "studio/package.html",
        draft=draft,
        row=row,
        title=name_of(row) if row is not None else folder,
        groups=groups,
        titles=titles.of_files(draft.files),
        history=history,
        requests=waiting,
        others=others,
        clash=clash,
        editable=may_act("studio"),
        edit=lambda name: url_for("studio.edit", folder=folder, name=name),
    )


ORDER = ("diagram", "decision", "form", "texts", "scenario", "tests", "words")
