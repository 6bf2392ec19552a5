"""What the audit says, in words. Law: an action that is not named here is shown by its own name, never left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _

from web.admin.deeds import DEEDS

ACTIONS: Mapping[str, Any] = {
    "absence_ended": _("absence ended"),
    "absence_set": _("absence planned"),
    "active": _("case goes on"),
    "attached": _("file attached"),
    "batch_cancelled": _("batch given up"),
    "batch_finished": _("batch finished"),
    "batch_paused": _("batch rests"),
    "batch_resumed": _("batch goes on"),
    "batch_started": _("batch started"),
    "calendar_feed_ended": _("calendar feed ended"),
    "calendar_feed_made": _("calendar feed made"),
    "calendar_set": _("calendar set"),
    "cancelled": _("case ended by hand"),
    "change_agreed": _("change agreed to"),
    "change_asked": _("change asked for"),
    "change_refused": _("change refused"),
    "change_withdrawn": _("change taken back"),
    "claimed": _("task taken"),
    "clients_exported": _("list of clients exported"),
    "clients_merged": _("entries of a client joined"),
    "comment_withdrawn": _("comment taken back"),
    "commented": _("comment written"),
    "completed": _("task completed"),
    "day_set": _("day of a calendar set"),
    "delegated": _("task lent to somebody"),
    "deployed": _("package deployed"),
    "deployment_withdrawn": _("deployment withdrawn"),
    "deployment_asked": _("deployment asked for"),
    "deployment_decided": _("deployment decided on"),
    "due_moved": _("due date moved"),
    "endpoint_off": _("endpoint switched off"),
    "endpoint_set": _("endpoint set"),
    "exported": _("cases exported"),
    "field_retired": _("own field retired"),
    "field_set": _("own field set"),
    "given_back": _("task returned to its owner"),
    "handed_over": _("work handed over"),
    "handed_to_substitute": _("handed to a substitute"),
    "imported": _("cases imported"),
    "letter_set": _("letter changed"),
    "mail_dropped": _("message dropped"),
    "mail_released": _("message sent after all"),
    "merge_undone": _("joined entries parted"),
    "migrated": _("case carried to another version"),
    "moved": _("token moved"),
    "password_changed": _("password changed"),
    "password_link_made": _("link to choose a password made"),
    "password_set": _("password chosen"),
    "paused": _("due date paused"),
    "person_active": _("let in or kept out"),
    "person_added": _("person entered"),
    "person_changed": _("person changed"),
    "person_erased": _("person erased"),
    "person_exported": _("data of a person handed out"),
    "policy_dropped": _("reminder policy removed"),
    "policy_set": _("reminder policy set"),
    "priority_set": _("priority set"),
    "process_resumed": _("process goes on"),
    "process_suspended": _("process rests"),
    "reassigned": _("task given to somebody else"),
    "released": _("task given back"),
    "replayed": _("events told once more"),
    "restarted": _("case taken up again"),
    "resumed": _("case goes on"),
    "retried": _("tried again"),
    "retries_set": _("attempts set"),
    "set_up": _("house set up"),
    "setting_set": _("setting of the house changed"),
    "signed_out_everywhere": _("signed out everywhere"),
    "source_asked": _("outside source tested"),
    "started": _("case started"),
    "subscribed": _("endpoint told of events"),
    "suspended": _("case rests"),
    "team_set": _("team set"),
    "teams_from_provider": _("teams as the provider says"),
    "teams_set": _("teams set"),
    "tied_to_provider": _("tied to the sign-in service"),
    "timer_moved": _("timer moved"),
    "tip_retired": _("tip retired"),
    "tip_written": _("tip written"),
    "token_made": _("token made"),
    "token_moved": _("token moved"),
    "token_revoked": _("token revoked"),
    "unsubscribed": _("endpoint told no more"),
    "variables_set": _("variables set"),
    "went_on": _("due date goes on"),
}
"""By name."""
BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def action_words(action: str) -> str:
    """What was done."""
    return str(ACTIONS.get(action) or DEEDS.get(action) or action.replace("_", " "))


def browser_words(agent: str) -> str:
    """A browser by what it says of itself: its name and the system; its first word when neither is known."""
    found = [next((name for mark, name in of if mark in agent), "") for of in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in found if name) or agent.partition(" ")[0][:40] or "—"


def add_to(app: Flask) -> None:
    """Make them known to templates."""
    app.jinja_env.filters.update(action_words=action_words, browser_words=browser_words)
