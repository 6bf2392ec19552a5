"""The first start: an empty installation asks for its name and first administrator before anything else.

Law: once, and only while nobody was ever entered. From another machine, or through a proxy, it needs the code that
stands in the terminal: who can read the terminal owns the installation.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api
from engine.errors import CallerError
from engine.settings import Settings, secret
from handlers import demo
from web.admin.integrations import tried
from web.auth import let_in, signed_in
from web.errors import spoken
from web.extensions import limiter
from web.scope import language, runtime

pages = Blueprint("setup", __name__, url_prefix="/setup")

OPEN = ("setup.", "static", "health.", "auth.choose_language", "api_v1.", "engine_rest")
"""Endpoints that answer before the set-up; programs sign in by a token, and could make nothing of a page."""
LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


def code(settings: Settings) -> str:
    """What the terminal tells and the page asks for: made from the installation's secret, the same in every process."""
    made = hmac.new(secret(settings).encode(), b"first set-up", hashlib.sha256).hexdigest()
    return "-".join(made[at : at + 4] for at in range(0, 16, 4))


def is_at_hand() -> bool:
    """Whether whoever asks sits at this machine: served on it alone, asked from it, by its own name, by no proxy."""
    host = request.host.rpartition(":")[0].strip("[]") if ":" in request.host else request.host
    near = {runtime().settings.host, request.remote_addr or "", host} <= LOCAL
    return near and not any(name in request.headers for name in FORWARDED)


def is_needed() -> bool:
    """Whether nobody was ever entered; once somebody is there it is not asked again."""
    if not current_app.config.get("SET_UP"):
        with runtime().reading() as db:
            current_app.config["SET_UP"] = api.is_set_up(db)
    return not current_app.config["SET_UP"]


def first() -> Any:
    """Before every request: to the set-up while it is needed."""
    if current_app.config.get("SET_UP") or (request.endpoint or "").startswith(OPEN) or not is_needed():
        return None
    return redirect(url_for("setup.begin"))


def add_to(app: Flask) -> None:
    """Ask before every request of the application."""
    app.before_request(first)


@pages.get("")
def begin() -> Any:
    """The form; nothing once it was done."""
    if not is_needed():
        return redirect(url_for("auth.sign_in_page"))
    return form({"language": language(), "demo": ""})


def form(values: Any, fault: str | None = None, said: str | None = None) -> Any:
    """The form with what was typed, why it was refused, or what the test of the mail server said."""
    settings = runtime().settings
    page = render_template(
        "setup/begin.html",
        values=values,
        fault=fault,
        said=said,
        at_hand=is_at_hand(),
        smtp=settings.smtp_url.rpartition("@")[2],
    )
    return (page, 422) if fault else page


@pages.post("")
@limiter.limit("20 per minute")
def take() -> Any:
    """Enter the first administrator and go in; or only send a test mail."""
    if not is_needed():
        return redirect(url_for("auth.sign_in_page"))
    values = request.form
    given = values.get("code", "").strip().lower()
    if not is_at_hand() and not hmac.compare_digest(given.encode(), code(runtime().settings).encode()):
        return form(values, _("The code is not the one in the terminal."))
    if values.get("do") == "mail":
        return mail_tried(values)
    if values.get("password") != values.get("again"):
        return form(values, _("The two are not the same."))
    id = values.get("id", "").strip().lower()
    try:
        runtime().unit(lambda db: enter(db, id, values))
    except CallerError as fault:
        return form(values, spoken(fault)) if is_needed() else redirect(url_for("auth.sign_in_page"))
    current_app.config["SET_UP"] = True
    with runtime().reading() as db:
        let_in(signed_in(db, id), "password")
    flash(_("Welcome. Enter your people next, and put them into teams."), "success")
    return redirect(url_for("admin.people"))


def enter(db: Any, id: str, values: Any) -> None:
    """Write the first administrator; with the demonstration's people and book when they are wanted."""
    api.set_up(
        db,
        id,
        name=values.get("name", "").strip()[:200],
        email=values.get("email", "").strip()[:200] or None,
        password=values.get("password", "")[:1000],
        house_name=values.get("house", "").strip()[:60] or "Dealflow",
        language="en" if values.get("language") == "en" else "zh",
    )
    demo.seed_teams(db)
    if values.get("demo") == "1" and is_at_hand():  # everybody of the demonstration has the same password
        demo.seed(db, runtime().now())
        demo.seed_book(db)


def mail_tried(values: Any) -> Any:
    """Send a test mail to the address that was typed, and stay on the form."""
    address = values.get("email", "").strip()
    if "@" not in address:
        return form(values, _("This is no mail address."))
    with runtime().reading() as db:
        fault = tried(db, "email", address)
    if fault:
        return form(values, _("It did not work: %(reason)s", reason=fault))
    return form(values, said=_("A test mail to %(address)s was taken by the server.", address=address))
