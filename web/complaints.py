"""The public page for complaints and suggestions, and the page that says how one stands. Law: no account, no names of
others, nothing in the address but a signed token.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from engine.errors import DocumentTooLarge, InvalidInput
from handlers import complaint_desk
from handlers.inbound.routing import key_in
from web.errors import open_too_long, spoken
from web.extensions import limiter
from web.scope import is_chinese, language, runtime, written

pages = Blueprint("complaints", __name__, url_prefix="/complaint")
FIELDS = ("kind", "name", "company", "email", "phone", "reference", "subject", "text")


@pages.get("")
@limiter.limit("60 per minute")
def write() -> Any:
    """The form; `about`: the number of a matter that something is added to, which its subject then quotes."""
    about = key_in(request.args.get("about", "")[:40])
    return form({"subject": _("More on %(key)s", key=about)} if about else {})


def form(values: Mapping[str, Any], place: str = "", fault: str = "") -> str:
    """The form, with what was sent and what is wrong with it."""
    ticket = str(values.get("ticket") or secrets.token_urlsafe(12))
    return render_template("public/complaint.html", values=values, place=place, fault=fault, ticket=ticket)


@pages.post("")
@limiter.limit("10 per minute; 40 per hour")
def send() -> Any:
    """Take it in, and go to the page that says how it stands."""
    sent = {name: request.form.get(name, "") for name in (*FIELDS, "ticket")} | {"text": written("text")}
    if request.form.get("website_address"):  # a field no person sees
        return redirect(url_for("complaints.write"))
    files = [(one.filename or "", one.stream.read()) for one in request.files.getlist("file") if one.filename]
    try:
        _key, token = runtime().unit(
            lambda db: complaint_desk.take(db, {**sent, "language": language()}, sent["ticket"][:40], files)
        )
    except InvalidInput as fault:
        reason = str(fault.fields.get("reason_zh" if is_chinese() else "reason"))
        return form(sent, str(fault.fields.get("place")), reason), 422
    except DocumentTooLarge as fault:
        return form(sent, "file", spoken(fault)), 413
    return redirect(url_for("complaints.standing", token=token, sent=1))


@pages.errorhandler(CSRFError)
def come_back(error: CSRFError) -> Any:
    """The form again, with what was entered."""
    return open_too_long(lambda: form({name: request.form.get(name, "") for name in (*FIELDS, "ticket")}))


@pages.get("/<token>")
@limiter.limit("60 per minute")
def standing(token: str) -> Any:
    """How it stands: received, under way, answered, closed."""
    with runtime().reading() as db:
        found = complaint_desk.standing(db, token)
    return render_template("public/complaint_standing.html", found=found, sent=request.args.get("sent") == "1")
