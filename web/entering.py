"""How people come in beside name and password: a link to choose a password; and where they are signed in.

Law: a link is for one person and one time; looking at its page spends nothing (scanners of mail follow links).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from engine import api
from engine.errors import InvalidInput, NotFound, SignInRefused
from engine.queries import administration
from web.auth import SECRET
from web.errors import spoken
from web.extensions import limiter
from web.formats import moment
from web.oidc import came_from_outside
from web.rights import guarded
from web.scope import actor, runtime

pages = Blueprint("entering", __name__)


@pages.get("/welcome/<secret>")
@limiter.limit("30 per minute")
def choose(secret: str) -> Any:
    """The form to choose a password."""
    return choose_page(secret)


def choose_page(secret: str, fault: str | None = None) -> Any:
    """The form, or that the link is over."""
    with runtime().reading() as db:
        person = administration.link_holder(db, secret)
    if person is None:
        return render_template("auth/link_over.html"), 410
    page = render_template("auth/choose.html", person=person, secret=secret, fault=fault)
    return (page, 422) if fault else page


@pages.post("/welcome/<secret>")
@limiter.limit("10 per minute")
def chosen(secret: str) -> Any:
    """Set the password, once; then the person signs in with it."""
    password = request.form.get("password", "")[:1000]
    if password != request.form.get("again", "")[:1000]:
        return choose_page(secret, _("The two are not the same."))
    try:
        with runtime().transaction() as db:
            api.choose_password(db, secret, password)
    except NotFound:
        return choose_page(secret)
    except InvalidInput as fault:
        return choose_page(secret, spoken(fault))
    flash(_("The password is set. Sign in with it."), "success")
    return redirect(url_for("auth.sign_in_page"))


@pages.get("/me/sign-in")
@guarded("account")
def sign_in() -> Any:
    """Where I am signed in, and my password."""
    return sign_in_page()


def sign_in_page(fault: str | None = None) -> Any:
    """The page; `fault`: why the password was not changed."""
    with runtime().reading() as db:
        rows = administration.sessions(db, actor().id)
        card = administration.person_card(db, actor().id)
    here = administration.session_id(str(session.get(SECRET, "")))
    page = render_template("auth/mine.html", rows=rows, here=here, card=card, fault=fault)
    return (page, 422) if fault else page


@pages.post("/me/sign-in/password")
@guarded("account")
@limiter.limit("10 per minute")
def change_password() -> Any:
    """Change my password; other browsers are signed out."""
    before, password = request.form.get("before", "")[:1000], request.form.get("password", "")[:1000]
    if password != request.form.get("again", "")[:1000]:
        return sign_in_page(_("The two are not the same."))
    fault: SignInRefused | None = None
    try:
        with runtime().transaction() as db:
            try:
                api.change_password(db, actor(), before, password)
                renew(db)
            except SignInRefused as refused:  # counted, so it is committed as well
                fault = refused
    except InvalidInput as wrong:
        return sign_in_page(spoken(wrong))
    if fault is not None:
        return sign_in_page(refusal(fault))
    flash(_("Your password is changed. Other browsers are signed out."), "success")
    return redirect(url_for("entering.sign_in"))


def refusal(fault: SignInRefused) -> str:
    """Why one's own password was not taken, with the end of a lock."""
    until = fault.fields.get("locked_until")
    if until:
        return _("Too many wrong passwords: this name is locked until %(time)s.", time=moment(until))  # type: ignore[arg-type]
    return _("Name or password is wrong. After five wrong passwords a name is locked for 15 minutes.")


def renew(db: Any) -> int:
    """End all my sessions and begin another one here: a copy of this browser's cookie is good for nothing, either.
    Returns in how many other browsers I was."""
    ended = api.sign_out_everywhere(db, actor(), actor().id)
    how = "oidc" if came_from_outside() else "password"
    session[SECRET] = api.begin_session(db, actor().id, how, request.user_agent.string)
    return ended - 1


@pages.post("/me/sign-in/out")
@guarded("account")
def sign_out_elsewhere() -> Any:
    """Sign me out everywhere but here."""
    with runtime().transaction() as db:
        ended = renew(db)
    flash(_("Signed out in %(count)s other browsers.", count=ended), "success")
    return redirect(url_for("entering.sign_in"))
