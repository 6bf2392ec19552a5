"""What a person has been told: the bell and its page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from engine import api, queries
from web.auth import safe_next
from web.paging import Pages, asked_page
from web.rights import guarded
from web.scope import actor, runtime

MOST, SIZE = 1_000, 25
"""Notices that the page goes back, and how many stand on one."""

pages = Blueprint("notifications", __name__, url_prefix="/notifications")


@pages.get("")
@guarded("notices")
def index() -> Any:
    """The latest notices, unread first."""
    with runtime().reading() as db:
        notices = queries.notifications(db, actor().id, limit=MOST)
    return render_template("notifications/index.html", pages=Pages.of(notices, asked_page(), SIZE))


@pages.post("/<int:notice_id>/open")
@guarded("notices")
def follow(notice_id: int) -> Any:
    """Mark one as read and go where it points."""
    with runtime().transaction() as db:
        api.read_notification(db, actor(), notice_id)
    return redirect(safe_next(request.form.get("next") or url_for("notifications.index")))


@pages.post("/read")
@guarded("notices")
def read_all() -> Any:
    """Mark all as read."""
    with runtime().transaction() as db:
        api.read_all_notifications(db, actor())
    return redirect(url_for("notifications.index"))
