"""Short messages through the house's gateway: a signed JSON request to the endpoint named `sms`.

The body: {"id", "to" (+86…), "text", "language"}. Which telecom takes it is the gateway's; what goes out is the
template's subject and, where there is one, its link: a text of one or two segments, never a letter.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import RecipientRefused
from engine.execution import runtime_of
from engine.outbox import Message
from engine.settings import Settings
from handlers import letters, names
from handlers.channels import signatures
from handlers.channels.posting import post
from handlers.channels.rendering import render
from handlers.channels.webhook import active
from handlers.records.tables import contact

GATEWAY, PURPOSE = "sms", "sms"
MOST_LETTERS = 134
"""Two segments of a Chinese text (67 letters each, GSM 03.40 with UCS-2)."""


def send(settings: Settings, session: Session, message: Message) -> None:
    """Hand one text to the gateway. The recipient: a telephone number, or the e-mail address of a contact who has one.

    RecipientRefused without a number or a gateway, DeliveryDelayed, TemplateWrong.
    """
    endpoint = active(session, "sms", GATEWAY)
    to = number_of(session, message.recipient)
    own, house = letters.own(session), letters.signature(session)
    text = render(settings, message.template, message.language, message.data, own, house)
    link = str(message.data.get("link_url") or "")
    said = text.subject[: MOST_LETTERS - len(link) - 1] + (f" {link}" if link else "")
    told = {"id": message.dedupe_key, "to": to, "text": said, "language": text.language}
    body = json.dumps(told, ensure_ascii=False).encode()
    signing_key = signatures.key(settings, PURPOSE, endpoint.name, endpoint.generation)
    signed = signatures.sign(signing_key, body, runtime_of(session).now())
    headers = {"Content-Type": "application/json; charset=utf-8", signatures.HEADER: signed}
    post("sms", to, endpoint.url, body, headers)


def number_of(session: Session, recipient: str) -> str:
    """The number of a recipient, with country code. RecipientRefused."""
    found: str | None = recipient
    if "@" in recipient:
        address = names.email_key(recipient) or recipient
        query = sa.select(contact.c.mobile).where(contact.c.email == address, contact.c.mobile.is_not(None))
        found = session.execute(query.limit(1)).scalar()
    number = names.phone_key(found) if found else None
    if number is None:
        raise RecipientRefused(channel="sms", recipient=recipient, reason="no telephone number is known")
    return number
