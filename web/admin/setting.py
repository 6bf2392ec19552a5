"""The house itself: its name and language, mail, what needs two people, and single sign-on."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from requests import RequestException, get

from engine import api
from engine.errors import CallerError, InvalidInput
from engine.queries import administration
from web import oidc
from web.admin.audits import kind_words
from web.admin.integrations import tried
from web.admin.room import done, pages, text
from web.errors import spoken
from web.rights import guarded
from web.scope import actor, house_name, house_setting, runtime

LOCAL = ("localhost", "127.0.0.1", "::1")


@pages.get("/house")
@guarded("admin-house")
def house() -> Any:
    """Everything on one page."""
    settings = runtime().settings
    with runtime().reading() as db:
        found = administration.setting(db, oidc.KEY)
        kinds = administration.setting(db, "two_people").get("kinds", [])
        me = administration.person_card(db, actor().id)
        teams = administration.team_cards(db)
    groups = "\n".join(f"{group} = {team}" for group, team in found.get("groups", {}).items())
    return render_template(
        "admin/house.html",
        name=house_name(),
        language=house_setting().get("language") or settings.language,
        contact=house_setting().get("contact") or "",
        smtp=settings.smtp_url.rpartition("@")[2],
        mail=me.email or "",
        kinds=kinds,
        all_kinds=[(kind, kind_words(kind)) for kind in api.KINDS],
        sign_on=found,
        groups=groups,
        back=oidc.back_address(),
        teams=teams,
    )


@pages.post("/house")
@guarded("admin-house")
def save_house() -> Any:
    """Name, language and how it is reached."""
    told = (text("name", 60), text("language", 2), text("contact", 200))
    return done(lambda db: api.set_house(db, actor(), *told), url_for("admin.house"))


@pages.post("/house/mail")
@guarded("admin-house")
def test_mail() -> Any:
    """Send one mail now, and say what became of it."""
    address = text("to")
    with runtime().reading() as db:
        fault = tried(db, "email", address) if "@" in address else _("This is no mail address.")
    if fault:
        flash(_("It did not work: %(reason)s", reason=fault), "danger")
    else:
        flash(_("A test mail to %(address)s was taken by the server.", address=address), "success")
    return redirect(url_for("admin.house"))


@pages.post("/house/two-people")
@guarded("admin-house")
def save_two_people() -> Any:
    """Which changes need a second administrator; taking one off the list needs one itself, when it is on it."""
    data = {"kinds": [one for one in request.form.getlist("kind") if one in api.KINDS]}
    return done(lambda db: api.change(db, actor(), "two_people", "house", data), url_for("admin.house"))


@pages.post("/house/sign-on")
@guarded("admin-house")
def save_sign_on() -> Any:
    """Set single sign-on, after its provider has answered; or end it."""
    if text("do") == "end":
        return done(lambda db: api.change(db, actor(), "sign_on", "house", {}), url_for("admin.house"))
    try:
        data = sign_on_typed()
        looked_up(data["issuer"])
    except CallerError as fault:
        flash(spoken(fault), "danger")
        return redirect(url_for("admin.house"))
    return done(lambda db: api.change(db, actor(), "sign_on", "house", data), url_for("admin.house"))


def sign_on_typed() -> dict[str, Any]:
    """What was typed of the provider. A secret that is left empty stays what it was. InvalidInput."""
    issuer = text("issuer", 300).rstrip("/").removesuffix("/.well-known/openid-configuration")
    where = urlsplit(issuer)
    if where.scheme != "https" and where.hostname not in LOCAL:
        raise InvalidInput(place="issuer", reason="an https:// address", reason_zh="须为 https:// 地址")
    with runtime().reading() as db:
        before = administration.setting(db, oidc.KEY)
        teams = {one.id for one in administration.team_cards(db)}
    groups: dict[str, str] = {}
    for line in request.form.get("groups", "")[:4000].splitlines():
        group, _sep, team = (part.strip() for part in line.partition("="))
        if group and (team not in teams or team == "admin"):
            reason, reason_zh = f"no team “{team}” to give", f"没有可分配的团队“{team}”"
            raise InvalidInput(place="groups", reason=reason, reason_zh=reason_zh)
        if group:
            groups[group] = team
    given = text("client_secret", 500)
    sealed = oidc.seal(runtime().settings, given) if given else before.get("client_secret", "")
    return {
        "issuer": issuer,
        "client_id": text("client_id"),
        "client_secret": sealed,
        "label": text("label", 60),
        "groups_claim": text("groups_claim", 60),
        "groups": groups,
        "create": text("create") == "1",
        "trust_email": text("trust_email") == "1",
        "only": text("only") == "1",
    }


def looked_up(issuer: str) -> None:
    """Ask the provider what it is. InvalidInput when it does not say, or says that it is another one."""
    try:
        told = get(f"{issuer}/.well-known/openid-configuration", timeout=oidc.TIMEOUT).json()
    except (RequestException, ValueError) as error:
        reason, reason_zh = f"does not answer: {error}", f"无法读取：{error}"
        raise InvalidInput(place="issuer", reason=reason, reason_zh=reason_zh) from error
    if not isinstance(told, dict) or str(told.get("issuer", "")).rstrip("/") != issuer:
        named = told.get("issuer") if isinstance(told, dict) else None
        raise InvalidInput(place="issuer", reason=f"calls itself {named}", reason_zh=f"自称为 {named}")
