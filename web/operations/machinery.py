"""Whether the house is well: queues and their age, timers, jobs, workers and their duties, letters on their way out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from engine.queries import underway
from engine.queries.queue import queue
from web.operations.wording import process_words
from web.paging import Pages, asked_page
from web.rights import guarded
from web.scope import runtime
from web.wellness import unwell
from web.words import channel_words, letter_words

pages = Blueprint("machinery", __name__, url_prefix="/operations")
pages.add_app_template_global(letter_words)
pages.add_app_template_global(channel_words)

SIZE = 50
VIEWS = ("health", "timers", "jobs", "letters")
LATE = 60
"""Seconds after which due work that nobody takes is a sign that no worker runs."""
STATES = {"jobs": ("ready", "leased", "failed"), "letters": ("waiting", "sent", "failed", "held", "dropped")}


@pages.get("")
@pages.get("/<view>")
@guarded("operations")
def index(view: str = "health") -> Any:
    """One view of it."""
    view = view if view in VIEWS else "health"
    state = request.args.get("state") if request.args.get("state") in STATES.get(view, ()) else None
    page = asked_page()
    with runtime().reading() as db:
        counts = underway.counts(db)
        found: dict[str, Any] = {"counts": counts, "waiting": queue(db)}
        match view:
            case "timers":
                paged = Pages(page, SIZE, counts["timers"])
                found["rows"] = underway.timers(db, page=paged.number, size=SIZE)
                found["processes"] = process_words(db)
            case "jobs" | "letters":
                paged = Pages(page, SIZE, _number(counts, view, state))
                read = underway.jobs if view == "jobs" else underway.letters
                found["rows"] = read(db, state=state, page=paged.number, size=SIZE)
            case _health:
                paged = Pages(1, SIZE, 0)
                found |= {"leases": underway.leases(db), "hands": underway.hands(db)}
    late = max(found["waiting"].oldest_timer, found["waiting"].oldest_job) > LATE
    words = {"health": _("Health"), "timers": _("Timers"), "jobs": _("Jobs"), "letters": _("Letters")}
    return render_template(
        "operations/machinery.html", view=view, state=state, states=STATES.get(view, ()), paged=paged, late=late,
        words=words, unwell=unwell(runtime()) if view == "health" else None, **found,
    )  # fmt: skip


def _number(counts: dict[str, int], what: str, state: str | None) -> int:
    return sum(n for name, n in counts.items() if name.startswith(f"{what}.") and state in (None, name.split(".")[1]))
