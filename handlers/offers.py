"""Term sheets to clients: one letter with two one-time links, one to accept and one to answer otherwise. Law: the links
belong to one offer; once another version went out, an answer to the earlier one reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.errors import NotFound
from engine.execution import runtime_of
from engine.ids import new_id
from engine.registry import Context, handles
from handlers import inputs
from handlers.links import PATH
from handlers.notices import notify_send
from handlers.records import documents, links
from handlers.records.changes import once
from handlers.records.documents import Document

ANSWER_DAYS = 30


@handles("offer.send", transactional=True)
def offer_send(
    ctx: Context,
    email: object,
    client_name: str,
    accept_form: str,
    counter_form: str,
    plan_version: object = None,
    party_id: object = None,
    contact_name: object = None,
    project_name: object = None,
    project_key: object = None,
    language: object = None,
    approval_valid_until: object = None,
    sheet_file: object = None,
) -> Mapping[str, Any]:
    """Send the term sheet with its links.

    In: email, client_name, contact_name, project_name, project_key, language (zh), plan_version, party_id,
    approval_valid_until, sheet_file; accept_form, counter_form: the forms behind the links.
    Out: offer_id (what answers correlate on), accept_url, counter_url, offer_until: the earlier of 30 days and the
    approval's end. Idempotent by job key.
    """

    def send() -> Mapping[str, Any]:
        offer, until = str(new_id()), inputs.today(ctx) + timedelta(days=ANSWER_DAYS)
        valid = inputs.day(approval_valid_until, "approval_valid_until")
        until = min(until, valid) if valid is not None else until
        base = runtime_of(ctx.session).settings.base_url.rstrip("/")
        answers = {
            "accept_url": (accept_form, "term_sheet_accepted"),
            "counter_url": (counter_form, "term_sheet_countered"),
        }
        sheet = _sheet(ctx, sheet_file)
        given = {links.PAPER: str(sheet.id)} if sheet is not None else {}
        urls = {name: f"{base}{PATH}{_link(ctx, offer, until, party_id, given, *one)}" for name, one in answers.items()}
        data = {
            "client_name": client_name, "contact_name": inputs.text(contact_name),
            "project_name": inputs.text(project_name), "project_key": inputs.text(project_key) or ctx.business_key,
            "plan_version": inputs.whole(plan_version, "plan_version"), "sheet_online": sheet is not None,
            "sheet_file": sheet.name if sheet is not None else inputs.text(sheet_file), "offer_until": until, **urls,
        }  # fmt: skip
        spoken = inputs.text(language) or "zh"
        notify_send(ctx, "email", "term_sheet", email, data, language=spoken, party_id=party_id)
        return {"offer_id": offer, "offer_until": until, **urls}

    return once(ctx.session, ctx.job_key, "offer.send", ctx.now, send)


def _sheet(ctx: Context, sheet_file: object) -> Document | None:
    """The term sheet, where it is a document of the book and not one that was made by hand elsewhere."""
    number = inputs.text(sheet_file)
    try:
        return documents.get(ctx.session, number) if number else None
    except NotFound:
        return None


def _link(
    ctx: Context, offer: str, until: date, party_id: object, given: Mapping[str, Any], form: str, message: str
) -> str:
    """A link's token; it opens until the end of the offer's last day."""
    _, token = links.create(
        ctx.session,
        business_key=ctx.business_key or "",
        party_id=inputs.ident(party_id, "party_id"),
        form=form,
        message=message,
        process=ctx.process or None,
        correlation={"offer_id": offer},
        given=given,
        now=ctx.now,
        expires_at=datetime.combine(until + timedelta(days=1), time(), ctx.zone),
    )
    return token
