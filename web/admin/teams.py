"""Teams: what diagrams call them, who leads them, and how their work finds somebody."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import InvalidInput, NotFound
from engine.queries import administration
from web.admin.room import pages, text, whole
from web.errors import spoken
from web.rights import guarded
from web.scope import actor, runtime


def strategy_words(strategy: str) -> str:
    """How a team's work finds somebody, in words."""
    return {
        "least_busy": _("to whom has least to do"),
        "round_robin": _("in turn"),
        "capacity": _("by capacity"),
        "skill": _("by skill"),
        "region": _("by region"),
        "queue": _("members take it themselves"),
    }.get(strategy, strategy)


@pages.get("/teams")
@guarded("admin-people")
def teams() -> Any:
    """All teams."""
    with runtime().reading() as db:
        rows = administration.team_cards(db)
    return render_template("admin/teams.html", rows=rows, strategy_words=strategy_words)


@pages.get("/teams/new")
@guarded("admin-people")
def new_team() -> Any:
    """The form for a new team."""
    return team_form(None, {"strategy": "least_busy"})


@pages.get("/teams/<id>")
@guarded("admin-people")
def team(id: str) -> Any:
    """The form with what is kept of a team."""
    card = card_of(id)
    names = ("name", "name_en", "lead", "strategy", "full_load")
    return team_form(card, {name: getattr(card, name) or "" for name in names})


def card_of(id: str) -> administration.TeamCard:
    """One team. NotFound."""
    with runtime().reading() as db:
        found = next((one for one in administration.team_cards(db) if one.id == id), None)
    if found is None:
        raise NotFound(what="team", id=id)
    return found


def team_form(card: administration.TeamCard | None, values: Any, fault: str | None = None) -> Any:
    """The form, with what was typed and why it was refused."""
    with runtime().reading() as db:
        people = [one for one in queries.people(db) if one.active]
    strategies = [(one, strategy_words(one)) for one in api.STRATEGIES]
    page = render_template(
        "admin/team_form.html", card=card, values=values, fault=fault, people=people, strategies=strategies
    )
    return (page, 422) if fault else page


@pages.post("/teams/new")
@pages.post("/teams/<id>")
@guarded("admin-people")
def save_team(id: str | None = None) -> Any:
    """Add a team or change it."""
    key = id or text("id", 60)
    try:
        with runtime().transaction() as db:
            if id is None and any(one.id == key for one in queries.teams(db)):
                raise InvalidInput(place="id", reason="there is such a team", reason_zh="该团队已存在")
            api.save_team(
                db,
                actor(),
                key,
                name=text("name"),
                name_en=text("name_en"),
                lead=text("lead") or None,
                strategy=text("strategy"),
                full_load=whole("full_load"),
            )
    except InvalidInput as fault:
        return team_form(card_of(id) if id else None, request.form, spoken(fault))
    flash(_("Saved."), "success")
    return redirect(url_for("admin.teams"))
