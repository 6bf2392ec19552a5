"""What a person decides about messages that did not go out by themselves."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit
from engine.errors import Forbidden
from engine.execution import runtime_of
from engine.identity import Actor
from engine.store import tables as t


def send_mails(session: Session, actor: Actor, ids: Collection[int]) -> int:
    """Give held and failed messages to their channel again; returns how many there were. Forbidden without the right.

    A message that was sent or dropped meanwhile is left alone.
    """
    return _decide(session, actor, ids, "mail_released", ("held", "failed"), "waiting")


def drop_mails(session: Session, actor: Actor, ids: Collection[int]) -> int:
    """Held and failed messages are never sent; returns how many there were. Forbidden without the right."""
    return _decide(session, actor, ids, "mail_dropped", ("held", "failed"), "dropped")


def _decide(session: Session, actor: Actor, ids: Collection[int], action: str, states: tuple[str, ...], to: str) -> int:
    if not actor.is_admin:
        raise Forbidden(reason="this is for administrators", reason_zh="仅管理员可执行此操作")
    found = session.scalars(
        sa.update(t.outbox)
        .where(t.outbox.c.id.in_(ids), t.outbox.c.state.in_(states))
        .values(state=to, attempts=0, due_at=runtime_of(session).now())
        .returning(t.outbox.c.id)
    ).all()
    if found:
        audit.append(session, "outbox", actor.id, action, {"messages": sorted(str(id) for id in found)})
    return len(found)
