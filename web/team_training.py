"""How far a team is with its training. Law: everybody sees their own lessons; those of others are for who leads a team
of theirs, and for CRM specialists, process owners, auditors and administrators.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from engine import queries
from handlers.views.training_progress import progress
from web.rights import guarded
from web.scope import actor, runtime

pages = Blueprint("team_training", __name__, url_prefix="/team-training")
ACROSS = frozenset({"crm_specialist", "process_owner", "auditor"})


@pages.get("")
@guarded("training")
def index() -> Any:
    """One's own lessons; of the teams that one leads, or of one of them, each member's."""
    reader = actor()
    across = reader.is_admin or not reader.teams.isdisjoint(ACROSS)
    asked = request.args.get("team", "")
    today = runtime().now().astimezone(runtime().zone).date()
    with runtime().reading() as db:
        led = {one.id: one for one in queries.teams(db) if one.members and (across or one.id in reader.leads)}
        chosen = asked if asked in led else ""
        active = {one.id for one in queries.people(db) if one.active}
        wanted = {person for id, team in led.items() if chosen in ("", id) for person in team.members} & active
        members = progress(db, wanted - {reader.id}, today)
        [own] = progress(db, [reader.id], today)
    return render_template("team_training.html", own=own, members=members, teams=led, chosen=chosen, today=today)
