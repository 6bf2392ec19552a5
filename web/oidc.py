"""Single sign-on by OpenID Connect: authorisation code with PKCE, discovery, state and nonce (OpenID Connect Core 1.0
§3.1; RFC 7636). Law: who somebody is, the provider says; who may come in and what they may do is the house's.

What an administrator sets (setting `sign_on`): `issuer`, `client_id`, `client_secret` (sealed), `label`, `only` (no
passwords, but for administrators), `create` (enter people who are not known), `groups` (group at the provider ->
team), `groups_claim`. A person is found by the provider's id of them, else once by their verified address.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import structlog
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth  # type: ignore[import-untyped]
from cryptography.fernet import Fernet, InvalidToken
from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from joserfc.errors import JoseError
from requests import RequestException

from engine import api
from engine.queries import administration
from engine.settings import Settings, secret
from web.auth import SECRET, leave, let_in, safe_next, signed_in
from web.extensions import limiter
from web.rights import guarded
from web.scope import runtime

pages = Blueprint("oidc", __name__, url_prefix="/sign-on")
log = structlog.get_logger("sign_on")

KEY = "sign_on"
TIMEOUT = 10
"""Seconds that a provider may take to answer."""
_NEXT, _ID_TOKEN = "sign_on_next", "id_token"


def setting() -> Mapping[str, Any]:
    """What is set; empty when there is no single sign-on."""
    with runtime().reading() as db:
        found = administration.setting(db, KEY)
    return found if found.get("issuer") and found.get("client_id") else {}


def _box(settings: Settings) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"sign_on:{secret(settings)}".encode()).digest()))


def seal(settings: Settings, text: str) -> str:
    """A secret as it is stored: encrypted under the installation's own."""
    return _box(settings).encrypt(text.encode()).decode() if text else ""


def unseal(settings: Settings, sealed: str) -> str:
    """The secret again; empty when the installation's own secret has changed since."""
    try:
        return _box(settings).decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        return ""


def provider(found: Mapping[str, Any]) -> FlaskOAuth2App:
    """The provider as set; made anew when the setting changed, so that what it published is fetched once."""
    kept = current_app.extensions.setdefault("sign_on", {})
    mark = repr(sorted(found.items()))
    if mark not in kept:
        kept.clear()
        kept[mark] = OAuth(current_app).register(
            "provider",
            client_id=found["client_id"],
            client_secret=unseal(runtime().settings, found.get("client_secret", "")) or None,
            server_metadata_url=f"{found['issuer'].rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": found.get("scope") or "openid email profile",
                "code_challenge_method": "S256",
                "timeout": TIMEOUT,
                "token_endpoint_auth_method": "client_secret_basic" if found.get("client_secret") else "none",
            },
        )
    known: FlaskOAuth2App = kept[mark]
    return known


def back_address() -> str:
    """Where the provider sends people back to: what has to be entered there."""
    return runtime().settings.base_url.rstrip("/") + url_for("oidc.back")


@pages.get("")
@limiter.limit("30 per minute")
def go() -> Any:
    """To the provider."""
    found = setting()
    if not found:
        return refused(_("There is no single sign-on here."))
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next")))
    session[_NEXT] = safe_next(request.args.get("next"))
    session.permanent = True
    try:
        return provider(found).authorize_redirect(back_address())
    except (RequestException, OAuthError, RuntimeError, ValueError) as error:
        log.error("provider_unreachable", issuer=found["issuer"], reason=repr(error))
        return refused(_("The sign-in service does not answer. Try again in a minute, or sign in with a password."))


@pages.get("/back")
@limiter.limit("30 per minute")
def back() -> Any:
    """From the provider: look at what it says, find the person, let them in."""
    found = setting()
    if not found:
        return refused(_("There is no single sign-on here."))
    try:
        token = provider(found).authorize_access_token(leeway=60)
        claims = dict(token.get("userinfo") or {})
        if not claims.get("email") or found.get("groups_claim") not in (None, "", *claims):
            claims = {**provider(found).userinfo(token=token), **claims}
    except (OAuthError, JoseError, RequestException, ValueError, KeyError, RuntimeError) as error:
        log.warning("sign_on_refused", reason=repr(error))
        return refused(why_refused(error))
    return enter(found, claims, token.get("id_token", ""))


