"""What is read at all, before any page. Law: what somebody unknown sends costs little; what no database keeps goes no
further.

Reading a form takes seconds when it is twenty megabytes of `a=1&a=1&…`; files come as multipart, so that a form of
somebody who is not signed in is small. NUL stands in no text of PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, abort, request, session
from flask_babel import gettext as _

URLENCODED = "application/x-www-form-urlencoded"
MOST_UNKNOWN = 1_000_000
"""Bytes of a form of somebody who is not signed in."""


def add_before_forms(app: Flask) -> None:
    """Bound what is read; before whatever else reads a form."""

    @app.before_request
    def bound() -> None:
        if request.mimetype == URLENCODED and "_user_id" not in session:
            request.max_content_length = min(MOST_UNKNOWN, request.max_content_length or MOST_UNKNOWN)


def add_after_forms(app: Flask) -> None:
    """Refuse NUL; after the form's token was looked at."""

    @app.before_request
    def readable() -> None:
        if "\0" in request.path:
            abort(404)
        if _has_nul(request.args.values()) or (not request.is_json and _has_nul(_typed())):
            abort(400, description=_("It holds a character that cannot be kept (NUL)."))


def _typed() -> Iterable[str]:
    """What a form says; calls of programs read their own."""
    if request.blueprint in (None, "api_v1") or request.path.startswith("/engine-rest"):
        return ()
    return request.form.values()


def _has_nul(texts: Iterable[str]) -> bool:
    return any("\0" in one for one in texts)
