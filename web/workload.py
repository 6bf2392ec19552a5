"""How much lies on whom. Law: who manages or keeps cases running sees every team; a lead the people of their teams;
everybody else their own line and the sums of their teams.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from engine.queries.workload import PersonLoad, TeamLoad, workload
from web.rights import MANAGERS, OPERATORS, allows, guarded
from web.scope import actor, runtime

pages = Blueprint("workload", __name__, url_prefix="/workload")
ACROSS = MANAGERS | OPERATORS | {"auditor"}


@pages.get("")
@guarded("workload")
def index() -> Any:
    """Teams with their open points, what is overdue, who is away and how full everybody is; of one team with `team`."""
    who = actor()
    across = allows(ACROSS, who)
    with runtime().reading() as db:
        teams = workload(db, None if across else who.teams | who.leads)
    known = {one.id for one in teams}
    chosen = request.args.get("team", "")
    chosen = chosen if chosen in known else ""
    shown = [(one, seen(one, across)) for one in teams if not chosen or one.id == chosen]
    return render_template("workload.html", teams=teams, shown=shown, chosen=chosen, across=across, leads=who.leads)


def seen(team: TeamLoad, across: bool) -> list[PersonLoad]:
    """The people of a team whom the reader sees."""
    who = actor()
    return [one for one in team.people if across or team.id in who.leads or one.id == who.id]
