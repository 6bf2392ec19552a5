"""The house's rules as they count now: decision tables to read, with the way to where they are changed."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import current_app, render_template, url_for
from flask_babel import gettext as _

from engine import queries
from engine.queries import thresholds as looking
from web.admin.room import pages
from web.rights import PAGES, guarded, may_act
from web.scope import runtime, said


@pages.get("/thresholds")
@guarded("admin-thresholds")
def thresholds() -> Any:
    """All tables by package."""
    with runtime().reading() as db:
        rows = looking.decision_tables(db)
        names = {one.folder: said(one.name, one.name_en) for one in queries.definitions(db)}
    groups = [(folder, list(some)) for folder, some in groupby(rows, key=lambda row: row.folder)]
    return render_template("admin/thresholds.html", groups=groups, names=names)


@pages.get("/thresholds/<key>")
@guarded("admin-thresholds")
def threshold(key: str) -> Any:
    """One table, row by row."""
    with runtime().reading() as db:
        head, rows, text = looking.rows_of(db, key)
    change = place_to_change(head.folder)
    return render_template("admin/threshold.html", head=head, rows=rows, text=text, change=change, hit_words=hit_words)


def hit_words(policy: str) -> str:
    """Which of the rules that hold counts (DMN 1.5 §8.2.10)."""
    return {
        "UNIQUE": _("one rule"),
        "FIRST": _("the first rule"),
        "ANY": _("rules that agree"),
        "PRIORITY": _("the most important rule"),
        "COLLECT": _("all rules"),
        "RULE ORDER": _("all rules, in order"),
        "OUTPUT ORDER": _("all rules, by result"),
    }.get(policy, policy)


def place_to_change(folder: str) -> str | None:
    """Where the table is changed: its package in the studio, for those who may; None where there is no studio."""
    if "studio" in PAGES and may_act("studio") and "studio.package" in current_app.view_functions:
        return url_for("studio.package", folder=folder)
    return None
