"""`POST /api/v1/messages`: a message for a waiting case, or one that starts a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from flask import Blueprint, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from spectree import Response

from engine import api
from engine.errors import InvalidInput
from web import intake
from web.api.access import BEARER, caller, spec, unauthorised
from web.scope import runtime
from web.tasks import sent_json


class Message(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=255, description="The message's name in the diagram.")
    business_key: str | None = Field(None, max_length=255, description="The case it is for, or starts.")
    correlation: dict[str, Any] = Field(default_factory=dict, description="Further keys that the case must match.")
    variables: dict[str, Any] = Field(default_factory=dict, description="What it carries. Decimals are kept exactly.")
    message_id: str | None = Field(None, max_length=200, description="The sender's id: the same id is taken once.")
    ttl_seconds: int | None = Field(None, ge=0, description="How long it is kept while nobody waits for it.")


class Delivered(BaseModel):
    """What became of it."""

    state: Literal["delivered", "started", "kept", "duplicate"]
    message: str = Field(description="Id of the message.")
    instance: str | None = Field(description="Id of the case that took it.")
    business_key: str | None


class Problem(BaseModel):
    """A fault (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: dict[str, list[str]] | None = None


class SenderHeaders(BaseModel):
    """Headers of a write."""

    idempotency_key: str | None = Field(
        None, alias="Idempotency-Key", description="The same key and body get the same answer, nothing twice."
    )


def add_to(blueprint: Blueprint) -> None:
    """Put the call on the blueprint."""
    blueprint.add_url_rule("/messages", "send", send, methods=["POST"])


def read_message() -> Message:
    """The body, exact. InvalidInput names the first field that does not fit."""
    try:
        return Message.model_validate(sent_json(request.get_data()))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise InvalidInput(place=place, reason=first["msg"], reason_zh=first["msg"]) from error


@spec.validate(
    json=Message,
    headers=SenderHeaders,
    resp=Response(HTTP_200=Delivered, HTTP_401=Problem, HTTP_403=Problem, HTTP_409=Problem, HTTP_422=Problem),
    tags=["messages"],
    security=BEARER,
    skip_validation=True,
    operation_id="sendMessage",
)
def send() -> Any:
    """Send a message.

    It goes to the one case that waits for it, starts a case where a message start event waits, or is kept for a
    while. An inquiry (`inquiry_received`) is checked by the process's own form and is given its number.
    """
    if not request.headers.get("Authorization"):
        return unauthorised()
    sent = request.headers.get("Idempotency-Key", "")[:200]
    with runtime().transaction() as db:
        who = caller(db, "messages")
        body = request.get_data()
        key = f"{who.id}:{sent}" if sent else ""
        earlier = api.earlier_answer(db, key, body) if key else None
        if earlier is not None:
            return jsonify(earlier[1]), earlier[0]
        answer = deliver(db, who, read_message())
        if key:
            api.keep_answer(db, key, body, 200, answer)
    return jsonify(answer)


def deliver(db: Any, who: api.Actor, message: Message) -> dict[str, Any]:
    """Hand the message over; returns the answer's body."""
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
