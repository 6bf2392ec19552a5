"""The blueprint of the clients' pages, and what all of them ask first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for

from handlers import segments
from handlers.records import cards, parties
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
    no business of the person's teams (`handlers.segments`)."""
    found = parties.find(db, key) if key.startswith("CL-") else None
    party = found or cards.client_of(db, key)
    segments.require_client(db, actor(), party.id)
    return party


def back(key: str, tab: str | None = None) -> Any:
    """To the tab of the client where something was done."""
    name = tab or request.form.get("tab") or "overview"
    if name == "overview":
        return redirect(url_for("clients.show", key=key))
    return redirect(url_for("clients.tab", key=key, name=name))
