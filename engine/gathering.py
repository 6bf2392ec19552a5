"""Triggers on their way to an event that begins an instance once all of them have come. Law: each is a row till then.

A parallel multiple start event (BPMN 2.0 §10.5.2) remembers what has come: by process and element, not by version, so
that a new version goes on with what its own event still waits for. Two triggers that come at once meet at the lock on
the definition's row: the second finds the first.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.definitions import Package
from engine.execution import runtime_of
from engine.ids import new_id
from engine.process.beginnings import Came, gathered, gathers, repeats, trigger_name
from engine.process.model import Node
from engine.store import tables as t


def gather(session: Session, package: Package, node: Node, new: Came) -> tuple[Came, ...] | None:
    """Add a trigger that has come; all that belong together when it was the last one, None while others are missing."""
    locked = sa.select(t.definition.c.id).where(t.definition.c.id == package.id)
    session.execute(locked.with_for_update(key_share=True))
    came = _waiting(session, package.key, node.id)
    before = repeats(node, came, new)
    if before is not None:
        _forget(session, [before])
        came.remove(before)
    chosen = gathered(node, [*came, new])
    if chosen is None:
        _keep(session, package.key, node.id, new)
        return None
    _forget(session, chosen)
    return chosen


def carry_over(session: Session, package: Package) -> None:
    """A new version is there: what came for events that it does not wait for any more is forgotten."""
    mine = t.start_trigger.c.process_key == package.key
    rows = session.execute(sa.select(t.start_trigger).where(mine)).all()
    nodes = package.definition.nodes
    wanted = {
        (node.id, event.kind, trigger_name(event))
        for node in (nodes[id] for id in package.definition.scope.nodes)
        if gathers(node)
        for event in node.events
    }
    lost = [row.id for row in rows if (row.element, row.kind, row.name) not in wanted]
    if lost:
        session.execute(sa.delete(t.start_trigger).where(t.start_trigger.c.id.in_(lost)))


def _waiting(session: Session, key: str, element: str) -> list[Came]:
    rows = session.execute(
        sa.select(t.start_trigger)
        .where(t.start_trigger.c.process_key == key, t.start_trigger.c.element == element)
        .order_by(t.start_trigger.c.came_at, t.start_trigger.c.id)
    )
    return [Came(row.kind, row.name, row.business_key, row.variables, row.id) for row in rows]


def _forget(session: Session, came: Sequence[Came]) -> None:
    session.execute(sa.delete(t.start_trigger).where(t.start_trigger.c.id.in_([one.id for one in came])))


def _keep(session: Session, key: str, element: str, new: Came) -> None:
    session.execute(
        sa.insert(t.start_trigger).values(
            id=new_id(),
            process_key=key,
            element=element,
            kind=new.kind,
            name=new.name,
            business_key=new.key,
            variables=dict(new.variables),
            came_at=runtime_of(session).now(),
        )
    )
