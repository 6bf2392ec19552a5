"""Calendars: the firm's own days and working hours over the national holidays, which show what they are."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api
from engine.errors import InvalidInput
from engine.queries import administration
from web.admin.room import day, done, pages, text
from web.rights import guarded
from web.scope import actor, runtime


@pages.get("/calendars")
@guarded("admin-calendars")
def calendars() -> Any:
    """All calendars with their days of a year."""
    with runtime().reading() as db:
        cards = administration.calendar_cards(db)
    return render_template("admin/calendars.html", cards=cards, open=request.args.get("open"))


@pages.post("/calendars")
@guarded("admin-calendars")
def save_calendar() -> Any:
    """Add a calendar or change it: country, zone, working hours. Dates that wait for a day move with it."""
    key = text("key", 60)

    def work(db: Any) -> None:
        spans = [tuple(part.split("-")) for part in re.split(r"[,，;；\s]+", text("hours").replace("–", "-")) if part]
        if not spans or any(len(span) != 2 for span in spans):
            example = "09:00-12:00, 13:00-18:00"
            raise InvalidInput(place="hours", reason=f"as {example}", reason_zh=f"格式如 {example}")
        hours = [[_clock(edge) for edge in span] for span in spans]
        country, zone = text("country", 40), text("zone", 60)
        api.set_calendar(db, actor(), key, text("name"), text("name_en"), country=country, zone=zone, hours=hours)

    return done(work, url_for("admin.calendars", open=key))


def _clock(edge: str) -> str:
    """`9:00` as `09:00`."""
    return f"0{edge}" if re.fullmatch(r"\d:\d\d", edge) else edge


@pages.post("/calendars/<key>/days")
@guarded("admin-calendars")
def set_day(key: str) -> Any:
    """Make a day a working day or a day off, or leave it to the national calendar again."""
    working = {"working": True, "off": False}.get(text("as"))
    try:
        with runtime().transaction() as db:
            api.set_calendar_day(db, actor(), day("day"), working, text("note"), key)
    except InvalidInput:
        flash(_("Choose a day."), "danger")
    else:
        flash(_("Saved. It counts for due dates from now on; those that stand stay."), "success")
    return redirect(url_for("admin.calendars", open=key))
