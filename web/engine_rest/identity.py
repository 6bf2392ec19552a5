"""`/user`, `/group`, `/identity`: people and teams, as tools look for them. Law: read only; nothing private is told."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from engine import queries
from engine.errors import NotFound
from web.engine_rest.access import actor, fits
from web.engine_rest.answers import Refused, invalid, said
from web.engine_rest.asking import Asked, body, required
from web.engine_rest.routes import Routes
from web.scope import runtime

pages = Routes("")


@pages.post("/identity/verify")
def verify() -> Response:
    """Whether name and password fit; a failed try counts as on the sign-in page."""
    sent = body()
    name = str(required(sent, "username"))
    return said({"authenticatedUser": name, "authenticated": fits(name, str(required(sent, "password")))})


@pages.get("/identity/groups")
def groups_of() -> Response:
    """The teams of a person, and who else is in them."""
    name = request.args.get("userId", "")
    if not name:
        raise invalid("No user id was supplied")
    with runtime().reading() as db:
        mine = next((one.teams for one in queries.people(db) if one.id == name), ())
        teams = [one for one in queries.teams(db) if one.id in mine]
        members = [one for one in queries.people(db) if not set(one.teams).isdisjoint(mine)]
    return said(
        {
            "groups": [{"id": team.id, "name": team.name} for team in teams],
            "groupUsers": [{"id": one.id, "displayName": one.name} for one in members],
        }
    )


@pages.get("/user")
def users() -> Response:
    """People."""
    asked = Asked()
    id, team = asked.text("id"), asked.text("memberOfGroup")
    wanted = asked.texts("idIn")
    asked.done()
    with runtime().reading() as db:
        found = [
            _user(one)
            for one in queries.people(db)
            if (id is None or one.id == id) and (not wanted or one.id in wanted) and (team is None or team in one.teams)
        ]
    return said(found[asked.first : asked.first + asked.most])


@pages.get("/user/count")
def user_count() -> Response:
    """How many people there are."""
    with runtime().reading() as db:
        return said({"count": len(queries.people(db))})


def _user(one: queries.PersonRow) -> dict[str, Any]:
    return {"id": one.id, "firstName": one.name, "lastName": one.name_en, "email": None}


@pages.get("/user/<id>/profile")
def profile(id: str) -> Response:
    """One person."""
    with runtime().reading() as db:
        try:
            return said(_user(queries.person(db, id)))
        except NotFound as error:
            raise Refused(404, "InvalidRequestException", f"User with id {id} does not exist") from error


@pages.get("/group")
def groups() -> Response:
    """Teams."""
    asked = Asked()
    id, name, member = asked.text("id"), asked.text("name"), asked.text("member")
    wanted = asked.texts("idIn")
    asked.text("type")
    asked.done()
    with runtime().reading() as db:
        mine = next((one.teams for one in queries.people(db) if one.id == member), ())
        found = [
            _group(one)
            for one in queries.teams(db)
            if (id is None or one.id == id)
            and (name is None or one.name == name)
            and (not wanted or one.id in wanted)
            and (member is None or one.id in mine)
        ]
    return said(found[asked.first : asked.first + asked.most])


@pages.get("/group/count")
def group_count() -> Response:
    """How many teams there are."""
    with runtime().reading() as db:
        return said({"count": len(queries.teams(db))})


@pages.get("/group/<id>")
def group(id: str) -> Response:
    """One team."""
    with runtime().reading() as db:
        found = [one for one in queries.teams(db) if one.id == id]
    if not found:
        raise Refused(404, "InvalidRequestException", f"Group with id {id} does not exist")
    return said(_group(found[0]))


def _group(one: queries.TeamRow) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "type": "WORKFLOW"}


@pages.get("/identity/me")
def me() -> Response:
    """Who asks; ours, and handy when a client is set up."""
    who = actor()
    return said({"id": who.id, "groups": sorted(who.teams), "admin": who.is_admin})
