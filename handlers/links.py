"""One-time links for people outside the house: bound to one business key, one message, one form, until a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engine.errors import InvalidInput
from engine.execution import runtime_of
from engine.registry import Context, handles
from handlers import inputs
from handlers.records import links
from handlers.records.changes import once

PATH = "/link/"
"""Where web answers links; the token follows."""


@handles("client.open_link", transactional=True)
def client_open_link(
    ctx: Context,
    form: str,
    message: str,
    party_id: object = None,
    valid_days: object = 10,
    correlation: object = None,
    given: object = None,
) -> Mapping[str, Any]:
    """Make a link by which somebody fills a form of this process once; sending it in raises the message.

    In: form (id, in the package of the process that asks), message (name), party_id (who fills it, if the book knows
    them), valid_days, correlation (a context: which of several that wait under this business key is meant), given (a
    context: what the form shows filled in; without it, what the book knows of the party and the project). Out: link_id,
    link_url (with the token, which the process and the letter hold; the table of links has its SHA-256 alone). Errors:
    InvalidInput for an unreadable number of days, or a context that is none. Idempotent by job key.
    """

    def open_link() -> Mapping[str, Any]:
        days = inputs.whole(valid_days, "valid_days") or 10
        link_id, token = links.create(
            ctx.session,
            business_key=ctx.business_key or "",
            party_id=inputs.ident(party_id, "party_id"),
            form=form,
            message=message,
            process=ctx.process or None,
            correlation=_context(correlation, "correlation"),
            given=_context(given, "given"),
            now=ctx.now,
            expires_at=ctx.now + timedelta(days=days),
        )
        base = runtime_of(ctx.session).settings.base_url.rstrip("/")
        return {"link_id": str(link_id), "link_url": f"{base}{PATH}{token}"}

    return once(ctx.session, ctx.job_key, "client.open_link", ctx.now, open_link)


def _context(value: object, place: str) -> Mapping[str, Any] | None:
    if value is None or isinstance(value, Mapping):
        return value
    raise InvalidInput(place=place, reason=f"not a context: {value}", reason_zh=f"不是上下文：{value}")
