"""Events handed to programs that asked for them. Law: in order, each once for a generation, never in a step's way.

A subscription is a place in the feed of events (`engine.queries.pages`). A worker takes it, queues what follows for the
endpoint's channel in the outbox, and moves the place in the same transaction; sending, trying again and the log of
deliveries are the outbox's. To replay is to set the place back: the generation grows, and with it the dedupe keys.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import outbox
from engine.errors import InvalidInput, NotFound
from engine.execution import Runtime, runtime_of
from engine.queries import pages
from engine.store import upsert
from engine.store.feeds import event_subscription as rows

CHANNEL, TEMPLATE = "webhook", "event"
BATCH = 100
"""Events of a subscription handed over at once."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a program asked for: kinds of events (none: all), of a process (None: all), and how far it was told."""

    name: str
    kinds: tuple[str, ...]
    process_key: str | None
    told_at: datetime
    generation: int
    created_at: datetime
    created_by: str


def subscribe(session: Session, by: str, name: str, kinds: Collection[str], process_key: str | None = None) -> None:
    """Tell the endpoint of that name what happens from now on; what it asked for before is forgotten."""
    now = runtime_of(session).now()
    kept = {"kinds": sorted(kinds), "process_key": process_key, **_at(now)}
    insert = upsert(session, rows).values(name=name, **kept, generation=1, created_at=now, created_by=by)
    changed = {**kept, "generation": rows.c.generation + 1}
    session.execute(insert.on_conflict_do_update(index_elements=[rows.c.name], set_=changed))


def unsubscribe(session: Session, name: str) -> bool:
    """Tell it nothing any more; returns whether it had asked."""
    return session.execute(sa.delete(rows).where(rows.c.name == name).returning(rows.c.name)).scalar() is not None


def replay(session: Session, name: str, since: datetime) -> None:
    """Tell everything since a moment once more. NotFound; InvalidInput for a moment to come."""
    now = runtime_of(session).now()
    if since > now:
        raise InvalidInput(place="since", reason="lies in the future", reason_zh="为将来的时刻")
    moved = sa.update(rows).where(rows.c.name == name).values(**_at(since), generation=rows.c.generation + 1)
    if session.execute(moved.returning(rows.c.name)).scalar() is None:
        raise NotFound(what="webhook", id=name)


def every(session: Session) -> list[Subscription]:
    """All subscriptions by name."""
    return [_subscription(dict(row)) for row in session.execute(sa.select(rows).order_by(rows.c.name)).mappings()]


def run(runtime: Runtime) -> int:
    """Hand over what every subscription has not been told; returns how many events."""
    with runtime.reading() as session:
        names = [name for name, place in _places(session) if pages.events_after(session, place, 1)[1] != place]
    return sum(runtime.unit(lambda session, one=name: _hand_over(session, one)) for name in names)  # type: ignore[misc]


def _places(session: Session) -> list[tuple[str, pages.Place]]:
    return [(row.name, _place(row)) for row in session.execute(sa.select(rows))]


def _hand_over(session: Session, name: str) -> int:
    """The row is held, so that two workers do not tell the same; who finds it held leaves it to the other."""
    row = session.execute(sa.select(rows).where(rows.c.name == name).with_for_update(skip_locked=True)).first()
    if row is None:
        return 0
    found, reached = pages.events_after(session, _place(row), BATCH)
    wanted = [one for one in found if _asked_for(row, one)]
    for one in wanted:
        event = f"{one.instance_id}-{one.seq}-{one.number}"
        outbox.add(
            session, CHANNEL, name, TEMPLATE, told(one, event), dedupe_key=f"event:{name}:{row.generation}:{event}"
        )
    if reached is not None:
        session.execute(sa.update(rows).where(rows.c.name == name).values(**_at(*reached)))
    return len(wanted)


def told(one: pages.EventRow, id: str) -> Mapping[str, object]:
    """What a program is told of an event."""
    return {
        "event_id": id,
        "at": one.at,
        "kind": one.kind,
        "instance_id": str(one.instance_id),
        "process_key": one.process_key,
        "business_key": one.business_key,
        "element": one.element,
        "name": one.name,
        "actor": one.actor,
    }


def _asked_for(row: Any, one: pages.EventRow) -> bool:
    return (not row.kinds or one.kind in row.kinds) and row.process_key in (None, one.process_key)


def _place(row: Any) -> pages.Place:
    return row.told_at, row.told_instance, row.told_seq


def _at(at: datetime, instance_id: int = 0, seq: int = 0) -> dict[str, object]:
    return {"told_at": at, "told_instance": instance_id, "told_seq": seq}


def _subscription(row: Mapping[str, Any]) -> Subscription:
    return Subscription(
        name=row["name"],
        kinds=tuple(row["kinds"]),
        process_key=row["process_key"],
        told_at=row["told_at"],
        generation=row["generation"],
        created_at=row["created_at"],
        created_by=row["created_by"],
    )
