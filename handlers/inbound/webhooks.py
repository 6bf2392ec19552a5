"""Messages from programs: signed JSON from an endpoint that we know.

The body: id*, sender* (e-mail or telephone), text*, subject, sender_name, thread, route inquiry|complaint|suggestion,
language. It is signed as our own webhooks are (`handlers.channels.signatures`), with the endpoint's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy.orm import Session

from engine.errors import Forbidden, InvalidInput
from engine.execution import runtime_of
from handlers import inputs
from handlers.channels import signatures
from handlers.channels.webhook import PURPOSE
from handlers.inbound.receiving import Incoming, Received, receive
from handlers.records import endpoints


def take(session: Session, name: str, signature: str, body: bytes) -> Received:
    """A message of the endpoint `name`. Forbidden for an unknown endpoint and a signature that does not hold;
    InvalidInput names the field."""
    runtime = runtime_of(session)
    endpoint = endpoints.find(session, name)
    known = endpoint is not None and endpoint.active and endpoint.channel == "webhook"
    generation = endpoint.generation if endpoint is not None else 1
    signing_key = signatures.key(runtime.settings, PURPOSE, name, generation)
    if not signatures.holds(signing_key, signature, body, runtime.now()) or not known:
        raise Forbidden(reason="the signature does not hold", reason_zh="签名无效")
    told = _read(body)
    return receive(
        session,
        Incoming(
            channel="webhook",
            external_id=f"{name}:{_needed(told, 'id')}",
            thread=f"{name}:{inputs.text(told.get('thread')) or _needed(told, 'id')}",
            sender=_needed(told, "sender"),
            sender_name=inputs.text(told.get("sender_name")),
            subject=inputs.text(told.get("subject")) or "",
            text=_needed(told, "text"),
            at=runtime.now(),
            route=inputs.text(told.get("route")),
            language=inputs.text(told.get("language")) or runtime.settings.language,
        ),
    )


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(place="body", reason=f"is no JSON: {error}", reason_zh=f"不是 JSON：{error}") from error
    if not isinstance(told, Mapping):
        raise InvalidInput(place="body", reason="is no object", reason_zh="不是 JSON 对象")
    return told


def _needed(told: Mapping[str, Any], name: str) -> str:
    found = inputs.text(told.get(name))
    if found is None:
        raise InvalidInput(place=name, reason="is missing", reason_zh="未填写")
    return found
