"""Signing in and out, language, personal settings. Law: where somebody wanted to go survives the sign-in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from engine import api, queries
from engine.errors import Contended, NotFound, SignInRefused
from engine.queries import administration
from handlers import sights
from web.errors import spoken
from web.extensions import limiter, sign_ins
from web.rights import guarded
from web.scope import CHOSEN, USUAL, SignedIn, actor, language, runtime
from web.sessions import somebody_acts

pages = Blueprint("auth", __name__)

YEAR = 365 * 24 * 3600
SECRET = "sid"
"""What the session's cookie carries to be found again among those that are open."""


@sign_ins.user_loader
def load(person_id: str) -> SignedIn | None:
    """The person of a session; None when they are no longer active, or were signed out of it from elsewhere."""
    secret = str(session.get(SECRET, ""))
    with runtime().reading() as db:
        alive, stale = administration.session_alive(db, person_id, secret)
        try:
            found = signed_in(db, person_id) if alive else None
        except NotFound:
            return None
    if stale and somebody_acts(request):
        note_seen(secret)
    return found


def note_seen(secret: str) -> None:
    """Keep when this browser was seen; when somebody else writes just now, the next request does it."""
    with suppress(Contended), runtime().transaction() as db:
        api.saw_session(db, secret)


def let_in(known: SignedIn, how: str) -> None:
    """A new session of this browser for the person; what it carried before is gone."""
    session.clear()
    session.permanent = True
    with runtime().transaction() as db:
        session[SECRET] = api.begin_session(db, known.id, how, request.user_agent.string)
    login_user(known)


def signed_in(db: Any, person_id: str) -> SignedIn:
    """A person as one who is signed in. NotFound when nobody active has that name."""
    who = api.actor(db, person_id)
    row = queries.person(db, person_id)
    return SignedIn(
        id=row.id,
        name=row.name,
        name_en=row.name_en,
        language=row.language,
        actor=replace(who, unseen=sights.fields_hidden(who)),
        settings=dict(row.settings or {}),
    )


def safe_next(target: str | None) -> str:
    """A path of this site to go on to, else the inbox: never another site."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and "\n" not in target and "\r" not in target:
            return target
    return url_for("inbox.index")


@pages.get("/login")
def sign_in_page() -> Any:
    """The sign-in form."""
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next")))
    return render_template("auth/sign_in.html", name="", fault=None, next=request.args.get("next", ""))


def single_sign_on() -> dict[str, Any]:
    """What the sign-in page offers of the house's provider: `label`, and whether passwords are for administrators
    `only`; empty where there is none."""
    with runtime().reading() as db:
        found = administration.setting(db, "sign_on")
    return {"label": found.get("label"), "only": bool(found.get("only"))} if found.get("issuer") else {}


@pages.post("/login")
@limiter.limit("30 per minute")
def sign_in() -> Any:
    """Check name and password."""
    name = request.form.get("name", "").strip()[:200]
    fault = ""
    with runtime().transaction() as db:  # a failed try is counted, so it is committed as well
        try:
            row = api.sign_in(db, name, request.form.get("password", "")[:1000])
        except SignInRefused as refused:
            fault = spoken(refused)
        else:
            known = signed_in(db, str(row["id"]))
    target = request.form.get("next", "")
    if not fault and single_sign_on().get("only") and not known.actor.is_admin:
        said = _("Passwords are for administrators alone here: use the house’s sign-in service.")
        return render_template("auth/sign_in.html", name=name, fault=said, next=target), 401
    if fault:
        return render_template("auth/sign_in.html", name=name, fault=fault, next=target), 401
    let_in(known, "password")
    answer = redirect(safe_next(target))
    return remembering(answer, USUAL, known.language)


def remembering(answer: Any, cookie: str, spoken: str) -> Any:
    """The answer, with a language kept in the browser."""
    encrypted = current_app.config["SESSION_COOKIE_SECURE"] or request.is_secure
    answer.set_cookie(cookie, spoken, max_age=YEAR, httponly=True, samesite="Lax", secure=encrypted)
    return answer


def leave() -> None:
    """End this browser's session, here and in what is kept."""
    secret = str(session.get(SECRET, ""))
    with runtime().transaction() as db:
        api.end_session(db, secret)
    logout_user()
    session.clear()


@pages.post("/logout")
@guarded("account")
def sign_out() -> Any:
    """End the session."""
    if "id_token" in session:  # came by single sign-on: there is a way to end it there, too
        return redirect(url_for("oidc.out"), 307)
    leave()
    flash(_("You are signed out."), "info")
    answer = redirect(url_for("auth.sign_in_page"))
    answer.delete_cookie(CHOSEN)  # whoever comes next has a setting of their own
    return answer


@pages.post("/language")
def choose_language() -> Any:
    """Switch between Chinese and English; remembered in the browser, and for the person who is signed in."""
    chosen = "en" if request.form.get("language") == "en" else "zh"
    if current_user.is_authenticated:
        with runtime().transaction() as db:
            api.save_preferences(db, actor(), language=chosen)
    way = urlsplit(safe_next(request.form.get("next")))
    asked = urlencode([pair for pair in parse_qsl(way.query) if pair[0] != CHOSEN])
    answer = make_response(redirect(way._replace(query=asked).geturl()))
    if current_user.is_authenticated:
        remembering(answer, USUAL, chosen)
    return remembering(answer, CHOSEN, chosen)


@pages.post("/preferences")
@guarded("account")
def preferences() -> Any:
    """Whether the next task opens after one is completed."""
    with runtime().transaction() as db:
        api.save_preferences(db, actor(), settings={"open_next": request.form.get("open_next") == "1"})
    with force_locale(language()):
        flash(_("Saved."), "success")
    return redirect(safe_next(request.form.get("next")))
