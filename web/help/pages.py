"""The page that explains the others, and the tours that somebody has seen. Law: what a team does is read from the
diagrams, so that help never tells of another process than the one that runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from engine import api, queries
from engine.errors import InvalidInput
from engine.queries.task_types import TaskType, has_open_task, task_types
from web.help import words
from web.rights import guarded
from web.scope import actor, is_chinese, person, runtime, said

pages = Blueprint("help", __name__, url_prefix="/help")

TOURS = ("inbox", "task")
SEEN = "tours"
"""The person's setting that names the tours they have seen."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a team does in one process: its steps with their guidance."""

    process: str
    name: str
    steps: Sequence[TaskType]


@pages.get("")
@guarded("help")
def index() -> Any:
    """How-to for the reader's teams (or the one asked for), shortcuts, and the words of the field."""
    with runtime().reading() as db:
        teams = queries.teams(db)
        types = task_types(db)
    known = {one.id: said(one.name, one.name_en) for one in teams}
    own = [one for one in known if one in actor().teams]
    asked = request.args.get("team", "")
    chosen = asked if asked in known else next(iter(own), "")
    return render_template(
        "help/index.html",
        known=known,
        own=own,
        chosen=chosen,
        parts=parts(types, chosen),
        words=words.by_name(is_chinese()),
    )


def parts(types: Sequence[TaskType], team: str) -> list[Part]:
    """The steps of a team, process by process."""
    found: dict[str, list[TaskType]] = {}
    for one in types:
        if team in one.teams:
            found.setdefault(one.process, []).append(one)
    return [Part(key, said(steps[0].process_name, steps[0].process_name_en), steps) for key, steps in found.items()]


@pages.post("/tours/<name>")
@guarded("help")
def seen(name: str) -> Any:
    """Remember that a tour was taken or put away, so that it does not come again by itself."""
    if name not in TOURS:
        raise InvalidInput(place="tour", reason=f"there is no tour “{name}”", reason_zh=f"没有引导“{name}”")
    taken = sorted({*person().settings.get(SEEN, ()), name})
    runtime().unit(lambda db: api.save_preferences(db, actor(), settings={SEEN: taken}))
    if "application/json" in request.headers.get("Accept", ""):
        return jsonify(tours=taken)
    return redirect(url_for("inbox.index"))


def tour_of(name: str) -> dict[str, Any] | None:
    """The tour of a page for whoever is signed in: None once seen, unless the address asks for it.

    `starts`: by itself, as it was asked for or as the person is being trained (process S13); else it is offered.
    """
    asked = request.args.get("tour") == name
    if not asked and name in person().settings.get(SEEN, ()):
        return None
    return {"name": name, "starts": asked or _learning(), "steps": words.tour(name, is_chinese())}


def _learning() -> bool:
    """Whether the person has lessons of the onboarding process open."""
    with runtime().reading() as db:
        return has_open_task(db, actor().id, "user_onboarding")
