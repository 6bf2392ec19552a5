"""The blueprint of all administration pages, its own menu, and what their forms have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, flash, redirect, request
from flask_babel import lazy_gettext as _

from engine.errors import CallerError, InvalidInput
from web.errors import spoken, status_of
from web.navigation import Entry
from web.rights import may_read
from web.scope import runtime

pages = Blueprint("admin", __name__, url_prefix="/admin")

SHELVES: tuple[tuple[Any, tuple[Entry, ...]], ...] = (
    (
        _("People and time"),
        (
            Entry("admin.people", _("People"), "user", "admin-people", "/admin/people"),
            Entry("admin.teams", _("Teams"), "users-group", "admin-people", "/admin/teams"),
            Entry("admin.roles", _("Roles"), "list-check", "admin-people", "/admin/roles"),
            Entry("admin.absences", _("Absences"), "user-off", "absences", "/admin/absences"),
            Entry("admin.calendars", _("Calendars"), "calendar", "admin-calendars", "/admin/calendars"),
        ),
    ),
    (
        _("House rules"),
        (
            Entry("admin.house", _("House and sign-in"), "home", "admin-house", "/admin/house"),
            Entry("admin.switches", _("Modules"), "layout-kanban", "admin-modules", "/admin/modules"),
            Entry("admin.thresholds", _("Thresholds"), "scale", "admin-thresholds", "/admin/thresholds"),
            Entry("admin.reminders", _("Reminders"), "bell-ringing", "admin-reminders", "/admin/reminders"),
            Entry("admin.fields", _("Own fields"), "table", "admin-fields", "/admin/fields"),
        ),
    ),
    (
        _("In and out"),
        (
            Entry("admin.letters", _("Letters"), "mail", "admin-letters", "/admin/letters"),
            Entry("admin.deliveries", _("Deliveries"), "send", "admin-deliveries", "/admin/deliveries"),
            Entry("admin.integrations", _("Programs"), "api", "admin-integrations", "/admin/integrations"),
            Entry("admin.sources", _("Outside sources"), "world", "admin-integrations", "/admin/sources"),
            Entry("admin.audit", _("Audit"), "shield-check", "admin-audit", "/admin/audit"),
        ),
    ),
)
"""The pages of administration by what they are about."""


def shelves() -> Iterator[tuple[Any, list[Entry]]]:
    """What whoever is signed in may open here."""
    for words, entries in SHELVES:
        seen = [entry for entry in entries if may_read(entry.page)]
        if seen:
            yield words, seen


@pages.context_processor
def shared() -> dict[str, Any]:
    """What every template here knows."""
    return {"shelves": shelves}


def text(name: str, most: int = 200) -> str:
    """A field of the form that was sent, without spaces around it."""
    return request.form.get(name, "").strip()[:most]


def whole(name: str) -> int | None:
    """A whole number of the form; None when it is empty. InvalidInput."""
    given = text(name, 12)
    if not given:
        return None
    try:
        return int(given)
    except ValueError:
        raise InvalidInput(place=name, reason="is no whole number", reason_zh="不是整数") from None


def day(name: str) -> date:
    """A day of the form. InvalidInput."""
    try:
        return date.fromisoformat(text(name, 10))
    except ValueError:
        raise InvalidInput(place=name, reason="is no day", reason_zh="不是有效日期") from None


def moment_at(name: str, at: time) -> datetime:
    """A day of the form at a time of the business zone."""
    return datetime.combine(day(name), at, tzinfo=runtime().zone)


def done(work: Callable[[Any], object], target: str, said: str | None = None) -> Any:
    """Do it in one unit of work and go on to `target`; what is refused is told there, in words, and nothing is done.

    `said`: what to tell when it is done; False as the result tells that a second person has to agree.
    """
    try:
        result = runtime().unit(work)
    except CallerError as fault:
        if status_of(fault) == 403:
            raise
        flash(spoken(fault), "danger")
        return redirect(target)
    if result is False:
        flash(str(_("Asked for: a second administrator has to agree.")), "warning")
    else:
        flash(said or str(_("Saved.")), "success")
    return redirect(target)
