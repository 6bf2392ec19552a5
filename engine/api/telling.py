"""What programs are told of: verbs over `engine.forwarding`, audited. Who may is a matter of the caller's scope."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from engine import audit, forwarding
from engine.errors import Forbidden, NotFound
from engine.identity import Actor

SCOPE = "webhooks"


def subscribe(
    session: Session, actor: Actor, name: str, kinds: Collection[str], process_key: str | None = None
) -> None:
    """Tell the endpoint what happens from now on. Forbidden without the scope or an administrator's right."""
    _require(actor)
    forwarding.subscribe(session, actor.id, name, kinds, process_key)
    data = {"kinds": sorted(kinds), "process_key": process_key}
    audit.append(session, f"webhook:{name}", actor.id, "subscribed", data)


def unsubscribe(session: Session, actor: Actor, name: str) -> None:
    """Tell it nothing any more. NotFound, Forbidden."""
    _require(actor)
    if not forwarding.unsubscribe(session, name):
        raise NotFound(what="webhook", id=name)
    audit.append(session, f"webhook:{name}", actor.id, "unsubscribed", {})


def replay(session: Session, actor: Actor, name: str, since: datetime) -> None:
    """Tell it everything since a moment once more. NotFound, Forbidden; InvalidInput for a moment to come."""
    _require(actor)
    forwarding.replay(session, name, since)
    audit.append(session, f"webhook:{name}", actor.id, "replayed", {"since": since})


def subscriptions(session: Session, actor: Actor) -> list[forwarding.Subscription]:
    """All of them by name. Forbidden."""
    _require(actor)
    return forwarding.every(session)


def _require(actor: Actor) -> None:
    if not actor.is_admin and SCOPE not in actor.scopes:
        raise Forbidden(reason=f"the scope “{SCOPE}” is needed", reason_zh=f"需要“{SCOPE}”权限")
