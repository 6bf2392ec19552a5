"""How long a sign-in lasts. Law: what a page asks by itself neither prolongs a session nor writes its cookie.

A session is a signed cookie; each answer that sets it sets all of it, as it was when its request came. An answer under
way beside another would bring back what that one has taken away, or lose what it added: a session just ended, a notice
not shown yet. So it is set only when something in it has changed, or when somebody acts and it has become old.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature

KEPT_EXACTLY = 60
"""One part in so many of a session's time may pass until acting prolongs it again: ten minutes of ten hours."""


class DatedSession(SecureCookieSession):
    """A session that knows what its cookie brought, and when that was written (seconds since 1970)."""

    written_at: float = 0.0
    came: dict[str, Any]


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions in signed cookies, prolonged by what people do and by nothing else."""

    session_class = DatedSession

    def open_session(self, app: Flask, request: Request) -> DatedSession | None:
        """The session that the browser brought; an empty one when there is none, or its time is over."""
        signer, brought = self.get_signing_serializer(app), request.cookies.get(self.get_cookie_name(app))
        if signer is None:
            return None
        if not brought:
            return DatedSession()
        try:
            data, at = signer.loads(brought, int(app.permanent_session_lifetime.total_seconds()), return_timestamp=True)
        except BadSignature:
            return DatedSession()
        found = DatedSession(data)
        found.written_at, found.came = at.timestamp(), dict(data)
        return found

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Whether this answer writes the cookie (module's law)."""
        if session.modified:
            return True
        age = time.time() - getattr(session, "written_at", 0.0)
        exactly = app.permanent_session_lifetime.total_seconds() / KEPT_EXACTLY
        return bool(session.permanent) and age >= exactly and somebody_acts(request)


def somebody_acts(asked: Request) -> bool:
    """Whether a person opened a page or sent something; False for what a page reads by itself, pictures and scripts.

    Browsers say so (Fetch Metadata, W3C working draft 2021, 2.2) where the address is trustworthy; htmx always.
    """
    if asked.method not in ("GET", "HEAD"):
        return True
    return "HX-Request" not in asked.headers and asked.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
