"""The investors' portal: a link by mail signs in, then the projects that the address is entitled to, their reports,
and questions with answers.

Law: looking at a link uses nothing up, pressing its button does; what an address may see is asked anew for every page.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from handlers import documents, portal
from handlers.records import documents as papers
from web.documents import handed_out
from web.extensions import limiter
from web.scope import language, runtime, written

pages = Blueprint("portal", __name__, url_prefix="/portal")
IN = "portal"
"""The session's entry: who is in, and until when."""
LONGEST = 4000
"""Characters of a question."""


def address() -> str | None:
    """The address that is in; None when nobody is, or their time is over."""
    kept = session.get(IN)
    if not isinstance(kept, dict) or datetime.fromisoformat(str(kept["until"])) <= runtime().now():
        return None
    return str(kept["email"])


def inside(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view opens for an address that is in; others come to the entrance."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        who = address()
        if who is None:
            over = IN in session
            session.pop(IN, None)
            return redirect(url_for("portal.entrance", over=1 if over else None))
        g.investor = who
        return view(*args, **kwargs)

    return checked


@pages.get("/in")
@limiter.limit("60 per minute")
def entrance() -> Any:
    """Where an investor asks for a link."""
    return render_template("portal/entrance.html", sent=False, over=request.args.get("over") == "1")


@pages.post("/in")
@limiter.limit("5 per minute; 20 per hour")
def ask_for_link() -> Any:
    """Send a link, if the address is entitled to anything; the answer is the same for every address."""
    asked = request.form.get("email", "").strip()[:254]
    if "@" in asked:
        spoken = language()
        runtime().unit(lambda db: portal.invite(db, asked, runtime().now(), spoken))
    return render_template("portal/entrance.html", sent=True, over=False)


@pages.get("/in/<token>")
@limiter.limit("60 per minute")
def link(token: str) -> Any:
    """The button behind a link; spent and expired links say so."""
    with runtime().reading() as db:
        found = portal.find(db, token)
    if found is None:
        return render_template("portal/link_over.html", why="unknown"), 404
    if not found.is_open(runtime().now()):
        return render_template("portal/link_over.html", why="used" if found.used_at else "expired"), 410
    return render_template("portal/link.html", token=token, email=(found.given or {}).get("email"))


@pages.post("/in/<token>")
@limiter.limit("20 per minute")
def enter(token: str) -> Any:
    """Use the link up and go in."""
    who = runtime().unit(lambda db: portal.enter(db, token, runtime().now()))
    if who is None:
        return redirect(url_for("portal.link", token=token))
    session[IN] = {"email": who, "until": (runtime().now() + portal.STAY).isoformat()}
    return redirect(url_for("portal.index"))


@pages.errorhandler(CSRFError)
def come_back(error: CSRFError) -> Any:
    """The browser has forgotten its session: the entrance."""
    return redirect(url_for("portal.entrance", over=1))


@pages.post("/out")
def leave() -> Any:
    """Sign out."""
    session.pop(IN, None)
    return redirect(url_for("portal.entrance"))


@pages.get("")
@inside
def index() -> Any:
    """The investor's projects."""
    with runtime().reading() as db:
        found = portal.holdings(db, g.investor, runtime().now())
    return render_template("portal/index.html", found=found)


@pages.get("/projects/<key>")
@inside
def show(key: str) -> Any:
    """One project: its reports, and what was asked and answered."""
    return page(key)


def page(key: str, asked: str | None = None, fault: str | None = None, text: str = "") -> Any:
    """The page; `asked`: the number of the question just sent; `fault`: why it was not, with the text typed."""
    with runtime().reading() as db:
        one = portal.holding(db, g.investor, key, runtime().now())
    ticket = secrets.token_urlsafe(12)
    return render_template("portal/project.html", one=one, asked=asked, fault=fault, text=text, ticket=ticket)


@pages.post("/reports/<int:disclosure_id>")
@inside
@limiter.limit("60 per minute")
def read(disclosure_id: int) -> Any:
    """The file of a report; the first time is the read receipt."""
    found = runtime().unit(lambda db: portal.report(db, g.investor, disclosure_id, runtime().now()))
    with runtime().reading() as db:
        paper = papers.get(db, int(found.file_id or 0))
        content = documents.content(db, paper)
    return handed_out(paper, content)


@pages.get("/projects/<key>/question")
@inside
def asked_before(key: str) -> Any:
    """Where a question was sent to, opened anew."""
    return redirect(url_for("portal.show", key=key))


@pages.post("/projects/<key>/question")
@inside
@limiter.limit("6 per minute; 30 per hour")
def ask(key: str) -> Any:
    """Send a question: it is answered within three working days."""
    text = written("question")
    if not text or len(text) > LONGEST:
        return page(key, fault=_("Write your question, up to %(most)d characters.", most=LONGEST), text=text), 422
    ticket = request.form.get("ticket", "")[:40]
    return page(key, asked=runtime().unit(lambda db: portal.ask(db, g.investor, key, text, runtime().now(), ticket)))
