"""What investors see behind the link of a report: what it is, the file, and a place to ask.

Law: looking at the page is no reading; who presses the button has read. Scanners of mail follow links and press
nothing.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from engine import api
from handlers import documents
from handlers.records import disclosure, keys, parties, projects
from handlers.records import documents as papers
from handlers.records.changes import Stamp
from handlers.records.disclosure import Disclosure
from web.documents import handed_out
from web.errors import open_too_long
from web.extensions import limiter
from web.scope import runtime, written

pages = Blueprint("disclosure", __name__, url_prefix="/report")

LONGEST = 4000
"""Characters of a question."""


@pages.get("/<token>")
@limiter.limit("60 per minute")
def show(token: str) -> Any:
    """Which report it is, and what can be done with it."""
    return page(token)


def page(token: str, asked: str | None = None, fault: str | None = None, text: str = "") -> Any:
    """The page; `asked`: the number of the question just sent; `fault`: why it was not, with the text typed."""
    with runtime().reading() as db:
        found = disclosure.by_token(db, token)
        if found is None or disclosure.is_over(found, runtime().now()):
            return over(found)
        pack = disclosure.pack(db, found.pack_id)
        return render_template(
            "public/report.html",
            token=token,
            report=found,
            pack=pack,
            project=projects.get(db, pack.project_id).name,
            investor=parties.get(db, found.party_id).legal_name,
            ticket=secrets.token_urlsafe(12),
            asked=asked,
            fault=fault,
            text=text,
        )


def over(found: Disclosure | None) -> Any:
    """What stands behind a link that is unknown or has expired."""
    if found is None:
        return render_template("public/link_over.html", why="unknown"), 404
    return render_template("public/link_over.html", why="report"), 410


@pages.errorhandler(CSRFError)
def come_back(error: CSRFError) -> Any:
    """The page again, with the question as it was typed."""
    token, text = str((request.view_args or {})["token"]), request.form.get("question", "")
    return open_too_long(lambda: page(token, text=text))


@pages.post("/<token>")
@limiter.limit("20 per minute")
def read(token: str) -> Any:
    """The file; the first time is the read receipt."""
    with runtime().reading() as db:
        known = disclosure.by_token(db, token)
    if known is None or disclosure.is_over(known, runtime().now()):
        return over(known)
    found: Disclosure = runtime().unit(
        lambda db: disclosure.opened(db, token, Stamp(runtime().now(), "investor", "report_link"))
    )
    with runtime().reading() as db:
        paper = papers.get(db, int(found.file_id or 0))
        content = documents.content(db, paper)
    return handed_out(paper, content)


@pages.get("/<token>/question")
def asked_before(token: str) -> Any:
    """Where a question was sent to, opened anew."""
    return redirect(url_for("disclosure.show", token=token))


@pages.post("/<token>/question")
@limiter.limit("6 per minute; 30 per hour")
def ask(token: str) -> Any:
    """Send a question about the report: it is answered within three working days."""
    with runtime().reading() as db:
        known = disclosure.by_token(db, token)
    if known is None or disclosure.is_over(known, runtime().now()):
        return over(known)
    text = written("question")
    if not text or len(text) > LONGEST:
        return page(token, fault=_("Write your question, up to %(most)d characters.", most=LONGEST), text=text), 422
    ticket = request.form.get("ticket", "")[:40]
    return page(token, asked=runtime().unit(lambda db: question(db, token, text, ticket)))


def question(db: Any, token: str, text: str, ticket: str) -> str:
    """Give the question its number and start its case; the number. The same sheet sent twice is one question."""
    found = disclosure.by_token(db, token)
    assert found is not None
    pack = disclosure.pack(db, found.pack_id)
    now = runtime().now().astimezone(runtime().zone)
    told = {
        "question": text,
        "party_id": str(found.party_id),
        "project_key": projects.get(db, pack.project_id).business_key,
        "pack_key": pack.business_key,
        "asked_by": str(found.recipients[0].get("name") or "") if len(found.recipients) == 1 else None,
    }
    with db.begin_nested() as attempt:
        key = keys.next_key(db, disclosure.QUESTION, now.year)
        sent = api.send_message(
            db,
            api.SYSTEM,
            "investor_question",
            business_key=key,
            variables=told,
            message_id=f"question:{found.id}:{ticket}" if ticket else None,
        )
        if sent.state == "duplicate":  # the number drawn for it is not used up
            attempt.rollback()
    return sent.business_key or key
