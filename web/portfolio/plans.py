"""The plan workbench: a version in figures and pictures, two versions side by side, figures tried without saving.

Law: a version is never changed here. What was tried goes into the open plan task as a draft; completing the task makes
the next version.
"""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from engine import api
from engine.errors import DealflowError, InvalidInput, NotFound
from engine.queries import work
from handlers import workbench
from handlers.plan_drafts import PARTS
from handlers.records import credit, portfolio, projects
from handlers.records.credit import PlanVersion
from handlers.records.projects import Project
from handlers.reporting import Order, rendered
from handlers.reports.plan import plan_report
from handlers.workbench import Bench, Sheet
from web.paging import Pages, asked_page
from web.portfolio import pictures, words
from web.rights import guarded
from web.scope import actor, is_chinese, language, runtime

pages = Blueprint("plans", __name__, url_prefix="/plans")
TASK = "ut_plan"
"""The task in which a plan is designed; completing it makes a version."""
PAGE = 50
"""Plans of one page."""
OPEN_TO_TRY = ("amount", "rate_pct", "months", "grace_months", "profile", "frequency_months", "dsra_months")


@pages.app_template_filter("coded")
def coded(code: object, kind: str = "") -> str:
    """A code in words; `kind` names a table of `web.portfolio.words`."""
    return words.coded(code, getattr(words, kind) if kind else None)


pages.app_template_filter("figure")(words.figure)
pages.app_template_filter("tone")(words.tone)


@pages.get("")
@guarded("plans")
def index() -> Any:
    """The newest version of every project's plan; `q` finds by project or key, `state` those in one state."""
    text, state = request.args.get("q", "").strip()[:100], request.args.get("state", "")
    with runtime().reading() as db:
        counts = credit.newest_plan_states(db, text)
        paged = Pages(asked_page(), PAGE, counts.get(state, 0) if state else sum(counts.values()))
        found = credit.newest_plans(db, text=text, state=state, first=paged.first, size=PAGE)
        named = portfolio.projects_named(db, (one.project_id for one in found))
    return render_template(
        "portfolio/plans.html", found=found, named=named, paged=paged, counts=counts, text=text, state=state
    )


@pages.get("/<key>")
@guarded("plans")
def newest(key: str) -> Any:
    """The newest version of a project's plan."""
    with runtime().reading() as db:
        project = projects.get(db, key)
        found = credit.plans_of(db, project.id)
    if not found:
        return render_template("portfolio/no_plan.html", project=project)
    return redirect(url_for("plans.show", key=key, version=found[0].version))


def _version(db: Any, key: str, version: int) -> tuple[Project, tuple[PlanVersion, ...], PlanVersion]:
    project = projects.get(db, key)
    versions = credit.plans_of(db, project.id)
    found = next((one for one in versions if one.version == version), None)
    if found is None:
        raise NotFound(what="financing plan", what_zh="融资方案", id=f"{key}/{version}")
    return project, versions, found


def _drawn(bench: Bench) -> dict[str, Any]:
    made = {
        "cover": pictures.cover(bench), "cash": pictures.cash(bench), "service": pictures.service(bench),
        "stress": pictures.stressed(bench), "sizing": pictures.capacity(bench),
        "construction": pictures.construction(bench),
    }  # fmt: skip
    return {name: one for name, one in made.items() if one is not None}


@pages.get("/<key>/<int:version>")
@guarded("plans")
def show(key: str, version: int) -> Any:
    """One version: measures, schedule, cover, stress, sizing, red flags, sources and uses; and a place to try."""
    bench, fault = None, None
    with runtime().reading() as db:
        project, versions, plan = _version(db, key, version)
        sheet = workbench.sheet_of(plan, project)
        try:
            bench = workbench.bench(db, sheet)
        except DealflowError as error:
            fault = error.text(language())
        task = plan_task(db, key)
    return render_template(
        "portfolio/plan.html",
        project=project,
        versions=versions,
        plan=plan,
        sheet=sheet,
        bench=bench,
        fault=fault,
        charts=_drawn(bench) if bench else {},
        base=None,
        task=task,
        fields=OPEN_TO_TRY,
        words=words,
    )


