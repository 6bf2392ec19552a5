"""What a page says of the act before it: “Saved.” Law: it is said once, on the page that the act leads to, whatever
else is under way.

`flask.flash` keeps words in the session's cookie. Each answer sets all of that cookie, so that of two acts answered at
the same time one's words were lost, and any page that happened to open first took what another should have said. So
words leave the session before it is written: each answer puts its own into a cookie of its own name, signed, for a few
minutes, and for the path alone that it leads to (RFC 6265, 5.1.4).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from flask import Flask, Response, current_app, g, request, session
from flask.sessions import session_json_serializer
from itsdangerous import BadSignature, URLSafeTimedSerializer

from engine.errors import DealflowError

Said = tuple[str, str]
"""Kind (success, info, warning, danger) and text; of `forget` and `fault` what scripts are told."""
PREFIX = "dealflow_said_"
KEPT = 300
"""Seconds in which the page must have been opened."""
LONGEST = 800
"""Characters of one text: a browser keeps 4,096 bytes of a cookie."""


def add_to(app: Flask) -> None:
    """Let pages say what answers left for them."""
    app.jinja_env.globals["notices"] = notices
    app.after_request(carry)


def notices() -> list[Said]:
    """What this page has to say; a template asks once."""
    brought = _brought()
    g.notices_said = [(name, path) for name, path, _words in brought]
    return [one for _name, _path, words in brought for one in words] + _flashed() + _pointed()


def point_at(error: DealflowError, tongue: str) -> None:
    """Remember which field a fault means for the page that says it: page/resend.js puts the reason under it."""
    place = str(error.fields.get("place", ""))
    reason = str(error.fields.get("reason_zh" if tongue.startswith("zh") else "reason", "")) if place else ""
    g.notices_pointed = ("fault", f"{place}\n{reason}")


def _pointed() -> list[Said]:
    return [g.pop("notices_pointed")] if "notices_pointed" in g else []


def carry(answer: Response) -> Response:
    """Leave what was not said yet for the page that the answer leads to, and take away what was."""
    leads_on = 300 <= answer.status_code < 400 and bool(answer.location)
    left = _flashed()
    if left:
        left += _pointed()
    if leads_on and request.method == "GET":  # one page sends on to another
        brought = _brought()
        g.notices_said = [(name, path) for name, path, _words in brought]
        left = [one for _name, _path, words in brought for one in words] + left
    for name, path in g.get("notices_said", ()):
        answer.delete_cookie(name, path=path)
    if left:
        _leave(answer, _target(answer.location) if leads_on else "/", left)
    return answer


def _flashed() -> list[Said]:
    """What was flashed while this request is answered; the session is then as if nothing had been."""
    if "_flashes" not in session:
        return []
    said: list[Said] = session.pop("_flashes")
    session.modified = dict(session) != getattr(session, "came", {})
    return said


def _signer() -> URLSafeTimedSerializer:
    """Knows markup from text, as the session does."""
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="notices", serializer=session_json_serializer)


def _leave(answer: Response, path: str, said: Iterable[Said]) -> None:
    words = _signer().dumps([path, [[kind, text[:LONGEST]] for kind, text in said]])
    encrypted = current_app.config["SESSION_COOKIE_SECURE"] or request.is_secure
    name = PREFIX + secrets.token_hex(4)
    answer.set_cookie(name, words, max_age=KEPT, path=path, httponly=True, samesite="Lax", secure=encrypted)


def _brought() -> list[tuple[str, str, list[Said]]]:
    """The cookies that this very page is meant to say, oldest first: name, path and words."""
    found: list[tuple[Any, str, str, list[Said]]] = []
    for name, value in request.cookies.items():
        if not name.startswith(PREFIX):
            continue
        with suppress(BadSignature):
            (path, said), at = _signer().loads(value, max_age=KEPT, return_timestamp=True)
            if path in ("/", _path_of(request.path)):
                found.append((at, name, path, [(kind, text) for kind, text in said]))
    return [(name, path, said) for _at, name, path, said in sorted(found)]


def _path_of(path: str) -> str:
    """The path of a page of ours as a browser sends it."""
    return quote(request.root_path + path, safe="/:@!$&'()*+,;=-._~")


def _target(location: str) -> str:
    """The path that an answer leads to; all of this site when it leads elsewhere."""
    parts = urlsplit(location)
    ours = not parts.netloc or parts.netloc == request.host
    return _path_of(unquote(parts.path).removeprefix(request.root_path)) if ours and parts.path else "/"
