"""Where administration begins: what there is, and what waits for an administrator."""

from __future__ import annotations

from typing import Any

from flask import render_template

from engine.queries import administration, mails
from handlers import modules
from web.admin.room import pages
from web.rights import guarded
from web.scope import runtime, said


@pages.get("")
@guarded("admin")
def index() -> Any:
    """All pages, with the figures that tell where to look."""
    with runtime().reading() as db:
        people, teams = administration.person_cards(db), administration.team_cards(db)
        told = {
            "admin.people": sum(one.active for one in people),
            "admin.teams": len(teams),
            "admin.absences": sum(one.away_until is not None for one in people),
            "admin.switches": len(modules.off(db)),
            "admin.deliveries": len(mails.mails(db, "held", "failed")),
            "admin.integrations": sum(one.revoked_at is None for one in administration.tokens(db)),
        }
        waiting = administration.critical_changes(db, "open")
        locked = [one for one in people if one.locked_until is not None]
    empty = [said(team.name, team.name_en) for team in teams if not team.members]
    return render_template("admin/index.html", told=told, waiting=waiting, locked=locked, empty=empty)