@pages.post("/<key>/<int:version>/try")
@guarded("plans")
def attempt(key: str, version: int) -> Any:
    """The same with figures tried: computed, shown beside the version's own, and not kept."""
    with runtime().reading() as db:
        project, _versions, plan = _version(db, key, version)
        sheet = workbench.sheet_of(plan, project)
        try:
            bench = workbench.bench(db, workbench.tried(sheet, request.form))
        except DealflowError as error:
            return render_template("portfolio/tried_fault.html", fault=_in_words(error)), 422
    return render_template(
        "portfolio/plan_results.html", plan=plan, bench=bench, charts=_drawn(bench), base=plan.metrics, words=words
    )


def _in_words(error: DealflowError) -> str:
    """What is wrong with a figure, by what its field is called on the page."""
    name = str(error.fields.get("place", "")).rpartition(".")[2]
    if not isinstance(error, InvalidInput) or name not in words.FIELDS:
        return error.text(language())
    return InvalidInput(**{**error.fields, "place": str(words.FIELDS[name])}).text(language())


@pages.post("/<key>/<int:version>/take")
@guarded("plans")
def take(key: str, version: int) -> Any:
    """Take the figures tried into the open plan task as its draft: completing it makes the next version."""
    with runtime().transaction() as db:
        project, _versions, plan = _version(db, key, version)
        found = plan_task(db, key)
        if found is None:
            raise NotFound(what="open plan task", what_zh="待办的方案设计任务", id=key)
        sheet: Sheet = workbench.tried(workbench.sheet_of(plan, project), request.form)
        present = api.draft(db, actor(), found.id) or {}
        kept = {name: [_typed(row) for row in sheet[name]] for name in PARTS if sheet[name]}
        api.save_draft(db, actor(), found.id, {**present, **kept})
    flash(_("The figures stand in the plan task as a draft. Completing it makes the next version."), "success")
    return redirect(url_for("tasks.show", task_id=found.id))


def _typed(row: Any) -> dict[str, Any]:
    """A row as its form writes it: figures as text."""
    return {name: value if value is None or isinstance(value, bool) else str(value) for name, value in row.items()}


def plan_task(db: Any, key: str) -> Any:
    """The open plan task of a project; None when there is none that the person may work on."""
    for one in work.open_tasks(db, [key]):
        if one.element == TASK:
            return one
    return None


@pages.get("/<key>/compare")
@guarded("plans")
def compare(key: str) -> Any:
    """Two versions: what changed in words and in figures. `old` and `new` in the address; else the newest two."""
    with runtime().reading() as db:
        project = projects.get(db, key)
        versions = credit.plans_of(db, project.id)
        if len(versions) < 2:
            return redirect(url_for("plans.newest", key=key))
        new = request.args.get("new", versions[0].version, type=int)
        old = request.args.get("old", versions[1].version, type=int)
        sides = [_version(db, key, one)[2] for one in (old, new)]
    found = workbench.compared(sides[0], sides[1])
    return render_template(
        "portfolio/plan_compare.html",
        project=project,
        versions=versions,
        old=sides[0],
        new=sides[1],
        found=found,
        picture=pictures.beside(found, old, new),
        words=words,
    )


@pages.get("/<key>/<int:version>/export.<any(xlsx, pdf):form>")
@guarded("plans")
def export(key: str, version: int, form: str) -> Any:
    """The version as a workbook or a PDF, with the figures of the page."""
    with runtime().reading() as db:
        project, _versions, plan = _version(db, key, version)
        bench = workbench.bench(db, workbench.sheet_of(plan, project))
    report = plan_report(bench, project, version, runtime().now())
    content = rendered(runtime().settings, Order("financing_plan", language(), form, key), report)
    name = f"{report.title.text('zh' if is_chinese() else 'en')} {key}.{form}"
    return send_file(BytesIO(content), as_attachment=True, download_name=name)


@pages.app_template_test("day")
def is_day(value: object) -> bool:
    """Whether a value is a date."""
    return isinstance(value, date)
