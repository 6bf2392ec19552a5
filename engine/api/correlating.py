"""Messages as Camunda 7 correlates them: by the business key and by the variables of the case that waits.

Law: exactly one receiver, unless all are asked for; where nobody waits nothing is kept, and who sent it is told.
`engine.api.messages` is our own way: the message says its correlation, and what nobody awaits is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import states, subscriptions
from engine.advance import finish, send_to
from engine.api import pausing
from engine.api.messages import Delivery
from engine.errors import AmbiguousMessage, NotAwaited
from engine.identity import Actor
from engine.store import tables as t
from engine.subscriptions import Mail, Target
from engine.unit import unit_of

s, i, d = t.subscription.c, t.instance.c, t.definition.c


def correlate(
    session: Session,
    actor: Actor,
    name: str,
    *,
    business_key: str | None = None,
    instance_id: int | None = None,
    keys: Mapping[str, object] | None = None,
    variables: Mapping[str, object] | None = None,
    everybody: bool = False,
) -> list[Delivery]:
    """Bring a message to the case that waits for it and whose variables are as `keys` say, else start a process by it.

    everybody: to every case that fits, and to every process that it starts. NotAwaited when there is none,
    AmbiguousMessage when there are several and not everybody is meant; nothing happens then.
    """
    mail = Mail(name, business_key, keys or {}, variables or {}, actor.id)
    waiting = _waiting(session, mail, instance_id)
    starts = _starts(session, name) if instance_id is None and (everybody or not waiting) else []
    found = waiting + starts
    if not found:
        raise NotAwaited(name=name)
    if len(found) > 1 and not everybody:
        raise AmbiguousMessage(name=name, count=len(found))
    return [_deliver(session, actor, mail, target) for target in found]


def _deliver(session: Session, actor: Actor, mail: Mail, target: Target) -> Delivery:
    message = subscriptions.remember(session, mail, None)
    assert message is not None  # without an id of its own no message was here before
    unit = unit_of(session, actor.id)
    reached = send_to(unit, target, mail)
    finish(unit)
    subscriptions.mark_delivered(session, message, reached)
    pausing.answered(session, actor.id, mail.name, mail.business_key, reached)
    if reached is None:
        return Delivery("gathered", None, message)
    return Delivery("delivered" if target.instance_id is not None else "started", reached, message)


def _waiting(session: Session, mail: Mail, instance_id: int | None) -> list[Target]:
    """Cases that wait for the message; suspended ones do not hear it. Their rows are locked."""
    query = (
        sa.select(s.instance_id, s.wait, s.definition_id, s.element, s.correlation, i.body)
        .join(t.instance, i.id == s.instance_id)
        .where(s.kind == "message", s.name == mail.name, i.state == "active")
        .order_by(s.instance_id, s.id)
    )
    if mail.business_key is not None:
        query = query.where(i.business_key == mail.business_key)
    if instance_id is not None:
        query = query.where(s.instance_id == instance_id)
    rows = session.execute(query).all()
    return [
        Target(row.instance_id, row.wait, row.definition_id, row.element) for row in rows if _fits(session, mail, row)
    ]


def _fits(session: Session, mail: Mail, row: Any) -> bool:
    """What the place itself asks for is carried; every other key is a variable of the case."""
    own = row.correlation or {}
    if any(mail.correlation.get(name) != value for name, value in own.items() if name in mail.correlation):
        return False
    asked = {name: value for name, value in mail.correlation.items() if name not in own}
    if not asked:
        return True
    variables = states.whole(session, row.instance_id, bytes(row.body)).variables()
    return all(name in variables and variables[name] == value for name, value in asked.items())


def _starts(session: Session, name: str) -> list[Target]:
    query = (
        sa.select(s.definition_id, s.element)
        .join(t.definition, d.id == s.definition_id)
        .where(s.kind == "message", s.name == name, s.instance_id.is_(None), d.suspended.is_(False))
        .order_by(s.id)
    )
    return [Target(None, None, row.definition_id, row.element) for row in session.execute(query)]
