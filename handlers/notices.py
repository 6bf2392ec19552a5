"""Letters and notices: put in the outbox in the step's transaction, once a dedupe key; sending is the engine's.

A client who refused contact gets answers to their own requests only. A neutral decline never gets a reason: its
data is cut down to the names, whatever the model hands over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.execution import runtime_of
from engine.registry import Context, handles
from engine.store import tables as engine_tables
from handlers import complaint_desk, consent, feedback, inputs, letters, names
from handlers.channels.rendering import headline
from handlers.records import interactions, parties, preferences
from handlers.records.interactions import Interaction
from handlers.records.tables import contact as contacts
from handlers.records.tables import party as party_table

ANSWERS = frozenset(
    {
        "inquiry_received", "intake_ineligible", "intake_declined", "kyc_neutral_decline", "decline_polite",
        "decline_neutral", "withdrawal_confirmed", "credit_rejected", "term_sheet", "term_sheet_reminder",
        "term_sheet_lapsed", "complaint_receipt", "complaint_answered", "complaint_final",
        "complaint_delayed",
        "question_answered", "covenant_certificate_request", "covenant_certificate_reminder", "covenant_lockup_notice",
        "covenant_breach_notice", "covenant_cure_reminder", "covenant_default_notice", "kyc_refresh_request",
        "kyc_refresh_reminder", "amendment_documents", "amendment_reminder", "amendment_declined", "amendment_active",
        "risk_item_request", "risk_item_overdue",
    }
)  # fmt: skip
"""Letters that answer what the client asked, and notices that a contract or the law requires: sent without a consent to
be contacted."""

TO_CLIENTS = frozenset({"email", "sms"})
"""Channels that reach people outside: consent and quiet hours hold, and the timeline shows what went."""

NEUTRAL = frozenset({"kyc_neutral_decline", "decline_neutral"})
"""Letters that must not tell more than that we do not go on (no tipping-off)."""

ABOUT_COMPLAINTS = frozenset({"complaint_receipt", "complaint_delayed"})
"""Letters that bear the link at which the sender sees how it stands."""

NEUTRAL_KEYS = frozenset({"client_name", "contact_name", "project_name", "project_key"})


@handles("notify.send", transactional=True)
def notify_send(
    ctx: Context,
    channel: str,
    template: str,
    to: object,
    data: Mapping[str, Any] | None = None,
    language: str | None = None,
    dedupe_key: str | None = None,
    party_id: object = None,
) -> Mapping[str, Any]:
    """Queue a notice.

    In: channel email|sms|in_app|webhook|chat, template (a file of handlers/templates), to: an e-mail address, a
    telephone number, a person's sign-in name, `team:<group>`, an endpoint's name, or a list of these; data for the
    template (`files`: ids of documents that go along by mail); language zh|en (null: the person's or the house's);
    dedupe_key (null: this job's key). Out: message_id (the dedupe key), state waiting|duplicate|no_consent|
    no_recipient. Never fails the process: what cannot be sent is said in `state` and in the audit. A client's quiet
    hours are kept.
    Idempotent by the dedupe key, one for each recipient.
    """
    key = inputs.text(dedupe_key) or ctx.job_key or f"{ctx.instance}:{ctx.element}:{template}"
    content = dict(data or {})
    if template in NEUTRAL:
        content = {name: value for name, value in content.items() if name in NEUTRAL_KEYS}
    states = []
    client = inputs.ident(party_id, "party_id")
    for recipient in _recipients(ctx, to):
        if channel in TO_CLIENTS and template not in ANSWERS and consent.refused(ctx.session, channel, recipient):
            states.append("no_consent")
            continue
        own_key = f"{key}:{channel}:{recipient}"[:255]
        state = ctx.outbox.add(
            channel,
            recipient,
            template,
            content | _footer(ctx, template, channel, recipient, own_key, client) | _status(ctx, template, content),
            dedupe_key=own_key,
            language=inputs.text(language),
            not_before=consent.not_before(ctx.session, channel, recipient, ctx.now, ctx.zone),
        )
        states.append(state)
        if state == "waiting" and channel in TO_CLIENTS:
            spoken = inputs.text(language) or "zh"
            _on_timeline(ctx, recipient, channel, template, spoken, content, client)
    told = next((one for one in ("waiting", "duplicate", "no_consent") if one in states), "no_recipient")
    if told in ("no_consent", "no_recipient"):
        ctx.audit("notice_not_sent", {"template": template, "to": str(to), "state": told})
    return {"message_id": key, "state": told}


def _recipients(ctx: Context, to: object) -> list[str]:
    found: list[str] = []
    for one in inputs.texts(to):
        found += ctx.people.members(one.removeprefix("team:")) if one.startswith("team:") else [one]
    return list(dict.fromkeys(found))


def _footer(
    ctx: Context, template: str, channel: str, recipient: str, key: str, party_id: int | None
) -> dict[str, Any]:
    """The link by which a client answers a letter of ours; a neutral one invites no question."""
    client = party_id if party_id is not None else _client_of(ctx, recipient)
    if channel != "email" or client is None or template in NEUTRAL:
        return {}
    return {"feedback_url": feedback.url(runtime_of(ctx.session).settings, feedback.Letter(client, recipient, key))}


def _status(ctx: Context, template: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The link at which the sender of a complaint sees how it stands, in letters about it."""
    key = content.get("complaint_key") if template in ABOUT_COMPLAINTS else None
    return {"status_url": complaint_desk.url(runtime_of(ctx.session).settings, str(key))} if key else {}


def _on_timeline(
    ctx: Context,
    address: str,
    channel: str,
    template: str,
    language: str,
    data: Mapping[str, Any],
    party_id: int | None,
) -> None:
    client = party_id if party_id is not None else _client_of(ctx, address)
    if client is None:
        return
    interactions.add(
        ctx.session,
        Interaction(
            party_id=parties.get(ctx.session, client).id,
            at=ctx.now,
            channel=channel,
            direction="out",
            person=inputs.text(data.get("contact_name")),
            subject=headline(template, language, data, ctx.zone, letters.own(ctx.session)),
            by=f"process:{ctx.process or 'direct'}",
            instance=ctx.instance,
            element=ctx.element,
        ),
    )


def _client_of(ctx: Context, address: str) -> int | None:
    """The client that an address or a number belongs to; one of our own people belongs to none."""
    number = names.phone_key(address)
    if "@" not in address and number is not None:
        return next((one.party_id for one in preferences.reached_by(ctx.session, number)), None)
    email = names.email_key(address)
    staff = sa.select(engine_tables.person.c.id).where(engine_tables.person.c.email == email)
    if email is None or ctx.session.execute(staff).first() is not None:
        return None
    person = sa.select(contacts.c.party_id).where(contacts.c.email == email)
    own = sa.select(party_table.c.id).where(party_table.c.email == email)
    return ctx.session.execute(person.union(own).limit(1)).scalar()
