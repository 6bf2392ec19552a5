"""My own page: how I want things, when I am away, my calendar's address. Law: nobody else's, ever."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import InvalidInput
from web.inbox.columns import DENSITIES, density
from web.inbox.room import by_name
from web.rights import guarded
from web.scope import actor, language, person, runtime

pages = Blueprint("me", __name__, url_prefix="/me")


@pages.get("")
@guarded("me")
def index() -> Any:
    """The page."""
    return page()


def page(**more: Any) -> str:
    """The page, with an address to copy, or with what went to the substitute."""
    with runtime().reading() as db:
        everybody = [one for one in queries.people(db) if one.active and one.id != person().id]
        away = queries.absences(db, person().id)
        since = queries.feed_since(db, actor())
    mine = actor().teams
    return render_template(
        "me/index.html",
        near=by_name([one for one in everybody if mine & set(one.teams)]),
        others=by_name([one for one in everybody if not mine & set(one.teams)]),
        away=away,
        feed_since=since,
        settings=person().settings,
        quiet=(person().settings.get("quiet") or ["", ""]),
        density=density(),
        densities=DENSITIES,
        today=runtime().now().astimezone(runtime().zone).date(),
        **more,
    )


@pages.post("/preferences")
@guarded("me")
def preferences() -> Any:
    """Keep how the person wants things."""
    form = request.form
    settings: dict[str, object] = {
        "open_next": form.get("open_next") == "1",
        "density": form.get("density") if form.get("density") in DENSITIES else density(),
        "digest": clock(form.get("digest", "")),
        "quiet": quiet(form.get("quiet_from", ""), form.get("quiet_to", "")),
    }
    with runtime().transaction() as db:
        api.save_preferences(db, actor(), settings=settings)
    with force_locale(language()):
        flash(_("Saved."), "success")
    return redirect(url_for("me.index"))


def clock(text: str) -> str | None:
    """`08:30`; None when there is none."""
    if not text.strip():
        return None
    try:
        return time.fromisoformat(text.strip()).strftime("%H:%M")
    except ValueError as error:
        raise InvalidInput(place="time", reason="a time is HH:MM", reason_zh="时间格式为 HH:MM") from error


def quiet(since: str, until: str) -> list[str] | None:
    """From when to when no mail comes; None for at any time. InvalidInput when one end is missing."""
    span = [one for one in (clock(since), clock(until)) if one is not None]
    if len(span) == 1:
        missing = "quiet_to" if since.strip() else "quiet_from"
        raise InvalidInput(place=missing, reason="write both times, or neither", reason_zh="请填写起止时间，或都留空")
    return span or None


@pages.post("/absences")
@guarded("me")
def add_absence() -> Any:
    """I am away from one day to another, both included."""
    first, last = day("first"), day("last")
    zone = runtime().zone
    starts, ends = datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
    substitute = request.form.get("substitute") or None
    with runtime().transaction() as db:
        api.set_absence(db, actor(), person().id, starts, ends, substitute)
    flash(_("Your absence is noted: new work goes to your substitute, or past you."), "success")
    return redirect(url_for("me.index", _anchor="away"))


def day(name: str) -> date:
    """A day that the form names."""
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError as error:
        raise InvalidInput(place=name, reason="choose a day", reason_zh="请选择日期") from error


@pages.post("/absences/<int:id>/end")
@guarded("me")
def end_absence(id: int) -> Any:
    """I am here after all, or again."""
    with runtime().transaction() as db:
        api.end_absence(db, actor(), id)
    flash(_("The absence is taken back."), "success")
    return redirect(url_for("me.index", _anchor="away"))


@pages.post("/absences/<int:id>/hand-over")
@guarded("me")
def hand_over(id: int) -> Any:
    """What cannot wait for me goes to my substitute."""
    done = runtime().unit(lambda db: api.hand_to_substitute(db, actor(), id))
    return page(handed=done)


@pages.post("/feed")
@guarded("me")
def make_feed() -> Any:
    """A new address for my calendar; shown once."""
    with runtime().transaction() as db:
        secret = api.make_feed(db, actor())
    return page(feed=url_for("inbox.feed", secret=secret, _external=True))


@pages.post("/feed/end")
@guarded("me")
def end_feed() -> Any:
    """The address of my calendar ends."""
    with runtime().transaction() as db:
        api.end_feed(db, actor())
    flash(_("The calendar’s address no longer works."), "success")
    return redirect(url_for("me.index", _anchor="feed"))
