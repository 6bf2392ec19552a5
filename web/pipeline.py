"""The pipeline: projects by phase. Law: a project is moved by its process; a card that is dropped elsewhere is answered
with the task that leads there, or with the reason why it cannot go there, and nothing is done."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from engine import queries
from engine.errors import NotFound
from handlers import sights
from handlers.reports.vocabulary import word
from handlers.views import board
from handlers.views.board import Onward
from handlers.views.deal_room import WAY
from web.ahead import is_for_me
from web.projects import project_of
from web.rights import guarded
from web.scope import actor, is_fragment, language, runtime
from web.words import main_waits

pages = Blueprint("pipeline", __name__, url_prefix="/pipeline")

WORDS = {
    "owner": N_("All owners"),
    "sector": N_("All sectors"),
    "region": N_("All regions"),
    "currency": N_("All currencies"),
}


@pages.get("")
@guarded("pipeline")
def index() -> Any:
    """The board, under filters, with totals and the funnel of a year."""
    text = request.args.get("q", "").strip()[:200]
    chosen = {name: value for name in board.FILTERS if (value := request.args.get(name, "")[:60])}
    now = runtime().now()
    roles = sights.segment(actor())
    with runtime().reading() as db:
        columns = board.board(db, chosen, text, now, roles)
        counts = {name: board.numbers(db, name, roles) for name in board.FILTERS}
        funnel = board.funnel(db, board.since_a_year(now), roles)
    return render_template(
        "pipeline/index.html", columns=columns, counts=counts, funnel=funnel, words=WORDS, text=text, chosen=chosen,
        is_for_me=is_for_me, way=WAY,
    )  # fmt: skip


@pages.get("/<key>/to/<phase>")
@guarded("pipeline")
def move(key: str, phase: str) -> Any:
    """What has to be done so that a project comes into a phase, or why it cannot."""
    if phase not in WAY:
        raise NotFound(what="phase", what_zh="阶段", id=phase)
    with runtime().reading() as db:
        project = project_of(db, key)
        found = board.onward(db, project, phase)
        waits = [] if found.tasks else [wait for case in found.cases for wait in _waits(db, case.id)]
    mine = [task for task in found.tasks if is_for_me(task)]
    template = "pipeline/answer.html" if is_fragment() else "pipeline/move.html"
    return render_template(
        template, p=project, to=phase, found=found, mine=mine, waits=waits, why=reason(found, project.phase, phase),
        is_for_me=is_for_me,
    )  # fmt: skip


def _waits(db: Any, case: int) -> list[queries.WaitRow]:
    return main_waits(queries.instance(db, case).row.waits)


def reason(found: Onward, here: str, to: str) -> str:
    """Why a project does not go there; nothing when it can."""
    names = {"here": word(here, language()), "to": word(to, language())}
    match found.why:
        case "here":
            return _("The project is in “%(here)s” already.", **names)
        case "back":
            return _(
                "A project does not go back from “%(here)s” to “%(to)s”. Changed terms are decided within its process.",
                **names,
            )
        case "beyond":
            return _("“%(to)s” comes only after the phases in between.", **names)
        case "ended":
            return _("The project has ended (%(here)s). A new one begins with an inquiry.", **names)
        case "nothing_runs":
            return _("No case of the project is running that could lead on. A process owner can restart it.")
    return ""
