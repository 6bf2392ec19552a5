"""Absences: new work passes an absent person over, what names them goes to the substitute. Everybody plans their own,
leads those of their members, administrators all."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask import render_template, url_for

from engine import api, queries
from engine.queries import administration
from web.admin.room import done, moment_at, pages, text
from web.rights import guarded
from web.scope import actor, runtime


@pages.get("/absences")
@guarded("absences")
def absences() -> Any:
    """Who is away now and soon, as far as it concerns whoever looks, and the form for one more."""
    who = actor()
    with runtime().reading() as db:
        people = [one for one in queries.people(db) if one.active]
        mine = people_of(db, who)
        rows = [one for one in administration.absences(db) if one.person in mine]
    choices = [one for one in people if one.id in mine]
    return render_template("admin/absences.html", rows=rows, people=people, choices=choices)


def people_of(db: Any, who: api.Actor) -> frozenset[str]:
    """Whose absences somebody plans."""
    if who.is_admin:
        return frozenset(one.id for one in queries.people(db))
    led = {name for team in queries.teams(db) if team.id in who.leads for name in team.members}
    return frozenset(led | {who.id})


@pages.post("/absences")
@guarded("absences")
def add_absence() -> Any:
    """Plan an absence, whole days of the business zone."""

    def work(db: Any) -> int:
        starts, ends = moment_at("starts", time(0)), moment_at("ends", time(23, 59, 59))
        return api.set_absence(db, actor(), text("person"), starts, ends, text("substitute") or None)

    return done(work, url_for("admin.absences"))


@pages.post("/absences/<int:id>/end")
@guarded("absences")
def end_absence(id: int) -> Any:
    """Take it back, or end it now."""
    return done(lambda db: api.end_absence(db, actor(), id), url_for("admin.absences"))
