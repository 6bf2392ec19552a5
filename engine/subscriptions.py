"""Who waits for which message or signal, and messages that nobody awaits yet. Law: two matches is an error.

A message matches a waiting place when the names agree, when the business key it carries (if any) is the instance's,
and when every correlation value that the place asks for is carried. Extra values of the message are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import calendars
from engine.definitions import Package
from engine.definitions import package as package_of
from engine.errors import AmbiguousMessage, ModelError
from engine.execution import runtime_of
from engine.feel import Moment
from engine.ids import new_id
from engine.instances import Live
from engine.process.beginnings import beginnings, trigger_name
from engine.process.businesstime_functions import HostFunctions
from engine.process.contract import Env
from engine.process.expressions import names_read
from engine.process.model import Definition, EventDefinition
from engine.process.waits import MessageWait, SignalWait
from engine.store import tables as t
from engine.store import upsert


@dataclass(frozen=True, slots=True)
class Mail:
    """A message on its way to a waiting place or a start event."""

    name: str
    business_key: str | None = None
    correlation: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: a wait of an instance, or a start event of a definition."""

    instance_id: int | None
    wait: int | None
    definition_id: int | None
    element: str


def open_wait(session: Session, live: Live, wait: MessageWait | SignalWait) -> None:
    """Write the row of a MessageWait or SignalWait."""
    message = isinstance(wait, MessageWait)
    session.execute(
        sa.insert(t.subscription).values(
            id=new_id(),
            kind="message" if message else "signal",
            name=wait.name,
            instance_id=live.id,
            wait=wait.id,
            process_key=live.package.key,
            element=wait.element,
            business_key=live.business_key,
            correlation=dict(wait.correlation) if isinstance(wait, MessageWait) else None,
        )
    )


def find(session: Session, mail: Mail) -> Target | None:
    """The one place that the message is for; AmbiguousMessage when there are several; None when there is none."""
    found = matches(session, mail)
    if len(found) > 1:
        raise AmbiguousMessage(name=mail.name, count=len(found))
    return found[0] if found else None


def matches(session: Session, mail: Mail) -> list[Target]:
    """Every place that the message fits: waiting ones before start events.

    What a suspended instance waits for is kept for it: it is neither given the message nor passed over. A suspended
    process is not started by it.
    """
    query = (
        sa.select(t.subscription, t.instance.c.state)
        .outerjoin(t.instance, t.instance.c.id == t.subscription.c.instance_id)
        .outerjoin(t.definition, t.definition.c.id == t.subscription.c.definition_id)
        .where(t.subscription.c.kind == "message", t.subscription.c.name == mail.name, _not_resting())
    )
    if mail.business_key is not None:
        starts, mine = t.subscription.c.instance_id.is_(None), t.subscription.c.business_key == mail.business_key
        query = query.where(sa.or_(starts, mine))
    rows = session.execute(query).all()
    waiting = [row for row in rows if row.instance_id is not None and _fits(row, mail)]
    if len(waiting) == 1 and waiting[0].state == "suspended":
        return []
    found = waiting or [row for row in rows if row.instance_id is None]
    return [Target(row.instance_id, row.wait, row.definition_id, row.element) for row in found]


def _not_resting() -> sa.ColumnElement[bool]:
    """Not a start event of a suspended version; `definition` is joined from outside."""
    return sa.or_(t.subscription.c.instance_id.is_not(None), t.definition.c.suspended.is_(False))


def _fits(row: Any, mail: Mail) -> bool:
    if mail.business_key is not None and row.business_key != mail.business_key:
        return False
    wanted = row.correlation or {}
    return all(key in mail.correlation and mail.correlation[key] == value for key, value in wanted.items())


def remember(session: Session, mail: Mail, message_id: str | None) -> int | None:
    """Write the message's row before anything is done with it; None when the message id has been here before.

    It says `delivered` without an instance until `mark_delivered` or `keep` says more.
    """
    id = new_id()
    insert = upsert(session, t.message).values(
        id=id,
        name=mail.name,
        business_key=mail.business_key,
        correlation=dict(mail.correlation),
        variables=dict(mail.variables),
        message_id=message_id,
        received_at=runtime_of(session).now(),
        state="delivered",
        source=mail.source or None,
    )
    inserted = insert.on_conflict_do_nothing(index_elements=["message_id"]).returning(t.message.c.id)
    return session.execute(inserted).scalar()


def keep(session: Session, message: int, ttl: timedelta | None = None) -> None:
    """Nobody awaits the message: it is delivered when somebody does, or expires as an incident."""
    runtime = runtime_of(session)
    expires = runtime.now() + (ttl or timedelta(days=runtime.settings.message_ttl_days))
    session.execute(sa.update(t.message).where(t.message.c.id == message).values(state="kept", expires_at=expires))


def seen(session: Session, message_id: str) -> Any:
    """The message that came before with this message id."""
    return session.execute(
        sa.select(t.message.c.id, t.message.c.state, t.message.c.instance_id, t.message.c.business_key).where(
            t.message.c.message_id == message_id
        )
    ).first()


