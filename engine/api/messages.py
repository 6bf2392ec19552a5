"""Messages and signals from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import incidents, subscriptions
from engine.advance import begin_by, broadcast, finish, locate, send_to
from engine.api import pausing
from engine.crashpoints import reached
from engine.errors import AmbiguousMessage
from engine.execution import runtime_of
from engine.identity import Actor
from engine.process.beginnings import trigger_name
from engine.store import tables as t
from engine.subscriptions import Mail, kept_for
from engine.unit import unit_of


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message; `instance_id` got it, or was started by it. `business_key`: of a duplicate, that of the
    message that came first. `gathered`: it is one of several triggers that a start event waits for, and the others
    are still to come.
    """

    state: Literal["delivered", "started", "kept", "duplicate", "gathered"]
    instance_id: int | None
    message: int
    business_key: str | None = None


def send_message(
    session: Session,
    actor: Actor,
    name: str,
    *,
    business_key: str | None = None,
    correlation: Mapping[str, object] | None = None,
    variables: Mapping[str, object] | None = None,
    message_id: str | None = None,
    ttl: timedelta | None = None,
) -> Delivery:
    """Bring a message to the place that waits for it, start a process by it, or keep it for a time.

    `message_id` makes delivery idempotent: the same id again changes nothing and answers `duplicate`.
    AmbiguousMessage when two places match: nothing is delivered then.
    """
    mail = Mail(name, business_key, correlation or {}, variables or {}, actor.id)
    message = subscriptions.remember(session, mail, message_id)
    if message is None:
        before = subscriptions.seen(session, message_id or "")
        return Delivery("duplicate", before.instance_id, before.id, before.business_key)
    unit = unit_of(session, actor.id)
    found = locate(unit, mail)
    if len(found) > 1:
        raise AmbiguousMessage(name=name, count=len(found))
    if not found:
        answering = pausing.answered(session, actor.id, name, business_key, None)
        if answering is not None:  # nothing awaits it but the clocks of paused tasks
            subscriptions.mark_delivered(session, message, answering)
            return Delivery("delivered", answering, message)
        subscriptions.keep(session, message, ttl)
        return Delivery("kept", None, message)
    instance_id = send_to(unit, found[0], mail)
    finish(unit)
    subscriptions.mark_delivered(session, message, instance_id)
    pausing.answered(session, actor.id, name, business_key, instance_id)
    if instance_id is None:
        return Delivery("gathered", None, message)
    return Delivery("delivered" if found[0].instance_id is not None else "started", instance_id, message)


def raise_signal(session: Session, actor: Actor, name: str, variables: Mapping[str, object] | None = None) -> int:
    """Broadcast a signal; returns how many instances caught it or were started by it."""
    unit = unit_of(session, actor.id)
    reached = broadcast(unit, name, variables or {}, None)
    finish(unit)
    return reached


def publish_facts(
    session: Session, actor: Actor, facts: Mapping[str, object], business_key: str | None = None
) -> list[int]:
    """Tell what is so outside any instance: processes whose conditional start event becomes true are started.

    BPMN 2.0 (§10.5.2) lets the condition of a start event look only at what lies outside the process, and leaves
    open how. Here it sees these facts and the calendar. It begins an instance when it turns from not true to true for
    a business key (none: for all the house), so that the same news twice starts nothing twice. Returns the instances.
    """
    unit = unit_of(session, actor.id)
    started = [
        begin_by(unit, target, "conditional", trigger_name(event), facts, business_key)
        for target, event in subscriptions.conditions_met(session, facts, business_key)
    ]
    finish(unit)
    return [id for id in started if id is not None]


def deliver_kept(session: Session, actor: Actor, names: list[str]) -> int:
    """Deliver kept messages for which there is a place now (a process was deployed, a wait opened meanwhile)."""
    return sum(deliver_one(session, actor, id, mail) for name in names for id, mail in kept_for(session, name))


def deliver_one(session: Session, actor: Actor, id: int, mail: Mail) -> bool:
    """Deliver one kept message if exactly one place is open for it, and nobody else has taken it.

    The instance is locked before the message, here as in a step that opens the place.
    """
    unit = unit_of(session, actor.id)
    found = locate(unit, mail)
    if len(found) != 1 or not subscriptions.take(session, id):
        return False
    reached("message.taken")
    subscriptions.mark_delivered(session, id, send_to(unit, found[0], mail))
    finish(unit)
    pausing.answered(session, actor.id, mail.name, mail.business_key, None)
    return True


def awaited_names(session: Session) -> list[str]:
    """Names of kept messages that somebody waits for by now."""
    return list(
        session.scalars(
            sa.select(t.message.c.name)
            .join(
                t.subscription,
                sa.and_(t.subscription.c.name == t.message.c.name, t.subscription.c.kind == "message"),
            )
            .where(t.message.c.state == "kept")
            .distinct()
        )
    )


def expire_kept(session: Session, limit: int = 100) -> int:
    """Kept messages past their time become incidents; returns how many."""
    now = runtime_of(session).now()
    rows = session.execute(
        sa.select(t.message.c.id, t.message.c.name, t.message.c.business_key)
        .where(t.message.c.state == "kept", t.message.c.expires_at <= now)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        session.execute(sa.update(t.message).where(t.message.c.id == row.id).values(state="expired"))
        texts = (
            f"{row.name} ({row.business_key or '—'}) was awaited by nobody",
            f"消息“{row.name}”（{row.business_key or '—'}）在保留期内无人接收",
        )
        incidents.raise_incident(session, "message", row.name, "MESSAGE_EXPIRED", texts)
    return len(rows)
