"""The blueprint of the clients' pages, and what all of them ask first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for

from engine.errors import Forbidden
from handlers import sights
from handlers.records import cards, parties, projects
from handlers.records.parties import Party
from web.scope import actor, runtime

pages = Blueprint("clients", __name__, url_prefix="/clients")


def today() -> date:
    """The day in the business zone."""
    return now().astimezone(runtime().zone).date()


def now() -> datetime:
    """The moment."""
    found: datetime = runtime().now()
    return found


def party_of(db: Any, key: str) -> Party:
    """A client by its key, or by the key of a project or an inquiry of it. NotFound, and Forbidden for a client that is
    no business of the person's teams (`handlers.sights`)."""
    found = parties.find(db, key) if key.startswith("CL-") else None
    party = found or cards.client_of(db, key)
    held = {one.role for one in projects.roles_of(db, party_id=party.id)}
    if not sights.may_see_client(actor(), held):
        raise Forbidden(reason="this client is looked after by other teams", reason_zh="该客户由其他团队负责")
    return party


def back(key: str, tab: str | None = None) -> Any:
    """To the tab of the client where something was done."""
    name = tab or request.form.get("tab") or "overview"
    if name == "overview":
        return redirect(url_for("clients.show", key=key))
    return redirect(url_for("clients.tab", key=key, name=name))
