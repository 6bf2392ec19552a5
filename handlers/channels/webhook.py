"""Messages to programs: JSON over HTTP, signed. The recipient is the name of an endpoint (`dealflow channel add`).

The body: id (the dedupe key: the same for every attempt), event (the template's name), language, created_at, business
data as `data` (amounts as text), and subject and text where there is such a template. A partner checks
`Dealflow-Signature` with the key that it was told, and drops an `id` that it has seen.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import RecipientRefused, TemplateWrong
from engine.execution import runtime_of
from engine.outbox import Message
from engine.settings import Settings
from handlers import letters
from handlers.channels import signatures
from handlers.channels.posting import post
from handlers.channels.rendering import exists, render
from handlers.records import endpoints
from handlers.records.endpoints import Endpoint

PURPOSE = "webhook"


def send(settings: Settings, session: Session, message: Message) -> None:
    """Hand one message to its endpoint. RecipientRefused for an unknown or switched-off one and for what it refuses,
    DeliveryDelayed when it does not answer now, TemplateWrong."""
    endpoint = active(session, "webhook", message.recipient)
    body = json.dumps(content(settings, session, message), ensure_ascii=False, default=_plain).encode()
    signing_key = signatures.key(settings, PURPOSE, endpoint.name, endpoint.generation)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Dealflow",
        "Idempotency-Key": message.dedupe_key.encode("ascii", "backslashreplace").decode(),
        signatures.HEADER: signatures.sign(signing_key, body, runtime_of(session).now()),
    }
    post("webhook", endpoint.name, endpoint.url, body, headers)


def active(session: Session, channel: str, name: str) -> Endpoint:
    """The endpoint of a name. RecipientRefused when there is none that is switched on."""
    endpoint = endpoints.find(session, name)
    if endpoint is None or endpoint.channel != channel or not endpoint.active:
        raise RecipientRefused(channel=channel, recipient=name, reason="no such endpoint is switched on")
    return endpoint


def content(settings: Settings, session: Session, message: Message) -> dict[str, Any]:
    """What the partner is told. TemplateWrong."""
    told: dict[str, Any] = {
        "id": message.dedupe_key,
        "event": message.template,
        "language": message.language,
        "created_at": message.created_at,
        "data": dict(message.data),
    }
    if exists(message.template):
        own, house = letters.own(session), letters.signature(session)
        text = render(settings, message.template, message.language, message.data, own, house)
        told |= {"subject": text.subject, "text": text.body}
    elif not message.template:
        raise TemplateWrong(template=message.template, language=message.language, reason="it has no name")
    return told


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else repr(value)
