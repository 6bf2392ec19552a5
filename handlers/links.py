"""One-time links for clients: bound to one business key, one message, one form, until a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engine.execution import runtime_of
from engine.registry import Context, handles
from handlers import inputs
from handlers.records import links
from handlers.records.changes import once

PATH = "/link/"
"""Where web answers links; the token follows."""


@handles("client.open_link", transactional=True)
def client_open_link(
    ctx: Context, form: str, message: str, party_id: object, valid_days: object = 10
) -> Mapping[str, Any]:
    """Make a link by which the client fills a form once; sending it in raises the message on this business key.

    In: form (id), message (name), party_id, valid_days. Out: link_id, link_url (with the token, which the process
    and the letter hold; the table of links has its SHA-256 alone). Errors: InvalidInput for an unreadable number of
    days. Idempotent by job key.
    """

    def open_link() -> Mapping[str, Any]:
        days = inputs.whole(valid_days, "valid_days") or 10
        client = inputs.ident(party_id, "party_id")
        link_id, token = links.create(
            ctx.session,
            business_key=ctx.business_key or "",
            party_id=client if client is not None else 0,
            form=form,
            message=message,
            now=ctx.now,
            expires_at=ctx.now + timedelta(days=days),
        )
        base = runtime_of(ctx.session).settings.base_url.rstrip("/")
        return {"link_id": str(link_id), "link_url": f"{base}{PATH}{token}"}

    return once(ctx.session, ctx.job_key, "client.open_link", ctx.now, open_link)
