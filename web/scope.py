"""What a request acts with: the runtime, the person, their language. Law: pages ask here, never Flask's globals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from flask import current_app, g, request
from flask_babel import gettext as _
from flask_login import UserMixin, current_user

from engine import api, queries
from engine.errors import DealflowError
from engine.queries import administration


@dataclass(slots=True)
class SignedIn(UserMixin):
    """The person behind a session, as pages show and as the engine's verbs take them."""

    id: str
    name: str
    name_en: str
    language: str
    actor: api.Actor
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The name in the page's language."""
        return self.name if is_chinese() or not self.name_en else self.name_en

    @property
    def opens_next_task(self) -> bool:
        """Whether the next task opens after one is completed."""
        return bool(self.settings.get("open_next", True))

    @property
    def leads(self) -> bool:
        """Whether they see everybody's tasks."""
        return self.actor.is_admin or bool(self.actor.leads) or "crm_specialist" in self.actor.teams

    @property
    def owns_processes(self) -> bool:
        """Whether they may steer cases and deploy."""
        return self.actor.is_admin or "process_owner" in self.actor.teams


def runtime() -> Any:
    """The engine this application serves."""
    return current_app.extensions["dealflow"]


def person() -> SignedIn:
    """Who is signed in; only for views that need a sign-in."""
    return cast(SignedIn, current_user)


def actor() -> api.Actor:
    """Who acts."""
    return person().actor


SPOKEN = ("zh", "en")
CHOSEN, USUAL = "language", "usual_language"
"""Cookies: what was chosen in this browser, until the sign-out; what the last person who signed in here speaks."""


def language() -> str:
    """`zh` or `en`, by the first that says so: an explicit choice (`?language=en`, the switch), the person's setting
    (after the session too, by its cookie), what the browser asks for, the installation's."""
    if "language" not in g:
        own = person().language if current_user and current_user.is_authenticated else request.cookies.get(USUAL)
        house = str(house_setting().get("language") or runtime().settings.language)
        asked = request.accept_languages.best_match(sorted(SPOKEN, key=lambda one: one != house))
        said_so = (request.args.get(CHOSEN), request.cookies.get(CHOSEN), own, asked)
        g.language = next((one for one in said_so if one in SPOKEN), house)
    return str(g.language)


def house_setting() -> Mapping[str, Any]:
    """How the house calls itself and what it speaks, as an administrator set it; read once a request. Nothing while
    the database does not answer: a page that says so needs a language as well."""
    if "house_setting" not in g:
        g.house_setting = {}
        with suppress(DealflowError), runtime().reading() as db:
            g.house_setting = administration.setting(db, "house")
    return cast("Mapping[str, Any]", g.house_setting)


def house_name() -> str:
    """How the house calls itself."""
    return str(house_setting().get("name") or "Dealflow")


def house_contact() -> str:
    """How people outside reach it; empty where no administrator said."""
    return str(house_setting().get("contact") or "")


def names() -> dict[str, str]:
    """Sign-in names and teams -> what they are called in the page's language; read once a request."""
    if "names" not in g:
        with runtime().reading() as db:
            found = queries.names(db)
        g.names = {id: said(*both) for id, both in found.items()}
    return cast("dict[str, str]", g.names)


def called(id: str | None) -> str:
    """A person or a team by name; what nobody did in person is the system's; the id when nobody is called so."""
    if id and (id in ("system", "timer") or id.startswith(("process:", "handler:"))):
        return _("the system")
    if id == "demo":
        return _("demonstration")
    return names().get(id, id) if id else ""


def here() -> str:
    """The page one is on, to come back to it. What was answered to a form is found again under its own address, else
    where the form stood; empty where neither can be opened."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    came = urlsplit(request.referrer or "")
    before = came.path.removeprefix(request.root_path) if came.netloc == request.host else ""
    known = current_app.url_map.bind_to_environ(request.environ)
    return next((path for path in (request.path, before) if path and known.test(path, "GET")), "")


def written(name: str) -> str:
    """What was written into a large field. Browsers count the end of a line as one character and send two."""
    return request.form.get(name, "").replace("\r\n", "\n").strip()


def ids_among(texts: Iterable[str]) -> list[int]:
    """The ids of rows among texts that were sent, each once; what no row can have is left out."""
    return list(dict.fromkeys(int(one) for one in texts if number_of(one)))


def number_of(text: str) -> int:
    """A number that was sent; 0 for what is none, or larger than the database counts."""
    plain = text.isascii() and text.isdecimal() and len(text) < 19
    return int(text) if plain else 0


def is_chinese() -> bool:
    """Whether the page is in Chinese."""
    return language() == "zh"


def said(zh: str | None, en: str | None) -> str:
    """A model's text in the page's language; Chinese where English was not written."""
    return (zh or en or "") if is_chinese() else (en or zh or "")


def wants_json() -> bool:
    """Whether a program asked."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" and "text/html" not in request.headers.get("Accept", "")


def is_fragment() -> bool:
    """Whether htmx asked for a part of a page."""
    return request.headers.get("HX-Request") == "true"
