"""`POST /api/v1/messages`: a message for a waiting case, or one that starts a case."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from flask import Blueprint, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from spectree import Response

from engine import api
from engine.errors import Unreadable
from web import intake, scope
from web.api import problems
from web.api.access import BEARER, caller, spec, unauthorised

LONGEST_KEY = 200


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

    state: Literal["delivered", "started", "kept", "duplicate", "gathered"]
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
        None,
        alias="Idempotency-Key",
        max_length=LONGEST_KEY,
        description="Not required. The same key and body get the same answer for 30 days, and nothing happens twice.",
    )


def add_to(blueprint: Blueprint) -> None:
    """Put the call on the blueprint."""
    blueprint.add_url_rule("/messages", "send", send, methods=["POST"])


def read_message(raw: bytes) -> Message:
    """The body, exact. Unreadable when it is no JSON; InvalidInput names the first field that does not fit."""
    try:
        found = json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        told = (
            f"{error.msg}, line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        )
        at = f"第 {error.lineno} 行第 {error.colno} 列" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(
            place="body",
            reason="this is not JSON" + (f" ({told})" if told else ""),
            reason_zh="不是有效的 JSON" + (f"（{at}）" if at else ""),
        ) from error
    try:
        return Message.model_validate(found)
    except ValidationError as error:
        raise problems.reason(error.errors()[0]) from error


def sent_key() -> str:
    """The request's idempotency key, empty when it has none; a quoted one (as RFC 8941 writes it) without its quotes.

    Unreadable when it is blank, too long or holds what a header must not.
    """
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return ""
    key = given.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1].strip()
    if not key or len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Unreadable(
            place="Idempotency-Key",
            reason=f"must be 1 to {LONGEST_KEY} printable ASCII characters",
            reason_zh=f"须为 1 至 {LONGEST_KEY} 个可打印的 ASCII 字符",
        )
    return key


@spec.validate(
    json=Message,
    headers=SenderHeaders,
    resp=Response(
        HTTP_200=Delivered, HTTP_400=Problem, HTTP_401=Problem, HTTP_403=Problem, HTTP_409=Problem, HTTP_422=Problem
    ),
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
    key, body = sent_key(), request.get_data()
    status, answer = scope.runtime().unit(lambda db: answered(db, key, body))
    return jsonify(answer), status


def answered(db: Any, key: str, body: bytes) -> tuple[int, Any]:
    """(status, body) of the answer: the one given before to this key, or a new one."""
    who = caller(db, "messages")
    earlier = api.earlier_answer(db, key, body, owner=who.id) if key else None
    if earlier is not None:
        return earlier
    answer = deliver(db, who, read_message(body))
    if key:
        api.keep_answer(db, key, 200, answer, owner=who.id)
    return 200, answer


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