def kept_for(session: Session, name: str, business_key: str | None = None) -> list[tuple[int, Mail]]:
    """Messages of that name that are kept, oldest first; with a business key those that carry it or none."""
    query = sa.select(t.message).where(
        t.message.c.state == "kept", t.message.c.name == name, t.message.c.expires_at > runtime_of(session).now()
    )
    if business_key is not None:
        query = query.where(sa.or_(t.message.c.business_key.is_(None), t.message.c.business_key == business_key))
    rows = session.execute(query.order_by(t.message.c.received_at, t.message.c.id)).all()
    return [(r.id, Mail(r.name, r.business_key, r.correlation or {}, r.variables or {}, r.source or "")) for r in rows]


def take(session: Session, message: int) -> bool:
    """Claim a kept message for delivery; False when somebody else has taken it."""
    done = session.execute(
        sa.update(t.message).where(t.message.c.id == message, t.message.c.state == "kept").values(state="delivered")
    )
    return bool(getattr(done, "rowcount", 0))


def mark_delivered(session: Session, message: int, instance_id: int | None) -> None:
    """The message reached this instance, or started it; None: it waits as a trigger beside others (`gathering`)."""
    session.execute(sa.update(t.message).where(t.message.c.id == message).values(instance_id=instance_id))


def signal_targets(session: Session, name: str) -> tuple[list[int], list[Target]]:
    """Instances that wait for the signal, and start events that it triggers; what is suspended hears nothing."""
    rows = session.execute(
        sa.select(t.subscription)
        .outerjoin(t.instance, t.instance.c.id == t.subscription.c.instance_id)
        .outerjoin(t.definition, t.definition.c.id == t.subscription.c.definition_id)
        .where(
            t.subscription.c.kind == "signal",
            t.subscription.c.name == name,
            _not_resting(),
            sa.or_(t.instance.c.id.is_(None), t.instance.c.state == "active"),
        )
    ).all()
    running = sorted({row.instance_id for row in rows if row.instance_id is not None})
    starts = [Target(None, None, row.definition_id, row.element) for row in rows if row.instance_id is None]
    return running, starts


def subscribe_starts(session: Session, package: Package) -> list[str]:
    """The newest version takes over the message, signal and condition starts of its process; returns the message
    names. What a condition was known to hold for stays known where the condition is the same."""
    starts = sa.and_(t.subscription.c.process_key == package.key, t.subscription.c.instance_id.is_(None))
    former = session.execute(sa.select(t.subscription).where(starts, t.subscription.c.kind == "condition")).all()
    held = {(row.element, row.correlation["text"]): row.correlation["held"] for row in former}
    session.execute(sa.delete(t.subscription).where(starts))
    mine = {"definition_id": package.id, "process_key": package.key}
    for kind, name, element in dict.fromkeys(_named_starts(package.definition)):
        values = {**mine, "kind": kind, "name": name, "element": element}
        session.execute(sa.insert(t.subscription).values(id=new_id(), **values))
    for node, number, event in beginnings(package.definition):
        if event.kind == "conditional":
            text = trigger_name(event)
            known = {"text": text, "held": held.get((node.id, text), [])}
            values = {**mine, "kind": "condition", "name": str(number), "element": node.id, "correlation": known}
            session.execute(sa.insert(t.subscription).values(id=new_id(), **values))
    return list(dict.fromkeys(name for kind, name, _ in _named_starts(package.definition) if kind == "message"))


def _named_starts(definition: Definition) -> Iterator[tuple[str, str, str]]:
    """(`message` | `signal`, name, element) of everything that starts the process by name."""
    for node, _, event in beginnings(definition):
        if event.kind in ("message", "signal") and event.ref:
            yield event.kind, event.ref, node.id


def conditions_met(
    session: Session, facts: Mapping[str, object], business_key: str | None
) -> list[tuple[Target, EventDefinition]]:
    """Start events whose condition has become true with these facts, for this business key.

    A condition that reads none of the facts is not asked; one that was true for the key already is not met again
    until it was false between; one that fails does not hold.
    """
    runtime = runtime_of(session)
    env = Env(runtime.now(), runtime.zone, calendars.calendar(session))
    at = Moment(now=env.now, zone=env.zone, functions=HostFunctions(env, None))
    conditions = t.subscription.c.kind == "condition"
    query = (
        sa.select(t.subscription)
        .join(t.definition, t.definition.c.id == t.subscription.c.definition_id)
        .where(conditions, t.definition.c.suspended.is_(False))
        .order_by(t.subscription.c.id)
    )
    rows = session.execute(query.with_for_update(of=t.subscription))
    met: list[tuple[Target, EventDefinition]] = []
    for row in rows.all():
        node = package_of(session, row.definition_id).definition.nodes[row.element]
        event = node.events[int(row.name)]
        before: list[str] = row.correlation["held"]
        holds = _holds(event, facts, at)
        key = business_key or ""
        if holds is None or holds == (key in before):
            continue
        after = [*before, key] if holds else [one for one in before if one != key]
        known = {**row.correlation, "held": after}
        session.execute(sa.update(t.subscription).where(t.subscription.c.id == row.id).values(correlation=known))
        if holds:
            met.append((Target(None, None, row.definition_id, row.element), event))
    return met


def _holds(event: EventDefinition, facts: Mapping[str, object], at: Moment) -> bool | None:
    """Whether the condition holds; None when the facts do not concern it."""
    if event.expr is None:
        return None
    names = names_read(event.expr)
    if names is not None and names.isdisjoint(facts):
        return None
    try:
        return event.expr(facts, at) is True
    except ModelError:
        return False
