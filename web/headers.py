"""Headers of every answer: what a browser may load and do. Law: nothing from elsewhere, nothing inline."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_login import current_user

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)

WATERMARK = " ".join(
    f"'sha256-{one}'"
    for one in (
        "CA/eh4+2R0J7cEQ14gBMtx834RIOjzMUqCM+evtrkp4=",
        "r3vOsuepBDg6tz/cOusiNJ9Y4Lp9hGQTT7pzDks1Xxc=",
        "JpvvTIK7ulxf/3oA+AUuVbO9Labs8npGWGm9X9nGIWw=",
        "9OIpRRx0bq4t4s2zyqbocMNwedniLDaxLB+FlLIjNgM=",
        "GAdrtwahSjGXI0UQQnfyEVtPn+wfgQxvyrjyQuByfuU=",
        "ZG9bHUWWXDZyu7zfItuLwGK+cah/hweM0RfXpZpxZVM=",
    )
)
"""The style attributes of dmn-js's watermark, whose code its licence wants unchanged: these six and no others."""
WITH_TABLES = POLICY.replace("style-src 'self'", f"style-src 'self' 'unsafe-hashes' {WATERMARK}")
"""For pages that show decision tables by dmn-js."""

BY_LINK = frozenset({"disclosure", "entering", "outside", "portal", "setup"})
"""Rooms whose pages open to whoever has a link, or hold what nobody else is to find in a browser's store."""
FOR_EVERYBODY = frozenset({"public.inquiry", "complaints.write"})
"""What may stand in a search engine; nothing else of the house."""

KEPT = "public, max-age=31536000, immutable"
"""Of a file whose address changes with its content (`formats.asset`): a browser need never ask again."""


def add_to(app: Flask) -> None:
    """Put the headers on every answer of the application."""

    @app.after_request
    def headers(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Referrer-Policy", "same-origin")
        answer.headers.setdefault("X-Frame-Options", "DENY")
        answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        answer.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if app.config["SESSION_COOKIE_SECURE"]:
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if request.endpoint == "static" and "v" in request.args and answer.status_code == 200:
            answer.headers["Cache-Control"] = KEPT
        # what is sent as a file comes marked as anybody's to keep; only the pages' own files are
        if request.endpoint != "static" and (answer.cache_control.public or "Cache-Control" not in answer.headers):
            private = (bool(current_user) and current_user.is_authenticated) or is_by_link()
            answer.headers["Cache-Control"] = "no-store" if private else "no-cache"
        if request.endpoint not in FOR_EVERYBODY:
            answer.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return answer


def is_by_link() -> bool:
    """Whether the page is one behind a link: a browser keeps no copy of it."""
    return request.blueprint in BY_LINK or "token" in (request.view_args or {})
