"""Clients and projects: search, and one page each with what is known and what is going on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import login_required

from engine import queries
from handlers.records import cards
from web import intake
from web.scope import runtime

pages = Blueprint("clients", __name__, url_prefix="/clients")


@pages.get("")
@login_required
def index() -> Any:
    """Search by name, key, registration number, phone or e-mail; without a text, the latest."""
    text = request.args.get("q", "").strip()[:200]
    with runtime().reading() as db:
        found = cards.search(db, text, limit=50) if text else cards.latest(db, limit=30)
    if text and len(found) == 1 and request.args.get("go") == "1":
        return redirect(url_for("clients.show", key=found[0].business_key))
    return render_template("clients/index.html", found=found, text=text)


@pages.get("/<key>")
@login_required
def show(key: str) -> Any:
    """A client by its key, or the client of a project's key."""
    with runtime().reading() as db:
        card = cards.client_card(db, key)
        labels = intake.labels(db)
        instances = [row for one in card.business_keys for row in queries.instances(db, business_key=one, size=20)]
    return render_template("clients/show.html", card=card, instances=instances, labels=labels)
