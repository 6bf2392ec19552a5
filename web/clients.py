"""Clients and projects: search, and one page each with what is known and what is going on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from engine import queries
from handlers import merging
from handlers.records import cards
from web import intake
from web.scope import actor, runtime

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
    return render_template(
        "clients/show.html", card=card, instances=instances, labels=labels, may_merge=merging.may_merge(actor())
    )


@pages.post("/<key>/merge")
@login_required
def merge(key: str) -> Any:
    """Join another entry, named by its key, to this one; data stewards only."""
    with runtime().transaction() as db:
        other = request.form.get("merged", "").strip()[:50].upper()
        merging.merge_by_hand(db, actor(), key, other, runtime().now(), request.form.get("why", "").strip() or None)
    flash(_("The two entries are one now."), "success")
    return redirect(url_for("clients.show", key=key))


@pages.post("/<key>/merges/<int:merge_id>/undo")
@login_required
def undo(key: str, merge_id: int) -> Any:
    """Part what a merge joined; says what stays where it is."""
    with runtime().transaction() as db:
        undone = merging.undo_by_hand(db, actor(), merge_id, runtime().now())
    flash(_("The merge is undone: %(key)s stands again.", key=undone.restored.business_key), "success")
    if undone.left:
        flash(_("%(count)s later entries or changes stay with this client.", count=len(undone.left)), "info")
    return redirect(url_for("clients.show", key=key))
