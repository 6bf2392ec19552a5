"""Webhooks over REST: events posted to an address, signed, tried again, and told once more when asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from engine import api
from engine.errors import InvalidInput, NotFound
from handlers.channels import posting, signatures, webhook
from handlers.records import endpoints
from handlers.records.changes import Stamp
from web.api.calls import Asked, Call, Strict, read_cursor, written_cursor
from web.scope import runtime

PROGRAMS = "api:"
"""Beginning of who made an endpoint over REST."""

EventKind = Literal["entered", "left", "took", "cancelled", "threw", "decided", "set"]


class Webhook(BaseModel):
    name: str
    url: str
    kinds: list[str] = Field(description="Of events; none: all.")
    process: str | None
    told_at: datetime = Field(description="Events up to here were handed over.")
    active: bool


class Webhooks(BaseModel):
    items: list[Webhook]
    next: str | None


class WantedWebhook(Strict):
    url: str = Field(min_length=8, max_length=2000, pattern=r"^https?://[^\s/?#]+[^\s]*$")
    kinds: list[EventKind] = Field(default_factory=list, max_length=50, description="Of events; none: all.")
    process: str | None = Field(None, max_length=255, description="Only this process's events.")


class Made(Webhook):
    signing_key: str = Field(description="Told once: HMAC-SHA-256 over `<t>.<body>`, see `Dealflow-Signature`.")


class Since(BaseModel):
    model_config = {"extra": "forbid"}

    since: AwareDatetime


class Gone(BaseModel):
    name: str


def listed(db: Any, who: api.Actor, asked: Asked) -> Mapping[str, Any]:
    """List webhooks by name."""
    after = read_cursor(asked.cursor, str)
    rows = sorted(api.subscriptions(db, who), key=lambda one: one.name)
    rows = [one for one in rows if after is None or one.name > after[0]]
    shown = rows[: asked.limit]
    return {
        "items": [_shown(db, one) for one in shown],
        "next": written_cursor([shown[-1].name]) if len(rows) > asked.limit else None,
    }


def put(db: Any, who: api.Actor, body: WantedWebhook, name: str) -> Mapping[str, Any]:
    """Make a webhook, or change it: it is told what happens from now on.

    Every change gives a new signing key, which this answer tells once. The name of a gateway or an address that the
    house itself keeps is refused.
    """
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii() or len(name) > 100:
        raise InvalidInput(place="name", reason="letters, digits, - and _ only", reason_zh="只能使用字母、数字、- 和 _")
    standing = endpoints.find(db, name)
    if standing is not None and not standing.created_by.startswith(PROGRAMS):
        raise InvalidInput(place="name", reason="an endpoint of the house has it", reason_zh="该名称已用于本机构的通道")
    stamp = Stamp(by=who.id, at=runtime().now(), source="api")
    endpoint = endpoints.put(db, name, "webhook", posting.checked(body.url), stamp)
    api.subscribe(db, who, name, body.kinds, body.process)
    shown = next(_shown(db, one) for one in api.subscriptions(db, who) if one.name == name)
    return {**shown, "signing_key": signatures.key(runtime().settings, webhook.PURPOSE, name, endpoint.generation)}


def remove(db: Any, who: api.Actor, name: str) -> Mapping[str, Any]:
    """Remove a webhook: nothing is told to it any more."""
    api.unsubscribe(db, who, name)
    endpoints.switch_off(db, name)
    return {"name": name}


def replay(db: Any, who: api.Actor, body: Since, name: str) -> Mapping[str, Any]:
    """Tell everything since a moment once more; `data.event_id` stays the same."""
    api.replay(db, who, name, body.since)
    return next(_shown(db, one) for one in api.subscriptions(db, who) if one.name == name)


def _shown(db: Any, one: Any) -> dict[str, Any]:
    endpoint = endpoints.find(db, one.name)
    if endpoint is None:
        raise NotFound(what="webhook", id=one.name)
    told = {"name": one.name, "kinds": list(one.kinds), "process": one.process_key, "told_at": one.told_at}
    return {**told, "url": endpoint.url, "active": endpoint.active}


CALLS = (
    Call("GET", "/webhooks", "listWebhooks", "webhooks", "webhooks", Webhooks, listed, query=Asked),
    Call("PUT", "/webhooks/<name>", "putWebhook", "webhooks", "webhooks", Made, put,
         body=WantedWebhook, secret=True),
    Call("DELETE", "/webhooks/<name>", "deleteWebhook", "webhooks", "webhooks", Gone, remove),
    Call("POST", "/webhooks/<name>/replay", "replayWebhook", "webhooks", "webhooks", Webhook, replay, body=Since),
)  # fmt: skip
