"""The register of conditions precedent over all deals: who owes what until when, what was waived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from engine.queries import work
from handlers.records import owed
from handlers.records.conditions import PHASES, STATES
from handlers.records.owed import Asked, Owed
from web.paging import Pages, asked_page
from web.portfolio import words
from web.portfolio.facilities import today
from web.portfolio.files import workbook
from web.rights import guarded
from web.scope import called, runtime

pages = Blueprint("conditions", __name__, url_prefix="/conditions")
SIZE = 100
TASKS = {"submitted": "ut_review", "waiver_asked": "ut_waiver"}
"""State of a condition -> the task in which it goes on; else its team hands it in."""
HANDED_IN = "ut_clear"
STANDING = ("unmet", "late", "all", *STATES)


@pages.get("")
@guarded("conditions")
def index() -> Any:
    """Conditions by deal. `state`: unmet (usual), late, all, or a state of the register; `project`, `phase`, `team`;
    `export=xlsx` hands the rows out."""
    asked, day = _asked(), today()
    with runtime().reading() as db:
        of_deal, counts = owed.by_project(db, asked, day), owed.counts(db, asked, day)
        paged = Pages(asked_page(), SIZE, sum(number for number, _late in of_deal.values()))
        whole = request.args.get("export") == "xlsx"
        found = owed.register(db, asked, day, first=0 if whole else paged.first - 1, most=None if whole else SIZE)
        open_tasks = work.open_tasks(db, {row.project_key for row in found})
        projects, teams = owed.choices(db)
    tasks = {row.condition.id: task for row in found if (task := leading(row, open_tasks, day)) is not None}
    if whole:
        return _workbook(found, tasks, _told(asked, projects))
    return render_template(
        "portfolio/conditions.html",
        paged=paged,
        found=found,
        deals=[list(rows) for _key, rows in groupby(found, lambda row: row.project_key)],
        of_deal=of_deal,
        asked=asked,
        counts=counts,
        projects=projects,
        teams=teams,
        tasks=tasks,
        due=due,
        today=day,
        phases=PHASES,
        words=words,
    )


def _asked() -> Asked:
    given = {name: request.args.get(name, "").strip() for name in ("project", "phase", "team")}
    state: Any = request.args.get("state", "unmet")
    given["phase"] = given["phase"] if given["phase"] in PHASES else ""
    return Asked(**given, standing=state if state in STANDING else "unmet")


def leading(row: Owed, tasks: Iterable[work.OpenTask], day: date) -> work.OpenTask | None:
    """The open task in which a condition goes on: its review, the decision on its waiver, or its team's own; None for
    what is not owed, or not yet asked for."""
    if not row.owes(day):
        return None
    element, team = TASKS.get(row.condition.state, HANDED_IN), row.condition.owner_group
    return next(
        (
            one
            for one in tasks
            if one.business_key == row.project_key
            and one.element == element
            and (element != HANDED_IN or (one.team == team and row.condition.phase == "initial"))
        ),
        None,
    )


def due(row: Owed, task: work.OpenTask | None) -> date | None:
    """Until when it is to be brought: its own day, else that of the task in which it is; None where none is set yet."""
    if row.condition.due is not None or task is None or task.due_at is None:
        return row.condition.due
    return task.due_at.astimezone(runtime().zone).date()


def _told(asked: Asked, projects: Mapping[str, str]) -> str:
    """What was asked for, in words."""
    standing = {"unmet": _("Not met"), "late": _("Late"), "all": _("All")}
    parts = [
        standing.get(asked.standing) or words.coded(asked.standing, words.CONDITION),
        f"{asked.project} {projects.get(asked.project, '')}".strip(),
        words.coded(asked.phase) if asked.phase else "",
        called(asked.team) if asked.team else "",
    ]
    return " · ".join(part for part in parts if part)


def _workbook(found: Sequence[Owed], tasks: Mapping[int, work.OpenTask], told: str) -> Any:
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
            "due": due(row, tasks.get(row.condition.id)),
            "evidence": row.condition.evidence,
            "comment": row.condition.review_comment or row.condition.comment,
        }
        for row in found
    ]
    return workbook("conditions", _("Conditions precedent"), columns, rows, told)  # type: ignore[arg-type]
