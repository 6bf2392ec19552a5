"""What other programs reach us by, and we them: tokens, endpoints with their signing keys, providers. Law: what opens
something is shown once, in the answer that made it, and kept nowhere."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from engine import api
from engine.errors import CallerError, DealflowError, InvalidInput, NotFound
from engine.queries import administration
from handlers.channels import chat, posting, signatures
from handlers.channels.trying import send_trial
from handlers.records import endpoints
from handlers.records.changes import Stamp
from web.admin.room import day, done, pages, text
from web.api import SCOPES
from web.errors import spoken
from web.rights import guarded
from web.scope import actor, runtime


@pages.get("/integrations")
@guarded("admin-integrations")
def integrations() -> Any:
    """Tokens, endpoints and channels."""
    return integrations_page()


def integrations_page(secret: tuple[str, str] | None = None) -> Any:
    """The page; `secret`: a name and what was just made for it, shown this once."""
    settings = runtime().settings
    with runtime().reading() as db:
        return render_template(
            "admin/integrations.html",
            tokens=administration.tokens(db),
            teams=administration.team_cards(db),
            places=endpoints.every(db),
            scopes=SCOPES,
            channels=endpoints.CHANNELS,
            secret=secret,
            mail=bool(settings.smtp_url),
            smtp=settings.smtp_url.rpartition("@")[2],
            base=settings.base_url,
        )


@pages.post("/integrations/tokens")
@guarded("admin-integrations")
def make_token() -> Any:
    """Make a token; it is in this answer alone."""
    name, team = text("name", 80), text("team")
    scopes = [one for one in request.form.getlist("scope") if one in SCOPES] + ([f"team:{team}"] if team else [])
    try:
        with runtime().transaction() as db:
            token = api.create_token(db, actor(), name, scopes, expiry())
    except InvalidInput as fault:
        flash(spoken(fault), "danger")
        return redirect(url_for("admin.integrations"))
    return integrations_page((name, token))


def expiry() -> datetime | None:
    """The end of the day that was chosen; None: it does not end."""
    if not text("expires"):
        return None
    return datetime.combine(day("expires") + timedelta(days=1), time(0), tzinfo=runtime().zone)


@pages.post("/integrations/tokens/<name>/revoke")
@guarded("admin-integrations")
def revoke_token(name: str) -> Any:
    """It opens nothing any more."""
    return done(lambda db: api.revoke_token(db, actor(), name), url_for("admin.integrations"), _("Revoked."))


@pages.post("/integrations/endpoints")
@guarded("admin-integrations")
def save_endpoint() -> Any:
    """Keep an address, or a new one under its name: then its signing key changes and is shown this once."""
    name, kind, url = text("name", 80), text("channel", 20), text("url", 500)
    try:
        checked = chat.checked(url) if kind == "chat" else posting.checked(url)
        with runtime().transaction() as db:
            before = endpoints.find(db, name)
            made = endpoints.put(db, name, kind, checked, Stamp(runtime().now(), actor().id, "web_form"))
            told = {"before": before and _without_secret(before.url), "after": _without_secret(url), "channel": kind}
            api.note(db, actor(), f"endpoint:{name}", "endpoint_set", {**told, "generation": made.generation})
    except CallerError as fault:
        flash(spoken(fault), "danger")
        return redirect(url_for("admin.integrations"))
    if kind == "chat":
        flash(_("Saved."), "success")
        return redirect(url_for("admin.integrations"))
    return integrations_page((name, signatures.key(runtime().settings, kind, name, made.generation)))


def _without_secret(url: str) -> str:
    """An address as it may stand in the audit: robots carry their keys in it."""
    scheme, _sep, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/…" if scheme in ("http", "https") else f"{scheme}://…"


@pages.post("/integrations/endpoints/<name>/off")
@guarded("admin-integrations")
def endpoint_off(name: str) -> Any:
    """Send nothing there any more."""

    def work(db: Any) -> None:
        if not endpoints.switch_off(db, name):
            raise NotFound(what="endpoint", id=name)
        api.note(db, actor(), f"endpoint:{name}", "endpoint_off", {"before": True, "after": False})

    return done(work, url_for("admin.integrations"), _("Switched off."))


@pages.post("/integrations/endpoints/<name>/test")
@guarded("admin-integrations")
def test_endpoint(name: str) -> Any:
    """Send one message there now, and say what became of it."""
    with runtime().reading() as db:
        place = endpoints.find(db, name)
        if place is None:
            raise NotFound(what="endpoint", id=name)
        fault = tried(db, place.channel, name if place.channel != "sms" else text("number", 40))
    if fault:
        flash(_("It did not work: %(reason)s", reason=fault), "danger")
    else:
        flash(_("A test message was taken."), "success")
    return redirect(url_for("admin.integrations"))


def tried(db: Any, channel: str, recipient: str) -> str:
    """Hand one test message to a channel; why it was not taken, or nothing."""
    by = current_user.id if current_user.is_authenticated else "setup"
    try:
        send_trial(runtime().settings, db, channel, recipient, by, runtime().now())
    except DealflowError as error:
        return spoken(error)
    return ""
