"""What is searched for, kept out of addresses. Law: a telephone number, an e-mail address or another long number that
somebody types into a search field stands in no address, hence in no log, history or forwarded link.

The fields of search send by POST; who types such a text into an address comes to the same place. In the address stands
a mark of it that this session alone can read: the text itself, sealed (AES-SIV, RFC 5297, so that a text has one mark)
under a key of the session. Nothing is kept between two requests: a cookie that another answer of the same moment writes
over would lose it. Names and business keys stand in addresses as before: a list of them can be kept and handed on.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import Blueprint, Flask, current_app, flash, has_request_context, redirect, request, session
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import ImmutableMultiDict

from web.auth import SECRET, safe_next
from web.rights import guarded

pages = Blueprint("searching", __name__)

FIELDS = ("q", "value")
"""What holds such a text: the field of search of every list, the value of a fact of cases."""
_KEY = re.compile(r"(?<!\d)(?:[A-Z]{2,3}-)?(?:19|20)\d\d-\d\d(?:-\d\d|\d\d)(?!\d)")
"""Business keys and days: long numbers that are nobody's."""
_PERSONAL = re.compile(r"@|\d(?:[\s().-]?\d){6,}")
_MARK = re.compile(r"~[\w-]{24,}", re.ASCII)
"""The least is one byte behind a tag of sixteen."""


def is_personal(text: str) -> bool:
    """Whether a text may be somebody's telephone number, e-mail address, or number of identity or account; a mark is
    none, whatever digits stand in it."""
    return _MARK.fullmatch(text) is None and _PERSONAL.search(_KEY.sub(" ", text)) is not None


def marked(text: str) -> str:
    """What stands in an address for a text: itself, or of a personal one the mark that this session can read."""
    if not is_personal(text):
        return text
    return "~" + urlsafe_b64encode(_seal().encrypt(text.encode(), None)).decode().rstrip("=")


def meant(text: str) -> str:
    """The text behind a mark, "" when it is not of this session; any other text as it is."""
    if not _MARK.fullmatch(text):
        return text
    try:
        return _seal().decrypt(urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)), None).decode()
    except (InvalidTag, ValueError):
        return ""


def _seal() -> AESSIV:
    """The session's own: it ends with what the cookie of the session carries and never writes."""
    secret = str(current_app.secret_key).encode()[:64]
    return AESSIV(blake2b(str(session.get(SECRET, "")).encode(), key=secret, person=b"searching").digest())


@pages.post("/searching")
@guarded("inbox")
def search() -> Any:
    """To the list `at` with what was asked for in its form; the address names nobody."""
    asked = request.form.items(multi=True)
    query = _without([(name, it.strip()[:200]) for name, it in asked if it and name not in ("at", "csrf_token")])
    path = safe_next(request.form.get("at")).partition("?")[0]
    return redirect(f"{path}?{urlencode(query)}" if query else path, 303)


def _without(query: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, marked(value) if name in FIELDS else value) for name, value in query]


def _arrive() -> Any:
    """Pages read the text itself; who comes with a personal one in the address is sent to its mark."""
    given = [text for name in FIELDS if (text := request.args.get(name, ""))]
    if request.method != "GET" or not given or request.path.startswith(("/api/", "/engine-rest")):
        return None
    if any(is_personal(text) for text in given) and current_user.is_authenticated:
        return redirect(f"{request.path}?{urlencode(_without(request.args.items(multi=True)))}")
    if any(_MARK.fullmatch(text) for text in given):
        asked = [(name, meant(text) if name in FIELDS else text) for name, text in request.args.items(multi=True)]
        if not all(text for name, text in asked if name in FIELDS) and current_user.is_authenticated:
            flash(_("What was searched for is known only to the session in which it was typed."), "info")
        request.args = ImmutableMultiDict(asked)
    return None


def _leave(_endpoint: str, values: dict[str, Any]) -> None:
    """Addresses that pages write carry the mark."""
    for name in FIELDS:
        if isinstance(values.get(name), str) and has_request_context() and current_user.is_authenticated:
            values[name] = marked(values[name])


def add_to(app: Flask) -> None:
    """From now on."""
    app.before_request(_arrive)
    app.url_defaults(_leave)
