"""Two entries of one client joined, and parted again. Data stewards act here."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from handlers import merging
from web.clients.room import back, now, pages
from web.rights import guarded
from web.scope import actor, runtime


@pages.post("/<key>/merge")
@guarded("clients")
def merge(key: str) -> Any:
    """Join another entry, named by its key, to this one; data stewards only."""
    with runtime().transaction() as db:
        other = request.form.get("merged", "").strip()[:50].upper()
        merging.merge_by_hand(db, actor(), key, other, now(), request.form.get("why", "").strip() or None)
    flash(_("The two entries are one now."), "success")
    return back(key, "data")


@pages.post("/<key>/merges/<int:merge_id>/undo")
@guarded("clients")
def undo(key: str, merge_id: int) -> Any:
    """Part what a merge joined; says what stays where it is."""
    with runtime().transaction() as db:
        undone = merging.undo_by_hand(db, actor(), merge_id, now())
    flash(_("The merge is undone: %(key)s stands again.", key=undone.restored.business_key), "success")
    if undone.left:
        flash(_("%(count)s later entries or changes stay with this client.", count=len(undone.left)), "info")
    return back(key, "data")
