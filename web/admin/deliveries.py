"""What went out: every message with its attempts; what is held or was refused waits for a word."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from engine.api import mails as deciding
from engine.queries import mails
from web.admin.room import done, pages, text
from web.rights import guarded
from web.scope import actor, ids_among, runtime

MOST = 50
"""Messages of one page."""


@pages.get("/deliveries")
@guarded("admin-deliveries")
def deliveries() -> Any:
    """The latest messages, and first what waits for a word. `case`: those of one case; `before`: those before a
    message."""
    key = request.args.get("case", "").strip()[:60] or None
    before = request.args.get("before", type=int)
    with runtime().reading() as db:
        waiting = () if key or before else mails.mails(db, "held", "failed")
        log = mails.delivery_log(db, business_key=key, before=before, limit=MOST + 1)
    return render_template(
        "admin/deliveries.html", waiting=waiting, log=log[:MOST], key=key or "", state_words=state_words,
        newest=before is None, earlier=log[MOST - 1].id if len(log) > MOST else None,
    )  # fmt: skip


def state_words(state: str) -> str:
    """What became of a message."""
    return {
        "waiting": _("waiting"),
        "sent": _("sent"),
        "failed": _("refused"),
        "held": _("held"),
        "dropped": _("dropped"),
        "delayed": _("later"),
    }.get(state, state)


@pages.post("/deliveries")
@guarded("admin-deliveries")
def decide() -> Any:
    """Send the ticked messages after all, or drop them."""
    ids = ids_among(request.form.getlist("id"))
    send = text("do") == "send"
    verb = deciding.send_mails if send else deciding.drop_mails

    def work(db: Any) -> int:
        return verb(db, actor(), ids) or 0

    return done(lambda db: work(db) >= 0, url_for("admin.deliveries"))
