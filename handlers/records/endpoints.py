"""Where messages to programs, robots and gateways go: an address by name. Law: a secret is in none of the rows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from engine.store import upsert
from handlers.records.changes import Stamp
from handlers.records.tables import channel_endpoint as endpoints

CHANNELS = ("webhook", "chat", "sms")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address with its name; `generation` counts its signing keys."""

    name: str
    channel: str
    url: str
    generation: int
    active: bool
    created_at: datetime
    created_by: str


_ENDPOINT = [endpoints.c[field.name] for field in fields(Endpoint)]


def put(session: Session, name: str, channel: str, url: str, stamp: Stamp) -> Endpoint:
    """A new endpoint, or another address of the one with that name: then its key changes as well. InvalidInput."""
    if channel not in CHANNELS or not name:
        listed = ", ".join(CHANNELS)
        raise InvalidInput(place="channel", reason=f"one of {listed}", reason_zh=f"应为以下之一：{listed}")
    row = upsert(session, endpoints).values(
        name=name, channel=channel, url=url, generation=1, active=True, created_at=stamp.at, created_by=stamp.by
    )
    changed = {"channel": channel, "url": url, "generation": endpoints.c.generation + 1, "active": True}
    session.execute(row.on_conflict_do_update(index_elements=[endpoints.c.name], set_=changed))
    found = find(session, name)
    assert found is not None
    return found


def find(session: Session, name: str) -> Endpoint | None:
    """By name; None when there is none."""
    row = session.execute(sa.select(*_ENDPOINT).where(endpoints.c.name == name)).mappings().one_or_none()
    return None if row is None else Endpoint(**row)


def every(session: Session) -> tuple[Endpoint, ...]:
    """All endpoints by name."""
    rows = session.execute(sa.select(*_ENDPOINT).order_by(endpoints.c.name)).mappings()
    return tuple(Endpoint(**row) for row in rows)


def switch_off(session: Session, name: str) -> bool:
    """Nothing goes there any more; returns whether there was such an endpoint switched on."""
    done = session.execute(endpoints.update().where(endpoints.c.name == name, endpoints.c.active).values(active=False))
    return bool(getattr(done, "rowcount", 0))
