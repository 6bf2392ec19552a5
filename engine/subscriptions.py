"""Who waits for which message or signal, and messages that nobody awaits yet. Law: two matches is an error.

A message matches a waiting place when the names agree, when the business key it carries (if any) is the instance's,
and when every correlation value that the place asks for is carried. Extra values of the message are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.definitions import Package
from engine.errors import AmbiguousMessage
from engine.execution import runtime_of
from engine.ids import new_id
from engine.instances import Live
from engine.process.model import Definition, Node
from engine.process.waits import MessageWait, SignalWait
from engine.store import tables as t


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
    rows = session.execute(
        sa.select(t.subscription).where(t.subscription.c.kind == "message", t.subscription.c.name == mail.name)
    ).all()
    waiting = [row for row in rows if row.instance_id is not None and _fits(row, mail)]
    found = waiting or [row for row in rows if row.instance_id is None]
    if len(found) > 1:
        raise AmbiguousMessage(name=mail.name, count=len(found))
    if not found:
        return None
    return Target(found[0].instance_id, found[0].wait, found[0].definition_id, found[0].element)


def _fits(row: Any, mail: Mail) -> bool:
    if mail.business_key is not None and row.business_key != mail.business_key:
        return False
    wanted = row.correlation or {}
    return all(key in mail.correlation and mail.correlation[key] == value for key, value in wanted.items())


def keep(session: Session, mail: Mail, message_id: str | None, ttl: timedelta | None) -> int:
    """Keep a message that nobody awaits; it is delivered when somebody does, or expires as an incident."""
    runtime = runtime_of(session)
    now = runtime.now()
    return remember(
        session,
        mail,
        message_id,
        "kept",
        now + (ttl or timedelta(days=runtime.settings.message_ttl_days)),
        None,
    )


def remember(
    session: Session,
    mail: Mail,
    message_id: str | None,
    state: str,
    expires: Any = None,
    instance_id: int | None = None,
) -> int:
    """Write the message's row: `kept`, or `delivered` so that the same message id is not delivered again."""
    id = new_id()
    session.execute(
        sa.insert(t.message).values(
            id=id,
            name=mail.name,
            business_key=mail.business_key,
            correlation=dict(mail.correlation),
            variables=dict(mail.variables),
            message_id=message_id,
            received_at=runtime_of(session).now(),
            expires_at=expires,
            state=state,
            source=mail.source or None,
            instance_id=instance_id,
        )
    )
    return id


def seen(session: Session, message_id: str) -> Any:
    """The message that came before with this message id."""
    return session.execute(
        sa.select(t.message.c.id, t.message.c.state, t.message.c.instance_id).where(
            t.message.c.message_id == message_id
        )
    ).first()


def kept_for(session: Session, name: str) -> list[tuple[int, Mail]]:
    """Messages of that name that are kept, oldest first."""
    rows = session.execute(
        sa.select(t.message)
        .where(t.message.c.state == "kept", t.message.c.name == name)
        .order_by(t.message.c.received_at, t.message.c.id)
    ).all()
    return [(r.id, Mail(r.name, r.business_key, r.correlation or {}, r.variables or {}, r.source or "")) for r in rows]


def mark_delivered(session: Session, message: int, instance_id: int) -> None:
    """A kept message has found its place."""
    session.execute(
        sa.update(t.message).where(t.message.c.id == message).values(state="delivered", instance_id=instance_id)
    )


def signal_targets(session: Session, name: str) -> tuple[list[int], list[Target]]:
    """Instances that wait for the signal, and start events that it triggers."""
    rows = session.execute(
        sa.select(t.subscription).where(t.subscription.c.kind == "signal", t.subscription.c.name == name)
    ).all()
    running = sorted({row.instance_id for row in rows if row.instance_id is not None})
    starts = [Target(None, None, row.definition_id, row.element) for row in rows if row.instance_id is None]
    return running, starts


def subscribe_starts(session: Session, package: Package) -> list[str]:
    """The newest version takes over the message and signal starts of its process; returns the message names."""
    session.execute(
        sa.delete(t.subscription).where(
            t.subscription.c.process_key == package.key, t.subscription.c.instance_id.is_(None)
        )
    )
    names: list[str] = []
    for node, kind, name in start_events(package.definition):
        session.execute(
            sa.insert(t.subscription).values(
                id=new_id(),
                kind=kind,
                name=name,
                definition_id=package.id,
                process_key=package.key,
                element=node.id,
            )
        )
        if kind == "message":
            names.append(name)
    return names


def start_events(definition: Definition) -> list[tuple[Node, str, str]]:
    """(node, `message` | `signal`, name) of everything that starts the process from outside."""
    found: list[tuple[Node, str, str]] = []
    for id in definition.scope.starts:
        node = definition.nodes[id]
        for event in node.events:
            if event.kind in ("message", "signal") and event.ref:
                found.append((node, event.kind, event.ref))
        if node.type == "receiveTask" and node.instantiate and node.message and node.message.ref:
            found.append((node, "message", node.message.ref))
    return found
