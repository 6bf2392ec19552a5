"""`POST /api/v1/messages`: a message for a waiting case, or one that starts a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field

from engine import api
from web import intake
from web.api.calls import Call, Strict


class Message(Strict):
    """What is sent."""

    name: str = Field(min_length=1, max_length=255, description="The message's name in the diagram.")
    business_key: str | None = Field(None, max_length=255, description="The case it is for, or starts.")
    correlation: dict[str, Any] = Field(default_factory=dict, description="Further keys that the case must match.")
    variables: dict[str, Any] = Field(default_factory=dict, description="What it carries. Decimals are kept exactly.")
    message_id: str | None = Field(None, max_length=200, description="The sender's id: the same id is taken once.")
    ttl_seconds: int | None = Field(
        None, ge=0, le=315_360_000, description="How long it is kept while nobody waits for it."
    )


class Delivered(BaseModel):
    """What became of it."""

    state: Literal["delivered", "started", "kept", "duplicate", "gathered"]
    message: str = Field(description="Id of the message.")
    instance: str | None = Field(description="Id of the case that took it.")
    business_key: str | None


def send(db: Any, who: api.Actor, message: Message) -> dict[str, Any]:
    """Send a message.

    It goes to the one case that waits for it, starts a case where a message start event waits, or is kept for a
    while. An inquiry (`inquiry_received`) is checked by the process's own form and is given its number.
    """
    key = message.business_key
    if message.name == intake.MESSAGE:
        key, delivery = intake.take(
            db, who, message.variables, source="api", message_id=message.message_id, business_key=key
        )
    else:
        delivery = api.send_message(
            db,
            who,
            message.name,
            business_key=key,
            correlation=message.correlation,
            variables=message.variables,
            message_id=message.message_id,
            ttl=None if message.ttl_seconds is None else timedelta(seconds=message.ttl_seconds),
        )
    return {
        "state": delivery.state,
        "message": str(delivery.message),
        "instance": None if delivery.instance_id is None else str(delivery.instance_id),
        "business_key": key,
    }


CALLS = (Call("POST", "/messages", "sendMessage", "messages", "messages", Delivered, send, body=Message),)
