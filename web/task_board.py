"""The open tasks of all teams side by side, for who coordinates them. Law: a column is a list of the inbox, in its
order and rights; what is handed over goes through the same verb as everywhere, each task in a unit of its own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, cast, get_args

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from engine import api, queries
from engine.errors import CallerError, InvalidInput
from engine.queries.lists import Due
from engine.queries.workload import workload
from web.errors import spoken
from web.rights import guarded
from web.scope import actor, ids_among, runtime

pages = Blueprint("task_board", __name__, url_prefix="/task-board")
EACH = 12
"""Cards of a column; the rest stands in the inbox."""
MOST = 200


@pages.get("")
@guarded("task-board")
def index() -> Any:
    """A column for each team in which something of what is asked for stands, those with the most overdue first."""
    ask = asked()
    with runtime().reading() as db:
        columns = []
        for team in workload(db):
            if team.load.tasks:
                found = queries.inbox(db, actor(), replace(ask, team=team.id), size=EACH)
                columns.append((team, found)) if found.total else None
        values = {"processes": queries.process_names(db), "people": people(db), "columns": columns}
    return render_template("task_board.html", ask=ask, dues=dues(), **values)


def asked() -> queries.Ask:
    """What the address asks for; what is no such thing is left out."""
    due = request.args.get("due", "")
    process = request.args.get("process") or None
    return queries.Ask("all", request.args.get("q", "")[:200], process, due=cast(Due, due if due in DUES else ""))


DUES = get_args(Due)


def dues() -> dict[str, str]:
    """What may be chosen of dates."""
    return {
        "": _("All open tasks"),
        "late": _("overdue"),
        "today": _("due by today"),
        "week": _("due by the end of the week"),
    }


def people(db: Any) -> list[tuple[str, tuple[str, str]]]:
    """Everybody active, with their names."""
    names = queries.names(db)
    return [(id, names[id]) for id in queries.people_of(db, None)]


@pages.post("/hand-over")
@guarded("task-board")
def hand_over() -> Any:
    """Hand the chosen tasks over to a person of whichever team; what is refused is told by its reason."""
    form, who = request.form, actor()
    ids = ids_among(form.getlist("task"))[:MOST]
    given, reason = form.get("person", "").strip()[:120], form.get("reason", "").strip()[:500]
    if not ids:
        raise InvalidInput(place="task", reason="mark some tasks first", reason_zh="请先勾选任务")
    with runtime().reading() as db:
        to = meant(given, people(db))
    done = 0
    for id in ids:
        try:
            runtime().unit(partial(handed, id, who, to, reason))
            done += 1
        except CallerError as fault:
            flash(spoken(fault), "warning")
    if done:
        flash(ngettext("%(num)d task was handed over.", "%(num)d tasks were handed over.", done), "success")
    back: dict[str, Any] = {name: form[name] for name in ("q", "process", "due") if form.get(name)}
    return redirect(url_for("task_board.index", **back))


def meant(given: str, among: list[tuple[str, tuple[str, str]]]) -> str:
    """Who is meant by what was typed or picked: an id, `name (id)` or a name that one person alone has."""
    picked = given[:-1].rpartition("(")[2] if given.endswith(")") else given
    found = [id for id, _names in among if id == picked]
    found = found or [id for id, names in among if given and given.casefold() in {name.casefold() for name in names}]
    if len(found) != 1:
        raise InvalidInput(place="person", reason="choose one person of the list", reason_zh="请从列表中选择一个人")
    return found[0]


def handed(id: int, who: api.Actor, to: str, reason: str, db: Any) -> None:
    """One task."""
    api.reassign(db, who, id, to, reason)
