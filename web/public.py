"""What people without an account see: the inquiry form and the page behind a one-time link.

Law: what comes in is checked by the process's own form; it enters as a message, once, or not at all.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest

from engine import api, forms, queries
from engine.errors import FormInvalid, NotFound
from handlers import documents
from handlers.records import links, parties, projects
from web import intake, schemas
from web.documents import handed_out
from web.errors import field_messages, open_too_long
from web.extensions import limiter
from web.scope import language, runtime
from web.tasks import sent_json

pages = Blueprint("public", __name__)


@pages.get("/inquiry")
def inquiry() -> Any:
    """The public inquiry form."""
    return inquiry_page()


def inquiry_page(
    sent: dict[str, Any] | None = None, errors: dict[str, list[str]] | None = None, ticket: str = ""
) -> str:
    """The form, with what was sent and its faults when it was refused."""
    with runtime().reading() as db:
        try:
            schema, words = intake.form_of(db, intake.FORM)
        except NotFound:
            return render_template("public/closed.html")
    schema = schemas.for_clients(schema, {})
    return render_template(
        "public/inquiry.html",
        schema=schemas.shown(schema, words, language()),
        values=forms.prefill(schema, sent or {}),
        errors=errors or {},
        ticket=ticket or secrets.token_urlsafe(12),
        campaign=request.values.get("campaign", "")[:100],
    )


@pages.post("/inquiry")
@limiter.limit("10 per minute; 60 per hour")
def send_inquiry() -> Any:
    """Check the form, give the matter its number and start the process."""
    ticket = request.form.get("ticket", "")[:40]
    if request.form.get("website_address"):  # a field no person sees
        return redirect(url_for("public.thanks"))
    values = sent_json(request.form.get("variables", ""))
    campaign = request.form.get("campaign", "").strip()[:100]
    beside = {"language": values.get("language") or language(), "campaign": campaign}
    try:
        reference, _delivery = runtime().unit(
            lambda db: intake.take(
                db,
                api.SYSTEM,
                {**values, **beside},
                source="website",
                message_id=f"inquiry:{ticket}" if ticket else None,
                by_client=True,
            )
        )
    except FormInvalid as fault:
        return inquiry_page(values, field_messages(fault), ticket), 422
    session["inquiry_reference"] = reference
    return redirect(url_for("public.thanks"))


@pages.errorhandler(CSRFError)
def come_back(error: CSRFError) -> Any:
    """The form again, with what was entered."""
    values: dict[str, Any] = {}
    with suppress(BadRequest):
        values = sent_json(request.form.get("variables", ""))
    if request.endpoint == "public.send_link":
        return open_too_long(lambda: link_page(str((request.view_args or {})["token"]), values))
    return open_too_long(lambda: inquiry_page(values, ticket=request.form.get("ticket", "")[:40]))


@pages.get("/inquiry/thanks")
def thanks() -> Any:
    """That it has arrived, and under which number."""
    return render_template("public/thanks.html", reference=session.get("inquiry_reference"))


@pages.get("/link/<token>")
@limiter.limit("60 per minute")
def link(token: str) -> Any:
    """The page behind a one-time link."""
    return link_page(token)


def link_page(token: str, sent: dict[str, Any] | None = None, errors: dict[str, list[str]] | None = None) -> Any:
    """The form that the link was made for; spent and expired links say so."""
    with runtime().reading() as db:
        found = links.find(db, token)
        if found is None:
            return render_template("public/link_over.html", why="unknown"), 404
        if found.used_at is not None:
            return render_template("public/link_over.html", why="used"), 410
        if found.expires_at <= runtime().now():
            return render_template("public/link_over.html", why="expired"), 410
        if moved_on(db, found):
            return render_template("public/link_over.html", why="moved_on"), 410
        schema, words = intake.form_of(db, found.form, found.process or intake.PROCESS)
        before = links.prefill(db, found)
        schema = schemas.for_clients(schema, before)
        about, paper = about_what(db, found), links.paper(db, found)
    return render_template(
        "public/link.html",
        schema=schemas.shown(schema, words, language()),
        values=forms.prefill(schema, sent if sent is not None else before),
        errors=errors or {},
        link=found,
        about=about,
        paper=paper,
        token=token,
    )


@pages.get("/link/<token>/paper")
@limiter.limit("60 per minute")
def link_paper(token: str) -> Any:
    """The document that belongs to a link, while the link is open."""
    with runtime().reading() as db:
        found = links.find(db, token)
        usable = found is not None and found.is_open(runtime().now()) and not moved_on(db, found)
        paper = links.paper(db, found) if found is not None and usable else None
        if paper is None:
            return redirect(url_for("public.link", token=token))
        return handed_out(paper, documents.content(db, paper))


def moved_on(db: Any, link: links.Link) -> bool:
    """Whether nobody asks any more what a link asks: its case has ended, or goes on and of several that could wait (an
    offer, a stream) this one does not, because another answer came first."""
    found = queries.instances(db, key=link.process or intake.PROCESS, business_key=link.business_key)
    if not found or all(one.ended_at for one in found):
        return bool(found)
    wanted = link.correlation or {}
    return bool(wanted) and not queries.is_awaited(db, link.message, link.business_key, wanted)


def about_what(db: Any, link: links.Link) -> list[str]:
    """Whom and which project a link's form is about, as far as the book knows them."""
    party = parties.find(db, link.party_id) if link.party_id is not None else None
    project = projects.find(db, link.business_key)
    return [name for name in (party and party.legal_name, project and project.name) if name]


@pages.post("/link/<token>")
@limiter.limit("20 per minute")
def send_link(token: str) -> Any:
    """Take what the client entered, once."""
    values = sent_json(request.form.get("variables", ""))
    try:
        taken = runtime().unit(lambda db: take_from_link(db, token, values))
    except FormInvalid as fault:
        return link_page(token, values, field_messages(fault)), 422
    if taken is None:
        return redirect(url_for("public.link", token=token))
    return render_template("public/link_thanks.html", link=taken)


def take_from_link(db: Any, token: str, values: Mapping[str, Any]) -> links.Link | None:
    """Check what the client entered and send it to the task that waits. None when the link is spent or over."""
    found = links.find(db, token)
    if found is None or not found.is_open(runtime().now()) or moved_on(db, found):
        return None
    schema, _words = intake.form_of(db, found.form, found.process or intake.PROCESS)
    clean = intake.checked(schemas.for_clients(schema, links.prefill(db, found)), values)
    if not links.use(db, found, runtime().now()):
        return None
    api.send_message(
        db,
        api.SYSTEM,
        found.message,
        business_key=found.business_key,
        correlation=found.correlation,
        variables=clean,
        message_id=f"link:{found.id}",
    )
    return found