def why_refused(error: Exception) -> str:
    """A provider's refusal in words."""
    code = getattr(error, "error", "")
    if code == "access_denied":
        return _("The sign-in service did not let you in, or you cancelled there.")
    if code in ("mismatching_state", "invalid_state"):
        return _("This sign-in was begun elsewhere or too long ago. Begin again.")
    if isinstance(error, RequestException):
        return _("The sign-in service does not answer. Try again in a minute, or sign in with a password.")
    return _("What the sign-in service sent could not be trusted. Begin again; tell an administrator if it stays.")


def enter(found: Mapping[str, Any], claims: Mapping[str, Any], id_token: str) -> Any:
    """Let in whom the claims mean, with the teams that their groups stand for."""
    outside_id = f"{claims.get('iss') or found['issuer']}|{claims['sub']}"
    verified = claims.get("email_verified") in (True, "true") or bool(found.get("trust_email"))
    email = str(claims.get("email") or "") if verified else ""
    target = session.get(_NEXT, "")

    def work(db: Any) -> str | None:
        person = api.enter_from_outside(db, outside_id, email or None, new=entered(found, claims))
        if person is not None and found.get("groups"):
            named = groups_of(claims, str(found.get("groups_claim") or "groups"))
            teams = [team for group, team in found["groups"].items() if group in named]
            api.teams_from_outside(db, person, teams, found["groups"].values())
        return person

    person = runtime().unit(work)
    if person is None:
        log.warning("sign_on_unknown", outside_id=outside_id)
        who = email or str(claims.get("preferred_username") or claims["sub"])
        return refused(_("%(who)s is not entered here, or no longer works here. Ask an administrator.", who=who))
    with runtime().reading() as db:
        known = signed_in(db, person)
    let_in(known, "oidc")
    session[_ID_TOKEN] = id_token if len(id_token) < 2500 else ""
    return redirect(safe_next(target))


def entered(found: Mapping[str, Any], claims: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Who is entered when nobody is known: None where the house enters people itself."""
    if not found.get("create"):
        return None
    name = str(claims.get("name") or claims.get("preferred_username") or claims.get("email") or claims["sub"])[:200]
    tongue = "en" if str(claims.get("locale") or "").startswith("en") else "zh"
    return {"name": name, "name_en": name if name.isascii() else "", "language": tongue}


def groups_of(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """The groups that a claim holds: a list or a text with spaces; `realm_access.roles` goes into objects."""
    value: Any = claims
    for part in claim.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(str(one) for one in value) if isinstance(value, list) else frozenset()


def refused(text: str) -> Any:
    """The sign-in page with the reason."""
    return render_template("auth/sign_in.html", name="", fault=text, next=session.get(_NEXT, "")), 401


@pages.post("/out")
@guarded("account")
def out() -> Any:
    """Sign out here, with the way to sign out at the provider, too (OpenID Connect RP-Initiated Logout 1.0). It is a
    link: our policy lets no form lead elsewhere."""
    found, id_token = setting(), session.get(_ID_TOKEN, "")
    leave()
    way = way_out(found, id_token) if found and id_token else None
    if way is None:
        flash(_("You are signed out."), "info")
        return redirect(url_for("auth.sign_in_page"))
    return render_template("auth/signed_out.html", way=way, label=found.get("label") or found["issuer"])


def way_out(found: Mapping[str, Any], id_token: str) -> str | None:
    """The address at which the provider signs somebody out; None when it has none or does not answer."""
    try:
        end = provider(found).load_server_metadata().get("end_session_endpoint")
    except (RequestException, OAuthError, RuntimeError, ValueError):
        return None
    here = runtime().settings.base_url.rstrip("/") + url_for("auth.sign_in_page")
    asked = {"id_token_hint": id_token, "post_logout_redirect_uri": here, "client_id": found["client_id"]}
    return f"{end}?{urlencode(asked)}" if end else None


def came_from_outside() -> bool:
    """Whether this browser's session began at the provider."""
    return bool(session.get(SECRET) and _ID_TOKEN in session)
