"""The register of conditions precedent over all deals: who owes what until when, what was waived."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from engine.queries import work
from handlers.records import portfolio
from handlers.records.conditions import PHASES, STATES
from web.paging import Pages, asked_page
from web.portfolio import words
from web.portfolio.facilities import today
from web.portfolio.files import workbook
from web.rights import guarded
from web.scope import called, runtime

pages = Blueprint("conditions", __name__, url_prefix="/conditions")
SIZE = 100
TASKS = ("ut_clear", "ut_review", "ut_waiver")
"""Where conditions are handed in, reviewed and waived."""


@pages.get("")
@guarded("conditions")
def index() -> Any:
    """Conditions by deal. `state`: unmet (usual), late, all, or a state of the register; `project`, `phase`, `team`;
    `export=xlsx` hands the rows out."""
    asked = {name: request.args.get(name, "").strip() for name in ("project", "phase", "team")}
    asked["phase"] = asked["phase"] if asked["phase"] in PHASES else ""
    state = request.args.get("state", "unmet")
    day = today()
    with runtime().reading() as db:
        rows = portfolio.register(
            db,
            project=asked["project"],
            phase=asked["phase"],
            team=asked["team"],
            states=[state] if state in STATES else (),
        )
        found = [row for row in rows if _wanted(row, state, day)]
        everything = portfolio.register(db)
        tasks = {one.business_key: one for one in work.open_tasks(db, {row.project_key for row in found})
                 if one.element in TASKS}  # fmt: skip
    if request.args.get("export") == "xlsx":
        return _workbook(found)
    listed = {
        "projects": dict(sorted((row.project_key, row.project_name) for row in everything)),
        "teams": sorted({row.condition.owner_group for row in everything}),
    }
    counts = {
        "unmet": sum(not row.condition.met(day) for row in everything),
        "late": sum(late(row, day) for row in everything),
        "waived": sum(row.condition.state == "waived" for row in everything),
    }
    paged = Pages.of(found, asked_page(), SIZE)
    return render_template(
        "portfolio/conditions.html",
        found=paged,
        deals=[list(rows) for _key, rows in groupby(paged.rows, lambda row: row.project_key)],
        late=[row for row in paged.rows if late(row, day)],
        asked=asked,
        state=state,
        listed=listed,
        counts=counts,
        tasks=tasks,
        today=day,
        phases=PHASES,
        states=STATES,
        words=words,
    )


def late(row: portfolio.Owed, day: date) -> bool:
    """Whether a condition is not met after the day it was due."""
    one = row.condition
    return one.due is not None and one.due < day and not one.met(day)


def _wanted(row: portfolio.Owed, state: str, day: date) -> bool:
    if state == "unmet":
        return not row.condition.met(day)
    return late(row, day) if state == "late" else True


def _workbook(found: list[portfolio.Owed]) -> Any:
    columns = (
        ("project", _("Project"), "text"), ("number", _("No."), "whole"), ("text", _("Condition"), "text"),
        ("phase", _("Phase"), "code"), ("team", _("Responsible"), "text"), ("state", _("State"), "text"),
        ("due", _("Due"), "date"), ("evidence", _("Evidence"), "text"), ("comment", _("Comment"), "text"),
    )  # fmt: skip
    rows = [
        {
            "project": f"{row.project_key} {row.project_name}",
            "number": row.condition.number,
            "text": {"text": row.condition.text, "text_en": row.condition.text_en},
            "phase": row.condition.phase,
            "team": called(row.condition.owner_group),
            "state": words.coded(row.condition.state, words.CONDITION),
            "due": row.condition.due,
            "evidence": row.condition.evidence,
            "comment": row.condition.review_comment or row.condition.comment,
        }
        for row in found
    ]
    return workbook("conditions", _("Conditions precedent"), columns, rows)  # type: ignore[arg-type]
